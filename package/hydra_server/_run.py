"""Runs the server from Python, in the foreground."""

import os
import signal
import subprocess
import sys
from typing import Any, List, NoReturn, Optional

from ._arguments import arguments
from ._executable import find
from ._process import start, tell

# What an operator sends to a server. Windows has few of them.
_PASSED_ON = ("SIGTERM", "SIGHUP", "SIGUSR1", "SIGUSR2", "SIGTTIN", "SIGTTOU", "SIGWINCH", "SIGQUIT", "SIGBREAK")


def run(app: Any = None, **options: Any) -> None:
    """Serves an application until the server is stopped, as ``uvicorn.run`` does.

    Args:
        app: ``"module:attribute"``, or an object that a module has under a name. Workers are other processes, which import it: in a
            script of its own keep the call under ``if __name__ == "__main__":``. None where options name it.
        options: any option of the command line, with underscores: ``workers=2``, ``bind=["127.0.0.1:8000"]``, ``access_log=True``.

    Signals for a server (SIGTERM, SIGHUP …) that this process gets are passed on to it while it runs, if this is the main thread. Ctrl-C goes to
    both; the server ends by it in order.

    Raises:
        SystemExit: the server has ended with another exit code than 0; the code is its.
        FileNotFoundError: the executable is not there.
        TypeError: the application has no name.
    """
    code = _run([find()] + arguments(app, options))
    if code:
        raise SystemExit(code if code > 0 else 128 - code)


def execute(options: "Optional[List[str]]" = None) -> NoReturn:
    """Becomes the server: ``python -m hydra_server OPTIONS``. This interpreter is the one that its workers run."""
    program = find()
    words = sys.argv[1:] if options is None else options
    os.environ.setdefault("HYDRA_PYTHON", sys.executable)
    if os.name == "posix":
        os.execv(program, ["hydra"] + words)
    sys.exit(_run([program] + words))


def _run(command: List[str]) -> int:
    process = start(command)
    before = _pass_on(process)
    try:
        return _wait(process)
    finally:
        for number, handler in before:
            signal.signal(number, handler)


def _pass_on(process: "subprocess.Popen[bytes]") -> "list[tuple[Any, Any]]":
    before = []
    # A script's shell has what it starts with & ignore Ctrl-C; who sends SIGINT to it by its number means it.
    ignored = ("SIGINT",) if signal.getsignal(signal.SIGINT) == signal.SIG_IGN else ()
    for name in _PASSED_ON + ignored:
        number = getattr(signal, name, None)
        if number is None:
            continue
        try:
            before.append((number, signal.signal(number, lambda received, _: tell(process, received))))
        except ValueError:
            return []  # not the main thread, which alone hears of signals
        except OSError:
            continue
    return before


def _wait(process: "subprocess.Popen[bytes]") -> int:
    while True:
        try:
            return process.wait()
        except KeyboardInterrupt:
            # The terminal has told the server too. Without one it has not heard of it, and a second SIGINT does no harm.
            tell(process, signal.SIGINT)
