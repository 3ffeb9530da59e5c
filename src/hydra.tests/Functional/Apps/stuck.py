"""Requests that do not end, as ASGI and as WSGI application: /NAME/KEY, and what happens is recorded under the key."""

import asyncio
import ctypes
import os
import signal
import time

from signals_board import blocking_gate, gate, record

PLAIN = [("Content-Type", "text/plain")]


def spin(key):
    record(key, "begun")
    try:
        while True:
            sum(range(100))
    except BaseException as error:
        record(key, type(error).__name__)
        raise


def sleep_deaf(key):
    """Python gets no chance to raise anything here: the signal that would end the sleep is held back."""
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
    record(key, "begun")
    time.sleep(1000)


def hold_interpreter(key):
    """C code that keeps the interpreter's lock: no other thread runs, that of the control link included."""
    record(key, "begun")
    ctypes.PyDLL(None).sleep(1000)


# ---- WSGI


def wsgi(environ, start_response):
    _, name, key = environ["PATH_INFO"].split("/")
    body = WSGI_CASES[name](environ, key)
    start_response("200 OK", PLAIN)
    return body


def hello(environ, key):
    return [f"hello {key} from {os.getpid()}".encode()]


def loop(environ, key):
    spin(key)


def deaf(environ, key):
    sleep_deaf(key)


def holds(environ, key):
    hold_interpreter(key)


def pieces(environ, key):
    yield b"begun\n"
    blocking_gate(key)
    yield b"ended\n"


def upload(environ, key):
    return [environ["wsgi.input"].read()]


WSGI_CASES = {"hello": hello, "loop": loop, "deaf": deaf, "holds": holds, "pieces": pieces, "upload": upload}


# ---- ASGI


async def asgi(scope, receive, send):
    if scope["type"] == "lifespan":
        raise NotImplementedError
    _, name, key = scope["path"].split("/")
    await send_text(send, await ASGI_CASES[name](key))


async def send_text(send, text):
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/plain")]})
    await send({"type": "http.response.body", "body": text.encode()})


async def hello_async(key):
    return f"hello {key} from {os.getpid()}"


async def wait_for_ever(key):
    record(key, "begun")
    try:
        await asyncio.Event().wait()
    except BaseException as error:
        record(key, type(error).__name__)
        raise


async def holds_async(key):
    hold_interpreter(key)


async def loop_async(key):
    spin(key)


async def slow(key):
    record(key, "begun")
    await gate(key)
    return f"slow {key}"


ASGI_CASES = {"hello": hello_async, "waits": wait_for_ever, "loop": loop_async, "holds": holds_async, "slow": slow}
