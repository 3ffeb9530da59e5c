"""Real frameworks through the shim, where they are installed; and PEP 3333's validator, which always is."""

import json
import os
import unittest

from tests.cases import WorkerCase
from tests.fake_front import APPS, wire


def installed(*names):
    for name in names:
        try:
            __import__(name)
        except Exception:
            # Not there, or not made for this Python.
            return False
    return True


BOUNDARY = b"----boundary"
MULTIPART = (
    b'------boundary\r\nContent-Disposition: form-data; name="field"\r\n\r\nvalue\r\n'
    b'------boundary\r\nContent-Disposition: form-data; name="file"; filename="f.txt"\r\n'
    b"Content-Type: text/plain\r\n\r\n" + b"x" * 150_000 + b"\r\n------boundary--\r\n"
)


def multipart_headers(chunked=False):
    length = (
        (b"transfer-encoding", b"chunked") if chunked else (b"content-length", str(len(MULTIPART)).encode())
    )
    return [(b"host", b"test"), (b"content-type", b"multipart/form-data; boundary=" + BOUNDARY), length]


class FrameworkCase(WorkerCase):
    def get(self, path, **options):
        response = self.front.get(path, **options)
        self.assertIsNone(response.reset, response.reset)
        return response

    def send_in_parts(self, path, body, headers, size=20_000):
        exchange = self.front.open("POST", path, headers=headers, end=False)
        credit = self.front.request_window
        for at in range(0, len(body), size):
            piece = body[at : at + size]
            while credit < len(piece):
                credit += wire.unpack_window(exchange.expect(wire.WINDOW).payload)[0]
            credit -= len(piece)
            exchange.body(piece, end=at + size >= len(body))
        return exchange.response()


class ValidatorTests(FrameworkCase):
    app = "validated:app"

    def tearDown(self):
        self.front.ping()
        errors = [line for line in self.front.output["err"] if line not in (b"one line\n", b"another\n")]
        self.assertEqual(errors, [])

    def test_validator_finds_nothing(self):
        unix = b"https\x001.1\0\0\0/run/s\0\0"
        for path, body in (
            ("/simple", b"simple"),
            ("/generator", b"one two"),
            ("/errors", b"errors"),
            ("/write", b"written returned"),
            ("/error_page", b"error page"),
            ("/no_content", b""),
            ("/not_modified", b""),
            ("/file", b"file"),
        ):
            for method in ("GET", "HEAD", "POST", "OPTIONS"):
                for options in ({}, {"query": "a=b"}, {"connection": unix}, {"headers": []}):
                    with self.subTest(path, method=method, **options):
                        response = self.front.open(method, path, **options).response()
                        self.assertIsNone(response.reset)
                        self.assertEqual(response.body, b"" if method == "HEAD" else body)

    def test_validator_finds_nothing_in_bodies(self):
        body = b"first line\nsecond\nthird\n"
        headers = [(b"host", b"x"), (b"content-length", b"%d" % len(body)), (b"content-type", b"text/plain")]
        self.assertEqual(self.front.post("/read", body, headers=headers).body, body)
        self.assertEqual(self.send_in_parts("/read", body, headers, 5).body, body)
        for size in (1, 4, 100):
            response = self.send_in_parts("/read_sizes", body, headers, size)
            self.assertEqual(response.body, b"fir|st line\n|se|cond\n|third\n")

    def test_validator_sees_close_after_errors_and_cancels(self):
        self.assertEqual(self.front.get("/raises_in_iteration").reset[0], wire.RESET_APPLICATION_ERROR)
        for _ in range(3):
            exchange = self.front.open("GET", "/endless")
            exchange.expect(wire.RESPONSE)
            exchange.cancel()
            self.assertEqual(self.front.get("/simple").body, b"simple")


class ThreadsValidatorTests(ValidatorTests):
    boot = {"threads": 3}


