"""
A WSGI application with one path for each case of the tests. What cannot be seen in a response is kept in
EVENTS.
"""

import io
import json
import os
import sys
import threading
import time

CASES = {}
EVENTS = []
GATES = {}
TEXT = [("Content-Type", "text/plain")]


def case(function):
    CASES["/" + function.__name__] = function
    return function


def app(environ, start_response):
    return CASES[environ["PATH_INFO"]](environ, start_response)


def answer(start_response, body=b"", headers=TEXT):
    start_response("200 OK", list(headers))
    return [body]


class Iterable:
    """Counts what happens to it."""

    def __init__(self, items, close_error=None):
        self.items = iter(items)
        self.close_error = close_error
        self.closed = 0

    def __iter__(self):
        return self

    def __next__(self):
        item = next(self.items)
        return item() if callable(item) else item

    def close(self):
        self.closed += 1
        EVENTS.append("closed %d" % self.closed)
        if self.close_error is not None:
            raise self.close_error


@case
def environ(environ, start_response):
    shown = {key: value for key, value in environ.items()}
    shown["types"] = {key: type(value).__name__ for key, value in environ.items()}
    return answer(start_response, json.dumps(shown, default=repr).encode())


@case
def events(environ, start_response):
    return answer(start_response, json.dumps(EVENTS).encode())


@case
def notes(environ, start_response):
    EVENTS.append(environ["QUERY_STRING"])
    return answer(start_response)


@case
def echo(environ, start_response):
    return answer(start_response, environ["wsgi.input"].read())


@case
def reads(environ, start_response):
    """Runs the calls that the query names on wsgi.input, and shows what each gave."""
    stream = environ["wsgi.input"]
    seen = []
    for call in environ["QUERY_STRING"].split("&"):
        name, _, argument = call.partition("=")
        if name == "iter":
            seen.append([line.decode() for line in stream])
            continue
        result = getattr(stream, name)(*([int(argument)] if argument else []))
        seen.append([line.decode() for line in result] if name == "readlines" else result.decode())
    return answer(start_response, json.dumps(seen).encode())


@case
def read_or_event(environ, start_response):
    try:
        environ["wsgi.input"].read()
    except OSError as error:
        EVENTS.append(type(error).__name__)
        raise
    return answer(start_response)


class Draining:
    """An iterable whose close() reads what is left of the body."""

    def __init__(self, stream, pieces):
        self._stream = stream
        self._pieces = iter(pieces)

    def __iter__(self):
        return self._pieces

    def close(self):
        EVENTS.append(["drained", len(self._stream.read())])


@case
def drain_in_close(environ, start_response):
    start_response("403 Forbidden", [("Content-Length", "2")])
    return Draining(environ["wsgi.input"], [b"no"])


@case
def drain_in_iteration(environ, start_response):
    """Its last piece makes the response as long as it is to be; it is asked for the next one all the same."""
    stream = environ["wsgi.input"]
    start_response("200 OK", [("Content-Length", "5")])
    yield stream.read(5)
    EVENTS.append(["drained", len(stream.read())])


@case
def drain_in_thread(environ, start_response):
    stream = environ["wsgi.input"]
    threading.Thread(target=lambda: EVENTS.append(["drained", len(stream.read())]), daemon=True).start()
    if not environ["QUERY_STRING"]:
        return answer(start_response)
    start_response("200 OK", [])
    # More than the front has granted: this thread waits, too.
    return iter([bytes(65536)] * int(environ["QUERY_STRING"]))


@case
def make_gate(environ, start_response):
    GATES[environ["QUERY_STRING"]] = threading.Event()
    return answer(start_response)


@case
def open_gate(environ, start_response):
    GATES[environ["QUERY_STRING"]].set()
    return answer(start_response)


@case
def wait_at_gate(environ, start_response):
    assert GATES[environ["QUERY_STRING"]].wait(30)
    return answer(start_response, b"through " + environ["QUERY_STRING"].encode())


@case
def disconnect_with_body_pending(environ, start_response):
    GATES["body"].wait(30)
    return answer(start_response, environ["wsgi.input"].read())


@case
def until_client_disconnected(environ, start_response):
    told = environ["waitress.client_disconnected"]
    EVENTS.append(["asked", told()])
    end = time.monotonic() + 30
    while not told() and time.monotonic() < end:
        time.sleep(0.002)
    return answer(start_response, b"gone" if told() else b"here")


