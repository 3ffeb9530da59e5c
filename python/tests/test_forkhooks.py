"""Who sees to its threads after a fork by itself."""

import os
import threading
import time
import unittest

from hydra_worker.forkhooks import ForkHooks


@unittest.skipUnless(hasattr(os, "register_at_fork"), "needs fork")
class ForkHookTests(unittest.TestCase):
    def setUp(self):
        self.hooks = ForkHooks()
        self.addCleanup(self.hooks.end)

    def test_hook_that_is_built_in_is_no_packages(self):
        # On PyPy it has code, too, and that is of no file.
        os.register_at_fork(after_in_child=time.monotonic)
        self.assertEqual(self.hooks._packages, set())

    def test_hook_of_a_package_has_its_threads_not_missed(self):
        os.register_at_fork(after_in_child=_nothing)
        self.assertEqual(self.hooks._packages, {__name__.partition(".")[0]})
        over = threading.Event()
        thread = threading.Thread(target=_wait, args=(over,), name="seen to")
        thread.start()
        try:
            self.assertNotIn("seen to", self.hooks.missed())
        finally:
            over.set()
            thread.join()


def _nothing():
    pass


def _wait(over):
    over.wait()


if __name__ == "__main__":
    unittest.main()
