"""The configuration of docs/logs.md: records keep their levels."""

import logging.config


def server_log():
    return next(iter(logging.getLogger("hydra.error").handlers), None) or logging.StreamHandler()


logging.config.dictConfig(
    {
        "version": 1,
        "disable_existing_loggers": False,
        "handlers": {"server": {"()": server_log}},
        "root": {"handlers": ["server"], "level": "INFO"},
        "loggers": {"django": {"handlers": [], "level": "INFO", "propagate": True}},
    }
)


async def app(scope, receive, send):
    logging.getLogger("django.request").info("info of the app")
    logging.getLogger("shop").error("error of the app")
    await send({"type": "http.response.start", "status": 200})
    await send({"type": "http.response.body"})
