"""
The native part of the worker beside the Python code that it stands for, in a process of its own (test_native_twins.py starts it): what the
module is decides what the classes are built on, so it has to be loaded first.

    python3 native_trial.py twins [ROUNDS] [SEED]     the same mutated frames, to the same applications: both must do the same
    python3 native_trial.py rsgi [ROUNDS] [SEED]      the same with applications of RSGI
    python3 native_trial.py raw [ROUNDS] [SEED]       the same with applications of Hydra's own interface, of both kinds
    python3 native_trial.py wsgi [ROUNDS] [SEED]      the same for what the engine of WSGI takes from it: frames, environs, heads; and mappings of headers
    python3 native_trial.py leaks [REQUESTS]          nothing is left of requests of every kind
    python3 native_trial.py batch                     what a batch of frames makes applications say leaves with it
"""

import asyncio
import collections
import contextlib
import contextvars
import functools
import gc
import http
import logging
import os
import random
import resource
import socket
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from hydra_worker import speedups, wire  # noqa: E402

speedups.use("on")

import hydra_raw  # noqa: E402
from hydra_worker import frames, mapping  # noqa: E402
from hydra_worker.asgi import native  # noqa: E402
from hydra_worker.asgi.scope import ScopeBuilder  # noqa: E402
from hydra_worker.asgi.stream import HttpStream  # noqa: E402
from hydra_worker.asgi.websocket import WebSocketStream  # noqa: E402
from hydra_worker.eventloop import link as links  # noqa: E402
from hydra_worker.eventloop.link import Serving  # noqa: E402
from hydra_worker.eventloop.meter import LoopMeter, PythonMeter  # noqa: E402
from hydra_worker.eventloop.nativelink import NativeLink  # noqa: E402
from hydra_worker.eventloop.transports import SocketLink  # noqa: E402
from hydra_worker.framing import FrameReader  # noqa: E402
from hydra_worker.logs import logger  # noqa: E402
from hydra_worker.raw.engine import serving as raw_serving  # noqa: E402
from hydra_worker.rsgi import native as rsgi_native  # noqa: E402
from hydra_worker.rsgi.protocol import HTTPProtocol  # noqa: E402
from hydra_worker.rsgi.scope import Scope, telling_start  # noqa: E402
from hydra_worker.wsgi import environ as environs, response as responses  # noqa: E402
from hydra_worker.wsgi.link import DataLink as WsgiLink  # noqa: E402
from hydra_worker.wsgi.stream import WsgiStream  # noqa: E402

# Whether a head leaves before its body is a matter of time, and told apart elsewhere.
links._HEAD_SECONDS = 3600.0

WINDOW = 100_000
CONNECTIONS = (
    b"http\x001.1\x00127.0.0.1\x0050000\x00127.0.0.1\x008000\x00",
    b"http\x001.0\x00127.0.0.1\x0050000\x00127.0.0.1\x008000\x00",
    b"https\x002\x00127.0.0.1\x0050000\x00127.0.0.1\x008000\x00/root\x00772\x004865\x00\x00",
    b"http\x001.1\x00\x00\x00/tmp/x.sock\x00\x00",
    b"https\x002\x00127.0.0.1\x0050000\x00127.0.0.1\x008000\x00",
)
HEADERS = (b"", b"host\0x\0te\0trailers", b"host\0x", b"host\0x\0accept\0*/*\0content-length\0005", b"odd")
BODIES = (b"", b"x", b"x" * 3000, b"x" * 65536, b"x" * 70_000, bytearray(b"array"), memoryview(b"view"), "text", None, 5)
STATUSES = (200, 200, 200, 201, 204, 205, 304, 404, 199, 1000, "200", True, http.HTTPStatus.OK, None, 2**70)
PAIRS = (
    (b"a", b"b"), [b"a", b"b"], (b"Content-Length", b"1"), (b"content-length", b"3000"), (b"content-length", b" 5 "), (b"content-length", b"-1"),
    (b"content-length", b"9" * 19), (b"transfer-encoding", b"chunked"), (b"bad name", b"x"), (b"", b"x"), (b"x", b"a\r\nb"), (b"x", b"tab\there"), (b"x", b""),
    ("text", b"x"), (b"x", "text"), (b"x",), (b"x", b"y", b"z"), None, (b"long", b"v" * 9000), (b"x:y", b"z"), (b"\xff", b"z"), (b"x", b"\xff\x80"),
    (b"content-length", b""),
)  # fmt: skip


