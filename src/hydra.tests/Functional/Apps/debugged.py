"""Stands at pdb's prompt until the test opens a gate: in a request for /prompt/KEY, and while it is imported where DEBUG_IMPORT is set."""

import io
import os
import pdb

from signals_board import blocking_gate, record
from stuck import ASGI_CASES, WSGI_CASES
from stuck import asgi, wsgi  # noqa: F401


class Somebody(io.StringIO):
    """Types "continue" when the gate opens."""

    def __init__(self, key):
        super().__init__()
        self.key = key

    def readline(self, size=-1):
        record(self.key, "prompt")
        blocking_gate(self.key)
        return "continue\n"


def stand_at_the_prompt(key):
    pdb.Pdb(stdin=Somebody(key), stdout=io.StringIO(), nosigint=True).set_trace()
    return f"went on with {key}"


def prompt(environ, key):
    return [stand_at_the_prompt(key).encode()]


async def prompt_async(key):
    return stand_at_the_prompt(key)


WSGI_CASES["prompt"] = prompt
ASGI_CASES["prompt"] = prompt_async

if "DEBUG_IMPORT" in os.environ:
    stand_at_the_prompt("import")
