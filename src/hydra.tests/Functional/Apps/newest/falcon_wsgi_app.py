"""Falcon as WSGI has it: a body in chunks, and an endless one."""

import falcon
from newest.rows import endless_in_a_thread


class Length:
    def on_post(self, request, response):
        response.media = {"length": len(request.bounded_stream.read() or request.stream.read())}


class Rows:
    def on_get(self, request, response, key):
        response.stream = endless_in_a_thread(key)


app = falcon.App()
app.add_route("/length", Length())
app.add_route("/rows/{key}", Rows())
