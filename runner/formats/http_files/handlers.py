"""Response handlers of JetBrains, where they are idioms: `client.test`, `client.assert`, `client.global.set`.

JavaScript is never run. A handler is taken apart into statements; those that say what ours can say become assertions
and captures, a handler with anything else in it is left as it is, as a comment. `client.log` only prints.

    code ─▶ statements ─▶ captures, assertions │ what is left
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from runner.formats.draft import Data
from runner.formats.http_files.context import Context
from runner.formats.js_paths import Roots, Value, present, translate
from runner.formats.jsonpath import UntranslatableError
from runner.formats.texts import call, constant, literals
from runner.language.values import number

ROOTS: Roots = {
    "response.status": Value("status", "number"),
    "response.body": Value("body", "body"),
    "response.headers.valueOf()": Value("headers", "headers"),
    "response.contentType.mimeType": Value("trim(split(headers.\"content-type\", ';')[0])", "text"),
}
_COMMENTS = re.compile(r"'(?:\\.|[^'\\\n])*'|\"(?:\\.|[^\"\\\n])*\"|`(?:\\.|[^`\\])*`|//[^\n]*|/\*.*?\*/", re.DOTALL)
_TEST = re.compile(
    r"client\.test\(\s*(?:'[^']*'|\"[^\"]*\"|`[^`]*`)\s*,\s*(?:function\s*\(\s*\)|\(\s*\)\s*=>)\s*\{(.*)\}\s*\)",
    re.DOTALL,
)
_ASSERT = re.compile(r"client\.assert\((.*)\)", re.DOTALL)
_SET = re.compile(r"client\.global\.set\(\s*(['\"])([^'\"]+)\1\s*,\s*(.*)\)", re.DOTALL)
_DECLARED = re.compile(r"(?:const|let|var)\s+([A-Za-z_]\w*)\s*=\s*(.+)", re.DOTALL)
_LOG = re.compile(r"(?:client\.log|console\.log)\(.*\)", re.DOTALL)
_OPERATOR = re.compile(r"(.+?)\s*(===|!==|==|!=|>=|<=|>|<)\s*(.+)", re.DOTALL)
_TYPE_OF = re.compile(r"typeof\s+(.+?)\s*===?\s*(['\"])(\w+)\2", re.DOTALL)
_CALLED = re.compile(r"(.+)\.(hasOwnProperty|includes|startsWith|endsWith)\(\s*(.+)\s*\)", re.DOTALL)
_IN = re.compile(r"(['\"])([^'\"]+)\1\s+in\s+(.+)", re.DOTALL)
_ARRAY = re.compile(r"Array\.isArray\((.+)\)", re.DOTALL)
_PARSED = re.compile(r"JSON\.parse\(\s*response\.body\s*\)")
_METHODS = {"includes": "contains", "startsWith": "starts_with", "endsWith": "ends_with"}
_TYPES = {"string": "string", "number": "number", "boolean": "boolean"}
_WORDS: Data = {"true": True, "false": False, "null": None, "undefined": None}
_DEEPEST = 10


class Translation(NamedTuple):
    """What a handler comes to."""

    captures: dict[str, str]
    asserts: list[Any]


def translated(code: str, context: Context) -> Translation:
    """Captures by their foreign names, and assertions.

    Raises:
        UntranslatableError: something in it has no translation; the message says what.
    """
    reader = _Reader(context)
    reader.block(_COMMENTS.sub(lambda match: "" if match[0].startswith("/") else match[0], code), 0)
    return Translation(reader.captures, reader.asserts)


def _statements(code: str) -> Iterator[str]:
    """The statements of a block: up to a `;` or a line's end outside brackets and strings."""
    depth, quote, start, place = 0, "", 0, 0
    while place < len(code):
        character = code[place]
        if quote:
            place += character == "\\"
            quote = "" if character == quote else quote
        elif character in "'\"`":
            quote = character
        elif character in "([{":
            depth += 1
        elif character in ")]}":
            depth -= 1
        elif depth == 0 and character in ";\n" and not code[place:].lstrip().startswith((".", "&&", "||")):
            yield code[start:place]
            start = place + 1
        place += 1
    yield code[start:]


