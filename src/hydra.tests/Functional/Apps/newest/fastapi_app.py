"""FastAPI and Starlette: streams, a file, a background task."""

import os
from pathlib import Path

from fastapi import BackgroundTasks, FastAPI, Request
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
            target.truncate(200_000_000)
    return FileResponse(path)


@app.post("/notify/{key}")
async def notify(key: str, tasks: BackgroundTasks):
    async def work():
        await gate(key)
        record(key, "done")

    tasks.add_task(work)
    return {"accepted": key}
