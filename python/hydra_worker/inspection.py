"""What INSPECT is answered with: where the threads are, and what the engine has to say of its tasks. On the control link's thread."""

from __future__ import annotations

import sys
from types import FrameType
from typing import TYPE_CHECKING, Dict, List, Optional

from . import native, stacks

if TYPE_CHECKING:
    from .control import Engine

# Bytes of an answer: what a frame may have, less what stands around it.
LONGEST = 200 * 1024

# The shim's threads that run nothing of the application's, and those that do.
_OURS = "hydra-"
_SERVING = ("hydra-wsgi-", "hydra-loop-")


def of_stream(engine: Optional["Engine"], link: int, stream: int) -> str:
    """Where the request of a stream is; empty where it is not here any more."""
    return engine.where(link, stream) if engine is not None else ""


def of_everything(engine: Optional["Engine"]) -> str:
    """All threads that may run the application's code, then the tasks."""
    parts = [_threads(engine)]
    if engine is not None:
        parts.append(engine.describe_tasks())
    return "\n".join(part for part in parts if part)


def _threads(engine: Optional["Engine"]) -> str:
    names = stacks.names_of_threads()
    # Threads that are at the same place, as those of a pool that wait for work, are shown once.
    alike: Dict[str, List[str]] = {}
    frames = sys._current_frames()
    for ident in sorted(frames, key=lambda each: (each != native.main_ident, names.get(each, ""))):
        name = names.get(ident, f"Thread {ident}")
        if ident == native.get_ident() or (name.startswith(_OURS) and not name.startswith(_SERVING)):
            continue
        said = engine.describe_thread(ident, frames[ident]) if engine is not None else ""
        alike.setdefault(stacks.of_frame(frames[ident]), []).append(f"{name} ({said})" if said else name)
    return "\n".join(f"Thread {', '.join(shown)}:\n{text}" for text, shown in alike.items())


def variable(frame: Optional[FrameType], code: object, name: str) -> object:
    """A local variable of the function with this code, if the thread is in it."""
    while frame is not None:
        if frame.f_code is code:
            return frame.f_locals.get(name)
        frame = frame.f_back
    return None