TEXT_PAIRS = (
    ("a", "b"), (b"a", b"b"), ("x-a", b"b"), (b"x-a", "b"), ("Content-Length", "1"), ("content-length", "3000"), ("content-length", "4"), (b"content-length", b" 5 "),
    ("content-length", "-1"), ("Transfer-Encoding", "chunked"), ("bad name", "x"), ("", "x"), ("x", "a\r\nb"), ("x", "tab\there"), ("x", ""), ("x", "\xfc"),
    ("x", "\u20ac"), ("x", "\ud800"), ("\xfc", "x"), (5, "x"), ("x",), ("x", "y", "z"), None, ("long", "v" * 9000), ("x", b"\xff"),
)  # fmt: skip
TEXT_BODIES = ("", "text", "t\xebxt", "\u20ac" * 1000, "x" * 3000, "x" * 70_000, "\ud800")
VARIABLE = contextvars.ContextVar("trial")
DATA = (b"", b"text", b"t\xc3\xabxt", b"d" * 3000, b"d" * 40_000, b"d" * 65_536, b"\xff")
SENT = (None, "", "text", "t\xebxt", "s" * 3000, "\xe4" * 3000, "s" * 70_000, b"", b"bytes", b"b" * 3000, b"b" * 66_000, bytearray(b"array"), memoryview(b"view"), 5, "\ud800")


def request_frames(chance):
    """A plausible conversation. As the front does it no number is given twice, but rarely."""
    frames = []
    latest = 1
    sessions = [] if chance.random() < 0.5 else None
    for _ in range(chance.randrange(1, 10 if sessions is None else 30)):
        stream = chance.randrange(1, latest + 1)
        kind = chance.randrange(20 if sessions else 8)
        if kind > 7 and sessions and chance.random() < 0.99:
            stream = chance.choice(sessions[-2:])
        if kind > 18:
            frames.append(wire.pack_close(stream, 0, chance.choice((1000, 1006, 4000)), chance.choice((b"", b"why", b"\xff"))))
        elif kind > 7:
            data = chance.choice(DATA[:3] if chance.random() < 0.7 else DATA)
            frames.append(wire.pack_data(stream, chance.choice((0, 0, wire.FLAG_TEXT, wire.FLAG_TEXT, wire.FLAG_MORE, wire.FLAG_TEXT | wire.FLAG_MORE)), data))
        elif kind < 5:
            if chance.random() < 0.98:
                stream = latest = latest + 1
            flags = chance.choice((0, 1, 1, 1, 1, 2, 3, 5))
            if sessions is not None and chance.random() < 0.7:
                flags = 5
                sessions.append(stream)
            frames.append(
                wire.pack_request(
                    stream,
                    flags,
                    chance.choice((0, 0, 5, 10**6)),
                    chance.choice((b"GET", b"GET", b"POST", b"HEAD", b"", b"get", b"OPTIONS", b"X\xff")),
                    chance.choice((b"/%d" % chance.randrange(10**6), b"/%d" % chance.randrange(10**6), b"/%ff", b"", b"/\xff")),
                    chance.choice((b"", b"q=1")),
                    chance.choice(CONNECTIONS + (b"odd",) if chance.random() < 0.1 else CONNECTIONS),
                    chance.choice(HEADERS[:4] if chance.random() < 0.9 else HEADERS),
                    chance.choice((b"", b"body", b"b" * 3000)),
                )
            )
        elif kind == 5:
            frames.append(wire.pack_body(stream, chance.randrange(2), b"b" * chance.choice((0, 1, 1000, 65536))))
        elif kind == 6:
            frames.append(wire.pack_window(stream, 0, chance.choice((0, 1, 70_000))))
        elif chance.random() < 0.5:
            frames.append(wire.pack_finished(stream, 0, chance.randrange(2)))
        else:
            frames.append(wire.pack_cancel(stream, 0, chance.randrange(1, 5)))
    return frames


