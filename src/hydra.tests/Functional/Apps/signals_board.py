"""How an application under test and its test talk beside HTTP: files in a directory that both know.

It works the same with one worker and with several, and does not depend on the server that is being tested.
"""

import asyncio
import os
import time
from pathlib import Path

BOARD = Path(os.environ["PROBE_DIR"])


def record(key: str, text: object) -> None:
    """Appends a line to what the test reads under this key."""
    with open(BOARD / f"record-{key}", "a", encoding="utf-8") as file:
        file.write(f"{text}\n")


async def gate(key: str) -> None:
    """Waits until the test opens the gate."""
    while not (BOARD / f"gate-{key}").exists():
        await asyncio.sleep(0.002)


def blocking_gate(key: str) -> None:
    """The same for code without an event loop."""
    while not (BOARD / f"gate-{key}").exists():
        time.sleep(0.002)
