"""Places in a text that are searched for (`text.indexOf('"') + 1`), and what is cut between two of them.

A place is the regular expression of what stands before it. A text without what was searched for gives null, which a
capture refuses.
"""

from __future__ import annotations

import re
from typing import Any

from runner.formats.scripts import structures, terms
from runner.formats.scripts.terms import Const
from runner.formats.scripts.values import Opaque, Position, Search, Value, to_term


def place_of(value: Value) -> Position | None:
    """The place that a search finds; None where it is not one that can be told."""
    if isinstance(value, Position):
        return value
    if not isinstance(value, Search) or not isinstance(value.wanted, Const):
        return None
    wanted = value.wanted.value
    if not isinstance(wanted, str) or not wanted or (value.last and value.start):
        return None
    skipped = ".*" if value.last else f"[^{re.escape(wanted)}]*" if len(wanted) == 1 else _up_to(wanted)
    return Position(value.subject, value.start + skipped, wanted, first=not value.start)


def _up_to(wanted: str) -> str:
    return f"(?:(?!{re.escape(wanted)}).)*"


def moved(place: Position, count: int) -> Position | None:
    """The place some letters further on; None for one before."""
    if count < 0:
        return None
    taken = re.escape(place.ahead[:count])
    more = count - len(place.ahead[:count])
    before = f"{place.before}{taken}"
    if place.first and count == len(place.ahead) == 1:
        before = f"(?:{before})?"  # -1 + 1 is the beginning
    return Position(place.subject, before + (f".{{{more}}}" if more else ""), place.ahead[count:])


def pattern_of(place: Position) -> str:
    """The regular expression of all that stands before a place."""
    return place.before + (f"(?={re.escape(place.ahead)})" if place.ahead else "")


def cut(owner: Any, start: Value, stop: Value, *, of_length: bool) -> Value:
    """`owner.slice(start, stop)`, of which one is a place that is searched for."""
    before = "" if start == Const(0) else _before(owner, start)
    if before is None:
        return Opaque("it cuts a text at a place that is computed")
    if stop == terms.NULL:
        inside = "(.*)"
    elif of_length or isinstance(stop, Const):
        inside = f"(.{{0,{stop.value}}})" if of_length and isinstance(stop, Const) else ""
    else:
        whole = _before(owner, stop) or ""
        rest = whole.removeprefix(before)
        inside = f"({rest})" if whole.startswith(before) and rest else ""
    if not inside:
        return Opaque("it cuts a text between places that are computed")
    return structures.index(terms.call("match", owner, Const(f"(?s)^{before}{inside}")), 1)


def _before(owner: Any, value: Value) -> str | None:
    place = place_of(value)
    return pattern_of(place) if place is not None and to_term(place.subject) == owner else None