def mutate(chance, data):
    data = bytearray(data)
    for _ in range(chance.choice((0, 0, 0, 0, 1, 2))):
        at = chance.randrange(len(data))
        action = chance.randrange(3)
        if action == 0:
            data[at] ^= 1 << chance.randrange(8)
        elif action == 1:
            data[at:at] = bytes(chance.randrange(256) for _ in range(chance.randrange(1, 20)))
        else:
            del data[at : at + chance.randrange(1, 20)]
        if not data:
            break
    return bytes(data)


def message_of(chance):
    """A message that an application might send, right or wrong."""
    kind = chance.randrange(10)
    if kind < 4:
        message = {"type": "http.response.start", "status": chance.choice(STATUSES)}
        shape = chance.randrange(5)
        pairs = [chance.choice(PAIRS[:2] if chance.random() < 0.7 else PAIRS) for _ in range(chance.randrange(4))]
        if shape:
            message["headers"] = (pairs, tuple(pairs), pairs, iter(pairs), None)[shape]
        if chance.random() < 0.1:
            message["trailers"] = chance.choice((True, False, None))
        return message
    if kind < 9:
        message = {"type": "http.response.body"}
        if chance.random() < 0.9:
            message["body"] = chance.choice(BODIES[:4] if chance.random() < 0.8 else BODIES)
        if chance.random() < 0.7:
            message["more_body"] = chance.choice((False, True, True, 0, 1, None, ""))
        return message
    return chance.choice(({}, {"type": "http.response.nothing"}, {"type": None}, {"type": "http.response.trailers", "headers": [(b"a", b"b")]}, {"type": "websocket.accept"}))


class Remembering(logging.Handler):
    """What is logged, by its first and its last line: those between are where."""

    def emit(self, record):
        lines = record.getMessage().split("\n")
        LOGGED.append((record.levelname, lines[0], lines[-1].split(" at 0x")[0]))


LOGGED = []
def session_message_of(chance):
    """The same for a session."""
    kind = chance.randrange(50)
    if kind > 15:
        return {"type": "websocket.send", **chance.choice(({"text": chance.choice(SENT[1:7])}, {"bytes": chance.choice(SENT[7:11])}))}
    if kind < 11:
        message = {"type": "websocket.send"}
        for name in ("bytes", "text"):
            if chance.random() < 0.6:
                message[name] = chance.choice(SENT)
        return message
    if kind == 11:
        return {"type": "websocket.accept", "subprotocol": chance.choice((None, "chat", 5)), "headers": chance.choice(([], [(b"a", b"b")], [(b"bad name", b"x")]))}
    if kind == 12:
        return {"type": "websocket.close", "code": chance.choice((1000, 4000, 1006, "5")), "reason": chance.choice((None, "why", 5))}
    if kind == 13:
        return {"type": "websocket.http.response.start", "status": chance.choice((403, 404, 5)), "headers": []}
    if kind == 14:
        return {"type": "websocket.http.response.body", "body": b"no"}
    return message_of(chance)


def named(error):
    return f"{type(error).__name__}: {error}".split(" at 0x")[0]


def digest_of(message):
    """What is received, without most of what is long in it."""
    text = repr(message)
    return text if len(text) < 200 else (text[:100], len(text), hash(text))


@contextlib.contextmanager
def noting(events, chance, share):
    """A step of an application: what it raises is noted, and raised on where that is its end, or else in this share of the cases."""
    try:
        yield
    except (ZeroDivisionError, asyncio.CancelledError) as error:
        events.append(named(error))
        raise
    except Exception as error:
        events.append(named(error))
        if chance.random() < share:
            raise


