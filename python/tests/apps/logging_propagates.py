"""Has a handler at its own logger that propagates, as Django's startproject does with DEBUG."""

import logging

from logging_common import app  # noqa: F401

handler = logging.StreamHandler()
handler.setFormatter(logging.Formatter("configured:%(message)s"))
logging.getLogger("app").addHandler(handler)