@unittest.skipUnless(installed("flask"), "Flask is not installed")
class FlaskTests(FrameworkCase):
    app = "framework_flask:app"
    boot = {"threads": 4}

    def test_views(self):
        self.assertEqual(self.get("/").body, b"hello from flask")
        shown = json.loads(self.get("/json", query="a=1&b=%C3%A9").body)
        self.assertEqual(
            shown,
            {
                "args": {"a": "1", "b": "é"},
                "path": "/json",
                "url": "http://test/json?a=1&b=é",
                "addr": "127.0.0.1",
            },
        )
        self.assertEqual(self.get("/abort").status, 418)
        self.assertEqual(self.get("/nowhere").status, 404)
        self.assertEqual(self.front.open("HEAD", "/").response().header(b"content-length"), b"16")
        self.assertEqual(self.front.open("OPTIONS", "/").response().status, 200)

    def test_forms_and_uploads(self):
        for response in (
            self.send_in_parts("/form", MULTIPART, multipart_headers()),
            self.send_in_parts("/form", MULTIPART, multipart_headers(chunked=True)),
        ):
            self.assertEqual(
                json.loads(response.body), {"form": {"field": "value"}, "files": {"file": "x" * 150_000}}
            )

    def test_small_chunked_body(self):
        headers = [
            (b"host", b"test"),
            (b"transfer-encoding", b"chunked"),
            (b"content-type", b"application/json"),
        ]
        self.assertEqual(self.front.post("/raw", b'{"a": 1}', headers=headers).body, b'{"a": 1}')
        self.assertEqual(
            json.loads(self.front.post("/raw_json", b'{"a": 1}', headers=headers).body), {"a": 1}
        )
        self.assertEqual(self.send_in_parts("/raw", b"abcdef", headers, 2).body, b"abcdef")

    def test_streams_and_files(self):
        self.assertEqual(self.get("/stream").body, b"/stream 0\n/stream 1\n/stream 2\n")
        self.assertEqual(self.get("/file").body, b"f" * 200_000)

    def test_session_cookie(self):
        response = self.get("/session")
        cookie = response.header(b"set-cookie").partition(b";")[0]
        self.assertEqual(self.get("/session", headers=[(b"host", b"test"), (b"cookie", cookie)]).body, b"2")

    def test_error_in_a_view_is_a_500_and_logged(self):
        self.assertEqual(self.get("/error").status, 500)
        self.front.wait_stderr("ZeroDivisionError: in a view")
        self.get("/log")
        self.front.wait_log(lambda record: "from another logger" in record.message)
        self.front.wait_stderr("from app.logger")

    def test_requests_in_threads_keep_apart(self):
        exchanges = [self.front.open("GET", "/slow", query="n=%d" % number) for number in range(40)]
        for number, exchange in enumerate(exchanges):
            self.assertEqual(exchange.response(again=True).body, b"%d" % number)


