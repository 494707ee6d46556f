"""Functions over time: ISO 8601 text in, ISO 8601 text out, in the form in which it came."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from runner.language.functions.signature import Refused, function, text_function, unfit
from runner.language.values import Value, signed_duration

if TYPE_CHECKING:
    from datetime import datetime

#: The extended format of ISO 8601 as RFC 3339 profiles it, its parts optional from the right.
_ISO = (
    r"\d{4}-\d\d-\d\d"
    r"(?:(?P<mark>[Tt ])\d\d:\d\d(?::\d\d(?:[.,](?P<fraction>\d+))?)?(?P<zone>[Zz]|[+-]\d\d(?::?\d\d)?)?)?"
)


def _read(text: str) -> tuple[datetime, re.Match[str]]:
    """The instant and the form in which it is written.

    Raises:
        Refused: it is no date.
    """
    from datetime import datetime

    form = re.fullmatch(_ISO, text, re.ASCII)
    if form is None:
        raise unfit("an ISO 8601 date", 0, text)
    try:
        return datetime.fromisoformat(text.upper()), form
    except ValueError:
        raise unfit("an ISO 8601 date", 0, text) from None


@function()
def now() -> Value:
    """The time now, in UTC: `2026-11-23T10:00:00Z`."""
    from datetime import UTC, datetime

    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@text_function("string?")
def timestamp(*text: str) -> Value:
    """Seconds since 1970 of now, or of a date; one without an offset is in UTC."""
    from datetime import UTC
    from time import time

    if not text:
        return int(time())
    moment, _ = _read(text[0])
    seconds = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    return int(seconds) if seconds.is_integer() else seconds


@text_function("string", "string|number")
def date_add(date: str, duration_: str | int | float) -> Value:
    """A date moved by a duration (`7d`, `-90m`, or a number of seconds), written as it was."""
    from datetime import timedelta

    moment, form = _read(date)
    seconds = signed_duration(duration_)
    if seconds is None:
        raise unfit("a duration such as 500ms, 10s, 2m, 1h or 7d", 1, duration_)
    try:
        moved = moment + timedelta(seconds=seconds)
    except OverflowError:
        raise Refused("leaves the years 1 to 9999", 1) from None
    return _write(moved, form)


def _write(moment: datetime, form: re.Match[str]) -> str:
    if form["mark"] is None and not (moment.hour or moment.minute or moment.second or moment.microsecond):
        return moment.strftime("%Y-%m-%d").zfill(10)
    text = moment.replace(microsecond=0, tzinfo=None).isoformat(form["mark"] or "T")
    return text + _fraction(moment.microsecond, len(form["fraction"] or "")) + (form["zone"] or "")


def _fraction(microsecond: int, digits: int) -> str:
    """As many digits as were written, more only where they count."""
    whole = f"{microsecond:06d}".ljust(digits, "0")
    shown = whole[:digits] + whole[digits:].rstrip("0")
    return f".{shown}" if shown else ""


@text_function("string", "string")
def date_format(date: str, strftime: str) -> Value:
    """A date in the form that strftime's codes ask for, in its own offset."""
    moment, _ = _read(date)
    try:
        return moment.strftime(strftime)
    except ValueError:
        raise unfit("a strftime format", 1, strftime) from None
