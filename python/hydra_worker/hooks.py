"""
--on-starting, --on-reload, --on-worker-start, --on-worker-ready: the user's functions, called at turns of the server's life.

The first two are called in a process of their own, which the front starts for that (run()); a worker calls the others in itself.
See docs/workers.md.
"""

from __future__ import annotations

import inspect
import os
import sys
from typing import Any, Callable, Dict, List, Optional, Sequence

from . import boot as boots, loading, logs, names, process, wire
from .boot import Boot
from .detect import is_coroutine_callable
from .errors import StartError
from .tracebacks import format_exception, summarize

# BootDocument.Event: what the process is for, where it is none of a worker.
STARTING = "starting"
RELOAD = "reload"
CHECK = "check"


class Hook:
    """One function that an option names."""

    __slots__ = ("option", "name", "is_async", "_function", "_wanted")

    def __init__(self, option: str, name: str, facts: Sequence[str]) -> None:
        """Finds the function, which may take these facts by name; raises StartError."""
        self.option = option
        self.name = name
        self._function = _find(option, name)
        self.is_async = is_coroutine_callable(self._function)
        self._wanted = self._names(facts)

    def _names(self, facts: Sequence[str]) -> List[str]:
        """Which of the facts the function takes. Raises StartError where it wants what there is not."""
        try:
            parameters = list(inspect.signature(self._function).parameters.values())
        except (TypeError, ValueError):
            # Written in C, without a signature.
            return []
        if any(parameter.kind is inspect.Parameter.VAR_KEYWORD for parameter in parameters):
            return list(facts)
        by_name = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
        wanted = [each.name for each in parameters if each.kind in by_name and each.name in facts]
        needed = [each for each in parameters if each.default is each.empty and each.kind is not inspect.Parameter.VAR_POSITIONAL]
        unknown = [each.name for each in needed if each.name not in wanted]
        if unknown:
            raise self._failure(f'wants a parameter "{unknown[0]}"; it may have {" and ".join((", ".join(facts[:-1]), facts[-1]))}, by these names.')
        return wanted

    def call(self, facts: Dict[str, Any]) -> Any:
        """Calls it; of a coroutine function the result is what is to be awaited. Raises StartError."""
        try:
            return self._function(**{name: facts[name] for name in self._wanted})
        except (Exception, SystemExit, KeyboardInterrupt) as error:
            raise self._raised(error) from None

    async def call_async(self, facts: Dict[str, Any]) -> None:
        """Calls it, and waits for its end where it is a coroutine function. Raises StartError."""
        result = self.call(facts)
        if self.is_async:
            try:
                await result
            except (Exception, SystemExit, KeyboardInterrupt) as error:
                raise self._raised(error) from None

    def refuse_async(self, why: str) -> None:
        """Raises StartError where it is a coroutine function."""
        if self.is_async:
            raise self._failure(f"is a coroutine function: {why}")

    def _raised(self, error: BaseException) -> StartError:
        if isinstance(error, SystemExit):
            return self._failure(f"called sys.exit({'' if error.code is None else repr(error.code)}).", error)
        return self._failure(f"raised {summarize(error)}.", error)

    def _failure(self, rest: str, cause: Optional[BaseException] = None) -> StartError:
        return StartError(wire.FAILURE_HOOK_FAILED, f'--{self.option}: "{self.name}" {rest}', cause)


class WorkerHooks:
    """Those of a worker: each kind is called once, in the order in which they were named."""

    FACTS = ("worker", "pid")
    READY_FACTS = ("worker", "pid", "application")

    def __init__(self, boot: Boot) -> None:
        """Finds them all, before the application is imported; raises StartError."""
        self._start = find("on-worker-start", boot.start_hooks, self.FACTS)
        self._ready = find("on-worker-ready", boot.ready_hooks, self.READY_FACTS)
        for hook in self._start:
            hook.refuse_async("no event loop runs when a worker starts; --on-worker-ready awaits one where the application has a loop.")

    def started(self, boot: Boot) -> None:
        """In the worker's process, before it imports the application, or after it was forked. Raises StartError."""
        for hook in self._start:
            hook.call({"worker": boot.worker, "pid": os.getpid()})

    def call_ready(self, boot: Boot, application: Any) -> None:
        """Before READY, where no event loop is. Raises StartError."""
        hooks, self._ready = self._ready, []
        for hook in hooks:
            hook.refuse_async("this application is served without an event loop; give a plain function.")
        for hook in hooks:
            hook.call(_facts_of(boot, application))

    async def await_ready(self, boot: Boot, application: Any) -> None:
        """Before READY, on the event loop. Raises StartError."""
        hooks, self._ready = self._ready, []
        for hook in hooks:
            await hook.call_async(_facts_of(boot, application))


def _facts_of(boot: Boot, application: Any) -> Dict[str, Any]:
    return {"worker": boot.worker, "pid": os.getpid(), "application": application}


def find(option: str, names: str, facts: Sequence[str]) -> List[Hook]:
    """The functions that the front names, with blanks between. Raises StartError."""
    return [Hook(option, name, facts) for name in names.split()]


# What the functions of the server's own turns may take: the process id of the server, and what it serves.
SERVER_FACTS = ("pid", "application")


def find_reload(boot: Boot) -> List[Hook]:
    """Those of --on-reload. A worker looks whether they are there, so that not the first reload finds out. Raises StartError."""
    return _find_plain("on-reload", boot.reload_hooks)


def _find_plain(option: str, names: str) -> List[Hook]:
    hooks = find(option, names, SERVER_FACTS)
    for hook in hooks:
        hook.refuse_async("no event loop runs here; give a plain function, which may call asyncio.run().")
    return hooks


def run(boot: Boot) -> int:
    """The process of an event of the server's: calls the functions; returns the exit code. The first that fails is the last."""
    os.environ.pop("HYDRA_WORKER_ID", None)
    # What a terminal or a service sends to all processes of the server: it is the front that ends this one.
    process.HeldSignals()
    logs.line_buffer_output()
    # They may import what applications do: the server's own package.
    names.prepare(boot)
    boots.prepare_sys_path(boot)
    try:
        if boot.event == RELOAD:
            hooks = find_reload(boot)
        else:
            hooks = _find_plain("on-starting", boot.starting_hooks)
        if boot.event != CHECK:
            for hook in hooks:
                hook.call({"pid": os.getppid(), "application": boot.app})
    except StartError as error:
        trace = error.trace if error.cause is None or isinstance(error.cause, SystemExit) else format_exception(error.cause)
        print("\n".join(part for part in (trace.rstrip(), error.message) if part), file=sys.stderr)
        return 1
    return 0


def _find(option: str, name: str) -> Callable[..., Any]:
    module_name, _, path = name.partition(":")
    try:
        _, function = loading.find_attribute(loading.import_module(module_name), module_name, path)
    except StartError as error:
        raise StartError(wire.FAILURE_HOOK_FAILED, f"--{option}: {error.message}", error.cause, error.trace) from None
    if not callable(function):
        raise StartError(
            wire.FAILURE_HOOK_FAILED, f'--{option}: "{name}" is not a function: it is {loading.kind_of(function)}.'
        )
    result: Callable[..., Any] = function
    return result
