"""The raw interface by path: one for each case of the tests. What cannot be seen on the wire is logged."""

import asyncio
import contextvars
import logging
import os

from hydra_raw import Response

log = logging.getLogger("raw")
CASES = {}
GATE = asyncio.Event()
VARIABLE = contextvars.ContextVar("variable", default="unset")


def case(function):
    CASES["/" + function.__name__] = function
    return function


async def app(request):
    return await CASES[request.path](request)


def plain(request):
    return PLAIN[request.path](request)


@case
async def facts(request):
    names = "method scheme http_version path raw_path root_path query client server queue_time is_websocket subprotocols"
    found = {name: getattr(request, name) for name in names.split()}
    return 200, [], repr((found, request.headers.items()))


@case
async def named(request):
    return Response(201, [("x-a", "1"), (b"x-b", b"2")], "tëxt")


@case
async def defaults(request):
    return Response()


@case
async def trailed(request):
    async def body():
        nonlocal size
        for piece in (b"one ", b"two"):
            size += len(piece)
            yield piece

    size = 0
    return 200, [], body(), lambda: [("x-size", str(size)), (b"x-b", b"\xff")]


@case
async def trailed_bytes(request):
    return Response(body="x" * 100_000 if request.query else "whole", trailers=[("x-a", "1")])


@case
async def trailed_badly(request):
    return 200, [], b"whole", {"cookie": [("set-cookie", "a=b")], "line": [("a", "b\n")], "none": 7, "latin": [("a", "\u0394")]}[request.query.decode()]


@case
async def echo(request):
    return 200, (), await request.read()


@case
async def pieces(request):
    async def sizes():
        async for piece in request:
            yield "[%d]" % len(piece)
        yield bytearray(b"end")

    return 200, [("content-type", "text/plain")], sizes()


@case
async def large(request):
    return 200, [], b"0123456789abcdef" * 40_000


@case
async def gated(request):
    async def parts():
        yield b""
        await GATE.wait()
        yield b"x" * 300_000
        yield b"end"

    return 200, [], parts()


@case
async def opens(request):
    GATE.set()
    return 204, [], b""


@case
async def for_ever(request):
    async def parts():
        try:
            while True:
                yield bytes(10_000)
        finally:
            log.warning("the generator is closed")

    return 200, [], parts()


@case
async def breaks(request):
    async def parts():
        yield b"part"
        raise ValueError("in the stream")

    return 200, [], parts()


@case
async def fails(request):
    raise ValueError("before")


@case
async def nothing(request):
    pass


@case
async def number(request):
    return 200, [], 5


@case
async def odd_piece(request):
    async def parts():
        yield 5

    return 200, [], parts()


@case
async def waits(request):
    log.warning("waiting")
    await request.disconnected()
    log.warning("left")
    return 200, [], b"for nobody"


@case
async def accepts_http(request):
    await request.accept()


# ---- WebSockets


@case
async def socket(request):
    socket = await request.accept(request.subprotocols[-1] if request.subprotocols else "", [("x-more", "yes")])
    async for message in socket:
        await socket.send(message)
    log.warning("over: %r %r", socket.code, socket.reason)
    assert await socket.receive() is None
    try:
        await socket.send("late")
    except OSError as error:
        log.warning("%s", error)


@case
async def closes(request):
    socket = await request.accept()
    await socket.close(4001, "enough")
    await socket.close()
    assert await socket.receive() is None
    for call in (lambda: socket.send("late"), lambda: socket.close(1006), request.accept, lambda: socket.send(5)):
        try:
            await call()
        except Exception as error:
            log.warning("%s: %s", type(error).__name__, error)


@case
async def denies(request):
    try:
        await request.send("early")
    except RuntimeError as error:
        log.warning("%s", error)
    return 401, [("x-why", "no")], "not you"


@case
async def returns_accepted(request):
    await request.accept()


@case
async def raises_accepted(request):
    await request.accept()
    raise ValueError("after accept")


@case
async def sends_much(request):
    socket = await request.accept()
    await socket.send(b"x" * 300_000)
    await socket.receive()


# ---- functions that are no coroutine functions

PLAIN = {
    "/hello": lambda request: (200, ((b"content-type", b"text/plain"),), b"hello"),
    "/named": lambda request: Response(201, [("x-a", "1")], "tëxt"),
    "/echo": lambda request: (200, [], request.body),
    "/large": lambda request: (200, [], b"0123456789abcdef" * 40_000),
    "/coroutine": lambda request: named(request),
    "/streams": lambda request: (200, [], parts()),
    "/trailed": lambda request: (200, [], b"whole", lambda: [("x-a", "1")]),
    "/not_trailed": lambda request: (200, [], b"whole", None),
    "/number": lambda request: 5,
    "/fails": lambda request: 1 // 0,
    "/short": lambda request: (200, [("content-length", "9")], b"short"),
    "/forks": lambda request: forks(),
    "/socket": lambda request: socket(request),
    "/denies": lambda request: (403, [], b"no"),
}


def forks():
    child = os.fork()
    if child == 0:
        return 200, [], b"not the parent's response"
    return 200, [], b"%d" % os.waitpid(child, 0)[1]


async def parts():
    yield b"one "
    await asyncio.sleep(0)
    yield b"two"


def context(request):
    before = VARIABLE.get()
    VARIABLE.set("set")
    return 200, [], before


def two(request, response):
    pass


class Lived:
    def __init__(self):
        self.state = "new"

    async def __hydra_startup__(self):
        await asyncio.sleep(0)
        self.state = "started"

    def __hydra_shutdown__(self):
        print("shut down")

    def __call__(self, request):
        return 200, [], self.state


class Fails(Lived):
    async def __hydra_startup__(self):
        raise ValueError("no database")


class FailsLast(Lived):
    async def __hydra_shutdown__(self):
        raise ValueError("no way out")


lived = Lived()
fails_first = Fails()
fails_last = FailsLast()
