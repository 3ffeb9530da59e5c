"""A front whose worker is a template process, and the workers that it forks. Every wait has a deadline."""

from __future__ import annotations

import array
import json
import os
import socket
import time
from typing import Any, List, Optional, Tuple

from tests.fake_front import Front
from tests.fake_link import DEADLINE, wire

INDEX = 0xFFFF


class Forked(Front):
    """A forked worker: what the front gives it, without a process of its own."""

    def __init__(self, template: "TemplateFront", index: int) -> None:
        super().__init__(template.boot["app"], worker=index, threads=1)
        self.template = template
        self.pid = 0
        self.streams: List[int] = []

    def start(self) -> "Forked":
        import threading

        threading.Thread(target=self._accept, daemon=True).start()
        reads, writes = zip(*(os.pipe() for _ in range(4)))
        # The last is the pipe whose end is the worker's.
        self.streams = [writes[0], reads[1], reads[2], writes[3]]
        given = [reads[0], writes[1], writes[2], reads[3]]
        self.pid, message = self.template.fork(given)
        for descriptor in given:
            os.close(descriptor)
        assert self.pid, message
        for name, descriptor in (("out", reads[1]), ("err", reads[2])):
            pipe = open(descriptor, "rb", closefd=False)
            reader = threading.Thread(target=self._collect, args=(name, pipe), daemon=True)
            reader.start()
            self._readers.append(reader)
        os.write(writes[0], json.dumps(self.boot).encode() + b"\n")
        return self

    def cut(self) -> None:
        """Closes the pipe, as the front's end would."""
        os.close(self.streams.pop())

    def code(self) -> Optional[int]:
        return self.template.exits.get(self.pid)

    def wait_exit(self) -> int:
        return self.template.wait_exit_of(self.pid)

    def __exit__(self, kind: Any, *rest: Any) -> None:
        self.listener.close()
        if self.code() is None and self.template.code() is None:
            self.template.kill(self.pid)
        for link in [self.control, *self.data.values()]:
            if link is not None:
                link.sock.close()
        for reader in self._readers:
            reader.join(DEADLINE)
        for descriptor in self.streams:
            os.close(descriptor)


class TemplateFront(Front):
    """The template process is its process."""

    def __init__(self, app: str, **options: Any) -> None:
        super().__init__(app, preload=True, worker=INDEX, **options)
        # Exit codes of forked workers by their processes.
        self.exits: dict = {}
        self._sequence = 0

    def fork(self, streams: List[int]) -> Tuple[int, str]:
        """FORK. Returns the worker's process, or 0 and the reason."""
        assert self.control is not None
        self._sequence += 1
        rights = (socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", streams))
        frame = wire.pack_fork(0, 0, self._sequence)
        self.control.sock.sendmsg([frame], [rights] if streams else [])
        frame = self._next(wire.FORKED)
        sequence, pid, message = wire.unpack_forked(frame.payload)
        assert sequence == self._sequence
        return pid, message.decode()

    def kill(self, pid: int) -> None:
        assert self.control is not None
        self.control.send(wire.pack_kill(0, 0, pid))

    def wait_exit_of(self, pid: int) -> int:
        while pid not in self.exits:
            self._note(self._next(wire.EXITED))
        return self.exits[pid]

    def _next(self, kind: int) -> Any:
        deadline = time.monotonic() + DEADLINE
        while True:
            frame = self.life.get(timeout=max(0.0, deadline - time.monotonic()))
            assert frame is not None
            if frame.kind == kind:
                return frame
            assert frame.kind == wire.EXITED, frame
            self._note(frame)

    def _note(self, frame: Any) -> None:
        pid, code = wire.unpack_exited(frame.payload)
        self.exits[pid] = code
