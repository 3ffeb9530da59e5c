"""An ASGI application that wears its worker out: it grows, or blocks the event loop."""

import os
import time

HELD = []


async def app(scope, receive, send):
    assert scope["type"] == "http"
    if scope["path"] == "/grow":
        HELD.append(bytearray(b"x") * (64 << 20))
    elif scope["path"] == "/block":
        time.sleep(0.06)
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"%d" % os.getpid()})
