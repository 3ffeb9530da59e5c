"""Conforming WSGI applications behind wsgiref's validator, which raises where either side breaks PEP 3333."""

import io
import sys
import warnings
from wsgiref.validate import validator

# The validator's warnings count as failures, too.
warnings.simplefilter("error")
TEXT = [("Content-Type", "text/plain")]
CASES = {}


def case(function):
    CASES["/" + function.__name__] = validator(function)
    return function


def app(environ, start_response):
    return CASES[environ["PATH_INFO"]](environ, start_response)


@case
def simple(environ, start_response):
    start_response("200 OK", TEXT)
    return [b"simple"]


@case
def generator(environ, start_response):
    start_response("200 OK", TEXT)
    yield b"one "
    yield b""
    yield b"two"


@case
def read(environ, start_response):
    body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH", "0")))
    start_response("200 OK", TEXT)
    return [body]


@case
def read_sizes(environ, start_response):
    stream = environ["wsgi.input"]
    parts = [
        stream.read(3),
        stream.readline(),
        stream.readline(2),
        b"".join(stream.readlines(4)),
        b"".join(stream),
    ]
    start_response("200 OK", TEXT)
    return [b"|".join(parts)]


@case
def errors(environ, start_response):
    environ["wsgi.errors"].write("one line\n")
    environ["wsgi.errors"].writelines(["another\n"])
    environ["wsgi.errors"].flush()
    start_response("200 OK", TEXT)
    return [b"errors"]


@case
def write(environ, start_response):
    start_response("200 OK", TEXT)(b"written ")
    return [b"returned"]


@case
def error_page(environ, start_response):
    start_response("200 OK", TEXT)
    try:
        raise ValueError
    except ValueError:
        start_response("500 Error", TEXT, sys.exc_info())
    return [b"error page"]


@case
def no_content(environ, start_response):
    start_response("204 No Content", [])
    return []


@case
def not_modified(environ, start_response):
    start_response("304 Not Modified", [("ETag", '"x"')])
    return []


@case
def file(environ, start_response):
    start_response("200 OK", TEXT)
    return environ["wsgi.file_wrapper"](io.BytesIO(b"file"), 2)


@case
def raises_in_iteration(environ, start_response):
    start_response("200 OK", TEXT)
    yield b"some"
    raise KeyError("expected by the test")


@case
def endless(environ, start_response):
    start_response("200 OK", TEXT)
    while True:
        yield b"x" * 1000
