"""Formats exceptions so that the user's frames come first."""

from __future__ import annotations

import os
from types import TracebackType
from typing import Optional

_SHIM = os.path.dirname(os.path.abspath(__file__)) + os.sep
_ENTRY = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "hydra_shim.py")


def is_ours(name: str) -> bool:
    """Whether the file of this name is one of the shim's."""
    return name.startswith(_SHIM) or name == _ENTRY


def _is_import_machinery(name: str) -> bool:
    # PyPy puts "<builtin>/" before it.
    return name.startswith(("<frozen importlib", "<builtin>/frozen importlib")) or name.replace(
        "\\", "/"
    ).endswith("/importlib/__init__.py")


def trim(traceback: Optional[TracebackType]) -> Optional[TracebackType]:
    """Drops the frames of the shim, and of the import machinery that it called, off the top."""
    while traceback is not None:
        name = traceback.tb_frame.f_code.co_filename
        if not (is_ours(name) or _is_import_machinery(name)):
            break
        traceback = traceback.tb_next
    return traceback


def format_exception(error: BaseException, traceback_: Optional[TracebackType] = None) -> str:
    """
    The traceback as Python prints it, without the shim's frames at its top and without a newline at its end;
    the error's own where none is given.
    """
    # Not needed before something has failed; importing it costs several milliseconds.
    import traceback

    try:
        lines = traceback.format_exception(type(error), error, trim(traceback_ or error.__traceback__))
    except Exception as problem:
        # A __str__ or __repr__ of the application may raise, too.
        return f"{type(error).__name__} (its traceback cannot be formatted: {type(problem).__name__})"
    return "".join(lines).rstrip("\n")


def summarize(error: BaseException) -> str:
    """`Type: message` on one line."""
    try:
        text = str(error)
    except Exception:
        text = ""
    first = text.strip().split("\n", 1)[0]
    return f"{type(error).__name__}: {first}" if first else type(error).__name__
