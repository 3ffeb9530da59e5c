"""Factories for --loop, and what is none."""

import asyncio

made = []


class CountingLoop(asyncio.SelectorEventLoop):
    """A loop of somebody's own."""


class WithoutReadiness(asyncio.SelectorEventLoop):
    """As Windows' proactor, and loops that know transports alone."""

    add_reader = asyncio.AbstractEventLoop.add_reader
    add_writer = asyncio.AbstractEventLoop.add_writer


class Hollow(asyncio.AbstractEventLoop):
    """What its author has not finished."""

    def call_exception_handler(self, context):
        pass


def new_event_loop():
    made.append(CountingLoop())
    return made[-1]


def closed():
    loop = asyncio.SelectorEventLoop()
    loop.close()
    return loop


def nothing():
    return None


async def coroutine():
    return CountingLoop()


def raising():
    raise LookupError("no loop today")


number = 7