class Application:
    """Does what its path says, with what each of its requests sees; a path is a seed."""

    def __init__(self):
        self.events = {}
        self.scopes = []

    def serving(self):
        scopes = ScopeBuilder("3.0")
        scopes.state = {"here": 1}
        return Serving(self, scopes.build, HttpStream, scopes.build_session, WebSocketStream, native.quicken_with(self, scopes))

    async def __call__(self, scope, receive, send):
        path = scope["path"]
        self.scopes.append(repr(scope))
        chance = random.Random(path)
        events = self.noted(path)
        make, steps, ways = message_of, chance.randrange(1, 8), range(8)
        if scope["type"] == "websocket":
            make, steps, ways = session_message_of, chance.randrange(1, 30), (0, 1, 1, 1, 2, 3, 3, 3)
            if chance.random() < 0.9:
                await send({"type": "websocket.accept"})
        for _ in range(steps):
            step = chance.choice(ways)
            with noting(events, chance, 0.5):
                if step == 0:
                    events.append(digest_of(await self.await_in_some_way(chance, receive())))
                elif step == 1:
                    while True:
                        message = await receive()
                        events.append(digest_of(message))
                        if not message.get("more_body") and chance.random() < 0.7 or "disconnect" in message["type"]:
                            break
                elif step == 2 and chance.random() < 0.2:
                    raise ZeroDivisionError
                else:
                    events.append(repr(await self.await_in_some_way(chance, send(make(chance)))))

    def noted(self, path):
        """Where one more request with this path notes what it sees."""
        events = []
        self.events.setdefault(path, []).append(events)
        return events

    async def await_in_some_way(self, chance, coroutine):
        way = chance.randrange(9)
        if way == 0:
            return await asyncio.get_running_loop().create_task(coroutine)
        if way == 1:
            return await asyncio.gather(coroutine, return_exceptions=True)
        if way == 2:
            try:
                return await asyncio.wait_for(coroutine, 0)
            except asyncio.TimeoutError:
                return "late"
        if way == 3:
            coroutine.close()
            return "closed"
        if way == 4:
            task = asyncio.ensure_future(coroutine)
            await asyncio.sleep(0)
            task.cancel()
            return named((await asyncio.gather(task, return_exceptions=True))[0] or Exception())
        if way == 5:
            try:
                coroutine.throw(KeyError("thrown"))
            except KeyError:
                return "thrown"
        return await coroutine


FIELDS = ("x-a", "host", "HOST", "none")


def seen_of(told, names):
    """What a scope or a request says, in words."""
    headers = told.headers
    mapping = [list(headers), headers.items(), [(headers.get(name), headers.get_all(name), name in headers) for name in FIELDS], len(headers)]
    return repr([(name, getattr(told, name)) for name in names] + mapping)


def text_pairs_of(chance):
    """What might be the headers of a response, most often right, as text or bytes."""
    if chance.random() < 0.6:
        pairs = [chance.choice(TEXT_PAIRS[:4]) for _ in range(chance.randrange(4))]
        return chance.choice((pairs, tuple(pairs), [list(pair) for pair in pairs]))
    pairs = [chance.choice(TEXT_PAIRS[:4] if chance.random() < 0.7 else TEXT_PAIRS) for _ in range(chance.randrange(4))]
    return chance.choice((pairs, pairs, tuple(pairs), tuple(pairs), iter(pairs), [list(pair) if pair else pair for pair in pairs], None))


