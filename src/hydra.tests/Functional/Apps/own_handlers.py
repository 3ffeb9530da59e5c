"""A WSGI application that takes the signals that end programs for itself, as some do while they are imported."""

import os
import signal
import sys
import threading

from signals_board import blocking_gate, record

told = threading.Event()


def terminate(number, frame):
    told.set()
    sys.exit(1)


signal.signal(signal.SIGTERM, terminate)
signal.signal(signal.SIGINT, lambda number, frame: sys.exit(1))


def app(environ, start_response):
    _, name, *key = environ["PATH_INFO"].split("/")
    body = str(os.getpid())
    if name == "wait":
        record(key[0], "begun")
        blocking_gate(key[0])
        body = "finished"
    if name == "told":
        record(key[0], "begun")
        told.wait()
        body = "told"
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [body.encode()]
