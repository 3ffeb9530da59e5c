"""Holds the interpreter's lock for good in its import, as an extension written in C may."""

import ctypes

from signals_board import record

record("holds-lock", "importing")
# PyDLL, other than CDLL, keeps the lock.
while True:
    ctypes.PyDLL(None).sleep(3600)
