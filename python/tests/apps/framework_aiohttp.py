"""aiohttp: what its applications use of it."""

import asyncio
import os

from aiohttp import WSMsgType, web

EVENTS = []
routes = web.RouteTableDef()


@web.middleware
async def middleware(request, handler):
    response = await handler(request)
    if not response.prepared:
        response.headers["X-Middleware"] = "yes"
    return response


@routes.get("/")
async def index(request):
    return web.Response(text="hello from aiohttp")


@routes.get("/show")
async def show(request):
    return web.json_response(
        {
            "path": request.path,
            "raw_path": request.raw_path,
            "query": dict(request.query),
            "url": str(request.url),
            "remote": request.remote,
            "host": request.host,
            "scheme": request.scheme,
            "secure": request.secure,
            "peername": request.transport.get_extra_info("peername"),
            "version": list(request.version),
            "keep_alive": request.keep_alive,
            "cookies": dict(request.cookies),
            "body_exists": request.body_exists,
            "closing": request.transport.is_closing(),
            "task": request.task is asyncio.current_task(),
        }
    )


@routes.get("/events")
async def events(request):
    return web.json_response(EVENTS)


@routes.post("/echo")
async def echo(request):
    return web.Response(body=await request.read(), headers={"X-Chunked": str(request._message.chunked)})


@routes.post("/length")
async def length(request):
    total = 0
    async for piece in request.content.iter_chunked(10_000):
        total += len(piece)
    return web.json_response({"length": total})


@routes.post("/form")
async def form(request):
    data = await request.post()
    return web.json_response({"field": data["field"], "size": len(data["file"].file.read()), "name": data["file"].filename})


@routes.post("/unread")
async def unread(request):
    return web.Response(text="not read")


@routes.post("/unread_for_long")
async def unread_for_long(request):
    await request.app["gate"].wait()
    return web.Response(text="not read")


@routes.post("/gate/{key}")
async def upload_that_waits(request):
    await asyncio.sleep(0)
    first = await request.content.readany()
    EVENTS.append("first")
    try:
        rest = await request.content.read()
    except Exception as error:
        EVENTS.append(type(error).__name__)
        raise
    return web.json_response({"first": len(first), "rest": len(rest)})


@routes.get("/stream")
async def stream(request):
    response = web.StreamResponse(headers={"X-Kind": "stream"})
    await response.prepare(request)
    for number in range(3):
        await response.write(b"part %d\n" % number)
        await asyncio.sleep(0)
    await response.write_eof()
    return response


@routes.get("/compressed")
async def compressed(request):
    response = web.StreamResponse()
    response.enable_compression(web.ContentCoding.gzip)
    await response.prepare(request)
    for _ in range(50):
        await response.write(b"0123456789" * 1000)
    await response.write_eof()
    return response


@routes.get("/big")
async def big(request):
    return web.Response(body=b"x" * 3_000_000, reason="Quite Big")


@routes.get("/prepared")
async def prepared(request):
    response = web.StreamResponse()
    response.content_length = 4
    await response.prepare(request)
    await request.app["gate"].wait()
    await response.write(b"late")
    return response


@routes.get("/open")
async def open_gate(request):
    # For those that wait.
    request.app["gate"].set()
    request.app["gate"].clear()
    return web.Response()


@routes.get("/endless")
async def endless(request):
    response = web.StreamResponse()
    await response.prepare(request)
    try:
        while True:
            await response.write(b"x" * 1000)
            await asyncio.sleep(0.001)
    except ConnectionError:
        EVENTS.append("endless: lost")
        raise
    except asyncio.CancelledError:
        EVENTS.append("endless: cancelled")
        raise


@routes.get("/slow")
async def slow(request):
    EVENTS.append("slow: began")
    while request.transport is not None and not request.transport.is_closing():
        await asyncio.sleep(0.001)
    EVENTS.append("slow: saw it")
    return web.Response(text="for nobody")


@routes.get("/stubborn")
async def stubborn(request):
    EVENTS.append("stubborn: began")
    await request.app["gate"].wait()
    EVENTS.append("stubborn: done")
    return web.Response()


