"""Hydra's own interface: docs/raw.md."""

import inspect
import os
import unittest

import hydra_raw
from hydra_worker.raw.request import PlainRequest, Request
from hydra_worker.raw.socket import Socket
from tests.cases import WorkerCase
from tests.fake_front import Front, wire
from tests.fake_link import parse_headers

ONE_FRAME = [(wire.RESPONSE, True)]


class RawCase(WorkerCase):
    app = "raw_cases:app"
    boot = {"interface": "raw"}

    def logged(self, text):
        return self.front.wait_log(lambda record: text in record.message).message

    def kinds(self, response):
        return [(frame.kind, frame.end) for frame in response.frames]


class RawTests(RawCase):
    def test_request_says_what_came(self):
        response = self.front.open(
            "post",
            "/root/facts",
            query="a=b",
            headers=[(b"host", b"test"), (b"x-a", b"1"), (b"x-a", b"\xfc")],
            connection=b"https\x001.1\x00c\x001\x00/run/s\x00\x00/root",
            queued=1_500_000,
        ).response()
        self.assertEqual(response.reset, (wire.RESET_APPLICATION_ERROR, "KeyError"))
        response = self.front.open("post", "/facts", query="a=b", headers=[(b"x-a", b"1"), (b"x-a", b"\xfc")], queued=1_500_000).response()
        found, headers = eval(response.body.decode())
        self.assertEqual(headers, [("x-a", "1"), ("x-a", "ü")])
        self.assertEqual(
            {name: found[name] for name in ("method", "path", "raw_path", "root_path", "query", "queue_time", "is_websocket", "subprotocols")},
            {
                "method": "POST",
                "path": "/facts",
                "raw_path": b"/facts",
                "root_path": "",
                "query": b"a=b",
                "queue_time": 1.5,
                "is_websocket": False,
                "subprotocols": [],
            },
        )

    def test_what_is_returned_is_the_response(self):
        response = self.front.get("/named")
        self.assertEqual((response.status, response.headers), (201, [(b"x-a", b"1"), (b"x-b", b"2")]))
        self.assertEqual((response.body.decode(), self.kinds(response)), ("tëxt", ONE_FRAME))
        self.assertEqual(self.front.get("/defaults").status, 200)
        self.assertEqual(self.front.get("/large").body, b"0123456789abcdef" * 40_000)

    def test_body_is_read_whole_or_in_pieces(self):
        exchange = self.front.open("POST", "/echo", body=b"one ", end=False)
        exchange.body(b"two", end=True)
        self.assertEqual(exchange.response().body, b"one two")
        exchange = self.front.open("POST", "/pieces", body=b"12345", end=False)
        self.assertEqual(wire.unpack_response(exchange.expect(wire.RESPONSE).payload)[2], b"[5]")
        exchange.body(b"123", end=True)
        self.assertEqual(exchange.response().body, b"[3]end")

    def test_stream_waits_for_credit(self):
        exchange = self.front.open("GET", "/gated")
        self.assertFalse(exchange.expect(wire.RESPONSE).end)
        self.front.get("/opens")
        self.assertEqual(exchange.response().body, b"x" * 300_000 + b"end")

    def test_generator_of_a_client_that_leaves_is_closed(self):
        exchange = self.front.open("GET", "/for_ever")
        exchange.expect(wire.RESPONSE)
        exchange.cancel()
        self.assertEqual(exchange.response(grant=False).reset[0], wire.RESET_CANCELLED)
        self.logged("the generator is closed")

    def test_disconnected_returns_when_the_client_has_left(self):
        exchange = self.front.open("GET", "/waits")
        self.logged("waiting")
        exchange.cancel()
        self.assertEqual(exchange.response().reset[0], wire.RESET_CANCELLED)
        self.logged("left")

    def test_trailers_are_behind_the_body(self):
        response = self.front.get("/trailed")
        self.assertEqual((response.body, response.trailers), (b"one two", [(b"x-size", b"7"), (b"x-b", b"\xff")]))
        response = self.front.get("/trailed_bytes")
        self.assertEqual((response.body, response.trailers), (b"whole", [(b"x-a", b"1")]))
        response = self.front.get("/trailed_bytes", query="large")
        self.assertEqual((len(response.body), response.trailers), (100_000, [(b"x-a", b"1")]))
        response = self.front.open("HEAD", "/trailed_bytes").response()
        self.assertEqual((response.body, response.trailers), (b"", [(b"x-a", b"1")]))

    def test_trailers_that_break_a_rule_are_no_end(self):
        for query, words in (
            ("cookie", "set-cookie cannot be a trailer"),
            ("line", "control character"),
            ("none", "pairs of text"),
            ("latin", "Latin-1"),
        ):
            with self.subTest(query):
                response = self.front.get("/trailed_badly", query=query)
                self.assertEqual((response.body, response.reset[0]), (b"whole", wire.RESET_RULE_VIOLATION))
                self.assertIn(words, response.reset[1])

    def test_failures_are_500_or_break_the_stream(self):
        for path, reason, text in (
            ("/fails", wire.RESET_APPLICATION_ERROR, "ValueError"),
            ("/breaks", wire.RESET_APPLICATION_ERROR, "ValueError"),
            ("/nothing", wire.RESET_RULE_VIOLATION, "A raw application must return (status, headers, body), not NoneType."),
            ("/number", wire.RESET_RULE_VIOLATION, "The body of a response must be bytes, text or an asynchronous iterable, not int."),
            ("/odd_piece", wire.RESET_RULE_VIOLATION, "A message or a piece of a body must be bytes or text, not int."),
            ("/accepts_http", wire.RESET_APPLICATION_ERROR, "RuleViolation"),
        ):
            with self.subTest(path):
                self.assertEqual(self.front.get(path).reset, (reason, text))
        self.logged("Exception in raw application")

    def test_root_path_is_part_of_the_path_once(self):
        connection = b"http\x001.1\x00\x00\x00\x00\x00"
        for raw, root, path in (("/a", "/root", "/root/a"), ("/root/a", "/root", "/root/a"), ("/%C3%BC", "", "/ü")):
            request = Request.__new__(Request)
            request.facts = (b"GET", raw.encode(), b"", connection + root.encode(), b"", 0)
            self.assertEqual((request.path, request.root_path, request.client, request.server), (path, root, None, None))