@unittest.skipUnless(installed("fastapi", "anyio"), "FastAPI is not installed")
class FastApiTests(FrameworkCase):
    app = "framework_fastapi:app"

    def events(self):
        return json.loads(self.get("/events").body)

    def wait_event(self, event):
        for _ in range(10_000):
            if event in self.events():
                return
        self.fail(event)

    def test_path_operations(self):
        response = self.get("/")
        self.assertEqual(response.header(b"x-middleware"), b"yes")
        self.assertEqual(
            json.loads(response.body),
            {"hello": "fastapi", "started": True, "client": "127.0.0.1", "url": "http://test/"},
        )
        self.assertEqual(json.loads(self.get("/sync/7").body), {"number": 7})
        self.assertEqual(self.get("/sync/x").status, 422)
        self.assertEqual(self.get("/denied").status, 403)
        self.assertEqual(self.get("/docs").status, 200)

    def test_bodies(self):
        headers = [(b"host", b"test"), (b"content-type", b"application/json")]
        response = self.front.post("/item", b'{"name": "n", "price": 2.5}', headers=headers)
        self.assertEqual(json.loads(response.body), {"name": "n", "total": 12.5})
        self.wait_event("closed")
        response = self.send_in_parts("/upload", MULTIPART, multipart_headers())
        self.assertEqual(json.loads(response.body), {"size": 150_000, "name": "f.txt"})

    def test_many_sync_operations_at_once(self):
        exchanges = [self.front.open("GET", "/sync/%d" % number) for number in range(60)]
        for number, exchange in enumerate(exchanges):
            self.assertEqual(json.loads(exchange.response().body), {"number": number})

    def test_streams(self):
        self.assertEqual(self.get("/stream").body, b"part 0\npart 1\npart 2\n")

    def test_stream_ends_when_the_client_leaves(self):
        exchange = self.front.open("GET", "/endless")
        exchange.expect(wire.RESPONSE)
        exchange.cancel()
        self.wait_event("generator ended")
        self.front.ping()
        self.assertEqual([record for record in self.front.logs if "Disconnect" in record.message], [])

    def test_background_tasks(self):
        self.assertEqual(self.get("/background").body, b"answered")
        self.wait_event("background")

    def test_error_is_a_500_and_logged(self):
        self.assertEqual(self.get("/error").status, 500)
        self.front.wait_log(lambda record: "in a path operation" in record.message)


class FastApiAsyncioTests(FastApiTests):
    boot = {"loop": "asyncio"}


class DjangoMixin:
    def test_views(self):
        self.assertEqual(self.get("/").body, b"hello from django")
        shown = json.loads(self.get("/show", query="a=%C3%A9").body)
        self.assertEqual(
            shown,
            {
                "path": "/show",
                "uri": "http://test/show?a=%C3%A9",
                "addr": "127.0.0.1",
                "query": {"a": "é"},
                "method": "GET",
            },
        )
        self.assertEqual(self.get("/nowhere").status, 404)
        self.assertEqual(self.get("/database").body, b"[42]")
        self.assertEqual(self.get("/async").body, b"async view")
        self.assertEqual(self.front.open("HEAD", "/").response().status, 200)

    def test_bodies(self):
        headers = [(b"host", b"test"), (b"content-length", b"7")]
        self.assertEqual(self.front.post("/body", b"content", headers=headers).body, b"content")
        self.assertEqual(self.send_in_parts("/body", b"content", headers, 3).body, b"content")
        chunked = [(b"host", b"test"), (b"transfer-encoding", b"chunked")]
        self.assertEqual(self.front.post("/body", b"content", headers=chunked).body, b"content")
        response = self.send_in_parts("/form", MULTIPART, multipart_headers())
        self.assertEqual(json.loads(response.body), {"post": {"field": "value"}, "files": {"file": 150_000}})

    def test_streams_and_files(self):
        self.assertEqual(self.get("/stream").body, b"part 0\npart 1\npart 2\n")
        with open(os.path.join(APPS, "framework_django.py"), "rb") as file:
            self.assertEqual(self.get("/file").body, file.read())

    def test_error_is_a_500_and_logged(self):
        self.assertEqual(self.get("/error").status, 500)
        self.front.wait_stderr("ZeroDivisionError: in a view")


@unittest.skipUnless(installed("django"), "Django is not installed")
class DjangoWsgiTests(DjangoMixin, FrameworkCase):
    app = "framework_django"


@unittest.skipUnless(installed("django"), "Django is not installed")
class DjangoWsgiThreadsTests(DjangoMixin, FrameworkCase):
    app = "framework_django:application"
    boot = {"threads": 4, "data_links": 2}


@unittest.skipUnless(installed("django", "asgiref"), "Django is not installed")
class DjangoAsgiTests(DjangoMixin, FrameworkCase):
    app = "framework_django:asgi_application"


if __name__ == "__main__":
    unittest.main()
