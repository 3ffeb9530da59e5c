"""An application, and functions that --on-worker-exit may name."""

import os
import signal

from signals_board import blocking_gate, record

NO_FUNCTION = 5


def app(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"%d" % os.getpid()]


def note(pid, worker, exit_code):
    record("ended", f"{pid} {worker} {exit_code}")


def note_id(pid, path=None):
    """As prometheus_client's mark_process_dead."""
    record("ended", f"{pid} {path} {os.environ.get('HYDRA_WORKER_ID')}")


def fail(pid):
    raise LookupError(f"no files of {pid}")


def crash(pid):
    os.kill(os.getpid(), signal.SIGSEGV)


def hang(pid):
    record("begun", pid)
    blocking_gate("hook")
    record("ended", pid)


async def coroutine(pid):
    raise AssertionError("nobody awaits it")
