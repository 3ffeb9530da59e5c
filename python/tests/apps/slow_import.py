"""Takes its time to load."""

import time

from hello import asgi as app

time.sleep(0.3)
