"""Failures that Sentry reports; what it would send is recorded."""

import sentry_sdk
from sentry_sdk.transport import Transport
from signals_board import record
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route


class Recording(Transport):
    def capture_envelope(self, envelope):
        event = envelope.get_event()
        if event is not None:
            record("events", event["exception"]["values"][-1]["value"])


sentry_sdk.init(dsn="http://key@127.0.0.1:9/1", transport=Recording)


async def fail(request):
    raise RuntimeError("a handler that fails")


async def index(request):
    return PlainTextResponse("here")


framework = Starlette(routes=[Route("/", index), Route("/fail", fail)])


async def app(scope, receive, send):
    """What fails below no framework is known from the server's log alone."""
    if scope["type"] == "http" and scope["path"] == "/bare":
        raise RuntimeError("an application that fails")
    await framework(scope, receive, send)
