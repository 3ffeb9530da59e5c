"""An ASGI application that is written with trio: what asyncio has not would fail at once."""

import contextvars
import json
import sys

import sniffio
import trio

CASES = {}
NUMBER = contextvars.ContextVar("number", default=0)
EVENTS = []
BOARD = {}


def case(function):
    CASES["/" + function.__name__] = function
    return function


async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        await lifespan(scope, receive, send)
    elif scope["type"] == "websocket":
        await websocket(scope, receive, send)
    else:
        await CASES[scope["path"]](scope, receive, send)


async def lifespan(scope, receive, send):
    """The nursery of the application's, which requests start background work in."""
    assert (await receive())["type"] == "lifespan.startup"
    async with trio.open_nursery() as nursery:
        scope["state"]["nursery"] = nursery
        await send({"type": "lifespan.startup.complete"})
        assert (await receive())["type"] == "lifespan.shutdown"
        nursery.cancel_scope.cancel()
    print("lifespan over", flush=True)
    await send({"type": "lifespan.shutdown.complete"})


async def answer(send, value, status=200):
    body = json.dumps(value).encode()
    await send({"type": "http.response.start", "status": status, "headers": [(b"content-type", b"application/json")]})
    await send({"type": "http.response.body", "body": body})


async def read_body(receive):
    body = b""
    while True:
        message = await receive()
        assert message["type"] == "http.request", message
        body += message["body"]
        if not message["more_body"]:
            return body


def opened(key):
    return BOARD.setdefault(key, trio.Event())


@case
async def hello(scope, receive, send):
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/plain")]})
    await send({"type": "http.response.body", "body": b"hello"})


@case
async def library(scope, receive, send):
    await answer(send, sniffio.current_async_library())


@case
async def echo(scope, receive, send):
    body = await read_body(receive)
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": body})


@case
async def events(scope, receive, send):
    await answer(send, EVENTS)


@case
async def nursery(scope, receive, send):
    found = []

    async def child(number):
        await trio.sleep(0.001 * number)
        found.append(number)

    async with trio.open_nursery() as own:
        for number in (3, 1, 2):
            own.start_soon(child, number)
    await answer(send, sorted(found))


@case
async def timeout(scope, receive, send):
    """receive() has nothing to tell: the scope ends it, and the request goes on."""
    await read_body(receive)
    with trio.move_on_after(0.01) as limit:
        await receive()
    await answer(send, limit.cancelled_caught)


@case
async def sends_late(scope, receive, send):
    """What is sent in a scope that is cancelled is not sent."""
    with trio.CancelScope() as cancelled:
        cancelled.cancel()
        await send({"type": "http.response.start", "status": 201, "headers": []})
    await answer(send, cancelled.cancelled_caught)


@case
async def raises(scope, receive, send):
    raise LookupError("no such thing")


@case
async def raises_in_child(scope, receive, send):
    async def child():
        raise LookupError("no such child")

    async with trio.open_nursery() as own:
        own.start_soon(child)
        await trio.sleep_forever()


@case
async def context(scope, receive, send):
    before = NUMBER.get()
    NUMBER.set(7)
    seen = []

    async def child():
        seen.append(NUMBER.get())

    async with trio.open_nursery() as own:
        own.start_soon(child)
    await answer(send, [before] + seen)


@case
async def background(scope, receive, send):
    """Goes on when the response is out."""
    await answer(send, "first")
    await opened("background").wait()
    EVENTS.append("background ended")


@case
async def in_lifespan(scope, receive, send):
    """Work in the nursery of the lifespan's, which outlives the request."""

    async def work():
        await opened("background").wait()
        EVENTS.append("work ended")

    scope["state"]["nursery"].start_soon(work)
    await answer(send, "begun")


@case
async def go_on(scope, receive, send):
    opened("background").set()
    await answer(send, "gone on")


@case
async def disconnect(scope, receive, send):
    """The idiom of trio's: who listens for the end of the client cancels the work."""
    await read_body(receive)

    async def listen():
        assert (await receive())["type"] == "http.disconnect"
        EVENTS.append("disconnected")
        own.cancel_scope.cancel()

    async with trio.open_nursery() as own:
        own.start_soon(listen)
        EVENTS.append("waiting")
        await trio.sleep_forever()


@case
async def stream(scope, receive, send):
    """Has no end of its own but the client's."""
    await send({"type": "http.response.start", "status": 200, "headers": []})
    try:
        while True:
            await send({"type": "http.response.body", "body": b"x" * 65536, "more_body": True})
    except OSError as error:
        EVENTS.append(type(error).__name__)
        raise


@case
async def hangs(scope, receive, send):
    try:
        EVENTS.append("hanging")
        await trio.sleep_forever()
    except trio.Cancelled:
        print("hanging was cancelled", flush=True)
        raise


@case
async def hangs_in_child(scope, receive, send):
    async with trio.open_nursery() as own:
        own.start_soon(trio.sleep_forever)
        own.start_soon(trio.sleep_forever)


@case
async def in_thread(scope, receive, send):
    await answer(send, await trio.to_thread.run_sync(lambda: trio.from_thread.run(trio.sleep, 0) or "through"))


@case
async def spins(scope, receive, send):
    print("spinning", file=sys.stderr, flush=True)
    while True:
        pass


async def websocket(scope, receive, send):
    assert (await receive())["type"] == "websocket.connect"
    await send({"type": "websocket.accept"})
    while True:
        message = await receive()
        if message["type"] == "websocket.disconnect":
            EVENTS.append("socket %s" % message["code"])
            return
        await send({"type": "websocket.send", "text": message["text"]})
