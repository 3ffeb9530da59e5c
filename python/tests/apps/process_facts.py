"""Tells what it finds of its process."""

import os
import sys

FIRST = sys.argv[1] if len(sys.argv) > 1 else ""


def app(environ, start_response):
    start_response("200 OK", [])
    path = environ["PATH_INFO"]
    if path == "/argv":
        return [b"\0".join(os.fsencode(argument) for argument in sys.argv)]
    if path == "/first":
        return [FIRST.encode()]
    return [os.environb[environ["QUERY_STRING"].encode()]]
