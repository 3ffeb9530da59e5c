"""Waits for bytes on any of the data links, or for a call from another thread."""

from __future__ import annotations

import select
import socket
from time import monotonic
from typing import Dict, List

from .. import native
from .link import DataLink


class Poller:
    """poll() where there is one, select() elsewhere. Used by one thread at a time."""

    def __init__(self, waker: socket.socket, busy_seconds: float = 0.0) -> None:
        self._waker = waker
        self._waker.setblocking(False)
        self._links: Dict[int, DataLink] = {}
        # how long poll() looks again and again before it sleeps
        self._busy_seconds = busy_seconds
        self._poll = native.poll() if native.poll is not None else None

    def open(self, links: List[DataLink]) -> None:
        """The links to watch. Called once."""
        self._links = {link.fileno: link for link in links}
        if self._poll is not None:
            for number in [*self._links, self._waker.fileno()]:
                self._poll.register(number, select.POLLIN)

    def poll(self, wait: bool, busily: bool = False) -> List[DataLink]:
        """
        The links that have something to read; waits for one, or for the waker, if told so. Busily: it does not sleep at first, where that
        was asked for.
        """
        found: List[int] = []
        if wait and busily and self._busy_seconds:
            until = monotonic() + self._busy_seconds
            while not found and monotonic() < until:
                found = self._look(False)
        if not found:
            found = self._look(wait)
        ready = []
        for number in found:
            link = self._links.get(number)
            if link is not None:
                ready.append(link)
            else:
                self._quiet()
        return ready

    def close(self) -> None:
        """Nobody polls any more."""
        self._waker.close()

    def _look(self, wait: bool) -> List[int]:
        """The descriptors that have something to read."""
        if self._poll is not None:
            return [number for number, _ in self._poll.poll(None if wait else 0)]
        watched = [*self._links, self._waker.fileno()]
        return native.select(watched, [], [], None if wait else 0)[0]

    def _quiet(self) -> None:
        try:
            self._waker.recv(64)
        except OSError:
            pass
