"""What applications do wrong after the request has come: one tiny ASGI application for each path."""

import asyncio
import os

from signals_board import gate, record

CASES = {}


def case(function):
    CASES["/" + function.__name__.replace("_", "-")] = function
    return function


async def app(scope, receive, send):
    assert scope["type"] == "http"
    await CASES.get(scope["path"], hello)(receive, send)


def start(headers=(), status=200):
    return {"type": "http.response.start", "status": status, "headers": list(headers)}


def part(body=b"", more=False):
    return {"type": "http.response.body", "body": body, "more_body": more}


@case
async def hello(receive, send):
    await send(start())
    await send(part(b"hello"))


@case
async def raises_before_start(receive, send):
    raise RuntimeError("before the response")


@case
async def raises_after_start(receive, send):
    await send(start())
    raise RuntimeError("between head and body")


@case
async def raises_after_a_megabyte(receive, send):
    await send(start())
    for _ in range(16):
        await send(part(bytes(65536), more=True))
    raise RuntimeError("after a megabyte")


@case
async def raises_in_body(receive, send):
    await send(start())
    await send(part(b"the beginning", more=True))
    await gate("raises-in-body")
    raise RuntimeError("in the body")


@case
async def raises_after_response(receive, send):
    await hello(receive, send)
    raise RuntimeError("after the response")


@case
async def no_response(receive, send):
    pass


@case
async def no_end(receive, send):
    await send(start())
    await send(part(b"the beginning", more=True))
    await gate("no-end")


@case
async def body_before_start(receive, send):
    await send(part(b"too early"))


@case
async def start_twice(receive, send):
    await send(start())
    await send(start())


@case
async def body_after_end(receive, send):
    await hello(receive, send)
    await send(part(b"more"))


@case
async def too_long(receive, send):
    await send(start([(b"content-length", b"5")]))
    await send(part(b"seven b"))


@case
async def too_long_in_parts(receive, send):
    await send(start([(b"content-length", b"5")]))
    await send(part(b"four", more=True))
    await gate("too-long-in-parts")
    await send(part(b"and more"))


@case
async def too_short(receive, send):
    await send(start([(b"content-length", b"50")]))
    await send(part(b"short"))


@case
async def too_short_in_parts(receive, send):
    await send(start([(b"content-length", b"50")]))
    await send(part(b"short", more=True))
    await gate("too-short-in-parts")
    await send(part())


@case
async def newline_in_value(receive, send):
    await send(start([(b"x-split", b"a\r\nx-injected: yes")]))
    await send(part(b"never"))


@case
async def newline_in_name(receive, send):
    await send(start([(b"x-split\nx-injected", b"a")]))
    await send(part(b"never"))


@case
async def nul_in_value(receive, send):
    await send(start([(b"x-nul", b"a\0b")]))
    await send(part(b"never"))


@case
async def space_in_name(receive, send):
    await send(start([(b"x bad", b"a")]))
    await send(part(b"never"))


@case
async def text_headers(receive, send):
    await send(start([("x-text", "a")]))
    await send(part(b"never"))


@case
async def bad_status(receive, send):
    await send(start(status=99))
    await send(part(b"never"))


@case
async def informational_status(receive, send):
    await send(start(status=101))
    await send(part(b"never"))


@case
async def bad_length(receive, send):
    await send(start([(b"content-length", b"many")]))
    await send(part(b"never"))


@case
async def unknown_message(receive, send):
    await send({"type": "http.response.nonsense"})


@case
async def text_body(receive, send):
    await send(start())
    await send(part("text"))


@case
async def exits(receive, send):
    record("exits", os.environ["HYDRA_WORKER_ID"])
    os._exit(7)


@case
async def segfault(receive, send):
    record("segfault", os.environ["HYDRA_WORKER_ID"])
    os.kill(os.getpid(), 11)


@case
async def fifth(receive, send):
    await asyncio.sleep(0.2)
    await send(start())
    await send(part(b"a fifth of a second"))


@case
async def exits_in_body(receive, send):
    await send(start())
    await send(part(b"the beginning", more=True))
    await gate("exits-in-body")
    os._exit(7)


@case
async def leaves_system(receive, send):
    raise SystemExit(5)


@case
async def swallows_cancellation(receive, send):
    record("swallows", "running")
    while True:
        try:
            await asyncio.sleep(3600)
        except asyncio.CancelledError:
            pass


@case
async def never_ends(receive, send):
    record("never-ends", "running")
    await asyncio.sleep(3600)
