"""Bruno's declarative assertions and captures: `res.body.id: eq 7`, `token: res.body.token`."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from runner.formats.bruno.context import Context
from runner.formats.bruno.nodes import Pair
from runner.formats.js_paths import Roots, Value, present, translate
from runner.formats.jsonpath import UntranslatableError
from runner.formats.texts import (
    Parts,
    call,
    constant,
    expression,
    is_literal,
    literals,
    over_response,
    plain,
    spliced,
    whole,
)
from runner.language.functions import regex_fault
from runner.language.values import number

_OF_RESPONSE = {
    "status": Value("status", "number"), "statusText": Value("reason", "text"), "headers": Value("headers", "headers"),
    "body": Value("body", "body"), "responseTime": Value("elapsed_ms", "number"), "url": Value("url", "text"),
}  # fmt: skip
_OF_REQUEST = {
    "url": Value("request.url", "text"), "method": Value("request.method", "text"),
    "headers": Value("request.headers", "headers"), "body": Value("request.body"),
}  # fmt: skip
_GETTERS = {
    "getStatus": "status", "getStatusText": "statusText", "getHeaders": "headers", "getBody": "body",
    "getResponseTime": "responseTime", "getUrl": "url", "getHeader": "headers",
}  # fmt: skip


def _roots() -> Roots:
    roots: dict[str, Value] = {}
    for name in ("res", "$res"):
        roots |= {f"{name}.{key}": value for key, value in _OF_RESPONSE.items()}
        roots |= {f"{name}.{getter}()": _OF_RESPONSE[key] for getter, key in _GETTERS.items()}
    roots |= {f"req.{key}": value for key, value in _OF_REQUEST.items()}
    return {**roots, "res.getSize()": Value("size", "number")}


ROOTS = _roots()
_QUERY = re.compile(r"\$?res\(\s*(['\"])(.*?)\1\s*\)(.*)", re.DOTALL)
_GET_VARIABLE = re.compile(r"bru\.get(?:Env|Request|Collection|Folder|GlobalEnv)?Var\(\s*(['\"])(.*?)\1\s*\)")
_UNARY = frozenset(
    {"isEmpty", "isNotEmpty", "isNull", "isUndefined", "isDefined", "isTruthy", "isFalsy", "isJson", "isNumber",
     "isString", "isBoolean", "isArray"}
)  # fmt: skip
_COMPARED = {"gt": ">", "gte": ">=", "lt": "<", "lte": "<=", "neq": "!="}
_FUNCTIONS = {
    "contains": "contains", "notContains": "!contains", "startsWith": "starts_with", "endsWith": "ends_with",
}  # fmt: skip
_BINARY = frozenset({"eq", "in", "notIn", "length", "matches", "notMatches", "between", *_COMPARED, *_FUNCTIONS})
_WORDS: Mapping[str, Any] = {"true": True, "false": False, "null": None, "undefined": None}
#: JavaScript has them without the P.
_NAMED_GROUP = re.compile(r"\(\?<(?=[A-Za-z_])")
_LARGEST = 2**53 - 1


def value(text: str, context: Context) -> Value:
    """The expression for what Bruno looks at.

    Raises:
        UntranslatableError: it is more than a path.
    """
    query = _QUERY.fullmatch(text.strip())
    if query:  # res('a.b[0]') looks into the body
        if ".." in query[2] or "[?" in query[2] or "[]" in query[2]:
            raise UntranslatableError("a query with more than a path in it")
        return translate(f"res.body.{query[2]}{query[3]}".replace(".[", "["), ROOTS)
    variable = _GET_VARIABLE.fullmatch(text.strip())
    if variable:
        return Value(over_response(context.names(variable[2])))
    return translate(text, ROOTS, lambda name: _variable(name, context))


def _variable(name: str, context: Context) -> str | None:
    return over_response(context.names(name)) if name in context.declared else None


def capture(pair: Pair, context: Context) -> str:
    """The expression of a capture.

    Raises:
        UntranslatableError: there is none.
    """
    found = value(pair.value, context)
    return "not_null(body, text)" if found.kind == "body" else found.expression


def assertion(pair: Pair, context: Context, place: str) -> Any:
    """The assertion for a line of `assert`.

    Raises:
        UntranslatableError: there is none.
    """
    found = value(pair.name, context)
    operator, _, operand = pair.value.strip().partition(" ")
    if operator in _UNARY:
        return _UNARIES[operator](found)
    if operator not in _BINARY:
        operator, operand = "eq", pair.value
    return _Binary(found, context, place).judged(operator, operand.strip())


# --- one thing judged by itself --------------------------------------------------------------------------------------


def _typed(kind: str) -> Callable[[Value], Any]:
    return lambda found: {call("type", found.expression): kind}


_UNARIES: Mapping[str, Callable[[Value], Any]] = {
    "isEmpty": lambda found: {call("length", _text_or_value(found)): 0},
    "isNotEmpty": lambda found: f"{call('length', _text_or_value(found))} > `0`",
    "isNull": lambda found: {found.expression: None},
    "isUndefined": lambda found: present(found, False),
    "isDefined": lambda found: present(found, True),
    "isTruthy": lambda found: {found.expression: True},  # Bruno asks for true itself
    "isFalsy": lambda found: {found.expression: False},
    "isJson": lambda found: f"contains(['array', 'object'], type({found.expression}))",
    "isNumber": _typed("number"),
    "isString": lambda found: {call("type", _text_or_value(found)): "string"},
    "isBoolean": _typed("boolean"),
    "isArray": _typed("array"),
}


def _text_or_value(found: Value) -> str:
    """Bruno's body is the parsed JSON, or the text where it is none."""
    return "not_null(body, text)" if found.kind == "body" else found.expression


