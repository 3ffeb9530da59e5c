"""--metrics-routes: what a request's route was, and how it is counted. What it is with real frameworks is looked at where those are."""

import asyncio
import importlib
import re
import time
import types
import unittest

from hydra_worker import routes
from tests.fake_front import Front
from tests.fake_link import DEADLINE, wire

SAMPLE = re.compile(r'^S hydra_route_duration_seconds_count\{method="(.*)",route="(.*)",status="(.*)"\} (\d+)$', re.M)


def has(name):
    try:
        importlib.import_module(name)
    except Exception:
        # It is not there, or is not for this Python.
        return False
    return True


def counted(counts):
    """{(method, route, status): count}"""
    return {found[:3]: int(found[3]) for found in SAMPLE.findall("\n".join(counts.lines()))}


def counted_by(front, requests):
    """The same of a worker, as soon as it has counted so many: a request is over a moment after its response."""
    deadline = time.monotonic() + DEADLINE
    while True:
        outcome, text = front.collect()
        found = {each[:3]: int(each[3]) for each in SAMPLE.findall(text)}
        if outcome == wire.COLLECT_WHOLE and sum(found.values()) >= requests:
            return found
        assert time.monotonic() < deadline, text


def ask(application, path, method="GET", root_path="", kind="http"):
    """Has an ASGI application answer a request, whatever that is."""
    scope = {
        "type": kind, "asgi": {"version": "3.0"}, "http_version": "1.1", "method": method, "scheme": "http", "path": path, "raw_path": path.encode(),
        "query_string": b"", "root_path": root_path, "headers": [(b"host", b"test")], "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 80),
    }
    sent = []

    async def receive():
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message):
        sent.append(message)

    asyncio.run(application(scope, receive, send))
    return sent


def call(application, path, method="GET", script=""):
    """Has a WSGI application answer; the body and the status."""
    import io
    from wsgiref.util import setup_testing_defaults

    environ = {"PATH_INFO": path, "REQUEST_METHOD": method, "SCRIPT_NAME": script, "wsgi.input": io.BytesIO()}
    setup_testing_defaults(environ)
    said = []
    body = application(environ, lambda status, headers, exc_info=None: said.append(status))
    try:
        return b"".join(body), said[-1] if said else ""
    finally:
        getattr(body, "close", lambda: None)()


class CountTests(unittest.TestCase):
    def setUp(self):
        self.counts = routes.RouteCounts()

    def test_nothing_is_nothing(self):
        self.assertEqual(self.counts.lines(), [])

    def test_requests_are_in_the_buckets_that_they_fit(self):
        for seconds in (0.0005, 0.001, 0.3, 100):
            self.counts.add("GET", '/"', 204, seconds)
        lines = self.counts.lines()
        text = 'S hydra_route_duration_seconds_bucket{method="GET",route="/\\"",status="2xx",le="%s"} %d'
        for bound, count in (("0.001", 2), ("0.25", 2), ("0.5", 3), ("30.0", 3), ("+Inf", 4)):
            self.assertIn(text % (bound, count), lines)
        self.assertIn('S hydra_route_duration_seconds_count{method="GET",route="/\\"",status="2xx"} 4', lines)

    def test_what_is_counted_apart_has_an_end(self):
        for i in range(routes.MOST + 100):
            self.counts.add("GET", f"/{i}", 200, 1)
        self.counts.add("ANY", "/", 999, 1)
        found = counted(self.counts)
        self.assertEqual(found[("GET", routes.OTHER, "2xx")], 100)
        self.assertEqual(found[(routes.OTHER, routes.OTHER, "5xx")], 1)
        self.assertEqual(len(found), routes.MOST + 2)


