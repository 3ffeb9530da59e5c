"""Where the server's executable is: pip has put it beside the interpreter's other commands."""

import os
import shutil
import sys
import sysconfig
from typing import List


def find() -> str:
    """The path of the executable.

    ``HYDRA_BIN`` names another one. Else it is where pip has put it: among the commands of this interpreter, of its user's
    installation, or beside the package (``pip install --target``); else the first on ``PATH``.

    Raises:
        FileNotFoundError: it is nowhere; the message says where it was looked for.
    """
    name = "hydra.exe" if sys.platform == "win32" else "hydra"
    named = os.environ.get("HYDRA_BIN")
    if named:
        if os.path.isfile(named):
            return named
        raise FileNotFoundError("HYDRA_BIN names %s, which is no file" % named)

    tried: List[str] = []
    for directory in _directories():
        path = os.path.join(directory, name)
        if os.path.isfile(path) and os.access(path, os.X_OK):
            return path
        tried.append(path)
    on_path = shutil.which(name)
    if on_path:
        return on_path
    raise FileNotFoundError("the executable of Hydra is not there; tried %s, and PATH" % ", ".join(tried))


def _directories() -> List[str]:
    user = "nt_user" if os.name == "nt" else "osx_framework_user" if sys.platform == "darwin" and sys._framework else "posix_user"  # type: ignore[attr-defined]
    beside = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "Scripts" if os.name == "nt" else "bin")
    directories = [sysconfig.get_path("scripts"), os.path.dirname(sys.executable), sysconfig.get_path("scripts", user), beside]
    return list(dict.fromkeys(directory for directory in directories if directory))