@case
def blocks(environ, start_response):
    if os.path.isdir(os.path.dirname(environ["QUERY_STRING"])):
        # For Front.wait_begun(): a byte for each request.
        with open(environ["QUERY_STRING"] + ".begun", "a") as file:
            file.write(".")
    while not os.path.exists(environ["QUERY_STRING"]):
        time.sleep(0.01)
    return answer(start_response, b"unblocked")


@case
def closes_late(environ, start_response):
    """A complete response, behind which the thread is kept: in close(), until the file is there."""
    result = Iterable([b"complete"])

    def close():
        while not os.path.exists(environ["QUERY_STRING"]):
            time.sleep(0.001)

    result.close = close
    start_response("200 OK", TEXT)
    return result


@case
def single(environ, start_response):
    return answer(start_response, b"one piece")


@case
def tuple_of_many(environ, start_response):
    start_response("200 OK", TEXT)
    return (b"one ", b"", b"two ", b"three")


@case
def empty_list(environ, start_response):
    start_response("200 OK", TEXT)
    return []


@case
def generator(environ, start_response):
    """start_response() is called when the iteration begins; empty pieces send nothing."""
    start_response("201 Created", TEXT)
    yield b""
    yield b"first "
    yield b""
    yield b"second"


@case
def slow_generator(environ, start_response):
    start_response("200 OK", TEXT)
    yield b"early"
    assert GATES["slow"].wait(30)
    yield b"late"


@case
def known_length(environ, start_response):
    start_response("200 OK", [("Content-Length", "6")])
    return iter([b"abc", b"def"])


@case
def iterable_with_close(environ, start_response):
    start_response("200 OK", TEXT)
    return Iterable([b"a", b"b"])


@case
def close_raises(environ, start_response):
    start_response("200 OK", TEXT)
    return Iterable([b"a", b"b"], close_error=ValueError("in close"))


def fail():
    raise ZeroDivisionError("in the iteration")


@case
def iteration_raises(environ, start_response):
    start_response("200 OK", TEXT)
    return Iterable([fail])


@case
def iteration_raises_late(environ, start_response):
    start_response("200 OK", TEXT)
    return Iterable([b"some", fail])


@case
def raises(environ, start_response):
    raise ZeroDivisionError("before start_response")


@case
def raises_held(environ, start_response):
    start_response("200 OK", TEXT)
    raise ZeroDivisionError("after start_response")


@case
def raises_system_exit(environ, start_response):
    sys.exit(9)


@case
def write(environ, start_response):
    writer = start_response("200 OK", TEXT)
    writer(b"written ")
    writer(b"")
    writer(b"twice ")
    return [b"and returned"]


