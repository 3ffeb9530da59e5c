"""The examples of docs/raw.md are served as they stand there."""

import hashlib
import os
import re
import tempfile
import unittest

from tests.fake_front import Front, wire
from tests.fake_link import PYTHON_DIR

DOCUMENT = os.path.join(PYTHON_DIR, os.pardir, "docs", "raw.md")


def examples():
    with open(DOCUMENT, encoding="utf-8") as file:
        return dict(re.findall(r"```python\n# (\w+)\.py\n(.*?)```", file.read(), re.DOTALL))


class DocumentTests(unittest.TestCase):
    def serve(self, name):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        with open(os.path.join(directory.name, name + ".py"), "w", encoding="utf-8") as file:
            file.write(examples()[name])
        front = Front(name + ":app", app_dir=directory.name, interface="raw")
        front.__enter__()
        self.addCleanup(front.__exit__, None)
        front.ready()
        return front

    def test_all_examples_are_tested(self):
        self.assertEqual(sorted(examples()), ["echo", "hello", "shop", "stream", "summed", "typed", "upload"])

    def test_hello(self):
        response = self.serve("hello").get()
        self.assertEqual((response.headers, response.body), ([(b"content-type", b"text/plain")], b"Hello, world!"))

    def test_upload(self):
        front = self.serve("upload")
        self.assertEqual(front.get().status, 405)
        self.assertEqual(front.post("/", b"x" * 60_000).body.decode(), hashlib.sha256(b"x" * 60_000).hexdigest())

    def test_stream(self):
        response = self.serve("stream").get()
        self.assertEqual(response.body, b"data: 0\n\ndata: 1\n\ndata: 2\n\n")
        self.assertGreater(len(response.frames), 3)

    def test_summed(self):
        response = self.serve("summed").get()
        self.assertEqual(response.body, b"0\n1\n2\n")
        self.assertEqual(response.trailers, [(b"x-sum", hashlib.sha256(response.body).hexdigest().encode())])

    def test_echo(self):
        front = self.serve("echo")
        self.assertEqual(front.get().status, 426)
        exchange = front.open("GET", "/", flags=wire.FLAG_SESSION)
        exchange.expect(wire.ACCEPT)
        front.data[0].send(wire.pack_data(exchange.id, wire.FLAG_TEXT, b"hello"))
        self.assertEqual(exchange.expect(wire.DATA).payload, b"hello")

    def test_shop(self):
        front = self.serve("shop")
        self.assertEqual(front.get("/tea").body, b"3.50")
        self.assertEqual(front.get("/gold").status, 404)
        self.assertEqual(front.stop(), (0, ""))

    def test_typed(self):
        response = self.serve("typed").get(headers=[(b"user-agent", b"test")])
        self.assertEqual(response.body, b"Hello, test")


if __name__ == "__main__":
    unittest.main()
