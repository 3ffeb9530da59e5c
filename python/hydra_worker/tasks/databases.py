"""Connections to databases that a thread keeps from one task to the next."""

from __future__ import annotations

import sys


def close_old() -> None:
    """
    Has Django close those of this thread that are broken, or older than CONN_MAX_AGE, as it does before and after a request: else the first task
    after a night would have one that the database has closed long since.
    """
    database = sys.modules.get("django.db")
    close = getattr(database, "close_old_connections", None)
    if close is None:
        return
    try:
        close()
    except Exception:
        pass  # Django is imported, and not set up: it has none
