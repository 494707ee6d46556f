"""The part of a script that holds what was lost: whole statements, and the declarations that they use."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from runner.formats.scripts import tree
from runner.formats.scripts.tree import Script, Span


def left(script: Script, lost: Iterable[Span]) -> str:
    """The text of the statements in which something stands; all of the script where that cannot be said."""
    spans = list(lost)
    if script.broken or not script.body or any(span.end == 0 for span in spans):
        return script.text.strip("\n")
    kept = {place for place, node in enumerate(script.body) if any(_holds(node, span) for span in spans)}
    needed = {name for place in kept for name in _names(script.body[place])}
    changed = True
    while changed:
        more = {place for place, node in enumerate(script.body) if place not in kept and _declares(node) & needed}
        changed = bool(more)
        kept |= more
        needed |= {name for place in more for name in _names(script.body[place])}
    return "\n".join(_source(script, script.body[place]) for place in sorted(kept))


def _holds(node: Any, span: Span) -> bool:
    return bool(node.span.start <= span.start < node.span.end)


def _declares(node: Any) -> set[str]:
    if isinstance(node, tree.Declare):
        return _names(node.target)
    if isinstance(node, tree.Evaluate) and isinstance(node.value, tree.Assign):
        return _names(node.value.target) if isinstance(node.value.target, tree.Name) else set()
    return set()


def _names(node: Any) -> set[str]:
    """Every name that stands in a node."""
    if isinstance(node, tree.Name):
        return {node.name}
    found: set[str] = set()
    if isinstance(node, tuple) and not isinstance(node, Span):
        for part in node:
            found |= _names(part)
    return found


def _source(script: Script, node: Any) -> str:
    text = script.source(node.span)
    declared = isinstance(node, tree.Declare) and not text.startswith(("function", "async"))
    return f"var {text};" if declared else text
