"""Falcon: a body in chunks, an endless one, a WebSocket."""

import falcon.asgi
from newest.rows import endless
from signals_board import record


class Length:
    async def on_post(self, request, response):
        total = 0
        async for chunk in request.stream:
            total += len(chunk)
        response.media = {"length": total}


class Rows:
    async def on_get(self, request, response, key):
        response.stream = endless(key)


class Session:
    async def on_websocket(self, request, socket, key):
        await socket.accept("chat")
        try:
            while True:
                text = await socket.receive_text()
                if text == "close":
                    await socket.close(4001, "as asked")
                    record(key, "chat 4001")
                    break
                await socket.send_text(text)
        except falcon.WebSocketDisconnected as error:
            record(key, f"chat {error.code}")


app = falcon.asgi.App()
app.add_route("/length", Length())
app.add_route("/rows/{key}", Rows())
app.add_route("/ws/{key}", Session())
