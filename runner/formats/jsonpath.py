"""JSONPath (RFC 9535, and what tools took for it before) → JMESPath.

Names, indexes, slices, wildcards, unions and filters have a counterpart; `..` has none. After a step that gives several
values JMESPath would nest lists where JSONPath does not, so later ones are flattened. A projection leaves nulls out.

    text with placeholders ─▶ steps ─▶ Path(expression, is_list, parent, last)
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

from runner.formats import texts
from runner.formats.texts import Parts, Placeholder
from runner.language.values import number

_MARK = "\ue000{}\ue001"
_MARKED = re.compile("\ue000(\\d+)\ue001")
_SPACE = re.compile(r"\s*")
_NAME = re.compile(r"[^\W\d][\w-]*|\d+[\w-]*", re.UNICODE)
_STRING = re.compile(r"'((?:\\.|[^'\\])*)'|\"((?:\\.|[^\"\\])*)\"", re.DOTALL)
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?")
_SLICE = re.compile(r"\s*(-?\d*)\s*:\s*(-?\d*)\s*(?::\s*(-?\d*)\s*)?")
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f"}
_DEEPEST = 40


class UntranslatableError(ValueError):
    """A JSONPath for which there is no JMESPath, or which is none; the message says why."""


class Path(NamedTuple):
    """An expression; `is_list` where it may give several values; `parent` and `last` where it ends in a name."""

    expression: str
    is_list: bool = False
    parent: str = ""
    last: str = ""


def translate(path: Parts, base: str) -> Path:
    """The expression for a JSONPath over the value of the expression `base`.

    Raises:
        UntranslatableError: there is none.
    """
    expressions = [part.expression for part in path if isinstance(part, Placeholder)]
    marks = iter(range(len(expressions)))
    text = "".join(part if isinstance(part, str) else _MARK.format(next(marks)) for part in path)
    reader = _Reader(text.strip(), expressions)
    if not reader.take("$"):
        raise UntranslatableError("a JSONPath begins with '$'")
    found = reader.path(Path(base))
    reader.expect_end()
    return found


class _Reader:
    def __init__(self, text: str, expressions: list[str]) -> None:
        self.text = text
        self.position = 0
        self.expressions = expressions
        self.depth = 0

    # --- the text

    def space(self) -> None:
        match = _SPACE.match(self.text, self.position)
        self.position = match.end() if match else self.position

    def at(self, token: str) -> bool:
        return self.text.startswith(token, self.position)

    def take(self, token: str) -> bool:
        if self.at(token):
            self.position += len(token)
            return True
        return False

    def match(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        found = pattern.match(self.text, self.position)
        if found:
            self.position = found.end()
        return found

    def expect(self, token: str) -> None:
        self.space()
        if not self.take(token):
            rest = self.text[self.position : self.position + 20]
            where = f"before '{rest}'" if rest else "at its end"
            raise UntranslatableError(f"'{token}' is missing {where}")

    def expect_end(self) -> None:
        self.space()
        if self.position < len(self.text):
            raise UntranslatableError(f"'{self.text[self.position :][:20]}' is not understood")

    # --- steps

    def path(self, start: Path) -> Path:
        found = start
        while self.position < len(self.text):
            if self.take(".."):
                raise UntranslatableError("JMESPath has nothing like '..'")
            if self.take("."):
                found = self._after_dot(found)
            elif self.take("["):
                found = self._in_brackets(found)
            else:
                break
        return found

    def _after_dot(self, found: Path) -> Path:
        if self.take("["):
            return self._in_brackets(found)
        if self.take("*"):
            return Path(found.expression + (".*[]" if found.is_list else ".*"), True)
        name = self.match(_NAME)
        if name is None:
            raise UntranslatableError("a name is missing after '.'")
        return _named(found, name[0])

    def _in_brackets(self, found: Path) -> Path:
        self.space()
        if self.take("*"):
            self.expect("]")
            return Path(found.expression + ("[]" if found.is_list else "[*]"), True)
        if self.take("?"):
            return self._filter(found)
        sliced = self.match(_SLICE)
        if sliced:
            self.expect("]")
            return _several(found, f"[{':'.join(part or '' for part in _bounds(sliced))}]")
        selectors = [self._selector()]
        while self.take(","):
            selectors.append(self._selector())
        self.expect("]")
        return _union(found, selectors)

    def _selector(self) -> str | int:
        self.space()
        if self.take("*") or self.take("?") or self.match(_SLICE):
            raise UntranslatableError("a list of selectors with wildcards, slices or filters")
        string = self.match(_STRING)
        digits = None if string else self.match(re.compile(r"-?\d+"))
        self.space()
        if string:
            return self._plain(_unescaped(string))
        if digits:
            return int(digits[0])
        if self.match(_MARKED):
            raise UntranslatableError("JMESPath takes no variable as an index or a name")
        name = self.match(_NAME)  # an old way to write a name: $[id]
        if name:
            return name[0]
        raise UntranslatableError("what stands in its brackets is not understood")

    def _plain(self, text: str) -> str:
        if _MARKED.search(text):
            raise UntranslatableError("JMESPath takes no variable as a name")
        return text

    # --- filters

    def _filter(self, found: Path) -> Path:
        self.space()
        start = self.position
        if self.take("("):  # the parentheses around the whole of it
            condition = self._or()
            self.expect(")")
            self.space()
        if not self.at("]"):
            self.position = start
            condition = self._or()
        self.expect("]")
        return _several(found, f"[?{condition}]")

    def _or(self) -> str:
        return self._chain(self._and, "||")

    def _and(self) -> str:
        return self._chain(self._comparison, "&&")

    def _chain(self, operand: Callable[[], str], operator: str) -> str:
        parts = [operand()]
        self.space()
        while self.take(operator):
            parts.append(operand())
            self.space()
        return f" {operator} ".join(parts)

    def _comparison(self) -> str:
        self.depth += 1
        if self.depth > _DEEPEST:
            raise UntranslatableError("its filter is nested too deep")
        self.space()
        try:
            if self.take("!"):
                return f"!({self._comparison()})"
            if self.take("("):
                inner = self._or()
                self.expect(")")
                return self._compared(f"({inner})", is_path=False)
            return self._compared(*self._operand())
        finally:
            self.depth -= 1

    def _compared(self, left: str, is_path: bool) -> str:
        self.space()
        if self.take("=~"):
            self.space()
            pattern = self.match(re.compile(r"/((?:\\.|[^/\\])*)/(\w*)"))
            if pattern is None:
                raise UntranslatableError("what follows '=~' is no regular expression")
            regex = f"(?{pattern[2]})" * bool(pattern[2]) + pattern[1].replace("\\/", "/")
            return texts.call("matches", left, texts.constant(regex))
        operator = self.match(re.compile(r"[=!]=|[<>]=?"))
        if operator is None:
            return f"{left} != `null`" if is_path else left
        self.space()
        right, _ = self._operand()
        return f"{left} {operator[0]} {right}"

    def _operand(self) -> tuple[str, bool]:
        """An expression, and whether it is a path, whose being there is asked for where nothing is compared."""
        string = self.match(_STRING)
        if string:
            return self._string(_unescaped(string)), False
        literal = self.match(_NUMBER)
        if literal:
            return texts.constant(number(literal[0])), False
        marked = self.match(_MARKED)
        if marked:
            return f"root().{texts.over_response(self.expressions[int(marked[1])])}", False
        for word, value in (("true", True), ("false", False), ("null", None)):
            if self.take(word):
                return texts.constant(value), False
        if self.take("@"):
            return self._relative(), True
        raise UntranslatableError("its filter is not understood")

    def _string(self, text: str) -> str:
        pieces = _MARKED.split(text)
        if len(pieces) == 1:
            return texts.constant(text)
        names = [f"to_string(root().{texts.over_response(self.expressions[int(number)])})" for number in pieces[1::2]]
        parts = [part for pair in zip(map(texts.constant, pieces[::2]), [*names, ""], strict=True) for part in pair]
        kept = [part for part in parts if part not in ("", "''")]
        return kept[0] if len(kept) == 1 else texts.call("join", "''", f"[{', '.join(kept)}]")

    def _relative(self) -> str:
        found = self.path(Path("@"))
        if found.is_list:
            raise UntranslatableError("a path within its filter gives several values")
        return found.expression if found.expression == "@" else found.expression.removeprefix("@").removeprefix(".")


def _named(found: Path, name: str) -> Path:
    return Path(f"{found.expression}.{texts.name(name)}", found.is_list, found.expression, name)


def _several(found: Path, step: str) -> Path:
    return Path(found.expression + step + ("[]" if found.is_list else ""), True)


def _union(found: Path, selectors: list[str | int]) -> Path:
    if len(selectors) == 1:
        only = selectors[0]
        return Path(f"{found.expression}[{only}]", found.is_list) if isinstance(only, int) else _named(found, only)
    inside = ", ".join(f"[{one}]" if isinstance(one, int) else texts.name(one) for one in selectors)
    return Path(f"{found.expression}.[{inside}]{'[]' if found.is_list else '[*]'}", True)


def _bounds(match: re.Match[str]) -> list[str]:
    start, stop, step = match.groups()
    return [start, stop] if step is None else [start, stop, step]


def _unescaped(match: re.Match[str]) -> str:
    text = match[1] if match[1] is not None else match[2]
    return re.sub(
        r"\\(?:u([0-9a-fA-F]{4})|(.))",
        lambda escape: chr(int(escape[1], 16)) if escape[1] else _ESCAPES.get(escape[2], escape[2]),
        text,
        flags=re.DOTALL,
    )
