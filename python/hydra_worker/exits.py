"""
--on-worker-exit: the user's function, called for workers that have ended.

A worker only looks whether it is there. It is called in a process of its own, which the front starts for that: a
worker that was killed cannot do it, and what the function does wrong hurts no worker.
"""

from __future__ import annotations

import inspect
import os
import sys
from typing import Any, Callable, Dict, List, Tuple

from . import boot as boots, loading, logs, names, process, wire
from .boot import Boot
from .errors import StartError
from .tracebacks import format_exception

# What the function is told by name beside the process id, where it has a parameter of that name.
_FACTS = ("worker", "exit_code")


def find(boot: Boot) -> Callable[..., Any]:
    """The function; raises StartError."""
    name = boot.exit_hook
    module_name, _, path = name.partition(":")
    try:
        _, function = loading.find_attribute(loading.import_module(module_name), module_name, path)
    except StartError as error:
        raise StartError(
            wire.FAILURE_EXIT_HOOK_MISSING, f"--on-worker-exit: {error.message}", error.cause, error.trace
        ) from None
    if not callable(function) or inspect.iscoroutinefunction(function):
        raise StartError(
            wire.FAILURE_EXIT_HOOK_MISSING, f'--on-worker-exit: "{name}" is not a plain function.'
        )
    try:
        inspect.signature(function).bind(0, **dict.fromkeys(_wanted(function), 0))
    except TypeError:
        raise StartError(
            wire.FAILURE_EXIT_HOOK_MISSING,
            f'--on-worker-exit: "{name}" cannot be called with the process id of a worker alone.',
        ) from None
    except ValueError:
        # A function without a signature that could be looked at.
        pass
    return function


def run(boot: Boot) -> int:
    """Calls the function for all workers that the front names; returns the exit code of this process."""
    os.environ.pop("HYDRA_WORKER_ID", None)
    # What a terminal or a service sends to all processes of the server must not keep the function from its work.
    process.HeldSignals()
    logs.line_buffer_output()
    names.prepare(boot)
    boots.prepare_sys_path(boot)
    try:
        function = find(boot)
    except StartError as error:
        trace = error.trace if error.cause is None else format_exception(error.cause)
        print("\n".join(part for part in (trace.rstrip(), error.message) if part), file=sys.stderr)
        return 1
    failed = 0
    facts = _wanted(function)
    for pid, worker, code in _ended(boot.ended):
        known = dict(zip(_FACTS, (worker, code)))
        try:
            function(pid, **{name: known[name] for name in facts})
        except BaseException as error:
            failed += 1
            print(format_exception(error).rstrip(), file=sys.stderr)
    return 1 if failed else 0


def _ended(text: str) -> List[Tuple[int, int, int]]:
    """What the front's EndedWorker.Join has joined."""
    ended = []
    for item in text.split():
        pid, worker, code = item.split(",")
        ended.append((int(pid), int(worker), int(code)))
    return ended


def _wanted(function: Callable[..., Any]) -> List[str]:
    """Which of _FACTS the function takes by name."""
    try:
        parameters: Dict[str, inspect.Parameter] = dict(inspect.signature(function).parameters)
    except (TypeError, ValueError):
        # Written in C, without a signature.
        return []
    kinds = [parameter.kind for parameter in parameters.values()]
    if inspect.Parameter.VAR_KEYWORD in kinds:
        return list(_FACTS)
    # The first one is the process id, whatever it is called.
    return [name for name in list(parameters)[1:] if name in _FACTS]
