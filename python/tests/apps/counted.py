"""An application that counts with a package that looks like prometheus_client."""

import os
import sys
import time
import types
from collections import namedtuple

Sample = namedtuple("Sample", "name labels value timestamp exemplar")


def sample(name, value, **labels):
    return Sample(name, labels, value, None, None)


class Family:
    def __init__(self, name, kind, *samples, documentation="What it is."):
        self.name = name
        self.type = kind
        self.documentation = documentation
        self.samples = samples


class Gauge:
    def __init__(self, name, mode):
        self._name = name
        self._multiprocess_mode = mode

    def collect(self):
        yield Family(self._name, "gauge", sample(self._name, 1))


class Requests:
    count = 0

    def collect(self):
        yield Family(
            "requests",
            "counter",
            sample("requests_total", self.count, path='/"\\\n', code=200),
            sample("requests_created", 1.7e9, path="/"),
            documentation="Re\\quests\nof all.",
        )


class Odd:
    does = ""

    def collect(self):
        if self.does == "raises":
            raise ValueError("no figures")
        if self.does == "exits":
            sys.exit(3)
        if self.does == "large":
            yield Family("large", "unknown", *(sample("large", i, text="x" * 1000) for i in range(900)))
        if self.does == "huge":
            yield Family("huge", "unknown", *(sample("huge", i, text="x" * 1000) for i in range(5000)))
        while os.path.exists(self.does):
            time.sleep(0.001)
        yield Family("odd", "gaugehistogram", sample("odd_bucket", 1, le="1"))
        yield Family("hydra_own", "gauge", sample("hydra_own", 1))


class Registry:
    def __init__(self, *collectors):
        self._collector_to_names = {collector: [] for collector in collectors}

    def collect(self):
        for collector in self._collector_to_names:
            yield from collector.collect()


package = types.ModuleType("prometheus_client")
package.Gauge = Gauge
package.REGISTRY = Registry(Gauge("depth", "livesum"), Gauge("plain", "all"), Odd(), Requests())
sys.modules["prometheus_client"] = package


def app(environ, start_response):
    Requests.count += 1
    if environ["QUERY_STRING"]:
        Odd.does = environ["QUERY_STRING"]
    start_response("200 OK", [])
    return [b""]


async def asgi(scope, receive, send):
    if scope["type"] != "http":
        raise ValueError("there is nothing but http")
    Requests.count += 1
    Odd.does = scope["query_string"].decode()
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b""})
