"""
Finds out which interface an application has, from the outside: without calling it.

RSGI is an object with __rsgi__, ASGI 3 is one coroutine function of three arguments, ASGI 2 a callable of one argument that returns a
coroutine function of two, WSGI a plain callable of two arguments.
"""

from __future__ import annotations

import functools
from types import FunctionType
from typing import Any, List, Optional, Tuple

# Set instead of the code flag by asgiref's markcoroutinefunction() and, from Python 3.12 on, by inspect's.
_MARKER_NAMES = ("_is_coroutine_mark", "_is_coroutine_marker", "_is_coroutine")
_ASGI_NAMES = ("scope", "receive", "send")
# What has a function's signature be another than that of its code; and inspect.CO_VARARGS.
_DISGUISES = {"__wrapped__", "__signature__"}
_VARIABLE = 0x04


def detect(application: Any) -> Optional[str]:
    """
    Returns "rsgi", "asgi", "asgi2", "wsgi", "factory" for a callable without parameters, or None when it is none of
    them.
    """
    if has_rsgi(application):
        # RSGI 1.6, "__rsgi__ method": to be preferred where there are others.
        return "rsgi"
    # asgiref's compatibility layer marks what it has made.
    if getattr(application, "_asgi_single_callable", False):
        return "asgi"
    if getattr(application, "_asgi_double_callable", False):
        return "asgi2"
    if isinstance(application, type):
        return _of_class(application)
    if is_coroutine_callable(application):
        return "asgi" if fits(application, 3) else None
    return _of_parameters(parameters(application))


def has_rsgi(application: Any) -> bool:
    """Whether it says itself that it is an RSGI application. A class has the method for its instances."""
    return not isinstance(application, type) and callable(getattr(application, "__rsgi__", None))


def is_coroutine_callable(value: Any) -> bool:
    """Whether calling it gives a coroutine; looks through functools.partial, bound methods and instances."""
    function = _unwrap(value)
    if _is_coroutine_function(function):
        return True
    call = getattr(type(function), "__call__", None)
    return call is not None and _is_coroutine_function(_unwrap(call))


def _unwrap(value: Any) -> Any:
    while True:
        if isinstance(value, functools.partial):
            value = value.func
        elif hasattr(value, "__func__"):
            value = value.__func__
        else:
            return value


def _is_coroutine_function(function: Any) -> bool:
    code = getattr(function, "__code__", None)
    coroutine_flag = 0x80 | 0x100  # inspect.CO_COROUTINE | inspect.CO_ITERABLE_COROUTINE
    if getattr(code, "co_flags", 0) & coroutine_flag:
        return True
    names = getattr(function, "__dict__", {})
    # Mock objects have every attribute; only what was set counts.
    return any(name in names for name in _MARKER_NAMES)


def parameters(application: Any) -> Optional[Tuple[List[str], bool]]:
    """
    The names of the required positional parameters, and whether there are *args; None where that cannot be
    known.
    """
    if type(application) is FunctionType and not _DISGUISES & application.__dict__.keys():
        code = application.__code__
        required = code.co_argcount - len(application.__defaults__ or ())
        return list(code.co_varnames[:required]), bool(code.co_flags & _VARIABLE)
    # Costs several milliseconds and 1 MB, and most applications are recognised without it.
    import inspect

    try:
        signature = inspect.signature(application)
    except (TypeError, ValueError):
        return _of_call_method(application)
    names = []
    variable = False
    for parameter in signature.parameters.values():
        if parameter.kind in (parameter.POSITIONAL_ONLY, parameter.POSITIONAL_OR_KEYWORD):
            if parameter.default is parameter.empty:
                names.append(parameter.name)
        elif parameter.kind is parameter.VAR_POSITIONAL:
            variable = True
    return names, variable


def fits(application: Any, count: int) -> bool:
    """Whether it can be called with so many arguments by position; also where that cannot be known."""
    function, bound = application, 0
    if not isinstance(application, type) and not isinstance(application, functools.partial):
        if hasattr(application, "__func__"):
            function, bound = application.__func__, 1
        elif type(application) is not FunctionType:
            function, bound = getattr(type(application), "__call__", None), 1
    if type(function) is FunctionType:
        # What its code takes, whatever a decorator says that it is.
        code = function.__code__
        required = code.co_argcount - len(function.__defaults__ or ())
        if code.co_kwonlyargcount > len(function.__kwdefaults__ or ()):
            return False
        return required <= count + bound and (count + bound <= code.co_argcount or bool(code.co_flags & _VARIABLE))
    import inspect

    try:
        signature = inspect.signature(application, follow_wrapped=False)
    except (TypeError, ValueError):
        return True
    try:
        signature.bind(*(None,) * count)
    except TypeError:
        return False
    return True


def takes(application: Any, *names: str) -> bool:
    """Whether its required positional parameters have these names, among others."""
    found = parameters(application)
    return found is not None and set(names) <= set(found[0])


def _of_call_method(application: Any) -> Optional[Tuple[List[str], bool]]:
    # Callables made by C extensions often have no signature of their own, yet a code object somewhere below.
    for candidate in (
        application,
        getattr(application, "__call__", None),
        getattr(application, "__wrapped__", None),
    ):
        code = getattr(candidate, "__code__", None)
        if code is not None and hasattr(code, "co_argcount"):
            names = list(code.co_varnames[: code.co_argcount])
            return (names[1:] if names[:1] == ["self"] else names), bool(code.co_flags & _VARIABLE)
    return None


def _of_parameters(found: Optional[Tuple[List[str], bool]]) -> Optional[str]:
    if found is None:
        # Nothing is known: what is not a coroutine function is most likely a compiled WSGI callable.
        return "wsgi"
    names, variable = found
    count = len(names)
    if count == 3:
        # A plain function that returns an awaitable is ASGI, too.
        return "asgi" if _looks_like_asgi(names) or not variable else None
    if count == 2:
        return "wsgi"
    if count == 1 and not variable:
        return "asgi2"
    if variable:
        # A decorator without functools.wraps. Coroutine functions were recognised before.
        return "wsgi"
    return "factory" if count == 0 else None


def _looks_like_asgi(names: List[str]) -> bool:
    return any(name.lstrip("_") in _ASGI_NAMES for name in names)


def _of_class(application: type) -> Optional[str]:
    found = parameters(application)
    if found is None:
        return None
    names, variable = found
    if len(names) == 1 and not variable:
        return "asgi2"
    if len(names) == 2:
        # A WSGI application may be a class whose instances are the iterable (PEP 3333, "The
        # Application/Framework Side").
        return "wsgi"
    if len(names) == 3 and hasattr(application, "__await__"):
        # Starlette's endpoint classes: the instance is awaited.
        return "asgi"
    return "factory" if not names and not variable else None
