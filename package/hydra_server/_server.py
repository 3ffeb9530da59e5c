"""A server for tests and scripts: start, url, stop."""

import os
import shutil
import socket
import subprocess
import tempfile
import time
from typing import Any, List, Optional, Tuple
from types import TracebackType

from ._arguments import arguments
from ._executable import find
from ._process import start, tell

_STATUS = b"STATUS="
# Bytes of a message.
_MOST_SAID = 65536


class Server:
    """A server that runs beside this program::

        with Server("app:app", workers=2) as server:
            urllib.request.urlopen(server.url + "/")

    It listens at a free port of 127.0.0.1, which this process opens and passes on (Windows: chooses), so that ``url`` holds from the start.

    Args:
        app: as for ``run``.
        timeout: seconds that the application may take to be ready.
        options: as for ``run``. Where they say where to listen (``bind``, ``host``, ``port``, ``uds``), ``url`` is not known and None.
    """

    def __init__(self, app: Any = None, *, timeout: float = 60.0, **options: Any) -> None:
        self._app = app
        self._timeout = timeout
        self._options = options
        self._process: "Optional[subprocess.Popen[bytes]]" = None
        self._url: Optional[str] = None

    @property
    def url(self) -> Optional[str]:
        """Where it is, as ``http://127.0.0.1:PORT``; None before the start."""
        return self._url

    @property
    def process_id(self) -> Optional[int]:
        """The server's process id; None while it does not run."""
        return self._process.pid if self._process is not None else None

    def start(self) -> "Server":
        """Starts it, and returns when all its workers are ready.

        Raises:
            RuntimeError: it runs already, has ended (with its own sentence, where it had one; Windows: that is on standard error alone), or was
                not ready in time.
            FileNotFoundError: the executable is not there.
        """
        if self._process is not None:
            raise RuntimeError("the server runs already")
        command = [find()] + arguments(self._app, dict(self._options))
        listener, address = self._listen()
        directory = None
        notify = None
        environment = dict(os.environ)
        try:
            if listener is not None and os.name == "posix":
                command.insert(1, "--fd=%d" % listener.fileno())
            elif address is not None:
                command.insert(1, "--bind=%s:%d" % address)
            if os.name == "posix":
                directory = tempfile.mkdtemp(prefix="hydra-")
                notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
                notify.bind(os.path.join(directory, "notify"))
                environment["NOTIFY_SOCKET"] = os.path.join(directory, "notify")
            elif listener is not None:
                listener.close()
            passed = (listener.fileno(),) if listener is not None and os.name == "posix" else ()
            # A group of its own: Ctrl-C is for this program, which stops the server then.
            self._process = start(command, env=environment, pass_fds=passed, start_new_session=os.name == "posix")
            self._url = None if address is None else "http://%s:%d" % address
            try:
                self._await_ready(notify, address)
            except BaseException:
                self.stop()
                raise
        finally:
            for one in (listener, notify):
                if one is not None:
                    one.close()
            if directory is not None:
                shutil.rmtree(directory, ignore_errors=True)
        return self

    def stop(self, timeout: float = 60.0) -> int:
        """Stops it as SIGTERM does (Windows: Ctrl-Break): requests that run are answered. Without effect where it does not run.

        Args:
            timeout: seconds after which it is killed.

        Returns:
            Its exit code: 0 when it ended in order.
        """
        process, self._process, self._url = self._process, None, None
        if process is None:
            return 0
        if process.poll() is None:
            tell(process)
        try:
            return process.wait(timeout)
        except subprocess.TimeoutExpired:
            process.kill()
            return process.wait()

    def __enter__(self) -> "Server":
        return self.start()

    def __exit__(self, kind: "Optional[type[BaseException]]", error: Optional[BaseException], trace: Optional[TracebackType]) -> None:
        self.stop()

    def _listen(self) -> "Tuple[Optional[socket.socket], Optional[Tuple[str, int]]]":
        if any(self._options.get(name) is not None for name in ("bind", "host", "port", "uds", "fd")):
            return None, None
        listener = socket.socket()
        listener.bind(("127.0.0.1", 0))
        if os.name == "posix":
            listener.listen()
        return listener, listener.getsockname()

    def _await_ready(self, notify: Optional[socket.socket], address: "Optional[Tuple[str, int]]") -> None:
        process = self._process
        assert process is not None
        deadline = time.monotonic() + self._timeout
        if notify is not None:
            notify.settimeout(0.05)
        why = ""
        while time.monotonic() < deadline:
            if process.poll() is not None:
                # What it has said last may not have been read yet.
                why = (_status(notify) if notify is not None else "") or why
                raise RuntimeError("the server has ended with exit code %d before it was ready%s" % (process.returncode, why and ": " + why))
            if notify is None:
                # It listens when its workers are ready or as good as that; requests wait for them.
                if address is None or _accepts(address):
                    return
                time.sleep(0.05)
                continue
            try:
                said = notify.recv(_MOST_SAID).split(b"\n")
            except socket.timeout:
                continue
            if b"READY=1" in said:
                return
            why = _sentence(said) or why
        raise RuntimeError("the server was not ready after %g s" % self._timeout)


def _status(notify: socket.socket) -> str:
    """What the server has said last of why it does not start."""
    why = ""
    notify.setblocking(False)
    while True:
        try:
            why = _sentence(notify.recv(_MOST_SAID).split(b"\n")) or why
        except OSError:
            return why


def _sentence(said: "List[bytes]") -> str:
    """sd_notify(3) has a line for each thing that is said, and STATUS= for people."""
    return "".join(line[len(_STATUS) :].decode("utf-8", "replace") for line in said if line.startswith(_STATUS))


def _accepts(address: "Tuple[str, int]") -> bool:
    try:
        socket.create_connection(address, 0.2).close()
    except OSError:
        return False
    return True
