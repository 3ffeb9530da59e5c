"""Pyramid: a view, a form, a session in a cookie, a file, an event stream, and a view that fails."""

import os

from pyramid.config import Configurator
from pyramid.response import FileResponse, Response
from pyramid.session import SignedCookieSessionFactory
from signals_board import record


def hello(request):
    return Response(f"hello from pyramid, {request.matchdict['name']}", charset="utf-8")


def upload(request):
    return {"name": request.POST["note"], "size": len(request.POST["file"].file.read()), "scheme": request.scheme, "url": request.path_url}


def count(request):
    request.session["count"] = request.session.get("count", 0) + 1
    return {"count": request.session["count"]}


def this_file(request):
    return FileResponse(__file__, request=request, content_type="text/x-python")


def rows(request):
    def produce():
        try:
            for number in range(10_000_000):
                yield b"row %d\n" % number
        finally:
            record(request.matchdict["key"], "closed")

    return Response(app_iter=produce(), content_type="text/plain")


def fail(request):
    raise RuntimeError("a view that fails")


def main():
    with Configurator(settings={"pyramid.prevent_http_cache": True}) as config:
        config.set_session_factory(SignedCookieSessionFactory(os.environ.get("SECRET", "for tests only")))
        for name, pattern, view, renderer in (
            ("hello", "/hello/{name}", hello, None),
            ("upload", "/upload", upload, "json"),
            ("count", "/count", count, "json"),
            ("file", "/file", this_file, None),
            ("rows", "/rows/{key}", rows, None),
            ("fail", "/fail", fail, None),
        ):
            config.add_route(name, pattern)
            config.add_view(view, route_name=name, renderer=renderer)
        return config.make_wsgi_app()


app = main()
