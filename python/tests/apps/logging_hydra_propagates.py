"""Leaves the server's records to the root logger."""

import logging

from logging_common import app  # noqa: F401
from logging_handled import Handler

logging.getLogger().addHandler(Handler())
logging.getLogger("hydra.error").handlers = []
logging.getLogger("hydra.error").propagate = True
