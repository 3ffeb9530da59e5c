"""The scope of HTTP requests."""

import json
import time
import unittest

from tests.cases import AsgiCase
from tests.fake_front import CONNECTION, header_block, wire


class ScopeTests(AsgiCase):
    def scope(self, **options):
        return json.loads(self.front.open("GET", "/scope", **options).response().body)

    def test_scope_of_simple_request_has_all_keys(self):
        shown = self.scope(query="a=1&b=%20")
        self.assertEqual(shown["type"], "http")
        self.assertEqual(shown["asgi"], {"version": "3.0", "spec_version": "2.3"})
        self.assertEqual(shown["http_version"], "1.1")
        self.assertEqual(shown["method"], "GET")
        self.assertEqual(shown["scheme"], "http")
        self.assertEqual(shown["path"], "/scope")
        self.assertEqual(shown["raw_path"], "b'/scope'")
        self.assertEqual(shown["query_string"], "b'a=1&b=%20'")
        self.assertEqual(shown["root_path"], "")
        self.assertEqual(shown["client"], ["127.0.0.1", 50000])
        self.assertEqual(shown["server"], ["127.0.0.1", 8000])
        self.assertEqual(
            shown["extensions"],
            {"http.response.pathsend": {}, "http.response.zerocopysend": {}, "http.response.early_hint": {}},
        )
        self.assertEqual(shown["state"]["name"], "from lifespan")
        types = shown["types"]
        self.assertEqual(types["client"], "tuple")
        self.assertEqual(types["raw_path"], "bytes")
        self.assertEqual(types["headers"], "list")
        self.assertEqual(shown["pair_types"], ["bytes"])

    def test_headers_keep_order_and_duplicates(self):
        sent = [(b"host", b"h"), (b"x-a", b"1"), (b"cookie", b"c"), (b"x-a", b"2"), (b"x-empty", b"")]
        for _ in range(3):
            shown = self.scope(headers=sent)
            self.assertEqual(shown["headers"], [[repr(name), repr(value)] for name, value in sent])

    def test_headers_none_are_an_empty_list(self):
        self.assertEqual(self.scope(headers=[])["headers"], [])

    def test_connection_of_unix_clients_and_https(self):
        shown = self.scope(connection=b"https\x002\0\0\0/run/s.sock\0\0")
        self.assertEqual(shown["scheme"], "https")
        self.assertEqual(shown["http_version"], "2")
        self.assertIsNone(shown["client"])
        self.assertEqual(shown["server"], ["/run/s.sock", None])
        shown = self.scope(connection=b"http\x001.0\0::1\x001234\0::1\x0080\0")
        self.assertEqual(shown["client"], ["::1", 1234])
        self.assertEqual(shown["server"], ["::1", 80])
        self.assertEqual(shown["http_version"], "1.0")

    def test_scope_changed_by_application_is_fresh_for_the_next(self):
        first = json.loads(self.front.get("/mutate_scope").body)
        second = json.loads(self.front.get("/mutate_scope").body)
        self.assertEqual(second["headers"], first["headers"])
        self.assertEqual(second["asgi"], ["added", "spec_version", "version"])
        self.assertEqual(second["keys"], ["name", "numbers"])
        # The copy is shallow.
        self.assertEqual(len(second["numbers"]), len(first["numbers"]) + 1)

    def test_method_is_upper_case(self):
        self.assertEqual(json.loads(self.front.open("get", "/scope").response().body)["method"], "GET")
        self.assertEqual(json.loads(self.front.open("purge", "/scope").response().body)["method"], "PURGE")


class PathTests(unittest.TestCase):
    def test_path_with_escapes_is_decoded_once(self):
        from hydra_worker.asgi.scope import ScopeBuilder

        builder = ScopeBuilder("3.0")
        for raw, path in (
            (b"/a%20b", "/a b"),
            (b"/%C3%A9%2F", "/é/"),
            (b"/%2525", "/%25"),
            (b"/%FF", "/\ufffd"),
            (b"/100%", "/100%"),
            (b"*", "*"),
        ):
            scope = builder.build(b"GET", raw, b"", CONNECTION, b"")
            self.assertEqual(scope["path"], path)
            self.assertEqual(scope["raw_path"], raw)

    def test_request_that_waited_says_so(self):
        from hydra_worker.asgi.scope import ScopeBuilder

        builder = ScopeBuilder("3.0", tells_start=True)
        block = header_block([(b"host", b"test")])
        scope = ScopeBuilder("3.0").build(b"GET", b"/", b"", CONNECTION, block, 1_500_000)
        self.assertEqual(scope["extensions"]["hydra"], {"queue_time": 1.5})
        self.assertEqual(scope["headers"], [(b"host", b"test")])
        scope = builder.build(b"GET", b"/", b"", CONNECTION, block, 1_500_000)
        self.assertEqual(scope["extensions"]["hydra"], {"queue_time": 1.5})
        name, value = scope["headers"][-1]
        self.assertEqual(name, b"x-request-start")
        self.assertTrue(value.startswith(b"t="))
        self.assertAlmostEqual(int(value[2:]) / 1e6, time.time() - 1.5, delta=60)
        # Neither the memory of header blocks nor a request that did not wait has it.
        scope = builder.build(b"GET", b"/", b"", CONNECTION, block)
        self.assertEqual(("hydra" in scope["extensions"], len(scope["headers"])), (False, 1))

    def test_what_a_proxy_says_of_the_start_is_kept(self):
        from hydra_worker.asgi.scope import ScopeBuilder

        pairs = [(b"x-request-start", b"t=1700000000000")]
        scope = ScopeBuilder("3.0", tells_start=True).build(b"GET", b"/", b"", CONNECTION, header_block(pairs), 7)
        self.assertEqual(scope["headers"], pairs)

    def test_root_path_stands_before_path(self):
        from hydra_worker.asgi.scope import ScopeBuilder

        scope = ScopeBuilder("3.0").build(b"GET", b"/x%20y", b"", CONNECTION + "/api é".encode(), b"")
        self.assertEqual(scope["root_path"], "/api é")
        self.assertEqual(scope["path"], "/api é/x y")
        self.assertEqual(scope["raw_path"], b"/api%20%C3%A9/x%20y")

    def test_root_path_that_the_proxy_has_left_there_is_not_put_there_again(self):
        from hydra_worker.asgi.scope import ScopeBuilder

        for path, shown in ((b"/api/x", "/api/x"), (b"/api", "/api"), (b"/apis", "/api/apis"), (b"/", "/api/")):
            scope = ScopeBuilder("3.0").build(b"GET", path, b"", CONNECTION + b"/api", b"")
            self.assertEqual((scope["path"], scope["raw_path"], scope["root_path"]), (shown, shown.encode(), "/api"))

    def test_malformed_blocks_are_refused(self):
        from hydra_worker.asgi.scope import ScopeBuilder

        builder = ScopeBuilder("3.0")
        for connection, headers in (
            (b"http", b""),
            (b"a\0b\0c\0d\0e\0f\0g\0h", b""),
            (CONNECTION, b"name"),
            (b"http\x001.1\0h\0port\0\0\0", b""),
        ):
            with self.assertRaises(wire.WireError):
                builder.build(b"GET", b"/", b"", connection, headers)


if __name__ == "__main__":
    unittest.main()
