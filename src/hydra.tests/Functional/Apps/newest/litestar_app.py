"""Litestar: a body in chunks, an endless one, a WebSocket."""

from litestar import Litestar, Request, WebSocket, get, post, websocket
from litestar.exceptions import WebSocketDisconnect
from litestar.response import Stream
from newest.rows import endless
from signals_board import record


@post("/length", status_code=200, request_max_body_size=None)
async def length(request: Request) -> dict:
    return {"length": len(await request.body())}


@get("/rows/{key:str}")
async def rows(key: str) -> Stream:
    return Stream(endless(key))


@websocket("/ws/{key:str}")
async def session(socket: WebSocket, key: str) -> None:
    await socket.accept(subprotocols="chat")
    try:
        while True:
            text = await socket.receive_text()
            if text == "close":
                await socket.close(code=4001, reason="as asked")
                record(key, "chat 4001")
                break
            await socket.send_text(text)
    except WebSocketDisconnect as error:
        record(key, f"chat {error.code}")


app = Litestar([length, rows, session])
