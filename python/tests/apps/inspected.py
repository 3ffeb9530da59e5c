"""Requests that wait in tasks of their own, for who looks at them."""

import asyncio
import contextvars
import sys
import threading


async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        while (await receive())["type"] != "lifespan.shutdown":
            await send({"type": "lifespan.startup.complete"})
        await send({"type": "lifespan.shutdown.complete"})
        return
    waits = {"/gathers": gathers, "/groups": groups, "/threads": threads}[scope["path"]]
    await waits()
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"done"})


async def leaf(event):
    await event.wait()


async def inner(event):
    await asyncio.gather(leaf(event), asyncio.sleep(60))


async def gathers():
    event = asyncio.Event()
    await asyncio.gather(inner(event), leaf(event))


async def groups():
    if sys.version_info >= (3, 11):
        async with asyncio.TaskGroup() as group:
            group.create_task(leaf(asyncio.Event()))
            await asyncio.sleep(60)
    else:
        await asyncio.wait([asyncio.ensure_future(leaf(asyncio.Event()))])


def in_a_thread(event):
    event.wait(60)


async def threads():
    event = threading.Event()
    try:
        await asyncio.get_running_loop().run_in_executor(None, contextvars.copy_context().run, in_a_thread, event)
    finally:
        event.set()
