"""How the server's process is started and told things, on POSIX and on Windows."""

import os
import signal
import subprocess
from typing import Any, List, Optional

# CREATE_NEW_PROCESS_GROUP and CTRL_BREAK_EVENT, which Windows' Python alone has names for.
NEW_GROUP = 0x200
BREAK = 1


def start(command: List[str], windows: bool = os.name == "nt", **how: Any) -> "subprocess.Popen[bytes]":
    """
    Starts it. On Windows in a group of its own, which alone can be told to end (Ctrl-Break); Ctrl-C is for this program then, which passes it on.

    Raises:
        OSError: it cannot be started.
    """
    if windows:
        how["creationflags"] = NEW_GROUP
    return subprocess.Popen(command, **how)


def tell(process: "subprocess.Popen[bytes]", number: Optional[int] = None, windows: bool = os.name == "nt") -> None:
    """
    Sends it a signal, SIGTERM where none is given. Windows has Ctrl-Break for all of them, by which it ends in order, as long as it is on this
    program's console; where there is none nothing but its end can be had.
    """
    if not windows:
        process.send_signal(signal.SIGTERM if number is None else number)
        return
    try:
        process.send_signal(getattr(signal, "CTRL_BREAK_EVENT", BREAK))
    except (OSError, SystemError):
        # SystemError is what older Pythons say there, who have ended it already.
        process.terminate()
