"""What an interface is to the worker. ASGI and WSGI are adapters, and so is what `--interface module:Adapter` names."""

from __future__ import annotations

from typing import Any, Optional

from . import wire


class Adapter:
    """
    One interface. An adapter of the user's may be an object, a class (which is called without arguments) or a
    module; only `run` is required of it, and what it has not is as here.
    """

    # As READY tells it. An adapter of the user's has the name by which it was found.
    name = ""
    # Whether an event loop is to be current while the application is imported; it is then worker.loop.
    wants_loop = False
    # Whether it serves with --loop trio, too, which is no loop of asyncio's kind.
    has_trio = False
    # Whether it serves with --worker-loops, too: on several event loops in one process.
    has_loops = False
    # Whether --lifespan on means something.
    has_lifespan = False
    # What the front may expect: the sum of wire.FEATURE_*.
    features = wire.FEATURE_NONE

    def owns(self, application: Any) -> bool:
        """
        Whether it is of a kind that this adapter alone can serve, whatever it looks like as a callable; and whether it can serve what
        a loading.AsyncFactory makes, which is asked where the application is one.
        """
        return False

    def recognises(self, application: Any, found: Optional[str]) -> bool:
        """Whether to serve this application where no interface is named; `found` is what detect() found."""
        return found == self.name

    def refuse(self, application: Any, found: Optional[str]) -> Optional[str]:
        """
        The end of a sentence that says why it cannot serve this application, or None. Where detection is only a
        guess, the user's word counts.
        """
        return None

    def prepare(self, loop: str) -> None:
        """Imports what serving needs, so that workers which are forked share it; `loop` is the option."""

    def run(self, worker: Any, application: Any) -> int:
        """
        Serves until the worker is told to stop; returns the exit code. See main.Worker: it attaches a
        control.Engine to worker.control, calls worker.ready(), and in the end worker.control.goodbye().
        """
        raise NotImplementedError
