"""The ASGI application of the benchmark for WebSockets: an echo. HTTP gets hello."""

import asgi_app


async def app(scope, receive, send):
    """Every message comes back as it is."""
    if scope["type"] != "websocket":
        return await asgi_app.app(scope, receive, send)
    await receive()
    await send({"type": "websocket.accept"})
    while True:
        message = await receive()
        if message["type"] == "websocket.disconnect":
            return None
        text = message.get("text")
        if text is not None:
            await send({"type": "websocket.send", "text": text})
        else:
            await send({"type": "websocket.send", "bytes": message["bytes"]})