class RsgiApplication(Application):
    """The same with RSGI."""

    names = "proto rsgi_version http_version server client scheme method path query_string authority".split()
    tells_start = False

    def serving(self):
        scope = telling_start(Scope) if self.tells_start else Scope
        return Serving(self, scope, HTTPProtocol, quicken=rsgi_native.quicken_with(self, scope, self.tells_start))

    async def __call__(self, scope, protocol):
        path = scope.path
        # The time that it would tell is not the same twice.
        self.scopes.append(seen_of(scope, self.names).partition("x-request-start")[0])
        chance = random.Random(path)
        events = self.noted(path)
        for _ in range(chance.randrange(1, 6)):
            with noting(events, chance, 0.3):
                events.append(repr(await self.step(chance, protocol)).split(" at 0x")[0])

    async def step(self, chance, protocol):
        step = chance.randrange(12)
        if step == 0:
            return await self.await_in_some_way(chance, protocol())
        if step == 1:
            return [len(chunk) async for chunk in protocol]
        if step == 2 and chance.random() < 0.3:
            return await asyncio.wait_for(protocol.client_disconnect(), 0)
        if step == 3:
            await asyncio.sleep(0)
            return protocol(*chance.choice(((), (1,)))).close() if chance.random() < 0.3 else None
        if step == 4 and chance.random() < 0.2:
            raise ZeroDivisionError
        if step == 5 and chance.random() < 0.6:
            transport = protocol.response_stream(chance.choice(STATUSES), text_pairs_of(chance))
            for _ in range(chance.randrange(4)):
                await chance.choice((transport.send_bytes, transport.send_str))(chance.choice(BODIES))
            return None
        if step == 6 and chance.random() < 0.5:
            return protocol.response_file(chance.choice(STATUSES), text_pairs_of(chance), "/some/file")
        name, fitting = chance.choice((("response_empty", ()), ("response_str", TEXT_BODIES), ("response_bytes", BODIES[:4])))
        arguments = [chance.choice(STATUSES[:4] if chance.random() < 0.8 else STATUSES), text_pairs_of(chance)]
        if fitting or chance.random() < 0.1:
            arguments.append(chance.choice(fitting if fitting and chance.random() < 0.9 else BODIES))
        named_ones = {}
        if chance.random() < 0.3:
            keys = ("status", "headers", "body")
            named_ones = {keys[at]: value for at, value in list(enumerate(arguments))[chance.randrange(3) :]}
            if chance.random() < 0.1:
                named_ones[chance.choice(("status", "body", "file"))] = 200
        arguments = arguments[: len(arguments) - len(named_ones)]
        return getattr(protocol, name)(*arguments[: chance.choice((3, 3, 3, 3, 3, 3, 1, 0))], **named_ones)


class TellingRsgiApplication(RsgiApplication):
    """The same where a request that has waited is told when it came."""

    tells_start = True


class RawApplication(Application):
    """The same with Hydra's own interface."""

    names = "method scheme http_version path raw_path root_path query client server queue_time is_websocket subprotocols".split()
    is_plain = False

    def serving(self):
        return raw_serving(functools.partial(self.plain) if self.is_plain else self.coroutine)

    def begin(self, request):
        path = request.path
        self.scopes.append(seen_of(request, self.names) + repr(request.facts))
        return random.Random(path), self.noted(path)

    async def coroutine(self, request):
        chance, events = self.begin(request)
        for _ in range(chance.randrange(4)):
            with noting(events, chance, 0.3):
                step = chance.randrange(6)
                if step == 0:
                    events.append(repr(await self.await_in_some_way(chance, request.read())))
                elif step == 1:
                    events.append([len(piece) async for piece in request])
                elif step == 2:
                    events.append(repr(await asyncio.wait_for(request.disconnected(), 0)))
                elif step == 3:
                    await asyncio.sleep(0)
                elif step == 4 and chance.random() < 0.2:
                    raise ZeroDivisionError
        return self.result(chance, events)

    def plain(self, request):
        chance, events = self.begin(request)
        events.append(request.body)
        events.append(VARIABLE.get(None))
        VARIABLE.set(request.path)
        if chance.random() < 0.1:
            raise ZeroDivisionError
        if chance.random() < 0.2:
            return self.coroutine(request)
        return self.result(chance, events)

    def result(self, chance, events):
        status = chance.choice(STATUSES[:4] if chance.random() < 0.8 else STATUSES)
        body = chance.choice(BODIES[:4] if chance.random() < 0.8 else BODIES + (self.pieces(chance, events),))
        whole = (status, text_pairs_of(chance), body)
        return chance.choice((whole,) * 6 + (list(whole), whole[:2], whole + (chance.choice((None, [("x-sum", "1")], [("host", "x")], 5)),), hydra_raw.Response(*whole), None, 7))

    async def pieces(self, chance, events):
        try:
            for _ in range(chance.randrange(4)):
                yield chance.choice(BODIES)
        finally:
            events.append("closed")


