"""Starlette over trio: what it does by anyio runs in trio's nurseries, and so does what this does itself."""

import contextlib
import os

import sniffio
import trio
from signals_board import BOARD, record
from starlette.applications import Starlette
from starlette.background import BackgroundTask
from starlette.middleware import Middleware
from starlette.middleware.base import BaseHTTPMiddleware
from starlette.responses import JSONResponse, PlainTextResponse, StreamingResponse
from starlette.routing import Route, WebSocketRoute


async def gate(key):
    while not (BOARD / f"gate-{key}").exists():
        await trio.sleep(0.005)


@contextlib.asynccontextmanager
async def lifespan(app):
    async with trio.open_nursery() as nursery:
        yield {"nursery": nursery}
        nursery.cancel_scope.cancel()
    record("trio-lifespan", "shutdown")


class Tagging(BaseHTTPMiddleware):
    async def dispatch(self, request, call_next):
        response = await call_next(request)
        response.headers["x-through"] = sniffio.current_async_library()
        return response


async def library(request):
    return PlainTextResponse(sniffio.current_async_library())


def in_thread(request):
    return PlainTextResponse("in a thread")


async def echo(request):
    with trio.move_on_after(30):
        return PlainTextResponse(await request.body())


async def later(request):
    key = request.path_params["key"]

    async def work():
        await gate(key)
        record(key, "done")

    return JSONResponse({"accepted": key}, background=BackgroundTask(work))


async def events(request):
    key = request.path_params["key"]

    async def stream():
        try:
            for i in range(3):
                await gate(f"{key}-{i}")
                yield f"data: {i}\n\n"
            await trio.sleep_forever()
        finally:
            record(key, "stream ended")

    return StreamingResponse(stream(), media_type="text/event-stream")


async def fail(request):
    async with trio.open_nursery() as nursery:
        nursery.start_soon(trio.sleep_forever)
        raise RuntimeError("an endpoint that fails")


async def talk(websocket):
    await websocket.accept()
    async for text in websocket.iter_text():
        await websocket.send_text(f"{sniffio.current_async_library()}: {text}")


app = Starlette(
    routes=[
        Route("/library", library),
        Route("/in-thread", in_thread),
        Route("/echo", echo, methods=["POST"]),
        Route("/later/{key}", later),
        Route("/events/{key}", events),
        Route("/fail", fail),
        WebSocketRoute("/talk", talk),
    ],
    lifespan=lifespan,
    middleware=[Middleware(Tagging)] if os.environ.get("TAGGING") else [],
)
