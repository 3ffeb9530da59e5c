"""WebSockets, by path."""

import os

from signals_board import record


async def app(scope, receive, send):
    if scope["type"] == "http":
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/plain")]})
        await send({"type": "http.response.body", "body": b"%d" % os.getpid()})
    elif scope["type"] == "websocket":
        await serve(scope, receive, send)


async def serve(scope, receive, send):
    assert (await receive())["type"] == "websocket.connect"
    name, *key = scope["path"].strip("/").split("/")
    if name == "deny":
        await send({"type": "websocket.close"})
        return
    await send({"type": "websocket.accept", "subprotocol": scope["subprotocols"][0] if scope["subprotocols"] else None})
    if name == "flood":
        await flood(key[0], send)
        return
    while True:
        message = await receive()
        if message["type"] == "websocket.disconnect":
            if key:
                record(key[0], f"{message['code']} {message['reason']}".strip())
            return
        text = message.get("text")
        if text == "close":
            await send({"type": "websocket.close", "code": 4001, "reason": "as asked"})
        elif text == "fail":
            raise ValueError("as asked")
        elif text == "pid":
            await send({"type": "websocket.send", "text": str(os.getpid())})
        elif text is not None:
            await send({"type": "websocket.send", "text": text})
        else:
            await send({"type": "websocket.send", "bytes": message["bytes"]})


async def flood(key, send):
    """Sends as much as it can, and notes how much that was when it does not go on for good."""
    sent = 0
    try:
        while True:
            await send({"type": "websocket.send", "bytes": bytes(16384)})
            sent += 16384
            record(key, sent)
    except OSError:
        record(key, "left")
