"""Responses that can be compressed, for the tests of that."""

import hashlib
import json
import os
import tempfile

import signals_board

BODY = json.dumps([{"id": i, "name": "somebody", "score": i * 17 % 101} for i in range(400)]).encode()
LINES = b"".join(b"line %d of a file\n" % i for i in range(20_000))


async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        return await lifespan(receive, send)
    path = scope["path"]
    headers = {name.decode(): value.decode() for name, value in scope["headers"]}
    if path == "/stream":
        await stream(scope["query_string"].decode(), send)
    elif path == "/document":
        await document(scope["method"], headers, send)
    elif path == "/file":
        await file(scope, send)
    elif path == "/png":
        await answer(send, 200, BODY, ("content-type", "image/png"))
    elif path == "/no-transform":
        await answer(send, 200, BODY, ("content-type", "application/json"), ("cache-control", "no-transform"))
    else:
        await answer(send, 200, BODY, ("content-type", "application/json"), ("x-sum", hashlib.md5(BODY).hexdigest()))


async def lifespan(receive, send):
    while True:
        message = await receive()
        await send({"type": message["type"] + ".complete"})
        if message["type"] == "lifespan.shutdown":
            return


async def answer(send, status, body, *headers):
    fields = [(name.encode(), value.encode()) for name, value in headers]
    await send({"type": "http.response.start", "status": status, "headers": [*fields, (b"content-length", b"%d" % len(body))]})
    await send({"type": "http.response.body", "body": body})


# Each piece waits until the test has seen the one before.
async def stream(key, send):
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/plain")]})
    for i in range(3):
        await send({"type": "http.response.body", "body": b"piece %d\n" % i, "more_body": True})
        await signals_board.gate(f"{key}-{i}")
    await send({"type": "http.response.body", "body": b"end\n"})


# As an API has it whose documents are written back on condition.
async def document(method, headers, send):
    tag = '"v1"'
    known = [one.strip() for one in headers.get("if-match", "").split(",") if one]
    if method == "PUT":
        await answer(send, 200 if tag in known else 412, b"", ("etag", tag))
    elif tag in [one.strip().removeprefix("W/") for one in headers.get("if-none-match", "").split(",")]:
        await send({"type": "http.response.start", "status": 304, "headers": [(b"etag", tag.encode())]})
        await send({"type": "http.response.body"})
    else:
        await answer(send, 200, BODY, ("content-type", "application/json"), ("etag", tag))


async def file(scope, send):
    path = os.path.join(os.environ.get("PROBE_DIR", tempfile.gettempdir()), "lines.txt")
    with open(path, "wb") as lines:
        lines.write(LINES)
    fields = [(b"content-type", b"text/plain"), (b"content-length", b"%d" % len(LINES)), (b"accept-ranges", b"bytes")]
    await send({"type": "http.response.start", "status": 200, "headers": fields})
    await send({"type": "http.response.pathsend", "path": path})
