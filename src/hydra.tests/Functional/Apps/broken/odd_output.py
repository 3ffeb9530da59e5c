"""Writes bytes that are no UTF-8, control characters and something that looks like a frame."""

import os

os.write(1, b"\xff\xfe not UTF-8\n")
os.write(1, b"escape \x1b[31mred\x1b[0m and bell \x07\n")
os.write(2, b"\x10\0\0\0\x01\0\0\0\0\0\0\0\0\0\0\0 like a frame\n")


def app(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"fine"]
