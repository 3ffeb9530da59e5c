"""aiohttp: a body in chunks, an endless one, a file, a WebSocket, and its signals."""

import os
from pathlib import Path

from aiohttp import WSMsgType, web
from newest.rows import endless
from signals_board import record

routes = web.RouteTableDef()


@routes.get("/")
async def index(request):
    return web.Response(text="hello from aiohttp")


@routes.post("/length")
async def length(request):
    return web.json_response({"length": len(await request.read())})


@routes.get("/rows/{key}")
async def rows(request):
    response = web.StreamResponse()
    await response.prepare(request)
    generator = endless(request.match_info["key"])
    try:
        async for row in generator:
            await response.write(row)
    finally:
        await generator.aclose()


@routes.get("/file")
async def file(request):
    return web.FileResponse(Path(__file__).with_name("flask_app.py"))


@routes.get("/fail")
async def fail(request):
    raise RuntimeError("a handler that fails")


@routes.get("/ws/{key}")
async def websocket(request):
    socket = web.WebSocketResponse(protocols=("chat",), max_msg_size=10_000_000)
    await socket.prepare(request)
    async for message in socket:
        if message.type == WSMsgType.TEXT:
            if message.data == "close":
                await socket.close(code=4001, message=b"as asked")
            else:
                await socket.send_str(message.data)
        elif message.type == WSMsgType.BINARY:
            await socket.send_bytes(message.data)
    record(request.match_info["key"], f"{socket.ws_protocol} {socket.close_code}")
    return socket


async def life(app):
    record("life", "up")
    yield
    record("life", "down")


async def on_shutdown(app):
    record("life", "shutdown")


async def create():
    app = web.Application(client_max_size=10_000_000)
    app.add_routes(routes)
    app.cleanup_ctx.append(life)
    app.on_shutdown.append(on_shutdown)
    return app


async def no_database(app):
    raise LookupError("no database is configured")


broken = web.Application()
broken.on_startup.append(no_database)
assert os.environ["PROBE_DIR"]
