"""The failures that the shim knows by name."""

from __future__ import annotations

from typing import Optional

from . import wire


class BootError(Exception):
    """The boot document is missing or wrong, or the front does not accept the link."""


class LinkBroken(Exception):
    """The front sent something that the protocol does not allow; the link must be closed."""


class StartError(Exception):
    """
    The application cannot be served. Becomes a FAILED frame.

    `reason` is one of wire.FAILURE_*, `cause` the exception whose traceback the user should see, if there is
    one, and `trace` the text to show where there is no exception.
    """

    def __init__(
        self, reason: int, message: str, cause: Optional[BaseException] = None, trace: str = ""
    ) -> None:
        super().__init__(message)
        self.reason = reason
        self.message = message
        self.cause = cause
        self.trace = trace


class Disconnected(Exception):
    """The client has left, or the front gave the request up. Each interface has its own words for it."""


class ClientDisconnected(Disconnected, OSError):
    """
    The client has left, or the front gave the request up.

    ASGI's send() raises it (HTTP spec 2.4, "Disconnected Client"), and so do wsgi.input and write().
    """


class RequestInterrupted(BaseException):
    """
    The request is to stop: raised in the code that runs it. As asyncio.CancelledError it is no Exception, so
    that what catches all errors and goes on does not catch this.
    """

    reason = "The request is interrupted."

    def __init__(self, *args: object) -> None:
        # The interpreter raises the class in another thread, without arguments.
        super().__init__(*(args or (self.reason,)))


class RequestTimeout(RequestInterrupted):
    """The request has run for longer than --request-timeout."""

    reason = "The request has run for longer than --request-timeout allows."


class RequestAbandoned(RequestInterrupted):
    """The client has left, and the server runs with --cancel-on-disconnect."""

    reason = "The client has left."


class RuleViolation(RuntimeError):
    """The application broke a rule of its interface or of HTTP; the text says which."""


class InvalidMessage(RuleViolation, TypeError):
    """The application handed over a value of a wrong type (ASGI spec, "Error Handling")."""


def internal(message: str, cause: Optional[BaseException] = None) -> StartError:
    """A start failure that is the shim's own fault, or the installation's."""
    return StartError(wire.FAILURE_INTERNAL, message, cause)