class AsgiTests(unittest.TestCase):
    def setUp(self):
        self.counts = routes.RouteCounts()

    def wrap(self, application):
        return routes.wrap("asgi", application, self.counts)

    def test_application_without_routes(self):
        async def application(scope, receive, send):
            if scope["path"] == "/raises":
                raise ValueError
            await send({"type": "http.response.start", "status": 404, "headers": []})
            await send({"type": "http.response.body", "body": b"", "more_body": True})
            await send({"type": "http.response.body", "body": b"a"})

        wrapped = self.wrap(application)
        self.assertEqual([message["type"][14:] for message in ask(wrapped, "/a")], ["start", "body", "body"])
        with self.assertRaises(ValueError):
            ask(wrapped, "/raises")
        self.assertEqual(counted(self.counts), {("GET", "(none)", "4xx"): 1, ("GET", "(none)", "5xx"): 1})

    def test_what_is_no_request_passes(self):
        seen = []

        async def application(scope, receive, send):
            seen.append((scope["type"], send))

        ask(self.wrap(application), "/", kind="websocket")
        self.assertEqual(seen[0][0], "websocket")
        self.assertEqual(counted(self.counts), {})

    def test_scope_may_have_anything(self):
        class Odd:
            @property
            def path(self):
                raise RuntimeError

        for route in (3, Odd(), types.SimpleNamespace(path=4), None):

            async def application(scope, receive, send):
                scope["route"] = route
                scope["path_params"] = 7
                scope["fastapi"] = route

            ask(self.wrap(application), "/")
        self.assertEqual(counted(self.counts), {("GET", "(none)", "5xx"): 4})

    def test_litestar_says_it_by_a_template(self):
        async def application(scope, receive, send):
            scope["path_template"] = "/books/{id:int}"

        ask(self.wrap(application), "/books/3")
        self.assertEqual(counted(self.counts), {("GET", "/books/{id:int}", "5xx"): 1})

    @unittest.skipUnless(has("starlette.applications"), "there is no starlette")
    def test_starlette_with_mounts(self):
        from starlette.applications import Starlette
        from starlette.responses import PlainTextResponse
        from starlette.routing import Mount, Route

        async def view(request):
            return PlainTextResponse("ok")

        application = self.wrap(
            Starlette(
                routes=[
                    Route("/", view),
                    Route("/items/{id:int}", view, methods=["GET", "POST"]),
                    Mount("/users/{user}", routes=[Route("/posts/{post}", view), Mount("/deep", routes=[Route("/x", view)])]),
                ]
            )
        )
        for path in ("/", "/items/3", "/items/4", "/users/ada/posts/7", "/users/bob/posts/8", "/users/ada/deep/x", "/nothing"):
            ask(application, path)
        ask(application, "/items/5", "POST")
        ask(application, "/items/6", "PUT")
        self.assertEqual(
            counted(self.counts),
            {
                ("GET", "/", "2xx"): 1,
                ("GET", "/items/{id}", "2xx"): 2,
                ("POST", "/items/{id}", "2xx"): 1,
                ("PUT", "/items/{id}", "4xx"): 1,
                ("GET", "/users/{user}/posts/{post}", "2xx"): 2,
                ("GET", "/users/{user}/deep/x", "2xx"): 1,
                ("GET", "(none)", "4xx"): 1,
            },
        )

    @unittest.skipUnless(has("fastapi"), "there is no fastapi")
    def test_fastapi_with_routers_and_mounts(self):
        from fastapi import APIRouter, FastAPI

        router = APIRouter(prefix="/books")

        @router.get("/{id}")
        async def book(id: int):
            return id

        inner = FastAPI()

        @inner.get("/pages/{page}")
        async def page(page: int):
            return page

        application = FastAPI()
        application.include_router(router, prefix="/api")
        application.mount("/sub", inner)
        wrapped = self.wrap(application)
        for path in ("/api/books/3", "/sub/pages/9", "/api/books/x", "/other"):
            ask(wrapped, path)
        ask(wrapped, "/api/books/3", root_path="")
        self.assertEqual(
            counted(self.counts),
            {
                ("GET", "/api/books/{id}", "2xx"): 2,
                ("GET", "/api/books/{id}", "4xx"): 1,
                ("GET", "/sub/pages/{page}", "2xx"): 1,
                ("GET", "(none)", "4xx"): 1,
            },
        )


