"""Why an assertion is not true: the parts of the expression that decided, with their values.

    a && b        the first operand that is false
    a || b        both
    !a            a
    a == b        each side that is not a literal
    f(a, b)       each argument that is not a literal
    anything else itself

A path that gives null is followed step by step to the one that is missing. Nothing here raises.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from runner.language.functions import is_false
from runner.language.query.compiled import Query
from runner.language.query.interpreter import Interpreter, plain
from runner.language.query.misses import Miss, miss
from runner.language.query.tree import Node, Tree, is_root, path
from runner.language.values import Value


class Finding(NamedTuple):
    """A part of an expression: its place, its text, its value, and what is missing where that is null."""

    start: int
    end: int
    text: str
    value: Value
    miss: Miss | None


def explain(query: Query, document: Value) -> list[Finding]:
    """What decided that the expression is not true on this document; empty where nothing can be said."""
    try:
        return list(_Explainer(query.tree, document).explain(query.tree.root))
    except Exception:  # noqa: BLE001 - an explanation must never stand in for the verdict
        return []


class _Failed(Exception):
    """A part cannot be evaluated."""


class _Explainer:
    def __init__(self, tree: Tree, document: Value) -> None:
        self._tree = tree
        self._document = document
        self._interpreter = Interpreter(tree, document)

    def explain(self, node: Node) -> Iterator[Finding]:
        handler = _HANDLERS.get(node["type"])
        if handler is None or is_root(node):
            yield from self.itself(node)
        else:
            yield from handler(self, node)

    def value(self, node: Node) -> Value:
        try:
            return plain(self._interpreter.visit(node, self._document))
        except Exception as error:
            raise _Failed from error

    def itself(self, node: Node) -> Iterator[Finding]:
        """The node's value; where a function cannot give one, its arguments'; where it gives null, both."""
        if node["type"] in ("literal", "expref"):
            return
        is_call = node["type"] == "function_expression" and not is_root(node)
        try:
            value = self.value(node)
        except _Failed:
            for child in node["children"] if is_call else ():
                yield from self.itself(child)
            return
        start, end = self._tree.span(node)
        found = self._miss(node) if value is None else None
        yield Finding(start, end, self._tree.text[start:end], value, found)
        if value is None and is_call:
            yield from self.children(node)

    def children(self, node: Node) -> Iterator[Finding]:
        for child in node["children"]:
            yield from self.itself(child)

    def conjunction(self, node: Node) -> Iterator[Finding]:
        left, right = node["children"]
        try:
            first_decides = is_false(self.value(left))
        except _Failed:
            first_decides = True
        yield from self.explain(left if first_decides else right)

    def disjunction(self, node: Node) -> Iterator[Finding]:
        for child in node["children"]:
            yield from self.explain(child)

    def _miss(self, node: Node) -> Miss | None:
        """The first step that is missing in the path that a node is, or that it projects."""
        value = self._document
        for step in path(node):
            if step["type"] in ("field", "index"):
                found = miss(self._tree, step, value)
                if found is not None:
                    return found
            try:
                value = self._interpreter.visit(step, value)
            except Exception:  # noqa: BLE001 - what cannot be read cannot be explained
                return None
        return None


_HANDLERS: dict[str, Callable[[_Explainer, Node], Iterator[Finding]]] = {
    "and_expression": _Explainer.conjunction,
    "or_expression": _Explainer.disjunction,
    "not_expression": _Explainer.children,
    "comparator": _Explainer.children,
    "function_expression": _Explainer.children,
}
