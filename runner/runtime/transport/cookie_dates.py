"""The date of a cookie's Expires attribute, read as RFC 6265 § 5.1.1 says and written so that nobody misreads it.

http.cookiejar reads the forms that it knows, and a year of two digits as the nearest one.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime

_DELIMITERS = re.compile(r"[\t\x20-\x2f\x3b-\x40\x5b-\x60\x7b-\x7e]+")
_TIME = re.compile(r"(\d{1,2}):(\d{1,2}):(\d{1,2})(?:\D|$)", re.ASCII)
_DAY = re.compile(r"(\d{1,2})(?:\D|$)", re.ASCII)
_YEAR = re.compile(r"(\d{2,4})(?:\D|$)", re.ASCII)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_EARLIEST = 1601
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def read_date(text: str) -> datetime | None:
    """The date in UTC; None where the text is none, and the attribute does not count."""
    found: dict[str, tuple[int, ...]] = {}
    for token in _DELIMITERS.split(text):
        part, numbers = _part(token, found)
        if part:
            found[part] = numbers
    if len(found) < len(_PARTS) or found["year"][0] < _EARLIEST:
        return None
    year, month, day, hour, minute, second = (number for part in _IN_ORDER for number in found[part])
    try:
        return datetime(year, month, day, hour, minute, second, tzinfo=UTC)
    except ValueError:
        return None


def _part(token: str, found: dict[str, tuple[int, ...]]) -> tuple[str, tuple[int, ...]]:
    """What a token is of the parts that are still wanted: the first in the order of the RFC."""
    for part, read in _PARTS.items():
        if part not in found and (numbers := read(token)):
            return part, numbers
    return "", ()


def _time(token: str) -> tuple[int, ...]:
    match = _TIME.match(token)
    return tuple(map(int, match.groups())) if match else ()


def _day(token: str) -> tuple[int, ...]:
    match = _DAY.match(token)
    return (int(match[1]),) if match else ()


def _month(token: str) -> tuple[int, ...]:
    name = token[:3].lower()
    return (_MONTHS.index(name) + 1,) if name in _MONTHS else ()


def _year(token: str) -> tuple[int, ...]:
    match = _YEAR.match(token)
    if match is None:
        return ()
    year = int(match[1])
    return (year + (1900 if 70 <= year <= 99 else 2000 if year < 70 else 0),)


#: In the order in which a token is tried.
_PARTS = {"time": _time, "day": _day, "month": _month, "year": _year}
_IN_ORDER = ("year", "month", "day", "time")


def plain_date(text: str) -> str:
    """The date in a form that http.cookiejar reads, `""` where the text is none. It takes none before 1970."""
    date = read_date(text)
    if date is None:
        return ""
    date = max(date, _EPOCH)
    return f"{date:%d} {_MONTHS[date.month - 1].title()} {date:%Y %H:%M:%S} GMT"
