"""What ASGI's extensions have the front do: send files, and hints before the response."""

import os
import tempfile
import unittest

from tests.cases import AsgiCase
from tests.fake_front import wire


class FileTests(AsgiCase):
    def open_file(self, path, **options):
        return self.front.open("GET", path, **options)

    def test_path_is_one_frame(self):
        frame = self.open_file("/send_path", query="relative").expect(wire.RESPONSE)
        status, _, body = wire.unpack_response(frame.payload)
        self.assertEqual((status, frame.flags), (200, wire.FLAG_END | wire.FLAG_FILE))
        offset, length, path = wire.unpack_file(body)
        self.assertEqual((offset, length), (0, 0xFFFF_FFFF_FFFF_FFFF))
        self.assertTrue(os.path.isabs(path) and path.endswith(b"/relative"), path)

    def test_path_for_head_is_no_file(self):
        response = self.front.open("HEAD", "/send_path", query="relative").response()
        self.assertEqual((response.status, response.body), (200, b""))

    def test_path_that_is_none_breaks_a_rule(self):
        frame = self.open_file("/send_no_path").next()
        self.assertEqual(frame.kind, wire.RESET)

    def test_path_behind_a_part_of_the_body_breaks_a_rule(self):
        exchange = self.open_file("/send_path_late")
        exchange.expect(wire.RESPONSE)
        reason, text = wire.unpack_reset(exchange.expect(wire.RESET).payload)
        self.assertEqual(reason, wire.RESET_RULE_VIOLATION)

    @unittest.skipUnless(os.path.isdir("/proc/self/fd"), "descriptors have no names here")
    def test_descriptor_is_held_until_the_front_has_it(self):
        with tempfile.NamedTemporaryFile() as file:
            file.write(b"0123456789")
            file.flush()
            exchange = self.open_file("/send_descriptor", query=file.name)
            frame = exchange.expect(wire.RESPONSE)
            self.assertEqual(frame.flags, wire.FLAG_FILE)
            offset, length, path = wire.unpack_file(wire.unpack_response(frame.payload)[2])
            self.assertEqual((offset, length), (2, 8))
            with open(path, "rb") as named:
                self.assertEqual(named.read(), b"0123456789")
            self.assertTrue(exchange.frames.empty())
            exchange.opened(8)
            body = exchange.expect(wire.BODY)
            # Where the next one would have begun.
            self.assertEqual((body.payload, body.end), (b"10", True))

    def test_descriptor_of_a_pipe_is_read_here(self):
        self.assertEqual(self.open_file("/send_pipe").response().body, b"through a pipe")


class HintTests(AsgiCase):
    def test_links_leave_before_the_response(self):
        exchange = self.front.open("GET", "/hint")
        (block,) = wire.unpack_hint(exchange.expect(wire.HINT).payload)
        self.assertEqual(block, b"link\0</a>; rel=preload\0link\0</b>")
        self.assertEqual(exchange.response().body, b"hinted")

    def test_link_with_a_line_break_breaks_a_rule(self):
        frame = self.front.open("GET", "/bad_hint").next()
        self.assertEqual(frame.kind, wire.RESET)


if __name__ == "__main__":
    unittest.main()
