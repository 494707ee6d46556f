"""The interpreter: jmespath's, made exact and unable to fail in a way that nobody named.

Two ways to read a path. `Interpreter` gives null for what is missing, as JMESPath does. `StrictInterpreter`
refuses it, but not left of `||`, in not_null(…), and inside projections, filters and exprefs, where it hands
over to a lenient one. Both serve one evaluation only, so that threads share nothing.

Documents are read lazily: only `.get`, `[]` and `in` are asked of them, and all their values only where `@`
(or a mapping such as `vars`) is itself the value.

Of jmespath we rely on `TreeInterpreter` with its `visit_*` methods, which is how it asks to be extended.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from typing import Any

from jmespath.visitor import TreeInterpreter

from runner.errors import EvaluationError
from runner.language import functions
from runner.language.functions import is_false
from runner.language.query.misses import missing
from runner.language.query.tree import Node, Tree, is_root
from runner.language.values import Value, equal, kind

#: Types that hold no lazy value of their own.
_PLAIN = frozenset({dict, list, str, int, float, bool, type(None), bytes})


def plain(value: Value) -> Value:
    """The value itself; a document or another mapping as a dict with all of its values."""
    if type(value) in _PLAIN or not isinstance(value, Mapping):
        return value
    complete = getattr(value, "complete", None)
    whole = complete() if complete is not None else value
    return {key: plain(whole[key]) for key in whole}


class Interpreter(TreeInterpreter):  # type: ignore[misc]  # jmespath has no types
    """Evaluates a tree on one document; what is missing is null."""

    def __init__(self, tree: Tree, root: Value) -> None:
        # The base class makes a table of methods, functions and options for each instance: none is needed.
        self._tree = tree
        self._root = root

    @property
    def _inside(self) -> Interpreter:
        """What reads inside projections and left of `||`. Not an attribute: a ring would hold the document."""
        return self

    def visit(self, node: Node, value: Value, *_: Any) -> Value:
        return getattr(self, _METHODS[node["type"]])(node, value)

    # --- paths

    def visit_field(self, node: Node, value: Value) -> Value:
        return plain(self.get(node, value))

    def get(self, node: Node, value: Value) -> Value:
        """A key's value as it is; null where there is none."""
        return value.get(node["value"]) if isinstance(value, Mapping) else None

    def _step(self, node: Node, value: Value) -> Value:
        """A step of a chain: documents stay lazy on the way."""
        node_type = node["type"]
        if node_type == "field":
            return self.get(node, value)
        if node_type == "current":
            return value
        if is_root(node):
            return self._root
        return self.visit(node, value)

    def visit_subexpression(self, node: Node, value: Value) -> Value:
        for child in node["children"]:
            value = self._step(child, value)
        return plain(value)

    visit_pipe = visit_subexpression
    visit_index_expression = visit_subexpression

    def visit_current(self, node: Node, value: Value) -> Value:
        return plain(value)

    def visit_index(self, node: Node, value: Value) -> Value:
        place = node["value"]
        if isinstance(value, list) and -len(value) <= place < len(value):
            return value[place]
        return None

    def visit_slice(self, node: Node, value: Value) -> Value:
        return value[slice(*node["children"])] if isinstance(value, list) else None

    # --- projections: what is inside them is never strict

    def _collect(self, right: Node, elements: Any) -> list[Value]:
        if right["type"] == "identity":
            return [element for element in elements if element is not None]
        visit = self._inside.visit
        found = (visit(right, element) for element in elements)
        return [value for value in found if value is not None]

    def visit_projection(self, node: Node, value: Value) -> Value:
        left, right = node["children"]
        base = self.visit(left, value)
        return self._collect(right, base) if isinstance(base, list) else None

    def visit_value_projection(self, node: Node, value: Value) -> Value:
        left, right = node["children"]
        base = plain(self.visit(left, value))
        return self._collect(right, base.values()) if isinstance(base, dict) else None

    def visit_filter_projection(self, node: Node, value: Value) -> Value:
        left, right, condition = node["children"]
        base = self.visit(left, value)
        if not isinstance(base, list):
            return None
        visit = self._inside.visit
        return self._collect(right, [element for element in base if not is_false(visit(condition, element))])

    def visit_multi_select_dict(self, node: Node, value: Value) -> Value:
        if value is None:
            return None
        return {pair["value"]: self.visit(pair["children"][0], value) for pair in node["children"]}

    # --- operators

    def visit_comparator(self, node: Node, value: Value) -> Value:
        left, right = (self.visit(child, value) for child in node["children"])
        sign = node["value"]
        if sign == "eq":
            return equal(left, right)
        if sign == "ne":
            return not equal(left, right)
        found = kind(left)
        if found != kind(right) or found not in ("number", "string"):
            return None
        return _ORDER[sign](left, right)

    def visit_or_expression(self, node: Node, value: Value) -> Value:
        left, right = node["children"]
        first = self._inside.visit(left, value)
        return self.visit(right, value) if is_false(first) else first

    def visit_not_expression(self, node: Node, value: Value) -> Value:
        return is_false(self.visit(node["children"][0], value))

    def _is_false(self, value: Value) -> bool:
        """What the base class asks for `&&`."""
        return is_false(value)

    # --- functions

    def visit_expref(self, node: Node, value: Value) -> Value:
        body, visit = node["children"][0], self._inside.visit
        return functions.Expression(lambda element: visit(body, element))

    def visit_function_expression(self, node: Node, value: Value) -> Value:
        name, children = node["value"], node["children"]
        if name == "root":
            return plain(self._root)
        visit = self._inside.visit if name == "not_null" else self.visit
        arguments = [visit(child, value) for child in children]
        try:
            return functions.FUNCTIONS[name].apply(arguments)
        except functions.Refused as refused:
            place = children[refused.argument] if refused.argument is not None else node
            message = f"{name}() {refused.message}"
            raise EvaluationError(message, *self._tree.span(place), refused.hint) from None


class StrictInterpreter(Interpreter):
    """Evaluates a tree on one document; what is missing is an error."""

    def __init__(self, tree: Tree, root: Value) -> None:
        super().__init__(tree, root)
        self._lenient = Interpreter(tree, root)

    @property
    def _inside(self) -> Interpreter:
        return self._lenient

    def get(self, node: Node, value: Value) -> Value:
        if not isinstance(value, Mapping):
            raise missing(self._tree, node, value, self._root)
        try:
            return value[node["value"]]
        except KeyError:
            raise missing(self._tree, node, value, self._root) from None

    def visit_index(self, node: Node, value: Value) -> Value:
        place = node["value"]
        if isinstance(value, list) and -len(value) <= place < len(value):
            return value[place]
        raise missing(self._tree, node, value, self._root)


_ORDER: dict[str, Callable[[Any, Any], bool]] = {
    "lt": operator.lt,
    "gt": operator.gt,
    "lte": operator.le,
    "gte": operator.ge,
}

#: Built once: the base class looks each name up anew for every instance.
_METHODS = {name.removeprefix("visit_"): name for name in dir(Interpreter) if name.startswith("visit_")}
