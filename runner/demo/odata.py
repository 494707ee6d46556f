"""The query options of a Graph list: `$filter`, `$orderby`, `$top`, `$skiptoken`, `$select`, `$count`.

    options(call) ──▶ select(filter(records)) ──▶ one page

A small part of OData 4.01 (URL conventions, § 5.1): `$filter` takes `startswith(name,'text')` and
`name eq value`, joined by `and`. This file knows records and their properties, but no users and no HTTP.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

Record = dict[str, Any]
Test = Callable[[Record], bool]

#: Graph's page of directory objects: 100 unless `$top` says otherwise, at most 999.
_PAGE, _LARGEST_PAGE = 100, 999

LIST_OPTIONS = frozenset({"$select", "$filter", "$orderby", "$top", "$skiptoken", "$count"})
ENTITY_OPTIONS = frozenset({"$select"})


class ODataError(Exception):
    """A query that Graph answers with status 400; `code` is the one in its error body."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


@dataclass(frozen=True, slots=True)
class Kind:
    """What can be listed: its OData type, all of its properties, and those shown without `$select`."""

    type: str
    properties: Sequence[str]
    defaults: Sequence[str]


@dataclass(frozen=True, slots=True)
class Page:
    """One page; `next_query` is the query string of the next one, None on the last."""

    records: list[Record]
    total: int
    next_query: str | None


def options(query: Sequence[tuple[str, str]], known: frozenset[str]) -> dict[str, str]:
    """The query options by name.

    Raises:
        ODataError: one is unknown.
    """
    given = dict(query)
    unknown = next((name for name in given if name not in known), None)
    if unknown is not None:
        raise ODataError("Request_BadRequest", f"Unrecognized query argument specified: '{unknown}'.")
    return given


def selected(given: Mapping[str, str], kind: Kind) -> Sequence[str]:
    """The names of `$select` in the order given, or the properties shown unasked."""
    if "$select" not in given:
        return kind.defaults
    names = [name.strip() for name in given["$select"].split(",")]
    for name in names:
        _known(name, kind, "Parsing OData Select and Expand failed: ")
    return names


def page(records: Sequence[Record], given: Mapping[str, str], kind: Kind) -> Page:
    """The records that a list request asks for, in order, shown with the properties it selects."""
    names = selected(given, kind)
    tests = _filter(given.get("$filter"), kind)
    found = _ordered([record for record in records if all(test(record) for test in tests)], given, kind)
    size, start = _size(given.get("$top")), _start(given.get("$skiptoken"))
    shown = [pick(record, names) for record in found[start : start + size]]
    more = start + size < len(found)
    return Page(shown, len(found), _next_query(given, start + size) if more else None)


def pick(record: Record, names: Sequence[str]) -> Record:
    return {name: record[name] for name in names}


def _known(name: str, kind: Kind, prefix: str) -> None:
    if name not in kind.properties:
        message = f"Could not find a property named '{name}' on type '{kind.type}'."
        raise ODataError("BadRequest", prefix + message)


def _ordered(records: list[Record], given: Mapping[str, str], kind: Kind) -> list[Record]:
    name, _, direction = given.get("$orderby", "displayName").strip().partition(" ")
    _known(name, kind, "")
    if direction not in ("", "asc", "desc"):
        raise ODataError("BadRequest", f"Syntax error at position {len(name) + 1} in '{given['$orderby']}'.")
    return sorted(records, key=lambda record: str(record[name] or "").lower(), reverse=direction == "desc")


def _size(top: str | None) -> int:
    if top is None:
        return _PAGE
    if not re.fullmatch(r"[0-9]{1,9}", top):
        raise ODataError("BadRequest", f"Invalid value '{top}' for $top query option found.")
    if not 1 <= int(top) <= _LARGEST_PAGE:
        message = f"Invalid page size specified: '{top}'. Must be between 1 and {_LARGEST_PAGE} inclusive."
        raise ODataError("Request_BadRequest", message)
    return int(top)


def _start(token: str | None) -> int:
    """The offset in a `$skiptoken`, which is opaque to clients."""
    if token is None:
        return 0
    try:
        return int(base64.urlsafe_b64decode(token).removeprefix(b"from:"))
    except (ValueError, binascii.Error):
        raise ODataError("Directory_ExpiredPageToken", "The specified page token is not valid.") from None


def _next_query(given: Mapping[str, str], start: int) -> str:
    token = base64.urlsafe_b64encode(b"from:%06d" % start).decode()
    return urlencode({**given, "$skiptoken": token}, safe="$,'()=", quote_via=quote)


_TEXT = r"'((?:[^']|'')*)'"
_PREFIX = rf"startswith\(\s*(\w+)\s*,\s*{_TEXT}\s*\)"
_EQUALS = rf"(\w+)\s+eq\s+(?:{_TEXT}|(true|false|null)\b)"
_CLAUSE = re.compile(rf"\s*(?:{_PREFIX}|{_EQUALS})\s*")
_LITERALS = {"true": True, "false": False, "null": None}


def _filter(text: str | None, kind: Kind) -> list[Test]:
    """One test for each clause; none for no filter."""
    tests: list[Test] = []
    end = 0
    while text is not None and (end < len(text) or not tests):
        if tests:
            end = _past("and ", text, end)
        clause = _CLAUSE.match(text, end)
        if clause is None:
            raise _syntax(text, end)
        tests.append(_test(clause, kind))
        end = clause.end()
    return tests


def _past(word: str, text: str, end: int) -> int:
    if not text.startswith(word, end):
        raise _syntax(text, end)
    return end + len(word)


def _syntax(text: str, place: int) -> ODataError:
    return ODataError("BadRequest", f"Invalid filter clause: Syntax error at position {place} in '{text}'.")


def _test(clause: re.Match[str], kind: Kind) -> Test:
    prefixed, prefix, equated, text, literal = clause.groups()
    _known(prefixed or equated, kind, "Invalid filter clause: ")
    if prefixed:
        wanted = _folded(prefix)
        return lambda record: str(record[prefixed] or "").lower().startswith(wanted)
    if text is None:
        return lambda record: record[equated] is _LITERALS[literal]
    wanted = _folded(text)
    return lambda record: str(record[equated]).lower() == wanted


def _folded(text: str) -> str:
    """A quoted text as it is compared: a doubled quote is one, and case does not count in the directory."""
    return text.replace("''", "'").lower()
