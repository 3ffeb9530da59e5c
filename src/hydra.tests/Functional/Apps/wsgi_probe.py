"""A WSGI application that shows what the server gives it and does. `app` is checked by wsgiref.validate, `bare` is not.

Paths are /name or /name/key; the key names gates and records (see signals_board.py).
"""

import hashlib
import io
import json
import os
import sys
import threading
import time
from wsgiref.validate import validator

from signals_board import blocking_gate, record

ROUTES = {}


def bare(environ, start_response):
    name, _, key = environ["PATH_INFO"].lstrip("/").partition("/")
    handler = ROUTES.get(name)
    if handler is None:
        start_response("404 Not Found", [("Content-Type", "text/plain")])
        return [b"not found"]
    return handler(environ, start_response, key)


app = validator(bare)


def route(handler):
    ROUTES[handler.__name__.replace("_", "-")] = handler
    return handler


def answer(start_response, body, content_type="text/plain", status="200 OK"):
    start_response(status, [("Content-Type", content_type), ("Content-Length", str(len(body)))])
    return [body]


def answer_json(start_response, value):
    return answer(start_response, json.dumps(value).encode(), "application/json")


@route
def worker(environ, start_response, key):
    return answer_json(start_response, {"id": os.environ["HYDRA_WORKER_ID"], "pid": os.getpid()})


class Closing:
    """An iterable that records when it is closed."""

    def __init__(self, pieces, key):
        self._pieces = iter(pieces)
        self._key = key

    def __iter__(self):
        return self

    def __next__(self):
        return next(self._pieces)

    def close(self):
        record(self._key, "closed")


class ClosingLate(list):
    """A whole body whose close() stands behind a gate."""

    def __init__(self, body, key):
        super().__init__([body])
        self._key = key

    def close(self):
        record(self._key, "closing")
        blocking_gate(self._key)


@route
def closes_late(environ, start_response, key):
    return ClosingLate(answer(start_response, b"complete")[0], key)


@route
def until_told(environ, start_response, key):
    """Polls whether the client has left."""
    told = environ["waitress.client_disconnected"]
    record(key, told())
    end = time.monotonic() + 30
    while not told() and time.monotonic() < end:
        time.sleep(0.002)
    record(key, told())
    return answer(start_response, b"too late")


@route
def hello(environ, start_response, key):
    return answer(start_response, b"hello")


@route
def environ(environ, start_response, key):
    shown = {k: v for k, v in environ.items() if isinstance(v, (str, bool, int, tuple))}
    shown["types"] = {k: type(v).__name__ for k, v in environ.items()}
    return answer_json(start_response, shown)


@route
def body(environ, start_response, key):
    """Reads the body in the way that the key names."""
    stream = environ["wsgi.input"]
    readers = {
        "read": lambda: stream.read(int(environ.get("CONTENT_LENGTH") or 0)),
        "pieces": lambda: b"".join(iter(lambda: stream.read(1000), b"")),
        "line": lambda: b"".join(iter(lambda: stream.readline(), b"")),
        "lines": lambda: b"".join(stream.readlines()),
        "iteration": lambda: b"".join(stream),
        "all": lambda: stream.read(),
    }
    content = readers[key]()
    rest = stream.read(1)
    digest = hashlib.sha256(content).hexdigest()
    return answer_json(start_response, {"length": len(content), "sha256": digest, "rest": len(rest)})


@route
def no_read(environ, start_response, key):
    return answer(start_response, b"not asked for")


@route
def write(environ, start_response, key):
    put = start_response("200 OK", [("Content-Type", "text/plain")])
    put(b"written, ")
    put(b"twice, ")
    return [b"and returned"]


@route
def generator(environ, start_response, key):
    """Starts the response when the first piece is asked for; each piece stands behind a gate."""
    def pieces():
        start_response("200 OK", [("Content-Type", "text/plain")])
        for i in range(3):
            blocking_gate(f"{key}-{i}")
            yield b"piece %d\n" % i
    return Closing(pieces(), key)


