"""JMESPath → JavaScript for Postman's scripts: expressions over a response, or over the variables.

    tree of an expression ─▶ JavaScript, with how tightly it holds together

What `runner.formats.scripts` reads of the JavaScript that is written here is the expression again. This file knows the
names that Postman gives to scripts, and no YAML.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from runner.language import query
from runner.language.values import SpelledFloat

Node = Mapping[str, Any]
#: How tightly JavaScript holds together.
_CHOICE, _OR, _AND, _EQUALITY, _SUM, _UNARY, _CALL = range(7)
_FALSE_VALUES = [None, False, 0, ""]
_NAME = re.compile(r"[A-Za-z_$][A-Za-z0-9_$]*", re.ASCII)
_ELEMENT = re.compile(r"item\d*")
_SIGNS = {"eq": "===", "ne": "!==", "lt": "<", "lte": "<=", "gt": ">", "gte": ">="}

#: Keys of the response document.
_RESPONSE: Mapping[str, str] = {
    "status": "pm.response.code",
    "reason": "pm.response.status",
    "body": "pm.response.json()",
    "text": "pm.response.text()",
    "size": "pm.response.responseSize",
    "elapsed_ms": "pm.response.responseTime",
}
#: Where a name below a key is looked up by a call, and the key of one that is a member.
_BELOW: Mapping[str, str] = {
    "vars": "pm.variables.get({})",
    "headers": "pm.response.headers.get({})",
    "cookies": "pm.cookies.get({})",
}
_REQUEST: Mapping[str, str] = {
    "method": "pm.request.method",
    "body": "pm.request.body.raw",
    "url": "pm.request.url.toString()",
}

#: Functions: how their call is written, the arguments as they hold together most tightly.
_FUNCTIONS: Mapping[str, str] = {
    "length": "{}.length",
    "contains": "{}.includes({})",
    "starts_with": "{}.startsWith({})",
    "ends_with": "{}.endsWith({})",
    "lower": "{}.toLowerCase()",
    "upper": "{}.toUpperCase()",
    "trim": "{}.trim()",
    "split": "{}.split({})",
    "replace": "{}.replaceAll({}, {})",
    "has": "{}.hasOwnProperty({})",
    "keys": "Object.keys({})",
    "values": "Object.values({})",
    "to_number": "Number({})",
    "to_string": "String({})",
    "parse_json": "JSON.parse({})",
    "reverse": "{}.reverse()",
    "sort": "{}.sort()",
    "uuid": 'require("uuid").v4()',
    "now": "new Date().toISOString()",
    "timestamp": "Math.floor(Date.now() / 1000)",
    "random_int": "_.random({}, {})",
    "base64": "btoa({})",
    "base64_decode": "atob({})",
    "url_encode": "encodeURIComponent({})",
    "url_decode": "decodeURIComponent({})",
    "md5": "CryptoJS.MD5({}).toString()",
    "sha256": "CryptoJS.SHA256({}).toString()",
    "hmac_sha256": "CryptoJS.HmacSHA256({1}, {0}).toString()",
    "abs": "Math.abs({})",
    "floor": "Math.floor({})",
    "ceil": "Math.ceil({})",
    "min": "Math.min(...{})",
    "max": "Math.max(...{})",
}
_ARITHMETIC = {"add": "+", "subtract": "-", "multiply": "*", "divide": "/", "modulo": "%"}
_BOOLEAN = frozenset({"contains", "starts_with", "ends_with", "has", "matches", "all", "any"})
_TYPES = {"array": "Array.isArray({})", "object": "_.isObject({})", "null": "{} === null"}


class UnsayableError(Exception):
    """An expression for which there is no JavaScript here; the message says why."""


def expression(text: str, *, over_response: bool) -> str:
    """The JavaScript of an expression over the response, or over the variables.

    Raises:
        UnsayableError: there is none.
    """
    return Translator(over_response).write(query.compile(text).tree.root)


def tree_of(text: str) -> Node:
    """The tree of an expression."""
    root: Node = query.compile(text).tree.root
    return root


def is_boolean(node: Node) -> bool:
    """Whether a part of an expression gives true or false, whatever it looks at."""
    kind = node["type"]
    if kind in ("comparator", "not_expression"):
        return True
    if kind in ("and_expression", "or_expression"):
        return all(map(is_boolean, node["children"]))
    if kind == "literal":
        return isinstance(node["value"], bool)
    return kind == "function_expression" and node["value"] in _BOOLEAN


def literal(value: Any) -> str:
    """A JSON value as JavaScript; a number as it is spelled."""
    if isinstance(value, SpelledFloat):
        return str(value)
    return json.dumps(value, ensure_ascii=False).replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def regex(pattern: str) -> str:
    """A regular expression as a literal.

    Raises:
        UnsayableError: JavaScript has no such one.
    """
    match = re.fullmatch(r"\(\?([ims]+)\)(.*)", pattern, re.DOTALL)
    flags, inner = (match[1], match[2]) if match else ("", pattern)
    if not inner or "\n" in inner or re.search(r"\(\?(?![:=!<P])|\\[AZ]|\(\?P[=>]", inner):
        raise UnsayableError("its regular expression is one of Python's own")
    inner = re.sub(r"(?<!\\)((?:\\\\)*)/", r"\1\\/", inner).replace("(?P<", "(?<")
    return f"/{inner}/{flags}"


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
            return _member(self._elements[-1], name), _CALL
        if not self._over_response:
            return f"pm.variables.get({literal(name)})", _CALL
        if name not in _RESPONSE:
            raise UnsayableError(f"scripts do not see '{name}'")
        return _RESPONSE[name], _CALL

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
        inner = _first_field(rest[0]) if rest else None
        sent = [step.get("value") for step in steps[:2]] == ["request", "headers"] and not self._elements
        if sent and len(steps) > 2:
            name = _first_field(steps[2])
            if name is not None:
                return self._inner(steps[2], f"pm.request.headers.get({literal(name['value'])})"), steps[3:]
        if first["type"] == "field" and inner is not None and not self._elements and self._over_response:
            found = _looked_up(first["value"], inner["value"])
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
            return _member(text, node["value"])
        if kind == "index":
            place = node["value"]
            return f"{text}?.at({place})" if place < 0 else f"{text}{_before_bracket(text)}[{place}]"
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
        chosen = _chosen(node)
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
            if _is_null(right):
                sign = sign[:2]  # what is missing is undefined
            elif _is_structure(left) or _is_structure(right):
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
        if name in _ARITHMETIC:
            left, right = arguments
            return f"({self.write(left, _UNARY)} {_ARITHMETIC[name]} {self.write(right, _UNARY)})", _CALL
        if name in _SPECIAL:
            return _SPECIAL[name](self, arguments), _CALL
        if name not in _FUNCTIONS or (name == "timestamp" and arguments):
            raise UnsayableError(f"JavaScript has no function like {name}()")
        return _FUNCTIONS[name].format(*(self.write(argument, _CALL) for argument in arguments)), _CALL

    def element_of(self, arguments: list[Node], method: str) -> str:
        """`every`, `some`, `map`: a list and an expression over its elements."""
        items, condition = sorted(arguments, key=lambda node: node["type"] == "expref")
        return f"{self.write(items, _CALL)}.{method}({self._arrow(condition['children'][0])})"

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


def _looked_up(key: str, name: str) -> str | None:
    if key == "request":
        return _REQUEST.get(name)
    return _BELOW[key].format(literal(name)) if key in _BELOW else None


def _member(text: str, name: str) -> str:
    if _NAME.fullmatch(name):
        return f"{text}{'.' if _is_there(text) else '?.'}{name}"
    return f"{text}{_before_bracket(text)}[{literal(name)}]"


def _before_bracket(text: str) -> str:
    return "" if _is_there(text) else "?."


def _is_there(text: str) -> bool:
    """Whether a value is there for sure: a step further into what is missing is an error in JavaScript."""
    return text == _RESPONSE["body"] or _ELEMENT.fullmatch(text) is not None


def _first_field(node: Node) -> Node | None:
    """The field that a step begins with."""
    if node["type"] == "field":
        return node
    children = node["children"]
    if node["type"] == "index_expression" and len(children) == 2 and children[0]["type"] == "field":
        return children[0]  # type: ignore[no-any-return]
    return None


def _chosen(node: Node) -> tuple[Node, Node, Node] | None:
    """`(test && [yes] || [no])[0]`: a choice in which no value is taken for false."""
    base, *steps = node["children"]
    if base["type"] != "or_expression" or [step.get("value") for step in steps] != [0]:
        return None
    first, no = base["children"]
    if first["type"] != "and_expression" or no["type"] != "multi_select_list":
        return None
    test, yes = first["children"]
    return (test, yes["children"][0], no["children"][0]) if yes["type"] == "multi_select_list" else None


def falsy(node: Node) -> Node | None:
    """What is asked whether JavaScript takes it for false."""
    if node["type"] != "function_expression" or node["value"] != "contains":
        return None
    values, subject = node["children"]
    return subject if values["type"] == "literal" and values["value"] == _FALSE_VALUES else None


def _is_null(node: Node) -> bool:
    return node["type"] == "literal" and node["value"] is None


def _is_structure(node: Node) -> bool:
    if node["type"] in ("multi_select_list", "multi_select_hash"):
        return True
    return node["type"] == "literal" and isinstance(node["value"], (list, dict))


_MOMENT = 'require("moment").utc'
_UNITS = {"d": "days", "h": "hours", "m": "minutes", "s": "seconds"}
_DURATION = re.compile(r"(-?)(\d+(?:\.\d+)?)([dhms])", re.ASCII)
#: Forms of a date: Python's letters → those of the library moment.
_FORMS = {
    "%Y": "YYYY", "%y": "YY", "%m": "MM", "%B": "MMMM", "%b": "MMM", "%d": "DD", "%H": "HH", "%I": "hh", "%M": "mm",
    "%S": "ss", "%p": "A", "%a": "ddd", "%A": "dddd",
}  # fmt: skip
_FORM = re.compile(r"%.|[A-Za-z]+|[^%A-Za-z]+", re.DOTALL)


def _moment(translator: Translator, node: Node) -> str:
    """A date as an object of the library moment."""
    if node["type"] == "function_expression" and node["value"] == "now":
        return f"{_MOMENT}()"
    if node["type"] == "function_expression" and node["value"] == "date_add":
        date, length = node["children"]
        match = _DURATION.fullmatch(str(length.get("value")))
        if match is None:
            raise UnsayableError("it moves a date by a time that is computed")
        word = "subtract" if match[1] else "add"
        return f'{_moment(translator, date)}.{word}({match[2]}, "{_UNITS[match[3]]}")'
    return f"{_MOMENT}({translator.write(node)})"


def _moved(translator: Translator, arguments: list[Node]) -> str:
    node = {"type": "function_expression", "value": "date_add", "children": arguments}
    return f"{_moment(translator, node)}.toISOString()"


def _formatted(translator: Translator, arguments: list[Node]) -> str:
    date, form = arguments
    parts = _FORM.findall(str(form.get("value", "")))
    if form["type"] != "literal" or any(part[0] == "%" and part not in _FORMS for part in parts):
        raise UnsayableError("the form of its date has no like")
    written = "".join(_FORMS.get(part) or (f"[{part}]" if part.isalpha() else part) for part in parts)
    return f"{_moment(translator, date)}.format({literal(written)})"


_SPECIAL: Mapping[str, Callable[[Translator, list[Node]], str]] = {
    "all": lambda translator, arguments: translator.element_of(arguments, "every"),
    "any": lambda translator, arguments: translator.element_of(arguments, "some"),
    "map": lambda translator, arguments: translator.element_of(arguments, "map"),
    "join": Translator.joined,
    "date_add": _moved,
    "date_format": _formatted,
    "matches": lambda translator, arguments: translator.matched(arguments, "{pattern}.test({subject})"),
    "match": lambda translator, arguments: translator.matched(arguments, "{subject}.match({pattern})"),
}

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