class PlainTests(RawCase):
    app = "raw_cases:plain"

    def test_response_leaves_in_one_frame(self):
        response = self.front.get("/hello")
        self.assertEqual((response.body, response.headers), (b"hello", [(b"content-type", b"text/plain")]))
        self.assertEqual(self.kinds(response), ONE_FRAME)
        self.assertEqual(self.front.get("/named").body.decode(), "tëxt")
        self.assertEqual(self.front.open("HEAD", "/hello").response().body, b"")

    def test_body_is_here_before_it_is_called(self):
        self.assertEqual(self.front.post("/echo", b"whole").body, b"whole")
        exchange = self.front.open("POST", "/echo", body=b"one ", end=False)
        exchange.body(b"two ")
        exchange.body(b"three", end=True)
        self.assertEqual(exchange.response().body, b"one two three")

    def test_body_that_breaks_off_calls_nothing(self):
        exchange = self.front.open("POST", "/fails", body=b"one ", end=False)
        exchange.cancel()
        self.assertEqual(exchange.response().reset, (wire.RESET_CANCELLED, ""))

    def test_large_response_waits_for_credit(self):
        self.assertEqual(self.front.get("/large").body, b"0123456789abcdef" * 40_000)
        exchange = self.front.open("GET", "/large")
        exchange.expect(wire.RESPONSE)
        exchange.cancel()
        self.assertEqual(exchange.response(grant=False).reset[0], wire.RESET_CANCELLED)

    def test_trailers_are_behind_the_body(self):
        response = self.front.get("/trailed")
        self.assertEqual((response.body, response.trailers), (b"whole", [(b"x-a", b"1")]))
        self.assertEqual(self.kinds(self.front.get("/not_trailed")), ONE_FRAME)

    def test_coroutine_or_stream_may_be_returned(self):
        self.assertEqual(self.front.get("/coroutine").status, 201)
        self.assertEqual(self.front.get("/streams").body, b"one two")

    def test_failures_are_500(self):
        for path, reason, text in (
            ("/fails", wire.RESET_APPLICATION_ERROR, "ZeroDivisionError"),
            ("/number", wire.RESET_RULE_VIOLATION, "A raw application must return (status, headers, body), not int."),
            ("/short", wire.RESET_RULE_VIOLATION, "The body of the response is shorter than its Content-Length."),
        ):
            with self.subTest(path):
                self.assertEqual(self.front.get(path).reset, (reason, text))
        self.assertNotIn("hydra_worker", self.logged("ZeroDivisionError"))

    @unittest.skipUnless(hasattr(os, "fork"), "needs fork")
    def test_child_that_returns_answers_nobody(self):
        self.assertEqual([self.front.get("/forks").body for _ in range(2)], [b"0", b"0"])

    def test_websocket_goes_on_in_a_coroutine_or_is_denied(self):
        exchange = self.front.open("GET", "/socket", flags=wire.FLAG_SESSION)
        exchange.expect(wire.ACCEPT)
        self.front.data[0].send(wire.pack_close(exchange.id, 0, 1000, b""))
        exchange.expect(wire.RESET)
        self.assertEqual(self.front.open("GET", "/denies", flags=wire.FLAG_SESSION).response().status, 403)


