"""tornado: what its applications use of it."""

import asyncio
import os
import tempfile

import tornado.autoreload
import tornado.escape
import tornado.iostream
import tornado.web
import tornado.websocket

EVENTS = []
GATES = {}


def gate(key):
    return GATES.setdefault(key, asyncio.Event())


class Index(tornado.web.RequestHandler):
    def get(self):
        self.set_cookie("seen", "yes")
        self.write("hello from tornado")

    def on_finish(self):
        EVENTS.append("on_finish")


class Show(tornado.web.RequestHandler):
    def get(self):
        request = self.request
        self.write(
            {
                "path": request.path,
                "uri": request.uri,
                "arguments": {name: self.get_arguments(name) for name in request.arguments},
                "url": request.full_url(),
                "remote": request.remote_ip,
                "host": request.host,
                "protocol": request.protocol,
                "version": request.version,
                "cookies": {name: morsel.value for name, morsel in request.cookies.items()},
                "closed": request.connection.stream.closed(),
                "body": len(request.body),
            }
        )


class Events(tornado.web.RequestHandler):
    def get(self):
        self.write(tornado.escape.json_encode(EVENTS))


class Open(tornado.web.RequestHandler):
    def get(self, key):
        gate(key).set()


class Echo(tornado.web.RequestHandler):
    def post(self):
        self.write(self.request.body)


class Form(tornado.web.RequestHandler):
    def post(self):
        (file,) = self.request.files["file"]
        self.write({"field": self.get_body_argument("field"), "size": len(file.body), "name": file.filename})


@tornado.web.stream_request_body
class Upload(tornado.web.RequestHandler):
    async def prepare(self):
        self.request.connection.set_max_body_size(int(self.get_argument("max", "10000000")))
        self.total = 0

    async def data_received(self, chunk):
        await asyncio.sleep(0)
        if not self.total:
            EVENTS.append("first piece")
        self.total += len(chunk)
        if self.get_argument("early", None):
            self.set_status(403)
            self.finish("enough")

    def put(self):
        self.write({"length": self.total})

    def on_connection_close(self):
        EVENTS.append("upload: closed")
        super().on_connection_close()


class Stream(tornado.web.RequestHandler):
    async def get(self):
        for number in range(3):
            self.write("part %d\n" % number)
            await self.flush()


class Prepared(tornado.web.RequestHandler):
    async def get(self):
        self.set_header("Content-Length", "4")
        self.flush()
        await gate("prepared").wait()
        self.write("late")


class Big(tornado.web.RequestHandler):
    async def get(self):
        for _ in range(30):
            self.write(b"x" * 100_000)
            await self.flush()
        EVENTS.append("big: written")


class Unflushed(tornado.web.RequestHandler):
    def get(self):
        self.write(b"y" * 3_000_000)


class Endless(tornado.web.RequestHandler):
    closed = False

    async def get(self):
        try:
            while not self.closed:
                self.write(b"x" * 1000)
                await self.flush()
                await asyncio.sleep(0.001)
        except tornado.iostream.StreamClosedError:
            EVENTS.append("endless: lost")

    def on_connection_close(self):
        self.closed = True
        EVENTS.append("endless: closed")


class Waits(tornado.web.RequestHandler):
    async def get(self, key):
        EVENTS.append("waits: " + key)
        await gate(key).wait()
        EVENTS.append("done: " + key)
        self.write("waited")

    def on_connection_close(self):
        EVENTS.append("closed: " + self.path_args[0])


class Status(tornado.web.RequestHandler):
    def get(self, status):
        if status == "204":
            self.set_status(204)
        elif status == "302":
            self.redirect("/")
        elif status == "299":
            self.set_status(299, "Quite Good")
        elif status == "500":
            raise ZeroDivisionError("in a handler")
        elif status == "short":
            self.set_header("Content-Length", "10")
            self.write("short")
        elif status == "cut":
            self.write("some")
            self.flush()
            raise ZeroDivisionError("behind the head")
        elif status == "hangup":
            self.request.connection.stream.close()
        elif status == "detach":
            self.detach()
        else:
            raise tornado.web.HTTPError(int(status), reason="For a Reason")


class Xsrf(tornado.web.RequestHandler):
    def check_xsrf_cookie(self):
        if self.request.method == "POST":
            tornado.web.RequestHandler.check_xsrf_cookie(self)

    def get(self):
        self.write(self.xsrf_token)

    def post(self):
        self.write("posted")


class Modified(tornado.web.RequestHandler):
    def get(self):
        # What the watch calls twice a second, of a file that has changed since.
        tornado.autoreload._reload_on_update({__file__: 0.0})
        self.write("still here")


class Unguarded(tornado.web.RequestHandler):
    def check_xsrf_cookie(self):
        pass


for handler in (Echo, Form, Upload):
    handler.check_xsrf_cookie = Unguarded.check_xsrf_cookie


class Socket(tornado.websocket.WebSocketHandler):
    def select_subprotocol(self, subprotocols):
        return "chat" if "chat" in subprotocols else None

    def get_compression_options(self):
        return {}

    async def open(self):
        self.set_nodelay(True)
        EVENTS.append(["open", self.selected_subprotocol, self.request.headers.get("X-Own")])

    async def on_message(self, message):
        if message == "close":
            self.close(4001, "asked for")
        elif message == "raise":
            raise ZeroDivisionError("in a session")
        elif message == "ping":
            self.ping(b"data")
        elif message == "flood":
            for _ in range(40):
                await self.write_message(b"f" * 50_000, binary=True)
            EVENTS.append("flooded")
        elif message == "wait":
            await gate("socket").wait()
            await self.write_message("waited")
        elif message == "dictionary":
            await self.write_message({"a": 1})
        else:
            await self.write_message("echo " + message if isinstance(message, str) else message, isinstance(message, bytes))

    def on_pong(self, data):
        EVENTS.append("pong " + data.decode())

    def on_close(self):
        EVENTS.append(["on_close", self.close_code, self.close_reason])


class Guarded(tornado.websocket.WebSocketHandler):
    def prepare(self):
        if not self.get_argument("in", None):
            raise tornado.web.HTTPError(403)


def make(**settings):
    directory = tempfile.mkdtemp()
    with open(os.path.join(directory, "file.txt"), "w") as file:
        file.write("of tornado " * 10_000)
    return tornado.web.Application(
        [
            ("/", Index),
            ("/show", Show),
            ("/events", Events),
            ("/open/(.*)", Open),
            ("/echo", Echo),
            ("/form", Form),
            ("/upload", Upload),
            ("/stream", Stream),
            ("/prepared", Prepared),
            ("/big", Big),
            ("/unflushed", Unflushed),
            ("/endless", Endless),
            ("/waits/(.*)", Waits),
            ("/status/(.*)", Status),
            ("/xsrf", Xsrf),
            ("/modified", Modified),
            ("/ws", Socket),
            ("/guarded", Guarded),
        ],
        static_path=directory,
        xsrf_cookies=True,
        cookie_secret="secret",
        gzip=True,
        websocket_ping_interval=0.01,
        websocket_max_message_size=100_000,
        **settings,
    )


async def make_async():
    await asyncio.sleep(0)
    return make(debug=True)


app = make()
watched = make(autoreload=True)
