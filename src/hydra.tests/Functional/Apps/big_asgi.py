"""Large bodies through ASGI: /down/BYTES[/slow] sends them, /up[/slow] hashes what comes."""

import asyncio
import hashlib

import big_data

PAUSE = 0.02
PAUSE_EVERY = 4 * 1024 * 1024


async def app(scope, receive, send):
    assert scope["type"] == "http"
    name, *rest = scope["path"].strip("/").split("/")
    slow = rest[-1:] == ["slow"]
    if name == "up":
        await up(receive, send, slow)
    else:
        await down(send, int(rest[0]), slow)


async def down(send, total, slow):
    await send({"type": "http.response.start", "status": 200, "headers": []})
    sent = 0
    for block in big_data.blocks(total):
        await send({"type": "http.response.body", "body": block, "more_body": True})
        sent += len(block)
        if slow and sent % PAUSE_EVERY == 0:
            await asyncio.sleep(PAUSE)
    await send({"type": "http.response.body"})


async def up(receive, send, slow):
    sha, length, paused, more = hashlib.sha256(), 0, 0, True
    while more:
        message = await receive()
        assert message["type"] == "http.request", message
        sha.update(message["body"])
        length += len(message["body"])
        more = message["more_body"]
        if slow and length - paused >= PAUSE_EVERY:
            paused = length
            await asyncio.sleep(PAUSE)
    body = f"{length} {sha.hexdigest()}".encode()
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"%d" % len(body))]})
    await send({"type": "http.response.body", "body": body})
