"""Prints all the time, with a line that never ends in between; and answers requests."""

import sys
import threading

LONG = "x" * 100_000


def chatter():
    number = 0
    while True:
        number += 1
        print(f"chatter {number}")
        if number % 1000 == 0:
            sys.stdout.write(LONG)


threading.Thread(target=chatter, daemon=True).start()


def app(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"still here"]
