"""Endless bodies for clients that leave; each says when it has ended."""

import asyncio
import gc
import threading
import time

from signals_board import record

ROW = b"x" * 1000


def collect():
    """Some frameworks leave a cycle behind, and with it the generator: a busy server collects all the time."""
    while True:
        time.sleep(0.02)
        gc.collect()


threading.Thread(target=collect, daemon=True).start()


async def endless(key):
    """For frameworks that iterate asynchronously."""
    try:
        while True:
            yield ROW
            await asyncio.sleep(0.002)
    finally:
        record(key, "ended")


def endless_in_a_thread(key):
    """For those that do not."""
    try:
        while True:
            yield ROW
            time.sleep(0.002)
    finally:
        record(key, "ended")
