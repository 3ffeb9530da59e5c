"""tornado: a body in chunks, an endless one, a file, a WebSocket."""

import os

import tornado.web
import tornado.websocket
from newest.rows import endless
from signals_board import record


class Index(tornado.web.RequestHandler):
    def get(self):
        self.write("hello from tornado")


class Length(tornado.web.RequestHandler):
    def post(self):
        self.write({"length": len(self.request.body)})


class Rows(tornado.web.RequestHandler):
    async def get(self, key):
        generator = endless(key)
        try:
            async for row in generator:
                self.write(row)
                await self.flush()
        except tornado.iostream.StreamClosedError:
            pass
        finally:
            await generator.aclose()


class File(tornado.web.StaticFileHandler):
    @classmethod
    def get_absolute_path(cls, root, path):
        return root

    def validate_absolute_path(self, root, absolute_path):
        return absolute_path


class Fail(tornado.web.RequestHandler):
    def get(self):
        raise RuntimeError("a handler that fails")


class Socket(tornado.websocket.WebSocketHandler):
    def select_subprotocol(self, subprotocols):
        return "chat" if "chat" in subprotocols else None

    def get_compression_options(self):
        return {}

    async def on_message(self, message):
        if message == "close":
            self.close(4001, "as asked")
        else:
            await self.write_message(message, isinstance(message, bytes))

    def on_close(self):
        record(self.path_args[0], f"{self.selected_protocol} {self.close_code}")

    def open(self, key):
        self.selected_protocol = self.selected_subprotocol


app = tornado.web.Application(
    [
        ("/", Index),
        ("/length", Length),
        ("/rows/(.*)", Rows),
        ("/(?:file)()", File, {"path": os.path.join(os.path.dirname(__file__), "flask_app.py")}),
        ("/fail", Fail),
        ("/ws/(.*)", Socket),
    ],
    # What a developer leaves in: the worker stays what it is.
    debug=True,
)
