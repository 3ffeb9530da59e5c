"""Litestar: a body in chunks, and an endless one."""

from litestar import Litestar, Request, get, post
from litestar.response import Stream
from newest.rows import endless


@post("/length", status_code=200, request_max_body_size=None)
async def length(request: Request) -> dict:
    return {"length": len(await request.body())}


@get("/rows/{key:str}")
async def rows(key: str) -> Stream:
    return Stream(endless(key))


app = Litestar([length, rows])
