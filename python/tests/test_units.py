"""The parts that need no worker: frames, header blocks, log records, tracebacks, streams, the watch."""

import logging
import threading
import unittest
from unittest import mock

from tests import fake_front  # noqa: F401
from tests.fake_front import boot_document, header_block
from hydra_worker import frames, headers, logs, tracebacks, wire
from hydra_worker.boot import Boot
from hydra_worker.errors import BootError, InvalidMessage, RuleViolation
from hydra_worker.framing import FrameReader
from hydra_worker.watch import Watch
from hydra_worker.wsgi import heads


class FrameTests(unittest.TestCase):
    def test_fast_packers_make_what_the_generated_ones_make(self):
        for head, body in ((b"", b""), (b"a\0b", b"body"), (b"h" * 1000, b"x" * 65536)):
            for flags in (0, wire.FLAG_END):
                stream = (5 << 32) | 7
                self.assertEqual(
                    frames.response_frame(stream, flags, 404, head, body),
                    wire.pack_response(stream, flags, 404, head, body),
                )
                self.assertEqual(
                    frames.body_frame(stream, flags, memoryview(body)), wire.pack_body(stream, flags, body)
                )


class Recorder(FrameReader):
    """Notes the calls."""

    def __init__(self):
        super().__init__()
        self.calls = []
        self.streams = {9: self}

    def feed(self, data):
        while data:
            room = self.free_buffer()
            piece = data[: len(room)]
            room[: len(piece)] = piece
            self.take_in(len(piece))
            data = data[len(piece) :]

    def on_request(self, *request):
        self.calls.append(("request",) + request)

    def on_body(self, data, flags):
        self.calls.append(("body", data, bool(flags & wire.FLAG_END)))

    def on_window(self, credit):
        self.calls.append(("window", credit))

    def on_cancel(self, reason):
        del self.streams[9]
        self.calls.append(("cancel",))


class ReaderTests(unittest.TestCase):
    DATA = b"".join(
        (
            wire.pack_request(1, 1, 5, b"GET", b"/p", b"q", b"c", b"h", b"body"),
            wire.pack_body(9, 0, b"first"),
            wire.pack_body(8, 0, b"of an unknown stream"),
            wire.pack_window(9, 0, 77),
            wire.pack_request(2, 2, 5, b"", b"", b"", b"", b"", b""),
            wire.pack_body(9, 1, b""),
            wire.pack_cancel(9, 0, 1),
            wire.pack_window(9, 0, 78),
        )
    )
    CALLS = [
        ("request", 1, 1, b"GET", b"/p", b"q", b"c", b"h", b"body", 5),
        ("body", b"first", False),
        ("window", 77),
        ("request", 2, 2, b"", b"", b"", b"", b"", b"", 5),
        ("body", b"", True),
        ("cancel",),
    ]

    def test_frames_are_read_over_every_split(self):
        for at in range(len(self.DATA) + 1):
            reader = Recorder()
            if at:
                reader.feed(self.DATA[:at])
            reader.feed(self.DATA[at:])
            self.assertEqual(reader.calls, self.CALLS)

    def test_frames_are_read_byte_by_byte(self):
        reader = Recorder()
        for at in range(len(self.DATA)):
            reader.feed(self.DATA[at : at + 1])
        self.assertEqual(reader.calls, self.CALLS)

    def test_largest_frames_fit(self):
        reader = Recorder()
        largest = wire.pack_request(3, 0, 0, b"P", b"p" * 65535, b"", b"", b"h" * 131072, b"b" * 65400)
        data = largest + largest[:5]
        for at in range(0, len(data), 100_000):
            reader.feed(data[at : at + 100_000])
        self.assertEqual(len(reader.calls), 1)
        reader.feed(largest[5:])
        self.assertEqual(len(reader.calls), 2)

    def test_malformed_frames_are_refused(self):
        request = wire.pack_request(1, 0, 5, b"GET", b"/p", b"q", b"c", b"h", b"body")
        for frame in (
            b"\xff\xff\xff\xff" + request[4:],
            wire.HEADER.pack(wire.MAX_PAYLOAD + 1, wire.BODY, 0, 0, 9),
            wire.HEADER.pack(0, wire.BODY, 0, 1, 9),
            wire.HEADER.pack(0, wire.BODY, 2, 0, 9),
            wire.HEADER.pack(0, wire.BODY, 0x80, 0, 9),
            wire.HEADER.pack(0, 0x77, 0, 0, 9),
            wire.HEADER.pack(0, wire.PONG, 0, 0, 9),
            wire.pack_ping(9, 0, 1),
            wire.pack_ping(8, 0, 1),
            wire.pack_body(8, 2, b""),
            wire.HEADER.pack(2, wire.CANCEL, 0, 0, 8) + b"ab",
            wire.HEADER.pack(0, wire.WINDOW, 0, 0, 9),
            wire.HEADER.pack(2, wire.CANCEL, 0, 0, 9) + b"ab",
            wire.pack_window(9, 1, 5),
            wire.pack_cancel(9, 1, 5),
            wire.HEADER.pack(3, wire.REQUEST, 0, 0, 1) + b"abc",
            request[:5] + b"\x20" + request[6:],
            wire.HEADER.pack(len(request) - 17, wire.REQUEST, 0, 0, 1) + request[16:-1],
            wire.pack_request(9, 0, 5, b"GET", b"/p", b"q", b"c", b"h", b""),
            wire.pack_body(9, 0, b"x" * (wire.MAX_BODY + 1)),
        ):
            with self.subTest(frame[:40]):
                reader = Recorder()
                with self.assertRaises(Exception) as caught:
                    reader.feed(frame)
                self.assertEqual(type(caught.exception).__name__, "LinkBroken")


