"""Methods of dates: their texts, their parts, and dates that are moved in their place.

A date is an ISO text that is a term; its parts are numbers that the response, or the clock, knows.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from runner.formats.scripts import structures, terms
from runner.formats.scripts.arithmetic import moved
from runner.formats.scripts.calls import Method, argument
from runner.formats.scripts.loops import Loops
from runner.formats.scripts.terms import Const
from runner.formats.scripts.values import Date, DatePart, Millis, Opaque, Value, to_term

_FORMATS = {
    "toUTCString": "%a, %d %b %Y %H:%M:%S GMT",
    "toGMTString": "%a, %d %b %Y %H:%M:%S GMT",
    "toDateString": "%a %b %d %Y",
}
_PARTS = {
    "getFullYear": ("%Y", 0, ""), "getMonth": ("%m", -1, ""), "getDate": ("%d", 0, "d"), "getHours": ("%H", 0, "h"),
    "getMinutes": ("%M", 0, "m"), "getSeconds": ("%S", 0, "s"), "getDay": ("%w", 0, ""),
}  # fmt: skip
_UNITS = {"d": 86_400, "h": 3_600, "m": 60, "s": 1}


def _date_text(name: str) -> Method:
    return lambda machine, owner, arguments: terms.call("date_format", owner.iso, Const(_FORMATS[name]))


def _iso(machine: Loops, owner: Date, arguments: list[Value]) -> Value:
    return owner.iso


def _american(machine: Loops, owner: Date, arguments: list[Value]) -> Value:
    """`toLocaleDateString()` as Postman gives it: month/day/year without zeros in front."""
    month, day = (_without_zero(terms.call("date_format", owner.iso, Const(form))) for form in ("%m", "%d"))
    return structures.join([month, Const("/"), day, Const("/"), terms.call("date_format", owner.iso, Const("%Y"))])


def _without_zero(term: Any) -> Any:
    return structures.index(terms.call("match", term, Const("[1-9].*")), 0)


def _millis(machine: Loops, owner: Date, arguments: list[Value]) -> Value:
    return Millis(owner.iso)


def _date_part(name: str) -> Method:
    form, more, unit = _PARTS[name]

    def method(machine: Loops, owner: Date, arguments: list[Value]) -> Value:
        if unit:
            return DatePart(owner.iso, unit)
        number = terms.call("to_number", terms.call("date_format", owner.iso, Const(form)))
        return terms.call("add", number, Const(more)) if more else number

    return method


def _moved_by(value: Date, part: Value) -> Date | None:
    """The date after `date.setDate(date.getDate() + 7)` and the like."""
    if isinstance(part, DatePart) and part.iso == value.iso:
        return Date(moved(value.iso, part.more * _UNITS[part.part]))
    return None


def _set_date(machine: Loops, owner: Date, arguments: list[Value]) -> Value:
    changed = _moved_by(owner, argument(arguments))
    if changed is None:
        return Opaque("a part of a date is set to what is computed")
    machine.change(owner, changed)
    return Millis(changed.iso)


DATES: Mapping[str, Method] = {
    **{name: _date_text(name) for name in _FORMATS},
    **{name.replace("get", prefix): _date_part(name) for name in _PARTS for prefix in ("get", "getUTC")},
    **{f"set{name}": _set_date for name in ("Date", "Hours", "Minutes", "Seconds", "UTCDate", "UTCHours")},
    **dict.fromkeys(("getTime", "valueOf"), _millis),
    "toLocaleDateString": _american,
    **dict.fromkeys(("toISOString", "toJSON", "toString", "format"), _iso),
}

#: Of the milliseconds of a date.
MILLIS: Mapping[str, Method] = {
    "toString": lambda machine, owner, arguments: terms.call("to_string", to_term(owner)),
}
