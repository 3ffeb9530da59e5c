"""The shim runs on Python 3.8, also where nobody has one to try: each of its files is held against what 3.8 has."""

import glob
import os
import sys
import unittest

from tests import old_python

SHIM = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def sources():
    """The files that a worker has: everything but the tests."""
    tests = os.path.join(SHIM, "tests") + os.sep
    return sorted(
        name for name in glob.glob(os.path.join(SHIM, "**", "*.py"), recursive=True) if not name.startswith(tests)
    )


class OldPythonTests(unittest.TestCase):
    def test_shim_has_nothing_that_3_8_has_not(self):
        names = sources()
        self.assertGreater(len(names), 50)
        for name in names:
            with self.subTest(os.path.relpath(name, SHIM)), open(name, encoding="utf-8") as file:
                self.assertEqual([], old_python.check(file.read()))

    def test_what_is_newer_is_found(self):
        for source in (
            "match x:\n    case 1: pass",
            "try: pass\nexcept* ValueError: pass",
            "@a[0]\ndef f(): pass",
            "import tomllib",
            "from graphlib import TopologicalSorter",
            "import asyncio\nasyncio.timeout(1)",
            "import asyncio\nasync def f():\n    async with asyncio.TaskGroup() as g: pass",
            "from asyncio import to_thread",
            "import asyncio as a\na.Runner()",
            "import os\nos.waitstatus_to_exitcode(0)",
            "import os as o\no.pidfd_open(1)",
            "import functools\nfunctools.cache(f)",
            "from functools import cache",
            "import math\nmath.lcm(1, 2)",
            "'a'.removeprefix('b')",
            "x.bit_count()",
            "aiter(x)",
            "raise ExceptionGroup('', [])",
            "zip(a, b, strict=True)",
            "loop.create_task(c, context=x)",
            "def f(a: list[int]): pass",
            "def f() -> int | None: pass",
            "x: dict[str, int] = {}",
            "from __future__ import annotations\nX = dict[str, int]",
            "from __future__ import annotations\nX = int | None",
            "from __future__ import annotations\nisinstance(x, int | str)",
            "from __future__ import annotations\nfrom collections.abc import Callable\nX = Callable[[], None]",
            "import sys\nif sys.platform == 'linux':\n    import tomllib",
            "try:\n    pass\nexcept ImportError:\n    import tomllib",
        ):
            with self.subTest(source):
                self.assertNotEqual([], old_python.check(source))

    @unittest.skipUnless((3, 10) <= sys.version_info < (3, 13), "others' parsers take it whatever the version")
    def test_parentheses_of_with_are_found(self):
        self.assertNotEqual([], old_python.check("with (open('a') as a, open('b') as b): pass"))

    def test_what_is_guarded_or_is_not_newer_is_let_through(self):
        for source in (
            "from __future__ import annotations\ndef f(a: list[int] | None) -> dict[str, int]: pass",
            "from __future__ import annotations\nx: dict[str, int] = {}",
            "from typing import Dict, Optional\nX = Optional[Dict[str, int]]",
            "import sys\nif sys.version_info >= (3, 11):\n    import tomllib",
            "import asyncio\nif hasattr(asyncio, 'Runner'):\n    asyncio.Runner()",
            "try:\n    import tomllib\nexcept ImportError:\n    tomllib = None",
            "import asyncio\nx = getattr(asyncio, 'timeout', None)",
            "import asyncio\nasyncio.create_task(f())",
            "a = flags | 4\nb = x[0]",
            "def f(a, /, b): return (c := a)",
        ):
            with self.subTest(source):
                self.assertEqual([], old_python.check(source))


if __name__ == "__main__":
    unittest.main()
