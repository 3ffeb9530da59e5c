"""WebSockets, by path: one for each case of the tests. What cannot be seen on the wire is logged."""

import logging

log = logging.getLogger("sockets")
CASES = {}


def case(function):
    CASES["/" + function.__name__] = function
    return function


async def app(scope, receive, send):
    if scope["type"] == "websocket":
        await CASES[scope["path"]](scope, receive, send)
    elif scope["type"] == "http":
        await send({"type": "http.response.start", "status": 200})
        await send({"type": "http.response.body", "body": b"http"})


async def accept(receive, send, **more):
    assert await receive() == {"type": "websocket.connect"}
    await send(dict(more, type="websocket.accept"))


@case
async def echo(scope, receive, send):
    await accept(receive, send)
    while True:
        message = await receive()
        if message["type"] == "websocket.disconnect":
            log.warning("%r", message)
            return
        await send(dict(message, type="websocket.send"))


@case
async def scope(scope, receive, send):
    await accept(receive, send, subprotocol=scope["subprotocols"][-1], headers=[(b"x-more", b"yes")])
    await send({"type": "websocket.send", "text": repr(scope)})
    await send({"type": "websocket.close", "code": 3001, "reason": "enough"})
    log.warning("%r", await receive())
    try:
        await send({"type": "websocket.send", "text": "late"})
    except RuntimeError as error:
        log.warning("%s", error)


@case
async def refuses(scope, receive, send):
    await send({"type": "websocket.close"})
    log.warning("%r", await receive())
    log.warning("%r", await receive())


@case
async def denies(scope, receive, send):
    start = {"type": "websocket.http.response.start", "status": 401, "headers": [(b"x-why", b"no")]}
    await send(start)
    await send({"type": "websocket.http.response.body", "body": b"not ", "more_body": True})
    await send({"type": "websocket.http.response.body", "body": b"you"})


@case
async def fails(scope, receive, send):
    raise ValueError("before accept")


@case
async def fails_later(scope, receive, send):
    await accept(receive, send)
    raise ValueError("after accept")


@case
async def returns(scope, receive, send):
    await accept(receive, send)


@case
async def sends_much(scope, receive, send):
    await accept(receive, send)
    await send({"type": "websocket.send", "bytes": b"x" * 300_000})
    await send({"type": "websocket.send", "text": "ü" * 10})
    await receive()


@case
async def sends_for_ever(scope, receive, send):
    await accept(receive, send)
    while True:
        await send({"type": "websocket.send", "bytes": bytes(1000)})


@case
async def closes_what_is_closed(scope, receive, send):
    await accept(receive, send)
    log.warning("%r", await receive())
    await send({"type": "websocket.close"})
    try:
        await send({"type": "websocket.send", "text": "late"})
    except OSError as error:
        log.warning("%s", error)


@case
async def wrong(scope, receive, send):
    await accept(receive, send)
    for message in ({"type": "websocket.send"}, {"type": "websocket.send", "text": 1}, {"type": "websocket.accept"}):
        try:
            await send(message)
        except RuntimeError as error:
            await send({"type": "websocket.send", "text": str(error)})


@case
async def collects(scope, receive, send):
    await accept(receive, send)
    found = []
    while not found or found[-1]["type"] == "websocket.receive":
        found.append(await receive())
    log.warning("%r", [message.get("bytes") or message.get("code") for message in found])
