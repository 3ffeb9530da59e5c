"""An application with handlers of its own for the signals that end programs, and one that says what it has inherited."""

import signal
import sys

import hello

INHERITED = [
    number for number in (signal.SIGCHLD, signal.SIGTERM, signal.SIGHUP) if signal.getsignal(number) == signal.SIG_IGN
]
MASK = sorted(signal.pthread_sigmask(signal.SIG_BLOCK, ()))

signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(42))
signal.signal(signal.SIGINT, lambda number, frame: sys.exit(42))


async def asgi(scope, receive, send):
    # Once more: frameworks that start with the lifespan install theirs there.
    if scope["type"] == "lifespan":
        signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(42))
    await hello.asgi(scope, receive, send)


wsgi = hello.wsgi


def inherited(environ, start_response):
    start_response("200 OK", [])
    return [f"ignored: {INHERITED} blocked: {MASK}".encode()]
