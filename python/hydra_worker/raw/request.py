"""
One request as a raw application has it, and what becomes of what the application returns.

Lives on the event loop's thread. What applications may use of it is in hydra_raw.py; the rest is the shim's.
"""

from __future__ import annotations

from contextvars import copy_context
from typing import Any, AsyncIterator, Coroutine, Dict, List, Optional, Tuple

from .. import forks
from ..connection import METHODS, Address, Connection, decode_path, parse_connection
from ..errors import RuleViolation
from ..eventloop.answer import LoopAnswer
from ..eventloop.relatives import REQUEST
from ..headers import BlockCache, HeadCache, encode_text
from ..mapping import Headers, headers_of
from ..response import DONE
from ..trailers import encode_text_trailers

head_of = HeadCache(encode_text).get
_connection_of = BlockCache(parse_connection).get


class Facts(LoopAnswer):
    """What a request says."""

    __slots__ = ()

    interface = "raw"
    is_websocket = False

    # method, raw path, query, connection block, header block, and the microseconds that it waited, as they came
    facts: Tuple[bytes, bytes, bytes, bytes, bytes, int]

    @property
    def method(self) -> str:
        method = self.facts[0]
        return METHODS.get(method) or method.decode("latin-1").upper()

    @property
    def scheme(self) -> str:
        return self._connection().scheme

    @property
    def http_version(self) -> str:
        return self._connection().http_version

    @property
    def path(self) -> str:
        raw_path = self.facts[1]
        path = decode_path(raw_path) if b"%" in raw_path else raw_path.decode("utf-8", "replace")
        root = self._connection().root_path
        # A proxy may have taken it off.
        return root + path if root and path != root and not path.startswith(root + "/") else path

    @property
    def raw_path(self) -> bytes:
        return self.facts[1]

    @property
    def root_path(self) -> str:
        return self._connection().root_path

    @property
    def query(self) -> bytes:
        return self.facts[2]

    @property
    def headers(self) -> Headers:
        return headers_of(self.facts[4])

    @property
    def client(self) -> Address:
        return self._connection().client

    @property
    def server(self) -> Address:
        return self._connection().server

    @property
    def queue_time(self) -> float:
        return self.facts[5] / 1_000_000

    @property
    def subprotocols(self) -> List[str]:
        offered = self.headers.get_all("sec-websocket-protocol")
        return [each.strip() for value in offered for each in value.split(",") if each.strip()]

    def _connection(self) -> Connection:
        return _connection_of(self.facts[3])

    def title(self, variables: Dict[str, Any]) -> str:
        return f"{self.method} {self.raw_path.decode('latin-1')}"


def _kind_of(result: Any) -> str:
    return f"a tuple of {len(result)}" if isinstance(result, tuple) else type(result).__name__