@route
def empty_strings(environ, start_response, key):
    """Empty strings between the others: no chunk may be empty, for that would be the end."""
    def pieces():
        start_response("200 OK", [("Content-Type", "text/plain")])
        yield b""
        yield b"te"
        yield b""
        yield b"xt"
        yield b""
    return pieces()


@route
def exc_info(environ, start_response, key):
    """Starts a response, fails, and starts another one before anything was sent."""
    start_response("200 OK", [("Content-Type", "text/plain"), ("X-First", "yes")])
    try:
        raise RuntimeError("after start_response")
    except RuntimeError:
        start_response("503 Service Unavailable", [("Content-Type", "text/plain")], sys.exc_info())
    return [b"replaced"]


@route
def exc_info_late(environ, start_response, key):
    """Fails after the first bytes were sent: start_response must raise what it is given."""
    def pieces():
        start_response("200 OK", [("Content-Type", "text/plain")])
        yield b"begun"
        blocking_gate(key)
        try:
            raise RuntimeError("after the first bytes")
        except RuntimeError:
            try:
                start_response("500 Error", [("Content-Type", "text/plain")], sys.exc_info())
            except RuntimeError as e:
                record(key, f"raised: {e}")
                raise
    return Closing(pieces(), key)


@route
def twice(environ, start_response, key):
    start_response("200 OK", [("Content-Type", "text/plain")])
    try:
        start_response("200 OK", [("Content-Type", "text/plain")])
    except Exception as e:
        record(key, type(e).__name__)
        return [b"refused"]
    return [b"allowed"]


@route
def file(environ, start_response, key):
    """A file through the server's wrapper."""
    content = bytes(range(256)) * 4096
    source = io.BytesIO(content)
    close = source.close
    source.close = lambda: (record(key, "closed"), close())
    start_response("200 OK", [("Content-Type", "application/octet-stream"), ("Content-Length", str(len(content)))])
    return environ["wsgi.file_wrapper"](source, 8192)


@route
def file_without_length(environ, start_response, key):
    start_response("200 OK", [("Content-Type", "application/octet-stream")])
    return environ["wsgi.file_wrapper"](open(__file__, "rb"))


@route
def no_length(environ, start_response, key):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"one piece"]


@route
def status(environ, start_response, key):
    has_type = [] if key in ("204", "304") else [("Content-Type", "text/plain")]
    start_response(f"{key} Whatever", has_type)
    return [] if key in ("204", "304") else [b"a body"]


@route
def close(environ, start_response, key):
    """What is closed also when it fails half way, or before it has begun."""
    def pieces():
        start_response("200 OK", [("Content-Type", "text/plain")])
        yield b"begun"
        raise RuntimeError("half way")
    def never():
        raise RuntimeError("before it has begun")
        yield b""
    return Closing(never() if key.startswith("early") else pieces(), key)


@route
def flood(environ, start_response, key):
    """Endless; closed when the client leaves."""
    start_response("200 OK", [("Content-Type", "text/plain")])
    def pieces():
        record(key, "running")
        while True:
            yield bytes(64 * 1024)
    return Closing(pieces(), key)


@route
def meet(environ, start_response, key):
    """Waits for another request to get here: only with threads do both arrive."""
    record(key, threading.current_thread().name)
    blocking_gate(key)
    return answer(start_response, b"met")


@route
def prove(environ, start_response, key):
    content = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    named = environ.get("HTTP_X_REQUEST", "")
    proof = f"{key} {named} {len(content)} {hashlib.sha256(content).hexdigest()} {os.environ['HYDRA_WORKER_ID']}"
    return answer(start_response, proof.encode())


@route
def errors(environ, start_response, key):
    environ["wsgi.errors"].write(f"to wsgi.errors {key}\n")
    environ["wsgi.errors"].flush()
    return answer(start_response, b"said")


@route
def large(environ, start_response, key):
    """As many bytes as the key says, given away at once."""
    return answer(start_response, bytes(int(key)), "application/octet-stream")