class WsgiTests(unittest.TestCase):
    def setUp(self):
        self.counts = routes.RouteCounts()

    def wrap(self, application):
        return routes.wrap("wsgi", application, self.counts)

    def test_responses_of_every_kind(self):
        def application(environ, start_response):
            path = environ["PATH_INFO"]
            if path == "/raises":
                raise ValueError
            if path == "/breaks":
                return breaking(start_response)
            start_response("201 Created", [])
            return iter([b"a", b"b"]) if path == "/pieces" else [b"ab"]

        def breaking(start_response):
            start_response("200 OK", [])
            yield b"a"
            raise KeyError

        wrapped = self.wrap(application)
        self.assertEqual(call(wrapped, "/list"), (b"ab", "201 Created"))
        self.assertEqual(call(wrapped, "/pieces"), (b"ab", "201 Created"))
        for path, error in (("/raises", ValueError), ("/breaks", KeyError)):
            with self.assertRaises(error):
                call(wrapped, path)
        self.assertEqual(counted(self.counts), {("GET", "(none)", "2xx"): 2, ("GET", "(none)", "5xx"): 2})

    def test_what_the_server_looks_for_is_what_it_was(self):
        class Wrapper(list):
            pass

        whole, file = [b"a"], Wrapper()

        def application(environ, start_response):
            start_response("200 OK", [])
            environ["wsgi.file_wrapper"] = Wrapper
            return whole if environ["PATH_INFO"] == "/" else file

        environ = {"PATH_INFO": "/", "REQUEST_METHOD": "GET"}
        self.assertIs(self.wrap(application)(environ, lambda *_: None), whole)
        environ["PATH_INFO"] = "/file"
        self.assertIs(self.wrap(application)(environ, lambda *_: None), file)

    @unittest.skipUnless(has("flask"), "there is no flask")
    def test_flask_with_blueprints(self):
        from flask import Blueprint, Flask

        blueprint = Blueprint("b", __name__, url_prefix="/b")

        @blueprint.route("/<int:id>", methods=["GET", "POST"])
        def item(id):
            return str(id)

        application = Flask(__name__)
        application.register_blueprint(blueprint)
        wrapped = self.wrap(application)
        for path in ("/b/1", "/b/2", "/nothing"):
            call(wrapped, path)
        call(wrapped, "/b/3", "POST", script="/outer")
        self.assertEqual(
            counted(self.counts), {("GET", "/b/<int:id>", "2xx"): 2, ("POST", "/b/<int:id>", "2xx"): 1, ("GET", "(none)", "4xx"): 1}
        )

    @unittest.skipUnless(has("bottle"), "there is no bottle")
    def test_bottle(self):
        import bottle

        application = bottle.Bottle()
        application.route("/b/<id>", callback=lambda id: id)
        wrapped = self.wrap(application)
        for path in ("/b/1", "/nothing"):
            call(wrapped, path)
        self.assertEqual(counted(self.counts), {("GET", "/b/<id>", "2xx"): 1, ("GET", "(none)", "4xx"): 1})


@unittest.skipUnless(has("django"), "there is no django")
class DjangoTests(unittest.TestCase):
    def test_routes_of_both_interfaces(self):
        for app in ("framework_django:application", "framework_django:asgi_application"):
            with self.subTest(app=app), Front(app, collect_routes=True) as front:
                front.ready()
                front.get("/show")
                front.get("/nothing/at/all")
                self.assertEqual(counted_by(front, 2), {("GET", "/show", "2xx"): 1, ("GET", "(none)", "4xx"): 1})


class WorkerTests(unittest.TestCase):
    def test_requests_are_counted_and_said(self):
        for app, boot in (("asgi_cases:app", {}), ("wsgi_cases:app", {}), ("asgi_cases:app", {"speedups": "off"}), ("wsgi_cases:app", {"threads": 3})):
            with self.subTest(app=app, **boot), Front(app, collect_routes=True, **boot) as front:
                self.assertTrue(front.ready()[1] & wire.FEATURE_COLLECTION)
                self.assertEqual(front.collect(), (wire.COLLECT_WHOLE, ""))
                front.get("/nothing")
                self.assertEqual([key[1] for key in counted_by(front, 1)], ["(none)"])
                front.drain()
                self.assertEqual(len(SAMPLE.findall(front.collected()[2])), 1)
                self.assertEqual(front.goodbye(), (0, ""))

    def test_other_interfaces_are_served_as_they_are(self):
        with Front("rsgi_cases:app", collect_routes=True) as front:
            front.ready()
            self.assertIn("Requests are counted by their routes for ASGI and WSGI", front.logs[0].message)


if __name__ == "__main__":
    unittest.main()
