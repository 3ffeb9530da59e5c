"""Starts once; every later start fails. A request kills the process."""

import os
from pathlib import Path

MARK = Path(os.environ["PROBE_DIR"]) / "started-before"
if MARK.exists():
    raise RuntimeError("not a second time")
MARK.touch()


def app(environ, start_response):
    os._exit(7)
