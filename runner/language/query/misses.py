"""What is missing in a path: which step, in what, and what may have been meant."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from runner.diagnostics import counted, did_you_mean, nearest
from runner.errors import EvaluationError
from runner.language.query.tree import Node, Tree
from runner.language.values import Value, kind

_SHOWN = 20


class Miss(NamedTuple):
    """The first step of a path that leads nowhere.

    `parent` is the text of the path before it (empty at the root), `key` the name or `[n]`. `reason` is one
    of missing, null parent, not an object, not an array, index out of range. `keys` are the parent's, in
    order.
    """

    parent: str
    key: str
    reason: str
    keys: tuple[str, ...]
    nearest: str | None
    parent_value_kind: str


def keys_of(value: Value) -> tuple[str, ...]:
    """The keys of an object or document, in order; none of anything else."""
    if not isinstance(value, Mapping):
        return ()
    complete = getattr(value, "complete", None)
    return tuple(complete() if complete is not None else value)


def miss(tree: Tree, node: Node, value: Value) -> Miss | None:
    """Why a field or index gives nothing on a value; None where it gives something."""
    reason = _reason(node, value)
    if not reason:
        return None
    is_field = node["type"] == "field"
    key = node["value"] if is_field else f"[{node['value']}]"
    keys = keys_of(value) if is_field else ()
    return Miss(parent_text(tree, node), key, reason, keys, nearest(key, keys) if keys else None, kind(value))


def _reason(node: Node, value: Value) -> str:
    is_field = node["type"] == "field"
    if isinstance(value, Mapping) and is_field:
        return "" if node["value"] in value or node["value"] in keys_of(value) else "missing"
    if isinstance(value, list) and not is_field:
        return "" if -len(value) <= node["value"] < len(value) else "index out of range"
    if value is None:
        return "null parent"
    return "not an object" if is_field else "not an array"


def parent_text(tree: Tree, node: Node) -> str:
    """The text of the path before a step; empty where it is the first."""
    steps = tree.steps_to(node)
    if not steps:
        return ""
    start, end = tree.cover(steps[0], steps[-1])
    return tree.text[start:end]


_VARIABLES = frozenset({"vars", "root().vars", "@.vars"})
_ENV = frozenset({"env", "vars.env", "root().env", "root().vars.env", "@.env", "@.vars.env"})


def missing(tree: Tree, node: Node, value: Value, root: Value) -> EvaluationError:
    """The error for a step that must lead somewhere."""
    found = miss(tree, node, value) or Miss("", str(node["value"]), "missing", (), None, kind(value))
    start, end = tree.span(node)
    if found.reason == "missing" and found.parent in _ENV:
        hint = did_you_mean(found.key, found.keys)
        return EvaluationError(f"environment variable '{found.key}' is not set", start, end, hint)
    if found.reason == "missing" and (value is root or found.parent in _VARIABLES):
        return EvaluationError(f"undefined variable '{found.key}'", start, end, did_you_mean(found.key, found.keys))
    return EvaluationError(_MESSAGES[found.reason](found, value), start, end, _hint(found))


def _hint(found: Miss) -> str:
    if found.nearest is not None:
        return did_you_mean(found.key, found.keys)
    if not found.keys:
        return ""
    more = f" and {len(found.keys) - _SHOWN} more" if len(found.keys) > _SHOWN else ""
    return f"it has {', '.join(found.keys[:_SHOWN])}{more}"


def _parent(found: Miss) -> str:
    return f"'{found.parent}'" if found.parent else "the value before it"


def _is(found: Miss, wanted: str) -> str:
    article = "an" if found.parent_value_kind[0] in "aeiou" else "a"
    return f"{_parent(found)} is {article} {found.parent_value_kind}, {found.key} asks for {wanted}"


def _beyond(found: Miss, value: Value) -> str:
    return f"{_parent(found)} has {counted(len(value), 'element')}, there is no {found.key}"


_MESSAGES: dict[str, Callable[[Miss, Value], str]] = {
    "missing": lambda found, _: f"{_parent(found)} has no key '{found.key}'",
    "null parent": lambda found, _: f"{_parent(found)} is null",
    "not an object": lambda found, _: _is(found, "an object"),
    "not an array": lambda found, _: _is(found, "an array"),
    "index out of range": _beyond,
}