@case
def large(environ, start_response):
    size = int(environ["QUERY_STRING"])
    start_response("200 OK", [("Content-Length", str(size))])
    EVENTS.append("large begun")
    return [(b"0123456789abcdef" * (size // 16 + 1))[:size]]


@case
def endless(environ, start_response):
    start_response("200 OK", TEXT)
    return Iterable(b"x" * 1000 for _ in iter(int, 1))


@case
def error_page(environ, start_response):
    """An exception before the head has left: exc_info lets the second start_response() replace the first."""
    start_response("200 OK", TEXT)
    try:
        raise KeyError("page")
    except KeyError:
        start_response("500 Oops", [("X-Error", "1")], sys.exc_info())
    return [b"error page"]


@case
def error_page_too_late(environ, start_response):
    start_response("200 OK", TEXT)
    yield b"some"
    try:
        raise KeyError("too late")
    except KeyError:
        EVENTS.append("calling")
        start_response("500 Oops", [("X-Error", "1")], sys.exc_info())
    EVENTS.append("not raised")
    yield b"more"


@case
def file_wrapper(environ, start_response):
    class File(io.BytesIO):
        def close(self):
            EVENTS.append("file closed")
            super().close()

    size = int(environ["QUERY_STRING"])
    start_response("200 OK", [("Content-Length", str(size))])
    return environ["wsgi.file_wrapper"](File(b"f" * size))


@case
def file_wrapper_without_close(environ, start_response):
    class File:
        parts = [b"", b"b", b"a"]

        def read(self, size):
            EVENTS.append("read")
            return self.parts.pop()

    wrapper = environ["wsgi.file_wrapper"](File(), 4096)
    assert not hasattr(wrapper, "close")
    start_response("200 OK", TEXT)
    return wrapper


@case
def wrapped_file_wrapper(environ, start_response):
    start_response("200 OK", TEXT)
    return (piece for piece in environ["wsgi.file_wrapper"](io.BytesIO(b"x" * 20), 8))


@case
def special_status(environ, start_response):
    start_response(environ["QUERY_STRING"] + " Text", [("Content-Length", "5"), ("X-A", "b")])
    return Iterable([b"he", b"llo and more than was promised"])


@case
def hop_by_hop(environ, start_response):
    connection = environ["QUERY_STRING"] or "Connection"
    start_response("200 OK", [(connection, "close"), ("Transfer-Encoding", "chunked"), ("X-Kept", "yes")])
    return [b"x"]


@case
def latin(environ, start_response):
    start_response("200 OK", [("X-Name", "caf\u00e9"), ("Set-Cookie", "a=1"), ("Set-Cookie", "b=2")])
    return [b""]


@case
def errors_stream(environ, start_response):
    stream = environ["wsgi.errors"]
    stream.write("written to wsgi.errors\n")
    stream.writelines(["a ", "line\n"])
    stream.flush()
    return answer(start_response)


START = ("200 OK", TEXT)


def broken(status="200 OK", headers=TEXT, body=(b"x",), calls=1):
    def application(environ, start_response):
        for _ in range(calls):
            start_response(status, headers)
        return body

    return application


# What breaks a rule of PEP 3333 or of HTTP.
BROKEN = {
    "no_start": broken(calls=0),
    "start_twice": broken(calls=2),
    "status_bytes": broken(status=b"200 OK"),
    "status_int": broken(status=200),
    "status_short": broken(status="20 OK"),
    "status_text": broken(status="OK 200"),
    "status_low": broken(status="100 Continue"),
    "status_newline": broken(status="200 OK\r\nX: y"),
    "status_nospace": broken(status="2000"),
    "headers_none": broken(headers=None),
    "headers_bytes": broken(headers=[(b"a", b"b")]),
    "header_value_int": broken(headers=[("Content-Length", 1)]),
    "header_value_none": broken(headers=[("a", None)]),
    "header_name_space": broken(headers=[("a b", "c")]),
    "header_name_unicode": broken(headers=[("\u0430", "c")]),
    "header_unicode": broken(headers=[("a", "\u20ac")]),
    "header_cr": broken(headers=[("a", "b\rc")]),
    "header_lf": broken(headers=[("a", "b\nc")]),
    "header_nul": broken(headers=[("a", "b\0c")]),
    "length_text": broken(headers=[("Content-Length", "x")]),
    "length_two": broken(headers=[("Content-Length", "1"), ("content-length", "2")]),
    "shorter": broken(headers=[("Content-Length", "2")]),
    "shorter_iterator": broken(headers=[("Content-Length", "2")], body=iter([])),
    "text": broken(body=["text"]),
    "text_iterator": broken(body=iter(["text"])),
    "returns_none": broken(body=None),
    "returns_bytes": broken(body=b"bytes"),
    "returns_text": broken(body="text"),
    "piece_none": broken(body=iter([None])),
    "piece_array": broken(body=[bytearray(b"x")]),
}


@case
def breaks(environ, start_response):
    return BROKEN[environ["QUERY_STRING"]](environ, start_response)


@case
def shorter_late(environ, start_response):
    start_response("200 OK", [("Content-Length", "9")])
    yield b"some"


@case
def longer_late(environ, start_response):
    start_response("200 OK", [("Content-Length", "4")])
    yield b"some"
    yield b"more"


@case
def longer_list(environ, start_response):
    return answer(start_response, b"somewhat", [("Content-Length", "3")])


@case
def longer_iterable(environ, start_response):
    start_response("200 OK", [("Content-Length", "4")])
    return Iterable([b"som", b"ewhat", lambda: EVENTS.append("asked on")])


@case
def longer_write(environ, start_response):
    start_response("200 OK", [("Content-Length", "4")])(b"somewhat")
    return []


@case
def write_text(environ, start_response):
    start_response("200 OK", TEXT)("text")
    return []


@case
def thread(environ, start_response):
    current = threading.current_thread()
    return answer(start_response, json.dumps([current is threading.main_thread(), current.name]).encode())


@case
def logs(environ, start_response):
    import logging

    logging.getLogger("app").info("info of the app")
    return answer(start_response)
