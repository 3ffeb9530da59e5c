"""
Finds in a source what Python 3.8 does not have: syntax, names of the standard library, methods of built-in types, parameters, and
types that are evaluated and cannot be. What is guarded is let through: by sys.version_info, by hasattr(), or by a handler of
ImportError or AttributeError around it.
"""

from __future__ import annotations

import ast
import os
from typing import Dict, Iterator, List, Optional, Set

_TABLE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "since_3_8.txt")
# Of str, bytes, int, dict views, paths, events, tasks and exceptions; names that nothing in the shim has of its own.
_METHODS = {
    "removeprefix", "removesuffix", "bit_count", "is_integer", "add_note", "is_relative_to", "readlink", "hardlink_to", "with_stem",
    "cancelling", "uncancel", "shutdown_default_executor", "close_clients", "abort_clients", "get_write_buffer_limits", "is_junction",
}  # fmt: skip
_PARAMETERS = {
    "zip": {"strict"}, "create_task": {"context"}, "ensure_future": {"context"}, "run": {"loop_factory", "context", "process_group", "umask"},
    "Popen": {"process_group", "umask", "user", "group", "extra_groups", "pipesize"}, "dataclass": {"slots", "kw_only", "match_args", "weakref_slot"},
    "shutdown": {"cancel_futures", "immediate"}, "bisect_left": {"key"}, "bisect_right": {"key"}, "insort": {"key"}, "basicConfig": {"encoding", "errors"}, "FileHandler": {"errors"}, "cancel": {"msg"},
    "md5": {"usedforsecurity"}, "sha1": {"usedforsecurity"}, "sha256": {"usedforsecurity"},
}  # fmt: skip
_GENERIC = {"list", "dict", "tuple", "set", "frozenset", "type"}
_HANDLED = {"ImportError", "ModuleNotFoundError", "AttributeError", "NameError", "Exception"}


def since_3_8() -> Dict[str, Set[str]]:
    """Module → names that 3.8 has not."""
    with open(_TABLE, encoding="utf-8") as lines:
        return {
            module: set(names.split())
            for module, _, names in (line.partition(": ") for line in lines if not line.startswith("#"))
        }