class Request(Facts):
    """Of a coroutine function."""

    __slots__ = ()

    # ---- for the application

    async def read(self) -> bytes:
        return await self.read_body()

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while True:
            piece = await self.read_chunk()
            if not piece:
                return
            yield piece

    async def disconnected(self) -> None:
        await self.wait_left()

    async def accept(self, subprotocol: str = "", headers: Any = ()) -> Any:
        raise RuleViolation("The client does not ask for a WebSocket.")

    # ---- its task

    def run(self, application: Any, facts: Any) -> Optional[Coroutine[Any, Any, None]]:
        self.facts = facts
        return self.serve(application)

    @classmethod
    def outermost(cls) -> Any:
        return cls.serve

    async def serve(self, application: Any) -> None:
        """With its facts: calls the application and sees to it that the stream ends with it."""
        if self.link.interruptible:
            REQUEST.set(self)
        error: Optional[BaseException] = None
        try:
            result = await application(self)
            if not self.answer(result):
                await self.answer_later(result)
        except BaseException as raised:
            error = raised
        if error is not None or not self.is_through():
            await self.end(error)

    async def end(self, error: Optional[BaseException]) -> None:
        """The task is over, with this error or none."""
        if forks.is_child:
            forks.leave(error)
        if self.phase != DONE or error is not None:
            await self.finish(error)
        if self.link.unfinished:
            self.link.unfinished.pop(self, None)

    # ---- what the application returns

    def answer(self, result: Any) -> bool:
        """Responds with what the application has returned. False for what answer_later() takes. Raises RuleViolation."""
        try:
            if len(result) == 3:
                status, headers, body = result
            else:
                status, headers, body, trailers = result
                if trailers is not None:
                    return False
        except (TypeError, ValueError):
            raise self.wrong_type(
                f"A raw application must return (status, headers, body), not {_kind_of(result)}."
            ) from None
        if type(body) is not bytes:
            if isinstance(body, str):
                body = body.encode()
            elif isinstance(body, (bytes, bytearray, memoryview)):
                body = bytes(body)
            else:
                return False
        self.respond(head_of, status, headers, body)
        return True

    async def answer_later(self, result: Any) -> None:
        """The same for a body that is iterated over, or has trailers behind it."""
        status, headers, body, trailers = (*result, None) if len(result) == 3 else result
        if not hasattr(body, "__aiter__"):
            if not isinstance(body, (bytes, str, bytearray, memoryview)):
                raise self.wrong_type(
                    f"The body of a response must be bytes, text or an asynchronous iterable, not {type(body).__name__}."
                )
            body = _once(body)
        try:
            if self.gone:
                raise self.left()
            self.begin(head_of, status, headers)
            if self in self.link.unfinished:
                # Not its first step: nobody looks after that.
                self.link.hold_head(self)
            async for piece in body:
                await self.send_chunk(self.as_bytes(piece))
            if trailers is None:
                await self.end_body()
            else:
                await self.end_body_with(encode_text_trailers(trailers() if callable(trailers) else trailers))
        except RuleViolation as error:
            if self.violation is None:
                self.broke(str(error))
            raise
        finally:
            # What an asynchronous generator has in its own finally runs now, and not when it is collected.
            close = getattr(body, "aclose", None)
            if close is not None:
                await close()

    def as_bytes(self, piece: Any) -> bytes:
        """A piece of a body, or a message."""
        if type(piece) is bytes:
            return piece
        if isinstance(piece, str):
            return piece.encode()
        if isinstance(piece, (bytes, bytearray, memoryview)):
            return bytes(piece)
        raise self.wrong_type(f"A message or a piece of a body must be bytes or text, not {type(piece).__name__}.")


class PlainRequest(Request):
    """Of a function that is called at once, without a task, when the body is here."""

    __slots__ = ()

    def serve(self, application: Any) -> Optional[Coroutine[Any, Any, None]]:  # type: ignore[override]
        """Calls the application. Returns what else there is to do."""
        if not self.body_ended or self.chunks is not None:
            return self._work(application, None)
        try:
            # What it sets of its context is not for the next request.
            result = copy_context().run(application, self)
        except BaseException as error:
            return self._fail(error)
        return self.conclude(result)

    def conclude(self, result: Any) -> Optional[Coroutine[Any, Any, None]]:
        """The application has returned this. Returns what else there is to do."""
        try:
            if forks.is_child:
                forks.leave(None)
            if type(result) is tuple and len(result) == 3:
                status, headers, body = result
                if type(body) is bytes:
                    self.respond(head_of, status, headers, body)
                    if self.phase == DONE:
                        return None
                    return self._work(None, _GIVEN)
        except BaseException as error:
            return self._fail(error)
        return self._work(None, result)

    def _fail(self, error: BaseException) -> Optional[Coroutine[Any, Any, None]]:
        if forks.is_child:
            forks.leave(error)
        self._failed(error)
        return None

    @classmethod
    def outermost(cls) -> Any:
        return cls._work

    async def _work(self, application: Any, result: Any) -> None:
        """Calls the application when the body is here, where that is to be done; then responds with the result."""
        if self.link.interruptible:
            REQUEST.set(self)
        error: Optional[BaseException] = None
        try:
            if application is not None:
                self.body = await self.read_body()
                result = application(self)
            if hasattr(result, "__await__"):
                result = await result
            if result is not _GIVEN and not self.answer(result):
                await self.answer_later(result)
        except BaseException as raised:
            error = raised
        if error is not None or not self.is_through():
            await self.end(error)


async def _once(body: Any) -> AsyncIterator[Any]:
    yield body


# In the place of a result that was given already.
_GIVEN = object()
