"""What the application does wrong: each rule has its error, its RESET and its log record."""

import unittest

from tests.apps import asgi_cases as cases
from tests.cases import AsgiCase
from tests.fake_front import wire


class RuleTests(AsgiCase):
    def test_each_broken_rule_raises_and_resets(self):
        for name in cases.BROKEN:
            with self.subTest(name):
                since = self.event_count()
                response = self.front.get("/breaks", query=name)
                self.assertEqual(self.events(since), ["sending the last"])
                self.assertIsNotNone(response.reset, response.frames)
                reason = wire.RESET_APPLICATION_ERROR if name == "no_type" else wire.RESET_RULE_VIOLATION
                self.assertEqual(response.reset[0], reason, response.reset)
                sent = [frame.kind for frame in response.frames]
                self.assertEqual(sent, [wire.RESPONSE, wire.RESET] if name in cases.LATE else [wire.RESET])

    def test_each_broken_rule_swallowed_resets_too(self):
        for name in cases.BROKEN:
            with self.subTest(name):
                response = self.front.get("/breaks_and_swallows", query=name)
                self.assertIsNotNone(response.reset)

    def test_error_page_after_a_broken_rule_is_sent(self):
        response = self.front.get("/breaks_and_recovers")
        self.assertEqual(response.status, 500)
        self.assertIn(b"control character", response.body)

    def test_sending_after_the_end_raises(self):
        since = self.event_count()
        response = self.front.get("/send_after_end")
        self.assertEqual(response.body, b"x")
        self.assertEqual(
            self.events(since),
            [
                "http.response.body was sent after the response was complete.",
                "http.response.start was sent after the response was complete.",
            ],
        )

    def test_application_that_raises_is_logged_once_and_reset(self):
        for path, kinds in (
            ("/raises", [wire.RESET]),
            ("/raises_held", [wire.RESET]),
            ("/raises_sent", [wire.RESPONSE, wire.RESET]),
            ("/raises_system_exit", [wire.RESET]),
            ("/raises_cancelled", [wire.RESET]),
        ):
            with self.subTest(path):
                response = self.front.get(path)
                self.assertEqual([frame.kind for frame in response.frames], kinds)
                self.assertEqual(response.reset[0], wire.RESET_APPLICATION_ERROR)
                function = "in " + path[1:] + "\n"
                record = self.front.wait_log(lambda record: function in record.message)
                self.assertEqual((record.level, record.logger), (wire.LOG_ERROR, "hydra.error"))
                lines = record.message.splitlines()
                self.assertEqual(lines[0], "Exception in ASGI application")
                self.assertEqual(lines[1], "Traceback (most recent call last):")
                self.assertIn("asgi_cases.py", lines[2])
                self.assertNotIn("hydra_worker", record.message)
                self.front.ping()
                self.assertEqual(sum(function in other.message for other in self.front.logs), 1)

    def test_error_after_the_response_is_only_logged(self):
        response = self.front.get("/raises_after")
        self.assertEqual((response.body, response.reset), (b"complete", None))
        self.front.wait_log(lambda record: "after the end" in record.message)

    def test_application_without_response_is_reset(self):
        for path, sentence in (
            ("/no_response", "without a response"),
            ("/only_start", "without a response"),
            ("/incomplete", "without completing the response"),
        ):
            with self.subTest(path):
                response = self.front.get(path)
                self.assertEqual(response.reset[0], wire.RESET_NO_RESPONSE)
                self.assertIn(sentence, response.reset[1])
                self.front.wait_log(lambda record: sentence in record.message)

    def test_returned_value_is_warned_about(self):
        self.assertEqual(self.front.get("/returns_value").body, b"fine")
        self.front.wait_log(
            lambda record: "returned 5" in record.message and record.level == wire.LOG_WARNING
        )


if __name__ == "__main__":
    unittest.main()
