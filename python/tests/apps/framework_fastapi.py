"""A FastAPI application as users write them."""

import asyncio

from fastapi import BackgroundTasks, Depends, FastAPI, File, HTTPException, Request, UploadFile
from fastapi.responses import JSONResponse, PlainTextResponse, StreamingResponse
from pydantic import BaseModel

EVENTS = []


app = FastAPI()


@app.on_event("startup")
async def startup():
    app.state.started = True


@app.on_event("shutdown")
async def shutdown():
    print("fastapi has shut down")


@app.middleware("http")
async def add_header(request, call_next):
    response = await call_next(request)
    response.headers["x-middleware"] = "yes"
    return response


class Item(BaseModel):
    name: str
    price: float


async def dependency():
    EVENTS.append("opened")
    try:
        yield 5
    finally:
        EVENTS.append("closed")


@app.get("/")
async def index(request: Request):
    return {
        "hello": "fastapi",
        "started": request.app.state.started,
        "client": request.client.host,
        "url": str(request.url),
    }


@app.get("/sync/{number}")
def in_a_thread(number: int):
    return {"number": number}


@app.post("/item")
async def item(item: Item, value: int = Depends(dependency)):
    return {"name": item.name, "total": item.price * value}


@app.post("/upload")
async def upload(file: UploadFile = File(...)):
    return {"size": len(await file.read()), "name": file.filename}


@app.get("/stream")
async def stream():
    async def generate():
        for number in range(3):
            yield "part %d\n" % number
            await asyncio.sleep(0)

    return StreamingResponse(generate(), media_type="text/plain")


@app.get("/endless")
async def endless():
    async def generate():
        try:
            while True:
                yield b"x" * 1000
        finally:
            EVENTS.append("generator ended")

    return StreamingResponse(generate())


@app.get("/background")
async def background(tasks: BackgroundTasks):
    tasks.add_task(EVENTS.append, "background")
    return PlainTextResponse("answered")


@app.get("/error")
async def error():
    raise ZeroDivisionError("in a path operation")


@app.get("/denied")
async def denied():
    raise HTTPException(403, "no")


@app.get("/events")
async def events():
    return JSONResponse(EVENTS)