class _Finder(ast.NodeVisitor):
    def __init__(self, tree: ast.Module, new: Dict[str, Set[str]]) -> None:
        self.found: List[str] = []
        self._new = new
        self._modules: Dict[str, str] = {}
        self._abstract: Set[str] = set()
        self._guards = 0
        self._lazy = any(
            isinstance(node, ast.ImportFrom) and node.module == "__future__" and any(a.name == "annotations" for a in node.names)
            for node in tree.body
        )

    def _say(self, node: ast.AST, what: str) -> None:
        if not self._guards:
            self.found.append(f"line {node.lineno}: {what}")  # type: ignore[attr-defined]

    # ---- guards

    def visit_If(self, node: ast.If) -> None:
        self._guarded(node, _is_guard(node.test))

    def visit_IfExp(self, node: ast.IfExp) -> None:
        self._guarded(node, _is_guard(node.test))

    def visit_Try(self, node: ast.Try) -> None:
        names = {n.id for handler in node.handlers if handler.type for n in ast.walk(handler.type) if isinstance(n, ast.Name)}
        self._guards += bool(names & _HANDLED)
        for child in node.body:
            self.visit(child)
        self._guards -= bool(names & _HANDLED)
        for child in [*node.handlers, *node.orelse, *node.finalbody]:
            self.visit(child)

    def _guarded(self, node: ast.AST, is_guard: bool) -> None:
        self._guards += is_guard
        self.generic_visit(node)
        self._guards -= is_guard

    # ---- names of modules

    def visit_Import(self, node: ast.Import) -> None:
        for alias in node.names:
            self._modules[alias.asname or alias.name.split(".")[0]] = alias.name if alias.asname else alias.name.split(".")[0]
            if "*" in self._new.get(alias.name, ()):
                self._say(node, f"module {alias.name}")

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        module = node.module or ""
        if node.level:
            return
        new = self._new.get(module, set())
        for alias in node.names:
            self._modules[alias.asname or alias.name] = f"{module}.{alias.name}"
            if module in ("collections.abc", "asyncio", "re", "contextlib", "queue", "weakref"):
                self._abstract.add(alias.asname or alias.name)
            if "*" in new or alias.name in new:
                self._say(node, f"{module}.{alias.name}")

    def visit_Name(self, node: ast.Name) -> None:
        if isinstance(node.ctx, ast.Load) and node.id in self._new["builtins"]:
            self._say(node, f"builtin {node.id}")

    def visit_Attribute(self, node: ast.Attribute) -> None:
        owner = self._module_of(node.value)
        if owner is not None and node.attr in self._new.get(owner, ()):
            self._say(node, f"{owner}.{node.attr}")
        elif owner is None and node.attr in _METHODS:
            self._say(node, f"method {node.attr}()")
        self.generic_visit(node)

    def _module_of(self, node: ast.AST) -> Optional[str]:
        if isinstance(node, ast.Name):
            return self._modules.get(node.id)
        if isinstance(node, ast.Attribute):
            above = self._module_of(node.value)
            return f"{above}.{node.attr}" if above else None
        return None

    def visit_Call(self, node: ast.Call) -> None:
        name = node.func.attr if isinstance(node.func, ast.Attribute) else node.func.id if isinstance(node.func, ast.Name) else ""
        for keyword in node.keywords:
            if keyword.arg in _PARAMETERS.get(name, ()):
                self._say(node, f"parameter {keyword.arg} of {name}()")
        self.generic_visit(node)

    # ---- types that are evaluated

    def visit_Subscript(self, node: ast.Subscript) -> None:
        value = node.value
        if isinstance(value, ast.Name) and isinstance(node.ctx, ast.Load) and value.id in _GENERIC | self._abstract:
            self._say(node, f"{value.id}[…] is evaluated")
        self.generic_visit(node)

    def visit_BinOp(self, node: ast.BinOp) -> None:
        if isinstance(node.op, ast.BitOr) and any(_is_type(side) for side in (node.left, node.right)):
            self._say(node, "a union of types with | is evaluated")
        self.generic_visit(node)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        self._annotation(node.annotation)
        self.visit(node.target)
        if node.value:
            self.visit(node.value)

    def visit_arg(self, node: ast.arg) -> None:
        self._annotation(node.annotation)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        self._function(node)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> None:
        self._function(node)

    def _function(self, node) -> None:  # type: ignore[no-untyped-def]
        self._annotation(node.returns)
        for child in [*node.decorator_list, node.args, *node.body]:
            self.visit(child)

    def _annotation(self, node: Optional[ast.AST]) -> None:
        if node is not None and not self._lazy:
            self.visit(node)


def _is_type(node: ast.AST) -> bool:
    return (isinstance(node, ast.Constant) and node.value is None) or (
        isinstance(node, ast.Name) and node.id in _GENERIC | {"int", "str", "bytes", "float", "bool", "bytearray", "memoryview"}
    )


def _is_guard(test: ast.AST) -> bool:
    for node in ast.walk(test):
        if isinstance(node, ast.Attribute) and node.attr in ("version_info", "TYPE_CHECKING"):
            return True
        if isinstance(node, ast.Name) and node.id in ("hasattr", "TYPE_CHECKING", "version_info"):
            return True
    return False


def check(source: str) -> List[str]:
    """What 3.8 would not take, with its line."""
    try:
        tree = ast.parse(source, feature_version=(3, 8))
    except SyntaxError as error:
        return [f"line {error.lineno}: syntax: {error.msg}"]
    finder = _Finder(tree, since_3_8())
    finder.visit(tree)
    return finder.found + list(_late_syntax(tree))


def _late_syntax(tree: ast.Module) -> Iterator[str]:
    """What the parser takes whatever version it is asked for."""
    for node in ast.walk(tree):
        for decorator in getattr(node, "decorator_list", ()):
            inner = decorator.func if isinstance(decorator, ast.Call) else decorator
            while isinstance(inner, ast.Attribute):
                inner = inner.value
            if not isinstance(inner, ast.Name):
                yield f"line {decorator.lineno}: a decorator that is no name (PEP 614)"
        if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Tuple) and any(isinstance(e, ast.Starred) for e in node.slice.elts):
            yield f"line {node.lineno}: a star in an index (PEP 646)"
