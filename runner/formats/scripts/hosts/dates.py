"""Dates: `Date` and the library moment.

A date is an ISO text that is a term; a moment is a host with one. Forms of a date are strftime's.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from runner.formats.scripts import terms
from runner.formats.scripts.arithmetic import moved
from runner.formats.scripts.calls import Function, argument
from runner.formats.scripts.kinds import kind
from runner.formats.scripts.loops import Loops
from runner.formats.scripts.terms import Const
from runner.formats.scripts.values import NOW, Date, Host, Millis, Opaque, Value, to_term


def _new_date(machine: Loops, arguments: list[Value], span: Any) -> Value:
    if not arguments:
        return Date(NOW)
    value = arguments[0]
    if isinstance(value, (Millis, Date)):
        return Date(value.iso)
    if len(arguments) > 1:
        return Opaque("it makes a date of numbers")
    term = to_term(value)
    return Date(term) if kind(term) in ("string", None) else Opaque("it makes a date of a number")


def _now_millis(machine: Loops, arguments: list[Value], span: Any) -> Value:
    return Millis(NOW)


def _date_string(machine: Loops, arguments: list[Value], span: Any) -> Value:
    return Opaque("it depends on the clock's text")


# --- moment --------------------------------------------------------------------------------------------------------

_MOMENT = {
    "YYYY": "%Y", "YY": "%y", "MM": "%m", "MMMM": "%B", "MMM": "%b", "DD": "%d", "HH": "%H", "hh": "%I", "mm": "%M",
    "ss": "%S", "SSS": "000", "A": "%p", "ddd": "%a", "dddd": "%A", "Z": "+00:00", "ZZ": "+0000",
}  # fmt: skip


def _moment_text(iso: Any, pattern: str) -> Value:
    """A date in a form of the library moment; `[text]` in it is literal."""
    parts = re.findall(
        r"\[[^\]]*\]|YYYY|YY|MMMM|MMM|MM|dddd|ddd|DD|HH|hh|mm|ss|SSS|ZZ|Z|A|[A-Za-z]+|[^A-Za-z\[]+", pattern
    )
    form = ""
    for part in parts:
        if part.startswith("["):
            form += part[1:-1]
        elif part[0].isalpha() and part not in _MOMENT and part != "T":
            return Opaque(f"the form '{part}' of a date is not known")
        else:
            form += _MOMENT.get(part, part)
    return terms.call("date_format", iso, Const(form))


_UNITS = {"day": 86_400, "d": 86_400, "hour": 3_600, "h": 3_600, "minute": 60, "m": 60, "second": 1, "s": 1,
          "week": 604_800, "w": 604_800}  # fmt: skip


def _moment(machine: Loops, arguments: list[Value], span: Any) -> Value:
    return Host("moment()", data=to_term(arguments[0]) if arguments else NOW)


def call_moment(host: Host, name: str, arguments: list[Value]) -> Value:
    """A method of a moment."""
    if name == "format":
        if not arguments:
            return host.data
        pattern = arguments[0]
        return _moment_text(host.data, str(pattern.value)) if isinstance(pattern, Const) else Opaque("a date's form")
    if name in ("add", "subtract"):
        amount, unit = argument(arguments), argument(arguments, 1)
        seconds = _UNITS.get(str(unit.value).removesuffix("s") or "s") if isinstance(unit, Const) else None
        if seconds is None or not isinstance(amount, Const) or not isinstance(amount.value, (int, float)):
            return Opaque("it moves a date by what is not a fixed time")
        return Host("moment()", data=moved(host.data, (1 if name == "add" else -1) * amount.value * seconds))
    if name in ("utc", "local", "clone"):
        return host
    if name == "toISOString":
        return host.data
    if name == "unix":
        return terms.call("timestamp") if host.data == NOW else terms.call("timestamp", host.data)
    return Millis(host.data) if name == "valueOf" else Opaque(f"the date's {name}() is not known")


FUNCTIONS: Mapping[str, Function] = {
    "new Date": _new_date, "Date.now": _now_millis, "Date": _date_string, "moment": _moment, "moment.utc": _moment,
}  # fmt: skip