class RawSocketTests(RawCase):
    def open(self, path, **options):
        return self.front.open("GET", path, flags=wire.FLAG_SESSION, **options)

    def test_messages_go_both_ways(self):
        exchange = self.open("/socket", headers=[(b"sec-websocket-protocol", b"one, two")])
        subprotocol, fields = wire.unpack_accept(exchange.expect(wire.ACCEPT).payload)
        self.assertEqual((subprotocol, parse_headers(fields)), (b"two", [(b"x-more", b"yes")]))
        for data, flags in ((b"bytes", 0), ("tëxt".encode(), wire.FLAG_TEXT), (b"", 0)):
            self.front.data[0].send(wire.pack_data(exchange.id, flags, data))
            frame = exchange.expect(wire.DATA)
            self.assertEqual((frame.payload, frame.flags), (data, flags))
        self.front.data[0].send(wire.pack_close(exchange.id, 0, 4000, b"bye"))
        self.logged("over: 4000 'bye'")
        self.logged("The client has disconnected.")
        self.assertEqual(wire.unpack_reset(exchange.expect(wire.RESET).payload)[0], wire.RESET_CANCELLED)

    def test_application_closes(self):
        for path, end in (("/closes", (4001, b"enough")), ("/returns_accepted", (1000, b"")), ("/raises_accepted", (1011, b""))):
            exchange = self.open(path)
            exchange.expect(wire.ACCEPT)
            self.assertEqual(wire.unpack_close(exchange.expect(wire.CLOSE).payload), end)
        for text in (
            "RuleViolation: A message was sent after the WebSocket had been closed.",
            "InvalidMessage: The code of a close must be one that can be sent",
            "RuleViolation: The WebSocket was accepted already.",
            "InvalidMessage: A message or a piece of a body must be bytes or text, not int.",
        ):
            self.logged(text)

    def test_response_denies(self):
        response = self.open("/denies").response()
        self.assertEqual((response.status, response.headers, response.body), (401, [(b"x-why", b"no")], b"not you"))
        self.logged("A message was sent before the WebSocket was accepted.")
        self.assertEqual(self.open("/nothing").response().reset[0], wire.RESET_RULE_VIOLATION)

    def test_sending_waits_for_credit(self):
        exchange = self.open("/sends_much")
        exchange.expect(wire.ACCEPT)
        size = 0
        while size < 300_000:
            frame = exchange.expect(wire.DATA)
            size += len(frame.payload)
            exchange.window(len(frame.payload) + wire.DATA_COST)
        exchange.cancel()
        exchange.expect(wire.RESET)


class LifeTests(unittest.TestCase):
    def test_context_of_one_request_is_not_the_next_ones(self):
        with Front("raw_cases:context", interface="raw") as front:
            front.ready()
            self.assertEqual([front.get().body for _ in range(2)], [b"unset", b"unset"])

    def test_startup_and_shutdown_are_called(self):
        with Front("raw_cases:lived", interface="raw") as front:
            self.assertEqual(front.ready()[1:3], (wire.FEATURE_WEB_SOCKETS, "raw"))
            self.assertEqual(front.get().body, b"started")
            self.assertEqual(front.stop(), (0, ""))
            self.assertEqual(front.stdout(), "shut down\n")

    def test_startup_that_raises_is_a_failed_start(self):
        with Front("raw_cases:fails_first", interface="raw") as front:
            reason, sentence, trace = front.failed()
            self.assertEqual(reason, wire.FAILURE_LIFESPAN_FAILED)
            self.assertEqual(sentence, "The application's __hydra_startup__ raised ValueError: no database.")
            self.assertIn("raw_cases.py", trace)

    def test_shutdown_that_raises_is_told_with_the_end(self):
        with Front("raw_cases:fails_last", interface="raw") as front:
            front.ready()
            self.assertEqual(front.stop(), (0, "The application's __hydra_shutdown__ raised ValueError: no way out."))

    def test_what_is_no_function_of_one_argument_is_refused(self):
        with Front("raw_cases:two", interface="raw") as front:
            self.assertIn("takes 2 arguments; with --interface raw an application is a function of one", front.failed()[1])


class TypesTests(unittest.TestCase):
    """What hydra_raw.py promises to type checkers is there."""

    def test_every_attribute_is_there_with_its_parameters(self):
        for promised, kinds in ((hydra_raw.Request, (Request, PlainRequest, Socket)), (hydra_raw.WebSocket, (Socket,))):
            members = {name: value for name, value in vars(promised).items() if inspect.isfunction(value) or isinstance(value, property)}
            members = {name: value for name, value in members.items() if name not in ("__init__", "__subclasshook__", "_no_init_or_replace_init")}
            self.assertGreater(len(members), 5)
            for name, member in members.items():
                for kind in kinds:
                    with self.subTest(f"{kind.__name__}.{name}"):
                        found = getattr(kind, name)
                        if inspect.isfunction(member):
                            self.assertEqual(list(inspect.signature(found).parameters), list(inspect.signature(member).parameters))


if __name__ == "__main__":
    unittest.main()
