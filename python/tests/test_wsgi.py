"""The WSGI engine over the wire, each test with one thread and with several."""

import json
import unittest

from tests.apps import wsgi_cases as cases
from tests.fake_front import Front, wire


class WsgiCase(unittest.TestCase):
    """One worker for all tests of a class."""

    boot = {}

    @classmethod
    def setUpClass(cls):
        cls.front = Front("wsgi_cases:app", **cls.boot)
        cls.front.__enter__()
        cls.front.ready()

    @classmethod
    def tearDownClass(cls):
        try:
            if cls.front.code() is None:
                cls.front.stop()
        finally:
            cls.front.__exit__(None)

    def events(self, since=0):
        return json.loads(self.front.get("/events").body)[since:]

    def event_count(self):
        return len(self.events())

    def wait_events(self, since, expected):
        """close() runs after the response has left, so another thread may be asked before it."""
        for _ in range(10_000):
            found = self.events(since)
            if len(found) >= len(expected):
                break
        self.assertEqual(found, expected)

    def wait_event(self, since, event):
        for _ in range(10_000):
            found = self.events(since)
            if event in found:
                return found
        self.fail("no %r in %r" % (event, found))


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
            "wsgi.multiprocess": False,
            "wsgi.run_once": False,
            "wsgi.input_terminated": True,
        }
        self.assertEqual({key: shown[key] for key in expected}, expected)
        self.assertEqual(shown["types"]["wsgi.version"], "tuple")
        for absent in ("CONTENT_TYPE", "CONTENT_LENGTH", "HTTP_CONTENT_TYPE", "HTTP_CONTENT_LENGTH"):
            self.assertNotIn(absent, shown)
        extra = {"wsgi.input", "wsgi.errors", "wsgi.file_wrapper", "types"}
        self.assertEqual(set(shown) - set(expected), extra)

    def test_headers_are_joined_and_underscores_dropped(self):
        sent = [
            (b"host", b"h"),
            (b"accept", b"a"),
            (b"accept", b"b"),
            (b"cookie", b"x=1"),
            (b"cookie", b"y=2"),
            (b"x_forwarded_for", b"forged"),
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
            self.assertNotIn("HTTP_X_FORWARDED_FOR", shown)
            self.assertNotIn("HTTP_CONTENT_TYPE", shown)

    def test_unix_sockets_have_a_server_name(self):
        unix = b"https\x002\0\0\0/run/s.sock\0"
        for host, name, port in ((b"site:81", "site", "81"), (b"site", "site", "443"), (b"[::1]", "[::1]", "443"),
                                 (b"[::1]:8", "[::1]", "8"), (b"a:b", "a", "443")):
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


class PathTests(unittest.TestCase):
    def build(self, path, root_path=""):
        from hydra_worker.wsgi.environ import EnvironBuilder
        from hydra_worker.wsgi.stream import WsgiStream
        from tests.fake_front import CONNECTION

        class Link:
            request_window = response_window = 1

        request = WsgiStream(Link(), 1, 1, (b"GET", path, b"", CONNECTION, b""), b"", 0.0)
        return EnvironBuilder(root_path, "", False, True).build(request, None, True)

    def test_path_is_decoded_to_latin1(self):
        for path, info in ((b"/a%20b", "/a b"), (b"/%C3%A9", "/\xc3\xa9"), (b"/%2525", "/%25"), (b"/%FF", "/\xff"),
                           (b"*", "")):
            environ = self.build(path)
            self.assertEqual(environ["PATH_INFO"], info)
            self.assertEqual(environ["RAW_URI"], path.decode())

    def test_root_path_is_the_script_name(self):
        environ = self.build(b"/x", "/caf\u00e9")
        self.assertEqual(environ["SCRIPT_NAME"], "/caf\xc3\xa9")
        self.assertEqual(environ["PATH_INFO"], "/x")
        self.assertIs(environ["wsgi.multiprocess"], True)


class InputTests(WsgiCase):
    TEXT = b"one\ntwo\n\nthree four\nlast"
    CALLS = (
        ("read", [TEXT.decode()]),
        ("read=-1", [TEXT.decode()]),
        ("read=4&read=0&read=3&read=100&read=5", ["one\n", "", "two", "\n\nthree four\nlast", ""]),
        ("readline&readline&readline&readline&readline&readline", ["one\n", "two\n", "\n", "three four\n", "last", ""]),
        ("readline=2&readline=2&readline=2&readline=0&readline=100", ["on", "e\n", "tw", "", "o\n"]),
        ("readlines", [["one\n", "two\n", "\n", "three four\n", "last"]]),
        ("readlines=5&readlines", [["one\n", "two\n"], ["\n", "three four\n", "last"]]),
        ("iter&read", [["one\n", "two\n", "\n", "three four\n", "last"], ""]),
        ("readline&read=2&iter", ["one\n", "tw", ["o\n", "\n", "three four\n", "last"]]),
    )

    def test_reading_a_body_that_is_all_here(self):
        for calls, expected in self.CALLS:
            with self.subTest(calls):
                response = self.front.post("/reads", self.TEXT, query=calls)
                self.assertEqual(json.loads(response.body), expected)

    def test_reading_a_body_in_every_split(self):
        for calls, expected in self.CALLS:
            for at in range(len(self.TEXT) + 1):
                with self.subTest(calls, at=at):
                    exchange = self.front.open("POST", "/reads", query=calls, body=self.TEXT[:at], end=False)
                    for byte in self.TEXT[at:-1]:
                        exchange.body(bytes([byte]))
                    exchange.body(self.TEXT[max(at, len(self.TEXT) - 1) :], end=True)
                    self.assertEqual(json.loads(exchange.response().body), expected)

    def test_window_is_granted_as_the_application_reads(self):
        total = 10 * self.front.request_window
        exchange = self.front.open("POST", "/echo", end=False)
        credit = self.front.request_window
        sent = 0
        while sent < total:
            size = min(wire.MAX_BODY, credit, total - sent)
            exchange.body(b"x" * size, end=sent + size == total)
            sent += size
            credit -= size
            while credit == 0 and sent < total:
                credit += wire.unpack_window(exchange.expect(wire.WINDOW).payload)[0]
        frames = [exchange.next()]
        while frames[0].kind == wire.WINDOW:
            frames = [exchange.next()]
        self.assertEqual(frames[0].kind, wire.RESPONSE)
        got = len(wire.unpack_response(frames[0].payload)[2])
        while not frames[-1].end:
            frames.append(exchange.next())
            got += len(frames[-1].payload)
            exchange.window(len(frames[-1].payload))
        self.assertEqual(got, total)

    def test_expect_continue_grants_at_the_first_read(self):
        exchange = self.front.open("POST", "/echo", end=False, flags=wire.FLAG_EXPECT_CONTINUE)
        credit = wire.unpack_window(exchange.expect(wire.WINDOW).payload)[0]
        self.assertEqual(credit, self.front.request_window)
        exchange.body(b"now", end=True)
        self.assertEqual(exchange.response().body, b"now")
        response = self.front.open("POST", "/single", end=False, flags=wire.FLAG_EXPECT_CONTINUE).response()
        self.assertEqual([frame.kind for frame in response.frames], [wire.RESPONSE])

    def test_client_that_leaves_in_its_body_raises(self):
        since = self.event_count()
        exchange = self.front.open("POST", "/read_or_event", body=b"some", end=False)
        exchange.body(b"more")
        exchange.cancel()
        self.wait_event(since, "ClientDisconnected")
        self.assertTrue(exchange.frames.empty())
        self.front.ping()
        self.assertFalse([record for record in self.front.logs if "ClientDisconnected" in record.message])


class ResponseTests(WsgiCase):
    def test_lists_leave_in_one_frame(self):
        for path, body in (("/single", b"one piece"), ("/tuple_of_many", b"one two three"), ("/empty_list", b"")):
            with self.subTest(path):
                response = self.front.get(path)
                self.assertEqual([(frame.kind, frame.end) for frame in response.frames], [(wire.RESPONSE, True)])
                self.assertEqual(response.body, body)

    def test_generator_may_call_start_response_late(self):
        response = self.front.get("/generator")
        self.assertEqual((response.status, response.body), (201, b"first second"))
        sizes = [len(frame.payload) for frame in response.frames[1:]]
        self.assertEqual(sizes, [6, 0])

    def test_each_piece_leaves_before_the_next_is_asked_for(self):
        if self.boot.get("threads", 1) == 1:
            self.skipTest("nobody could open the gate")
        self.front.get("/make_gate", query="slow")
        exchange = self.front.open("GET", "/slow_generator")
        head = exchange.expect(wire.RESPONSE)
        self.assertEqual(wire.unpack_response(head.payload)[2], b"early")
        self.front.get("/open_gate", query="slow")
        self.assertEqual(exchange.response().body, b"late")

    def test_known_length_ends_with_the_last_piece(self):
        response = self.front.get("/known_length")
        self.assertEqual(response.body, b"abcdef")
        self.assertEqual([(frame.kind, frame.end) for frame in response.frames], [(wire.RESPONSE, False), (wire.BODY, True)])

    def test_close_is_called_once(self):
        since = self.event_count()
        self.assertEqual(self.front.get("/iterable_with_close").body, b"ab")
        self.wait_events(since, ["closed 1"])

    def test_close_that_raises_is_logged(self):
        since = self.event_count()
        response = self.front.get("/close_raises")
        self.assertEqual((response.body, response.reset), (b"ab", None))
        self.front.wait_log(lambda record: "in close" in record.message)
        self.wait_events(since, ["closed 1"])

    def test_iteration_that_raises_closes_and_resets(self):
        for path, kinds in (
            ("/iteration_raises", [wire.RESET]),
            ("/iteration_raises_late", [wire.RESPONSE, wire.RESET]),
        ):
            since = self.event_count()
            response = self.front.get(path)
            self.assertEqual([frame.kind for frame in response.frames], kinds)
            self.assertEqual(response.reset[0], wire.RESET_APPLICATION_ERROR)
            self.wait_events(since, ["closed 1"])

    def test_application_that_raises_is_logged_once_and_reset(self):
        for path in ("/raises", "/raises_held", "/raises_system_exit"):
            with self.subTest(path):
                response = self.front.get(path)
                self.assertEqual([frame.kind for frame in response.frames], [wire.RESET])
                self.assertEqual(response.reset[0], wire.RESET_APPLICATION_ERROR)
                function = "in " + path[1:] + "\n"
                record = self.front.wait_log(lambda record: function in record.message)
                lines = record.message.splitlines()
                self.assertEqual(lines[0], "Exception in WSGI application")
                self.assertIn("wsgi_cases.py", lines[2])
                self.assertNotIn("hydra_worker", record.message)
                self.front.ping()
                self.assertEqual(sum(function in other.message for other in self.front.logs), 1)

    def test_write_sends_at_once(self):
        response = self.front.get("/write")
        self.assertEqual(response.body, b"written twice and returned")
        kinds = [(frame.kind, frame.end) for frame in response.frames]
        self.assertEqual(kinds, [(wire.RESPONSE, False), (wire.BODY, False), (wire.BODY, True)])

    def test_large_body_stops_where_the_credit_ends(self):
        window = self.front.response_window
        size = 64 * 1024 + 3 * window + 1
        exchange = self.front.open("GET", "/large", query=str(size))
        body = wire.unpack_response(exchange.expect(wire.RESPONSE).payload)[2]
        while len(body) < wire.MAX_BODY + window:
            body += exchange.expect(wire.BODY).payload
        self.assertEqual(len(body), wire.MAX_BODY + window)
        exchange.window(1)
        frame = exchange.expect(wire.BODY)
        self.assertEqual(len(frame.payload), 1)
        exchange.window(10 * window)
        rest = exchange.response(grant=False)
        self.assertEqual(body + frame.payload + rest.body, (b"0123456789abcdef" * (size // 16 + 1))[:size])

    def test_cancel_stops_an_endless_response_and_closes_it(self):
        for grant in (True, False):
            since = self.event_count()
            exchange = self.front.open("GET", "/endless")
            got = 0
            while got < self.front.response_window:
                frame = exchange.next()
                got += len(frame.payload)
                if grant and frame.kind == wire.BODY:
                    exchange.window(len(frame.payload))
            exchange.cancel()
            self.wait_event(since, "closed 1")
            self.front.ping()
            self.assertFalse([record for record in self.front.logs if "ClientDisconnected" in record.message])

    def test_error_page_replaces_what_was_not_sent(self):
        response = self.front.get("/error_page")
        self.assertEqual((response.status, response.body), (500, b"error page"))
        self.assertEqual(response.headers, [(b"X-Error", b"1")])

    def test_error_page_too_late_raises_the_error(self):
        since = self.event_count()
        response = self.front.get("/error_page_too_late")
        self.assertEqual([frame.kind for frame in response.frames], [wire.RESPONSE, wire.RESET])
        self.assertEqual(response.reset, (wire.RESET_APPLICATION_ERROR, "KeyError"))
        self.wait_events(since, ["calling"])

    def test_file_wrapper_is_read_in_blocks_and_closed(self):
        for size in (0, 10, 65536, 300_000):
            since = self.event_count()
            response = self.front.get("/file_wrapper", query=str(size))
            self.assertEqual(response.body, b"f" * size)
            self.assertTrue(all(len(frame.payload) <= wire.MAX_BODY + 100 for frame in response.frames))
            self.wait_events(since, ["file closed"])

    def test_file_wrapper_of_what_cannot_be_closed(self):
        self.assertEqual(self.front.get("/file_wrapper_without_close").body, b"ab")

    def test_file_wrapper_behind_middleware(self):
        self.assertEqual(self.front.get("/wrapped_file_wrapper").body, b"x" * 20)

    def test_responses_without_body(self):
        since = self.event_count()
        for method, status, length in (("HEAD", "200", b"5"), ("GET", "204", None), ("GET", "304", b"5")):
            response = self.front.open(method, "/special_status", query=status).response()
            self.assertEqual((response.status, response.body, response.reset), (int(status), b"", None))
            self.assertEqual(response.header(b"content-length"), length)
            self.assertEqual(response.header(b"x-a"), b"b")
        self.wait_events(since, ["closed 1"] * 3)

    def test_hop_by_hop_headers_are_dropped_with_one_warning(self):
        for _ in range(2):
            self.assertEqual(self.front.get("/hop_by_hop").headers, [(b"X-Kept", b"yes")])
        self.front.ping()
        warnings = [record.message for record in self.front.logs if record.level == wire.LOG_WARNING]
        self.assertEqual(len([message for message in warnings if "Connection" in message]), 1)

    def test_headers_are_latin1_and_may_repeat(self):
        response = self.front.get("/latin")
        self.assertEqual(response.headers, [(b"X-Name", b"caf\xe9"), (b"Set-Cookie", b"a=1"), (b"Set-Cookie", b"b=2")])

    def test_each_broken_rule_resets(self):
        for name in cases.BROKEN:
            with self.subTest(name):
                response = self.front.get("/breaks", query=name)
                self.assertEqual([frame.kind for frame in response.frames], [wire.RESET], response.body)
                reason = wire.RESET_NO_RESPONSE if name == "no_start" else wire.RESET_RULE_VIOLATION
                self.assertEqual(response.reset[0], reason, response.reset)

    def test_rules_broken_after_the_head(self):
        response = self.front.get("/shorter_late")
        self.assertEqual(response.reset[0], wire.RESET_RULE_VIOLATION)
        # All that was promised has been sent when too much comes: the client has its response, the log has the error.
        response = self.front.get("/longer_late")
        self.assertEqual((response.body, response.reset), (b"some", None))
        self.front.wait_log(lambda record: "longer than its Content-Length" in record.message)
        self.assertEqual(self.front.get("/write_text").reset[0], wire.RESET_RULE_VIOLATION)

    def test_errors_stream_is_standard_error(self):
        self.front.get("/errors_stream")
        while b"a line\n" not in self.front.output["err"]:
            self.front.ping()
        self.assertIn(b"written to wsgi.errors\n", self.front.output["err"])

    def test_many_requests_in_one_write(self):
        exchanges = [self.front.open("GET", "/environ", query=str(number), send=False) for number in range(300)]
        self.front.data[0].send(b"".join(exchange.frame for exchange in exchanges))
        for number, exchange in enumerate(exchanges):
            self.assertIn('"QUERY_STRING": "%d"' % number, exchange.response().body.decode())

    def test_mixture_of_all_kinds_at_once(self):
        sent = []
        for number in range(120):
            kind = number % 4
            if kind == 0:
                sent.append((self.front.open("GET", "/single"), b"one piece"))
            elif kind == 1:
                exchange = self.front.open("POST", "/echo", body=b"a" * number, end=False)
                sent.append((exchange, b"a" * number + b"b"))
            elif kind == 2:
                sent.append((self.front.open("GET", "/large", query="100000"), b"0123456789abcdef" * 6250))
            else:
                sent.append((self.front.open("GET", "/generator"), b"first second"))
        for exchange, expected in sent:
            if expected[-1:] == b"b":
                exchange.body(b"b", end=True)
        for exchange, expected in sent:
            self.assertEqual(exchange.response().body, expected)


class ThreadsInputTests(InputTests):
    boot = {"threads": 4}


class ThreadsResponseTests(ResponseTests):
    boot = {"threads": 4}


class ThreadsEnvironTests(EnvironTests):
    boot = {"threads": 2}


class LinksResponseTests(ResponseTests):
    boot = {"threads": 3, "data_links": 2}

    def test_both_links_serve(self):
        for _ in range(3):
            for link in (0, 1):
                self.assertEqual(self.front.get("/generator", link=link).status, 201)


class ThreadTests(unittest.TestCase):
    def test_one_thread_runs_the_application_in_the_main_thread(self):
        with Front("wsgi_cases:app") as front:
            front.ready()
            self.assertEqual(json.loads(front.get("/thread").body)[0], True)

    def test_as_many_requests_run_at_once_as_there_are_threads(self):
        for threads in (2, 5):
            with self.subTest(threads), Front("wsgi_cases:app", threads=threads) as front:
                front.ready()
                for _ in range(3):
                    # One fewer than threads wait; the last thread opens the gate.
                    front.get("/make_gate", query="all")
                    waiting = [front.open("GET", "/wait_at_gate", query="all") for _ in range(threads - 1)]
                    front.get("/open_gate", query="all")
                    for exchange in waiting:
                        self.assertEqual(exchange.response().body, b"through all")

    def test_response_does_not_wait_behind_a_slow_request(self):
        """After many quick requests responses may share a write; one that is followed by a slow request must still leave."""
        for threads in (1, 2):
            with self.subTest(threads), Front("wsgi_cases:app", threads=threads) as front:
                front.ready()
                for _ in range(20):
                    quick = [front.open("GET", "/single", send=False) for _ in range(100)]
                    front.data[0].send(b"".join(exchange.frame for exchange in quick))
                    for exchange in quick:
                        exchange.response()
                quick = front.open("GET", "/single", send=False)
                slow = front.open("GET", "/blocks", query="/nowhere/at/all", send=False)
                front.data[0].send(quick.frame + slow.frame)
                self.assertEqual(quick.response().body, b"one piece")
                if threads == 2:
                    for _ in range(50):
                        self.assertEqual(front.get("/single").body, b"one piece")


if __name__ == "__main__":
    unittest.main()
