"""What can be known of an expression before there is a document: one walk over its tree.

The walk goes in the order of the text, so that each name and literal meets its place. It collects the names
that are read at the root, below `vars` and below `env`, and refuses what JMESPath would misread or fail on:
unknown functions, wrong numbers of arguments, `vars` where only an element is seen, `!a.b`, a step of 0, too
many levels.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence
from typing import NamedTuple

from runner.diagnostics import did_you_mean, nearest, undefined_variable
from runner.language import functions
from runner.language.query.faults import QueryFault, too_deep
from runner.language.query.tree import MAX_LEVELS, Mark, Node, Tree, is_root
from runner.language.values import Value


class Name(NamedTuple):
    """A name that an expression reads; `optional` if it stands left of `||` or in not_null(…).

    `column` is the key that is read of a row, of `item` or `data`, and its place.
    """

    text: str
    start: int
    end: int
    optional: bool
    column: tuple[str, int, int] | None = None


# What the current value is, as far as it is known. ELEMENT is what a projection hands to the path after it;
# INSIDE is the same within a filter's condition, an expref or a multi-select, where people expect to see the
# document. ROW is the value of the last name that was read.
ROOT, VARS, ENV, ELEMENT, INSIDE, ROW, OTHER = range(7)

#: Names whose values are rows of data.
_ROWS = frozenset({"item", "data"})
#: What a name leads to.
_PLACES = {"vars": VARS, "env": ENV, **dict.fromkeys(_ROWS, ROW)}

_PATH = frozenset({"field", "index", "index_expression", "subexpression", "identity"})


class Walk:
    """One walk over a tree; afterwards its lists hold what the expression reads.

    Raises:
        QueryFault: from `run`, the first fault in the text.
    """

    __slots__ = ("_level", "_next", "_read", "_values", "_words", "env", "is_path", "names", "tree", "variables")

    def __init__(self, tree: Tree, marks: Sequence[Mark], values: Sequence[Value]) -> None:
        self.tree = tree
        self.names: list[Name] = []
        self.variables: list[Name] = []
        self._read = self.names
        self.env: list[Name] = []
        self.is_path = True
        self._words = iter([mark for mark in marks if mark[0] == "name"])
        self._values = iter(values)
        self._level = 0

    def run(self) -> None:
        self._visit(self.tree.root, ROOT, False)

    def _visit(self, node: Node, place: int, optional: bool) -> int:
        """Gives the place that the node's value is at."""
        self._level += 1
        if self._level > MAX_LEVELS:
            raise too_deep(self.tree.text)
        kind = node["type"]
        if kind not in _PATH:
            self.is_path = False
        result = _VISITORS[kind](self, node, place, optional)
        self._level -= 1
        return result

    # --- what reads names

    def _field(self, node: Node, place: int, optional: bool) -> int:
        mark = next(self._words)
        text = node["value"]
        if place in (ROOT, VARS):
            self._read = self.names if place == ROOT else self.variables
            self._read.append(Name(text, mark.start, mark.end, optional))
            return _PLACES.get(text, OTHER)
        if place == ROW:
            self._read[-1] = self._read[-1]._replace(column=(text, mark.start, mark.end))
        elif place == ENV:
            self.env.append(Name(text, mark.start, mark.end, optional))
        elif place == INSIDE and text == "vars":
            self._refuse_vars(mark)
        return _beyond(place)

    def _refuse_vars(self, mark: Mark) -> None:
        path = _VARIABLE.match(self.tree.text, mark.start)
        end = path.end() if path else mark.end
        message = "'vars' is not seen here: inside a filter or projection JMESPath sees only the element"
        raise QueryFault(message, mark.start, end, f"write root().{self.tree.text[mark.start : end]}")

    def _current(self, node: Node, place: int, optional: bool) -> int:
        return ELEMENT if place == INSIDE else place

    def _literal(self, node: Node, place: int, optional: bool) -> int:
        node["value"] = next(self._values)  # keeps a number's spelling, which jmespath's lexer loses
        return OTHER

    # --- what leads from one value to the next

    def _chain(self, node: Node, place: int, optional: bool) -> int:
        self._refuse_not(node)
        for child in node["children"]:
            place = self._visit(child, place, optional)
        return place

    def _pipe(self, node: Node, place: int, optional: bool) -> int:
        for child in node["children"]:
            place = self._visit(child, _within(place), optional)
        return place

    def _projection(self, node: Node, place: int, optional: bool) -> int:
        self._refuse_not(node)
        left, right = node["children"]
        self._visit(left, place, optional)
        self._visit(right, ELEMENT, optional)
        return OTHER

    def _filter(self, node: Node, place: int, optional: bool) -> int:
        self._refuse_not(node)
        left, right, condition = node["children"]
        self._visit(left, place, optional)
        self._visit(condition, INSIDE, optional)
        self._visit(right, ELEMENT, optional)
        return OTHER

    def _flatten(self, node: Node, place: int, optional: bool) -> int:
        self._refuse_not(node)
        self._visit(node["children"][0], place, optional)
        return OTHER

    def _leaf(self, node: Node, place: int, optional: bool) -> int:
        return place if node["type"] == "identity" else _beyond(place)

    def _slice(self, node: Node, place: int, optional: bool) -> int:
        if node["children"][2] == 0:
            raise QueryFault("a slice cannot go in steps of 0", *self.tree.span(node), "write a step such as 1")
        return _beyond(place)

    def _refuse_not(self, node: Node) -> None:
        """`!a.b` is `(!a).b` to JMESPath; it binds more tightly than a path."""
        base = node["children"][0]
        if base["type"] == "flatten":
            base = base["children"][0]
        if base["type"] == "not_expression":
            start, end = self.tree.span(node)
            text = self.tree.text[start:end]
            message = f"JMESPath reads '{text}' as if '!' belonged to its first part only"
            hint = f"write !({text[1:].strip()})" if text[0] == "!" else "write ! before the whole of it"
            raise QueryFault(message, start, end, hint)

    # --- what holds expressions side by side

    def _each(self, node: Node, place: int, optional: bool) -> int:
        inner = _within(place)
        for child in node["children"]:
            self._visit(child, inner, optional)
        return OTHER

    def _pair(self, node: Node, place: int, optional: bool) -> int:
        next(self._words)
        return self._visit(node["children"][0], place, optional)

    def _or(self, node: Node, place: int, optional: bool) -> int:
        left, right = node["children"]
        inner = _within(place)
        first = self._visit(left, inner, True)
        second = self._visit(right, inner, optional)
        return first if first == second != ROW else OTHER

    def _expref(self, node: Node, place: int, optional: bool) -> int:
        raise QueryFault("'&' makes an expression for a function, and no function takes it here", *self.tree.span(node))

    # --- functions

    def _function(self, node: Node, place: int, optional: bool) -> int:
        mark = next(self._words)
        name, arguments = node["value"], node["children"]
        known = functions.FUNCTIONS.get(name)
        if known is None:
            raise _unknown_function(name, mark)
        if not known.takes(len(arguments)):
            raise self._wrong_number(node, known)
        inner, may_miss = _within(place), optional or name == "not_null"
        for number, argument in enumerate(arguments):
            self._argument(known, number, argument, inner, may_miss)
        if name in _WITH_REGEX:
            self._check_regex(arguments[1])
        return ROOT if is_root(node) else _beyond(place)

    def _argument(self, known: functions.Function, number: int, node: Node, place: int, optional: bool) -> None:
        wants = known.parameter(number).is_expression
        if wants == (node["type"] == "expref"):
            if wants:
                self._level += 1
                self._visit(node["children"][0], INSIDE, optional)
                self._level -= 1
            else:
                self._visit(node, place, optional)
            return
        text, span = self.tree.source(node), self.tree.span(node)
        ordinal = functions.ordinal(number)
        if wants:
            message = f"{known.name}() wants an expression as its {ordinal} argument"
            raise QueryFault(message, *span, f"write &{text}")
        message = f"{known.name}() takes no expression as its {ordinal} argument"
        raise QueryFault(message, *span, f"write {text.removeprefix('&')}")

    def _wrong_number(self, node: Node, known: functions.Function) -> QueryFault:
        count = len(node["children"])
        message = f"{known.name}() takes {known.arity}, here {'is' if count == 1 else 'are'} {count}"
        return QueryFault(message, *self.tree.span(node), f"write {known.usage}")

    def _check_regex(self, node: Node) -> None:
        if node["type"] == "literal" and isinstance(node["value"], str):
            fault = functions.regex_fault(node["value"])
            if fault:
                raise QueryFault(f"this is no regular expression: {fault}", *self.tree.span(node))