class PlainApplication(RawApplication):
    """The same as a function that is no coroutine function."""

    is_plain = True


def make_link(kind, loop, application, failures):
    ours, theirs = socket.socketpair()
    for each in (ours, theirs):
        each.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 2 * 1024 * 1024)
    meter = LoopMeter() if kind is NativeLink else PythonMeter()
    link = kind(ours, loop, application.serving(), WINDOW, WINDOW, lambda link, reason: failures.append(reason), lambda: None, meter)
    theirs.setblocking(False)
    return link, theirs


def take(sock):
    data = b""
    while True:
        try:
            more = sock.recv(1 << 20)
        except (BlockingIOError, ConnectionResetError):
            return data
        if not more:
            return data
        data += more


def frames_of(data):
    """By stream; what the worker says of its own time is left out."""
    found = {}
    at = 0
    while at < len(data):
        length, kind, flags, _, stream = wire.HEADER.unpack_from(data, at)
        if kind != wire.TAKEN:
            found.setdefault(stream, []).append((kind, flags, data[at + wire.HEADER_SIZE : at + wire.HEADER_SIZE + length]))
        at += wire.HEADER_SIZE + length
    return found


async def in_callback(function):
    """Runs it where no task runs, as a loop does what it is told of sockets."""
    done = asyncio.get_running_loop().create_future()

    def call():
        try:
            function()
        except BaseException as error:
            done.set_exception(error)
        else:
            done.set_result(None)

    asyncio.get_running_loop().call_soon(call)
    await done


async def feed(kind, data, sizes, make=Application):
    loop = asyncio.get_running_loop()
    problems = []
    loop.set_exception_handler(lambda loop, context: problems.append(named(context.get("exception")) + context["message"].split(" <")[0]))
    application, failures = make(), []
    LOGGED.clear()
    link, front = make_link(kind, loop, application, failures)
    answered = b""
    for size in sizes:
        if not data or failures:
            break
        front.sendall(data[:size])
        data = data[size:]
        await in_callback(link._on_readable)
        # What came is told at once, or in the next turn: the applications come to rest before there is more.
        for _ in range(40):
            await asyncio.sleep(0)
        answered += take(front)
    unfinished = list(link.unfinished.values())
    if not failures:
        await in_callback(lambda: link.fail("the end"))
    for _ in range(20):
        await asyncio.sleep(0)
    # A number that is given twice, as the front does not, may leave one behind that nobody wakes.
    for task in unfinished:
        task.cancel()
    await asyncio.gather(*unfinished, return_exceptions=True)
    for _ in range(4):
        await asyncio.sleep(0)
    answered += take(front)
    front.close()
    assert link.streams == {} and link.unfinished == {}, (link.streams, link.unfinished)
    return {
        "frames": frames_of(answered), "events": application.events, "scopes": application.scopes, "failures": failures, "problems": problems,
        "logged": LOGGED[:],
    }  # fmt: skip


def twins(kinds, rounds, seed):
    failed = 0
    for number in range(seed, seed + rounds):
        chance = random.Random(number)
        data = mutate(chance, b"".join(request_frames(chance)))
        sizes = [chance.choice((1, 7, 100, 5000, 60_000)) for _ in range(2000)] + [60_000] * 100
        make = kinds[number % len(kinds)]
        try:
            seen = [asyncio.run(feed(kind, data, sizes, make)) for kind in (SocketLink, NativeLink)]
        except BaseException:
            print(f"seed {number}:")
            raise
        failed += seen[0]["failures"] != ["the end"]
        for what in seen[0]:
            if what == "frames" and seen[0]["failures"] != ["the end"]:
                # What had been answered in the batch that broke the protocol has left or not: a matter of time.
                continue
            if seen[0][what] != seen[1][what]:
                print(f"seed {number}: {what} differ\n  Python: {seen[0][what]!r:.3000}\n  native: {seen[1][what]!r:.3000}")
                return 1
    print(f"{rounds} rounds, {failed} of them broke the protocol")
    # Both must be common, or the mutations are too tame or too wild.
    return 0 if rounds < 100 or rounds * 0.05 < failed < rounds * 0.9 else 1


