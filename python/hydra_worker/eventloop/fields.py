"""The fields of a stream on the event loop: a request with its response, or a session."""

from __future__ import annotations

from typing import Any

from .. import speedups
from ..response import Response
from ..streams import Stream


class PythonFields:
    """As slots."""

    __slots__ = (
        *Stream.SLOTS,
        # whether the application has had the end of the request's body
        "body_taken",
        # what of the response's body was swallowed, because its client has left
        "unseen",
        *Response.SLOTS,
        # whether one of the coroutines that send is sending a body that needs credit
        "sending",
        # what of a body that was given whole waits for credit, or the task that sends it; see answer.py
        "rest",
        # how many bytes the client gets of a file that the front was to open; None until that is known
        "opened",
        # what the request says, where the interface keeps it with the stream
        "facts",
        # sessions: whether the application has accepted; whether it has had the news of the client, where its interface tells that
        "accepted",
        "connected",
        # messages that have come and were not received, with what they have cost of the credit; the parts of one that has not
        # come whole
        "messages",
        "parts",
        # how many the application has received
        "received",
        # what the application is told of the end, once there is one; whether it has made it itself
        "code",
        "reason",
        "closed",
    )

    def is_through(self) -> bool:
        """
        The application has returned: whether nothing is left to do at the end of the stream's task, as most often. False says nothing: then
        each thing is looked at, as it always is here.
        """
        return False


# The same in C, with receive() and send() for what most requests do, where that part is in use.
Fields: Any = speedups.module.Exchange if speedups.module is not None else PythonFields
