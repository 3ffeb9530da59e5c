"""The same WebSocket in each framework: text comes back, and the code of the end is recorded under the last part of the path."""

import falcon
import falcon.asgi
from django.conf import settings

settings.configure(SECRET_KEY="for tests only", ALLOWED_HOSTS=["*"], ROOT_URLCONF=__name__)

import django  # noqa: E402

django.setup()

import litestar  # noqa: E402
import strawberry  # noqa: E402
from channels.generic.websocket import AsyncWebsocketConsumer, WebsocketConsumer  # noqa: E402
from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402
from django.core.asgi import get_asgi_application  # noqa: E402
from django.urls import path  # noqa: E402
from fastapi import FastAPI, WebSocket, WebSocketDisconnect  # noqa: E402
from litestar.exceptions import WebSocketDisconnect as LitestarDisconnect  # noqa: E402
from quart import Quart, websocket  # noqa: E402
from signals_board import record  # noqa: E402
from starlette.applications import Starlette  # noqa: E402
from starlette.endpoints import WebSocketEndpoint  # noqa: E402
from starlette.routing import WebSocketRoute  # noqa: E402
from strawberry.asgi import GraphQL  # noqa: E402

urlpatterns = []
fastapi = FastAPI()


@fastapi.websocket("/ws/{key}")
async def fastapi_echo(socket: WebSocket, key: str):
    await socket.accept()
    try:
        while True:
            await socket.send_text(await socket.receive_text())
    except WebSocketDisconnect as end:
        record(key, end.code)


class StarletteEcho(WebSocketEndpoint):
    encoding = "text"

    async def on_receive(self, socket, data):
        await socket.send_text(data)

    async def on_disconnect(self, socket, code):
        record(socket.path_params["key"], code)


starlette = Starlette(routes=[WebSocketRoute("/ws/{key}", StarletteEcho)])
quart = Quart(__name__)


@quart.websocket("/ws/<key>")
async def quart_echo(key):
    try:
        while True:
            await websocket.send(await websocket.receive())
    finally:
        # Quart cancels, and tells no code.
        record(key, 4001)


@litestar.websocket("/ws/{key:str}")
async def litestar_echo(socket: litestar.WebSocket, key: str) -> None:
    await socket.accept()
    try:
        while True:
            await socket.send_text(await socket.receive_text())
    except LitestarDisconnect as end:
        record(key, end.code)


class FalconEcho:
    async def on_websocket(self, request, socket, key):
        await socket.accept()
        try:
            while True:
                await socket.send_text(await socket.receive_text())
        except falcon.WebSocketDisconnected as end:
            record(key, end.code)


falcon_app = falcon.asgi.App()
falcon_app.add_route("/ws/{key}", FalconEcho())


class AsyncEcho(AsyncWebsocketConsumer):
    async def receive(self, text_data=None, bytes_data=None):
        await self.send(text_data)

    async def disconnect(self, code):
        record(self.scope["url_route"]["kwargs"]["key"], code)


class ThreadedEcho(WebsocketConsumer):
    def receive(self, text_data=None, bytes_data=None):
        self.send(text_data)

    def disconnect(self, code):
        record(self.scope["url_route"]["kwargs"]["key"], code)


def channels_of(consumer):
    return ProtocolTypeRouter(
        {"http": get_asgi_application(), "websocket": URLRouter([path("ws/<str:key>", consumer.as_asgi())])}
    )


channels = channels_of(AsyncEcho)
channels_threaded = channels_of(ThreadedEcho)
litestar_app = litestar.Litestar([litestar_echo])


@strawberry.type
class Query:
    here: bool = True


@strawberry.type
class Subscription:
    @strawberry.subscription
    async def count(self, to: int) -> int:
        for number in range(to):
            yield number


graphql = GraphQL(strawberry.Schema(Query, subscription=Subscription))
