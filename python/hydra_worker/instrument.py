"""
--instrument: agents that watch an application, set up in the worker before that is imported, and put around it when it is.

What each of them wants is what its own documentation says to do by hand. See docs/workers.md.
"""

from __future__ import annotations

import importlib
import inspect
import os
import sys
from typing import Any, Callable, Dict, Iterable, List, Set, Tuple

from . import loading, wire
from .boot import Boot
from .detect import detect, is_coroutine_callable
from .errors import StartError
from .logs import logger
from .tracebacks import summarize

# How far, and how much, is looked into what an application is made of.
_DEPTH = 12
_MOST = 500
# Where the packages that are installed name what OpenTelemetry is to load.
_INSTRUMENTORS = "opentelemetry_instrumentor"

# Puts something around an application of an interface, by the interface's name.
Wrap = Callable[[str, Any], Any]


def prepare(boot: Boot) -> List[Wrap]:
    """Sets the agents up, before the application is imported; returns what is then to be put around it. Raises StartError."""
    wraps: List[Wrap] = []
    for name in boot.instrument.split():
        if ":" in name:
            wraps.append(_function(name))
            continue
        package, install = _PACKAGES[name]
        try:
            wraps.append(_AGENTS[name]())
        except ModuleNotFoundError as error:
            if error.name is None or error.name.partition(".")[0] != package:
                raise _raised(name, error) from None
            raise _failure(name, f"needs {install}, which is not installed in {sys.executable} (no module {error.name!r}).") from None
        except (Exception, SystemExit) as error:
            raise _raised(name, error) from None
    return wraps


def wrap(wraps: List[Wrap], interface: str, application: Any) -> Any:
    """The application with the agents around it, the first of them outermost. Raises StartError."""
    for each in reversed(wraps):
        application = each(interface, application)
    return application


# ---- the agents


def _opentelemetry() -> Wrap:
    """What `opentelemetry-instrument` has done before a program begins, and a middleware where no instrumentor of the framework's traces requests."""
    from opentelemetry import trace
    from opentelemetry.instrumentation import auto_instrumentation

    # Older ones say what has failed in the log, and go on.
    strict = "swallow_exceptions" in inspect.signature(auto_instrumentation.initialize).parameters
    auto_instrumentation.initialize(**({"swallow_exceptions": False} if strict else {}))
    if type(trace.get_tracer_provider()).__name__ == "ProxyTracerProvider":
        logger.warning(
            "--instrument opentelemetry: nobody has set up a provider of traces, so that nothing is exported. opentelemetry-distro does it, "
            "by OTEL_TRACES_EXPORTER and the like; or --on-worker-start MODULE:FUNCTION, which calls trace.set_tracer_provider()."
        )
    names = _instrumentors()

    def put_around(interface: str, application: Any) -> Any:
        return _unless_watched(
            "opentelemetry",
            interface,
            application,
            names,
            {
                "asgi": ("opentelemetry.instrumentation.asgi", "OpenTelemetryMiddleware", "opentelemetry-instrumentation-asgi"),
                "wsgi": ("opentelemetry.instrumentation.wsgi", "OpenTelemetryMiddleware", "opentelemetry-instrumentation-wsgi"),
            },
        )

    return put_around


def _instrumentors() -> Set[str]:
    """The names of those that are installed and wanted, such as fastapi; they are the frameworks'."""
    disabled = {name.strip() for name in os.environ.get("OTEL_PYTHON_DISABLED_INSTRUMENTATIONS", "").split(",")}
    if "*" in disabled:
        return set()
    from importlib import metadata

    points: Any = metadata.entry_points()
    # Python 3.8 and 3.9 have a dictionary.
    group = points.select(group=_INSTRUMENTORS) if hasattr(points, "select") else points.get(_INSTRUMENTORS, ())
    return {point.name for point in group} - disabled


def _sentry() -> Wrap:
    """sentry_sdk.init(), which reads SENTRY_DSN and the like, and a middleware where no integration is for the framework."""
    import sentry_sdk

    if not os.environ.get("SENTRY_DSN"):
        logger.warning("--instrument sentry: SENTRY_DSN is not set, so that nothing is reported.")
    sentry_sdk.init()
    integrations = set(getattr(_sentry_client(sentry_sdk), "integrations", None) or ())

    def put_around(interface: str, application: Any) -> Any:
        return _unless_watched(
            "sentry",
            interface,
            application,
            integrations,
            {
                "asgi": ("sentry_sdk.integrations.asgi", "SentryAsgiMiddleware", "sentry-sdk"),
                "wsgi": ("sentry_sdk.integrations.wsgi", "SentryWsgiMiddleware", "sentry-sdk"),
            },
        )

    return put_around


