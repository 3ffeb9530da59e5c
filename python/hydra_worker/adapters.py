"""
The interfaces that the shim speaks. One more is one more line here and a module with a `run` function.

`run(worker, application)` serves until the worker is told to stop and returns the exit code.
"""

from __future__ import annotations

import importlib
from typing import Any, Callable, Dict

from . import wire
from .boot import Boot
from .detect import detect, is_coroutine_callable
from .errors import StartError
from .loading import call_factory, check_callable
from .logs import logger

# Interface → the module that serves it.
REGISTRY: Dict[str, str] = {
    "asgi": "hydra_worker.asgi.engine",
    "asgi2": "hydra_worker.asgi.engine",
    "wsgi": "hydra_worker.wsgi.engine",
}

Run = Callable[[Any, str, Any], int]

# Interfaces that need an event loop, which the application may want to find while it is imported.
WITH_LOOP = ("auto", "asgi", "asgi2")


def choose(boot: Boot, application: Any) -> "tuple[str, Any]":
    """
    Settles the interface. Returns it with the application, which is another where a factory had to be called
    for it.
    """
    check_callable(application, boot.app)
    found = detect(application)
    if found == "factory" and not boot.factory:
        logger.warning('"%s" takes no arguments: it is called as a factory. Say so with --factory.', boot.app)
        application = call_factory(application, boot.app)
        found = detect(application)
    wanted = boot.interface
    if wanted == "auto":
        if found is None or found == "factory":
            raise StartError(
                wire.FAILURE_INTERFACE_MISMATCH,
                f'"{boot.app}" is neither an ASGI nor a WSGI application by its parameters; '
                "name its interface with --interface.",
            )
        return found, application
    if wanted not in REGISTRY:
        known = ", ".join(sorted(REGISTRY))
        raise StartError(
            wire.FAILURE_INTERFACE_MISMATCH, f'There is no interface "{wanted}"; there are {known}.'
        )
    _check_match(boot.app, wanted, found, application)
    return wanted, application


def _check_match(name: str, wanted: str, found: "str | None", application: Any) -> None:
    """Refuses what cannot work; where detection is only a guess, the user's word counts."""
    coroutine = not isinstance(application, type) and is_coroutine_callable(application)
    if wanted == "wsgi" and (coroutine or found == "asgi"):
        raise StartError(
            wire.FAILURE_INTERFACE_MISMATCH,
            f'"{name}" is an ASGI application; it cannot be served with --interface wsgi.',
        )
    if wanted in ("asgi", "asgi2") and found == "wsgi" and _takes(application, "environ", "start_response"):
        raise StartError(
            wire.FAILURE_INTERFACE_MISMATCH,
            f'"{name}" is a WSGI application; it cannot be served with --interface {wanted}.',
        )
    if wanted == "asgi" and found == "asgi2" or wanted == "asgi2" and found == "asgi":
        raise StartError(
            wire.FAILURE_INTERFACE_MISMATCH,
            f'"{name}" is an {found} application, not {wanted}; serve it with --interface {found}.',
        )


def _takes(application: Any, *names: str) -> bool:
    from .detect import parameters

    found = parameters(application)
    return found is not None and set(names) <= set(found[0])


def runner(interface: str) -> Run:
    """The function that serves the interface."""
    return importlib.import_module(REGISTRY[interface]).run
