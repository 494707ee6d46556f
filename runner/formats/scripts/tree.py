"""The part of JavaScript that scripts of API tools are written in, as plain nodes; `Other` is what is beyond it.

Every node knows where it stands (`start`, `end`: offsets into the UTF-8 text). This file knows no parser.
"""

from __future__ import annotations

from typing import Any, NamedTuple


class Span(NamedTuple):
    """Where a node stands, as offsets into the UTF-8 text; `line` counts from 1."""

    start: int
    end: int
    line: int


class Literal(NamedTuple):
    """A text, a number, true, false, null; `undefined` is null too."""

    span: Span
    value: Any


class Regex(NamedTuple):
    span: Span
    pattern: str
    flags: str


class Template(NamedTuple):
    """A template string: texts and expressions in turn."""

    span: Span
    parts: tuple[Any, ...]


class Name(NamedTuple):
    span: Span
    name: str


class Member(NamedTuple):
    """`object.name` and `object[name]`; `name` is an expression."""

    span: Span
    object: Any
    name: Any


class Call(NamedTuple):
    span: Span
    callee: Any
    arguments: tuple[Any, ...]


class New(NamedTuple):
    span: Span
    callee: Any
    arguments: tuple[Any, ...]


class Array(NamedTuple):
    span: Span
    items: tuple[Any, ...]


class Object(NamedTuple):
    """Entries are pairs of expressions; a key of None is a spread."""

    span: Span
    entries: tuple[tuple[Any, Any], ...]


class Function(NamedTuple):
    """`body` is a Block, or the expression that an arrow gives."""

    span: Span
    parameters: tuple[Any, ...]
    body: Any
    name: str = ""


class Unary(NamedTuple):
    span: Span
    operator: str
    operand: Any


class Binary(NamedTuple):
    span: Span
    operator: str
    left: Any
    right: Any


class Choice(NamedTuple):
    span: Span
    test: Any
    yes: Any
    no: Any


class Assign(NamedTuple):
    """`target = value`; `operator` is what stands before the `=`, such as `+`."""

    span: Span
    operator: str
    target: Any
    value: Any


class Spread(NamedTuple):
    span: Span
    value: Any


# --- patterns ------------------------------------------------------------------------------------------------------


class ObjectPattern(NamedTuple):
    """`{a, b: pattern = default}`: name, pattern, default."""

    span: Span
    entries: tuple[tuple[str, Any, Any], ...]


class ArrayPattern(NamedTuple):
    """`[a, , b]`: patterns, None where one is left out."""

    span: Span
    items: tuple[Any, ...]


class Default(NamedTuple):
    """A pattern with the value that it has without one."""

    span: Span
    target: Any
    value: Any


# --- statements ----------------------------------------------------------------------------------------------------


class Declare(NamedTuple):
    span: Span
    target: Any
    value: Any


class Evaluate(NamedTuple):
    """An expression as a statement."""

    span: Span
    value: Any


class Block(NamedTuple):
    span: Span
    body: tuple[Any, ...]


class If(NamedTuple):
    span: Span
    test: Any
    yes: Any
    no: Any


class For(NamedTuple):
    """`for (start; test; step)`; `while` has neither start nor step."""

    span: Span
    start: Any
    test: Any
    step: Any
    body: Any


class ForEach(NamedTuple):
    """`for (target of values)`, or `in`."""

    span: Span
    kind: str
    target: Any
    values: Any
    body: Any


class Leave(NamedTuple):
    """`return`, `throw`, `break`, `continue`."""

    span: Span
    kind: str
    value: Any = None


class Try(NamedTuple):
    span: Span
    body: Any
    parameter: Any
    handler: Any
    finally_: Any


class Switch(NamedTuple):
    """Cases are a test (None for `default`) with its statements."""

    span: Span
    value: Any
    cases: tuple[tuple[Any, tuple[Any, ...]], ...]


class Other(NamedTuple):
    """What none of the above is; `kind` says what it was."""

    span: Span
    kind: str


class Script(NamedTuple):
    """A whole script. `broken` are lines at which it is not JavaScript."""

    text: str
    body: tuple[Any, ...]
    broken: tuple[int, ...] = ()

    def source(self, span: Span) -> str:
        """The text of a node."""
        return self.text.encode()[span.start : span.end].decode("utf-8", "replace")
