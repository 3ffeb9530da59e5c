"""
Keeps the shim, and its sockets above all, out of processes that the application forks.

Across exec() they are closed by the system: Python's sockets are not inheritable (PEP 446). After a bare
fork(), as multiprocessing does, the child must close them, or the front would not see the end of a worker
whose child lives on.
"""

from __future__ import annotations

import os
import weakref
from typing import Any

_owners: "weakref.WeakSet[Any]" = weakref.WeakSet()


def register(owner: Any) -> None:
    """`owner.after_fork()` is called in every forked child."""
    _owners.add(owner)


def _in_child() -> None:
    for owner in list(_owners):
        owner.after_fork()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_in_child)
