"""Configures logging when its lifespan begins."""

import logging

from logging_common import app as inner


async def app(scope, receive, send):
    if scope["type"] != "lifespan":
        await inner(scope, receive, send)
        return
    await receive()
    logging.basicConfig(level=logging.INFO, format="configured:%(message)s")
    await send({"type": "lifespan.startup.complete"})
    await receive()
    await send({"type": "lifespan.shutdown.complete"})
