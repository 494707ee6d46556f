"""Keys that variables do not have: `user.nmae` is found before anything is sent, where its value stands in the file.

Only paths are judged, `user.name` or `users[0].name`: what stands in a longer expression may not be reached.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from runner.diagnostics import Diagnostic
from runner.engine.references import Level
from runner.errors import EvaluationError
from runner.language import template
from runner.language.model import Declared, Template
from runner.language.query.tree import Node, path
from runner.language.template import Placeholder
from runner.language.values import Value


def faults(values: Iterable[Declared], level: Level, seen: set[int] | None = None) -> Iterator[Diagnostic]:
    """What templates cannot read of the variables that they name; what is not known yet is no fault."""
    seen = set() if seen is None else seen
    for text in (found for value in values for found in template.templates(value)):
        parts = template.parse(text.text)
        for placeholder in parts:
            if isinstance(placeholder, Placeholder) and placeholder.query.is_path:
                yield from _of_path(text, placeholder, len(parts) == 1, level, seen)


def _of_path(
    text: Template, placeholder: Placeholder, alone: bool, level: Level, seen: set[int]
) -> Iterator[Diagnostic]:
    steps = path(placeholder.query.tree.root)
    if len(steps) > 1 and steps[0]["value"] == "vars":
        steps = steps[1:]
    if not steps or steps[0]["type"] != "field":
        return
    name, *inner = steps
    variables, home = level.declared(name["value"])
    if len(variables) == 1 and id(variables[0]) not in seen:
        seen.add(id(variables[0]))
        yield from faults([variables[0].value], home, seen)
    errors = [_error(variable.value, name["value"], inner, placeholder, alone) for variable in variables]
    error = errors[-1] if errors and all(errors) else None
    if error is not None:
        start = placeholder.start if error.start is None else error.start
        yield Diagnostic(error.message, text.span.locate(text.text, start, error.end or start + 1), error.hint)


def _error(
    value: Declared, name: str, steps: Iterable[Node], placeholder: Placeholder, alone: bool
) -> EvaluationError | None:
    """The error that reading a path of a variable's value will be; None where it will be none, or is not known."""
    if not _leads_nowhere(value, steps, alone):
        return None
    known = _without_templates(value)
    document = {name: known, "vars": {name: known}}
    try:
        template.piece(placeholder, lambda query: query.evaluate(document, strict=True), alone=alone)
    except EvaluationError as error:
        return error
    return None


def _leads_nowhere(value: Declared, steps: Iterable[Node], alone: bool) -> bool:
    """Whether a path ends before its last step, or at null where text is wanted; what a template gives is not known."""
    for step in steps:
        key = step["value"]
        if isinstance(value, Template):
            return False
        if isinstance(value, dict) and step["type"] == "field":
            if key not in value:
                return not any(isinstance(name, Template) for name in value)
            value = value[key]
        elif isinstance(value, list) and step["type"] == "index" and -len(value) <= key < len(value):
            value = value[key]
        else:
            return True
    return value is None and not alone


def _without_templates(value: Declared) -> Value:
    if isinstance(value, dict):
        return {name: _without_templates(v) for name, v in value.items() if not isinstance(name, Template)}
    if isinstance(value, list):
        return [_without_templates(v) for v in value]
    return None if isinstance(value, Template) else value
