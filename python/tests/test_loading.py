"""Finding the application: each way to fail has its reason, one sentence, and the user's frames first."""

import os
import sys
import tempfile
import textwrap
import unittest

from tests.fake_front import Front, wire

FILES = {
    "good.py": """
        async def app(scope, receive, send):
            await send({"type": "http.response.start", "status": 200})
            await send({"type": "http.response.body", "body": b"app"})

        class holder:
            class inner:
                app = app

        def create_app():
            return app

        def create_named(name, debug=True):
            def named(environ, start_response):
                start_response("200 OK", [])
                return [("%s %s" % (name, debug)).encode()]

            return named

        def no_arguments():
            return app

        value = 5

        async def async_factory():
            return app

        def factory_of_none():
            return None

        def failing_factory():
            raise LookupError("no settings")

        class Rsgi:
            async def __rsgi__(self, scope, protocol):
                protocol.response_str(200, [], "rsgi")

        def create_rsgi():
            return Rsgi()

        async def of_two(scope, protocol):
            pass

        def of_one(environ):
            pass

        def wsgi_application(environ, start_response):
            start_response("200 OK", [])
            return [b"wsgi"]
    """,
    "both.py": """
        def application(environ, start_response):
            start_response("200 OK", [])
            return [b"application"]

        app = 5
    """,
    "neither.py": "aplication = len\n",
    "nested.py": "import does_not_exist_anywhere\n",
    "same_name.py": "import importlib\nimportlib.import_module('same_name.missing')\n",
    "syntax.py": "def broken(:\n",
    "raising.py": """
        def configure():
            raise ValueError("bad setting\\nsecond line")

        configure()
    """,
    "exiting.py": "import sys\nsys.exit('please set DATABASE_URL')\n",
    "interrupted.py": "raise KeyboardInterrupt\n",
    "pkg/__init__.py": "",
    "pkg/main.py": "from good import app\n",
    "pkg/broken.py": "from . import absent\n",
    "loops.py": """
        import asyncio
        loop = asyncio.get_event_loop()
        lock = asyncio.Lock()

        async def app(scope, receive, send):
            same = loop is asyncio.get_running_loop()
            async with lock:
                await send({"type": "http.response.start", "status": 200})
            await send({"type": "http.response.body", "body": str(same).encode()})
    """,
    "wsgi_loops.py": """
        import asyncio
        loop = asyncio.get_event_loop()

        async def work():
            await asyncio.sleep(0)
            return "worked"

        def app(environ, start_response):
            start_response("200 OK", [])
            again = asyncio.get_event_loop().run_until_complete(work())
            return [loop.run_until_complete(work()).encode(), again.encode()]
    """,
    "threads.py": """
        import threading
        import time

        threading.Thread(target=time.sleep, args=(600,)).start()
        raise RuntimeError("with a thread running")
    """,
}


