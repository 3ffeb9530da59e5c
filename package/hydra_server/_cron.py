"""When a function is to be called that has a schedule such as ``*/5 * * * *``."""

import datetime
from typing import Any, FrozenSet, List, Optional, Tuple

_UTC = datetime.timezone.utc
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
# What it is, its least and its greatest value, its names from the least on.
_FIELDS: "Tuple[Tuple[str, int, int, Tuple[str, ...]], ...]" = (
    ("minute", 0, 59, ()),
    ("hour", 0, 23, ()),
    ("day of the month", 1, 31, ()),
    ("month", 1, 12, _MONTHS),
    ("day of the week", 0, 7, _DAYS),
)
_SHORT = {
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
    "@monthly": "0 0 1 * *",
    "@weekly": "0 0 * * 0",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@hourly": "0 * * * *",
}
# The 29th of February that is a Sunday comes once in forty years at most.
_DAYS_AHEAD = 366 * 41


class Cron:
    """
    The times of five fields, as crontab(5) has them: minute, hour, day of the month, month, day of the week (0 and 7 are Sunday). Lists, ranges, steps, names, and
    @hourly, @daily, @weekly, @monthly, @yearly. Where both days are restricted either is enough; one that begins with ``*`` restricts nothing.

    Where clocks are put forward, what is due at an hour that is left out runs as much later as they were put forward; where they are put back, what is due at an hour that
    comes twice runs the first time. What runs every hour goes by the time that passes. Raises ValueError.
    """

    def __init__(self, text: str, tz: Any = None) -> None:
        if not isinstance(text, str):
            raise TypeError("a schedule is text, such as '*/5 * * * *', not %s" % type(text).__name__)
        self.text = text.strip()
        self._tz = zone(tz)
        words = _SHORT.get(self.text.lower(), self.text).split()
        if len(words) != len(_FIELDS):
            raise ValueError("%r has %d fields, and a schedule has five: minute, hour, day of the month, month, day of the week" % (text, len(words)))
        minutes, hours, days, months, weekdays = (_read(word, *field) for word, field in zip(words, _FIELDS))
        self._minutes, self._hours = sorted(minutes), sorted(hours)
        self._days, self._months = days, months
        self._weekdays = frozenset(day % 7 for day in weekdays)
        self._every_hour = words[1].startswith("*")
        self._is_either = not words[2].startswith("*") and not words[4].startswith("*")
        if self.after(datetime.datetime(2000, 1, 1, tzinfo=_UTC)) is None:
            raise ValueError("%r is never: there is no such day" % text)

    def after(self, moment: datetime.datetime) -> Optional[datetime.datetime]:
        """The first time after an aware moment, in UTC; None where there is none."""
        day = (moment.astimezone(self._tz) - datetime.timedelta(days=1)).date()
        for _ in range(_DAYS_AHEAD):
            if self._is_on(day):
                for time in self._times(day):
                    if time > moment:
                        return time
            day += datetime.timedelta(days=1)
        return None

    def _is_on(self, day: datetime.date) -> bool:
        if day.month not in self._months:
            return False
        by_month, by_week = day.day in self._days, day.isoweekday() % 7 in self._weekdays
        return by_month or by_week if self._is_either else by_month and by_week

    def _times(self, day: datetime.date) -> "List[datetime.datetime]":
        times = set()
        for hour in self._hours:
            for minute in self._minutes:
                local = datetime.datetime(day.year, day.month, day.day, hour, minute)
                first = local.replace(tzinfo=self._tz).astimezone(_UTC)
                is_there = first.astimezone(self._tz).replace(tzinfo=None) == local
                if is_there or not self._every_hour:
                    times.add(first)
                if is_there and self._every_hour:
                    times.add(local.replace(tzinfo=self._tz, fold=1).astimezone(_UTC))
        return sorted(times)


def zone(tz: Any) -> datetime.tzinfo:
    """The time zone that is meant: None is UTC. Raises ValueError for a name that is not known."""
    if tz is None or (isinstance(tz, str) and tz.upper() == "UTC"):
        return _UTC
    if isinstance(tz, datetime.tzinfo):
        return tz
    if not isinstance(tz, str):
        raise TypeError("a time zone is a name such as 'Europe/Paris' or a tzinfo, not %s" % type(tz).__name__)
    try:
        from zoneinfo import ZoneInfo
    except ImportError:
        raise ValueError("names of time zones need Python 3.9 or newer: give a tzinfo instead of %r" % tz) from None
    try:
        return ZoneInfo(tz)
    except Exception as error:
        raise ValueError("there is no time zone %r here: %s (the system's tzdata, or the package tzdata)" % (tz, error)) from None


def _read(word: str, what: str, least: int, most: int, names: Tuple[str, ...]) -> "FrozenSet[int]":
    found = set()
    for part in word.lower().split(","):
        span, slash, step_text = part.partition("/")
        step = _number(step_text, what, 1, most, ()) if slash else 1
        if span == "*":
            first, last = least, 6 if most == 7 else most
        else:
            first_text, dash, last_text = span.partition("-")
            first = _number(first_text, what, least, most, names)
            last = _number(last_text, what, least, most, names) if dash else most if slash else first
            if last < first:
                raise ValueError("%r of the %s ends before it begins" % (span, what))
        found.update(range(first, last + 1, step))
    return frozenset(found)


def _number(text: str, what: str, least: int, most: int, names: Tuple[str, ...]) -> int:
    if text in names:
        return least + names.index(text)
    if not (text.isascii() and text.isdigit()) or not least <= int(text) <= most:
        raise ValueError("%r is no %s: that is %d to %d" % (text, what, least, most))
    return int(text)
