"""Python's logging on its way to the front."""

import os
import tempfile
import time
import unittest

from tests.fake_front import Front, wire


class LogTests(unittest.TestCase):
    def test_records_of_the_application_reach_the_front(self):
        with Front("asgi_cases:app", log_level="info") as front:
            front.ready()
            before = time.time()
            front.get("/logs")
            record = front.wait_log(lambda record: "with traceback" in record.message)
            self.assertEqual((record.level, record.logger), (wire.LOG_ERROR, "app"))
            self.assertLess(abs(record.created / 1e6 - before), 60)
            self.assertIn("KeyError: 'logged'", record.message)
            record = front.wait_log(lambda record: record.message.startswith("xxx"))
            self.assertTrue(record.message.endswith("[400000 bytes, cut]"), record.message[-60:])
            record = front.wait_log(lambda record: record.level == wire.LOG_CRITICAL)
            self.assertLessEqual(len(record.logger.encode()), 255)
            self.assertIn("\\udc80", record.message)

    def test_without_configuration_only_warnings_are_records_as_in_a_bare_interpreter(self):
        for level in ("trace", "info"):
            with self.subTest(level), Front("asgi_cases:app", log_level=level) as front:
                front.ready()
                front.get("/logs")
                front.wait_log(lambda record: record.level == wire.LOG_CRITICAL)
                self.assertFalse([r for r in front.logs if "debug of" in r.message or "info of" in r.message])

    def test_configuration_in_the_lifespan_has_its_effect(self):
        self.expect_once("logging_lifespan:app", "configured:info of the app")

    def test_logger_with_a_handler_that_propagates_writes_once(self):
        self.expect_once("logging_propagates:app", "configured:warning of the app")

    def test_handler_of_the_server_keeps_levels_where_the_application_configures_it(self):
        with Front("logging_kept:app", log_level="info") as front:
            front.ready()
            front.get("/")
            for text, level, name in (("info of the app", wire.LOG_INFO, "django.request"), ("error of the app", wire.LOG_ERROR, "shop")):
                record = front.wait_log(lambda record: record.message == text)
                self.assertEqual((record.level, record.logger), (level, name))

    def test_records_of_a_request_have_its_name(self):
        headers = ((b"host", b"test"), (b"x-request-id", b"abc-1"))
        for app, path, said in (("asgi_cases:app", "/no_such", "in ASGI"), ("wsgi_cases:app", "/raises", "in WSGI")):
            with self.subTest(app), Front(app, request_id_header="x-request-id") as front:
                front.ready()
                front.get(path, headers=headers)
                record = front.wait_log(lambda record: "Traceback" in record.message)
                first, _, rest = record.message.partition("\n")
                self.assertEqual(first, f"Exception {said} application [request abc-1]")
                self.assertTrue(rest.startswith("Traceback"), rest)

    def test_records_of_tasks_have_the_name_of_their_request(self):
        with Front("asgi_cases:app", request_id_header="x-request-id") as front:
            front.ready()
            front.get("/logs", headers=((b"x-request-id", b"abc-2"),))
            record = front.wait_log(lambda record: "with traceback" in record.message)
            self.assertIn("with traceback [request abc-2]\n", record.message)
            front.get("/logs")
            front.wait_log(lambda record: record.message.endswith("cut]") and "abc-2" not in record.message)

    def test_configuration_that_is_named_is_applied_before_the_application_is_imported(self):
        text = (
            '{"version": 1, "disable_existing_loggers": true, "formatters": {"f": {"format": "configured:%(message)s"}}, '
            '"handlers": {"h": {"class": "logging.StreamHandler", "formatter": "f"}}, '
            '"root": {"handlers": ["h"], "level": "INFO"}}'
        )
        with tempfile.TemporaryDirectory() as directory:
            path = os.path.join(directory, "log.json")
            with open(path, "w") as file:
                file.write(text)
            with Front("asgi_cases:app", log_config=path) as front:
                front.ready()
                front.get("/logs")
                front.stop()
                self.assertIn("configured:info of", front.stderr())

    def test_configuration_that_is_wrong_is_said(self):
        with tempfile.TemporaryDirectory() as directory:
            for name, text, said in (
                ("none.json", None, "there is no file"),
                ("bad.json", "{", "is no configuration of logging"),
                ("bad.ini", "[loggers]\n", "is no configuration of logging"),
            ):
                path = os.path.join(directory, name)
                if text is not None:
                    with open(path, "w") as file:
                        file.write(text)
                with self.subTest(name), Front("asgi_cases:app", log_config=path) as front:
                    self.assertIn(said, front.failed()[1])

    def expect_once(self, app, line):
        """What the application's own handler has written stands once on standard error, and not in the server's log."""
        with Front(app) as front:
            front.ready()
            front.get("/logs")
            front.stop()
            self.assertEqual(front.stderr().count(line), 1)
            self.assertFalse([record for record in front.logs if "of the app" in record.message])

    def test_handlers_of_the_application_get_the_exception_itself(self):
        for app in ("hydra_handler", "hydra_named", "hydra_propagates"):
            with self.subTest(app), Front("logging_%s:app" % app) as front:
                front.ready()
                front.get("/raise")
                front.stop()
                self.assertEqual(
                    front.stderr().splitlines(),
                    ["handled:hydra.error:Exception in ASGI application:ZeroDivisionError:logging_common.py"],
                )
                self.assertFalse([record for record in front.logs if "ZeroDivisionError" in record.message])

    def test_configuration_that_disables_what_it_does_not_name_leaves_errors_there(self):
        with Front("logging_dictionary:app") as front:
            front.ready()
            front.get("/raise")
            record = front.wait_log(lambda record: "ZeroDivisionError" in record.message)
            self.assertTrue(record.message.startswith("Exception in ASGI application\nTraceback"), record.message)

    def test_application_that_configures_logging_gets_what_it_configured(self):
        for app in ("basic", "dictionary"):
            with self.subTest(app), Front("logging_%s:app" % app) as front:
                front.ready()
                front.get("/logs")
                front.get("/raise")
                # The shim's own records still come over the link.
                front.wait_log(lambda record: "ZeroDivisionError" in record.message)
                front.stop()
                self.assertIn("configured:debug of the app", front.stderr())
                self.assertFalse([record for record in front.logs if "of the app" in record.message])

    def test_basic_config_without_level_means_warning(self):
        with Front("logging_nolevel:app") as front:
            front.ready()
            front.get("/logs")
            front.stop()
            self.assertIn("WARNING:app:warning of the app", front.stderr())
            self.assertNotIn("info of the app", front.stderr())

    def test_many_threads_may_log_at_once(self):
        with Front("environment:app") as front:
            front.ready()
            self.assertEqual(front.get("/log_threads").body, b"done")
            front.ping()
            wanted = {"thread %d record %d" % (thread, number) for thread in range(8) for number in range(50)}
            self.assertTrue(wanted <= {record.message for record in front.logs})


if __name__ == "__main__":
    unittest.main()
