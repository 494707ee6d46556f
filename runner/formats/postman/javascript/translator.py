"""The tree of an expression ─▶ JavaScript, with how tightly it holds together.

A table of visitors: type of a node → method. Names of Postman's scripts stand in `paths`, functions in `functions`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from runner.formats.postman.javascript.functions import ARITHMETIC, FUNCTIONS, date_moved, date_written
from runner.formats.postman.javascript.literals import UnsayableError, literal, regex
from runner.formats.postman.javascript.paths import RESPONSE, before_bracket, looked_up, member
from runner.formats.postman.javascript.trees import (
    Node,
    choice_in,
    falsy,
    first_field,
    is_boolean,
    is_null,
    is_structure,
    may_be_structure,
    tree_of,
)

#: How tightly JavaScript holds together.
_CHOICE, _OR, _AND, _EQUALITY, _SUM, _UNARY, _CALL = range(7)
_SIGNS = {"eq": "===", "ne": "!==", "lt": "<", "lte": "<=", "gt": ">", "gte": ">="}
_TYPES = {"array": "Array.isArray({})", "object": "_.isObject({})", "null": "{} === null"}


def expression(text: str, *, over_response: bool) -> str:
    """The JavaScript of an expression over the response, or over the variables.

    Raises:
        UnsayableError: there is none.
    """
    return Translator(over_response).write(tree_of(text))


class Translator:
    """Writes the nodes of one expression."""

    def __init__(self, over_response: bool) -> None:
        self._over_response = over_response
        self._elements: list[str] = []

    def write(self, node: Node, least: int = _CHOICE) -> str:
        """The JavaScript of a node, in brackets where it does not hold together as tightly as it has to.

        Raises:
            UnsayableError: there is none.
        """
        visit = _VISITORS.get(node["type"])
        if visit is None:
            raise UnsayableError(f"JavaScript has no {node['type'].replace('_', ' ')} like JMESPath's")
        text, tightness = visit(self, node)
        return text if tightness >= least else f"({text})"

    # --- paths

    def _field(self, node: Node) -> tuple[str, int]:
        name = node["value"]
        if self._elements:
            return member(self._elements[-1], name), _CALL
        if not self._over_response:
            return looked_up("vars", name) or "", _CALL
        if name not in RESPONSE:
            raise UnsayableError(f"scripts do not see '{name}'")
        return RESPONSE[name], _CALL

    def _chain(self, node: Node) -> tuple[str, int]:
        text, rest = self._start(node["children"])
        for step in rest:
            text = self._step(text, step)
        return text, _CALL

    def _start(self, steps: list[Node]) -> tuple[str, list[Node]]:
        """The beginning of a path, and the steps that are left."""
        first, *rest = steps
        if first["type"] == "function_expression" and first["value"] == "root":
            elements, self._elements = self._elements, []
            try:
                return self._start(rest)
            finally:
                self._elements = elements
        inner = first_field(rest[0]) if rest else None
        begins = [step.get("value") for step in steps[:2]] if self._over_response and not self._elements else []
        if begins == ["request", "body"] and len(steps) > 2:
            return "JSON.parse(pm.request.body.raw)", steps[2:]
        sent = begins == ["request", "headers"]
        if sent and len(steps) > 2:
            name = first_field(steps[2])
            if name is not None:
                return self._inner(steps[2], f"pm.request.headers.get({literal(name['value'])})"), steps[3:]
        if first["type"] == "field" and inner is not None and not self._elements:
            key = first["value"] if self._over_response else _OF_VARIABLES.get(first["value"], "")
            found = looked_up(key, inner["value"])
            if found is not None:
                return self._inner(rest[0], found), rest[1:]
        return self.write(first, _CALL), rest

    def _inner(self, node: Node, found: str) -> str:
        """The text of a step whose first field was looked up already."""
        return found if node["type"] == "field" else self._step(found, node["children"][1])

    def _step(self, text: str, node: Node) -> str:
        """A further step of a path that is written."""
        kind = node["type"]
        if kind == "field":
            return member(text, node["value"])
        if kind == "index":
            place = node["value"]
            return f"{text}?.at({place})" if place < 0 else f"{text}{before_bracket(text)}[{place}]"
        if kind == "slice":
            start, stop, step = node["children"]
            if step not in (None, 1):
                raise UnsayableError("JavaScript has no slices with a step")
            return f"{text}.slice({start or 0}{'' if stop is None else f', {stop}'})"
        if kind in ("index_expression", "subexpression"):
            for inner in node["children"]:
                text = self._step(text, inner)
            return text
        if kind in ("identity", "current"):
            return text
        if kind == "filter_projection":
            base, rest, condition = node["children"]
            return self._mapped(f"{self._step(text, base)}.filter({self._arrow(condition)})", rest)
        if kind == "projection":
            base, rest = node["children"]
            return self._mapped(self._step(text, base), rest)
        raise UnsayableError("a step of its path has no like")

    def _index(self, node: Node) -> tuple[str, int]:
        chosen = choice_in(node)
        if chosen is not None:
            return self._choice(*chosen)
        base, *steps = node["children"]
        text = self.write(base, _CALL)
        for step in steps:
            text = self._step(text, step)
        return text, _CALL

    def _current(self, node: Node) -> tuple[str, int]:
        if not self._elements:
            raise UnsayableError("scripts do not see the response as a whole")
        return self._elements[-1], _CALL

    def _filter(self, node: Node) -> tuple[str, int]:
        base, rest, condition = node["children"]
        text = f"{self.write(base, _CALL)}.filter({self._arrow(condition)})"
        return self._mapped(text, rest), _CALL

    def _projection(self, node: Node) -> tuple[str, int]:
        base, rest = node["children"]
        return self._mapped(self.write(base, _CALL), rest), _CALL

    def _values(self, node: Node) -> tuple[str, int]:
        base, rest = node["children"]
        return self._mapped(f"Object.values({self.write(base)})", rest), _CALL

    def _mapped(self, text: str, rest: Node) -> str:
        return text if rest["type"] in ("identity", "current") else f"{text}.map({self._arrow(rest)})"

    def _arrow(self, node: Node) -> str:
        """A function of an element."""
        name = "item" if not self._elements else f"item{len(self._elements) + 1}"
        self._elements.append(name)
        try:
            return f"{name} => {self.write(node)}"
        finally:
            self._elements.pop()

    def _pipe(self, node: Node) -> tuple[str, int]:
        left, right = node["children"]
        text = self.write(left, _CALL)
        if right["type"] in _STEPS:
            return self._step(text, right), _CALL
        self._elements.append(text)
        try:
            return self.write(right, _CALL), _CALL
        finally:
            self._elements.pop()

    # --- logic

    def _comparator(self, node: Node) -> tuple[str, int]:
        left, right = node["children"]
        sign = _SIGNS[node["value"]]
        if node["value"] in ("eq", "ne"):
            typed = self._of_type(left, right, negated=node["value"] == "ne")
            if typed is not None:
                return typed
            if is_null(right):
                sign = sign[:2]  # what is missing is undefined
            elif may_be_structure(left) and may_be_structure(right):
                negation = "!" if node["value"] == "ne" else ""
                return f"{negation}_.isEqual({self.write(left)}, {self.write(right)})", _UNARY
        return f"{self.write(left, _SUM)} {sign} {self.write(right, _SUM)}", _EQUALITY

    def _of_type(self, left: Node, right: Node, *, negated: bool) -> tuple[str, int] | None:
        """`type(x) == 'array'`."""
        if left["type"] != "function_expression" or left["value"] != "type" or right["type"] != "literal":
            return None
        subject = self.write(left["children"][0], _UNARY)
        if right["value"] in _TYPES:
            text = _TYPES[right["value"]].format(subject)
            return (f"!({text})" if negated else text), _UNARY if negated else _EQUALITY
        return f"typeof {subject} {'!==' if negated else '==='} {literal(right['value'])}", _EQUALITY

    def _and(self, node: Node) -> tuple[str, int]:
        left, right = node["children"]
        return f"{self.write(left, _AND)} && {self.write(right, _AND)}", _AND

    def _or(self, node: Node) -> tuple[str, int]:
        left, right = node["children"]
        if left["type"] == "and_expression":
            test, yes = left["children"]
            if is_boolean(test) and not is_boolean(yes):
                return self._choice(test, yes, right)
        return f"{self.write(left, _OR)} || {self.write(right, _OR)}", _OR

    def _choice(self, test: Node, yes: Node, no: Node) -> tuple[str, int]:
        return f"{self.write(test, _OR)} ? {self.write(yes, _OR)} : {self.write(no, _CHOICE)}", _CHOICE

    def _not(self, node: Node) -> tuple[str, int]:
        (inner,) = node["children"]
        doubted = falsy(inner)
        if doubted is not None:
            return f"!!{self.write(doubted, _UNARY)}", _UNARY
        return f"!{self.write(inner, _UNARY)}", _UNARY

    # --- values

    def _literal(self, node: Node) -> tuple[str, int]:
        value = node["value"]
        return literal(value), _UNARY if isinstance(value, (int, float)) and value < 0 else _CALL

    def _list(self, node: Node) -> tuple[str, int]:
        return f"[{', '.join(map(self.write, node['children']))}]", _CALL

    def _object(self, node: Node) -> tuple[str, int]:
        pairs = (f"{literal(pair['value'])}: {self.write(pair['children'][0])}" for pair in node["children"])
        return f"({{{', '.join(pairs)}}})", _CALL

    def _function(self, node: Node) -> tuple[str, int]:
        name, arguments = node["value"], node["children"]
        doubted = falsy(node)
        if doubted is not None:
            return f"!{self.write(doubted, _UNARY)}", _UNARY
        if name in ARITHMETIC:
            left, right = arguments
            return f"({self.write(left, _UNARY)} {ARITHMETIC[name]} {self.write(right, _UNARY)})", _CALL
        if name in _SPECIAL:
            return _SPECIAL[name](self, arguments), _CALL
        if name not in FUNCTIONS or (name == "timestamp" and arguments):
            raise UnsayableError(f"JavaScript has no function like {name}()")
        return FUNCTIONS[name].format(*(self.write(argument, _CALL) for argument in arguments)), _CALL

    def element_of(self, arguments: list[Node], method: str) -> str:
        """`every`, `some`, `map`: a list and an expression over its elements."""
        items, condition = sorted(arguments, key=lambda node: node["type"] == "expref")
        return f"{self.write(items, _CALL)}.{method}({self._arrow(condition['children'][0])})"

    def contains(self, arguments: list[Node]) -> str:
        """A list that holds a structure is asked for it element by element: `includes` knows no equal ones."""
        items, wanted = arguments
        if not is_structure(wanted):
            return f"{self.write(items, _CALL)}.includes({self.write(wanted)})"
        name = "item" if not self._elements else f"item{len(self._elements) + 1}"
        return f"{self.write(items, _CALL)}.some({name} => _.isEqual({name}, {self.write(wanted)}))"

    def joined(self, arguments: list[Node]) -> str:
        separator, parts = arguments
        if separator.get("value") != "" or parts["type"] != "multi_select_list":
            return f"{self.write(parts, _CALL)}.join({self.write(separator)})"
        return f"`{''.join(map(self._piece, parts['children']))}`"

    def _piece(self, node: Node) -> str:
        """A piece of a template of JavaScript."""
        if node["type"] == "literal" and isinstance(node["value"], str):
            return node["value"].replace("\\", "\\\\").replace("`", "\\`").replace("${", "\\${")
        if node["type"] == "function_expression" and node["value"] == "to_string":
            node = node["children"][0]
        return f"${{{self.write(node)}}}"

    def matched(self, arguments: list[Node], call: str) -> str:
        subject, pattern = arguments
        if pattern["type"] != "literal" or not isinstance(pattern["value"], str):
            raise UnsayableError("its regular expression is computed")
        return call.format(subject=self.write(subject, _CALL), pattern=regex(pattern["value"]))


_SPECIAL: Mapping[str, Callable[[Translator, list[Node]], str]] = {
    "all": lambda translator, arguments: translator.element_of(arguments, "every"),
    "any": lambda translator, arguments: translator.element_of(arguments, "some"),
    "map": lambda translator, arguments: translator.element_of(arguments, "map"),
    "contains": Translator.contains,
    "join": Translator.joined,
    "date_add": lambda translator, arguments: date_moved(translator.write, arguments),
    "date_format": lambda translator, arguments: date_written(translator.write, arguments),
    "matches": lambda translator, arguments: translator.matched(arguments, "{pattern}.test({subject})"),
    "match": lambda translator, arguments: translator.matched(arguments, "{subject}.match({pattern})"),
}
#: What `env.X` and `vars.x` of a template are to a script.
_OF_VARIABLES = {"env": "vars", "vars": "vars"}
_STEPS = frozenset({"field", "index", "index_expression", "subexpression", "filter_projection", "projection"})
_VISITORS: Mapping[str, Callable[[Translator, Node], tuple[str, int]]] = {
    "field": Translator._field,
    "subexpression": Translator._chain,
    "index_expression": Translator._index,
    "current": Translator._current,
    "identity": Translator._current,
    "filter_projection": Translator._filter,
    "projection": Translator._projection,
    "value_projection": Translator._values,
    "pipe": Translator._pipe,
    "comparator": Translator._comparator,
    "and_expression": Translator._and,
    "or_expression": Translator._or,
    "not_expression": Translator._not,
    "literal": Translator._literal,
    "multi_select_list": Translator._list,
    "multi_select_dict": Translator._object,
    "function_expression": Translator._function,
}