@routes.get("/file")
async def file(request):
    return web.FileResponse(os.path.abspath(__file__))


@routes.get("/error")
async def error(request):
    raise ZeroDivisionError("in a handler")


@routes.get("/error_late")
async def error_late(request):
    response = web.StreamResponse()
    await response.prepare(request)
    await response.write(b"some")
    raise ZeroDivisionError("in a stream")


@routes.get("/error_prepared")
async def error_prepared(request):
    response = web.StreamResponse()
    await response.prepare(request)
    raise ZeroDivisionError("behind the head")


@routes.get("/teapot")
async def teapot(request):
    raise web.HTTPTemporaryRedirect("/", headers={"X-Tea": "yes"})


@routes.get("/nothing")
async def nothing(request):
    return web.Response(status=204)


@routes.get("/none")
async def none(request):
    return None


@routes.get("/short")
async def short(request):
    response = web.StreamResponse()
    response.content_length = 10
    await response.prepare(request)
    await response.write(b"short")
    return response


@routes.get("/background")
async def background(request):
    async def work():
        await asyncio.sleep(0.01)
        EVENTS.append("background")

    request.app["tasks"].append(asyncio.ensure_future(work()))
    return web.Response(text="answered")


@routes.get("/hang_up")
async def hang_up(request):
    request.transport.close()
    return web.Response(text="for nobody")


@routes.get("/context")
async def context(request):
    return web.Response(text=request.app["resource"])


@routes.get("/ws")
async def websocket(request):
    socket = web.WebSocketResponse(protocols=("chat", "other"), heartbeat=0.05)
    if not socket.can_prepare(request).ok:
        return web.Response(status=426, text="WebSockets only")
    await socket.prepare(request)
    EVENTS.append(["ws", socket.ws_protocol, request.headers.get("X-Own")])
    async for message in socket:
        if message.type == WSMsgType.TEXT:
            if message.data == "close":
                await socket.close(code=4001, message=b"asked for")
            elif message.data == "raise":
                raise ZeroDivisionError("in a session")
            elif message.data == "compressed":
                await socket.send_str("c" * 1000, compress=15)
            elif message.data == "flood":
                for _ in range(40):
                    await socket.send_bytes(b"f" * 50_000)
                EVENTS.append("flooded")
            elif message.data == "stay":
                await request.app["gate"].wait()
            else:
                await socket.send_str("echo " + message.data)
        elif message.type == WSMsgType.BINARY:
            await socket.send_bytes(message.data)
    EVENTS.append(["ws over", socket.close_code, str(socket.exception())])
    return socket


@routes.get("/ws_denied")
async def denied(request):
    raise web.HTTPForbidden(text="not you")


async def resources(app):
    EVENTS.append("context: in")
    app["resource"] = "from the context"
    yield
    print("context: out", flush=True)


async def on_startup(app):
    app["gate"] = asyncio.Event()
    app["tasks"] = []
    EVENTS.append("startup")


async def on_shutdown(app):
    print("shutdown", flush=True)
    app["gate"].set()


async def on_cleanup(app):
    print("cleanup", flush=True)


def make():
    made = web.Application(middlewares=[middleware], client_max_size=500_000)
    made.add_routes(routes)
    made.cleanup_ctx.append(resources)
    made.on_startup.append(on_startup)
    made.on_shutdown.append(on_shutdown)
    made.on_cleanup.append(on_cleanup)
    sub = web.Application()
    sub.router.add_get("/inner", index)
    made.add_subapp("/sub", sub)
    return made


app = make()


async def make_async():
    await asyncio.sleep(0)
    return make()


async def make_named(name="nobody"):
    made = make()
    made.router.add_get("/name", lambda request: web.Response(text=name))
    return made


async def make_runner():
    return web.AppRunner(make())


async def make_nothing():
    return 5


async def make_raises():
    raise KeyError("in the factory")


async def fails(app):
    raise ValueError("no database")


broken = web.Application()
broken.on_startup.append(fails)
