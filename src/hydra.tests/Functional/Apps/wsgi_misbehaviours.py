"""What applications do wrong after the request has come: one tiny WSGI application for each path."""

import os

from signals_board import blocking_gate, record

CASES = {}
PLAIN = [("Content-Type", "text/plain")]


def case(function):
    CASES["/" + function.__name__.replace("_", "-")] = function
    return function


def app(environ, start_response):
    return CASES.get(environ["PATH_INFO"], hello)(start_response)


@case
def hello(start_response):
    start_response("200 OK", PLAIN)
    return [b"hello"]


@case
def raises_before_start(start_response):
    raise RuntimeError("before the response")


@case
def raises_after_start(start_response):
    start_response("200 OK", PLAIN)
    raise RuntimeError("between head and body")


@case
def raises_after_a_megabyte(start_response):
    start_response("200 OK", PLAIN)
    for _ in range(16):
        yield bytes(65536)
    raise RuntimeError("after a megabyte")


@case
def raises_in_body(start_response):
    start_response("200 OK", PLAIN)
    yield b"the beginning"
    blocking_gate("raises-in-body")
    raise RuntimeError("in the body")


@case
def no_start(start_response):
    return [b"without a head"]


@case
def returns_none(start_response):
    start_response("200 OK", PLAIN)


@case
def text_body(start_response):
    start_response("200 OK", PLAIN)
    return ["text"]


@case
def too_long(start_response):
    start_response("200 OK", [*PLAIN, ("Content-Length", "5")])
    return [b"seven b"]


@case
def too_short(start_response):
    start_response("200 OK", [*PLAIN, ("Content-Length", "50")])
    return [b"short"]


@case
def newline_in_value(start_response):
    start_response("200 OK", [*PLAIN, ("X-Split", "a\r\nX-Injected: yes")])
    return [b"never"]


@case
def bad_status(start_response):
    start_response("fine", PLAIN)
    return [b"never"]


@case
def hop_by_hop(start_response):
    start_response("200 OK", [*PLAIN, ("Transfer-Encoding", "chunked")])
    return [b"5\r\nhello\r\n0\r\n\r\n"]


@case
def exits(start_response):
    record("exits", os.environ["HYDRA_WORKER_ID"])
    os._exit(7)


@case
def leaves_system(start_response):
    raise SystemExit(5)