class LoadingTests(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.directory = tempfile.TemporaryDirectory()
        for name, text in FILES.items():
            path = os.path.join(cls.directory.name, name)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "w") as file:
                file.write(textwrap.dedent(text))

    @classmethod
    def tearDownClass(cls):
        cls.directory.cleanup()

    def fail_to_start(self, app, **boot):
        with Front(app, app_dir=self.directory.name, **boot) as front:
            reason, sentence, trace = front.failed()
            self.assertNotIn("\n", sentence)
            self.assertNotIn("hydra_worker", trace)
            self.assertNotIn("importlib", trace)
            return reason, sentence, trace

    def serve(self, app, **boot):
        with Front(app, app_dir=self.directory.name, **boot) as front:
            interface = front.ready()[2]
            body = front.get().body
            front.stop()
            return interface, body, front

    def test_module_missing(self):
        reason, sentence, trace = self.fail_to_start("goood:app")
        self.assertEqual(reason, wire.FAILURE_MODULE_NOT_FOUND)
        self.assertEqual(
            sentence,
            'Could not find the module "goood" in %s or elsewhere on the Python path. Did you mean "good"?'
            % self.directory.name,
        )
        self.assertEqual(trace, "")
        for app in ("nowhere.at.all:app", "pkg.absent:app", "pkg.absent.deeper:app"):
            self.assertEqual(self.fail_to_start(app)[0], wire.FAILURE_MODULE_NOT_FOUND, app)

    def test_file_instead_of_module(self):
        for app in ("good.py:app", "./good.py:app", "pkg/main:app"):
            reason, sentence, _ = self.fail_to_start(app)
            self.assertEqual(reason, wire.FAILURE_MODULE_NOT_FOUND)
            self.assertIn("Give a module, not a file", sentence)
        self.assertIn('did you mean "pkg.main"?', sentence)

    def test_name_without_module_or_attribute(self):
        for app in (":app", "good:"):
            reason, sentence, _ = self.fail_to_start(app)
            self.assertEqual(reason, wire.FAILURE_MODULE_NOT_FOUND)
            self.assertIn("module:attribute", sentence)

    def test_nested_import_that_is_missing_is_the_modules_error(self):
        reason, sentence, trace = self.fail_to_start("nested:app")
        self.assertEqual(reason, wire.FAILURE_IMPORT_RAISED)
        self.assertIn("does_not_exist_anywhere", sentence)
        self.assertIn("nested.py", trace.splitlines()[1])
        self.assertEqual(self.fail_to_start("pkg.broken:app")[0], wire.FAILURE_IMPORT_RAISED)
        with Front("same_name:app", app_dir=self.directory.name) as front:
            self.assertEqual(front.failed()[0], wire.FAILURE_IMPORT_RAISED)

    def test_module_that_raises_shows_its_frames_first(self):
        reason, sentence, trace = self.fail_to_start("raising:app")
        self.assertEqual(reason, wire.FAILURE_IMPORT_RAISED)
        self.assertEqual(sentence, 'Importing "raising" failed with ValueError: bad setting.')
        lines = trace.splitlines()
        self.assertEqual(lines[0], "Traceback (most recent call last):")
        self.assertIn("raising.py", lines[1])
        self.assertEqual(lines[-1], "second line")

    def test_syntax_error_shows_the_line(self):
        reason, sentence, trace = self.fail_to_start("syntax:app")
        self.assertEqual(reason, wire.FAILURE_IMPORT_RAISED)
        self.assertIn("SyntaxError", sentence)
        self.assertIn("syntax.py", trace)
        self.assertIn("def broken(:", trace)

    def test_exit_and_interrupt_at_import_count_as_raised(self):
        reason, sentence, _ = self.fail_to_start("exiting:app")
        self.assertEqual(reason, wire.FAILURE_IMPORT_RAISED)
        self.assertIn("SystemExit: please set DATABASE_URL", sentence)
        self.assertEqual(self.fail_to_start("interrupted:app")[0], wire.FAILURE_IMPORT_RAISED)

    def test_threads_of_a_module_that_failed_do_not_keep_the_process(self):
        self.assertEqual(self.fail_to_start("threads:app")[0], wire.FAILURE_IMPORT_RAISED)

    def test_attribute_missing(self):
        reason, sentence, _ = self.fail_to_start("good:creat_app")
        self.assertEqual(reason, wire.FAILURE_ATTRIBUTE_MISSING)
        self.assertEqual(
            sentence, 'The module "good" has no attribute "creat_app". Did you mean "good:create_app"?'
        )
        _, sentence, _ = self.fail_to_start("good:holder.inner.apq")
        self.assertEqual(
            sentence, '"good:holder.inner" has no attribute "apq". Did you mean "good:holder.inner.app"?'
        )
        _, sentence, _ = self.fail_to_start("neither")
        self.assertIn('has neither "application" nor "app"', sentence)
        self.assertIn("neither:attribute", sentence)

    def test_module_of_the_standard_library_is_told_apart(self):
        for app in ("json:app", "sys:app", "email"):
            sentence = self.fail_to_start(app)[1]
            self.assertIn("is a module of Python's standard library", sentence)
        self.assertNotIn("standard library", self.fail_to_start("good:value2")[1])

    def test_missing_import_names_the_interpreter(self):
        sentence = self.fail_to_start("nested:app")[1]
        self.assertTrue(sentence.endswith("The Python is %s." % sys.executable), sentence)

    def test_factory_with_arguments(self):
        self.assertEqual(self.serve('good:create_named("prod", debug=False)', factory=True)[1], b"prod False")
        for app in ("good:create_named(name)", "good:create_named(**{})", "good:create_named(1"):
            sentence = self.fail_to_start(app, factory=True)[1]
            self.assertIn("must be literals", sentence)

    def test_default_attributes(self):
        self.assertEqual(self.serve("both")[:2], ("wsgi", b"application"))
        self.assertEqual(self.serve("good")[:2], ("asgi", b"app"))

    def test_dotted_attribute_and_package(self):
        self.assertEqual(self.serve("good:holder.inner.app")[1], b"app")
        self.assertEqual(self.serve("pkg.main:app")[1], b"app")

    def test_not_callable(self):
        reason, sentence, _ = self.fail_to_start("good:value")
        self.assertEqual(reason, wire.FAILURE_NOT_CALLABLE)
        self.assertEqual(sentence, 'The application "good:value" is not callable: it is an instance of int.')

    def test_factory(self):
        self.assertEqual(self.serve("good:create_app", factory=True)[1], b"app")
        for app, reason, words in (
            ("good:failing_factory", wire.FAILURE_FACTORY_RAISED, "LookupError: no settings"),
            ("good:factory_of_none", wire.FAILURE_NOT_CALLABLE, "returned None"),
            ("good:async_factory", wire.FAILURE_NOT_CALLABLE, "coroutine function"),
            ("good:value", wire.FAILURE_NOT_CALLABLE, "is not callable"),
            ("good:wsgi_application", wire.FAILURE_FACTORY_RAISED, "TypeError"),
        ):
            with self.subTest(app):
                found, sentence, _ = self.fail_to_start(app, factory=True)
                self.assertEqual(found, reason)
                self.assertIn(words, sentence)

    def test_factory_without_the_option_is_called_with_a_warning(self):
        interface, body, front = self.serve("good:no_arguments")
        self.assertEqual((interface, body), ("asgi", b"app"))
        front.wait_log(lambda record: "--factory" in record.message and record.level == wire.LOG_WARNING)

    def test_factory_of_an_object_that_is_not_called(self):
        for app, boot in (
            ("good:create_rsgi", {"factory": True}),
            ("good:create_rsgi", {"factory": True, "interface": "rsgi"}),
            ("good:create_rsgi()", {"factory": True}),
            ("good:create_rsgi", {}),
        ):
            with self.subTest(app, **boot):
                self.assertEqual(self.serve(app, **boot)[:2], ("rsgi", b"rsgi"))
        self.assertIn("returned an instance of Rsgi, which is not callable", self.fail_to_start("good:create_rsgi", factory=True, interface="asgi")[1])

    def test_application_whose_interface_cannot_be_seen_is_told_which_it_may_be(self):
        self.assertIn("--interface rsgi", self.fail_to_start("good:of_two")[1])

    def test_interface_that_does_not_fit(self):
        for app, interface in (
            ("good:of_two", "asgi"),
            ("good:of_one", "wsgi"),
            ("good:app", "wsgi"),
            ("good:app", "asgi2"),
            ("good:wsgi_application", "asgi"),
            ("good:wsgi_application", "asgi2"),
            ("good:app", "cgi"),
        ):
            with self.subTest(app, interface=interface):
                reason, sentence, _ = self.fail_to_start(app, interface=interface)
                self.assertEqual(reason, wire.FAILURE_INTERFACE_MISMATCH)
                self.assertIn(interface, sentence)

    def test_loop_that_is_current_at_import_runs_the_application(self):
        for loop in ("asyncio", "auto"):
            self.assertEqual(self.serve("loops:app", loop=loop)[1], b"True")

    def test_loop_that_is_current_at_import_is_open_in_views(self):
        for loop in ("asyncio", "auto"):
            self.assertEqual(self.serve("wsgi_loops:app", loop=loop)[:2], ("wsgi", b"workedworked"))

    def test_loop_that_is_not_installed(self):
        reason, sentence, _ = self.fail_to_start("good:app", loop="twisted")
        self.assertEqual(reason, wire.FAILURE_INTERNAL)
        self.assertIn("twisted", sentence)
        try:
            import uvloop  # noqa: F401
        except ImportError:
            self.assertIn("uvloop", self.fail_to_start("good:app", loop="uvloop")[1])


if __name__ == "__main__":
    unittest.main()