class HeaderTests(unittest.TestCase):
    def test_blocks_are_parsed(self):
        for pairs in ([], [(b"a", b"b")], [(b"a", b""), (b"a", b""), (b"", b"x")]):
            if pairs != []:
                self.assertEqual(headers.parse_block(header_block(pairs)), pairs)
        self.assertEqual(headers.parse_block(b""), [])
        for block in (b"a", b"a\0b\0c"):
            with self.assertRaises(wire.WireError):
                headers.parse_block(block)

    def test_cache_keeps_what_comes_again(self):
        made, cache = self.cache(size=2, longest=5)
        for _ in range(3):
            self.assertEqual(cache.get(b"a"), b"A")
        self.assertEqual(made, [b"a", b"a"])
        for _ in range(3):
            cache.get(b"longer")
        self.assertEqual(made[2:], [b"longer"] * 3)

    def test_cache_forgets_what_is_not_asked_for(self):
        made, cache = self.cache(size=2, longest=5)
        for block in (b"a", b"b", b"c"):
            cache.get(block)
            cache.get(block)
        del made[:]
        cache.get(b"a")
        self.assertEqual(made, [])
        for block in (b"d", b"e", b"f", b"g"):
            cache.get(block)
            cache.get(block)
        del made[:]
        cache.get(b"a")
        self.assertEqual(made, [b"a"])
        self.assertLessEqual(len(cache.young), 2)

    def test_blocks_that_never_come_again_leave_no_more_than_their_hash(self):
        made, cache = self.cache(size=8, longest=50)
        cache.get(b"a")
        cache.get(b"a")
        for number in range(1000):
            cache.get(b"%d" % number)
        cache.get(b"a")
        self.assertEqual(made.count(b"a"), 2)
        self.assertEqual(list(cache.young), [b"a"])
        self.assertLessEqual(len(cache._seen), 8)

    @staticmethod
    def cache(**bounds):
        made = []

        def make(block):
            made.append(block)
            return block.upper()

        return made, headers.BlockCache(make, **bounds)

    def test_names_made_up_do_not_fill_the_memory(self):
        for number in range(3000):
            headers.encode([(b"x-%d" % number, b"y")], 200)
            heads.encode([("x-%d" % number, "y")], 200)
        self.assertLessEqual(len(headers._known_names), 1024)
        self.assertLessEqual(len(heads._known_names), 1024)

    def test_both_encoders_agree(self):
        for pairs in (
            [],
            [("a", "b")],
            [("A", ""), ("content-length", " 17 "), ("a", "\tx\xe9\x80")],
            [("Content-Length", "5"), ("Transfer-Encoding", "chunked"), ("content-length", "5")],
            [("Content-Length", "5")],
        ):
            for status in (200, 204, 205, 304):
                expected = headers.encode(
                    [(name.encode("latin-1"), value.encode("latin-1")) for name, value in pairs], status
                )
                self.assertEqual(heads.encode(pairs, status), expected)

    def test_values_with_every_control_character_are_refused(self):
        for code in range(256):
            byte = bytes([code])
            pair = (b"a", b"x" + byte + b"y")
            if (code < 32 and code != 9) or code == 127:
                with self.assertRaises(RuleViolation):
                    headers.encode([pair], 200)
                with self.assertRaises(RuleViolation):
                    heads.encode([("a", pair[1].decode("latin-1"))], 200)
            else:
                self.assertEqual(headers.encode([pair], 200), (b"a\0x" + byte + b"y", None))

    def test_names_must_be_tokens(self):
        token = b"!#$%&'*+-.^_`|~09azAZ"
        headers.encode([(token, b"")], 200)
        for code in range(256):
            name = b"n" + bytes([code])
            if code not in b"!#$%&'*+-.^_`|~" and not bytes([code]).isalnum():
                with self.assertRaises(RuleViolation):
                    headers.encode([(name, b"")], 200)

    def test_wrong_types_are_named(self):
        for bad in (5, [5], [("a", b"b")], [(b"a", "b")], [(b"a",)], [b"ab"], [([], b"")], [(b"a", None)]):
            with self.assertRaises(InvalidMessage) as caught:
                headers.encode(bad, 200)
            self.assertIsInstance(caught.exception, TypeError)


