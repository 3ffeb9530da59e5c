"""The life of a worker whose requests are tasks of trio's."""

from __future__ import annotations

import time
from typing import Any, Callable, List, Optional

import trio

from .. import forks, process
from ..logs import log_exception, logger
from .host import TrioHost

# What tasks that are cancelled at the end have at least.
_LEAST_CANCEL_SECONDS = 1.0


class TrioLife:
    """What an engine has of trio: it stands before LoopEngine among the bases of an interface's."""

    def describe_loop(self) -> str:
        return f"trio {trio.__version__}"

    async def wait_tasks(self, tasks: List[Any], seconds: float) -> None:
        with trio.move_on_after(seconds):
            for task in tasks:
                await task.wait()


class _Outcome:
    """What a worker comes to. It is kept out of nurseries, which wrap what they raise."""

    code = 0
    error: Optional[BaseException] = None


def run(worker: Any, make: Callable[[Any, Any], Any]) -> int:
    """Serves with the engine that `make` makes, of the worker and its loop; returns the exit code."""
    outcome = _Outcome()
    trio.run(_main, worker, make, outcome)
    if outcome.error is not None:
        raise outcome.error
    return outcome.code


async def _main(worker: Any, make: Callable[[Any, Any], Any], outcome: _Outcome) -> None:
    engines: List[Any] = []
    async with trio.open_nursery() as nursery:
        host = TrioHost(nursery)
        try:
            engine = make(worker, host)
            engines.append(engine)
            outcome.code = await engine.serve()
            worker.control.goodbye(engine.cancelled, engine.failure)
        except trio.Cancelled:
            # Nobody else cancels this: a callback has raised.
            assert host.failure is not None
        except BaseException as error:
            outcome.error = error
        if host.failure is not None:
            _break_off(engines, host.failure)
            outcome.error = host.failure
        nursery.cancel_scope.cancel()
        host.call_later(max(_LEAST_CANCEL_SECONDS, worker.control.time_left() - _LEAST_CANCEL_SECONDS), _leave, host, outcome, time.monotonic())


def _break_off(engines: List[Any], error: BaseException) -> None:
    """SystemExit or KeyboardInterrupt, from a callback of the application's."""
    if forks.is_child:
        forks.leave(error)
    for engine in engines:
        engine.break_off()
    log_exception("The application has ended its worker", error)


def _leave(host: TrioHost, outcome: _Outcome, since: float) -> None:
    """Tasks that are shielded from their cancellation would keep the process."""
    names = sorted(task.get_name() for task in host.all_tasks())
    logger.warning("Tasks have not ended %.1f s after they were cancelled: %s", time.monotonic() - since, ", ".join(names[:5]))
    process.hard_exit(outcome.code)
