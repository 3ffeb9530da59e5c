"""
A request with its response on the event loop, whatever the interface: the response leaves as far as the front gives credit,
and the stream ends with its task, however that is.

Lives on the event loop's thread. The stream's link feeds it with what the front sends, and takes the frames that it makes.
"""

from __future__ import annotations

from typing import Any, Callable, Optional

from .. import wire
from ..errors import ClientDisconnected, Disconnected, RequestInterrupted
from ..frames import COPIED, Buffer, body_frame, body_start, response_frame, response_start
from ..logs import log_exception, logger
from ..response import BROKEN, DONE, HELD, IDLE, SENT, TRAILING, Response, reset_frame
from ..streams import Stream
from .link import DataLink
from .stream import LoopStream

_MAX_BODY = wire.MAX_BODY
_END = wire.FLAG_END
_MORE = wire.FLAG_MORE
# Where a scope says which exchange it is of, by the numbers of its link and of itself: what is published in topics goes to its client (hydra_server.pubsub).
# Numbers, so that a scope is what can be printed, compared and written as JSON.
CONNECTION = "hydra.connection"
# How much of a body nobody has seen.
NOTHING = 0
BEGUN = 1
WHOLE = 2


class LoopExchange(LoopStream, Response):
    """See the module's description. An interface derives its streams from this."""

    # Its fields are those of the LoopStream, see fields.py.
    __slots__ = ()

    # What the log calls the application.
    interface = ""

    def __init__(
        self, link: DataLink, number: int, flags: int, method: bytes, body: bytes, started: float
    ) -> None:
        Stream.__init__(self, link, number, flags, body, started)
        self.body_taken = False
        self.unseen = NOTHING
        self.open_response(method)
        self.sending = False
        self.rest: Any = None
        self.opened: Optional[int] = None

    def is_silent(self) -> bool:
        return self.phase < SENT

    def is_answered(self) -> bool:
        return self.phase == DONE or self.unseen == WHOLE

    def holds_head(self) -> bool:
        return self.phase == HELD

    def send_head(self) -> None:
        if self.phase == HELD and not self.gone and not self.sending:
            self.link.write(response_frame(self.id, 0, self.status, self.head, b""))
            self.phase = SENT

    def on_part(self) -> None:
        # A response whose length is known comes to its end, and one that has not begun is no stream yet.
        if self.phase == SENT and self.remaining is None and not self.finished:
            self.finished = True
            self.wake()

    def on_opened(self, size: int) -> None:
        """The front has the file."""
        self.opened = size
        self.wake()

    # ---- another worker

    def on_leave(self, kept: int) -> None:
        """It goes on in another worker."""
        self.on_part()

    def count_received(self) -> int:
        """Messages that the application has received; of a request there are none."""
        return 0

    async def save(self, state: bytes) -> int:
        """The application has dealt with what it has received, and needs this to go on elsewhere: one of wire.STATUS_*. On the link's thread."""
        self.send_head()
        return await self._ask(
            lambda sequence: wire.pack_save(self.id, 0, self.count_received(), sequence, state), lambda: self.gone or self.phase == DONE
        )

    async def _ask(self, frame_of: Callable[[int], bytes], is_over: Callable[[], bool]) -> int:
        """Sends a frame that the front answers with a status, and waits for that: STATUS_MISSING where the stream is over meanwhile."""
        asked = self.link.asked
        sequence = self.link.next_sequence()
        asked[sequence] = None
        try:
            if not is_over():
                self.link.write(frame_of(sequence))
            while True:
                status = asked[sequence]
                if status is not None:
                    return status
                if is_over():
                    return wire.STATUS_MISSING
                await self.change()
        finally:
            del asked[sequence]

    # ---- topics

    def is_over(self) -> bool:
        """Whether nothing more goes to the client."""
        return self.gone or self.phase == DONE

    async def subscribe(self, operation: int, limit: int, policy: int, options: int, topic: bytes, member: bytes, info: bytes) -> int:
        """The client gets what is published in a topic, or no more of it, behind what was sent before: one of wire.STATUS_*. On the link's thread."""
        return await self._ask(
            lambda sequence: wire.pack_subscribe(self.id, 0, sequence, limit, operation, policy, options, topic, member, info), self.is_over
        )

    def on_subscribed(self, sequence: int, status: int) -> None:
        """The front has done it."""
        if sequence in self.link.asked:
            self.link.asked[sequence] = status
            self.wake()

    # ---- the response

    async def _send_body(self, body: bytes, more: bool) -> None:
        """
        A body that takes more than one frame, or more credit than there is: sent as far and as soon as the
        credit goes.
        """
        self.sending = True
        at = 0
        view = memoryview(body)
        try:
            if self.phase == HELD:
                at = _MAX_BODY
                self._write_response(_MORE if at < len(body) else 0, view[:at])
                self.phase = SENT
            while at < len(body):
                while self.credit <= 0:
                    await self.change()
                    if self.gone:
                        raise self.left()
                end = min(at + _MAX_BODY, at + self.credit, len(body))
                last = not more and end == len(body)
                self.credit -= end - at
                self._write_body(_END if last else _MORE if end < len(body) else 0, view[at:end])
                at = end
            if not more:
                self._complete()
        except self.link.cancelled:
            if at:
                self.phase = BROKEN
                self.broke("The sending of a part of the body was cancelled in the middle.")
            raise
        finally:
            self.sending = False
            self.wake()

    def _write_response(self, flags: int, body: Buffer) -> None:
        write = self.link.write
        if len(body) <= COPIED:
            write(response_frame(self.id, flags, self.status, self.head, body))
        else:
            write(response_start(self.id, flags, self.status, self.head, len(body)))
            write(body)

    def _write_body(self, flags: int, body: Buffer) -> None:
        write = self.link.write
        if len(body) <= COPIED:
            write(body_frame(self.id, flags, body))
        else:
            write(body_start(self.id, flags, len(body)))
            write(body)

    def _answer_with_file(self, file: bytes) -> None:
        """The head is here, and the body is all that filerange.payload() has said: the front opens and sends it."""
        if self.bodiless:
            self.link.write(response_frame(self.id, _END, self.status, self.head, b""))
        else:
            self.link.write(response_frame(self.id, _END | wire.FLAG_FILE, self.status, self.head, file))
        self._complete()

    def _end_with_trailers(self) -> None:
        """The body is complete, and all trailers are here."""
        self.link.write(wire.pack_trailers(self.id, 0, b"\0".join(self.trailers or ())))
        self._complete()

    async def _wait_turn(self) -> None:
        """Another send() of the same request waits for credit: its bytes come first."""
        while self.sending:
            await self.change()
        if self.gone:
            raise self.left()

    def _complete(self) -> None:
        self.phase = DONE
        # As link.forget() does; each request comes here.
        self.link.streams.pop(self.id, None)
        self.link.expect_more()
        if self.waiting is not None:
            self.wake()

    def left(self) -> Exception:
        """What sending raises when the client has left."""
        return ClientDisconnected("The client has disconnected.")

    # ---- the end of its task

    def _failed(self, error: BaseException) -> None:
        if all_are(error, RequestInterrupted) or (
            (self.gone or self.finished) and (all_are(error, self.link.cancelled) or is_disconnect(error))
        ):
            # Spec 2.4, "Disconnected Client": the server must not log what it raised itself.
            self._end_cancelled()
            return
        if self.link.draining and all_are(error, self.link.cancelled):
            if self.phase != DONE:
                self._reset(
                    wire.RESET_APPLICATION_ERROR, "The request was cancelled because the worker stops."
                )
            return
        if self.phase != DONE:
            self._reset(*self.blame(error))
        log_exception(f"Exception in {self.interface} application", error)

    def _unfinished(self) -> None:
        if self.gone or (self.finished and self.violation is None):
            self._end_cancelled()
            return
        if self.violation is not None:
            reason, text = self.violation
        elif self.phase == TRAILING:
            reason, text = (
                wire.RESET_NO_RESPONSE,
                f"The {self.interface} application returned without the trailers that it had promised.",
            )
        elif self.phase != IDLE and self.phase != HELD:
            reason, text = (
                wire.RESET_NO_RESPONSE,
                f"The {self.interface} application returned without completing the response.",
            )
        else:
            reason, text = wire.RESET_NO_RESPONSE, f"The {self.interface} application returned without a response."
        logger.error(text)
        self._reset(reason, text)

    def _reset(self, reason: int, text: str) -> None:
        if self.gone:
            self._end_cancelled()
        else:
            self.link.write(reset_frame(self.id, reason, text))
            self._complete()

    def _end_cancelled(self) -> None:
        """The front has cancelled the stream, and waits to hear that the application is through with it."""
        if self.phase != DONE:
            self.link.write(wire.pack_reset(self.id, 0, wire.RESET_CANCELLED, b""))
            self._complete()


def all_are(error: BaseException, kind: Any) -> bool:
    """Whether it is of that kind, or a group of nothing else, as task groups and nurseries raise."""
    grouped = getattr(error, "exceptions", None)
    if isinstance(grouped, tuple) and grouped:
        return all(isinstance(each, BaseException) and all_are(each, kind) for each in grouped)
    return isinstance(error, kind)


def is_disconnect(error: Optional[BaseException]) -> bool:
    """Whether the application raises what the shim has raised because the client had left."""
    seen = 0
    while error is not None and seen < 32:
        if isinstance(error, Disconnected):
            return True
        # A TaskGroup wraps what its tasks raise; theirs may be an error beside it.
        grouped = getattr(error, "exceptions", None)
        if isinstance(grouped, tuple) and grouped:
            return all(isinstance(each, BaseException) and is_disconnect(each) for each in grouped)
        error = error.__cause__ or error.__context__
        seen += 1
    return False
