"""What an application sees of asyncio, over the wire."""

import json
import sys
import unittest

from tests.cases import HAS_UVLOOP, AsgiCase


class TaskTests(AsgiCase):
    """What an application sees of asyncio is what it sees under uvicorn."""

    def json(self, path, **options):
        response = self.front.get(path, **options)
        self.assertIsNone(response.reset, self.front.logs[-1:])
        return json.loads(response.body)

    def test_current_task_is_a_task_from_the_first_step_on(self):
        first, same, named, running, name = self.json("/task")
        self.assertEqual(first, ["Task", True, True])
        self.assertEqual((same, named, running, name), (True, True, True, "run"))

    def test_context_is_a_fresh_copy_for_each_request(self):
        for query in ("early", "late", "early", "late"):
            self.assertEqual(self.json("/context", query=query), ["unset", "set by " + query])

    def test_cancellation_in_the_first_step(self):
        self.assertEqual(self.front.get("/cancel_self").body, b"cancelled")

    def test_timeouts_and_groups(self):
        expected = ["wait_for"]
        if sys.version_info >= (3, 11):
            expected += ["timeout", "group"]
        self.assertEqual(self.json("/timeouts"), expected)

    def test_sniffio_and_anyio(self):
        try:
            import anyio  # noqa: F401
            import sniffio  # noqa: F401
        except ImportError:
            self.skipTest("anyio is not installed")
        self.assertEqual(self.json("/library"), "asyncio")
        seen = self.json("/anyio_features")
        self.assertEqual(seen[:2], [True, "thread"])


@unittest.skipUnless(HAS_UVLOOP, "uvloop is not installed")
class UvloopTaskTests(TaskTests):
    boot = {"loop": "uvloop"}


if __name__ == "__main__":
    unittest.main()
