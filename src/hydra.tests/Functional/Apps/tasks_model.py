"""What --task-pool has made of it in its own processes."""

import asyncio
import os
import time

from hydra_server import tasks
from signals_board import blocking_gate, record


class Refused(Exception):
    def __init__(self, code):
        super().__init__(code)
        self.code = code


class Model:
    def __init__(self):
        record("made", os.getpid())

    def close(self):
        record("closed", os.getpid())

    def add(self, one, other=0):
        return one + other

    async def later(self, value):
        await asyncio.sleep(0)
        return value

    def refuse(self, code):
        raise Refused(code)

    def local(self):
        class Local(Exception):
            pass

        raise Local("only here")

    def unsendable(self):
        return lambda: None

    def unsendable_part(self):
        yield 1
        yield lambda: None

    def die(self, once=""):
        record("dying", os.getpid())
        if not once or not os.path.exists(os.path.join(os.environ["PROBE_DIR"], once)):
            if once:
                open(os.path.join(os.environ["PROBE_DIR"], once), "w").close()
            os.kill(os.getpid(), 9)
        return "alive"

    def spin(self):
        record("spins", os.getpid())
        while True:
            pass

    def sleep_on(self):
        record("sleeps", os.getpid())
        time.sleep(3600)

    def ask(self):
        record("asks", os.getpid())
        while not tasks.cancelled():
            time.sleep(0.002)
        record("heard", os.getpid())

    async def wait(self):
        record("waits", os.getpid())
        try:
            await asyncio.sleep(3600)
        except asyncio.CancelledError:
            record("cancelled", os.getpid())
            raise

    def hold(self, key):
        record("holds", key)
        blocking_gate(key)
        return key

    def count(self, number, size=1):
        try:
            for i in range(number):
                record("counted", i)
                yield i if size == 1 else bytes(size)
        finally:
            record("count-over", os.getpid())

    async def acount(self, number):
        try:
            for i in range(number):
                record("counted", i)
                await asyncio.sleep(0.002)
                yield i
        finally:
            record("count-over", os.getpid())

    def half(self):
        yield "half"
        raise Refused(7)

    def pid(self):
        return os.getpid()
