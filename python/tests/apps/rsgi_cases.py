"""RSGI by path: one for each case of the tests. What cannot be seen on the wire is logged."""

import asyncio
import json
import logging
import os

log = logging.getLogger("rsgi")
CASES = {}
TEXT = [("content-type", "text/plain")]
GATES = {}


def case(function):
    CASES["/" + function.__name__] = function
    return function


class App:
    async def __call__(self, scope, receive, send):
        raise AssertionError("__rsgi__ is to be preferred")

    def __rsgi__(self, scope, protocol):
        return CASES[scope.path.partition("/with/")[0]](scope, protocol)


app = App()


async def function(scope, protocol):
    await app.__rsgi__(scope, protocol)


def gate(name):
    return GATES.setdefault(name, asyncio.Event())


@case
async def opens(scope, protocol):
    gate(scope.query_string).set()
    protocol.response_empty()


@case
async def scope(scope, protocol):
    names = "proto rsgi_version http_version server client scheme method path query_string authority".split()
    found = {name: getattr(scope, name) for name in names}
    headers = scope.headers
    found.update(
        keys=list(headers.keys()),
        values=list(headers.values()),
        items=list(headers.items()),
        iterated=list(headers),
        length=len(headers),
        all=headers.get_all("X-Two"),
        none=headers.get_all("none"),
        first=headers["x-two"],
        contains=["HOST" in headers, "host" in headers, "none" in headers],
        got=[headers.get("Host"), headers.get("none"), headers.get("none", "default")],
    )
    try:
        headers["none"]
    except KeyError as error:
        found["missing"] = str(error)
    protocol.response_str(200, [("content-type", "application/json")], json.dumps(found))


@case
async def empty(scope, protocol):
    protocol.response_empty(204, [])


@case
async def text(scope, protocol):
    protocol.response_str(201, [("x-a", "ü"), ("x-a", "2")], "tëxt")


