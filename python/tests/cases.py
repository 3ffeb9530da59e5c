"""Test cases with one worker for all tests of a class."""

from __future__ import annotations

import json
import sys
import unittest
from typing import Any, Dict, List

from hydra_worker import speedups
from tests.fake_front import Front, boot_document

try:
    import uvloop  # noqa: F401

    HAS_UVLOOP = True
except ImportError:
    HAS_UVLOOP = False

PYPY = sys.implementation.name == "pypy"


def _carries_speedups() -> bool:
    try:
        speedups._load()
    except ImportError:
        return False
    return True


# Whether workers can use their native part, and what those say of their loop that are started without a word about it.
CARRIES_SPEEDUPS = _carries_speedups()
SPEEDUPS = ", speedups" if CARRIES_SPEEDUPS and boot_document()["speedups"] != "off" else ""


class WorkerCase(unittest.TestCase):
    """`app` and `boot` say which worker."""

    app = ""
    boot: Dict[str, Any] = {}
    front: Front
    # What the worker has said of its loop.
    ready_loop = ""

    @classmethod
    def setUpClass(cls):
        cls.front = Front(cls.app, **cls.boot)
        cls.front.__enter__()
        cls.ready_loop = cls.front.ready()[-1]

    @classmethod
    def tearDownClass(cls):
        try:
            if cls.front.code() is None:
                cls.front.stop()
        finally:
            cls.front.__exit__(None)

    def events(self, since: int = 0) -> List[Any]:
        """What the application has noted, for what cannot be seen in a response."""
        return json.loads(self.front.get("/events").body)[since:]

    def event_count(self) -> int:
        return len(self.events())

    def wait_event(self, since: int, event: Any) -> List[Any]:
        """What else runs in the worker may need turns of its loop; each request gives it one."""
        for _ in range(10_000):
            found = self.events(since)
            if event in found:
                return found
        return self.fail("no %r in %r" % (event, found))

    def wait_events(self, since: int, expected: List[Any]) -> None:
        """Exactly these. What is noted after a response has left may come after the next response, too."""
        for _ in range(10_000):
            found = self.events(since)
            if len(found) >= len(expected):
                break
        self.assertEqual(found, expected)


class AsgiCase(WorkerCase):
    app = "asgi_cases:app"
    boot = {"loop": "asyncio"}


class WsgiCase(WorkerCase):
    app = "wsgi_cases:app"
