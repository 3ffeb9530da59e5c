"""Responses that last: with an end of their own, and without."""

import asyncio
import signal

GO_ON = asyncio.Event()


async def start(send, *headers):
    await send({"type": "http.response.start", "status": 200, "headers": headers})


async def app(scope, receive, send):
    if scope["type"] != "http":
        raise ValueError(scope["type"])
    await receive()
    if scope["path"] == "/events":
        await start(send)
        await send({"type": "http.response.body", "body": b": begun", "more_body": True})
        assert (await receive())["type"] == "http.disconnect"
        await send({"type": "http.response.body", "body": b"the end"})
        return
    hears = asyncio.ensure_future(receive())
    if scope["path"] == "/download":
        await start(send, (b"content-length", b"10"))
        await send({"type": "http.response.body", "body": b"01234", "more_body": True})
        await GO_ON.wait()
        assert not hears.done()
        await send({"type": "http.response.body", "body": b"56789"})
    elif scope["path"] == "/late":
        await GO_ON.wait()
        assert not hears.done()
        await start(send)
        await send({"type": "http.response.body", "body": b"late"})
    elif scope["path"] == "/told":
        # As sse-starlette finds out.
        await start(send)
        told = signal.getsignal(signal.SIGTERM).__self__.should_exit
        await send({"type": "http.response.body", "body": str(told).encode()})
    else:
        GO_ON.set()
        await start(send)
        await send({"type": "http.response.body"})
    hears.cancel()
