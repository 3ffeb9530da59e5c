"""python-socketio over hydra_server's managers, on asyncio: what a client says to a room all hear, in whatever worker they are. socketio_threads.py is the same with threads."""

import asyncio
import os

import socketio

from hydra_server import pubsub
from hydra_server.socketio import HydraManager, HydraThreadManager

sio = socketio.AsyncServer(async_mode="asgi", client_manager=HydraManager())
app = socketio.ASGIApp(sio)


@sio.event
async def connect(sid, environ):
    # What others emit from now on reaches this client.
    assert await pubsub.acount("socketio:socketio")
    await sio.enter_room(sid, "all")
    await sio.emit("worker", os.getpid(), to=sid)


@sio.event
async def disconnect(sid, reason=None):
    await sio.emit("left", [sid, os.getpid()], room="all")


@sio.event
async def say(sid, text):
    await sio.emit("said", text, room="all")


@sio.event
async def raw(sid, data):
    await sio.emit("raw", data, room="all", skip_sid=sid)


@sio.event
async def ask(sid, other, text):
    """Asks a client, of whatever worker, and gives its answer."""
    return await sio.call("asked", text, to=other, timeout=30)


@sio.event
async def invite(sid, others, text):
    """Clients of whatever worker are in a room before it hears something, and are not in it afterwards."""
    for other in others:
        await sio.enter_room(other, "club")
    await sio.emit("said", text, room="club")
    await sio.leave_room(others[0], "club")
    await sio.emit("said", text + " again", room="club")
    await sio.close_room("club")
    await sio.emit("said", "nobody hears this", room="club")


@sio.event
async def kick(sid, other):
    await sio.disconnect(other)


@sio.event
async def thread(sid, text):
    """Out of a thread, whose manager is the other kind: one hears what the other one says."""
    heard = asyncio.get_running_loop().run_in_executor(None, lambda: next(HydraThreadManager()._listen()))
    while await pubsub.acount("socketio:socketio") < 3:
        pass
    await asyncio.get_running_loop().run_in_executor(None, lambda: HydraThreadManager(write_only=True).emit("said", text, room="all"))
    assert (await heard)["data"] in (text, [text])
    return "heard"
