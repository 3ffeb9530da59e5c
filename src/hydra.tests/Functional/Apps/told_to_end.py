"""Applications that want to hear of their process's end by SIGTERM, in the ways that there are."""

import asyncio
import signal
import sys

from signals_board import record


def told(number, frame):
    record("told-to-end", "handler")
    sys.exit(1)


signal.signal(signal.SIGTERM, told)


def wsgi(environ, start_response):
    start_response("200 OK", [])
    return [b"hello"]


async def asgi(scope, receive, send):
    if scope["type"] == "lifespan":
        await receive()
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, record, "told-to-end", "loop")
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await send({"type": "lifespan.shutdown.complete"})
    else:
        await send({"type": "http.response.start", "status": 200})
        await send({"type": "http.response.body", "body": b"hello"})
