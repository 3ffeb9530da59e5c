"""A request's connection as tornado knows it (tornado.httputil.HTTPConnection): what is written goes to the stream."""

from __future__ import annotations

import asyncio
import sys
from typing import Any, Callable, List, Optional, Tuple

from tornado.httputil import (
    HTTPConnection,
    HTTPHeaders,
    HTTPInputError,
    HTTPOutputError,
    RequestStartLine,
    ResponseStartLine,
    responses,
)
from tornado.ioloop import IOLoop
from tornado.iostream import StreamClosedError
from tornado.log import app_log, gen_log
from tornado.web import RequestHandler

from ..errors import RuleViolation
from ..eventloop.facts import Facts
from ..eventloop.relatives import stream_of
from ..eventloop.written import Peer, WrittenStream
from ..eventloop.written_session import WrittenSession
from ..response import DONE, IDLE, SENT

# Bytes of a body that a handler gets at once, and of a whole one: tornado's chunk_size and max_body_size.
_CHUNK = 64 * 1024
_MAX_BODY = 100 * 1024 * 1024
# Bytes that were written and not sent, above which whoever waits for a write is kept waiting.
_MOST_UNSENT = 64 * 1024
# How far from send_error() the connection's finish() may be, where an application has a finish() of its own.
_DEEPEST = 16
# What a handler whose client has left has to come to its end, in seconds, before it is nobody's business any more.
_AFTERMATH_SECONDS = 30.0


class Context:
    """What tornado asks a connection: who is at its other end, and by which protocol."""

    __slots__ = ("address", "remote_ip", "protocol")

    def __init__(self, facts: Facts) -> None:
        self.address = facts.connection.client
        # As tornado has it for Unix sockets.
        self.remote_ip = self.address[0] if self.address is not None else "0.0.0.0"
        self.protocol = "https" if facts.connection.scheme in ("https", "wss") else "http"

    def __str__(self) -> str:
        return self.remote_ip


class ConnectionStream:
    """In the place of the IOStream that applications ask whether it is closed."""

    __slots__ = ("_stream",)
    # There is none.
    socket = None

    def __init__(self, stream: WrittenStream) -> None:
        self._stream = stream

    @property
    def io_loop(self) -> IOLoop:
        """The loop's."""
        return IOLoop.current()

    def closed(self) -> bool:
        """Also true where the client has closed its sending side: what is written is sent nevertheless."""
        return self._stream.gone or self._stream.finished

    def close(self, exc_info: Any = False) -> None:
        """Hangs up."""
        self._stream.hang_up("The application has closed the connection.")

    def set_nodelay(self, value: bool) -> None:
        """The socket is the front's."""


