"""What is different for who is writing the application."""

import asyncio
import unittest

from hydra_worker import development

START = {"type": "http.response.start", "status": 500, "headers": []}
ANSWER = {"type": "http.response.body", "body": b"Internal Server Error"}


class Failing(Exception):
    pass


def run(messages, error=None, kind="http"):
    """Has an application send these and raise that: what came of it."""
    sent = []

    async def application(scope, receive, send):
        for message in messages:
            await send(message)
        if error is not None:
            raise error

    async def send(message):
        sent.append(message)

    try:
        asyncio.run(development.wrap("asgi", application)({"type": kind}, None, send))
    except Failing:
        return sent, True
    return sent, False


class WrapTests(unittest.TestCase):
    def test_the_bare_answer_gives_way_to_what_is_raised(self):
        self.assertEqual(run([START, ANSWER], Failing()), ([], True))
        self.assertEqual(run([START], Failing()), ([], True))
        self.assertEqual(run([START, dict(ANSWER, more_body=False)], Failing()), ([], True))

    def test_the_bare_answer_is_sent_where_nothing_is_raised(self):
        self.assertEqual(run([START, ANSWER]), ([START, ANSWER], False))
        self.assertEqual(run([START]), ([START], False))

    def test_an_answer_of_the_applications_own_stays(self):
        for body in (b"<html>Traceback", b'{"detail":"mine"}', b""):
            message = dict(ANSWER, body=body)
            self.assertEqual(run([START, message], Failing()), ([START, message], True))
        streaming = [START, dict(ANSWER, more_body=True), dict(ANSWER, body=b"x")]
        self.assertEqual(run(streaming, Failing()), (streaming, True))
        other = [dict(START, status=200), ANSWER]
        self.assertEqual(run(other, Failing()), (other, True))
        behind = [START, {"type": "http.response.trailers"}]
        self.assertEqual(run(behind, Failing()), (behind, True))

    def test_other_scopes_and_interfaces_pass(self):
        self.assertEqual(run([START, ANSWER], Failing(), kind="websocket"), ([START, ANSWER], True))
        self.assertIs(development.wrap("wsgi", run), run)


if __name__ == "__main__":
    unittest.main()
