"""FastAPI and Starlette: streams, a file, a background task."""

import os
from pathlib import Path

from fastapi import BackgroundTasks, FastAPI, Request, WebSocket, WebSocketDisconnect
from fastapi.responses import FileResponse, StreamingResponse
from newest.rows import endless, endless_in_a_thread
from signals_board import gate, record

app = FastAPI()


@app.post("/length")
async def length(request: Request):
    return {"length": len(await request.body())}


@app.get("/rows/{key}")
async def rows(key: str):
    return StreamingResponse(endless(key))


@app.get("/threaded/rows/{key}")
async def threaded_rows(key: str):
    return StreamingResponse(endless_in_a_thread(key))


@app.get("/file")
async def file():
    """A file that fits into no buffer on the way."""
    path = Path(os.environ["PROBE_DIR"]) / "large.bin"
    if not path.exists():
        with open(path, "wb") as target:
            target.truncate(1 << 30)
    return FileResponse(path)


@app.post("/notify/{key}")
async def notify(key: str, tasks: BackgroundTasks):
    async def work():
        await gate(key)
        record(key, "done")

    tasks.add_task(work)
    return {"accepted": key}


@app.websocket("/ws/{key}")
async def websocket(socket: WebSocket, key: str):
    await socket.accept("chat")
    try:
        while True:
            text = await socket.receive_text()
            if text == "close":
                await socket.close(4001, "as asked")
                record(key, "chat 4001")
                break
            await socket.send_text(text)
    except WebSocketDisconnect as error:
        record(key, f"chat {error.code}")
