"""
What ASGI's extensions have an application send: files, which the front reads, early hints and trailers (ASGI "Extensions").

Lives on the event loop's thread.
"""

from __future__ import annotations

import os
from typing import Any, Dict, Optional

from .. import filerange, wire
from ..errors import RuleViolation
from ..frames import file_frame, response_frame
from ..response import BROKEN, HELD, SENT, TRAILING
from ..trailers import encode_trailers

PATH = "http.response.pathsend"
DESCRIPTOR = "http.response.zerocopysend"
HINT = "http.response.early_hint"
TRAILERS = "http.response.trailers"

_BODY = "http.response.body"
_MAX_BODY = wire.MAX_BODY


class Extensions:
    """A part of HttpMessages, whose base has the slots."""

    __slots__ = ()

    async def send_path(self, message: Dict[str, Any]) -> None:
        """A file that is the whole body (ASGI "Path Send"): the front opens and sends it."""
        path = message.get("path")
        if not isinstance(path, (str, os.PathLike)):
            raise self.wrong_type(f"The path of {PATH} must be a str, not {type(path).__name__}.")
        file = filerange.payload(os.fsencode(os.path.abspath(path)))
        if self.trailers is None:
            self._answer_with_file(file)
            return
        if not self.bodiless:
            await self._open(file)
        await self.send({"type": _BODY})

    async def send_descriptor(self, message: Dict[str, Any]) -> None:
        """A file that the application has open (ASGI "Zero Copy Send"), or a part of it, as a part of the body."""
        file, offset, count = message.get("file"), message.get("offset"), message.get("count")
        more = message.get("more_body", False)
        number = filerange.descriptor_of(file)
        if number is None:
            raise self.wrong_type(f"The file of {DESCRIPTOR} must have a descriptor, which {type(file).__name__} has not.")
        for value in (offset, count):
            if value is not None and (type(value) is not int or value < 0):
                raise self.wrong_type(f"offset and count of {DESCRIPTOR} must be numbers from 0 on, not {value!r}.")
        name = filerange.name_of(number)
        if name is None:
            await self._send_read(number, offset, count, more)
            return
        if not self.bodiless:
            at = os.lseek(number, 0, os.SEEK_CUR) if offset is None else offset
            rest = max(0, os.fstat(number).st_size - at)
            size = await self._open(filerange.payload(name, at, rest if count is None else min(count, rest)))
            if offset is None:
                os.lseek(number, at + size, os.SEEK_SET)
        if not more:
            await self.send({"type": _BODY})

    async def _open(self, payload: bytes) -> int:
        """Has the front send a file; returns how many bytes, as soon as the file may be closed."""
        self.sending = True
        self.opened = None
        try:
            if self.phase == HELD:
                self.link.write(response_frame(self.id, wire.FLAG_FILE, self.status, self.head, payload))
                self.phase = SENT
            else:
                self.link.write(file_frame(self.id, payload))
            while self.opened is None:
                await self.change()
                if self.gone:
                    raise self.left()
        except self.link.cancelled:
            self.phase = BROKEN
            self.broke("The sending of a file was cancelled.")
            raise
        finally:
            self.sending = False
            self.wake()
        if self.remaining is not None:
            self.remaining -= self.opened
        return self.opened

    async def _send_read(self, number: int, offset: Optional[int], count: Optional[int], more: bool) -> None:
        """The same where the front cannot open what has this descriptor: read here, in a thread."""
        loop = self.link.loop
        if offset is not None:
            os.lseek(number, offset, os.SEEK_SET)
        while count is None or count > 0:
            size = _MAX_BODY if count is None else min(count, _MAX_BODY)
            data = await loop.run_in_executor(None, os.read, number, size)
            if not data:
                break
            if count is not None:
                count -= len(data)
            await self.send({"type": _BODY, "body": data, "more_body": True})
        if not more:
            await self.send({"type": _BODY})

    def hint(self, message: Dict[str, Any]) -> None:
        """
        Links that the client is to have before the response (ASGI "Early Hints"). The specification has them behind
        http.response.start, Starlette sends them before; the head waits for the body here, so that both come in time.
        """
        if self.phase > HELD:
            return
        fields = []
        for link in message.get("links", ()):
            if not isinstance(link, (bytes, bytearray, memoryview)):
                raise self.wrong_type(f"The links of {HINT} must be byte strings, not {type(link).__name__}.")
            value = bytes(link).strip()
            if any(byte < 32 and byte != 9 or byte == 127 for byte in value):
                raise self.broke(f"A link of {HINT} has a control character.")
            fields += (b"link", value)
        if fields:
            self.link.write(wire.pack_hint(self.id, 0, b"\0".join(fields)))

    async def _send_before_trailers(self, body: bytes) -> None:
        """The last of the body, which is not the last of the response."""
        size = len(body)
        if size > _MAX_BODY or (self.phase == SENT and size > self.credit):
            await self._send_body(body, True)
        elif self.phase == HELD:
            self._write_response(0, body)
        elif size:
            self.credit -= size
            self._write_body(0, body)
        self.phase = TRAILING

    def take_trailers(self, message: Dict[str, Any]) -> None:
        """Fields behind the body (ASGI "HTTP Trailers"); the last of them end the response."""
        assert self.trailers is not None
        try:
            block = encode_trailers(message.get("headers", ()), sum(len(each) + 1 for each in self.trailers))
        except RuleViolation as error:
            self.broke(str(error))
            raise
        if block:
            self.trailers.append(block)
        if not message.get("more_trailers", False):
            self._end_with_trailers()
