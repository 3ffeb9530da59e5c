"""A program for --interface proxy: listens at $HYDRA_SOCKET, or with the argument "port" at $PORT, and answers as its paths say."""

import asyncio
import hashlib
import json
import os
import sys

from aiohttp import WSMsgType, web

from signals_board import gate, record


async def hello(request):
    return web.Response(text="hello")


async def echo_path(request):
    return web.Response(text=request.match_info["key"])


async def tell(request):
    """What came, as it came."""
    body = await request.read()
    fields = [[name.decode("latin-1"), value.decode("latin-1")] for name, value in request.raw_headers]
    answer = {"method": request.method, "target": request.raw_path, "headers": fields, "length": len(body), "pid": os.getpid()}
    response = web.Response(text=json.dumps(answer), content_type="application/json", headers=[("X-One", "1"), ("X-One", "2"), ("X-Odd", "f\u00fcr")])
    response.set_cookie("a", "b")
    response.set_cookie("c", "d")
    return response


async def upload(request):
    digest, count = hashlib.sha256(), 0
    async for chunk in request.content.iter_any():
        if not count:
            record(request.query.get("key", "upload"), "begun")
        digest.update(chunk)
        count += len(chunk)
    return web.Response(text=f"{count} {digest.hexdigest()}")


async def duplex(request):
    """Gives each piece back while the next one comes."""
    response = web.StreamResponse()
    await response.prepare(request)
    async for chunk in request.content.iter_any():
        await response.write(chunk)
    return response


async def early(request):
    """Answers without reading."""
    return web.Response(status=413, text="too much")


async def slow(request):
    key = request.match_info["key"]
    record(key, "begun")
    opened = asyncio.ensure_future(gate(key))
    while not opened.done():
        if request.transport is None or request.transport.is_closing():
            record(key, "left")
            opened.cancel()
        await asyncio.wait([opened], timeout=0.01)
    return web.Response(text="finished")


async def stream(request):
    """A piece, then behind a gate another."""
    key = request.match_info["key"]
    response = web.StreamResponse()
    await response.prepare(request)
    await response.write(b"first")
    await gate(key)
    if request.query.get("then") == "abort":
        request.transport.abort()
        return response
    await response.write(b"second")
    return response


async def events(request):
    """A piece now and then, until nobody takes them."""
    response = web.StreamResponse()
    await response.prepare(request)
    while request.transport is not None and not request.transport.is_closing():
        await response.write(b"event")
        await asyncio.sleep(0.01)
    return response


async def download(request):
    size = int(request.match_info["size"])
    key = request.query.get("key", "")
    response = web.StreamResponse(headers={"Content-Length": str(size)})
    await response.prepare(request)
    piece = bytes(range(256)) * 256
    sent = 0
    try:
        while sent < size:
            await response.write(piece[: size - sent])
            sent += len(piece)
    finally:
        if key:
            record(key, "all" if sent >= size else "part")
    return response


async def unchanged(request):
    return web.Response(status=304, headers={"ETag": '"x"'})


async def socket(request):
    if "deny" in request.query:
        return web.Response(status=401, text="who are you?", headers={"X-Why": "because"})
    session = web.WebSocketResponse(protocols=("chat",), autoping=True)
    session.headers["X-Session"] = request.headers.get("X-Ask", "")
    await session.prepare(request)
    key = request.query.get("key", "")
    async for message in session:
        if message.type == WSMsgType.BINARY:
            await session.send_bytes(message.data)
        elif message.data == "close":
            await session.close(code=4001, message=b"as asked")
        elif message.data == "close without":
            request.transport.write(b"\x88\x00")
        elif message.data == "abort":
            request.transport.abort()
        elif message.data == "ping":
            await session.ping(b"are you there")
        else:
            await session.send_str(message.data)
    if key:
        record(key, str(session.close_code))
    return session


async def leave(request):
    os._exit(7)


async def terminated(app):
    record("ended", str(os.getpid()))


def main():
    app = web.Application(client_max_size=1 << 30)
    app.on_cleanup.append(terminated)
    app.add_routes([
        web.get("/hello", hello), web.get("/echo-path/{key}", echo_path), web.route("*", "/tell{rest:.*}", tell), web.post("/upload", upload),
        web.post("/duplex", duplex), web.post("/early", early), web.get("/slow/{key}", slow), web.get("/stream/{key}", stream), web.get("/events/{key}", events),
        web.get("/download/{size}", download), web.get("/unchanged", unchanged), web.get("/socket", socket), web.route("*", "/leave", leave),
    ])
    print("listens soon", flush=True)
    where = {"port": int(os.environ["PORT"]), "host": "127.0.0.1"} if "port" in sys.argv else {"path": os.environ["HYDRA_SOCKET"]}
    web.run_app(app, print=None, access_log=None, **where)


main()
