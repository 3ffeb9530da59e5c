"""What a worker imports and an application has not asked for is memory in each worker, and time at each start."""

import json
import os
import sys
import tempfile
import textwrap
import unittest

from tests.fake_front import Front

FILES = {
    "plain.py": """
        import json, sys

        async def asgi(scope, receive, send):
            await send({"type": "http.response.start", "status": 200})
            await send({"type": "http.response.body", "body": json.dumps(list(sys.modules)).encode()})

        def wsgi(environ, start_response):
            start_response("200 OK", [])
            if environ["PATH_INFO"] == "/loop":
                import asyncio
                return [type(asyncio.get_event_loop_policy().get_event_loop()).__module__.encode()]
            return [json.dumps(list(sys.modules)).encode()]
    """,
    "taker.py": """
        import asyncio.events

        LOOP = asyncio.get_event_loop_policy()._local._loop
        LOADER = type(asyncio.__spec__.loader).__name__ + " " + type(asyncio.__loader__).__name__

        def wsgi(environ, start_response):
            start_response("200 OK", [])
            return [f"{type(LOOP).__module__} {LOADER}".encode()]

        async def asgi(scope, receive, send):
            same = asyncio.get_running_loop() is LOOP
            await send({"type": "http.response.start", "status": 200})
            await send({"type": "http.response.body", "body": b"%d" % same})
    """,
}

# What an idle worker has no use for.
HEAVY = {
    "concurrent.futures.process",
    "dataclasses",
    "difflib",
    "email",
    "http.client",
    "importlib.metadata",
    "logging.config",
    "logging.handlers",
    "multiprocessing",
    "pkgutil",
    "tempfile",
    "unittest",
    "urllib.request",
    "xml",
}
# What asyncio brings.
OF_LOOPS = {"asyncio", "concurrent.futures", "inspect", "ssl", "subprocess", "uvloop"}


@unittest.skipUnless(sys.implementation.name == "cpython", "others import other modules")
class FootprintTests(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.directory = tempfile.TemporaryDirectory()
        for name, text in FILES.items():
            with open(os.path.join(cls.directory.name, name), "w") as file:
                file.write(textwrap.dedent(text))

    @classmethod
    def tearDownClass(cls):
        cls.directory.cleanup()

    def ask(self, app: str, path: str = "/", **boot: object) -> str:
        with Front(app, app_dir=self.directory.name, **boot) as front:
            front.ready()
            body = front.get(path).body.decode()
            front.stop()
        return body

    def test_asgi_worker_imports_nothing_heavy(self):
        modules = set(json.loads(self.ask("plain:asgi", loop="asyncio", lifespan="off")))
        self.assertEqual(modules & (HEAVY | {"uvloop"}), set())

    def test_wsgi_worker_imports_nothing_heavy_and_no_event_loop(self):
        for interface in ("auto", "wsgi"):
            with self.subTest(interface):
                modules = set(json.loads(self.ask("plain:wsgi", interface=interface)))
                self.assertEqual(modules & (HEAVY | OF_LOOPS), set())

    def test_application_that_imports_asyncio_finds_the_loop(self):
        self.assertEqual(self.ask("taker:asgi", loop="asyncio", lifespan="off"), "1")
        self.assertEqual(self.ask("taker:asgi", loop="auto", lifespan="off"), "1")
        usual = "SourceFileLoader SourceFileLoader"
        self.assertEqual(self.ask("taker:wsgi", loop="asyncio"), "asyncio.unix_events " + usual)

    def test_view_that_imports_asyncio_finds_a_loop(self):
        self.assertEqual(self.ask("plain:wsgi", "/loop", loop="asyncio"), "asyncio.unix_events")


if __name__ == "__main__":
    unittest.main()