def leaks(requests):
    """Of each kind: what is alive after as many again is no more than after the first."""
    chance = random.Random(1)
    kept = [b"".join(request_frames(chance)) for _ in range(40)]
    singletons = (None, True, False, (), b"", 200)

    async def run(count):
        for number in range(count):
            for make in (Application, RsgiApplication, RawApplication, PlainApplication):
                await feed(NativeLink, kept[number % len(kept)], [60_000] * 40, make)

    asyncio.run(run(60))
    found = []
    for _ in range(3):
        gc.collect()
        found.append((len(gc.get_objects()), [sys.getrefcount(each) for each in singletons], resource.getrusage(resource.RUSAGE_SELF).ru_maxrss))
        asyncio.run(run(requests))
    print(found)
    objects, counts, memory = zip(*found)
    immortal = [first > 2**29 for first in counts[0]]
    grown = [last - first for first, last in zip(counts[1], counts[2])]
    assert objects[2] - objects[1] < 50, objects
    assert all(skip or growth < 50 for skip, growth in zip(immortal, grown)), grown
    assert memory[2] - memory[1] < 4096, memory
    return 0


KINDS = {"twins": (Application,), "rsgi": (RsgiApplication, TellingRsgiApplication), "raw": (RawApplication, PlainApplication)}


def batch():
    """Of the native link: no turn of the loop is between a frame and what comes of it."""

    class Telling(Application):
        async def __call__(self, scope, receive, send):
            if scope["type"] == "websocket":
                await send({"type": "websocket.accept"})
                while (await receive())["type"] != "websocket.disconnect":
                    await send({"type": "websocket.send", "text": "told"})
                return
            await send({"type": "http.response.start", "status": 200})
            more = True
            while more:
                message = await receive()
                more = message.get("more_body", False)
                await send({"type": "http.response.body", "body": message["body"], "more_body": more})

    def request(stream, flags):
        return wire.pack_request(stream, flags, 0, b"POST", b"/", b"", CONNECTIONS[0], HEADERS[0], b"")

    async def run():
        link, front = make_link(NativeLink, asyncio.get_running_loop(), Telling(), [])
        front.sendall(request(1, wire.FLAG_SESSION | wire.FLAG_END) + request(2, 0))
        await in_callback(link._on_readable)
        await asyncio.sleep(0)
        take(front)
        front.sendall(wire.pack_data(1, wire.FLAG_TEXT, b"text") + wire.pack_body(2, 0, b"a") + wire.pack_body(2, wire.FLAG_END, b"b"))
        seen = []

        def read():
            link._on_readable()
            seen.append(frames_of(take(front)))

        await in_callback(read)
        link.fail("the end")
        front.close()
        return seen[0]

    found = asyncio.run(run())
    print(found)
    (_, _, told), (_, _, response) = found[1][0], found[2][-1]
    return 0 if told == b"told" and response.endswith(b"ab") else 1


TEXTS = ("", "a", "X-Y", "Content-Length", "content-length", "Connection", "TE", "bad name", "é", "Ω", "\ud800", "x\r\ny", "tab\there", "5", " 7 ", "-1", "9" * 20, "v" * 9000, b"b", None)
PARTS = (b"", b"a", b"A", b"Host", b"host", b"x" * 128, b"X" * 129, b"\xfc", b"a b", b"value", b"content-length", b"Content-Type")
PATHS = (b"/", b"", b"*", b"/a/b", b"/%41%ff", b"/\xe4", b"/root/x", b"/root", b"/rooted")


class Reader(FrameReader):
    """Python's, as wsgi/link.py has it without the native part."""

    request_window = response_window = WINDOW
    _now = 1.5
    on_request = WsgiLink.on_request

    def __init__(self, ready):
        super().__init__()
        self._ready = ready


class NativeReader(Reader):
    _handle = WsgiLink._handle


def outcome(function, *arguments):
    try:
        return function(*arguments)
    except Exception as error:
        return named(error)


