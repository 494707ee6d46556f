"""Hurl's predicates → assertions: `key: value` where two things are equal, else an expression that must be true."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable, Mapping
from typing import Any

from runner.formats.hurl.nodes import Assert, Value
from runner.formats.hurl.queries import Ours, Term, regex_of, term
from runner.formats.jsonpath import UntranslatableError
from runner.formats.texts import call, constant, expression, is_literal, literals, over_response, plain, spliced, whole
from runner.formats.variables import Kinds

_OPERATORS = {
    "==": "==", "!=": "!=", ">": ">", ">=": ">=", "<": "<", "<=": "<=", "equals": "==", "notEquals": "!=",
    "greaterThan": ">", "greaterThanOrEquals": ">=", "lessThan": "<", "lessThanOrEquals": "<=",
}  # fmt: skip
_NEGATED = {"==": "!=", "!=": "==", ">": "<=", ">=": "<", "<": ">=", "<=": ">"}
_TYPES = {"isBoolean": "boolean", "isString": "string", "isNumber": "number", "isList": "array", "isObject": "object"}
_INTEGER = r"^-?[0-9]+$"
_PATTERNS = {
    "isIsoDate": r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})$",
    "isIpv4": r"^((25[0-5]|2[0-4]\d|1?\d?\d)(\.|$)){4}$",
    "isUuid": r"^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$",
}
#: Methods that read the bytes of a file beside the Hurl file.
ReadBytes = Callable[[str], bytes]


class Judge:
    """Translates assertions; `ours` gives texts with our expressions, `read` files that are compared with."""

    def __init__(self, ours: Ours, kinds: Kinds, read: ReadBytes) -> None:
        self.ours = ours
        self.kinds = kinds
        self.read = read

    def assertion(self, line: Assert) -> Any:
        """The assertion for a line.

        Raises:
            UntranslatableError: there is none.
        """
        found = term(line.query, self.ours)
        predicate = line.predicate
        if predicate in _OPERATORS:
            operator = _OPERATORS[predicate]
            return self._compared(found, _NEGATED[operator] if line.negated else operator, line.value)
        if predicate == "exists":
            return _exists(found, not line.negated)
        return _negated(self._judged(found, predicate, line.value), line.negated)

    # --- equality and order

    def _compared(self, found: Term, operator: str, value: Value | None) -> Any:
        assert value is not None
        if found.kind in ("set-cookie", "redirect"):
            raise UntranslatableError(f"it has another form here: see `{found.expression.partition('[')[0]}`")
        if value.kind in ("bytes", "file"):
            found, value = self._of_bytes(found, value)
        if found.kind == "date":
            right = call("timestamp", self._expression(value))
            return f"{call('timestamp', found.expression)} {operator} {right}"
        if operator == "==":
            return equal(found.expression, self._data(value))
        return f"{found.inner} {operator} {self._expression(value)}"

    def _of_bytes(self, found: Term, value: Value) -> tuple[Term, Value]:
        """What is compared with bytes: digests by their digits, bytes by their base64, decoded ones by their text."""
        content = value.value if value.kind == "bytes" else self.file(value)
        if found.kind == "hash":
            return found, Value("constant", value=content.hex())
        if found.kind == "decoded":
            return found, Value("constant", value=_utf8(content))
        if found.kind == "bytes" and value.kind == "file":
            return Term("sha256(bytes)", "hash"), Value("constant", value=hashlib.sha256(content).hexdigest())
        if found.kind == "bytes":
            return Term("base64(bytes)", "text"), Value("constant", value=base64.b64encode(content).decode())
        if value.kind == "file":
            return found, Value("constant", value=_utf8(content))
        raise UntranslatableError("it is compared with bytes, and is none")

    def file(self, value: Value) -> bytes:
        parts = self.ours(value.parts)
        if not is_literal(parts):
            raise UntranslatableError("the file that it is compared with comes from a variable")
        try:
            return self.read(plain(parts))
        except ValueError as error:
            raise UntranslatableError(f"the file that it is compared with cannot be read: {error}") from None

    def _data(self, value: Value) -> Any:
        """A value as data of the draft."""
        if value.kind == "constant":
            return literals(value.value)
        parts = self.ours(value.parts)
        alone = whole(parts)
        if alone is None or value.kind == "placeholder":
            return spliced(parts)
        return f"{{{{{self.kinds.quoted(alone)}}}}}"

    def _expression(self, value: Value) -> str:
        if value.kind == "constant":
            return constant(value.value)
        parts = self.ours(value.parts)
        alone = whole(parts)
        if alone is not None and (value.kind == "placeholder" or self.kinds.is_text(alone)):
            return over_response(alone)
        return expression(parts)

    # --- everything else

    def _judged(self, found: Term, predicate: str, value: Value | None) -> str:
        if predicate in _TYPES:
            return f"type({found.expression}) == {constant(_TYPES[predicate])}"
        if predicate in _PATTERNS:
            return call("matches", found.expression, constant(_PATTERNS[predicate]))
        if predicate in _JUDGES:
            return _JUDGES[predicate](found)
        if predicate == "matches":
            assert value is not None
            return call("matches", found.expression, regex_of(value, self.ours))
        function = _FUNCTIONS.get(predicate)
        if function is None or value is None:
            raise UntranslatableError("nothing here judges that")
        return self._part(function, found, value)

    def _part(self, function: str, found: Term, value: Value) -> str:
        if value.kind == "bytes":
            if found.kind not in ("bytes", "decoded") or not value.value.isascii():
                raise UntranslatableError("parts of bytes cannot be compared")
            text = "text" if found.kind == "bytes" else found.expression
            return call(function, text, constant(value.value.decode()))
        if found.kind == "set-cookie":
            raise UntranslatableError("cookies are judged by `set_cookies`, name by name")
        return call(function, found.expression, self._expression(value))


_FUNCTIONS = {"startsWith": "starts_with", "endsWith": "ends_with", "contains": "contains", "includes": "contains"}


def _is_integer(found: Term) -> str:
    return f"type({found.expression}) == 'number' && matches(to_string({found.expression}), '{_INTEGER}')"


def _is_float(found: Term) -> str:
    return f"type({found.expression}) == 'number' && !matches(to_string({found.expression}), '{_INTEGER}')"


def _is_collection(found: Term) -> str:
    if found.kind == "header":
        return f"contains({found.expression}, ', ')"
    return f"contains(['array', 'object'], type({found.expression}))"


def _is_empty(found: Term) -> str:
    return f"length({found.expression}) == `0`"


_JUDGES: Mapping[str, Callable[[Term], str]] = {
    "isInteger": _is_integer,
    "isFloat": _is_float,
    "isCollection": _is_collection,
    "isEmpty": _is_empty,
}


def equal(left: str, value: Any) -> Any:
    """`left: value`, of which an expression has to be a key."""
    return {left: value}


_EQUATION = re.compile(r"(.+) == (`(?:null|true|false|-?\d+)`|'[^'\\]*')")


def _negated(judged: str, negated: bool) -> Any:
    """An expression, or its contrary; one that is a simple equation becomes `key: value`."""
    equation = _EQUATION.fullmatch(judged)
    if equation and "&&" not in judged:
        left, right = equation.groups()
        if negated:
            return f"{left} != {right}"
        return {left: right[1:-1] if right[0] == "'" else int(right[1:-1])}
    if not negated:
        return judged
    return f"!({judged})" if "&&" in judged else f"!{judged}"


def _exists(found: Term, wanted: bool) -> Any:
    path = found.path
    if path is not None and not path.is_list and path.last:
        parent = path.parent if wanted or path.parent == "body" else f"not_null({path.parent}, `{{}}`)"
        return ("" if wanted else "!") + call("has", parent, constant(path.last))
    if found.expression.startswith("vars.") and found.kind == "json":
        return ("" if wanted else "!") + call("has", "vars", constant(found.expression[5:]))
    if found.kind == "set-cookie":
        return {"length(set_cookies)": 0} if not wanted else "length(set_cookies) > `0`"
    return f"{found.inner} != `null`" if wanted else {found.expression: None}


def _utf8(content: bytes) -> str:
    try:
        return content.decode()
    except UnicodeDecodeError:
        raise UntranslatableError("what it is compared with is not UTF-8") from None
