"""Falcon: a body in chunks, and an endless one."""

import falcon.asgi
from newest.rows import endless


class Length:
    async def on_post(self, request, response):
        total = 0
        async for chunk in request.stream:
            total += len(chunk)
        response.media = {"length": total}


class Rows:
    async def on_get(self, request, response, key):
        response.stream = endless(key)


app = falcon.asgi.App()
app.add_route("/length", Length())
app.add_route("/rows/{key}", Rows())
