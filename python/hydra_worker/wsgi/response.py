"""One request of a WSGI application: start_response(), write(), the iterable and its close() (PEP 3333)."""

from __future__ import annotations

import io
import os
from typing import Any, Callable, Iterable, List, Tuple

from .. import filerange, forks, requestnames, speedups, wire
from ..errors import ClientDisconnected, RequestInterrupted, RuleViolation
from ..frames import body_frame, file_frame, response_frame
from ..headers import LENGTHLESS, Head, HeadCache
from ..logs import log_exception
from ..response import DONE, HELD, IDLE, SENT, Order, Response, reset_frame
from .body import InputStream
from .environ import EnvironBuilder
from .files import FileWrapper
from .heads import encode, parse_status
from .hub import Hub
from .stream import WsgiStream

_MAX_BODY = wire.MAX_BODY
_END = wire.FLAG_END
_python_head_of = HeadCache(encode).get


def _native_head_of(headers: Any, status: int) -> Head:
    """The same, for what most applications give."""
    return (None if status in LENGTHLESS else _encode_head(headers)) or _python_head_of(headers, status)


if speedups.module is not None:
    _encode_head = speedups.module.encode_head
    _head_of = _native_head_of
else:
    _head_of = _python_head_of

_ORDER = Order(
    start_again="start_response() was called again without exc_info.",
    start_missing="The application gave a part of the body before it called start_response().",
    # No write is ever taken back here.
    after_broken="",
    after_end="start_response() was called again without exc_info.",
)


