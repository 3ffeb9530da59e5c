"""Which adapter serves the application. One more built-in interface is one more line here."""

from __future__ import annotations

from typing import Any, Dict, Optional, Tuple

from . import loading, manyloops, ontrio, wire
from .adapter import Adapter
from .aiohttp.adapter import AIOHTTP
from .asgi.adapter import ASGI, ASGI2
from .boot import Boot
from .detect import detect, fits, has_rsgi, is_coroutine_callable
from .errors import StartError
from .logs import logger
from .raw.adapter import RAW
from .rsgi.adapter import RSGI
from .tasks.adapter import BY_NAME as TASK_ADAPTERS, TaskAdapter
from .tracebacks import summarize
from .tornado.adapter import TORNADO
from .wsgi.adapter import WSGI

# Those of the shim's own, in the order in which they are asked. The front knows their names: OptionNames.Interfaces.
BUILT_IN: Dict[str, Adapter] = {each.name: each for each in (ASGI, ASGI2, WSGI, RSGI, RAW, AIOHTTP, TORNADO)}

AUTO = "auto"


def find(boot: Boot) -> Optional[Adapter]:
    """The adapter that the user has named; None where the application decides. Raises StartError."""
    name = boot.interface
    if name == AUTO:
        return None
    if name in TASK_ADAPTERS:
        return TASK_ADAPTERS[name]
    if ":" in name:
        return _Named(name, _load(name))
    if name not in BUILT_IN:
        known = ", ".join(sorted(BUILT_IN))
        raise StartError(
            wire.FAILURE_INTERFACE_MISMATCH, f'There is no interface "{name}"; there are {known}.'
        )
    return BUILT_IN[name]


def choose(boot: Boot, named: Optional[Adapter], application: Any) -> Tuple[Adapter, Any]:
    """
    Settles the adapter. Returns it with the application, which is another where a factory had to be called
    for it. Raises StartError.
    """
    adapter, application = _choose(boot, named, application)
    if boot.loop == ontrio.NAME and adapter.wants_loop and not adapter.has_trio:
        raise ontrio.refusal(boot.app, adapter.name)
    if boot.worker_loops > 1:
        manyloops.check(boot, adapter)
    return adapter, application


def _choose(boot: Boot, named: Optional[Adapter], application: Any) -> Tuple[Adapter, Any]:
    if isinstance(named, TaskAdapter):
        # It is imported for what it brings along.
        return named, application
    if isinstance(named, _Named):
        # What it serves may be anything, but a factory is called before it is there.
        if isinstance(application, loading.AsyncFactory):
            raise application.refusal()
        _check(boot, named, application, None)
        return named, application
    application = _as_async_factory(boot, named, application)
    owner = _owner(boot, named, application)
    if owner is not None:
        return owner, application
    _check_callable(boot, named, application, boot.factory)
    found = detect(application)
    if found == "factory" and not boot.factory:
        logger.warning('"%s" takes no arguments: it is called as a factory. Say so with --factory.', boot.app)
        application = loading.call_factory(application, boot.app)
        owner = _owner(boot, named, application)
        if owner is not None:
            return owner, application
        _check_callable(boot, named, application, True)
        found = detect(application)
    adapter = named
    if named is not None:
        _check(boot, named, application, found)
    else:
        adapter = next((each for each in BUILT_IN.values() if each.recognises(application, found)), None)
    if adapter is not None:
        if boot.lifespan == "on" and not adapter.has_lifespan:
            raise StartError(
                wire.FAILURE_INTERFACE_MISMATCH,
                f'"{boot.app}" is served with --interface {adapter.name}, which has no lifespan: leave out --lifespan on.',
            )
        return adapter, application
    hint = " A coroutine function of two, scope and protocol, is served with --interface rsgi." if is_coroutine_callable(application) and fits(application, 2) else ""
    raise StartError(
        wire.FAILURE_INTERFACE_MISMATCH,
        f'"{boot.app}" is neither an ASGI nor a WSGI application by its parameters, and has no __rsgi__; '
        f"name its interface with --interface.{hint}",
    )


def _check_callable(boot: Boot, named: Optional[Adapter], application: Any, was_made: bool) -> None:
    if not has_rsgi(application) or named not in (None, RSGI):
        loading.check_callable(application, boot.app, was_made)


def _as_async_factory(boot: Boot, named: Optional[Adapter], application: Any) -> Any:
    """The application, but of a coroutine function without parameters an AsyncFactory where an interface takes such."""
    if isinstance(application, loading.AsyncFactory):
        if not _is_owned(named, application):
            raise application.refusal()
        return application
    if not loading.is_async_factory(application):
        return application
    factory = loading.AsyncFactory(application, boot.app)
    return factory if _is_owned(named, factory) else application


def _is_owned(named: Optional[Adapter], application: Any) -> bool:
    return any(adapter.owns(application) for adapter in (BUILT_IN.values() if named is None else (named,)))


def _owner(boot: Boot, named: Optional[Adapter], application: Any) -> Optional[Adapter]:
    """The adapter that alone can serve this kind of application, if it is of such a kind. Raises StartError where another is named."""
    if named is not None and named.owns(application):
        return named
    for adapter in BUILT_IN.values():
        if adapter.owns(application):
            if named is None:
                return adapter
            raise StartError(
                wire.FAILURE_INTERFACE_MISMATCH,
                f'"{boot.app}" is an application of {adapter.name}; serve it with --interface {adapter.name}.',
            )
    return None


def _check(boot: Boot, adapter: Adapter, application: Any, found: Optional[str]) -> None:
    problem = adapter.refuse(application, found)
    if problem:
        raise StartError(wire.FAILURE_INTERFACE_MISMATCH, f'"{boot.app}" {problem}')


def _load(name: str) -> Any:
    module_name, _, path = name.partition(":")
    _, target = loading.find_attribute(loading.import_module(module_name), module_name, path)
    if isinstance(target, type):
        try:
            target = target()
        except BaseException as error:
            raise StartError(
                wire.FAILURE_FACTORY_RAISED, f'The adapter "{name}" raised {summarize(error)}.', error
            ) from None
    if not callable(getattr(target, "run", None)):
        raise StartError(wire.FAILURE_INTERFACE_MISMATCH, f'The adapter "{name}" has no run(worker, application).')
    return target


class _Named(Adapter):
    """An adapter of the user's, with what it has not as every adapter has it."""

    def __init__(self, name: str, target: Any) -> None:
        self.name = name
        for attribute in ("wants_loop", "has_trio", "has_loops", "features", "refuse", "prepare", "run"):
            if hasattr(target, attribute):
                setattr(self, attribute, getattr(target, attribute))
