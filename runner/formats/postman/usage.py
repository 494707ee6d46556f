"""Which variables a draft uses: in templates, and in expressions over a response."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from runner.formats.draft import Comment, Disabled
from runner.language import query, template

_TAKEN = frozenset({"env", "vars", "item", "index", "data", "iteration"})


class Used(NamedTuple):
    """Names in templates, in conditions, and in expressions over a response."""

    texts: set[str]
    conditions: set[str]
    expressions: set[str]

    @property
    def names(self) -> set[str]:
        return self.texts | self.conditions | self.expressions


def used(draft: Any) -> Used:
    """The names that a draft uses, those of inner requests among them."""
    found = Used(set(), set(), set())
    _walk(draft, "", found)
    return found


def _walk(value: Any, place: str, found: Used) -> None:
    """`place` says what texts are: "" for templates, else `expression`, `condition`, or the key over them."""
    if isinstance(value, Mapping):
        for name, item in value.items():
            if not isinstance(name, (Comment, Disabled)):
                _entry(name, item, place, found)
    elif isinstance(value, list):
        for item in value:
            _walk(item, place, found)
    elif isinstance(value, str):
        if place == "condition":
            found.conditions.update(_in_condition(value))
        elif place in ("expression", "assert"):
            found.expressions.update(_in_expression(value))
        else:
            found.texts.update(_in_text(value))


_LONG_FORM = ("equals", "includes", "message")


def _entry(name: Any, item: Any, place: str, found: Used) -> None:
    if place == "assert" and name not in _LONG_FORM:
        expression = item if name == "that" else name
        found.expressions.update(_in_expression(expression))
        _walk("" if name == "that" else item, "", found)
    elif place == "capture":
        given = item.get("from") if isinstance(item, Mapping) else item
        found.expressions.update(_in_expression(given))
        _walk(item.get("default") if isinstance(item, Mapping) else None, "", found)
    else:
        found.texts.update(_in_text(name))
        _walk(item, _place(name, place, item), found)


def _place(name: Any, place: str, item: Any) -> str:
    if name in ("capture", "assert"):
        return str(name)
    if name == "when":
        return "condition"
    if place == "login" and name in ("token", "expires_in", "expires_at"):
        return "expression"
    if name == "auth":
        return "login" if isinstance(item, Mapping) and item.get("type") == "request" else ""
    return ""


def _in_text(text: Any) -> Iterator[str]:
    if not isinstance(text, str) or "{{" not in text:
        return
    try:
        found = list(template.placeholders(text))
    except template.TemplateFault:
        return
    for placeholder in found:
        names = (*placeholder.query.names, *placeholder.query.variables)
        yield from (name.text for name in names if name.text not in _TAKEN and not name.optional)


def _in_condition(text: str) -> Iterator[str]:
    compiled = query.compile(text)
    yield from (name.text for name in (*compiled.names, *compiled.variables) if name.text not in _TAKEN)


def _in_expression(text: Any) -> Iterator[str]:
    if isinstance(text, str):
        try:
            compiled = query.compile(text)
        except query.QueryFault:
            return
        yield from (name.text for name in compiled.variables if name.text not in _TAKEN)
