"""Hydra, a production server for Python web applications, and how to start it from Python.

``run("app:app", workers=2)`` serves until it is stopped; ``Server`` is a server for tests. On the command line it is ``hydra app:app``.
"""

from ._executable import find as executable
from ._run import run
from ._server import Server

__all__ = ["Server", "executable", "run"]
__version__ = "0.1.0"
