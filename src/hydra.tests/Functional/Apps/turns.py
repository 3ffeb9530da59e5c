"""Applications, and functions for the turns of a server's life that record when they were called."""

import os
import sys

from signals_board import blocking_gate, record


def starting(application):
    record("turns", "starting " + application)


def starting_waits():
    record("begun", "1")
    blocking_gate("starting")
    record("turns", "starting")


def reloading(pid):
    record("turns", "reload")


def start(worker):
    record("turns", f"start {worker} {'turns_app' in sys.modules}")


def ready(worker):
    record("turns", f"ready {worker}")


def fails():
    raise LookupError("no database")


def imports_server():
    import hydra_server

    record("imported", hydra_server.__name__.rpartition(".")[2])
    print("found it")


def fails_when_told():
    if os.path.exists("broken"):
        raise LookupError("no database")


def hangs():
    record("begun", "1")
    blocking_gate("never")


def shout(application):
    def loud(environ, start_response):
        return [part.upper() for part in application(environ, start_response)]

    return loud
