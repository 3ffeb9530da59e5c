"""Takes the place of the server's handler, as an interceptor of loguru does."""

import logging

from logging_common import app  # noqa: F401
from logging_handled import Handler

logging.getLogger("hydra.error").handlers = [Handler()]
