"""The lifespan protocol, from startup to shutdown."""

import unittest

from tests.fake_front import Front, wire


class LifespanTests(unittest.TestCase):
    def serve(self, app, lifespan="auto"):
        """Starts, asks once, stops. Returns the response's body, GOODBYE's message, and the front."""
        with Front("lifespans:" + app, lifespan=lifespan) as front:
            front.ready()
            body = front.get().body
            _, message = front.stop()
            return body, message, front

    def fail_to_start(self, app, lifespan="auto"):
        with Front("lifespans:" + app, lifespan=lifespan) as front:
            return front.failed()

    def test_unsupported_lifespan_is_no_failure_under_auto(self):
        for app in ("raises", "raises_after_receive", "returns", "returns_after_receive"):
            with self.subTest(app):
                body, message, _ = self.serve(app)
                self.assertEqual((body, message), (b"['no state']", ""))

    def test_unsupported_lifespan_is_a_failure_when_it_is_on(self):
        for app in ("raises", "raises_after_receive"):
            with self.subTest(app):
                reason, sentence, trace = self.fail_to_start(app, "on")
                self.assertEqual(reason, wire.FAILURE_LIFESPAN_FAILED)
                self.assertIn("RuntimeError", sentence)
                self.assertIn("lifespans.py", trace)
                self.assertNotIn("hydra_worker", trace)
        for app in ("returns", "returns_after_receive"):
            with self.subTest(app):
                self.assertEqual(
                    self.fail_to_start(app, "on"),
                    (
                        wire.FAILURE_LIFESPAN_FAILED,
                        "The application's lifespan returned without lifespan.startup.complete.",
                        "",
                    ),
                )

    def test_lifespan_on_is_a_failure_for_an_interface_without_one(self):
        for app, interface in (("hello:wsgi", "wsgi"), ("rsgi_cases:app", "rsgi"), ("raw_cases:plain", "raw")):
            with self.subTest(interface), Front(app, interface=interface, lifespan="on") as front:
                self.assertEqual(
                    front.failed(),
                    (
                        wire.FAILURE_INTERFACE_MISMATCH,
                        f'"{app}" is served with --interface {interface}, which has no lifespan: leave out --lifespan on.',
                        "",
                    ),
                )

    def test_lifespan_off_is_not_run(self):
        body, message, front = self.serve("waits", "off")
        self.assertEqual((body, message), (b"['no state']", ""))
        self.assertNotIn("cleaned up", front.stdout())

    def test_startup_and_shutdown_are_waited_for(self):
        for mode in ("auto", "on"):
            body, message, front = self.serve("waits", mode)
            self.assertEqual((body, message), (b"['ready']", ""))
            self.assertIn("cleaned up", front.stdout())

    def test_startup_failed_is_reported_with_its_message(self):
        reason, sentence, trace = self.fail_to_start("fails")
        self.assertEqual(reason, wire.FAILURE_LIFESPAN_FAILED)
        self.assertEqual(sentence, "The application failed to start: the database is away")
        self.assertEqual(trace, "the database is away")
        self.assertEqual(self.fail_to_start("fails_without_message")[1], "The application failed to start.")

    def test_startup_failed_with_a_traceback_as_message(self):
        _, sentence, trace = self.fail_to_start("fails_as_starlette")
        self.assertEqual(
            sentence, "The application failed to start: ConnectionError: no route to the database"
        )
        self.assertIn("lifespans.py", trace)
        self.assertTrue(trace.endswith("ConnectionError: no route to the database"))

    def test_shutdown_that_fails_is_said_in_goodbye(self):
        _, message, _ = self.serve("shutdown_fails")
        self.assertEqual(message, "The application failed to shut down: could not flush")

    def test_shutdown_that_raises_is_said_in_goodbye_and_logged(self):
        _, message, front = self.serve("shutdown_raises")
        self.assertEqual(message, "The application's lifespan shutdown raised ValueError: in the shutdown.")
        front.wait_log(lambda record: "in the shutdown" in record.message and record.level == wire.LOG_ERROR)

    def test_lifespan_that_ends_early_is_logged_and_serving_goes_on(self):
        body, message, front = self.serve("ends_early")
        self.assertEqual((body, message), (b"[]", ""))
        front.wait_log(
            lambda record: "after the startup" in record.message and record.level == wire.LOG_ERROR
        )

    def test_messages_out_of_order_raise(self):
        _, message, front = self.serve("breaks_order")
        self.assertEqual(message, "")
        self.assertIn("4 errors", front.stdout())


if __name__ == "__main__":
    unittest.main()
