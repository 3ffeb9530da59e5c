"""A WSGI application that has a port of its own, as those with a control socket or a debugger have: only one process can be it."""

import os
import socket

from signals_board import BOARD

control = socket.socket()
# The first takes whatever is free, and the others the same.
chosen = BOARD / "control-port"
control.bind(("127.0.0.1", int(chosen.read_text()) if chosen.exists() else 0))
control.listen()
chosen.write_text(str(control.getsockname()[1]))


def app(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [str(os.getpid()).encode()]
