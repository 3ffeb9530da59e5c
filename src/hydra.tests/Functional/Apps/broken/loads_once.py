"""Loads once and serves; loaded again it fails."""

import os
from pathlib import Path

MARK = Path(os.environ["PROBE_DIR"]) / "loaded-before"
if MARK.exists():
    raise RuntimeError("not a second time")
MARK.touch()


def app(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"hello"]
