"""The rules of JSON Schema in words: what a keyword asks for. This file knows no body and no library."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from runner.diagnostics import counted
from runner.language.values import Value, show

_MOST_CHOICES = 8


def _or(words: list[str]) -> str:
    return " or ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def _choices(options: list[Value]) -> str:
    shown = [show(option) for option in options[:_MOST_CHOICES]]
    if len(options) > _MOST_CHOICES:
        return f"must be one of {', '.join(shown)}, … ({len(options)} in all)"
    return f"must be {_or(shown)}" if shown else "cannot be anything: the list of choices is empty"


_RULES: Mapping[str, Callable[..., str]] = {
    "type": lambda types: f"must be {_or(types)}",
    "enum": _choices,
    "const": lambda value: f"must be {show(value)}",
    "minimum": lambda limit: f"must be at least {limit}",
    "exclusiveMinimum": lambda limit: f"must be more than {limit}",
    "maximum": lambda limit: f"must be at most {limit}",
    "exclusiveMaximum": lambda limit: f"must be less than {limit}",
    "multipleOf": lambda factor: f"must be a multiple of {factor}",
    "minLength": lambda limit: f"must have at least {counted(limit, 'character')}",
    "maxLength": lambda limit: f"must have at most {counted(limit, 'character')}",
    "pattern": lambda pattern: f"must match {pattern}",
    "format": lambda name: f"must be of format {name}",
    "minItems": lambda limit: f"must have at least {counted(limit, 'element')}",
    "maxItems": lambda limit: f"must have at most {counted(limit, 'element')}",
    "minProperties": lambda limit: f"must have at least {counted(limit, 'key')}",
    "maxProperties": lambda limit: f"must have at most {counted(limit, 'key')}",
    "uniqueItems": lambda: "must not hold the same element twice",
    "contains": lambda: "must hold an element that fits",
    "minContains": lambda: "must hold more elements that fit 'contains'",
    "maxContains": lambda: "must hold fewer elements that fit 'contains'",
    "required": lambda name: "is missing",
    "dependentRequired": lambda name: "is missing",
    "dependencies": lambda name: "is missing",
    "anyOf": lambda number, fitting: f"must fit one of {number} schemas, it fits none",
    "oneOf": lambda number, fitting: f"must fit one of {number} schemas, it fits {fitting or 'none'}",
    "not": lambda schema: "must not fit this schema",
}


def rule_words(keyword: str, wanted: tuple[Value, ...]) -> str:
    """What a rule asks for, `must be string or null`, or what is wrong, `is missing`.

    Of several keywords, as in `propertyNames/maxLength`, the last one is the rule.
    """
    words = _RULES.get(keyword.rpartition("/")[2])
    return words(*wanted) if words is not None else "is not allowed"