def _within(place: int) -> int:
    """The place of an expression that stands for itself: in an element, `vars` is not the document's."""
    return INSIDE if place == ELEMENT else place


def _beyond(place: int) -> int:
    """The place that a step leads to: within an element, it stays there."""
    return ELEMENT if place in (ELEMENT, INSIDE) else OTHER


_WITH_REGEX = frozenset({"match", "matches"})
_VARIABLE = re.compile(r"vars(?:\s*\.\s*[A-Za-z_][A-Za-z0-9_]*)*")

_VISITORS: dict[str, Callable[[Walk, Node, int, bool], int]] = {
    "and_expression": Walk._each,
    "comparator": Walk._each,
    "current": Walk._current,
    "expref": Walk._expref,
    "field": Walk._field,
    "filter_projection": Walk._filter,
    "flatten": Walk._flatten,
    "function_expression": Walk._function,
    "identity": Walk._leaf,
    "index": Walk._leaf,
    "index_expression": Walk._chain,
    "key_val_pair": Walk._pair,
    "literal": Walk._literal,
    "multi_select_dict": Walk._each,
    "multi_select_list": Walk._each,
    "not_expression": Walk._each,
    "or_expression": Walk._or,
    "pipe": Walk._pipe,
    "projection": Walk._projection,
    "slice": Walk._slice,
    "subexpression": Walk._chain,
    "value_projection": Walk._projection,
}


