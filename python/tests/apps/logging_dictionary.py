"""Configures logging itself."""

import logging
import logging.config

from logging_common import app  # noqa: F401

logging.config.dictConfig(
    {
        "version": 1,
        "formatters": {"plain": {"format": "configured:%(message)s"}},
        "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "plain"}},
        "root": {"handlers": ["console"], "level": "DEBUG"},
    }
)