@case
async def large(scope, protocol):
    protocol.response_bytes(200, TEXT, b"0123456789abcdef" * (int(scope.query_string) // 16 + 1))
    log.warning("goes on")


@case
async def length(scope, protocol):
    size, _, promised = scope.query_string.partition(",")
    protocol.response_bytes(200, [("content-length", promised)], b"x" * int(size))


@case
async def twice(scope, protocol):
    protocol.response_str(200, [], "first")
    protocol.response_str(500, [], "second")
    try:
        protocol.response_stream(200, [])
    except RuntimeError as error:
        log.warning("%s: %s", type(error).__name__, error)


@case
async def wrong(scope, protocol):
    for call in (
        lambda: protocol.response_bytes(200, TEXT, "text"),
        lambda: protocol.response_str(200, TEXT, b"bytes"),
        lambda: protocol.response_bytes("200", TEXT, b""),
        lambda: protocol.response_bytes(99, TEXT, b""),
        lambda: protocol.response_bytes(200, [("a b", "c")], b""),
        lambda: protocol.response_bytes(200, [("a", "c\r\nd: e")], b""),
        lambda: protocol.response_bytes(200, [("a", "\ud800")], b""),
        lambda: protocol.response_bytes(200, [("content-length", "9")], b""),
        lambda: protocol.response_bytes(200, 5, b""),
        lambda: protocol.response_bytes(200, {"ab": "c"}, b""),
        lambda: protocol.response_file_range(200, [], "x", 5, 5),
    ):
        try:
            call()
        except Exception as error:
            log.warning("%s: %s", type(error).__name__, error)
    protocol.response_str(200, [], "right")


@case
async def whole(scope, protocol):
    body = await protocol()
    try:
        await protocol()
    except RuntimeError as error:
        log.warning("%s: %s", type(error).__name__, error)
    protocol.response_bytes(200, TEXT, body)


@case
async def pieces(scope, protocol):
    transport = protocol.response_stream(200, TEXT)
    async for chunk in protocol:
        await transport.send_bytes(b"[%d]" % len(chunk))
    await transport.send_str("ënd")


@case
async def breaks_off(scope, protocol):
    try:
        async for chunk in protocol:
            log.warning("chunk %d", len(chunk))
    except RuntimeError as error:
        log.warning("%s: %s", type(error).__name__, error)
        raise


@case
async def stream(scope, protocol):
    transport = protocol.response_stream(200, TEXT)
    await transport.send_bytes(b"")
    await gate(scope.query_string).wait()
    await transport.send_bytes(b"x" * 300_000)
    await transport.send_str("end")


@case
async def streams_for_ever(scope, protocol):
    transport = protocol.response_stream(200, TEXT)
    try:
        while True:
            await transport.send_bytes(bytes(10_000))
    except RuntimeError as error:
        log.warning("%s: %s", type(error).__name__, error)
        raise


@case
async def stream_of_length(scope, protocol):
    transport = protocol.response_stream(200, [("content-length", "10")])
    await transport.send_bytes(b"12345")
    if scope.query_string:
        await transport.send_bytes(b"x" * int(scope.query_string))


@case
async def fails(scope, protocol):
    raise ValueError("before")


@case
async def fails_later(scope, protocol):
    protocol.response_str(200, [], "whole")
    raise ValueError("after the response")


@case
async def fails_streaming(scope, protocol):
    transport = protocol.response_stream(200, [])
    await transport.send_str("part")
    raise ValueError("in the stream")


@case
async def forks(scope, protocol):
    child = os.fork()
    if child == 0:
        protocol.response_str(200, [], "not the parent's response")
    else:
        protocol.response_str(200, [], str(os.waitpid(child, 0)[1]))


@case
async def returns(scope, protocol):
    pass


@case
async def waits(scope, protocol):
    log.warning("waiting")
    await protocol.client_disconnect()
    log.warning("left")
    protocol.response_str(200, [], "for nobody")


@case
async def waits_answered(scope, protocol):
    protocol.response_str(200, [], "answer")
    await protocol.client_disconnect()
    log.warning("over")


@case
async def file(scope, protocol):
    path, *bounds = scope.query_string.split(",")
    headers = TEXT + [("content-length", bounds.pop())] if len(bounds) % 2 else TEXT
    if bounds:
        protocol.response_file_range(206, headers, path, int(bounds[0]), int(bounds[1]))
    else:
        protocol.response_file(200, headers, path)


class Lived:
    """What comes before and after the requests."""

    def __init__(self):
        self.heard = []
        self.task = None

    def __rsgi_init__(self, loop):
        assert not loop.is_running()

        async def begin():
            self.heard.append("begun %d" % os.getpid())
            self.task = loop.create_task(self.works())

        loop.run_until_complete(begin())

    async def works(self):
        self.heard.append("works")
        await asyncio.Event().wait()

    async def __rsgi__(self, scope, protocol):
        protocol.response_str(200, [], repr(self.heard))

    def __rsgi_del__(self, loop):
        assert not loop.is_running()
        self.task.cancel()
        loop.run_until_complete(asyncio.sleep(0))
        print("cleaned up", self.task.cancelled())


lived = Lived()


class Stubborn:
    def __init__(self, at):
        self.at = at

    def __rsgi_init__(self, loop):
        if self.at == "init":
            raise ValueError("no database")

    def __rsgi_del__(self, loop):
        if self.at == "del":
            raise ValueError("no way out")

    async def __rsgi__(self, scope, protocol):
        protocol.response_empty(200, [])


init_fails = Stubborn("init")
del_fails = Stubborn("del")


async def one(scope):
    pass


async def three(scope, receive, send):
    pass


def wsgi(environ, start_response):
    start_response("200 OK", [])
    return [b"wsgi"]


nothing = object()


# ---- WebSockets


@case
async def echo(scope, protocol):
    transport = await protocol.accept()
    while True:
        message = await transport.receive()
        if message.kind == 0:
            log.warning("closed: %r", message.data)
            try:
                await transport.receive()
            except RuntimeError as error:
                log.warning("%s: %s", type(error).__name__, error)
            return
        send = transport.send_bytes if message.kind == 1 else transport.send_str
        await send(message.data)


@case
async def lost(scope, protocol):
    transport = await protocol.accept()
    try:
        await transport.receive()
    except RuntimeError as error:
        log.warning("%s: %s", type(error).__name__, error)
    await transport.send_str("late")


@case
async def refuses(scope, protocol):
    protocol.close(int(scope.query_string) if scope.query_string else None)
    for late in (protocol.accept,):
        try:
            await late()
        except RuntimeError as error:
            log.warning("%s: %s", type(error).__name__, error)


@case
async def closes(scope, protocol):
    transport = await protocol.accept()
    await transport.send_str(scope.proto)
    protocol.close(int(scope.query_string) if scope.query_string else None)
    protocol.close(4001)
    for late in (lambda: transport.send_str("late"), transport.receive, protocol.accept):
        try:
            await late()
        except RuntimeError as error:
            log.warning("%s: %s", type(error).__name__, error)


@case
async def two_receive(scope, protocol):
    transport = await protocol.accept()
    waits = asyncio.ensure_future(transport.receive())
    await asyncio.sleep(0)
    try:
        await transport.receive()
    except RuntimeError as error:
        await transport.send_str("%s: %s" % (type(error).__name__, error))
    await transport.send_str(repr(tuple(await waits)))


@case
async def sends_much(scope, protocol):
    transport = await protocol.accept()
    await transport.send_bytes(b"x" * 300_000)
    await transport.send_str("ü" * 10)
    await transport.receive()


@case
async def raises_accepted(scope, protocol):
    await protocol.accept()
    raise ValueError("after accept")