class _Reader:
    def __init__(self, context: Context) -> None:
        self.context = context
        self.captures: dict[str, str] = {}
        self.asserts: list[Any] = []
        self.aliases: dict[str, str] = {}

    def block(self, code: str, depth: int) -> None:
        if depth > _DEEPEST:
            raise UntranslatableError("it is nested too deep")
        for statement in map(str.strip, _statements(code)):
            if statement:
                self._statement(statement, depth)

    def _statement(self, statement: str, depth: int) -> None:
        test = _TEST.fullmatch(statement)
        asserted = _ASSERT.fullmatch(statement)
        stored = _SET.fullmatch(statement)
        declared = _DECLARED.fullmatch(statement)
        if test:
            self.block(test[1], depth + 1)
        elif asserted:
            self.asserts += map(self._condition, _conjuncts(_arguments(asserted[1])[0]))
        elif stored:
            self.captures[stored[2]] = self._value(stored[3]).expression
        elif declared:
            self._value(declared[2])
            self.aliases[declared[1]] = declared[2]
        elif not _LOG.fullmatch(statement):
            raise UntranslatableError(
                f"'{statement.splitlines()[0][:60]}' is more than a check or a value that is kept"
            )

    def _value(self, text: str) -> Value:
        text = _PARSED.sub("response.body", text.strip())
        alias = re.match(r"[A-Za-z_]\w*", text)
        if alias and alias[0] in self.aliases:
            text = self.aliases[alias[0]] + text[alias.end() :]
        return translate(_PARSED.sub("response.body", text), ROOTS)

    # --- conditions

    def _condition(self, text: str) -> Any:
        typed = _TYPE_OF.fullmatch(text)
        if typed and typed[3] in _TYPES:
            return {call("type", self._value(typed[1]).expression): _TYPES[typed[3]]}
        array = _ARRAY.fullmatch(text)
        if array:
            return {call("type", self._value(array[1]).expression): "array"}
        within = _IN.fullmatch(text)
        if within:
            return call("has", self._value(within[3]).expression, constant(within[2]))
        called = _CALLED.fullmatch(text)
        if called:
            return self._called(self._value(called[1]), called[2], called[3])
        compared = _OPERATOR.fullmatch(text)
        if compared:
            return self._compared(*compared.groups())
        negated = text.startswith("!")
        return {self._value(text.removeprefix("!")).expression: not negated}

    def _called(self, found: Value, method: str, argument: str) -> Any:
        written = _literal(argument)
        if written is None or not isinstance(written[0], str):
            raise UntranslatableError(f"{method}() is asked for more than a text")
        if method == "hasOwnProperty":
            return call("has", found.expression, constant(written[0]))
        left = "text" if found.kind == "body" else found.expression
        return call(_METHODS[method], left, constant(written[0]))

    def _compared(self, left: str, operator: str, right: str) -> Any:
        if _literal(left) is not None and _literal(right) is None:
            left, right, operator = right, left, operator.translate(str.maketrans("<>", "><"))
        written, found = _literal(right), self._value(left)
        if written is None:
            return f"{found.expression} {operator[:2]} {self._value(right).expression}"
        if right.strip() == "undefined":
            return present(found, operator[0] == "!")
        if operator in ("===", "=="):
            expression = "not_null(body, text)" if found.kind == "body" else found.expression
            return {expression: literals(written[0])}
        return f"{found.expression} {'!=' if operator[0] == '!' else operator} {constant(written[0])}"


def _arguments(text: str) -> list[str]:
    """The arguments of a call: parts between commas outside brackets and strings."""
    return [part.strip() for part in _split(text, ",")]


def _conjuncts(text: str) -> list[str]:
    return [part.strip() for part in _split(text, "&&")]


def _split(text: str, separator: str) -> Iterator[str]:
    depth, quote, start, place = 0, "", 0, 0
    while place < len(text):
        character = text[place]
        if quote:
            place += character == "\\"
            quote = "" if character == quote else quote
        elif character in "'\"`":
            quote = character
        elif character in "([{":
            depth += 1
        elif character in ")]}":
            depth -= 1
        elif depth == 0 and text.startswith(separator, place):
            yield text[start:place]
            start = place + len(separator)
        place += 1
    yield text[start:]


def _literal(text: str) -> tuple[Any] | None:
    """The value that JavaScript writes so; None for anything but a constant."""
    text = text.strip()
    if text in _WORDS:
        return (_WORDS[text],)
    if re.fullmatch(r"'[^'\\]*'|\"[^\"\\]*\"", text):
        return (text[1:-1],)
    found = number(text)
    return None if found is None else (found,)
