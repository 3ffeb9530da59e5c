"""Quart: a body in chunks, an endless one, a WebSocket."""

import asyncio

from newest.rows import endless
from quart import Quart, Response, request, websocket
from signals_board import record

app = Quart(__name__)


@app.post("/length")
async def length():
    return {"length": len(await request.get_data())}


@app.get("/rows/<key>")
async def rows(key):
    response = Response(endless(key))
    response.timeout = None
    return response


@app.websocket("/ws/<key>")
async def session(key):
    await websocket.accept(subprotocol="chat")
    try:
        while True:
            text = await websocket.receive()
            if text == "close":
                await websocket.close(4001, "as asked")
                record(key, "chat 4001")
                break
            await websocket.send(text)
    except asyncio.CancelledError:
        # Its way to say that the client has closed.
        record(key, "chat 1000")
        raise
