"""Configures the logger "hydra" by a dictionary."""

import logging.config

from logging_common import app  # noqa: F401

logging.config.dictConfig(
    {
        "version": 1,
        "handlers": {"own": {"class": "logging_handled.Handler"}},
        "loggers": {"hydra": {"handlers": ["own"], "propagate": False}},
    }
)
