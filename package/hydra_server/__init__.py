"""Hydra, a production server for Python web applications: how to start it from Python, and what it offers to the applications that it runs.

``run("app:app", workers=2)`` serves until it is stopped; ``Server`` is a server for tests. On the command line it is ``hydra app:app``.
``hydra_server.state`` is what the workers of an application share; ``defer``, ``pool``, ``every`` and ``cron`` are work that other processes do.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ._executable import find as executable
    from ._run import run
    from ._server import Server
    from .tasks import adefer, cron, defer, every, pool

__all__ = ["Server", "adefer", "cron", "defer", "every", "executable", "pool", "run"]
__version__ = "0.1.0"

# Where it is imported for the state alone nothing of these is needed.
_LATER = {
    "executable": ("_executable", "find"),
    "run": ("_run", "run"),
    "Server": ("_server", "Server"),
    "adefer": ("tasks", "adefer"),
    "cron": ("tasks", "cron"),
    "defer": ("tasks", "defer"),
    "every": ("tasks", "every"),
    "pool": ("tasks", "pool"),
}


def __getattr__(name: str) -> Any:
    if name not in _LATER:
        raise AttributeError("module %r has no attribute %r" % (__name__, name))
    from importlib import import_module

    module, attribute = _LATER[name]
    value = globals()[name] = getattr(import_module("." + module, __name__), attribute)
    return value
