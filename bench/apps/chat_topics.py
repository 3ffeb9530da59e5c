"""A chat of one room, by hydra_server.pubsub: the server writes each message to all."""

from hydra_server import pubsub


async def app(scope, receive, send):
    if scope["type"] != "websocket":
        return
    await receive()
    await send({"type": "websocket.accept"})
    await pubsub.subscribe(scope, "room")
    while (message := await receive())["type"] == "websocket.receive":
        await pubsub.apublish("room", message["text"])
