"""
Connections that go on in other workers. WebSockets are answered in order, each message once: what was dealt with is saved, and an answer that the client has not got is
sent again. Texts that begin with "!" are orders. HTTP: event streams that count.
"""

import asyncio
import json
import os
import signal
from urllib.parse import parse_qs

from hydra_server import pubsub, resume
from signals_board import BOARD, blocking_gate, gate, record

if (BOARD / "gate-blocked").exists():
    # No worker gets ready until the test says so.
    blocking_gate("go")


async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        while True:
            await send({"type": (await receive())["type"] + ".complete"})
    query = {name: values[0] for name, values in parse_qs(scope["query_string"].decode()).items()}
    if scope["type"] == "websocket":
        await globals()["_socket_" + (scope["path"][1:] or "echo")](scope, receive, send, query)
    elif scope["path"] == "/events":
        await _events(scope, receive, send, query)
    elif scope["path"] == "/publish":
        await _answer(send, str(await pubsub.apublish(query["topic"], query["text"])))
    elif scope["path"] == "/presence":
        await _answer(send, json.dumps([member.name for member in await pubsub.apresence(query["topic"])]))
    elif scope["path"] == "/length":
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
        await send({"type": "http.response.body", "body": b"o", "more_body": True})
        try:
            await resume.save_state(scope, b"")
        except ValueError:
            await send({"type": "http.response.body", "body": b"k"})
    else:
        await _answer(send, str(os.getpid()))


async def _answer(send, text):
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", str(len(text)).encode())]})
    await send({"type": "http.response.body", "body": text.encode()})


async def _socket_echo(scope, receive, send, query):
    """Answers each text with itself. What is saved is the last that was dealt with."""
    before = resume.of(scope)
    assert json.dumps(scope["extensions"]) and (await receive())["type"] == "websocket.connect"
    if before is None:
        await resume.save_state(scope, b"")
    elif before.state == b"!deny":
        await send({"type": "websocket.close", "code": 4001, "reason": "no more"})
        return
    await send({"type": "websocket.accept", "subprotocol": (scope["subprotocols"] or [None])[0]})
    if query.get("topic") and before is None:
        await pubsub.subscribe(scope, query["topic"], member=query.get("member"), events="events" in query)
    if before is not None:
        record("resumed", f"{before.reason} {os.getpid()} {before.subprotocol}")
        if before.state and before.sent == 0:
            await _text(send, before.state.decode())
        if query.get("kills") == "always":
            os.kill(os.getpid(), signal.SIGKILL)
    while True:
        message = await receive()
        if message["type"] == "websocket.disconnect":
            record("left", str(message["code"]))
            if query.get("stays"):
                await asyncio.Event().wait()
            return
        text = message["text"]
        if text == "!die":
            os.kill(os.getpid(), signal.SIGKILL)
        if text == "!hold":
            await gate("held")
            continue
        if text == "!half":
            # More than fits on the way to a client that does not read on.
            await send({"type": "websocket.send", "text": "x" * 30_000_000})
        if text == "!pid":
            await resume.save_state(scope, b"")
            await _text(send, str(os.getpid()))
            continue
        await resume.save_state(scope, text.encode())
        if text == "!die-saved":
            os.kill(os.getpid(), signal.SIGKILL)
        await _text(send, text)


async def _socket_lazy(scope, receive, send, query):
    """Saves once, and acknowledges nothing more."""
    before = resume.of(scope)
    await receive()
    await send({"type": "websocket.accept"})
    if before is None:
        await resume.save_state(scope, b"once")
    count = 0
    while True:
        message = await receive()
        if message["type"] == "websocket.disconnect":
            return
        count += 1
        if message["text"].startswith("?"):
            await _text(send, f"{count} {os.getpid()}")


async def _socket_plain(scope, receive, send, query):
    """Ends with its worker."""
    await receive()
    await send({"type": "websocket.accept"})
    await _text(send, str(os.getpid()))
    while (await receive())["type"] != "websocket.disconnect":
        pass


async def _socket_killer(scope, receive, send, query):
    """Cannot be gone on with: what was saved kills the process that reads it."""
    await receive()
    if resume.of(scope):
        if "accepts" in query:
            await send({"type": "websocket.accept"})
            await asyncio.sleep(0.05)
        os.kill(os.getpid(), signal.SIGKILL)
    await resume.save_state(scope, b"")
    await send({"type": "websocket.accept"})
    await _text(send, str(os.getpid()))
    await receive()


async def _socket_wrong(scope, receive, send, query):
    """What is refused."""
    await receive()
    await send({"type": "websocket.accept"})
    for data in (b"x" * 65537, "text"):
        try:
            await resume.save_state(scope, data)
        except Exception as error:
            await _text(send, type(error).__name__)


async def _text(send, text):
    await send({"type": "websocket.send", "text": text})


async def _events(scope, receive, send, query):
    """Counts. What is saved is the last number; a message has the same length each time, so that it is known how much of the last one the client has."""
    before = resume.of(scope)
    number = int(before.state) if before else 0
    size = int(query.get("size", 0))
    await send({"type": "http.response.start", "status": 200 if before is None else int(query.get("then", 200)), "headers": [(b"content-type", b"text/event-stream")]})
    if before is None:
        await resume.save_state(scope, b"0")
    elif before.sent:
        number += 1
    gone = asyncio.ensure_future(_until_gone(receive))
    while not gone.done() and number < int(query.get("count", 1_000_000)):
        number += 1
        text = f"data: {number} {os.getpid()}{' ' * size}\n\n".encode()
        await send({"type": "http.response.body", "body": text, "more_body": True})
        await resume.save_state(scope, str(number).encode())
        # The second half is for whoever goes on with it after a reload.
        is_reloaded = before is not None and before.reason == "reload"
        await asyncio.wait([gone], timeout=None if "reload" in query and number >= 150 and not is_reloaded else 0.01)
    if not gone.done():
        gone.cancel()
        await send({"type": "http.response.body", "body": b"data: end\n\n"})


async def _until_gone(receive):
    while (await receive())["type"] != "http.disconnect":
        pass
