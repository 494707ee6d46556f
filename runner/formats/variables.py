"""The variables of an import: what type each may have, so that what is sent keeps the form that the foreign tool sends.

Foreign tools put values into text. Ours keeps the type of a placeholder that is alone in its string, so JSON bodies ask
here how a variable has to be written. This file knows no foreign format.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from runner.formats.draft import Comment, Data, Disabled
from runner.language.values import kind, number

STRING = "string"
#: Functions of ours that give text.
_TEXT_FUNCTIONS = (
    "uuid(", "now(", "base64(", "to_string(", "date_", "sha256(", "md5(", "url_", "join(", "upper(", "lower(", "env.",
)  # fmt: skip
_WORDS = {"true": True, "false": False}


class Kinds:
    """JSON types that expressions over the variables may have; none are known for what is captured from a body."""

    def __init__(self) -> None:
        self._known: dict[str, set[str]] = {}
        #: Expressions that are the JSON of a value, with that of the value.
        self._dumped: dict[str, str] = {}

    def add(self, expression: str, kind_name: str = "") -> None:
        """Says what an expression may be; without a kind: anything."""
        self._known.setdefault(expression, set()).add(kind_name)

    def note(self, expression: str) -> None:
        """Says of an expression of which nothing is known that it may be anything."""
        self._known.setdefault(expression, {""})

    def dump(self, expression: str, value: str) -> None:
        """Says that an expression is the JSON of the value of another one."""
        self._dumped[expression] = value

    def declare(self, variables: Mapping[Any, Any]) -> None:
        """Takes the kinds of declared values."""
        for name, value in _entries(variables):
            self.add(name, kind(value))

    def is_text(self, expression: str) -> bool:
        """Whether it is a string, whatever happens."""
        if expression.startswith(_TEXT_FUNCTIONS):
            return True
        unknown = {STRING} if expression.isidentifier() else set()  # a name from outside is text
        return self._known.get(expression, unknown) == {STRING}

    def quoted(self, expression: str) -> str:
        """The expression for a placeholder that is alone within the quotes of JSON: a string."""
        return expression if self.is_text(expression) else f"to_string({expression})"

    def bare(self, expression: str) -> str:
        """The expression for a placeholder without quotes in JSON: its text is read as JSON."""
        if expression in self._dumped:
            return self._dumped[expression]
        return f"parse_json({expression})" if self.is_text(expression) else expression


def typed(value: Any) -> Any:
    """The number or truth value that a text spells; other values as they are."""
    if not isinstance(value, str):
        return value
    found = _WORDS.get(value, number(value))
    return value if found is None else found


def retype(names: Iterable[str], levels: Iterable[Data]) -> None:
    """Makes numbers and truth values of texts that are one on every level: of names that stand unquoted in JSON."""
    holders = list(levels)
    for name in names:
        found = [level for level in holders if name in level]
        values = [typed(level[name]) for level in found]
        if values and not any(isinstance(value, str) for value in values):
            for level, value in zip(found, values, strict=True):
                level[name] = value


def _entries(variables: Mapping[Any, Any]) -> Iterable[tuple[str, Any]]:
    return ((name, value) for name, value in variables.items() if not isinstance(name, (Comment, Disabled)))
