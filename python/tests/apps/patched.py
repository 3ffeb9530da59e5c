"""Applications that have gevent or eventlet replace the standard library's threads, locks and sockets while they are imported."""

import os

LIBRARY = os.environ["PATCHED"]
if LIBRARY == "gevent":
    from gevent import monkey, sleep, spawn

    monkey.patch_all()
else:
    import eventlet
    from eventlet import sleep, spawn

    eventlet.monkey_patch()

# After the patching, as everywhere.
import logging  # noqa: E402
import socket  # noqa: E402
import threading  # noqa: E402
import time  # noqa: E402

logger = logging.getLogger("shop")


def _work():
    """What such applications do: green threads, sockets and sleeps that switch between them, locks, the log."""
    found = []
    one, other = socket.socketpair()
    with one, other:
        readers = [threading.Thread(target=lambda: found.append(other.recv(4))), threading.Thread(target=time.sleep, args=(0.01,))]
        for reader in readers:
            reader.start()
        spawn(one.sendall, b"said")
        for reader in readers:
            reader.join()
    sleep(0.001)
    with threading.RLock():
        logger.warning("worked with %s", LIBRARY)
    return found[0]


def wsgi(environ, start_response):
    body = environ["wsgi.input"].read() + _work()
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [body]


async def asgi(scope, receive, send):
    assert scope["type"] == "http"
    await receive()
    await send({"type": "http.response.start", "status": 200})
    await send({"type": "http.response.body", "body": b"said"})
