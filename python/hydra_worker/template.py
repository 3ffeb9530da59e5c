"""
The template process of --preload: imports the application once and forks the workers from it.

It has one thread, no event loop and no connection but its link to the front: whatever of these existed would
be in every worker, too, and half dead. A worker that was forked reads a boot document of its own from its
standard input, as one that was started does.
"""

from __future__ import annotations

import array
import gc
import os
import select
import signal
import socket
import sys
import threading
from typing import Any, Dict, List, Optional, Tuple

from . import adapters, boot as boots, links, loading, logs, process, wire
from .boot import Boot
from .errors import BootError, LinkBroken, StartError, internal
from .logs import LogSetup, clip, logger
from .tracebacks import format_exception

_STREAMS = 3


class Template:
    """Lives on the main thread of the template process alone."""

    def __init__(self, boot: Boot) -> None:
        self._boot = boot
        parent = os.getppid()
        self._sock, _, _ = links.open_link(boot, wire.LINK_CONTROL)
        process.die_with_parent(parent)
        self.setup = LogSetup(self._send, boot.log_level)
        self.interface = ""
        self.application: Any = None
        self._children: Dict[int, bool] = {}
        self._retired = False
        self._wake, self._waker = os.pipe()
        for end in (self._wake, self._waker):
            os.set_blocking(end, False)

    def load(self) -> bool:
        """Imports the application; tells the front and returns False when that fails."""
        # It is no worker, and what is imported belongs to all of them.
        os.environ.pop("HYDRA_WORKER_ID", None)
        try:
            logs.line_buffer_output()
            self.setup.before_loading()
            boots.prepare_sys_path(self._boot)
            application = loading.load(self._boot)
            self.interface, self.application = adapters.choose(self._boot, application)
            self.setup.after_loading()
            # Whatever is imported now is shared.
            adapters.runner(self.interface)
            if self.interface in adapters.WITH_LOOP and self._boot.loop != "asyncio":
                try:
                    import uvloop  # noqa: F401
                except ImportError:
                    pass
        except StartError as error:
            self._failed(error)
            return False
        except Exception as error:
            self._failed(
                internal(f"The template process failed with {type(error).__name__}: {error}", error)
            )
            return False
        self._warn_of_threads()
        return True

    def _failed(self, error: StartError) -> None:
        trace = format_exception(error.cause) if error.cause is not None else error.trace
        self._send(
            wire.pack_failed(0, 0, error.reason, clip(error.message, 0xFFFF), clip(trace, 128 * 1024))
        )

    def _warn_of_threads(self) -> None:
        others = [t.name for t in threading.enumerate() if t is not threading.main_thread()]
        if others:
            logger.warning(
                "The application has started threads while it was imported (%s). Workers that are forked from it "
                "do not have them; start them when the first request or the lifespan begins, or do without "
                "--preload.",
                ", ".join(others),
            )

    def serve(self) -> Optional[Boot]:
        """
        Forks workers until the front is gone or wants no more. Returns None in the template process, in the
        end, and the boot document in each worker.
        """
        signal.signal(signal.SIGCHLD, _nothing)
        signal.set_wakeup_fd(self._waker, warn_on_full_buffer=False)
        # What is alive now stays so: the collector need not touch it, and its pages remain shared.
        gc.collect()
        if hasattr(gc, "freeze"):
            gc.freeze()
        self._send(
            wire.pack_ready(0, 0, 0, self.interface.encode(), process.python_version().encode(), b"")
        )
        while not self._retired or self._children:
            ready, _, _ = select.select([self._sock, self._wake], [], [])
            if self._wake in ready:
                self._reap()
            if self._sock in ready:
                try:
                    worker = self._handle()
                except (OSError, EOFError, LinkBroken, wire.WireError):
                    # The front is gone or has given us up; the workers notice the same on their own links.
                    return None
                if worker is not None:
                    return worker
        return None

    def _reap(self) -> None:
        try:
            while os.read(self._wake, 4096):
                pass
        except BlockingIOError:
            pass
        # One by one: the application may have children of its own here, which are not ours to reap.
        for pid in list(self._children):
            try:
                ended, status = os.waitpid(pid, os.WNOHANG)
            except ChildProcessError:
                ended, status = pid, 0
            if ended:
                del self._children[pid]
                self._send(wire.pack_exited(0, 0, pid, _exit_code(status)))

    def _handle(self) -> Optional[Boot]:
        kind, payload, descriptors = self._receive()
        if kind == wire.FORK:
            (sequence,) = wire.unpack_fork(payload)
            return self._fork(sequence, descriptors)
        if kind == wire.KILL:
            (pid,) = wire.unpack_kill(payload)
            if pid in self._children:
                # Not reaped yet, so the number is still this child's.
                os.kill(pid, signal.SIGKILL)
        elif kind == wire.DRAIN:
            self._retired = True
        else:
            raise LinkBroken(f"frame type {kind:#x} may not come here")
        return None

    def _fork(self, sequence: int, descriptors: List[int]) -> Optional[Boot]:
        if len(descriptors) != _STREAMS:
            raise LinkBroken("a FORK frame came without its descriptors")
        for stream in (sys.stdout, sys.stderr):
            if stream is not None:
                stream.flush()
        try:
            pid = os.fork()
        except OSError as error:
            self._send(wire.pack_forked(0, 0, sequence, 0, clip(str(error), 0xFFFF)))
            pid = -1
        if pid == 0:
            return self._become_worker(descriptors)
        for descriptor in descriptors:
            os.close(descriptor)
        if pid > 0:
            self._children[pid] = True
            self._send(wire.pack_forked(0, 0, sequence, pid, b""))
        return None

    def _become_worker(self, descriptors: List[int]) -> Boot:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        for number, descriptor in enumerate(descriptors):
            os.dup2(descriptor, number)
            os.close(descriptor)
        os.close(self._wake)
        os.close(self._waker)
        self._sock.close()
        with open(0, "rb", closefd=False) as stream:
            boot = boots.read(stream)
        os.environ["HYDRA_WORKER_ID"] = str(boot.worker)
        return boot

    def _send(self, frame: bytes) -> None:
        try:
            self._sock.sendall(frame)
        except OSError:
            # Noticed by the reading side.
            pass

    def _receive(self) -> Tuple[int, bytes, List[int]]:
        """One frame, with the descriptors that came with it."""
        space = socket.CMSG_SPACE(_STREAMS * array.array("i").itemsize)
        head, ancillary, _, _ = self._sock.recvmsg(wire.HEADER_SIZE, space)
        descriptors = array.array("i")
        for level, kind, data in ancillary:
            if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
                descriptors.frombytes(data[: len(data) - len(data) % descriptors.itemsize])
        for descriptor in descriptors:
            os.set_inheritable(descriptor, False)
        if not head:
            raise EOFError("the link was closed")
        head += links.read_exactly(self._sock, wire.HEADER_SIZE - len(head))
        length, frame, flags, zero, stream = wire.HEADER.unpack(head)
        if length > wire.MAX_PAYLOAD or zero or flags or stream:
            raise LinkBroken("malformed frame header")
        return frame, links.read_exactly(self._sock, length), list(descriptors)


def _nothing(number: int, frame: Optional[object]) -> None:
    """A handler and not SIG_IGN: only then is the wake-up written."""


def _exit_code(status: int) -> int:
    return 128 + os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)


def run(boot: Boot) -> Tuple[Template, Optional[Boot]]:
    """
    Loads the application and serves. Returns the boot document in a worker, None in the template process when
    all is over.
    """
    if not hasattr(os, "fork") or not hasattr(socket, "SCM_RIGHTS"):
        raise BootError("--preload needs fork() and Unix sockets, which this Python does not have")
    template = Template(boot)
    process.ignore_signals()
    worker = template.serve() if template.load() else None
    return template, worker
