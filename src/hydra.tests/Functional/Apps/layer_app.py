"""Channels' layer of hydra_server, and consumers that use it; and socketio's managers. HTTP: by the path, as WSGI in threads or ASGI."""

import asyncio
import json
import os
import random
import threading

from django.conf import settings

settings.configure(
    SECRET_KEY="for tests only",
    ALLOWED_HOSTS=["*"],
    ROOT_URLCONF=__name__,
    CHANNEL_LAYERS={
        "default": {"BACKEND": "hydra_server.channels.HydraChannelLayer", "CONFIG": {"capacity": 3, "channel_capacity": {"one*": 1}, "outside": "error"}},
        "short": {"BACKEND": "hydra_server.channels.HydraChannelLayer", "CONFIG": {"expiry": 0.05, "group_expiry": 0.05, "channel_capacity": {"old": 1}, "prefix": "short"}},
    },
)

import django  # noqa: E402

django.setup()

from asgiref.sync import async_to_sync  # noqa: E402
from channels.exceptions import ChannelFull  # noqa: E402
from channels.generic.websocket import AsyncWebsocketConsumer  # noqa: E402
from channels.layers import get_channel_layer  # noqa: E402
from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402
from django.core.asgi import get_asgi_application  # noqa: E402
from django.core.wsgi import get_wsgi_application  # noqa: E402
from django.http import JsonResponse  # noqa: E402
from django.urls import path  # noqa: E402

from hydra_server import pubsub  # noqa: E402


async def full(call):
    try:
        await call
        return False
    except ChannelFull:
        return True


async def rules(request):
    layer = get_channel_layer()
    await layer.flush()
    seen = {}
    await layer.send("a", {"type": "x", "data": [1, b"\0"]})
    seen["message"] = (await layer.receive("a"))["data"] == [1, b"\0"]
    name = await layer.new_channel()
    await layer.send(name, {"type": "local"})
    seen["specific"] = (await layer.receive(name))["type"]
    # An application that seeds random makes no name of another one its own.
    random.seed(1)
    name = await layer.new_channel()
    random.seed(1)
    seen["own"] = name != await layer.new_channel()
    seen["full"] = [await full(layer.send("b", {"type": str(i)})) for i in range(4)]
    seen["order"] = [(await layer.receive("b"))["type"] for _ in range(3)]
    seen["one"] = [await full(layer.send("one-1", {"type": "x"})) for _ in range(2)]
    for channel in "cde":
        await layer.group_add("group", channel)
    await layer.group_discard("group", "d")
    for i in range(5):
        await layer.group_send("group", {"type": str(i)})
    seen["group"] = [(await layer.receive(channel))["type"] for channel in "ccc"], (await layer.receive("e"))["type"]
    try:
        await asyncio.wait_for(layer.receive("d"), 0.05)
    except asyncio.TimeoutError:
        seen["discarded"] = True
    await layer.flush()
    try:
        await asyncio.wait_for(layer.receive("e"), 0.05)
    except asyncio.TimeoutError:
        seen["flushed"] = True
    for call in (layer.send("=+135!", {"type": "x"}), layer.receive("=+135!"), layer.group_add("a!b", "x")):
        try:
            await call
        except TypeError:
            seen["names"] = seen.get("names", 0) + 1
    short = get_channel_layer("short")
    await short.group_add("old", "late")
    await short.send("old", {"type": "old"})
    while await full(short.send("old", {"type": "new"})):
        pass
    await short.group_send("old", {"type": "x"})
    seen["expired"] = await is_empty(short, "late")
    return JsonResponse(seen)


async def is_empty(layer, channel):
    try:
        await asyncio.wait_for(layer.receive(channel), 0.1)
    except asyncio.TimeoutError:
        return True
    return False


async def cancelled(request):
    """Who is cancelled while a message is on its way leaves it to the next one."""
    layer = get_channel_layer()
    lost = 0
    for i in range(300):
        waiting = asyncio.ensure_future(layer.receive("cancelled"))
        for _ in range(i % 5):
            await asyncio.sleep(0)
        sending = asyncio.ensure_future(layer.send("cancelled", {"type": str(i)}))
        for _ in range(i % 7):
            await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.wait({waiting, sending})
        message = waiting.result() if not waiting.cancelled() else await asyncio.wait_for(layer.receive("cancelled"), 30)
        lost += message["type"] != str(i)
    return JsonResponse({"lost": lost})


def threads(request):
    """From threads without a loop, and from several loops."""
    layer = get_channel_layer()
    name = async_to_sync(layer.new_channel)()
    results = []

    def send(text):
        async_to_sync(layer.send)("threads", {"type": text})

    def receive():
        results.append(asyncio.run(layer.receive("threads"))["type"])

    receiving = [threading.Thread(target=receive) for _ in range(3)]
    sending = [threading.Thread(target=send, args=(str(i),)) for i in range(3)]
    for thread in receiving + sending:
        thread.start()
    for thread in receiving + sending:
        thread.join()
    async_to_sync(layer.send)(name, {"type": "own"})
    return JsonResponse({"got": sorted(results), "own": async_to_sync(layer.receive)(name)["type"], "pid": os.getpid()})


async def say(request):
    await get_channel_layer().group_send("room", {"type": "said", "text": request.GET["text"]})
    return JsonResponse({"pid": os.getpid()})


class Room(AsyncWebsocketConsumer):
    async def connect(self):
        await self.channel_layer.group_add("room", self.channel_name)
        await self.accept()
        await self.send(json.dumps(os.getpid()))

    async def disconnect(self, code):
        await self.channel_layer.group_discard("room", self.channel_name)

    async def said(self, event):
        await self.send(event["text"])


class Direct(AsyncWebsocketConsumer):
    """Leaves it to the server to send on."""

    async def connect(self):
        await self.accept()
        await pubsub.subscribe(self.scope, "direct")
        await self.send("here")

    async def receive(self, text_data=None, bytes_data=None):
        await pubsub.apublish("direct", text_data)


urlpatterns = [path("rules", rules), path("cancelled", cancelled), path("threads", threads), path("say", say)]

application = ProtocolTypeRouter(
    {"http": get_asgi_application(), "websocket": URLRouter([path("room", Room.as_asgi()), path("direct", Direct.as_asgi())])}
)
wsgi = get_wsgi_application()
