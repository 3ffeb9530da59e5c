"""Tells what its process is like."""

import os
import sys

ARGUMENTS = list(sys.argv)


def app(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    path = environ["PATH_INFO"]
    if path == "/argv":
        return [os.fsencode("\n".join(ARGUMENTS))]
    if path == "/umask":
        mask = os.umask(0)
        os.umask(mask)
        return [b"%o" % mask]
    if path == "/directory":
        return [os.getcwdb()]
    if path == "/file":
        return [os.fsencode(__file__)]
    if path == "/prefix":
        return [os.fsencode(sys.prefix)]
    return [os.environb.get(environ["QUERY_STRING"].encode(), b"-")]
