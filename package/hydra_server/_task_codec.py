"""Calls, results and exceptions as bytes. Only workers of one server read what they have written: pickle is never read from anybody else."""

import inspect
import pickle
import struct
import traceback
from typing import Any, Callable, Dict, Iterator, Tuple

from . import _task_errors as errors

# Of Python 3.8, the oldest that may read it.
_PROTOCOL = 5
_NAME = struct.Struct("<H")
_DEFER = struct.Struct("<IHhIIH")
_PART = struct.Struct("<i")
_TAKEN = struct.Struct("<BBHI")
_LONGEST_NAME = 1000
_LONGEST_TRACE = 64 * 1024


def _named(name: str) -> bytes:
    return name.encode()[:_LONGEST_NAME].decode("utf-8", "ignore").encode()


def name_of(function: Any) -> str:
    """What a function is called in logs: module:function."""
    inner = getattr(function, "func", function)
    name = getattr(inner, "__qualname__", None) or type(inner).__qualname__
    return "%s:%s" % (getattr(inner, "__module__", None) or type(inner).__module__, name)


def pack_function(function: Any, args: Tuple[Any, ...], kwargs: Dict[str, Any]) -> bytes:
    """Raises TypeError for what another process would not find."""
    if not callable(function):
        raise TypeError("a function is needed, not %s" % type(function).__name__)
    inner = getattr(function, "func", function)
    if inspect.isgeneratorfunction(inner) or inspect.isasyncgenfunction(inner):
        raise TypeError("%s yields, and nobody would read that: nothing of it would be done" % name_of(function))
    try:
        reference = pickle.dumps(function, _PROTOCOL)
    except Exception as error:
        raise TypeError(
            "%s cannot be called in another process, which finds it by its module and name: it must be a function of a module, no lambda and no function within another one (%s)"
            % (name_of(function), error)
        ) from None
    if getattr(inner, "__module__", None) == "__main__":
        raise TypeError("%s is in the module __main__, which is another one in another process" % name_of(function))
    try:
        return pickle.dumps((reference, args, kwargs), _PROTOCOL)
    except Exception as error:
        raise TypeError("the arguments for %s cannot be pickled: %s" % (name_of(function), error)) from error


def unpack_function(payload: bytes) -> "Tuple[Callable[..., Any], Tuple[Any, ...], Dict[str, Any]]":
    """The function is found last: its module may be one that cannot be imported."""
    reference, args, kwargs = pickle.loads(payload)
    return pickle.loads(reference), args, kwargs


def pack_defer(name: str, payload: bytes, timeout: int, retries: int, priority: int, keep: int, backoff: int) -> bytes:
    named = _named(name)
    return _DEFER.pack(timeout, retries, priority, keep, backoff, len(named)) + named + payload


def pack_call(method: str, args: Tuple[Any, ...], kwargs: Dict[str, Any]) -> bytes:
    """Raises what pickle raises."""
    named = _named(method)
    return _NAME.pack(len(named)) + named + pickle.dumps((method, args, kwargs), _PROTOCOL)


def unpack_call(payload: bytes) -> "Tuple[str, Tuple[Any, ...], Dict[str, Any]]":
    method, args, kwargs = pickle.loads(payload)
    return method, args, kwargs


def unpack_taken(value: bytes) -> "Tuple[int, bool, str, float, bytes]":
    """What a process is told that is to do something: its kind, whether somebody wants to know what comes of it, name, seconds that it may take, payload."""
    kind, is_wanted, named, timeout = _TAKEN.unpack_from(value)
    end = _TAKEN.size + named
    return kind, bool(is_wanted), value[_TAKEN.size : end].decode("utf-8", "replace"), timeout / 1000, value[end:]


def pack_value(value: Any) -> bytes:
    return pickle.dumps(value, _PROTOCOL)


def unpack_value(data: bytes) -> Any:
    return pickle.loads(data)


def pack_error(error: BaseException) -> bytes:
    trace = "".join(traceback.format_exception(type(error), error, error.__traceback__))[-_LONGEST_TRACE:]
    name, text = type(error).__qualname__, str(error)
    try:
        # What comes back as something else, or not at all, is no use to who called.
        pickled = pickle.dumps(error, _PROTOCOL)
        if type(pickle.loads(pickled)) is not type(error):
            pickled = None
    except Exception:
        pickled = None
    return pickle.dumps((pickled, name, text, trace, type(error).__module__), _PROTOCOL)


def unpack_error(data: bytes) -> BaseException:
    """What is to be raised."""
    pickled, name, text, trace, module = pickle.loads(data)
    error = None
    if pickled is not None:
        try:
            error = pickle.loads(pickled)
        except Exception:
            pass  # its class is not to be had here
    return errors.remote(error if isinstance(error, BaseException) else None, module, name, text, trace)


def split_parts(data: bytes) -> "Iterator[bytes]":
    """The parts of a stream that have come together."""
    start = 0
    while start < len(data):
        (size,) = _PART.unpack_from(data, start)
        start += _PART.size
        yield data[start : start + size]
        start += size
