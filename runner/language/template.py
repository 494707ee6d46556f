"""Text with `{{ expression }}` in it: parsed once by its text, rendered with the values of a scope.

A placeholder ends at the first `}}` outside quotes and braces; `\\{{` is a literal `{{`. Alone in its text it keeps the
type of its value. This file knows no variable: a scope is any mapping that expressions can be evaluated on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from runner.errors import EvaluationError
from runner.language import query
from runner.language.model import Declared, Template
from runner.language.values import Value, as_text, kind


class Placeholder(NamedTuple):
    """One `{{ }}`; `start` and `end` enclose the expression, as offsets into the template's text."""

    query: query.Query
    start: int
    end: int


class TemplateFault(Exception):
    """What is wrong with a text's placeholders, with offsets into the text."""

    def __init__(self, message: str, start: int, end: int, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.start = start
        self.end = end
        self.hint = hint


Parts = tuple[str | Placeholder, ...]
_cache: dict[str, Parts] = {}


def is_template(text: str) -> bool:
    """Whether a text holds a placeholder or an escaped one."""
    return "{{" in text


def parse(text: str) -> Parts:
    """The literal texts and placeholders of a text, in order.

    Raises:
        TemplateFault: a `{{` is never closed or empty, or its expression is not valid.
    """
    parts = _cache.get(text)
    if parts is None:
        parts = _cache[text] = tuple(_scan(text))
    return parts


def _scan(text: str) -> Iterator[str | Placeholder]:
    position, literal = 0, ""
    while True:
        start = text.find("{{", position)
        if start < 0:
            literal += text[position:]
            break
        if start > position and text[start - 1] == "\\":
            literal += text[position : start - 1] + "{{"
            position = start + 2
            continue
        literal += text[position:start]
        if literal:
            yield literal
            literal = ""
        end = _end(text, start)
        yield _placeholder(text, start + 2, end)
        position = end + 2
    if literal:
        yield literal


def _end(text: str, start: int) -> int:
    """Where the `}}` stands that closes the `{{` at `start`."""
    depth, quote, position = 0, "", start + 2
    while position < len(text):
        character = text[position]
        if quote:
            if character == "\\":
                position += 1
            elif character == quote:
                quote = ""
        elif character in "'\"`":
            quote = character
        elif character == "{":
            depth += 1
        elif character == "}":
            if depth:
                depth -= 1
            elif text.startswith("}}", position):
                return position
        position += 1
    hint = f"the quote {quote} inside it is not closed" if quote else "add the closing }}"
    raise TemplateFault("'{{' is never closed", start, len(text), hint)


def _placeholder(text: str, start: int, end: int) -> Placeholder:
    inside = text[start:end]
    expression = inside.strip()
    if not expression:
        raise TemplateFault(
            "an empty placeholder", start - 2, end + 2, "write the name of a variable, as in {{user_id}}"
        )
    start += len(inside) - len(inside.lstrip())
    try:
        compiled = query.compile(expression)
    except query.QueryFault as fault:
        raise TemplateFault(fault.message, start + fault.start, start + fault.end, fault.hint) from None
    return Placeholder(compiled, start, start + len(expression))


def placeholders(text: str) -> Iterator[Placeholder]:
    """The placeholders of a text that parses."""
    for part in parse(text):
        if isinstance(part, Placeholder):
            yield part


Evaluate = Callable[[query.Query], Value]


def render(template: Template, scope: Any, evaluate: Evaluate | None = None) -> Value:
    """The value of a template: of any type when one placeholder is all of it, else text.

    `evaluate` gives the value of an expression; without it the scope itself is looked at.

    Raises:
        EvaluationError: a placeholder cannot be evaluated, or gives null within text; offsets are into the text.
    """
    parts = parse(template.text)
    value_of = evaluate or (lambda compiled: compiled.evaluate(scope, strict=True))
    if len(parts) == 1 and isinstance(parts[0], Placeholder):
        return _evaluate(parts[0], value_of)
    return "".join(part if isinstance(part, str) else _text(part, value_of) for part in parts)


def piece(placeholder: Placeholder, evaluate: Evaluate, *, alone: bool) -> Value:
    """The value of one placeholder, as text where it does not stand alone.

    Raises:
        EvaluationError: as `render`.
    """
    return _evaluate(placeholder, evaluate) if alone else _text(placeholder, evaluate)


def _evaluate(placeholder: Placeholder, evaluate: Evaluate) -> Value:
    try:
        return evaluate(placeholder.query)
    except EvaluationError as error:
        if error.start is None:
            raise EvaluationError(error.message, placeholder.start, placeholder.end, error.hint) from None
        begin, end = placeholder.start + error.start, placeholder.start + (error.end or error.start + 1)
        raise EvaluationError(error.message, begin, end, error.hint) from None


def _text(placeholder: Placeholder, evaluate: Evaluate) -> str:
    value = _evaluate(placeholder, evaluate)
    try:
        return as_text(value)
    except ValueError as error:
        message = f"'{placeholder.query.text}' is {kind(value)}: {error}"
        hint = "give another value with `||`" if value is None else ""
        raise EvaluationError(message, placeholder.start, placeholder.end, hint) from None


def templates(declared: Declared) -> Iterator[Template]:
    """Every Template within a declared value."""
    if isinstance(declared, Template):
        yield declared
    elif isinstance(declared, dict):
        for name, value in declared.items():
            yield from templates(name)
            yield from templates(value)
    elif isinstance(declared, list):
        for value in declared:
            yield from templates(value)
