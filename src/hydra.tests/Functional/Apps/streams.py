"""A stream of events that goes on until receive() gives a disconnect, and a download whose length is known."""

import os

from signals_board import gate, record


async def app(scope, receive, send):
    if scope["type"] != "http":
        raise ValueError(scope["type"])
    await receive()
    kind, _, key = scope["path"].lstrip("/").partition("/")
    if kind == "events":
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/event-stream")]})
        await send({"type": "http.response.body", "body": b"data: begun\n\n", "more_body": True})
        record(key, (await receive())["type"])
        await send({"type": "http.response.body", "body": b"data: goodbye\n\n"})
    elif kind == "download":
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"10")]})
        await send({"type": "http.response.body", "body": b"01234", "more_body": True})
        record(key, "begun")
        await gate(key)
        await send({"type": "http.response.body", "body": b"56789"})
    else:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"%d" % os.getpid()})
