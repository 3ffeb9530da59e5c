"""python-socketio over hydra_server's managers: what a client says to a room all hear, in whatever worker they are."""

import asyncio
import os

import socketio

from hydra_server import pubsub
from hydra_server.socketio import HydraManager, HydraThreadManager

sio = socketio.AsyncServer(async_mode="asgi", client_manager=HydraManager())
app = socketio.ASGIApp(sio)


@sio.event
async def connect(sid, environ):
    await sio.enter_room(sid, "all")
    await sio.emit("worker", os.getpid(), to=sid)


@sio.event
async def say(sid, text):
    await sio.emit("said", text, room="all")


@sio.event
async def raw(sid, data):
    await sio.emit("raw", data, room="all", skip_sid=sid)


@sio.event
async def thread(sid, text):
    """Out of a thread, whose manager is the other kind: one hears what the other one says."""
    heard = asyncio.get_running_loop().run_in_executor(None, lambda: next(HydraThreadManager()._listen()))
    while await pubsub.acount("socketio:socketio") < 3:
        pass
    await asyncio.get_running_loop().run_in_executor(None, lambda: HydraThreadManager(write_only=True).emit("said", text, room="all"))
    assert (await heard)["data"] in (text, [text])
    return "heard"
