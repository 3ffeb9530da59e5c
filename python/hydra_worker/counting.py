"""
What COLLECT is answered with: what the application has counted with prometheus_client, in lines as docs/protocol.md has
them. Nothing is imported for it: an application that does not use that package has counted nothing.

A thread of its own looks, so that a collector which takes long holds up neither requests nor the control link. The front
asks again only when it has an answer.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any, Callable, Dict, Iterable, List, Optional, Set, Tuple

from . import native, wire
from .logs import logger
from .tracebacks import format_exception

if TYPE_CHECKING:
    from .routes import RouteCounts

_PACKAGE = "prometheus_client"
# Where one of these is set the processes share files, and one of them shows what all have counted.
_SHARED = ("PROMETHEUS_MULTIPROC_DIR", "prometheus_multiproc_dir")
# Names that are the server's own.
_RESERVED = "hydra_"
# Bytes of a frame's text.
_PART = 128 * 1024
# Seconds that a worker which ends takes for its last words.
_LAST_SECONDS = 1.0


class Collector:
    """Answers COLLECT. Any thread."""

    __slots__ = ("_send", "_application", "_routes", "_answering", "_warned")

    def __init__(self, send: Callable[[bytes], None], application: bool, routes: "Optional[RouteCounts]") -> None:
        self._send = send
        self._application = application
        self._routes = routes
        # The frames of an answer follow each other.
        self._answering = native.Lock()
        # What a line of the log was about: one is enough.
        self._warned: Set[str] = set()

    @property
    def is_wanted(self) -> bool:
        """Whether there is anything to be asked for."""
        return self._application or self._routes is not None

    def ask(self, sequence: int) -> None:
        """COLLECT has come."""
        try:
            native.start("hydra-collect", self._answer, sequence)
        except RuntimeError:
            # There is no thread to be had: what is known of this worker stands.
            self._say(sequence, wire.COLLECT_PARTIAL, b"")

    def finish(self) -> None:
        """The worker ends: what was counted up to now is not to be lost."""
        if self.is_wanted:
            try:
                native.start("hydra-collect", self._answer, 0).wait(_LAST_SECONDS)
            except RuntimeError:
                pass

    def _answer(self, sequence: int) -> None:
        outcome, text = wire.COLLECT_PARTIAL, b""
        try:
            lines: List[str] = self._routes.lines() if self._routes is not None else []
            whole = not self._application or self._add_application(lines)
            text = "\n".join(lines).encode("utf-8", "backslashreplace")
            outcome = wire.COLLECT_WHOLE if whole else wire.COLLECT_PARTIAL
            if len(text) > wire.MAX_COLLECTED:
                outcome, text = wire.COLLECT_TOO_LARGE, b""
                self._warn("size", "What the application counts is more than %d bytes: it is left out of the metrics.", wire.MAX_COLLECTED)
        except BaseException as error:
            self._warn("all", "What the application counts cannot be had:\n%s", format_exception(error))
        self._say(sequence, outcome, text)

    def _say(self, sequence: int, outcome: int, text: bytes) -> None:
        with self._answering:
            for start in range(0, max(1, len(text)), _PART):
                more = wire.FLAG_MORE if start + _PART < len(text) else 0
                self._send(wire.pack_collected(0, more, sequence, outcome, text[start : start + _PART]))

    def _add_application(self, lines: List[str]) -> bool:
        """Whether all of it could be had."""
        module = sys.modules.get(_PACKAGE)
        registry = getattr(module, "REGISTRY", None)
        if registry is None or any(os.environ.get(name) for name in _SHARED):
            return True
        modes = _modes(module, registry)
        begin = len(lines)
        try:
            for family in registry.collect():
                self._add(lines, family, modes)
            return True
        except Exception as error:
            # One collector has raised, and it is not known which.
            del lines[begin:]
            return self._add_each(lines, registry, modes, error)

    def _add_each(self, lines: List[str], registry: Any, modes: Dict[str, str], raised: BaseException) -> bool:
        collectors = _collectors(registry)
        if not collectors:
            self._warn("all", "A collector of the application has raised:\n%s", format_exception(raised))
        for collector in collectors:
            begin = len(lines)
            try:
                for family in collector.collect():
                    self._add(lines, family, modes)
            except Exception as error:
                del lines[begin:]
                self._warn(
                    f"collector {type(collector).__qualname__}",
                    "The collector %s of the application has raised: what it counts is left out of the metrics.\n%s",
                    type(collector).__qualname__,
                    format_exception(error),
                )
        return False

    def _add(self, lines: List[str], family: Any, modes: Dict[str, str]) -> None:
        name = str(family.name)
        if name.startswith(_RESERVED):
            self._warn(f"name {name}", "The metric %s of the application is left out: names with %s are the server's own.", name, _RESERVED)
            return
        if family.type == "gaugehistogram":
            # The text format that the front writes has no such kind.
            return
        lines.append(f"T {family.type} {modes.get(name, 'all')} {name}")
        lines.append("H " + _escaped_help(str(family.documentation)))
        # When something began to be counted in one process says nothing of all.
        created = name + "_created"
        for sample in family.samples:
            # A tuple of name, labels and value, and of more in newer versions.
            if sample[0] == created:
                continue
            lines.append(f"S {sample[0]}{labels_text(sample[1].items())} {float(sample[2])!r}")

    def _warn(self, about: str, text: str, *arguments: Any) -> None:
        if about not in self._warned and len(self._warned) < 100:
            self._warned.add(about)
            logger.warning(text, *arguments)


def labels_text(labels: Iterable[Tuple[Any, Any]]) -> str:
    """{a="1",b="2"}, or nothing where there are none."""
    text = ",".join([f'{name}="{_escaped(str(value))}"' for name, value in labels])
    return "{" + text + "}" if text else ""


def _escaped(text: str) -> str:
    if "\\" in text or '"' in text or "\n" in text:
        return text.replace("\\", "\\\\").replace("\n", "\\n").replace('"', '\\"')
    return text


def _escaped_help(text: str) -> str:
    return text.replace("\\", "\\\\").replace("\n", "\\n")


def _collectors(registry: Any) -> List[Any]:
    try:
        return list(registry._collector_to_names)
    except Exception:
        return []


def _modes(module: Any, registry: Any) -> Dict[str, str]:
    """What gauges are to be of several processes, where their makers have said so: what they say for the package's own way of doing that."""
    modes: Dict[str, str] = {}
    gauge = getattr(module, "Gauge", None)
    for collector in _collectors(registry):
        try:
            if gauge is not None and isinstance(collector, gauge):
                mode = collector._multiprocess_mode
                if mode != "all":
                    modes[str(collector._name)] = str(mode)
        except Exception:
            # A package that calls it something else has gauges of each process.
            continue
    return modes