class HeadCacheTests(unittest.TestCase):
    def setUp(self):
        self.made = []
        self.cache = headers.HeadCache(self.encode, size=3, longest=20)

    def encode(self, given, status):
        self.made.append(status)
        return headers.encode(given, status)

    def test_the_same_headers_are_encoded_once(self):
        for _ in range(3):
            self.assertEqual(self.cache.get([(b"content-length", b"5")], 200), (b"content-length\x005", 5))
        self.assertEqual(self.made, [200])

    def test_what_was_kept_is_not_what_a_changed_list_gets(self):
        given = [(b"a", b"1")]
        self.assertEqual(self.cache.get(given, 200)[0], b"a\x001")
        given.append((b"b", b"2"))
        self.assertEqual(self.cache.get(given, 200)[0], b"a\x001\0b\x002")
        self.assertEqual(self.cache.get([(b"a", b"1")], 404)[0], b"a\x001")
        self.assertEqual(self.made, [200, 200])

    def test_a_status_without_length_is_not_taken_for_another(self):
        given = [(b"content-length", b"0")]
        self.assertEqual(self.cache.get(given, 200), (b"content-length\x000", 0))
        self.assertEqual(self.cache.get(given, 204), (b"", None))
        self.assertEqual(self.cache.get(given, 200), (b"content-length\x000", 0))

    def test_lists_generators_and_nothing_are_encoded_each_time(self):
        for _ in range(2):
            self.assertEqual(self.cache.get([[b"a", b"b"]], 200)[0], b"a\0b")
            self.assertEqual(self.cache.get([(b"a", b"b"), [b"c", b"d"]], 200)[0], b"a\0b\0c\0d")
            self.assertEqual(self.cache.get(iter([(b"a", b"b")]), 200)[0], b"a\0b")
            self.assertEqual(self.cache.get([], 200), (b"", None))
        self.assertEqual(len(self.made), 8)

    def test_rules_are_checked_each_time(self):
        for _ in range(2):
            with self.assertRaises(RuleViolation):
                self.cache.get([(b"a", b"b\r\nc")], 200)

    def test_headers_that_do_not_repeat_put_it_to_rest(self):
        for number in range(4):
            self.cache.get([(b"a", b"%d" % number)], 200)
        self.made.clear()
        for _ in range(30):
            self.cache.get([(b"a", b"3")], 200)
        self.assertEqual(len(self.made), 30)
        self.made.clear()
        for _ in range(5):
            self.cache.get([(b"a", b"3")], 200)
        self.assertEqual(self.made, [])


class StatusTests(unittest.TestCase):
    def test_statuses(self):
        for text, code, reason in (
            ("200 OK", 200, b""),
            ("404 Not Found", 404, b""),
            ("999", 999, b""),
            ("200 ", 200, b""),
            ("200 Ok", 200, b":reason\0Ok"),
            ("299 My Reason", 299, b":reason\0My Reason"),
            ("299 \u00e4\u20ac", 299, b":reason\0\xe4?"),
        ):
            for _ in range(2):
                self.assertEqual(heads.parse_status(text), (code, reason))
        for text in (
            "",
            "20",
            "2000 OK",
            "abc",
            "\u0662\u0660\u0660 OK",
            "200\nOK",
            "200 O\x00K",
            b"200 OK",
            None,
        ):
            with self.assertRaises(RuleViolation):
                heads.parse_status(text)


