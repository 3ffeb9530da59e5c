"""As socketio_app.py, as WSGI in threads."""

import os

import socketio

from hydra_server import pubsub
from hydra_server.socketio import HydraThreadManager

sio = socketio.Server(async_mode="threading", client_manager=HydraThreadManager())
app = socketio.WSGIApp(sio)


@sio.event
def connect(sid, environ):
    assert pubsub.count("socketio:socketio")
    sio.enter_room(sid, "all")
    sio.emit("worker", os.getpid(), to=sid)


@sio.event
def disconnect(sid, reason=None):
    sio.emit("left", [sid, os.getpid()], room="all")


@sio.event
def say(sid, text):
    sio.emit("said", text, room="all")


@sio.event
def raw(sid, data):
    sio.emit("raw", data, room="all", skip_sid=sid)


@sio.event
def ask(sid, other, text):
    return sio.call("asked", text, to=other, timeout=30)


@sio.event
def invite(sid, others, text):
    for other in others:
        sio.enter_room(other, "club")
    sio.emit("said", text, room="club")
    sio.leave_room(others[0], "club")
    sio.emit("said", text + " again", room="club")
    sio.close_room("club")
    sio.emit("said", "nobody hears this", room="club")


@sio.event
def kick(sid, other):
    sio.disconnect(other)


@sio.event
def thread(sid, text):
    """Out of a thread that is no request's."""
    done = sio.start_background_task(lambda: HydraThreadManager(write_only=True).emit("said", text, room="all"))
    done.join()
    assert pubsub.count("socketio:socketio") == 2
    return "heard"
