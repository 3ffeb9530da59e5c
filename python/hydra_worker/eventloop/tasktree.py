"""
The tasks of an event loop as a tree: below each those that it waits for, or that it has started in a group. asyncio does not say who has started
a task, so this goes by what is to be seen: the future that a task waits for, and the groups in its coroutines' variables. Any thread.
"""

from __future__ import annotations

import asyncio
from types import FrameType
from typing import Any, Callable, Dict, Iterator, List, NamedTuple, Set

from .. import stacks

# What is shown at most; the others are counted.
_MOST_TASKS = 200
_INDENT = "    "


class Node(NamedTuple):
    """A task: by what it is known, what it is called, its coroutine, and the keys of those below it."""

    key: Any
    name: str
    coroutine: Any
    children: List[Any]


def nodes_of(loop: Any) -> List[Node]:
    """The tasks of a loop, or of what stands in the place of one and knows its own."""
    if not isinstance(loop, asyncio.AbstractEventLoop):
        return list(loop.task_nodes())
    return [Node(task, task.get_name(), task.get_coro(), _children(task)) for task in sorted(asyncio.all_tasks(loop), key=age)]


def age(task: Any) -> int:
    """For the order: names that asyncio gives are numbers that grow; others keep their place."""
    digits = task.get_name().rpartition("-")[2]
    return int(digits) if digits.isdecimal() else 0


def show(nodes: List[Node], describe: Callable[[Node], str]) -> str:
    """The forest, without the server's own tasks. `describe` says more of a task than its name, or nothing."""
    nodes = [node for node in nodes if node.children or not stacks.is_servers(node.coroutine)]
    known = {node.key: node for node in nodes}
    owned: Set[Any] = {child for node in nodes for child in node.children if child is not node.key}
    roots = [node for node in nodes if node.key not in owned]
    seen: Set[Any] = set()
    lines: List[str] = []
    for root in roots + nodes:
        # Those that wait for each other are below none; each is shown once.
        _add(root, 0, known, describe, seen, lines)
    if len(seen) > _MOST_TASKS:
        lines.append(f"… and {len(seen) - _MOST_TASKS} tasks more")
    return "\n".join(lines)


def _add(node: Node, depth: int, known: Dict[Any, Node], describe: Callable[[Node], str], seen: Set[Any], lines: List[str]) -> None:
    waiting = [(node, depth)]
    while waiting:
        node, depth = waiting.pop()
        if node.key in seen:
            continue
        seen.add(node.key)
        if len(seen) <= _MOST_TASKS:
            said = describe(node)
            lines.append(f"{_INDENT * depth}Task {node.name}{f' ({said})' if said else ''}:")
            lines.extend(_INDENT * depth + line for line in stacks.of_coroutine(node.coroutine).split("\n"))
        waiting.extend((known[child], depth + 1) for child in reversed(node.children) if child in known)


def _children(task: Any) -> List[Any]:
    found: List[Any] = []
    for each in _awaited(getattr(task, "_fut_waiter", None)):
        found.append(each)
    for frame in stacks.frames_of_coroutine(task.get_coro()):
        found.extend(_started(frame))
    return [each for each in dict.fromkeys(found) if each is not task]


def _awaited(waiter: Any) -> Iterator[Any]:
    """The tasks behind the future that a task waits for: itself, or what gather() has gathered."""
    if isinstance(waiter, asyncio.Future):
        if hasattr(waiter, "get_coro"):
            yield waiter
        children = getattr(waiter, "_children", None)
        if isinstance(children, (list, set, tuple)):
            yield from (child for child in children if hasattr(child, "get_coro"))


def _started(frame: FrameType) -> Iterator[Any]:
    """The tasks of groups that are variables of a function, and those that asyncio.wait() waits for."""
    for name, value in list(frame.f_locals.items()):
        if type(value).__name__ == "TaskGroup":
            tasks = getattr(value, "_tasks", None)
        elif name == "fs" and frame.f_code.co_name in ("wait", "_wait"):
            tasks = value
        else:
            continue
        if isinstance(tasks, (set, list, tuple)):
            yield from (task for task in list(tasks) if hasattr(task, "get_coro"))