class LogTests(unittest.TestCase):
    def test_clip_cuts_between_characters(self):
        for limit in range(40, 80):
            data = logs.clip("é" * 1000, limit)
            self.assertLessEqual(len(data), limit)
            data.decode("utf-8")
        self.assertEqual(logs.clip("short", 100), b"short")

    def test_record_of_any_size_fits_a_frame(self):
        frame = logs.pack_record(1.5, logging.ERROR, "n" * 1000, "m" * 1_000_000)
        created, level, name, message = wire.unpack_log(frame[wire.HEADER_SIZE :])
        self.assertEqual((created, level), (1_500_000, wire.LOG_ERROR))
        self.assertIn(b"1000000 bytes", message)

    def test_levels(self):
        for level, expected in (
            (0, wire.LOG_DEBUG),
            (logs.TRACE, wire.LOG_DEBUG),
            (10, wire.LOG_DEBUG),
            (20, wire.LOG_INFO),
            (25, wire.LOG_INFO),
            (30, wire.LOG_WARNING),
            (40, wire.LOG_ERROR),
            (50, wire.LOG_CRITICAL),
            (100, wire.LOG_CRITICAL),
        ):
            self.assertEqual(logs.wire_level(level), expected)


class TracebackTests(unittest.TestCase):
    def test_exception_whose_text_raises_is_still_described(self):
        class Hostile(Exception):
            def __str__(self):
                raise ValueError

        try:
            raise Hostile()
        except Hostile as error:
            self.assertIn("Hostile", tracebacks.format_exception(error))
            self.assertEqual(tracebacks.summarize(error), "Hostile")

    def test_chained_exceptions_are_shown(self):
        try:
            try:
                raise KeyError("inner")
            except KeyError as inner:
                raise ValueError("outer") from inner
        except ValueError as error:
            text = tracebacks.format_exception(error)
        self.assertIn("KeyError: 'inner'", text)
        self.assertTrue(text.endswith("ValueError: outer"))


class BootTests(unittest.TestCase):
    BASE = boot_document(address="unix:/x", token="t", app="a:b")

    def test_normalisation(self):
        boot = Boot(dict(self.BASE, threads=0))
        self.assertEqual((boot.threads, boot.interface), (0, "auto"))

    def test_wrong_types_are_refused(self):
        for key, value in (("threads", "2"), ("factory", 1), ("threads", True), ("app_dir", 5), ("app", None)):
            with self.assertRaises(BootError):
                Boot(dict(self.BASE, **{key: value}))

    def test_fields_are_those_of_the_front(self):
        self.assertEqual(Boot.__annotations__, {name: kind.__name__ for name, kind in wire.BOOT.items()})
        for name in wire.BOOT:
            with self.subTest(name), self.assertRaises(BootError):
                Boot({key: value for key, value in self.BASE.items() if key != name})
        with self.assertRaisesRegex(BootError, "unknown field 'new'"):
            Boot(dict(self.BASE, new=1))


class WatchTests(unittest.TestCase):
    def test_watch_without_a_thread_tries_again(self):
        looked = threading.Event()

        def check(age):
            looked.set()
            return False

        watch = Watch(check)
        with mock.patch("hydra_worker.native.start_new_thread", side_effect=RuntimeError("can't start new thread")):
            self.assertRaises(RuntimeError, watch.start)
            watch.arm()
        self.assertFalse(looked.is_set())
        watch.arm()
        self.assertTrue(looked.wait(30))

    def test_armed_watch_looks_until_all_is_quiet_and_again_when_armed_again(self):
        looked = threading.Semaphore(0)
        left = [3]

        def check(age):
            looked.release()
            left[0] -= 1
            return left[0] > 0

        watch = Watch(check)
        for _ in range(3):
            left[0] = 3
            watch.arm()
            for _ in range(4):
                self.assertTrue(looked.acquire(timeout=30))


if __name__ == "__main__":
    unittest.main()
