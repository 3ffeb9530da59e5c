"""Requests that want nothing but the processor, and how many of them were at work at the same time."""

import threading
import time

lock = threading.Lock()
running = 0
peak = 0


def app(environ, start_response):
    global running, peak
    start_response("200 OK", [("Content-Type", "text/plain")])
    if environ["PATH_INFO"] == "/peak":
        return [str(peak).encode()]
    with lock:
        running += 1
        peak = max(peak, running)
    until = time.thread_time() + 0.05
    while time.thread_time() < until:
        pass
    with lock:
        running -= 1
    return [b"computed"]
