"""Takes its time to load."""

import time

from hello import asgi as app  # noqa: F401

time.sleep(0.3)