class StreamConnection(HTTPConnection, Peer):
    """One for each request, and for each session."""

    no_keep_alive = False

    def __init__(self, application: Any, stream: WrittenStream, facts: Facts) -> None:
        self.context = Context(facts)
        self.stream = ConnectionStream(stream)
        self.is_session = isinstance(stream, WrittenSession)
        self.session: Optional[Peer] = None
        self._application = application
        self._stream = stream
        self._facts = facts
        self._max_body = _MAX_BODY
        self._on_close: Optional[Callable[[], None]] = None
        # Resolved when the handler is through.
        self._finished: "asyncio.Future[None]" = stream.link.loop.create_future()
        self._waiting: List["asyncio.Future[None]"] = []

    # ---- serving

    async def serve(self, headers: HTTPHeaders) -> None:
        """Hands the request to the application, and waits until that is through with it."""
        application = self._application
        delegate = application.start_request(self, self)
        try:
            if await self._deliver(delegate, headers):
                await self._finished
        except HTTPInputError as error:
            self._refuse(400, error)
        except asyncio.CancelledError:
            # tornado runs handlers in tasks of their own.
            for task in asyncio.all_tasks():
                if task is not asyncio.current_task() and stream_of(task) is self._stream:
                    task.cancel()
            raise
        finally:
            self._on_close = None
            application.on_close(self)

    async def _deliver(self, delegate: Any, headers: HTTPHeaders) -> bool:
        """The request's head and body; False where nobody waits for the rest of it."""
        facts = self._facts
        uri = facts.raw_path + b"?" + facts.query if facts.query else facts.raw_path
        start = RequestStartLine(
            facts.method.decode("latin-1"), uri.decode("latin-1"), "HTTP/" + facts.connection.http_version
        )
        ready = delegate.headers_received(start, headers)
        if ready is not None:
            await ready
        if self.is_session or await self._read_body(delegate):
            delegate.finish()
            return True
        delegate.on_connection_close()
        return False

    async def _read_body(self, delegate: Any) -> bool:
        """The body, in pieces as the application takes them; False where it breaks off or nobody waits for it."""
        stream = self._stream
        total = 0
        while True:
            data = stream.take_body()
            total += len(data)
            if total > self._max_body:
                self._refuse(413, HTTPInputError("the body is longer than %d bytes" % self._max_body))
                return False
            for at in range(0, len(data), _CHUNK):
                taken = delegate.data_received(data[at : at + _CHUNK] if len(data) > _CHUNK else data)
                if taken is not None:
                    await taken
            if stream.phase == DONE:
                # The application has answered before it had all of it.
                return False
            if stream.body_ended and not stream.chunks:
                return True
            if stream.gone:
                return False
            if not stream.chunks:
                await stream.change()

    def _refuse(self, status: int, error: HTTPInputError) -> None:
        gen_log.info("Malformed HTTP message from %s: %s", self.context, error)
        if self._stream.phase == IDLE:
            self._stream.write_head(status, [(b"content-length", b"0")])
            self._stream.write(b"", True)

    # ---- tornado's HTTPConnection

    def write_headers(
        self, start_line: Any, headers: HTTPHeaders, chunk: Optional[bytes] = None
    ) -> "asyncio.Future[None]":
        assert isinstance(start_line, ResponseStartLine)
        stream = self._stream
        status = start_line.code
        pairs: List[Tuple[bytes, bytes]] = [
            (_as_bytes(name), _as_bytes(value)) for name, value in headers.get_all()
        ]
        if status == 101 and isinstance(stream, WrittenSession):
            stream.accept(headers.get("Sec-WebSocket-Protocol") or "", pairs)
            return self._written()
        reason = start_line.reason or ""
        try:
            stream.write_head(status, pairs, "" if reason == responses.get(status) else reason)
        except RuleViolation as error:
            stream.fail(error)
            raise ValueError(str(error)) from None
        return self.write(chunk) if chunk else self._written()

    def write(self, chunk: bytes) -> "asyncio.Future[None]":
        self._put(chunk, False)
        return self._written()

    def finish(self) -> None:
        try:
            if not (isinstance(self._stream, WrittenSession) and self._stream.accepted):
                if self._stream.phase == SENT and _is_error():
                    # tornado would end the response as if it were complete; its client is to know better.
                    self._stream.hang_up("The response was broken off by an error.")
                self._put(b"", True)
                self.end()
        except HTTPOutputError:
            self.end()
            raise

    def end(self) -> None:
        """The application is through with the request."""
        if not self._finished.done():
            self._finished.set_result(None)

    def set_close_callback(self, callback: Optional[Callable[[], None]]) -> None:
        """To be called once, when the client has left."""
        self._on_close = callback

    def set_max_body_size(self, max_body_size: int) -> None:
        """For a handler that takes its body in pieces; bytes."""
        self._max_body = max_body_size

    def set_body_timeout(self, body_timeout: float) -> None:
        """How long a client may take is the front's to say."""

    def detach(self) -> Any:
        """The session's stream; a request's cannot be had, for the connection is the front's."""
        if not (isinstance(self._stream, WrittenSession) and self._stream.accepted):
            # To tornado the request is over with this call.
            self.stream.close()
            self.end()
            raise RuntimeError("The connection is the server's: it cannot be detached.")
        return self.stream

    def _put(self, chunk: bytes, last: bool) -> None:
        try:
            self._stream.write(chunk, last)
        except RuleViolation as error:
            self._stream.fail(error)
            raise HTTPOutputError(str(error)) from None

    def _written(self) -> "asyncio.Future[None]":
        """Resolved when there is room for more."""
        stream = self._stream
        future: "asyncio.Future[None]" = stream.link.loop.create_future()
        if stream.gone:
            future.set_exception(StreamClosedError())
            # Whoever does not wait for it need not hear of it.
            future.exception()
        elif stream.backlog_size > _MOST_UNSENT:
            self._waiting.append(future)
        else:
            future.set_result(None)
        return future

    # ---- from the stream

    def room_came(self) -> None:
        waiting, self._waiting = self._waiting, []
        for future in waiting:
            if not future.done():
                future.set_result(None)

    def client_finished(self) -> None:
        callback, self._on_close = self._on_close, None
        if callback is not None:
            try:
                callback()
            except Exception:
                app_log.error("Uncaught exception", exc_info=True)

    def client_left(self) -> None:
        waiting, self._waiting = self._waiting, []
        for future in waiting:
            if not future.done():
                future.set_exception(StreamClosedError())
                future.exception()
        self.client_finished()
        if self.session is not None:
            self.session.client_left()
        self._stream.link.loop.call_later(_AFTERMATH_SECONDS, self.end)

    def message_came(self, data: bytes, is_text: bool) -> None:
        if self.session is not None:
            self.session.message_came(data, is_text)

    def session_closed(self, code: int, reason: str) -> None:
        if self.session is not None:
            self.session.session_closed(code, reason)


def _is_error() -> bool:
    """Whether send_error() ends a response that has begun: all that it can do then."""
    if sys.exc_info()[0] is None:
        return False
    frame: Any = sys._getframe(1)
    for _ in range(_DEEPEST):
        if frame is None:
            return False
        if frame.f_code is RequestHandler.send_error.__code__:
            return True
        frame = frame.f_back
    return False


def _as_bytes(text: Any) -> bytes:
    # Some values are bytes in spite of all types.
    return text if isinstance(text, bytes) else text.encode("latin-1")
