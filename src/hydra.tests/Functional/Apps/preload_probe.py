"""Tells which process imported it and which one answers. PROBE_DIR/version is what a reload changes."""

import ctypes
import gc
import json
import os
import random
import signal
import ssl
import sys
import time
import uuid

from signals_board import BOARD, blocking_gate, gate, record

IMPORTED_BY = os.getpid()
VERSION_FILE = BOARD / "version"
VERSION = VERSION_FILE.read_text() if VERSION_FILE.exists() else "1"
# What the collector would visit: 200,000 objects; and 64 MiB that are there once or once for each worker.
TRACKED = [[i] for i in range(200_000)]
LARGE = bytearray(b"x") * (64 << 20)
# Seeds that a fork copies unless somebody sees to it.
random.random()
ssl.RAND_bytes(8)
signal.signal(signal.SIGUSR1, lambda number, frame: record("usr1", os.getpid()))

record("import", IMPORTED_BY)
print("imported by the template", flush=True)
if VERSION == "broken":
    raise RuntimeError("this version cannot be imported")
if VERSION == "slow":
    blocking_gate("import")
if VERSION == "fork-hook":
    os.register_at_fork(before=lambda: blocking_gate("fork"))
if VERSION == "exits":
    os._exit(9)


def _facts():
    frozen = gc.get_freeze_count() if hasattr(gc, "get_freeze_count") else 0
    return {
        "pid": os.getpid(),
        "parent": os.getppid(),
        "importer": IMPORTED_BY,
        "version": VERSION,
        "id": os.environ["HYDRA_WORKER_ID"],
        "frozen": frozen > 200_000 or sys.implementation.name != "cpython",
        "random": [random.random(), ssl.RAND_bytes(8).hex(), uuid.uuid4().hex],
    }


def wsgi(environ, start_response):
    if environ["PATH_INFO"] == "/exit":
        os._exit(7)
    if environ["PATH_INFO"] == "/say":
        print(f"said by {os.getpid()}")
        print(f"complained by {os.getpid()}", file=sys.stderr)
    if environ["PATH_INFO"] == "/hold":
        record("hold", os.getpid())
        # PyDLL, other than CDLL, keeps the interpreter's lock.
        ctypes.PyDLL(None).sleep(3600)
    if environ["PATH_INFO"] == "/sleep":
        time.sleep(3600)
    start_response("200 OK", [("Content-Type", "application/json")])
    return [json.dumps(_facts()).encode()]


async def asgi(scope, receive, send):
    import asyncio

    if scope["type"] == "lifespan":
        await receive()
        record("lifespan", os.getpid())
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await send({"type": "lifespan.shutdown.complete"})
        return
    if scope["path"] == "/wait":
        record("wait", os.getpid())
        await gate("wait")
    loop = type(asyncio.get_running_loop()).__module__.partition(".")[0]
    body = json.dumps({"loop": loop, **_facts()}).encode()
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"application/json")]})
    await send({"type": "http.response.body", "body": body})
