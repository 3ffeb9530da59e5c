"""COLLECT: what an application has counted with prometheus_client."""

import os
import tempfile
import unittest

from tests.fake_front import Front
from tests.fake_link import wire

LINES = (
    "T gauge livesum depth\nH What it is.\nS depth 1.0\n"
    "T gauge all plain\nH What it is.\nS plain 1.0\n"
    "T counter all requests\nH Re\\\\quests\\nof all.\n"
    'S requests_total{path="/\\"\\\\\\n",code="200"} 2.0'
)


def start(app="counted:app", **boot):
    return Front(app, collect_application=True, **boot)


class CollectTests(unittest.TestCase):
    def test_what_was_counted_is_the_answer(self):
        for app in ("counted:app", "counted:asgi"):
            for boot in ({}, {"speedups": "off"}):
                with self.subTest(app=app, **boot), start(app, **boot) as front:
                    front.ready()
                    front.get("/")
                    front.get("/")
                    self.assertEqual(front.collect(), (wire.COLLECT_WHOLE, LINES))
                    self.assertIn("The metric hydra_own of the application is left out", front.logs[-1].message)

    def test_ready_says_whether_it_can_be_asked(self):
        with start() as front:
            self.assertTrue(front.ready()[1] & wire.FEATURE_COLLECTION)
        with Front("counted:app") as front:
            self.assertFalse(front.ready()[1] & wire.FEATURE_COLLECTION)
            # One that is not to be asked says nothing in the end either.
            self.assertEqual(front.stop(), (0, ""))

    def test_without_the_package_there_is_nothing(self):
        with start("wsgi_cases:app") as front:
            front.ready()
            self.assertEqual(front.collect(), (wire.COLLECT_WHOLE, ""))

    def test_where_processes_share_files_there_is_nothing(self):
        with start(env={"PROMETHEUS_MULTIPROC_DIR": "/tmp"}) as front:
            front.ready()
            self.assertEqual(front.collect(), (wire.COLLECT_WHOLE, ""))

    def test_collector_that_raises_leaves_the_others(self):
        with start() as front:
            front.ready()
            front.get("/", query="raises")
            for _ in range(2):
                outcome, text = front.collect()
                self.assertEqual((outcome, text), (wire.COLLECT_PARTIAL, LINES.replace(" 2.0", " 1.0")))
            (record,) = [each for each in front.logs if "has raised" in each.message]
            self.assertIn("The collector Odd of the application has raised", record.message)
            self.assertIn("ValueError: no figures", record.message)

    def test_collector_that_exits_ends_nothing(self):
        with start() as front:
            front.ready()
            front.get("/", query="exits")
            self.assertEqual(front.collect(), (wire.COLLECT_PARTIAL, ""))
            self.assertEqual(front.ping(3)[0], 3)
            self.assertEqual(front.get("/").status, 200)

    def test_answer_of_any_length_comes_in_parts(self):
        with start() as front:
            front.ready()
            front.get("/", query="large")
            outcome, text = front.collect()
            self.assertEqual(outcome, wire.COLLECT_WHOLE)
            self.assertEqual(text.count("S large{"), 900)
            self.assertIn(LINES[-30:].replace(" 2.0", ""), text)

    def test_more_than_there_may_be_is_nothing(self):
        with start() as front:
            front.ready()
            front.get("/", query="huge")
            self.assertEqual(front.collect(), (wire.COLLECT_TOO_LARGE, ""))
            self.assertIn("more than 4194304 bytes", front.logs[-1].message)

    def test_collector_that_hangs_holds_nothing_up(self):
        with tempfile.TemporaryDirectory() as directory, start() as front:
            flag = os.path.join(directory, "flag")
            with open(flag, "w"):
                pass
            front.ready()
            front.get("/", query=flag)
            front.control.send(wire.pack_collect(0, 0, 9))
            self.assertEqual(front.ping(4)[0], 4)
            self.assertEqual(front.get("/", query=flag).status, 200)
            os.remove(flag)
            self.assertEqual(front.collected()[:2], (9, wire.COLLECT_WHOLE))

    def test_worker_that_ends_says_what_it_has_counted(self):
        with start() as front:
            front.ready()
            front.get("/")
            front.get("/")
            front.drain()
            self.assertEqual(front.collected(), (0, wire.COLLECT_WHOLE, LINES))
            self.assertEqual(front.goodbye(), (0, ""))
            self.assertEqual(front.wait_exit(), 0)

    def test_collector_that_hangs_keeps_no_worker_from_its_end(self):
        with tempfile.TemporaryDirectory() as directory, start() as front:
            flag = os.path.join(directory, "flag")
            with open(flag, "w"):
                pass
            front.ready()
            front.get("/", query=flag)
            self.assertEqual(front.stop(), (0, ""))


if __name__ == "__main__":
    unittest.main()
