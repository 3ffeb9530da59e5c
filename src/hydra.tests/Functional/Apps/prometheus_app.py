"""An application with a gauge of prometheus_client's that counts only living processes."""

import os

from prometheus_client import Gauge

RUNNING = Gauge("running", "Requests since the worker began.", multiprocess_mode="livesum")


def app(environ, start_response):
    RUNNING.inc()
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"%d" % os.getpid()]
