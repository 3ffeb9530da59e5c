"""
Locks of hydra_server.state, watched from outside of it: who is inside writes so into a file, and looks whether somebody else is there that lives. What is wrong is recorded
under "two". Its requests do what their path says.
"""

import fcntl
import json
import os
import signal
import time

from hydra_server import state
from signals_board import BOARD, blocking_gate, record

HOLDER = os.open(BOARD / "holder", os.O_RDWR | os.O_CREAT, 0o600)
# Linux' PF_EXITING, in the ninth field of stat: what such a process had open is closed, or will be before anything else.
EXITING = 4


def _lives(pid):
    try:
        with open("/proc/%d/stat" % pid) as file:
            fields = file.read().rpartition(")")[2].split()
    except OSError:
        return False
    return fields[0] not in "ZX" and not int(fields[6]) & EXITING


def _read():
    """Who is, or was, inside: process, token, whether it has left."""
    text = os.pread(HOLDER, 100, 0).decode().strip()
    return tuple(map(int, text.split())) if text else (0, 0, 1)


def _write(token, has_left):
    os.pwrite(HOLDER, b"%-60s" % (b"%d %d %d" % (os.getpid(), token, has_left)), 0)


def _guarded(query):
    """Every tenth kills its process while it holds the lock, every tenth has it stopped; once each."""
    with state.lock("guarded", lease=None) as lock:
        pid, token, has_left = _read()
        if not has_left and _lives(pid):
            record("two", "%d came to %d, which has not left" % (lock.token, token))
        if lock.token <= token:
            record("two", "%d came after %d" % (lock.token, token))
        _write(lock.token, 0)
        number = int(query)
        if number % 10 == 0 and state.add("killed %d" % number, 1):
            os.kill(os.getpid(), signal.SIGKILL)
        if number % 10 == 5 and state.add("stopped %d" % number, 1):
            record("stops", os.getpid())
            os.kill(os.getpid(), signal.SIGSTOP)
        # Long enough for somebody else to come, if that were possible.
        time.sleep(0.001)
        if _read() != (os.getpid(), lock.token, 0):
            record("two", "%d was held, and there was %s" % (lock.token, _read()))
        _write(lock.token, 1)
        return lock.token


def _attempt(query):
    """Whether the lock is to be had now."""
    lock = state.lock(query, lease=None)
    if not lock.acquire(blocking=False):
        return False
    lock.release()
    return True


def _stored(text, fence):
    """A place outside of the state that takes nothing with a token that is smaller than one it has seen; whether it did."""
    with open(BOARD / "place", "a+") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.seek(0)
        if fence < max((int(line.split()[0]) for line in file), default=0):
            return False
        file.write("%d %s\n" % (fence, text))
        return True


def _leased(query):
    """Holds it with a lease, and writes when the test says so; what came of it and of giving it back."""
    lock = state.lock("leased", lease=0.2 if query == "late" else None)
    lock.acquire()
    record("holds", "%s %d %d" % (query, os.getpid(), lock.token))
    blocking_gate(query)
    stored = _stored(query, lock.token)
    record("stored", query)
    blocking_gate(query + "-done")
    try:
        lock.release()
        released = "released"
    except state.LockLost:
        released = "LockLost"
    return [stored, released]


def app(environ, start_response):
    body = json.dumps(globals()["_" + environ["PATH_INFO"].strip("/")](environ["QUERY_STRING"])).encode()
    start_response("200 OK", [("Content-Type", "application/json"), ("Content-Length", str(len(body)))])
    return [body]
