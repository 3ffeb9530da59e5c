"""The application of those that configure logging themselves."""

import logging


async def app(scope, receive, send):
    if scope["path"] == "/raise":
        raise ZeroDivisionError
    for level in (logging.DEBUG, logging.INFO, logging.WARNING):
        logging.getLogger("app").log(level, "%s of the app", logging.getLevelName(level).lower())
    await send({"type": "http.response.start", "status": 200})
    await send({"type": "http.response.body"})
