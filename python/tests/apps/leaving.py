"""Requests that last until a handler of the application's own hears that the worker is to go."""

import asyncio
import signal
import sys
import threading

TOLD = threading.Event()
ON_LOOP = asyncio.Event()


def told(number, frame):
    TOLD.set()
    ON_LOOP.set()
    # As handlers do that hand on what they have found; and one that would end the process with its requests.
    FOUND(number, frame)
    sys.exit(1)


FOUND = signal.signal(signal.SIGTERM, told)


def wsgi(environ, start_response):
    start_response("200 OK", [])
    if environ["PATH_INFO"] != "/lasts":
        return [b"told" if TOLD.is_set() else b"goes"]
    return lasts()


def lasts():
    yield b"begun "
    while not TOLD.wait(0.01):
        pass
    yield b"told"


def of(install):
    async def app(scope, receive, send):
        if scope["type"] == "lifespan":
            await receive()
            install()
            await send({"type": "lifespan.startup.complete"})
            await receive()
            await send({"type": "lifespan.shutdown.complete"})
            return
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"4")]})
        if scope["path"] == "/lasts":
            await ON_LOOP.wait()
        await send({"type": "http.response.body", "body": b"told" if ON_LOOP.is_set() else b"goes"})

    return app


asgi = of(lambda: None)
on_loop = of(lambda: asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, ON_LOOP.set))
