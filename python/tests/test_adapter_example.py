"""The example of docs/adapters.md, as it stands there."""

import os
import re
import shutil
import tempfile
import unittest

from tests.fake_front import Front, wire
from tests.fake_link import PYTHON_DIR
from tests.session_cases import HANDSHAKE, SESSION, TEXT

DOCUMENT = os.path.join(PYTHON_DIR, os.pardir, "docs", "adapters.md")
HOST = (b"host", b"test")


class ExampleTests(unittest.TestCase):
    def setUp(self):
        self.directory = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.directory)
        with open(DOCUMENT, encoding="utf-8") as file:
            (code,) = re.findall(r"^```python\n(.*?)^```$", file.read(), re.DOTALL | re.MULTILINE)
        with open(os.path.join(self.directory, "example.py"), "w", encoding="utf-8") as file:
            file.write(code)

    def front(self, app):
        return Front(app, interface="example:Adapter", app_dir=self.directory)

    def test_example_of_the_documentation_serves(self):
        with self.front("example:app") as front:
            self.assertEqual(front.ready()[:3], (0, wire.FEATURE_WEB_SOCKETS, "example:Adapter"))
            response = front.get("/", headers=[HOST])
            self.assertEqual((response.status, response.body), (200, b"hello, test"))
            self.assertEqual(front.get("/missing", headers=[HOST]).status, 404)
            self.assertEqual(front.get("/count", headers=[HOST]).body, b"".join(b"%d\n" % n for n in range(100)))
            upload = front.open("POST", "/upload", headers=[HOST], end=False)
            upload.body(b"some ")
            upload.body(b"bytes", end=True)
            self.assertEqual(upload.response().body, b"10 bytes")
            session = front.open("GET", "/", flags=SESSION, headers=HANDSHAKE)
            session.expect(wire.ACCEPT)
            front.data[0].send(wire.pack_data(session.id, TEXT, b"ab"))
            frame = session.expect(wire.DATA)
            self.assertEqual((frame.payload, frame.flags), (b"abab", TEXT))
            front.data[0].send(wire.pack_close(session.id, 0, 1000, b""))
            self.assertEqual(wire.unpack_reset(session.expect(wire.RESET).payload)[0], wire.RESET_CANCELLED)
            self.assertEqual(front.stop(), (0, ""))
            self.assertEqual(front.stdout(), "the example has stopped\n")

    def test_example_of_the_documentation_refuses(self):
        with self.front("example:index") as front:
            reason, message, _ = front.failed()
            self.assertEqual((reason, message), (wire.FAILURE_INTERFACE_MISMATCH, '"example:index" is no dictionary of handlers.'))


if __name__ == "__main__":
    unittest.main()
