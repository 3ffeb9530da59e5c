"""Tells the front when functions are to be called by the clock."""

from __future__ import annotations

import datetime
import math
import struct
from typing import Any, List

from .. import native
from ..logs import logger

# So far ahead the front knows the times of a schedule, and so often they are said anew. It knows two at the least.
_AHEAD_SECONDS = 180
_AGAIN_SECONDS = 45.0
_LEAST = 2
_MOST = 1000
_HEAD = struct.Struct("<HIqHI")


class Clock:
    """A thread of a process for deferred functions; the youngest of them says what counts."""

    def __init__(self, links: Any, tasks: Any, operation: int) -> None:
        self._links = links
        self._tasks = tasks
        self._operation = operation

    def run(self, end: native.Event) -> None:
        """Until the process goes."""
        while True:
            schedules = self._tasks.schedules()
            try:
                self._links.call((self._operation, 0, 0, 0, 0, 0, b"", self.pack(schedules, datetime.datetime.now(datetime.timezone.utc))))
            except Exception:
                return  # the server has gone
            # What is called every so many seconds is counted by the front.
            if not any(schedule.cron for schedule in schedules):
                return
            if end.wait(_AGAIN_SECONDS):
                return

    def pack(self, schedules: List[Any], now: datetime.datetime) -> bytes:
        """As JobSchedules.Read has it."""
        packed = []
        for schedule in schedules:
            try:
                payload = self._tasks.codec.pack_function(schedule.function, (), {})
            except TypeError as error:
                logger.error("%s is not called by its schedule: %s", schedule.name, error)
                continue
            name = schedule.name.encode()[:1000]
            times = self._times(schedule.cron, now) if schedule.cron else []
            interval = 0 if schedule.cron else math.ceil(schedule.seconds * 1000)
            packed.append(
                _HEAD.pack(len(name), self._tasks._milliseconds(schedule.timeout), interval, len(times), len(payload))
                + name
                + struct.pack("<%dq" % len(times), *times)
                + payload
            )
        return len(packed).to_bytes(2, "little") + b"".join(packed)

    @staticmethod
    def _times(cron: Any, now: datetime.datetime) -> List[int]:
        times: List[int] = []
        until = now + datetime.timedelta(seconds=_AHEAD_SECONDS)
        moment = cron.after(now)
        while moment is not None and len(times) < _MOST and (moment <= until or len(times) < _LEAST):
            times.append(round(moment.timestamp() * 1000))
            moment = cron.after(moment)
        return times
