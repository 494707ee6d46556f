"""The few numbers that a place can be, by the conditions under which it is asked for. This file makes no terms."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from runner.formats.scripts.terms import Apply, Compare, Const, Either


def possible(place: Any, conditions: Iterable[Any]) -> list[tuple[Any, int]]:
    """Under which condition a place is which number; empty where the conditions do not say.

    `place` may be a number more, or less, than what the conditions are about.
    """
    base, more = _apart(place)
    for condition in conditions:
        found = _cases(condition, base)
        if found and all(number + more >= 0 for _, number in found):
            return [(test, number + more) for test, number in found]
    return []


def _apart(place: Any) -> tuple[Any, int]:
    match place:
        case Apply("subtract", (base, Const(int() as less))):
            return base, -less
        case Apply("add", (base, Const(int() as more))):
            return base, more
    return place, 0


def _cases(condition: Any, place: Any) -> list[tuple[Any, int]]:
    """The numbers that a condition leaves for a place, each with its own condition."""
    match condition:
        case Either(left, right):
            first, second = _cases(left, place), _cases(right, place)
            return [*first, *second] if first and second else []
        case Compare("==", base, Const(int() as number)) if base == place:
            return [(condition, number)]
    return []
