"""
--instrument: agents around an application. OpenTelemetry and sentry-sdk are the real ones where they are installed; New Relic's is a
small one of the names that its documentation has, as the package is not to be had.
"""

import os
import sys
import tempfile
import textwrap
import unittest

from hydra_worker.instrument import packages_of
from tests.fake_front import DEADLINE, Front, wire
from tests.fake_template import Forked, TemplateFront

FAKE_NEWRELIC = """
    calls = []

    def initialize(config_file=None, environment=None):
        calls.append("instrumented" in __import__("sys").modules)

    def ASGIApplicationWrapper(application):
        async def wrapped(scope, receive, send):
            await application({**scope, "by": b"newrelic %r" % calls}, receive, send)
        return wrapped

    def WSGIApplicationWrapper(application):
        return lambda environ, start_response: application({**environ, "by": "newrelic %r" % calls}, start_response)
"""


def has(*modules):
    import importlib

    try:
        for module in modules:
            importlib.import_module(module)
    except Exception:
        # It is not there, or is not for this Python.
        return False
    return True


class InstrumentTests(unittest.TestCase):
    def by(self, app, instrument, path="/", **options):
        with Front("instrumented:" + app, instrument=instrument, **options) as front:
            front.ready()
            response = front.get(path)
            front.stop()
        self.logs = [record.message for record in front.logs]
        self.error = front.stderr() + front.stdout()
        return dict(response.headers).get(b"by", b"").decode()

    def refused(self, instrument, app="asgi", **options):
        with Front("instrumented:" + app, instrument=instrument, **options) as front:
            reason, sentence, _ = front.failed()
        self.assertEqual(reason, wire.FAILURE_INSTRUMENT_FAILED)
        return sentence

    def test_function_or_class_is_given_the_application_and_the_first_is_outermost(self):
        self.assertEqual(self.by("asgi", "instrumented:around_asgi instrumented:Middleware"), "Middleware around ")
        self.assertEqual(self.by("wsgi", "instrumented:around"), "around ")
        self.assertEqual(self.by("wsgi", "instrumented:leaves"), "nobody")

    @unittest.skipUnless(hasattr(os, "fork"), "needs fork")
    def test_forked_workers_have_it(self):
        with TemplateFront("instrumented:wsgi", instrument="instrumented:around") as template:
            template.ready()
            with Forked(template, 0) as worker:
                worker.ready()
                self.assertEqual(dict(worker.get().headers)[b"by"], b"around ")
                worker.stop()
            template.drain()

    def test_one_that_cannot_be_is_named(self):
        for name, sentence in (
            ("instrumented:gone", '--instrument: The module "instrumented" has no attribute "gone".'),
            ("instrumented:raises", "--instrument instrumented:raises raised LookupError: no agent."),
            ("instrumented:number", "--instrument instrumented:number returned an instance of int, which is not callable."),
            ("instrumented:coroutine", "--instrument instrumented:coroutine is not a plain function: it is an instance of function."),
            ("instrumented:around", "--instrument instrumented:around has made a WSGI application of one of ASGI."),
        ):
            with self.subTest(name):
                self.assertEqual(self.refused(name), sentence)

    def test_package_that_is_not_installed_is_named(self):
        with tempfile.TemporaryDirectory() as directory:
            # Nothing of them is found, whatever is installed.
            with open(os.path.join(directory, "sitecustomize.py"), "w") as file:
                file.write("import sys\nfor name in ('opentelemetry', 'sentry_sdk', 'newrelic'):\n    sys.modules[name] = None\n")
            for name, package in (("opentelemetry", "opentelemetry-distro"), ("sentry", "sentry-sdk"), ("newrelic", "newrelic")):
                with self.subTest(name):
                    sentence = self.refused(name, env={"PYTHONPATH": directory})
                    self.assertIn("--instrument %s needs %s" % (name, package), sentence)
                    self.assertIn("which is not installed in " + sys.executable, sentence)

    def test_newrelic_is_set_up_before_the_import_and_put_around(self):
        with tempfile.TemporaryDirectory() as directory:
            os.mkdir(os.path.join(directory, "newrelic"))
            for name, text in (("__init__", ""), ("agent", textwrap.dedent(FAKE_NEWRELIC))):
                with open(os.path.join(directory, "newrelic", name + ".py"), "w") as file:
                    file.write(text)
            for app in ("asgi", "wsgi"):
                self.assertEqual(self.by(app, "newrelic", env={"PYTHONPATH": directory}), "newrelic [False]")

    @unittest.skipUnless(has("sentry_sdk.integrations.asgi"), "sentry-sdk is not installed")
    def test_sentry_hears_what_the_application_raises(self):
        for app in ("asgi", "wsgi"):
            with self.subTest(app), Collector() as collector, Front(
                "instrumented:" + app, instrument="sentry", lifespan="off", env={"SENTRY_DSN": collector.dsn}
            ) as front:
                front.ready()
                front.open("GET", "/fails")
                error = collector.next()["values"][-1]
                self.assertEqual((error["type"], error["mechanism"]["type"]), ("LookupError", app))
                front.stop()

    @unittest.skipUnless(
        has("opentelemetry.instrumentation.auto_instrumentation", "opentelemetry.instrumentation.asgi", "opentelemetry.sdk"), "opentelemetry is not installed"
    )
    def test_opentelemetry_traces_requests_by_the_provider_of_a_hook(self):
        for boot in ({}, {"loop": "asyncio"}):
            with Front("instrumented:asgi", instrument="opentelemetry", start_hooks="otel_provider:provide", **boot) as front:
                front.ready()
                front.get("/traced")
                front.stop()
                self.assertIn('"name": "GET /traced"', front.stdout())
                self.assertNotIn("nobody has set up a provider", " ".join(record.message for record in front.logs))

    @unittest.skipUnless(has("opentelemetry.instrumentation.auto_instrumentation"), "opentelemetry is not installed")
    def test_opentelemetry_without_a_provider_or_a_middleware_says_so(self):
        with Front("instrumented:wsgi", instrument="opentelemetry") as front:
            front.ready()
            self.assertEqual(front.get().body, b"hello")
            front.stop()
            said = " ".join(record.message for record in front.logs)
        self.assertIn("nobody has set up a provider of traces", said)
        if not has("opentelemetry.instrumentation.wsgi"):
            self.assertIn("install opentelemetry-instrumentation-wsgi", said)


