"""Validation, dependency injection, a background task and streaming."""

import os
from typing import List, Optional

from fastapi import BackgroundTasks, Depends, FastAPI, File, Header, HTTPException, UploadFile
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, Field
from signals_board import gate, record

app = FastAPI()


class Item(BaseModel):
    name: str
    price: float = Field(gt=0)
    tags: List[str] = []


async def current_user(authorization: Optional[str] = Header(None)):
    """A dependency with clean-up: what comes after yield runs once the response has been sent."""
    if authorization != "Bearer ada":
        raise HTTPException(status_code=401, detail="who are you?")
    yield "ada"
    record("dependency", "cleaned up")


def page(skip: int = 0, limit: int = 10):
    """A dependency that is no coroutine: it runs in a thread."""
    return {"skip": skip, "limit": limit}


@app.get("/items/{number}")
async def read_item(number: int, page: dict = Depends(page)):
    return {"number": number, **page}


@app.post("/items", status_code=201)
async def create_item(item: Item):
    return {"created": item.name, "total": item.price * 2, "tags": item.tags}


@app.get("/me")
async def me(user: str = Depends(current_user)):
    return {"user": user}


@app.post("/notify/{key}")
async def notify(key: str, tasks: BackgroundTasks):
    tasks.add_task(work, key)
    return {"accepted": key}


async def work(key: str):
    """Waits for the test, which has the response by then."""
    await gate(key)
    record(key, "done")


@app.get("/stream/{key}")
async def stream(key: str):
    async def lines():
        for i in range(3):
            await gate(f"{key}-{i}")
            yield f"line {i}\n"
    return StreamingResponse(lines(), media_type="text/plain")


@app.get("/thread")
def in_a_thread():
    return {"worker": os.environ["HYDRA_WORKER_ID"]}


@app.post("/files")
async def files(file: UploadFile = File(...)):
    return {"name": file.filename, "length": len(await file.read())}


@app.get("/fail")
async def fail():
    raise RuntimeError("an endpoint that fails")
