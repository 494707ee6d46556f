"""Values of requests that come from earlier responses, or that stand in many requests: captures and variables.

An export holds what was sent once; a token of that day is worth nothing now. Where a value was given by a response
before, it is captured there. Only values that nobody writes by chance are looked for: long ones, with digits in them.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

from runner.formats.draft import Data, Names, literal, usable_name
from runner.formats.sealing import snake
from runner.formats.texts import name as name_of

_SHORTEST = 12
_SHORTEST_TOKEN = 16
_TOKEN = re.compile(r"[\w.~+/=:-]+", re.ASCII)
_FEWEST = 2
_MOST_LEAVES = 20_000
_DEEPEST = 30


def is_telling(value: str) -> bool:
    """Whether a value is one that is given, not written: an id, a hash, a token."""
    if len(value) < _SHORTEST or not _TOKEN.fullmatch(value):
        return False
    has_digit = any(character.isdigit() for character in value)
    return has_digit and any(character.isalpha() for character in value)


class Sources:
    """Where values come from: responses so far, each value at its first place."""

    def __init__(self, names: Names) -> None:
        self.names = names
        self._found: dict[str, tuple[int, str, str]] = {}
        self._variables: dict[str, str] = {}
        #: Captures by the number of the call.
        self.captures: dict[int, Data] = {}

    def learn(self, number: int, answer: Any, cookies: dict[str, str]) -> None:
        """Takes the values of a response."""
        for path, key, value in _leaves(answer):
            if isinstance(value, str) and (is_telling(value) or len(value) >= _SHORTEST_TOKEN):
                self._found.setdefault(value, (number, path, key))
        for name, value in cookies.items():
            if is_telling(value):
                self._found.setdefault(value, (number, f"cookies.{name_of(name)}", name))

    def variable(self, value: str) -> str | None:
        """The variable that holds a value which a response before gave; None where none did."""
        if value in self._variables:
            return self._variables[value]
        found = self._found.get(value)
        if found is None:
            return None
        number, path, key = found
        ours = self._variables[value] = self.names.fresh(snake(key))
        self.captures.setdefault(number, {})[ours] = path
        return ours


def _leaves(answer: Any) -> Iterator[tuple[str, str, Any]]:
    """The values of a JSON document: expression, nearest key, value."""
    waiting: list[tuple[str, str, Any, int]] = [("body", "value", answer, 0)]
    for _ in range(_MOST_LEAVES):
        if not waiting:
            return
        path, key, value, depth = waiting.pop()
        if isinstance(value, dict) and depth < _DEEPEST:
            waiting += [(f"{path}.{name_of(k)}", k, v, depth + 1) for k, v in reversed(value.items())]
        elif isinstance(value, list) and depth < _DEEPEST:
            waiting += [(f"{path}[{n}]", key, v, depth + 1) for n, v in reversed(list(enumerate(value)))]
        else:
            yield path, key, value


class Repeated:
    """Values that stand in several requests, and the variables that they become."""

    def __init__(self, names: Names, variables: Data) -> None:
        self.names = names
        self.variables = variables
        self._counts: Counter[str] = Counter()
        self._given: dict[str, str] = {}

    def count(self, values: set[str]) -> None:
        """Counts the telling values of a request, each once."""
        self._counts.update(value for value in values if is_telling(value))

    def variable(self, value: str, like: str) -> str | None:
        """The variable for a value; None where it stands in one request only."""
        if self._counts[value] < _FEWEST:
            return None
        if value not in self._given:
            ours = self._given[value] = self.names.fresh(snake(usable_name(like)) or "value")
            self.variables[ours] = literal(value)
        return self._given[value]
