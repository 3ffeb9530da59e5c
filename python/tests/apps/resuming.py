"""Sessions and streams that go on in other workers, as hydra_server.resume has them."""

import json
import pathlib
import sys

# As where the executable has unpacked both.
sys.modules["_hydra"].__path__.append(str(pathlib.Path(__file__).resolve().parents[3] / "package"))

from hydra_server import resume  # noqa: E402


async def app(scope, receive, send):
    if scope["type"] == "websocket":
        await _session(scope, receive, send)
    elif scope["type"] == "http":
        await _stream(scope, receive, send)


async def _session(scope, receive, send):
    await receive()
    before = resume.of(scope)
    if before and before.state == b"deny":
        await send({"type": "websocket.close", "code": 4001, "reason": "no"})
        return
    await send({"type": "websocket.accept"})
    if before:
        await _say(send, json.dumps(scope["extensions"]["hydra.resume"]) + repr(tuple(before)))
    while True:
        message = await receive()
        if message["type"] == "websocket.disconnect":
            if scope["path"] == "/last":
                await resume.save_state(scope, b"last")
            if scope["path"] == "/late":
                try:
                    await _say(send, "too late")
                except OSError:
                    await resume.save_state(scope, b"refused")
            return
        text = message["text"]
        if text == "end":
            return
        if text == "fail":
            raise RuntimeError("failed by itself")
        if text == "push":
            # Hears of nothing, as long as it only sends.
            while True:
                await _say(send, "pushed")
                try:
                    await resume.save_state(scope, b"pushed")
                except resume.ClientGone:
                    return
        try:
            # What is no scope of ASGI, such as RSGI's.
            await resume.save_state(object() if text == "no scope" else scope, text.encode())
        except Exception as error:
            text = type(error).__name__
        await _say(send, text)


async def _say(send, text):
    await send({"type": "websocket.send", "text": text})


async def _stream(scope, receive, send):
    before = resume.of(scope)
    await send({"type": "http.response.start", "status": 200, "headers": []})
    if before is None:
        await resume.save_state(scope, b"began")
    await send({"type": "http.response.body", "body": before.state if before else b"new", "more_body": True})
    if scope["path"] == "/large":
        await send({"type": "http.response.body", "body": b"x" * 100_000, "more_body": True})
    while (await receive())["type"] != "http.disconnect":
        pass
    await resume.save_state(scope, b"told")
