"""Quart: a body in chunks, and an endless one."""

from newest.rows import endless
from quart import Quart, Response, request

app = Quart(__name__)


@app.post("/length")
async def length():
    return {"length": len(await request.get_data())}


@app.get("/rows/<key>")
async def rows(key):
    response = Response(endless(key))
    response.timeout = None
    return response
