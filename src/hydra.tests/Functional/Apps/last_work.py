"""Applications that have work at the end of their process: each piece takes longer than a process has without a grace."""

import asyncio
import atexit
import os
import threading
import time

from signals_board import record

# More than the 2 s that a process has in any case.
SECONDS = 2.5


def work(name):
    time.sleep(SECONDS)
    record(name, os.getpid())


def begin(name):
    if name == "atexit":
        atexit.register(work, name)
    elif name == "thread":
        threading.Thread(target=work, args=(name,)).start()
    elif name == "for-ever":
        threading.Thread(target=time.sleep, args=(3600,), name="sleeps-for-ever").start()


async def cleanup(name):
    try:
        await asyncio.sleep(3600)
    finally:
        await asyncio.sleep(SECONDS)
        record(name, os.getpid())


TASKS = set()


async def asgi(scope, receive, send):
    assert scope["type"] == "http"
    name = scope["path"].lstrip("/")
    if name == "executor":
        asyncio.get_running_loop().run_in_executor(None, work, name)
    elif name == "task":
        TASKS.add(asyncio.get_running_loop().create_task(cleanup(name)))
    else:
        begin(name)
    await asyncio.sleep(0)
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"begun"})


def wsgi(environ, start_response):
    begin(environ["PATH_INFO"].lstrip("/"))
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"begun"]
