"""Stands at pdb's prompt until a file is there, which the query names; or listens for a debugger (debugpy)."""

import io
import os
import pdb
import sys
import time


class Somebody(io.StringIO):
    def __init__(self, flag):
        super().__init__()
        self.flag = flag

    def readline(self, size=-1):
        open(self.flag + ".begun", "w").close()
        while not os.path.exists(self.flag):
            time.sleep(0.001)
        return "continue\n"


def stop_here():
    here = 1
    return here


def handle(path, query):
    if path == "/prompt":
        pdb.Pdb(stdin=Somebody(query), stdout=io.StringIO(), nosigint=True).set_trace()
    elif path == "/listen":
        import debugpy

        return str(debugpy.listen(("127.0.0.1", 0))[1]).encode()
    elif path == "/stop":
        stop_here()
    return b"went on"


def wsgi(environ, start_response):
    start_response("200 OK", [])
    return [handle(environ["PATH_INFO"], environ["QUERY_STRING"])]


async def asgi(scope, receive, send):
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": handle(scope["path"], scope["query_string"].decode())})


BREAKPOINT = stop_here.__code__.co_firstlineno + 1

if "DEBUGPY" in os.environ:
    # As many do it, at the top of the application.
    PORT = handle("/listen", "").decode()
    print(f"port {PORT} listening", file=sys.stderr)