def facts_of(stream):
    fields = ("id", "started", "head", "body", "body_ended", "expects", "window", "credit", "queued", "gone", "finished", "chunks", "owed", "opened")
    return {name: getattr(stream, name) for name in fields}


def wsgi(rounds, seed):
    builders = [environs.EnvironBuilder("1", True, tells_start=False) for _ in range(2)]
    fill, answered, mapped, variables = environs._fill, 0, 0, 0
    for number in range(seed, seed + rounds):
        chance = random.Random(number)
        data = mutate(chance, b"".join(request_frames(chance)))
        seen = []
        for kind in (Reader, NativeReader):
            ready = collections.deque()
            reader = kind(ready)
            error, left = None, data
            while left and error is None:
                room = reader.free_buffer()
                piece = left[: min(len(room), 1 + number % 70_000)]
                room[: len(piece)] = piece
                left = left[len(piece) :]
                error = outcome(reader.take_in, len(piece))
            seen.append((error, [facts_of(each) for each in ready], sorted(reader.streams)))
        if seen[0] != seen[1]:
            print(f"seed {number}: frames differ\n  Python: {seen[0]!r:.2000}\n  native: {seen[1]!r:.2000}")
            return 1
        block = b"\0".join(chance.choice(PARTS) for _ in range(chance.randrange(7)))
        found = mapping.native_fields(block)
        if found is not None and repr(found) != repr(outcome(mapping.python_fields, block)):
            print(f"seed {number}: fields of {block!r} differ: {found!r}")
            return 1
        mapped += found is not None
        found = environs._native_variables(block)
        if found is not None and list(found.items()) != list(environs._variables(block).items()):
            print(f"seed {number}: variables of {block!r} differ: {found!r}")
            return 1
        variables += found is not None
        head = (chance.choice((b"GET", b"")), chance.choice(PATHS), chance.choice((b"", b"a=\xff")), chance.choice(CONNECTIONS), chance.choice(HEADERS[:4]))
        request = WsgiStream(Reader(None), 1, 1, head, b"body", 0.0, chance.choice((0, 7)))
        seen = []
        for builder, how in zip(builders, (environs._not_here, fill)):
            environs._fill = how
            seen.append(outcome(builder.build, request, "input", True))
        if seen[0] != seen[1]:
            print(f"seed {number}: environs differ\n  Python: {seen[0]!r}\n  native: {seen[1]!r}")
            return 1
        answered += isinstance(seen[0], dict)
        pairs = [(chance.choice(TEXTS[:5] if chance.random() < 0.8 else TEXTS), chance.choice(TEXTS)) for _ in range(chance.randrange(4))]
        pairs = chance.choice((pairs, pairs, tuple(pairs), [list(pair) for pair in pairs]))
        status = chance.choice((200, 204, 304))
        seen = [outcome(how, pairs, status) for how in (responses._python_head_of, responses._native_head_of)]
        if seen[0] != seen[1]:
            print(f"seed {number}: heads of {pairs!r} differ\n  Python: {seen[0]!r}\n  native: {seen[1]!r}")
            return 1
        if type(seen[0]) is tuple:
            body = chance.choice((b"", b"x" * 3000, memoryview(b"view")))
            made = [how(2**40 + number, 1, status, seen[0][0], body) for how in (frames.python_response_frame, frames.response_frame)]
            assert made[0] == made[1], made
    print(f"{rounds} rounds, {answered} environs, {mapped} mappings, {variables} with variables")
    return 0 if answered > rounds / 2 and min(mapped, variables) > rounds / 5 else 1


if __name__ == "__main__":
    logger.handlers[:] = [Remembering()]
    logger.propagate = False
    kind, *numbers = sys.argv[1:]
    numbers = [int(each) for each in numbers]
    if kind == "batch":
        sys.exit(batch())
    if kind == "leaks":
        sys.exit(leaks(numbers[0] if numbers else 150))
    compare = wsgi if kind == "wsgi" else functools.partial(twins, KINDS[kind])
    sys.exit(compare(numbers[0] if numbers else 300, numbers[1] if len(numbers) > 1 else 1))
