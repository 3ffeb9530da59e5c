"""Socket.IO: an event that is answered, and one that is sent back as an event."""

import socketio

server = socketio.AsyncServer(async_mode="asgi")
app = socketio.ASGIApp(server)


@server.on("add")
async def add(sid, numbers):
    await server.emit("added", numbers, to=sid)
    return sum(numbers)
