"""A library with a thread that it starts again in a process that was forked, as those do that send logs or traces."""

import os
import threading


def _send():
    threading.Event().wait()


def _start():
    threading.Thread(target=_send, name="restarts", daemon=True).start()


_start()
os.register_at_fork(after_in_child=_start)