# --- two things compared ---------------------------------------------------------------------------------------------


class _Binary:
    def __init__(self, found: Value, context: Context, place: str) -> None:
        self.found = found
        self.context = context
        self.place = place

    def judged(self, operator: str, operand: str) -> Any:
        left = self.found.expression
        if operator == "eq":
            return self._equal(operand)
        if operator in _COMPARED:
            return f"{left} {_COMPARED[operator]} {self._expression(operand)}"
        if operator in _FUNCTIONS:
            return self._part(_FUNCTIONS[operator], operand)
        if operator == "length":
            return {call("length", _text_or_value(self.found)): self._data(operand)}
        if operator in ("in", "notIn"):
            return self._one_of(operand, operator == "in")
        if operator == "between":
            low, _, high = operand.partition(",")
            return f"{left} >= {self._expression(low.strip())} && {left} <= {self._expression(high.strip())}"
        return ("!" if operator == "notMatches" else "") + self._matches(operand)

    def _equal(self, operand: str) -> Any:
        data = self._data(operand)
        return {_text_or_value(self.found) if isinstance(data, str) else self.found.expression: data}

    def _part(self, function: str, operand: str) -> str:
        right = self._expression(operand)
        left = "text" if self.found.kind == "body" else self.found.expression
        if self.found.kind in ("text", "body") and right.startswith("`"):  # a number is looked for as its digits
            right = constant(operand)
        return call(function, left, right)

    def _one_of(self, operand: str, wanted: bool) -> Any:
        inside = operand[1:-1] if operand.startswith("[") and operand.endswith("]") else operand
        parts = [part.strip() for part in inside.split(",")]
        if wanted and self.found.expression == "status":
            return {"status": [self._data(part) for part in parts]}
        items = ", ".join(self._expression(part) for part in parts)
        return ("" if wanted else "!") + call("contains", f"[{items}]", self.found.expression)

    def _matches(self, operand: str) -> str:
        inside = operand[1:-1] if len(operand) > 1 and operand[0] == operand[-1] == "/" else operand
        parts = self.context.parts(_NAMED_GROUP.sub("(?P<", inside), self.place)
        if is_literal(parts) and (fault := regex_fault(plain(parts))):
            raise UntranslatableError(f"Python's regular expressions do not take it: {fault}")
        left = "text" if self.found.kind == "body" else self.found.expression
        left = call("to_string", left) if self.found.kind == "number" else left
        return call("matches", left, expression(parts))

    # --- what it is compared with

    def _constant(self, operand: str) -> tuple[Any] | None:
        """The value that is written; None where a variable is in it."""
        if "{{" in operand:
            return None
        if operand in _WORDS:
            return (_WORDS[operand],)
        if len(operand) > 1 and operand[0] == operand[-1] and operand[0] in "'\"":
            return (operand[1:-1],)
        found = number(operand)
        return (operand if found is None or abs(found) > _LARGEST else found,)

    def _parts(self, operand: str) -> Parts:
        quoted = len(operand) > 1 and operand[0] == operand[-1] and operand[0] in "'\""
        return self.context.parts(operand[1:-1] if quoted else operand, self.place)

    def _data(self, operand: str) -> Any:
        written = self._constant(operand)
        if written is not None:
            return literals(written[0])
        parts = self._parts(operand)
        alone = whole(parts)
        if alone is not None and operand[0] == "{" and self.context.is_numeric(alone):
            return f"{{{{to_number({alone})}}}}"  # Bruno reads a number where a text spells one
        return spliced(parts)

    def _expression(self, operand: str) -> str:
        written = self._constant(operand)
        if written is not None:
            return constant(written[0])
        parts = self._parts(operand)
        alone = whole(parts)
        return expression(parts) if alone is None else over_response(alone)
