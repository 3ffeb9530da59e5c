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
import signal
import socket
import sys
from typing import TYPE_CHECKING, Any, List, Optional, Set, Tuple

from . import adapters, boot as boots, framing, links, loading, logconfig, logs, names, native, process, requestnames, speedups, stateful, wire
from .adapter import Adapter
from .boot import Boot
from .errors import BootError, LinkBroken, StartError, internal
from .forkhooks import ForkHooks
from .logs import LogSetup, Send, clip, logger
from .tracebacks import format_exception

if TYPE_CHECKING:
    from .hooks import WorkerHooks

# Standard input, output and error, which come first.
_STREAMS = 3
# And the pipe by which a worker dies with the front.
_DESCRIPTORS = 4


class Template:
    """
    Lives on the main thread of the template process, but for what the application's threads log. The worker
    that was forked has a copy, of which it uses what was loaded.
    """

    def __init__(self, boot: Boot) -> None:
        if not hasattr(os, "fork") or not hasattr(socket, "SCM_RIGHTS"):
            raise BootError("--preload needs fork() and Unix sockets, which this Python does not have")
        self._boot = boot
        stateful.use(boot)
        self._pid = os.getpid()
        self._sock, _, _ = links.open_link(boot, wire.LINK_CONTROL)
        self._lock = native.Lock()
        self._signals = process.HeldSignals()
        self._logs = LogSetup(self._send, boot.log_level)
        self._loaded: Optional[Tuple[Adapter, Any]] = None
        # What each worker calls, found here so that a template which is ready has them.
        self.hooks: Optional["WorkerHooks"] = None
        # What is put around the application in each worker.
        self.agents: List[Any] = []
        # Forked and not reaped.
        self._children: Set[int] = set()
        self._retired = False
        # The descriptors that came with the frame that is handled; whether this process was forked by it.
        self._descriptors: List[int] = []
        self._is_worker = False
        self._child_handler: Any = None
        self._wake, self._waker = os.pipe()
        for end in (self._wake, self._waker):
            os.set_blocking(end, False)

    def load(self) -> bool:
        """Imports the application; tells the front and returns False when that fails."""
        # It is no worker, and what is imported belongs to all of them.
        os.environ.pop("HYDRA_WORKER_ID", None)
        hooks = ForkHooks()
        try:
            # Before anything is imported that is built on it. Workers have what their template has.
            speedups.use(self._boot.speedups)
            logs.line_buffer_output()
            self._logs.before_loading()
            names.prepare(self._boot)
            boots.prepare_sys_path(self._boot)
            logconfig.apply(self._boot.log_config)
            requestnames.use(self._boot.request_id_header)
            self.hooks = loading.find_hooks(self._boot)
            self.agents = loading.prepare_agents(self._boot)
            named = adapters.find(self._boot)
            application = loading.load(self._boot)
            adapter, application = self._loaded = adapters.choose(self._boot, named, application)
            self._logs.after_loading()
            adapter.prepare(self._boot.loop)
        except StartError as error:
            self._failed(error)
            return False
        except Exception as error:
            self._failed(
                internal(f"The template process failed with {type(error).__name__}: {error}", error)
            )
            return False
        finally:
            hooks.end()
        self._signals.take_back()
        self._warn_of_threads(hooks)
        return True

    def loaded(self) -> Tuple[Adapter, Any]:
        """The adapter and its application, once load() has returned True."""
        assert self._loaded is not None
        return self._loaded

    def serve(self) -> Optional[Boot]:
        """
        Forks workers until the front is gone or wants no more. Returns None in the template process, in the
        end, and the boot document in each worker.
        """
        self._child_handler = native.signal(signal.SIGCHLD, _wake_up)
        signal.set_wakeup_fd(self._waker, warn_on_full_buffer=False)
        # What is alive now stays so: the collector need not touch it, and its pages remain shared.
        gc.collect()
        if hasattr(gc, "freeze"):
            gc.freeze()
        adapter, _ = self.loaded()
        name, python = adapter.name.encode(), process.python_version().encode()
        self._send(wire.pack_ready(0, 0, 0, adapter.features, name, python, b""))
        while not self._retired or self._children:
            ready, _, _ = native.select([self._sock, self._wake], [], [])
            if self._wake in ready:
                self._reap()
            if self._sock in ready:
                try:
                    descriptors = self._handle()
                except (OSError, EOFError, LinkBroken, wire.WireError):
                    # The front is gone or has given us up; the workers notice the same on their own links.
                    return None
                if descriptors is not None:
                    return self._become_worker(descriptors)
        return None

    def hand_over(self, send: Send) -> None:
        """In a worker that has its own link and signal handlers: to what the application set up at import."""
        self._logs.reconnect(send)
        self._signals.give_back()

    def _failed(self, error: StartError) -> None:
        trace = format_exception(error.cause) if error.cause is not None else error.trace
        self._send(
            wire.pack_failed(0, 0, error.reason, clip(error.message, 0xFFFF), clip(trace, 128 * 1024))
        )

    def _warn_of_threads(self, hooks: ForkHooks) -> None:
        missed = hooks.missed()
        if missed:
            logger.warning(
                "The application has started threads while it was imported (%s). With --preload the workers "
                "are forked from the process that imported it, and do not have them: whatever waits for one of "
                "them waits for ever. Start them when the lifespan or the first request begins, or do without "
                "--preload.",
                ", ".join(missed),
            )

    def _reap(self) -> None:
        try:
            while native.read(self._wake, 4096):
                pass
        except BlockingIOError:
            pass
        # One by one: the application may have children of its own here, which are not ours to reap.
        for pid in list(self._children):
            try:
                ended, status = native.wait_process(pid, os.WNOHANG)
            except ChildProcessError:
                # Somebody else has reaped it, and knows the code.
                ended, status = pid, 0
            if ended:
                self._children.discard(pid)
                self._send(wire.pack_exited(0, 0, pid, _exit_code(status)))

    def _handle(self) -> Optional[List[int]]:
        """One frame from the front. Returns a worker's streams in a process that was just forked."""
        kind, payload, self._descriptors = self._receive()
        framing.dispatch(self, kind, 0, payload)
        descriptors, self._descriptors = self._descriptors, []
        return descriptors if self._is_worker else None

    def on_drain(self, grace_milliseconds: int) -> None:
        """It has no requests: it ends with its last worker."""
        self._retired = True

    def on_kill(self, pid: int) -> None:
        """A worker is to end at once."""
        if pid in self._children:
            # Not reaped yet, so the number is still this child's.
            os.kill(pid, signal.SIGKILL)

    def on_fork(self, sequence: int) -> None:
        """A worker is wanted; this process may come back as that."""
        descriptors = self._descriptors
        if len(descriptors) != _DESCRIPTORS:
            raise LinkBroken("a FORK frame came without its descriptors")
        for stream in (sys.stdout, sys.stderr):
            try:
                stream.flush()
            except (AttributeError, OSError, ValueError):
                # None, closed or broken: the worker has nothing of it either.
                continue
        try:
            pid = native.fork()
        except OSError as error:
            self._send(wire.pack_forked(0, 0, sequence, 0, clip(str(error), 0xFFFF)))
            pid = -1
        if pid == 0:
            self._is_worker = True
            return
        for descriptor in descriptors:
            os.close(descriptor)
        if pid > 0:
            self._children.add(pid)
            self._send(wire.pack_forked(0, 0, sequence, pid, b""))

    def _become_worker(self, descriptors: List[int]) -> Boot:
        # Before anything else. Where the kernel does not do it the worker dies with its template, and that with the
        # front.
        if not process.die_with_pipe(descriptors[_STREAMS]):
            process.die_with_parent(self._pid)
        native.begin_child()
        signal.set_wakeup_fd(-1)
        native.signal(signal.SIGCHLD, signal.SIG_DFL if self._child_handler is None else self._child_handler)
        for number, descriptor in enumerate(descriptors[:_STREAMS]):
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
        with self._lock:
            try:
                self._sock.sendall(frame)
            except OSError:
                # Noticed by the reading side.
                pass

    def _receive(self) -> Tuple[int, bytes, List[int]]:
        """One frame, with the descriptors that came with it."""
        space = socket.CMSG_SPACE(_DESCRIPTORS * array.array("i").itemsize)
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
        length, kind, flags, zero, stream = wire.HEADER.unpack(head)
        if length > wire.MAX_PAYLOAD or zero or flags or stream:
            raise LinkBroken("malformed frame header")
        return kind, links.read_exactly(self._sock, length), list(descriptors)


def _wake_up(number: int, frame: Optional[object]) -> None:
    """A handler and not SIG_IGN: only then is the wake-up written, and the end of a child kept to be read."""


def _exit_code(status: int) -> int:
    return 128 + os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)
