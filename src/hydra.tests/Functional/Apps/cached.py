"""Pages for a cache, as an ASGI application and as a WSGI application that give the same answers.

/page has the tag that the files of the board name, and is answered with 304 where its client has it. What it says of caches is the query, which is
Cache-Control. How it fails, the file "fails" of the board says.
"""

import os
from urllib.parse import unquote

from signals_board import BOARD, blocking_gate, gate, record


def said(name, default=""):
    try:
        return (BOARD / name).read_text(encoding="utf-8")
    except FileNotFoundError:
        return default


def answer(method, path, query, condition, cookie):
    """Status, fields and body."""
    control = [("Cache-Control", unquote(query))] if query else []
    if path == "/me":
        return 200, control, cookie.encode()
    tag = '"%s"' % said("tag", "1")
    if method != "GET":
        record("changes", method)
        return 204, [], b""
    record("asked", condition or "-")
    how = said("fails")
    if how == "dies":
        os._exit(9)
    if how == "raises":
        raise RuntimeError("the page fails")
    if how:
        return int(how), [], b"broken"
    fields = [("ETag", tag), *control]
    return (304, fields, b"") if condition == tag else (200, fields, b"page " + tag.encode())


async def app(scope, receive, send):
    if scope["type"] != "http":
        return
    given = {name: value.decode("latin-1") for name, value in scope["headers"]}
    if b"x-gate" in given:
        record("waiting", given.get(b"cookie", "-"))
        await gate(given[b"x-gate"])
    status, fields, body = answer(
        scope["method"], scope["path"], scope["query_string"].decode(), given.get(b"if-none-match"), given.get(b"cookie", ""))
    headers = [(name.lower().encode(), value.encode()) for name, value in fields]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def wsgi(environ, start_response):
    if "HTTP_X_GATE" in environ:
        record("waiting", environ.get("HTTP_COOKIE", "-"))
        blocking_gate(environ["HTTP_X_GATE"])
    status, fields, body = answer(
        environ["REQUEST_METHOD"], environ["PATH_INFO"], environ["QUERY_STRING"], environ.get("HTTP_IF_NONE_MATCH"), environ.get("HTTP_COOKIE", ""))
    start_response("%d Some" % status, fields)
    return [body]
