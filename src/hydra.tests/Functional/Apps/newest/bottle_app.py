"""Bottle: a body in chunks, and an endless one."""

import bottle
from newest.rows import endless_in_a_thread

bottle.BaseRequest.MEMFILE_MAX = 10_000_000
app = bottle.Bottle()


@app.post("/length")
def length():
    return {"length": len(bottle.request.body.read())}


@app.get("/rows/<key>")
def rows(key):
    return endless_in_a_thread(key)
