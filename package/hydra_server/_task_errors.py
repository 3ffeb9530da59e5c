"""What can go wrong with work that is left to other processes."""

from typing import Optional

from ._state_errors import StateError, StateUnavailable


class TaskError(StateError):
    """Something is wrong with a task, or with what was asked of a pool."""


class TasksUnavailable(TaskError, StateUnavailable):
    """There is nobody who would do it: the process is no worker of Hydra."""


class QueueFull(TaskError):
    """As many wait as may: see ``--task-queue-size`` and ``--task-queue-bytes``, and for a pool its ``queue-size`` and ``queue-bytes``."""


class NoSuchPool(TaskError, LookupError):
    """The server was started without a ``--task-pool`` of this name."""


class PoolError(TaskError):
    """The call has raised something that cannot be sent as it is. The text is that of the exception, ``__cause__`` has the traceback of the process that was called."""

    # Its class there, with its module; None where it was none of another process.
    remote_class: Optional[str] = None


class PoolCrashed(TaskError):
    """The process that did the call has ended before it was done. Whether it was done in part is not known."""


class PoolTimeout(TaskError, TimeoutError):
    """The time for the call is over. It was stopped, or never begun."""


class TaskTimeout(BaseException):
    """Raised in the code of a task whose time is over. As ``asyncio.CancelledError`` it is no Exception, so that what catches all errors does not catch this."""

    def __init__(self, *args: object) -> None:
        # The interpreter raises the class in another thread, without arguments.
        super().__init__(*(args or ("The time for this task is over.",)))


class RemoteTraceback(Exception):
    """The traceback of an exception in the process that has raised it, as ``__cause__`` of that."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text

    def __str__(self) -> str:
        return "\n\n" + self.text


def remote(error: Optional[BaseException], module: str, name: str, message: str, trace: str) -> BaseException:
    """The exception as its caller gets it."""
    if error is None:
        error = PoolError("%s: %s" % (name, message) if message else name)
        error.remote_class = "%s.%s" % (module, name)
    error.__cause__ = RemoteTraceback(trace)
    return error
