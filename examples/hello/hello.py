"""A small ASGI application that needs no package: a page, a bit of JSON, and a clock that ticks over server-sent events.

    hydra --app hello:app --app-dir examples/hello
"""

import asyncio
import json
import os
import platform
import time
from pathlib import Path

STARTED = time.monotonic()
PAGE = (Path(__file__).parent / "page.html").read_bytes()


async def app(scope, receive, send):
    assert scope["type"] == "http"
    await ROUTES.get(scope["path"], not_found)(scope, receive, send)


async def page(scope, receive, send):
    await respond(send, 200, "text/html; charset=utf-8", PAGE)


async def about(scope, receive, send):
    facts = {
        "worker": int(os.environ.get("HYDRA_WORKER_ID", 0)),
        "pid": os.getpid(),
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "loop": type(asyncio.get_running_loop()).__module__,
        "client": ":".join(map(str, scope["client"] or ["a Unix socket"])),
        "http": scope["http_version"],
        "uptime": round(time.monotonic() - STARTED, 1),
    }
    await respond(send, 200, "application/json", json.dumps(facts).encode())


async def ticks(scope, receive, send):
    """One event a second until the client leaves: send() raises OSError then."""
    headers = [(b"content-type", b"text/event-stream"), (b"cache-control", b"no-store")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    try:
        while True:
            event = f"data: {time.strftime('%H:%M:%S')}\n\n".encode()
            await send({"type": "http.response.body", "body": event, "more_body": True})
            await asyncio.sleep(1)
    except OSError:
        pass


async def not_found(scope, receive, send):
    await respond(send, 404, "text/plain; charset=utf-8", b"There is nothing here.\n")


async def respond(send, status, content_type, body):
    headers = [(b"content-type", content_type.encode()), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


ROUTES = {"/": page, "/about": about, "/ticks": ticks}