class WsgiResponse(Response):
    """Runs the application for one request, on the calling thread."""

    __slots__ = ("_hub", "_request", *Response.SLOTS)

    def __init__(self, hub: Hub, request: WsgiStream) -> None:
        self._hub = hub
        self._request = request
        self.open_response(request.head[0])
        if requestnames.header:
            requestnames.enter(request.head[4])

    def run(self, application: Any, environs: EnvironBuilder) -> None:
        """Calls the application and sees to it that the stream ends with it."""
        request = self._request
        if request.chunks is not None:
            self._gather()
        whole = bool(request.body_ended and request.chunks is None)
        stream: Any = io.BytesIO(request.body) if whole else InputStream(self._hub, request)
        environ = environs.build(request, stream, whole)
        environ["wsgi.early_hints"] = self.early_hints
        environ["waitress.client_disconnected"] = self.client_disconnected
        try:
            result = application(environ, self.start_response)
            try:
                self._send_result(result)
            finally:
                close = getattr(result, "close", None)
                if close is not None:
                    close()
        except BaseException as error:
            if forks.is_child:
                forks.leave(error)
            self._failed(error)
        if forks.is_child:
            forks.leave(None)
        if request.gone:
            # The front keeps the stream's place until it hears that the thread is free.
            request.link.write(wire.pack_reset(request.id, 0, wire.RESET_CANCELLED, b""))

    @property
    def is_through(self) -> bool:
        """Whether the front has all of it, and the stream's place with it. Any thread; it may be late."""
        return self.phase == DONE and not self._request.gone

    def _gather(self) -> None:
        """More of the body came while the request waited for a thread; perhaps all of it."""
        request = self._request
        with self._hub.lock:
            if request.body_ended:
                request.body += request.take_chunks()

    # ---- for the application

    def start_response(
        self, status: str, headers: List[Tuple[str, str]], exc_info: Any = None
    ) -> Callable[[bytes], None]:
        """PEP 3333, "The start_response() Callable"."""
        if exc_info:
            try:
                if self.phase >= SENT:
                    # It is too late for an error page.
                    raise exc_info[1].with_traceback(exc_info[2])
            finally:
                exc_info = None
        elif self.phase != IDLE:
            raise self.misplaced(_ORDER, True)
        try:
            code, reason = parse_status(status)
        except RuleViolation as error:
            self.broke(str(error))
            raise
        self.hold(_head_of, headers, code)
        if reason:
            self.head = reason + b"\0" + self.head if self.head else reason
        return self.write

    def write(self, data: bytes) -> None:
        """PEP 3333, "The write() Callable"."""
        if not isinstance(data, bytes):
            raise self.wrong_type(f"write() takes bytes, not {type(data).__name__}.")
        if data:
            self._hub.shielded(self._send_chunk, data)
            if self.overrun:
                # PEP 3333, "Handling the Content-Length Header": an attempt to write() past it may raise.
                raise self.too_long()

    def early_hints(self, headers: Iterable[Tuple[Any, Any]]) -> None:
        """
        gunicorn's "wsgi.early_hints": header fields that the client is to have before the response, with status 103. Does nothing
        once that has begun.
        """
        request = self._request
        if self.phase > HELD or request.gone:
            return
        fields = [(_as_text(name), _as_text(value)) for name, value in headers]
        if fields:
            head, _ = encode(fields, 103)
            request.link.write(wire.pack_hint(request.id, 0, head))
            self._hub.shielded(self._hub.look)

    def client_disconnected(self) -> bool:
        """
        waitress's "waitress.client_disconnected": whether the client has left, as far as can be told. One that has closed its
        sending side counts, as for waitress and for ASGI's receive(): most have left then, and what is sent all the same reaches the others.
        """
        self._hub.shielded(self._hub.look)
        request = self._request
        return request.gone or request.finished

    # ---- the result

    def _send_result(self, result: Any) -> None:
        if result is None or isinstance(result, (bytes, str)):
            raise self.wrong_type(
                f"The application must return an iterable of byte strings, such as a list, not {type(result).__name__}."
            )
        if type(result) is list or type(result) is tuple:
            self._finish(self._join(result))
            return
        if isinstance(result, FileWrapper):
            if self._send_file(result):
                return
            result = result.blocks(_MAX_BODY)
        for chunk in result:
            if not isinstance(chunk, bytes):
                raise self.wrong_type(f"The application's iterable gave {type(chunk).__name__}, not bytes.")
            if chunk:
                self._send_chunk(chunk)
                if self.bodiless or self.overrun:
                    return
        if self.phase != DONE:
            self._finish(b"")

    def _send_file(self, wrapper: FileWrapper) -> bool:
        """Has the front read the file, where it can, and where that is worth it. Returns whether it does."""
        file = wrapper.plain()
        if file is None or self.bodiless or self.phase not in (HELD, SENT):
            return False
        number = filerange.descriptor_of(file)
        name = None if number is None else filerange.name_of(number)
        if number is None or name is None:
            return False
        at = file.tell()
        size = os.fstat(number).st_size - at
        if size <= _MAX_BODY or (self.remaining is not None and size < self.remaining):
            return False
        if self.remaining is not None and size > self.remaining:
            self.overran()
            size = self.remaining
        request = self._request
        self._check_gone()
        payload = filerange.payload(name, at, size)
        if self.phase == HELD:
            request.link.write(response_frame(request.id, wire.FLAG_FILE, self.status, self.head, payload))
            self.phase = SENT
        else:
            request.link.write(file_frame(request.id, payload))
        with self._hub.lock:
            self._hub.wait(request, lambda: request.opened is not None or request.gone)
        self._check_gone()
        if self.remaining is not None:
            self.remaining -= size
        file.seek(at + size)
        self._finish(b"")
        return True

    def _join(self, chunks: Any) -> bytes:
        try:
            body = chunks[0] if len(chunks) == 1 else b"".join(chunks)
        except TypeError:
            body = None
        if type(body) is not bytes:
            raise self.wrong_type("The application's iterable must give bytes and nothing else.")
        return body

    def _finish(self, body: bytes) -> None:
        """The last of the body, or all of it."""
        if self.phase == IDLE:
            rule = "The application returned without a call of start_response()."
            raise self.broke(rule, reason=wire.RESET_NO_RESPONSE)
        if self.phase == DONE:
            if body and not self.bodiless:
                self.overran()
            return
        request = self._request
        if request.gone:
            self._check_gone()
        if self.bodiless:
            body = b""
        elif self.remaining is not None and self.remaining != len(body):
            if len(body) > self.remaining:
                body = self.cut(body)
            self.count(len(body), False)
        if self.phase == HELD and len(body) <= _MAX_BODY:
            frame = response_frame(request.id, _END, self.status, self.head, body)
            self._complete()
            self._hub.deliver(request, frame)
        else:
            self._send_body(body, True)

    def _send_chunk(self, chunk: bytes) -> None:
        """A part of the body, which leaves at once (PEP 3333, "Buffering and Streaming")."""
        if self.phase == IDLE:
            raise self.misplaced(_ORDER, False)
        if self.bodiless:
            self._finish(b"")
            return
        if self.phase == DONE:
            self.overran()
            return
        last = False
        if self.remaining is not None:
            if len(chunk) > self.remaining:
                chunk = self.cut(chunk)
            self.count(len(chunk), True)
            last = self.remaining == 0
        if self.phase == SENT:
            self._hub.look()
        self._check_gone()
        self._send_body(chunk, last)

    def _send_body(self, body: bytes, last: bool) -> None:
        request = self._request
        link = request.link
        at = 0
        view = memoryview(body)
        if self.phase == HELD:
            at = min(_MAX_BODY, len(body))
            flags = _END if last and at == len(body) else 0
            link.write(response_frame(request.id, flags, self.status, self.head, view[:at]))
            self.phase = SENT
            if flags:
                self._complete()
                return
        while at < len(body):
            if request.credit <= 0:
                with self._hub.lock:
                    self._hub.wait(request, lambda: request.credit > 0 or request.gone)
            self._check_gone()
            end = min(at + _MAX_BODY, at + request.credit, len(body))
            with self._hub.lock:
                request.credit -= end - at
            flags = _END if last and end == len(body) else 0
            link.write(body_frame(request.id, flags, view[at:end]))
            at = end
        if last:
            if not body:
                link.write(body_frame(request.id, _END, b""))
            self._complete()

    def _check_gone(self) -> None:
        if self._request.gone and self.phase != DONE:
            raise ClientDisconnected("The client has disconnected.")

    def _complete(self) -> None:
        self.phase = DONE
        request = self._request
        request.link.streams.pop(request.id, None)
        # What comes behind it may take long.
        self._hub.watch()
        if not request.body_ended:
            self._hub.end_body(request)

    # ---- what goes wrong

    def _failed(self, error: BaseException) -> None:
        guard = self._hub.guard
        if isinstance(error, RequestInterrupted) or guard is not None and guard.is_interrupted():
            # That the front has ended the stream may be noted only after this, whatever the application makes of it.
            self._request.gone = True
        if self._request.gone and isinstance(error, (ClientDisconnected, RequestInterrupted)):
            self._complete()
            return
        if self.phase != DONE:
            if not self._request.gone:
                self._request.link.write(reset_frame(self._request.id, *self.blame(error)))
            self._complete()
        log_exception("Exception in WSGI application", error)


def _as_text(part: Any) -> Any:
    return part.decode("latin-1") if isinstance(part, bytes) else part
