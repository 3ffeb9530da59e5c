"""Configures logging itself."""

import logging

from logging_common import app  # noqa: F401

logging.basicConfig(level=logging.DEBUG, format="configured:%(message)s")
