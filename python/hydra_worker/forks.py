"""
Keeps the shim, and its sockets above all, out of processes that the application forks.

Across exec() they are closed by the system: Python's sockets are not inheritable (PEP 446). After a bare
fork(), as multiprocessing does, the child must close them, or the front would not see the end of a worker
whose child lives on.
"""

from __future__ import annotations

import os
import sys
import weakref
from typing import Any, Optional

from .errors import Disconnected
from .tracebacks import format_exception

# Whether this process is one that the application has forked. Read where the code of a request returns: a child that comes
# back there must not answer for its parent.
is_child = False

_owners: "weakref.WeakSet[Any]" = weakref.WeakSet()


def register(owner: Any) -> None:
    """`owner.after_fork()` is called in every forked child."""
    _owners.add(owner)


def begin() -> None:
    """This process is a worker, whoever has forked it."""
    global is_child
    is_child = False


def leave(error: Optional[BaseException]) -> None:
    """The code of a request has come back in a child: ends it as the interpreter would have."""
    from .process import hard_exit

    code: Any = 0
    if isinstance(error, SystemExit):
        code = 0 if error.code is None else error.code
        if not isinstance(code, int):
            print(code, file=sys.stderr)
            code = 1
    elif error is not None and not isinstance(error, Disconnected):
        # That one is ours: in a child its parent's requests are over.
        print(format_exception(error), file=sys.stderr)
        code = 1
    hard_exit(code & 0xFF)


def _in_child() -> None:
    global is_child
    is_child = True
    for owner in list(_owners):
        owner.after_fork()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_in_child)
