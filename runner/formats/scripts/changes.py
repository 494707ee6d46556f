"""What a part of a script gives new values: names, lists and objects that change in their place.

Asked of parts that cannot be read, and of loops before their turns. This file looks at syntax alone.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from runner.formats.scripts import tree

#: Methods that change a list in its place.
CHANGING = frozenset({"push", "pop", "shift", "unshift", "splice", "sort", "reverse", "fill"})


class Changes(NamedTuple):
    """Names that are given values, names of what is changed in its place, functions that are called by name."""

    assigned: dict[str, None]
    changed: dict[str, None]
    called: dict[str, None]


def changes_in(node: Any) -> Changes:
    """What a part of a script changes."""
    found = Changes({}, {}, {})
    _collect(node, found)
    return found


def root_of(node: Any) -> str:
    """The name that `name.a[0].b` begins with; empty where it begins with something else."""
    while isinstance(node, tree.Member):
        node = node.object
    return node.name if isinstance(node, tree.Name) else ""


def _collect(node: Any, found: Changes) -> None:
    if isinstance(node, tree.Assign) and isinstance(node.target, tree.Name):
        found.assigned[node.target.name] = None
    elif isinstance(node, tree.Assign) and isinstance(node.target, tree.Member):
        found.changed[root_of(node.target)] = None
    elif isinstance(node, tree.Call) and isinstance(node.callee, tree.Name):
        found.called[node.callee.name] = None
    elif isinstance(node, tree.Call) and isinstance(node.callee, tree.Member) and _changes(node.callee):
        found.changed[root_of(node.callee.object)] = None
    if isinstance(node, tuple) and not isinstance(node, tree.Span):
        for part in node:
            _collect(part, found)


def _changes(callee: tree.Member) -> bool:
    return isinstance(callee.name, tree.Literal) and callee.name.value in CHANGING