def _unknown_function(name: str, mark: Mark) -> QueryFault:
    listed = sorted(functions.FUNCTIONS)
    hint = did_you_mean(name, listed) or f"there are: {', '.join(listed)}"
    return QueryFault(f"unknown function '{name}()'", mark.start, mark.end, hint)


# --- names against what the document has

_CONSTANTS = frozenset({"true", "false", "null"})
#: Names that are taken (format.md § 4): a response has them below `vars`.
_BELOW_VARS = frozenset({"env", "item", "index", "data", "iteration"})
_SHOWN = 20


def faults_of_names(
    text: str, names: Collection[Name], known: Collection[str], document: str, variables: Collection[str]
) -> list[QueryFault]:
    """A fault for each name that the document cannot have.

    A variable may be missing where it is optional; a key of the response, whose keys are known, may not.
    """
    return [
        _unknown_name(text, name, known, document, variables)
        for name in names
        if name.text not in known and not (document == "variables" and _may_miss(text, name))
    ]


def _may_miss(text: str, name: Name) -> bool:
    return name.optional and name.text not in _CONSTANTS and text[name.start] != '"'


def _unknown_name(
    text: str, name: Name, known: Collection[str], document: str, variables: Collection[str]
) -> QueryFault:
    hint = _hint(text, name, known, variables)
    if document != "variables":
        what = f"'{name.text}' is not a key of the response"
    elif hint == did_you_mean(name.text, known):
        what, hint = undefined_variable(name.text, known), ""
    else:
        what = undefined_variable(name.text)
    return QueryFault(what, name.start, name.end, hint)


def _hint(text: str, name: Name, known: Collection[str], variables: Collection[str]) -> str:
    if name.text in _BELOW_VARS and "vars" in known:
        return f"write vars.{name.text}"
    if name.text in _CONSTANTS:
        return f"write `{name.text}` in backticks"
    if text[name.start] == '"':
        return f"double quotes name a key; text is written '{name.text}'"
    if name.text in variables:
        return f"write vars.{name.text}"
    if nearest(name.text, known) is not None:
        return did_you_mean(name.text, known)
    close = nearest(name.text, variables)
    if close is not None:
        return f"did you mean 'vars.{close}'?"
    listed = list(known)
    more = f" and {len(listed) - _SHOWN} more" if len(listed) > _SHOWN else ""
    return f"there are: {', '.join(listed[:_SHOWN])}{more}" if listed else ""
