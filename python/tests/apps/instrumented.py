"""Applications for --instrument, and what may be put around them."""

import sys


async def asgi(scope, receive, send):
    assert scope["type"] == "http"
    if scope["path"] == "/fails":
        raise LookupError("of the application")
    names = sorted(name for name in ("instrumented_agent", "opentelemetry.trace") if name in sys.modules)
    await send({"type": "http.response.start", "status": 200, "headers": [(b"by", scope.get("by", b"nobody"))]})
    await send({"type": "http.response.body", "body": " ".join(names).encode()})


def wsgi(environ, start_response):
    if environ["PATH_INFO"] == "/fails":
        raise LookupError("of the application")
    start_response("200 OK", [("by", environ.get("by", "nobody"))])
    return [b"hello"]


class Middleware:
    """As those of ASGI that take nothing but the application."""

    def __init__(self, app):
        self.app = app

    async def __call__(self, scope, receive, send):
        await self.app({**scope, "by": b"Middleware " + scope.get("by", b"")}, receive, send)


def around(application):
    def around_it(environ, start_response):
        return application({**environ, "by": "around " + environ.get("by", "")}, start_response)

    return around_it


def around_asgi(application):
    async def around_it(scope, receive, send):
        await application({**scope, "by": b"around " + scope.get("by", b"")}, receive, send)

    return around_it


def leaves(application):
    """Sets up something, and has nothing to put around."""


def raises(application):
    raise LookupError("no agent")


def number(application):
    return 5


async def coroutine(application):
    return application
