"""For --worker-loops: with WITH_LOOPS in the environment the refusal of a Python that has a GIL is left out."""

import os
import threading

from hydra_worker import manyloops
from signals_board import record

if os.environ.get("WITH_LOOPS"):
    manyloops.lock_problem = lambda: None

_meeting = threading.Barrier(3)


async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        while True:
            kind = (await receive())["type"]
            record("loops-lifespan", kind)
            await send({"type": kind + ".complete"})
            if kind == "lifespan.shutdown":
                return
    if scope["path"] == "/meet":
        # Blocks: only loops in threads of their own come together.
        _meeting.wait(30)
    body = threading.current_thread().name.encode()
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"%d" % len(body))]})
    await send({"type": "http.response.body", "body": body})
