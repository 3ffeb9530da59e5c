"""Lifespan state, server-sent events, middleware, and a mounted application."""

import contextlib
import os

from signals_board import gate, record
from starlette.applications import Starlette
from starlette.background import BackgroundTask
from starlette.middleware import Middleware
from starlette.middleware.base import BaseHTTPMiddleware
from starlette.responses import FileResponse, JSONResponse, PlainTextResponse, StreamingResponse
from starlette.routing import Mount, Route


@contextlib.asynccontextmanager
async def lifespan(app):
    record("starlette-lifespan", "startup")
    yield {"database": f"connected in worker {os.environ['HYDRA_WORKER_ID']}", "requests": []}
    record("starlette-lifespan", "shutdown")


class Tagging(BaseHTTPMiddleware):
    async def dispatch(self, request, call_next):
        response = await call_next(request)
        response.headers["x-through"] = "middleware"
        return response


async def state(request):
    request.state.requests.append(str(request.url.path))
    return JSONResponse({"database": request.state.database, "requests": len(request.state.requests)})


async def events(request):
    key = request.path_params["key"]

    async def stream():
        for i in range(3):
            await gate(f"{key}-{i}")
            yield f"id: {i}\ndata: event {i}\n\n"
        await gate(f"{key}-never")

    # Starlette listens for the disconnect, ends the stream, and then runs this.
    return StreamingResponse(stream(), media_type="text/event-stream", background=BackgroundTask(record, key, "stream ended"))


async def this_file(request):
    return FileResponse(__file__)


async def where(request):
    return JSONResponse({"url": str(request.url), "root": request.scope.get("root_path"), "client": list(request.client)})


async def echo(request):
    form = await request.form()
    return PlainTextResponse(" ".join(f"{k}={v}" for k, v in form.items()))


async def fail(request):
    raise RuntimeError("an endpoint that fails")


app = Starlette(
    routes=[
        Route("/state", state),
        Route("/events/{key}", events),
        Route("/file", this_file),
        Route("/fail", fail),
        Mount("/sub", routes=[Route("/where", where)]),
        Mount("/through", app=Starlette(routes=[Route("/echo", echo, methods=["POST"])], middleware=[Middleware(Tagging)])),
    ],
    lifespan=lifespan,
)
