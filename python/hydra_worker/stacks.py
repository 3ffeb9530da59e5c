"""Shows where a thread or a coroutine is, as Python shows tracebacks."""

from __future__ import annotations

import os
import sys
import threading
from types import FrameType
from typing import Any, Callable, Dict, List, Optional, Tuple

from . import native
from .tracebacks import is_ours

# What a stack may take in the log: so many frames, those in the middle left out; and so many characters.
_MOST_FRAMES = 64
_MOST_TEXT = 32 * 1024
_MOST_THREADS = 16
_LONGEST_REPR = 200

_LIBRARY = os.path.dirname(os.path.abspath(os.__file__)) + os.sep
# Where threads of a pool wait for work, beside the standard library.
_POOLS = tuple(os.sep + name + os.sep for name in ("anyio", "asgiref", "uvloop"))
_PACKAGES = tuple(os.sep + name + os.sep for name in ("site-packages", "dist-packages"))


def of_thread(ident: Optional[int]) -> str:
    """The stack of a thread, without the shim's frames at its outer end."""
    frame = sys._current_frames().get(ident) if ident is not None else None
    return of_frame(frame) if frame is not None else "  (the thread has ended)"


def of_frame(frame: FrameType) -> str:
    """The stack that ends in this frame, without the shim's frames at its outer end."""
    return _format(_frames_of(frame))


def frames_of_coroutine(coroutine: Any) -> List[FrameType]:
    """The frames of a coroutine that waits: its own, that of what it awaits, down to what is no coroutine."""
    return [frame for frame, _ in _chain(coroutine)[0]]


def of_coroutine(coroutine: Any) -> str:
    """Where a coroutine waits: itself, what it awaits, what that awaits, down to what is no coroutine."""
    frames, awaited = _chain(coroutine)
    text = _format(_without_ours(frames))
    if awaited is not None:
        text += "\n  awaiting " + _shown(awaited)
    return text


def is_servers(coroutine: Any) -> bool:
    """Whether there is nothing of the application's in a coroutine that waits."""
    frames = frames_of_coroutine(coroutine)
    return bool(frames) and all(is_ours(frame.f_code.co_filename) for frame in frames)


def of_busy_threads(*known: Optional[int], among: Callable[[FrameType], bool] = lambda frame: True) -> str:
    """
    The stacks of the application's other threads, but for those that wait for work in a pool, and those whose innermost frame
    `among` says no to.
    """
    names = names_of_threads()
    shown = []
    for ident, frame in sys._current_frames().items():
        name = names.get(ident, "?")
        if ident in known or ident == native.get_ident() or name.startswith("hydra-"):
            continue
        frames = _frames_of(frame)
        if any(_is_application(each.f_code.co_filename) for each, _ in frames) and among(frame):
            shown.append(f"Thread {name}:\n{_format(frames)}")
    return "\n".join(shown[:_MOST_THREADS])


def names_of_threads() -> Dict[Optional[int], str]:
    """What the threads are called, by their idents: the application's and the shim's own."""
    names: Dict[Optional[int], str] = {thread.ident: thread.name for thread in threading.enumerate()}
    names.update(native.names)
    return names


def clip(text: str) -> str:
    """What a record may hold."""
    if len(text) <= _MOST_TEXT:
        return text
    return f"{text[:_MOST_TEXT]}\n  [{len(text)} characters, cut]"


def _chain(coroutine: Any) -> Tuple[List[Tuple[FrameType, int]], Any]:
    """The frames, and what the innermost awaits."""
    frames: List[Tuple[FrameType, int]] = []
    awaited = coroutine
    waits_in_python = _wait_of_python_futures()
    seen = 0
    while awaited is not None and seen < 10_000:
        frame = _attribute(awaited, "frame")
        if frame is None:
            break
        if frame.f_code is waits_in_python:
            awaited = frame.f_locals.get("self")
            break
        frames.append((frame, frame.f_lineno))
        awaited = _attribute(awaited, "await", "yieldfrom")
        seen += 1
    return frames, awaited


def _wait_of_python_futures() -> Any:
    """The code in which whoever awaits a future waits, where asyncio's futures are written in Python, as on PyPy."""
    futures = sys.modules.get("asyncio.futures")
    wait = getattr(getattr(futures, "_PyFuture", None), "__await__", None)
    return getattr(wait, "__code__", None)


def _frames_of(frame: Optional[FrameType]) -> List[Tuple[FrameType, int]]:
    frames: List[Tuple[FrameType, int]] = []
    while frame is not None:
        frames.append((frame, frame.f_lineno or 0))
        frame = frame.f_back
    frames.reverse()
    return _without_ours(frames)


def _without_ours(frames: List[Tuple[FrameType, int]]) -> List[Tuple[FrameType, int]]:
    """
    Drops what is not below the shim's last frame in the outer part: the application may call the shim again
    at the inner end.
    """
    inner = len(frames)
    while inner > 0 and is_ours(frames[inner - 1][0].f_code.co_filename):
        inner -= 1
    for at in range(inner - 1, -1, -1):
        if is_ours(frames[at][0].f_code.co_filename):
            return frames[at + 1 :]
    return frames if inner else []


def _is_application(name: str) -> bool:
    if is_ours(name) or name.startswith("<frozen"):
        return False
    if any(part in name for part in _PACKAGES):
        return not any(part in name for part in _POOLS)
    return not name.startswith(_LIBRARY)


def _format(frames: List[Tuple[FrameType, int]]) -> str:
    import traceback

    left_out = len(frames) - _MOST_FRAMES
    if left_out > 0:
        frames = frames[: _MOST_FRAMES // 2] + frames[-_MOST_FRAMES // 2 :]
    lines = traceback.StackSummary.extract(iter(frames), lookup_lines=True).format()
    if left_out > 0:
        lines.insert(len(lines) // 2, f"  … {left_out} frames …\n")
    return "".join(lines).rstrip("\n") or "  (in the server)"


def _attribute(awaited: Any, *names: str) -> Any:
    for prefix in ("cr_", "gi_", "ag_"):
        for name in names:
            value = getattr(awaited, prefix + name, None)
            if value is not None:
                return value
    return None


def _shown(value: Any) -> str:
    try:
        text = repr(value)
    except Exception:
        text = object.__repr__(value)
    return text if len(text) <= _LONGEST_REPR else text[:_LONGEST_REPR] + "…"
