"""A WSGI application that takes the signals that end programs for itself, as some do while they are imported."""

import os
import signal
import sys

from signals_board import blocking_gate, record

signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(1))
signal.signal(signal.SIGINT, lambda number, frame: sys.exit(1))


def app(environ, start_response):
    _, name, *key = environ["PATH_INFO"].split("/")
    body = str(os.getpid())
    if name == "wait":
        record(key[0], "begun")
        blocking_gate(key[0])
        body = "finished"
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [body.encode()]
