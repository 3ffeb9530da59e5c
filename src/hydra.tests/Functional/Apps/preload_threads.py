"""Starts a thread while it is imported, which no forked worker has."""

import threading
import time

threading.Thread(target=lambda: time.sleep(3600), name="made-at-import", daemon=True).start()


def app(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"hello"]
