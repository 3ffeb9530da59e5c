"""Tells which process imported it and which one answers; VERSION is what a reload changes."""

import json
import os
import sys

from signals_board import BOARD, record

IMPORTED_BY = os.getpid()
VERSION_FILE = BOARD / "version"
VERSION = VERSION_FILE.read_text() if VERSION_FILE.exists() else "1"
DATA = [str(i) for i in range(200_000)]
record("import", IMPORTED_BY)
print("imported by the template", flush=True)
if VERSION == "broken":
    raise RuntimeError("this version cannot be imported")


def _facts():
    import gc

    frozen = gc.get_freeze_count() if hasattr(gc, "get_freeze_count") else 0
    return json.dumps({
        "pid": os.getpid(), "parent": os.getppid(), "importer": IMPORTED_BY, "version": VERSION, "id": os.environ["HYDRA_WORKER_ID"],
        "frozen": frozen > 100_000 or sys.implementation.name != "cpython",
    }).encode()


def wsgi(environ, start_response):
    if environ["PATH_INFO"] == "/exit":
        os._exit(7)
    if environ["PATH_INFO"] == "/say":
        print(f"said by {os.getpid()}")
        print(f"complained by {os.getpid()}", file=sys.stderr)
    start_response("200 OK", [("Content-Type", "application/json")])
    return [_facts()]


async def asgi(scope, receive, send):
    if scope["type"] == "lifespan":
        await receive()
        record("lifespan", os.getpid())
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await send({"type": "lifespan.shutdown.complete"})
        return
    statuses = []
    body = b"".join(wsgi({"PATH_INFO": scope["path"]}, lambda status, headers: statuses.append(status)))
    await send({"type": "http.response.start", "status": int(statuses[0].split()[0]), "headers": [(b"content-type", b"application/json")]})
    await send({"type": "http.response.body", "body": body})