class Collector:
    """What takes the place of Sentry's server: the exceptions that come to it."""

    def __init__(self):
        import gzip
        import http.server
        import json
        import queue
        import threading

        events = self._events = queue.Queue()

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                body = gzip.decompress(body) if self.headers.get("Content-Encoding") == "gzip" else body
                for line in body.splitlines():
                    document = json.loads(line)
                    if "exception" in document:
                        events.put(document["exception"])
                self.send_response(200)
                self.send_header("Content-Length", "2")
                self.end_headers()
                self.wfile.write(b"{}")

            def log_message(self, *args):
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.dsn = "http://key@127.0.0.1:%d/1" % self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def next(self):
        return self._events.get(timeout=DEADLINE)

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self._server.shutdown()
        self._server.server_close()


class PackagesTests(unittest.TestCase):
    def test_what_is_inside_is_found(self):
        import json
        import functools

        encoder = json.JSONEncoder()
        encoder.__class__.__call__ = lambda self: None
        try:
            def inside():
                return encoder()

            class Outer:
                def __init__(self, app):
                    self.app = app

                def __call__(self):
                    return self.app()

            for value in (encoder, inside, Outer(inside), functools.partial(inside), Outer(Outer(inside)).__call__):
                self.assertIn("json", packages_of(value))
            self.assertNotIn("json", packages_of(Outer(len)))
        finally:
            del json.JSONEncoder.__call__

    def test_frameworks_are_found_behind_middlewares(self):
        cases = []
        if has("fastapi"):
            import fastapi

            cases.append((fastapi.FastAPI(), "fastapi"))
        if has("flask"):
            import flask

            cases.append((flask.Flask("x"), "flask"))
            cases.append((flask.Flask("x").wsgi_app, "flask"))
        if has("django"):
            import django.core.handlers.wsgi as handlers

            cases.append((handlers.WSGIHandler.__new__(handlers.WSGIHandler), "django"))
        for application, package in cases:
            self.assertIn(package, packages_of(application))
            self.assertIn(package, packages_of(lambda *arguments: application(*arguments)))

    def test_what_holds_itself_comes_to_an_end(self):
        class Ring:
            def __call__(self):
                return self.next

        ring = Ring()
        ring.next = ring
        self.assertIn("tests", packages_of(ring))


if __name__ == "__main__":
    unittest.main()
