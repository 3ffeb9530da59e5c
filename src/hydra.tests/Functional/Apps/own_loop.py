"""A factory for --loop, and something that is none."""

import asyncio

NUMBER = 7


class OwnLoop(asyncio.SelectorEventLoop):
    """Asyncio's, with a name of its own."""


def new_event_loop():
    return OwnLoop()
