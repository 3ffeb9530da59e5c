"""Requests that have the event loop run within itself in their first step, as notebooks' libraries do with nest_asyncio."""

import asyncio
import asyncio.tasks
import sys

GO_ON = asyncio.Event()


def run_within(loop, coroutine):
    """As nest_asyncio does it, with the loop as it is."""
    task = asyncio.current_task(loop)
    outer = len(loop._ready)
    if task is not None:
        asyncio.tasks._leave_task(loop, task)
    try:
        inner = loop.create_task(coroutine)
        while not inner.done():
            loop._run_once()
        return inner.result()
    finally:
        if task is not None:
            asyncio.tasks._enter_task(loop, task)
        for _ in range(outer):
            # The outer turn has counted what it is to take.
            loop.call_soon(bool)


def run_patched(loop, coroutine):
    import nest_asyncio

    nest_asyncio.apply(loop)
    return loop.run_until_complete(coroutine)


async def until_deferred(link):
    while not link._deferred:
        await asyncio.sleep(0.001)


async def app(scope, receive, send):
    loop = asyncio.get_running_loop()
    run = run_patched if scope["query_string"] == b"nest_asyncio" else run_within
    body = b"quick"
    if scope["path"] == "/nests":
        print("nests", file=sys.stderr, flush=True)
        # Until another request has come meanwhile, which waits.
        run(loop, until_deferred(receive.__self__.link))
        body = b"nested"
    elif scope["path"] == "/go_on":
        GO_ON.set()
    elif scope["path"] == "/nests_until_told":
        run(loop, GO_ON.wait())
        body = b"nested"
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": body})