def _sentry_client(sentry_sdk: Any) -> Any:
    # Before 2.0 the client was the hub's.
    return sentry_sdk.get_client() if hasattr(sentry_sdk, "get_client") else sentry_sdk.Hub.current.client


def _newrelic() -> Wrap:
    """newrelic.agent.initialize(), which reads NEW_RELIC_CONFIG_FILE and the like; its wrapper does nothing where the framework's own is at work."""
    agent = importlib.import_module("newrelic.agent")
    agent.initialize()

    def put_around(interface: str, application: Any) -> Any:
        if interface == "asgi":
            return agent.ASGIApplicationWrapper(application)
        if interface == "wsgi":
            return agent.WSGIApplicationWrapper(application)
        return application

    return put_around


_AGENTS: Dict[str, Callable[[], Wrap]] = {"opentelemetry": _opentelemetry, "sentry": _sentry, "newrelic": _newrelic}
_PACKAGES = {
    "opentelemetry": ("opentelemetry", "opentelemetry-distro and opentelemetry-instrumentation"),
    "sentry": ("sentry_sdk", "sentry-sdk"),
    "newrelic": ("newrelic", "newrelic"),
}


def _function(name: str) -> Wrap:
    """What the user names: a function, or a class, that is called with the application and returns what to serve in its place."""
    module_name, _, path = name.partition(":")
    try:
        _, function = loading.find_attribute(loading.import_module(module_name), module_name, path)
    except StartError as error:
        raise StartError(wire.FAILURE_INSTRUMENT_FAILED, f"--instrument: {error.message}", error.cause, error.trace) from None
    if not callable(function) or (is_coroutine_callable(function) and not isinstance(function, type)):
        raise _failure(name, f"is not a plain function: it is {loading.kind_of(function)}.")

    def put_around(interface: str, application: Any) -> Any:
        try:
            wrapped = function(application)
        except (Exception, SystemExit) as error:
            raise _raised(name, error) from None
        if wrapped is None:
            return application
        if callable(application) and not callable(wrapped):
            raise _failure(name, f"returned {loading.kind_of(wrapped)}, which is not callable.")
        found = detect(wrapped) if callable(wrapped) else None
        if found in ("asgi", "wsgi") and interface in ("asgi", "wsgi") and found != interface:
            raise _failure(name, f"has made a {found.upper()} application of one of {interface.upper()}.")
        return wrapped

    return put_around


# ---- what watches already


def _unless_watched(agent: str, interface: str, application: Any, names: Iterable[str], middleware: Dict[str, Tuple[str, str, str]]) -> Any:
    """The application in the agent's middleware, unless the agent has a part for a framework that the application is made with."""
    watched = sorted(set(names) & packages_of(application))
    if watched:
        logger.debug("--instrument %s: requests are seen by its part for %s", agent, watched[0])
        return application
    if interface not in middleware:
        logger.warning("--instrument %s has no middleware for %s: it sees what libraries do, and no requests.", agent, interface)
        return application
    module, name, package = middleware[interface]
    try:
        return getattr(importlib.import_module(module), name)(application)
    except ModuleNotFoundError as error:
        logger.warning("--instrument %s: it sees no requests: install %s (no module %r).", agent, package, error.name)
        return application


def packages_of(application: Any) -> Set[str]:
    """The top packages whose objects an application is, or has inside: a framework's may be in middlewares and functions."""
    found: Set[str] = set()
    seen: Set[int] = set()
    level = [application]
    for _ in range(_DEPTH):
        following: List[Any] = []
        for each in level:
            if id(each) in seen or len(seen) >= _MOST:
                continue
            seen.add(id(each))
            bases = each.__mro__ if isinstance(each, type) else type(each).__mro__
            found.update(base.__module__.partition(".")[0] for base in bases if isinstance(getattr(base, "__module__", None), str))
            following.extend(_inside(each))
        level = following
    return found


def _inside(value: Any) -> Iterable[Any]:
    """The callables that a callable is made of: what it holds, is bound to, wraps, and closes over."""
    held = list(getattr(value, "__dict__", {}).values()) if not isinstance(value, type) else []
    held += [getattr(value, name, None) for name in ("__self__", "__wrapped__", "func")]
    for cell in getattr(value, "__closure__", None) or ():
        try:
            held.append(cell.cell_contents)
        except ValueError:
            # Not set yet.
            continue
    return [each for each in held if callable(each) and not inspect.ismodule(each)]


# ---- failures


def _raised(name: str, error: BaseException) -> StartError:
    return _failure(name, f"raised {summarize(error)}.", error)


def _failure(name: str, rest: str, cause: Any = None) -> StartError:
    return StartError(wire.FAILURE_INSTRUMENT_FAILED, f"--instrument {name} {rest}", cause)
