"""The environ dictionary."""

import json
import time
import unittest

from tests.cases import WsgiCase
from tests.fake_front import CONNECTION, Front


class EnvironTests(WsgiCase):
    def environ(self, method="GET", **options):
        return json.loads(self.front.open(method, "/environ", **options).response().body)

    def test_environ_of_simple_request(self):
        shown = self.environ(query="a=1&b=%20")
        expected = {
            "REQUEST_METHOD": "GET",
            "SCRIPT_NAME": "",
            "PATH_INFO": "/environ",
            "QUERY_STRING": "a=1&b=%20",
            "RAW_URI": "/environ?a=1&b=%20",
            "REQUEST_URI": "/environ?a=1&b=%20",
            "SERVER_NAME": "127.0.0.1",
            "SERVER_PORT": "8000",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "SERVER_SOFTWARE": "hydra/test",
            "REMOTE_ADDR": "127.0.0.1",
            "REMOTE_PORT": "50000",
            "HTTP_HOST": "test",
            "wsgi.version": [1, 0],
            "wsgi.url_scheme": "http",
            "wsgi.multithread": self.boot.get("threads", 1) > 1,
            "wsgi.multiprocess": True,
            "wsgi.run_once": False,
            "wsgi.input_terminated": True,
        }
        self.assertEqual({key: shown[key] for key in expected}, expected)
        self.assertEqual(shown["types"]["wsgi.version"], "tuple")
        for absent in ("CONTENT_TYPE", "CONTENT_LENGTH", "HTTP_CONTENT_TYPE", "HTTP_CONTENT_LENGTH"):
            self.assertNotIn(absent, shown)
        extra = {
            "wsgi.input",
            "wsgi.errors",
            "wsgi.file_wrapper",
            "wsgi.early_hints",
            "waitress.client_disconnected",
            "types",
        }
        self.assertEqual(set(shown) - set(expected), extra)

    def test_request_that_waited_says_so(self):
        shown = self.environ(queued=250_000)
        self.assertEqual(shown["hydra.queue_time"], 0.25)
        self.assertNotIn("HTTP_X_REQUEST_START", shown)

    def test_request_that_waited_says_since_when_if_asked_for(self):
        front, self.front = self.front, Front(self.app, request_start=True, **self.boot)
        self.addCleanup(setattr, self, "front", front)
        with self.front:
            self.front.ready()
            self.said_since_when()
            self.front.stop()

    def said_since_when(self):
        shown = self.environ(queued=250_000)
        start = shown["HTTP_X_REQUEST_START"]
        self.assertTrue(start.startswith("t="))
        self.assertAlmostEqual(int(start[2:]) / 1e6, time.time(), delta=60)
        proxied = self.environ(queued=250_000, headers=[(b"x-request-start", b"t=1700000000000")])
        self.assertEqual(proxied["HTTP_X_REQUEST_START"], "t=1700000000000")
        shown = self.environ()
        self.assertNotIn("hydra.queue_time", shown)
        self.assertNotIn("HTTP_X_REQUEST_START", shown)

    def test_headers_are_joined(self):
        sent = [
            (b"host", b"h"),
            (b"accept", b"a"),
            (b"accept", b"b"),
            (b"cookie", b"x=1"),
            (b"cookie", b"y=2"),
            (b"x-name", b"caf\xe9"),
            (b"content-type", b"text/plain"),
            (b"content-length", b""),
        ]
        for _ in range(2):
            shown = self.environ(headers=sent)
            self.assertEqual(shown["HTTP_ACCEPT"], "a,b")
            self.assertEqual(shown["HTTP_COOKIE"], "x=1; y=2")
            self.assertEqual(shown["HTTP_X_NAME"], "caf\xe9")
            self.assertEqual(shown["CONTENT_TYPE"], "text/plain")
            self.assertNotIn("CONTENT_LENGTH", shown)
            self.assertNotIn("HTTP_CONTENT_TYPE", shown)

    def test_unix_sockets_have_a_server_name(self):
        unix = b"https\x002\0\0\0/run/s.sock\0\0"
        for host, name, port in (
            (b"site:81", "site", "81"),
            (b"site", "site", "443"),
            (b"[::1]", "[::1]", "443"),
            (b"[::1]:8", "[::1]", "8"),
            (b"a:b", "a", "443"),
        ):
            shown = self.environ(connection=unix, headers=[(b"host", host)])
            self.assertEqual((shown["SERVER_NAME"], shown["SERVER_PORT"]), (name, port))
            self.assertEqual(shown["REMOTE_ADDR"], "")
            self.assertNotIn("REMOTE_PORT", shown)
            self.assertEqual(shown["wsgi.url_scheme"], "https")
            self.assertEqual(shown["SERVER_PROTOCOL"], "HTTP/2")
        shown = self.environ(connection=unix, headers=[])
        self.assertEqual((shown["SERVER_NAME"], shown["SERVER_PORT"]), ("localhost", "443"))

    def test_whole_body_without_length_gets_one(self):
        chunked = [(b"host", b"h"), (b"transfer-encoding", b"chunked")]
        shown = self.environ("POST", headers=chunked, body=b"12345")
        self.assertEqual(shown["CONTENT_LENGTH"], "5")
        self.assertNotIn("HTTP_TRANSFER_ENCODING", shown)
        self.assertEqual(self.environ("POST", headers=chunked)["CONTENT_LENGTH"], "0")
        self.assertEqual(self.environ("POST", body=b"123")["CONTENT_LENGTH"], "3")
        exchange = self.front.open("POST", "/environ", headers=chunked, body=b"12", end=False)
        shown = json.loads(exchange.response().body)
        self.assertEqual(shown["HTTP_TRANSFER_ENCODING"], "chunked")
        self.assertNotIn("CONTENT_LENGTH", shown)


class ThreadsEnvironTests(EnvironTests):
    boot = {"threads": 2}


class PathTests(unittest.TestCase):
    def build(self, path, root_path=""):
        from hydra_worker.wsgi.environ import EnvironBuilder
        from hydra_worker.wsgi.stream import WsgiStream

        class Link:
            request_window = response_window = 1

        request = WsgiStream(Link(), 1, 1, (b"GET", path, b"", CONNECTION + root_path.encode(), b""), b"", 0.0)
        return EnvironBuilder("", False).build(request, None, True)

    def test_path_is_decoded_to_latin1(self):
        for path, info in (
            (b"/a%20b", "/a b"),
            (b"/%C3%A9", "/\xc3\xa9"),
            (b"/%2525", "/%25"),
            (b"/%FF", "/\xff"),
            (b"*", ""),
        ):
            environ = self.build(path)
            self.assertEqual(environ["PATH_INFO"], info)
            self.assertEqual(environ["RAW_URI"], path.decode())

    def test_root_path_is_the_script_name(self):
        environ = self.build(b"/x", "/caf\u00e9")
        self.assertEqual(environ["SCRIPT_NAME"], "/caf\xc3\xa9")
        self.assertEqual(environ["PATH_INFO"], "/x")

    def test_root_path_that_the_proxy_has_left_there_is_no_part_of_path_info(self):
        for path, info in ((b"/api/x", "/x"), (b"/api", ""), (b"/apis", "/apis"), (b"/", "/")):
            environ = self.build(path, "/api")
            self.assertEqual((environ["SCRIPT_NAME"], environ["PATH_INFO"]), ("/api", info))


if __name__ == "__main__":
    unittest.main()
