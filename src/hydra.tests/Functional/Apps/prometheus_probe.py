"""Counts with prometheus_client, as applications in several processes are not supposed to: without its files for that."""

import os

from prometheus_client import REGISTRY, Counter, Enum, Gauge, Histogram, Info, Summary
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily

from signals_board import blocking_gate, record

WORKER = os.environ.get("HYDRA_WORKER_ID", "")

ORDERS = Counter("shop_orders", "Orders\nof \"all\" kinds.", ["kind", "worker"])
TIME = Histogram("shop_time_seconds", "How long.", buckets=(0.1, 1.0))
SIZE = Summary("shop_size", "How large.")
DEPTH = Gauge("shop_depth", "One for each.")
SUM = Gauge("shop_sum", "Of all.", multiprocess_mode="livesum")
MOST = Gauge("shop_most", "The greatest.", multiprocess_mode="max")
BUILD = Info("shop_build", "What it is.")
MODE = Enum("shop_mode", "How it is.", states=["on", "off"])
OURS = Counter("hydra_requests", "A name of the server's.")

BUILD.info({"version": "1"})
DEPTH.set(int(WORKER or 0) + 10)
SUM.set(5)
MOST.set(int(WORKER or 0))


class Odd:
    """A collector of the application's own, which does what it is told to."""

    does = ""

    def collect(self):
        if self.does == "raises":
            raise ValueError("no figures today")
        if self.does == "hangs":
            record("hangs", WORKER)
            blocking_gate("figures")
        if self.does == "huge":
            family = GaugeMetricFamily("shop_huge", "Too much.", labels=["a"])
            for i in range(100):
                family.add_metric([str(i) + "x" * 100_000], i)
            yield family
        yield CounterMetricFamily("shop_custom", "Of its own.", value=3)


ODD = Odd()


class Register:
    def collect(self):
        yield from ODD.collect()


REGISTRY.register(Register())


def count(path):
    name, _, value = path.lstrip("/").partition("/")
    if name == "order":
        ORDERS.labels(value, "a\"b\\").inc()
        TIME.observe(0.5)
        SIZE.observe(2)
    elif name == "does":
        ODD.does = value
    return WORKER


def app(environ, start_response):
    body = count(environ["PATH_INFO"]).encode()
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", str(len(body)))])
    return [body]


async def asgi(scope, receive, send):
    if scope["type"] == "http":
        body = count(scope["path"]).encode()
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", str(len(body)).encode())]})
        await send({"type": "http.response.body", "body": body})
