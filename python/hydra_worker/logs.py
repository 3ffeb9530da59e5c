"""Python's logging, sent to the front over the control link."""

from __future__ import annotations

import logging
import sys
from typing import Any, Callable, Optional, Tuple

from . import forks, requestnames, wire

TRACE = 5
_LEVELS = {
    "critical": logging.CRITICAL,
    "error": logging.ERROR,
    "warning": logging.WARNING,
    "info": logging.INFO,
    "debug": logging.DEBUG,
    "trace": TRACE,
}

# What does not fit into one frame beside the fixed part and the logger's name.
_LONGEST_MESSAGE = wire.MAX_PAYLOAD - wire.LOG_FIELDS.size - 255

Send = Callable[[bytes], None]

# The logger of the shim's own records, named after uvicorn.error and gunicorn.error.
logger = logging.getLogger("hydra.error")


def wire_level(level: int) -> int:
    """The wire's level for one of Python's."""
    if level < logging.INFO:
        return wire.LOG_DEBUG
    if level < logging.WARNING:
        return wire.LOG_INFO
    if level < logging.ERROR:
        return wire.LOG_WARNING
    return wire.LOG_ERROR if level < logging.CRITICAL else wire.LOG_CRITICAL


def clip(text: str, limit: int) -> bytes:
    """UTF-8 of at most `limit` bytes; what is cut off is said at the end."""
    data = text.encode("utf-8", "backslashreplace")
    if len(data) <= limit:
        return data
    note = f" … [{len(data)} bytes, cut]".encode()
    return data[: limit - len(note)].decode("utf-8", "ignore").encode() + note


def pack_record(created: float, level: int, name: str, message: str) -> bytes:
    """A LOG frame."""
    return wire.pack_log(
        0,
        0,
        max(0, int(created * 1_000_000)),
        wire_level(level),
        clip(name, 255),
        clip(message, _LONGEST_MESSAGE),
    )


class _Formatter(logging.Formatter):
    def formatException(self, ei: Any) -> str:
        if ei[1] is None:
            return super().formatException(ei)
        from .tracebacks import format_exception

        return format_exception(ei[1], ei[2])


class LinkHandler(logging.Handler):
    """Sends each record as a LOG frame. Its lock is the link's: it needs none of its own."""

    def __init__(self, send: Send, level: int) -> None:
        super().__init__(level)
        self._send: Optional[Send] = send
        forks.register(self)
        self.setFormatter(_Formatter("%(message)s"))

    def createLock(self) -> None:
        self.lock = None

    def handle(self, record: logging.LogRecord) -> bool:
        # From Python 3.13 on the inherited method needs a lock.
        passed = self.filter(record)
        if isinstance(passed, logging.LogRecord):
            record = passed
        if passed:
            self.emit(record)
        return bool(passed)

    def reconnect(self, send: Send) -> None:
        self._send = send

    def after_fork(self) -> None:
        """
        In a child that the application forked the link is the parent's: records go to standard error from now
        on.
        """
        self._send = None

    def emit(self, record: logging.LogRecord) -> None:
        try:
            text = self.format(record)
            name = requestnames.current.get()
            if name:
                message = record.getMessage()
                text = f"{message} [request {name}]{text[len(message):]}"
            if self._send is None:
                sys.stderr.write(text + "\n")
            else:
                self._send(pack_record(record.created, record.levelno, record.name, text))
        except Exception:
            self.handleError(record)


class LogSetup:
    """
    Gives records a way to the server's log, and leaves logging as a bare interpreter has it: no handler at the
    root logger, no level but Python's own. So what the application configures works, whenever it does that, and
    nothing comes twice.

    Records that find no handler go to the server's log from WARNING on (logging.lastResort). The shim's own
    logger has a handler of its own, which the application may replace as it may any other.
    """

    def __init__(self, send: Send, level: str) -> None:
        self._last_resort = LinkHandler(send, logging.WARNING)
        self._own = LinkHandler(send, logging.NOTSET)
        self._level = _LEVELS.get(level, logging.INFO)

    def before_loading(self) -> None:
        logging.addLevelName(TRACE, "TRACE")
        logging.lastResort = self._last_resort  # type: ignore[assignment]
        logger.propagate = False
        logger.handlers[:] = [self._own]
        logger.setLevel(self._level)

    def after_loading(self) -> None:
        # dictConfig() disables what it does not name, and whoever has not named it does not mean it.
        logger.disabled = False

    def reconnect(self, send: Send) -> None:
        """In a worker that was forked from a template process: its own link takes the records."""
        for handler in (self._last_resort, self._own):
            handler.reconnect(send)


def log_exception(message: str, error: BaseException) -> None:
    """
    One record at error level, with the exception as `exc_info` for whoever handles it; its traceback begins
    with the application's frames.
    """
    from .tracebacks import trim

    logger.disabled = False
    logger.error(message, exc_info=(type(error), error, trim(error.__traceback__)))


_warned: set = set()


def warn_once(key: str, message: str, *args: Any) -> None:
    """A warning that is worth saying once in a process."""
    if key not in _warned:
        _warned.add(key)
        logger.warning(message, *args)


def line_buffer_output() -> None:
    """
    One write for each line that the application prints.

    The front sets PYTHONUNBUFFERED, which alone makes print() write a line and its end apart.
    """
    for stream in _standard_streams():
        try:
            stream.reconfigure(line_buffering=True, write_through=False)
        except (AttributeError, ValueError, OSError):
            # Replaced by something that is no text file; then its owner decides.
            continue


def _standard_streams() -> Tuple[Any, ...]:
    return tuple(stream for stream in (sys.stdout, sys.stderr) if stream is not None)
