"""wsgi.input for a body that has not arrived as a whole (PEP 3333, "Input and Error Streams")."""

from __future__ import annotations

from typing import Iterator, List, Optional

from ..errors import ClientDisconnected
from .hub import Hub
from .stream import WsgiStream


class InputStream:
    """
    Never reads past the end of the body, which is also where the response is complete: nothing of the body comes after
    that. Raises ClientDisconnected when the client leaves in the middle of it.
    """

    __slots__ = ("_hub", "_request", "_data", "_at", "_ended")

    def __init__(self, hub: Hub, request: WsgiStream) -> None:
        self._hub = hub
        self._request = request
        self._data = request.body
        self._at = 0
        self._ended = False

    def read(self, size: Optional[int] = -1) -> bytes:
        """As of a binary file."""
        if size is None or size < 0:
            while self._fill():
                pass
            return self._take(len(self._data))
        while len(self._data) - self._at < size and self._fill():
            pass
        return self._take(self._at + size)

    def readline(self, size: Optional[int] = -1) -> bytes:
        """As of a binary file."""
        limit = -1 if size is None else size
        searched = self._at
        while True:
            newline = self._data.find(b"\n", searched)
            end = newline + 1 if newline >= 0 else len(self._data)
            if limit >= 0 and end - self._at >= limit:
                return self._take(self._at + limit)
            if newline >= 0:
                return self._take(end)
            kept = len(self._data) - self._at
            if not self._fill():
                return self._take(len(self._data))
            searched = self._at + kept

    def readlines(self, hint: Optional[int] = -1) -> List[bytes]:
        """As of a binary file."""
        lines = []
        total = 0
        for line in self:
            lines.append(line)
            total += len(line)
            if hint is not None and 0 < hint <= total:
                break
        return lines

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        line = self.readline()
        if not line:
            raise StopIteration
        return line

    def _take(self, end: int) -> bytes:
        start = self._at
        self._at = min(end, len(self._data))
        if start == 0 and self._at == len(self._data):
            data, self._data, self._at = self._data, b"", 0
            return data
        return self._data[start : self._at]

    def _fill(self) -> bool:
        """Waits for more of the body; False at its end."""
        return not self._ended and self._hub.shielded(self._wait)

    def _wait(self) -> bool:
        request = self._request
        hub = self._hub
        with hub.lock:
            if not request.body_ended:
                request.ask_for_body()
            hub.wait(request, lambda: bool(request.chunks) or bool(request.body_ended) or request.gone)
            if request.gone:
                raise ClientDisconnected("The client has disconnected before its request was complete.")
            taken = request.take_chunks()
            self._ended = bool(request.body_ended)
        self._data = self._data[self._at :] + taken
        self._at = 0
        return True
