"""
The rules that a response has to keep to, whatever the interface: what may come when, what its head allows, and how many
bytes its Content-Length promises. What is said of a broken rule is the interface's.
"""

from __future__ import annotations

from typing import Any, Callable, List, NamedTuple, Optional, Tuple, Type

from . import wire
from .errors import InvalidMessage, RuleViolation
from .headers import BODILESS, Head
from .logs import logger
from .tracebacks import format_exception

# Where a response is.
IDLE = 0
HELD = 1  # its head is here, and held until there is something of its body
SENT = 2  # the head has left
BROKEN = 3  # a part of a body has left that can never be completed
TRAILING = 4  # its body is complete, and trailers are to come behind it
DONE = 5  # the response is complete, and with it the stream

# What the log says of a body that is longer than promised.
_TOO_LONG = "The body of the response is longer than its Content-Length"

# What a message to the front may say, in bytes.
_LONGEST_TEXT = 1024
# And in characters of a traceback, of which none takes more than four bytes.
_LONGEST_TRACEBACK = 15_000

_tells_tracebacks = False


class Order(NamedTuple):
    """What an interface says when something comes where it may not."""

    start_again: str
    start_missing: str
    after_broken: str
    after_end: str


class Response:
    """
    The state of one response. It has no slots of its own, so that a stream can be one: who derives from it has those
    in SLOTS, and calls open_response().
    """

    __slots__ = ()

    # where it is; its head; the bytes that Content-Length still promises; no body whatever the application says; the
    # rule that the application broke last: what the front is told, and in which words; whether it gave more than it
    # had promised; blocks of the trailers that have come, where some were promised
    SLOTS = ("phase", "status", "head", "remaining", "bodiless", "violation", "overrun", "trailers")

    phase: int
    status: int
    head: bytes
    remaining: Optional[int]
    bodiless: bool
    violation: Optional[Tuple[int, str]]
    overrun: bool
    trailers: Optional[List[bytes]]

    def open_response(self, method: bytes) -> None:
        """Nothing is here yet of the response to a request with this method."""
        # Status and head are there from HELD on.
        self.phase = IDLE
        self.remaining = None
        self.bodiless = method == b"HEAD"
        self.violation = None
        self.overrun = False
        self.trailers = None

    def hold(self, encode: Callable[[Any, int], Head], headers: Any, status: int) -> None:
        """The head is here. Raises RuleViolation for a status or headers that cannot be."""
        if not 200 <= status <= 999:
            raise self.broke(f"{status} cannot be the status of a response: it must be from 200 to 999.")
        try:
            self.head, self.remaining = encode(headers, status)
        except RuleViolation as error:
            self.broke(str(error))
            raise
        self.status = status
        if status in BODILESS:
            self.bodiless = True
        self.phase = HELD

    def count(self, size: int, more: bool) -> None:
        """So many bytes of the body come, and more after them or not. Not to be asked without Content-Length."""
        assert self.remaining is not None and size <= self.remaining
        if not more and size < self.remaining:
            raise self.broke("The body of the response is shorter than its Content-Length.")
        self.remaining -= size

    def cut(self, body: bytes) -> bytes:
        """
        As much of this as the application has promised: it gives more, as of a log that grows while it is sent. What was
        promised is what the client gets (PEP 3333, "Handling the Content-Length Header"); the rest is for nobody.
        """
        self.overran()
        return body[: self.remaining]

    def overran(self) -> None:
        """More than was promised has come."""
        if not self.overrun:
            self.overrun = True
            logger.warning("%s: what is beyond it is not sent.", _TOO_LONG)

    def too_long(self) -> Exception:
        """The application insists on more than it has promised."""
        return self.broke(f"{_TOO_LONG}.")

    def misplaced(self, order: Order, is_start: bool) -> Exception:
        """A head came where none may, or something of a body."""
        if self.phase == BROKEN:
            return self.broke(order.after_broken)
        if self.phase == DONE:
            return self.broke(order.after_end)
        return self.broke(order.start_again if is_start else order.start_missing)

    def broke(
        self, rule: str, error: Type[RuleViolation] = RuleViolation, reason: int = wire.RESET_RULE_VIOLATION
    ) -> RuleViolation:
        """Notes which rule the application broke, should it end with that. Returns what to raise."""
        self.violation = reason, rule
        return error(rule)

    def wrong_type(self, rule: str) -> RuleViolation:
        """The application handed over a value of a wrong type."""
        return self.broke(rule, InvalidMessage)

    def blame(self, error: BaseException) -> Tuple[int, str]:
        """What the front is told of an application that ended with this: one of wire.RESET_*, and words."""
        if self.violation is not None and isinstance(error, RuleViolation):
            return self.violation
        if _tells_tracebacks:
            # What is at its end says most.
            return wire.RESET_APPLICATION_ERROR, format_exception(error)[-_LONGEST_TRACEBACK:]
        return wire.RESET_APPLICATION_ERROR, type(error).__name__


def tell_tracebacks() -> None:
    """From now on the front is told where an application has failed: for who is writing it."""
    global _tells_tracebacks
    _tells_tracebacks = True


def reset_frame(stream: int, reason: int, text: str) -> bytes:
    """RESET, with as much of the text as it takes."""
    return wire.pack_reset(stream, 0, reason, text.encode("utf-8", "replace")[: _LONGEST_TEXT if not _tells_tracebacks else 4 * _LONGEST_TRACEBACK])
