"""--on-worker-start, --on-worker-ready, and the process that calls --on-starting and --on-reload."""

import json
import os
import subprocess
import sys
import tempfile
import textwrap
import unittest

from tests.fake_front import APPS, SHIM, Front, boot_document, wire
from tests.fake_template import Forked, TemplateFront


class WorkerHookTests(unittest.TestCase):
    def done(self, app, **boot):
        with Front("hooked_app:" + app, **boot) as front:
            front.ready()
            lines = front.get().body.decode().splitlines()
            front.stop()
        return lines

    def refused(self, app="asgi", **boot):
        with Front("hooked_app:" + app, **boot) as front:
            reason, sentence, trace = front.failed()
        self.assertEqual(reason, wire.FAILURE_HOOK_FAILED)
        self.assertNotIn("hydra_worker", trace)
        return sentence, trace

    def test_order_is_start_import_lifespan_ready(self):
        start = "hooked:note hooked:second hooked:Nested.inside"
        self.assertEqual(
            self.done("asgi", start_hooks=start, ready_hooks="hooked:ready hooked:ready_async", worker=0),
            ["start of 0 int False", "second", "nested", "lifespan", "ready of 0 for asgi", "awaited with ['application', 'pid', 'worker']"],
        )
        self.assertEqual(
            self.done("wsgi", start_hooks=start, ready_hooks="hooked:ready", threads=2),
            ["start of 0 int False", "second", "nested", "ready of 0 for wsgi"],
        )

    def test_ready_is_awaited_by_trio(self):
        try:
            import trio  # noqa: F401
        except ImportError:
            self.skipTest("trio is not installed")
        self.assertEqual(self.done("asgi", loop="trio", ready_hooks="hooked:ready"), ["lifespan", "ready of 0 for asgi"])

    @unittest.skipUnless(hasattr(os, "fork"), "needs fork")
    def test_forked_workers_call_them_after_the_fork(self):
        for app in ("asgi", "wsgi"):
            with self.subTest(app), TemplateFront("hooked_app:" + app, start_hooks="hooked:note", ready_hooks="hooked:ready") as template:
                template.ready()
                with Forked(template, 3) as first, Forked(template, 5) as second:
                    for worker in (first, second):
                        worker.ready()
                        index = worker.boot["worker"]
                        lines = worker.get().body.decode().splitlines()
                        self.assertEqual([line for line in lines if line != "lifespan"], ["start of %d int True" % index, "ready of %d for %s" % (index, app)])
                        worker.stop()
                template.drain()

    @unittest.skipUnless(hasattr(os, "fork"), "needs fork")
    def test_start_that_fails_after_the_fork_is_the_workers_failure(self):
        with TemplateFront("hooked_app:wsgi", start_hooks="hooked:raises") as template:
            template.ready()
            with Forked(template, 0) as worker:
                reason, sentence, _ = worker.failed()
                self.assertEqual((reason, sentence), (wire.FAILURE_HOOK_FAILED, '--on-worker-start: "hooked:raises" raised LookupError: no exporter.'))
            template.drain()

    def test_one_that_is_not_there_is_named(self):
        self.assertEqual(
            self.refused(start_hooks="hooked:nothing")[0][:66], '--on-worker-start: The module "hooked" has no attribute "nothing".'
        )
        self.assertIn('--on-worker-ready: Could not find the module "hoked"', self.refused(ready_hooks="hoked:ready")[0])
        self.assertEqual(
            self.refused(ready_hooks="hooked:NO_FUNCTION")[0],
            '--on-worker-ready: "hooked:NO_FUNCTION" is not a function: it is an instance of int.',
        )
        self.assertIn('--on-reload: The module "hooked" has no attribute "gone".', self.refused(reload_hooks="hooked:gone")[0])

    def test_one_that_wants_what_there_is_not_is_told_what_there_is(self):
        self.assertEqual(
            self.refused(start_hooks="hooked:with_server")[0],
            '--on-worker-start: "hooked:with_server" wants a parameter "server"; it may have worker and pid, by these names.',
        )

    def test_one_that_raises_or_exits_is_a_start_that_failed(self):
        for app in ("asgi", "wsgi"):
            for option, field in (("on-worker-start", "start_hooks"), ("on-worker-ready", "ready_hooks")):
                with self.subTest(app=app, option=option):
                    sentence, trace = self.refused(app, **{field: "hooked:raises"})
                    self.assertEqual(sentence, '--%s: "hooked:raises" raised LookupError: no exporter.' % option)
                    self.assertIn("hooked.py", trace)
                    sentence, _ = self.refused(app, **{field: "hooked:leaves"})
                    self.assertEqual(sentence, "--%s: \"hooked:leaves\" called sys.exit('enough')." % option)
        self.assertEqual(self.refused(ready_hooks="hooked:raises_async")[0], '--on-worker-ready: "hooked:raises_async" raised LookupError: no pool.')

    def test_coroutine_function_is_refused_where_nothing_awaits_it(self):
        self.assertIn("no event loop runs when a worker starts", self.refused(start_hooks="hooked:ready_async")[0])
        self.assertIn("is served without an event loop", self.refused("wsgi", ready_hooks="hooked:ready_async")[0])


HOOKS = """
    import os, sys

    def begin(pid, application):
        print("begin", pid == os.getppid(), application, os.environ.get("HYDRA_WORKER_ID"))

    def raises():
        raise LookupError("no database")

    def leaves():
        sys.exit()

    async def waits():
        raise AssertionError("nobody awaits it")
"""


class ServerHookTests(unittest.TestCase):
    def call(self, event, **fields):
        with tempfile.TemporaryDirectory() as directory:
            with open(os.path.join(directory, "hooks.py"), "w") as file:
                file.write(textwrap.dedent(HOOKS))
            boot = boot_document(address="none", token="none", app="not_imported:app", app_dir=directory, event=event, **fields)
            done = subprocess.run(
                [sys.executable, SHIM], input=json.dumps(boot) + "\n", stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=APPS
            )
        return done.returncode, done.stdout.splitlines(), done.stderr

    def test_each_is_called_in_its_order_until_one_fails(self):
        line = "begin True not_imported:app None"
        self.assertEqual(self.call("starting", starting_hooks="hooks:begin hooks:begin"), (0, [line, line], ""))
        self.assertEqual(self.call("reload", reload_hooks="hooks:begin"), (0, [line], ""))
        code, output, error = self.call("starting", starting_hooks="hooks:begin hooks:raises hooks:begin")
        self.assertEqual((code, output), (1, [line]))
        self.assertIn('--on-starting: "hooks:raises" raised LookupError: no database.', error)
        self.assertNotIn("hydra_worker", error)

    def test_check_finds_them_and_calls_none(self):
        self.assertEqual(self.call("check", starting_hooks="hooks:raises"), (0, [], ""))
        self.assertIn('no attribute "gone"', self.call("check", starting_hooks="hooks:gone")[2])

    def test_one_that_exits_has_failed(self):
        self.assertEqual(self.call("starting", starting_hooks="hooks:leaves"), (1, [], '--on-starting: "hooks:leaves" called sys.exit().\n'))

    def test_coroutine_function_is_refused(self):
        self.assertIn('--on-reload: "hooks:waits" is a coroutine function: no event loop runs here', self.call("reload", reload_hooks="hooks:waits")[2])


if __name__ == "__main__":
    unittest.main()
