"""URLs as curl takes them → `url`, `query`, credentials, and rows for `{a,b}` and `[1-3]`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import product
from typing import Any, NamedTuple
from urllib.parse import quote, quote_plus, unquote, unquote_plus

from runner.formats.curl.values import Values, begins, cut, mapped, split, without
from runner.formats.draft import Data
from runner.formats.texts import Part, Parts, Placeholder, is_literal, joined, plain, spliced
from runner.formats.variables import typed
from runner.redaction import URL_READABLE

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")
_GLOB = re.compile(
    r"\{([^{}]*)\}|\[(\d+)-(\d+)(?::(\d+))?\]|\[([a-z])-([a-z])(?::(\d+))?\]|\[([A-Z])-([A-Z])(?::(\d+))?\]"
)
_DOT_SEGMENT = re.compile(r"/(?:\.|(?!\.\.?(?:/|$))[^/?#]+/\.\.)(?=/|$)|^/\.\.(?=/|$)")
#: What `encoded` makes of an expression.
_ENCODED = re.compile(r"url_encode\((.*)\)", re.DOTALL)
#: More rows than these are a load test.
_MOST_ROWS = 1000


class Target(NamedTuple):
    """Where a request goes: its URL, the query behind it, `user:password` before the host, and rows."""

    url: Parts
    query: list[Parts]
    user: Parts = ()
    rows: list[Any] | None = None


def targeted(url: Parts, values: Values, *, as_is: bool, globs: bool) -> Target:
    """The target of a URL; `as_is` keeps the segments `.` and `..`, `globs` reads `{a,b}` and `[1-3]`."""
    rows = None
    if globs:
        url, rows = _expanded(url, values)
    url = _complete(values.with_holes(url, globs=globs), values)
    url = cut(url, "#")[0]
    url, user = _without_user(url)
    url, query = cut(url, "?")
    if not as_is:
        url = mapped(url, _squashed)
    return Target(url, [] if query is None else split(query, "&"), user, rows)


def _complete(url: Parts, values: Values) -> Parts:
    """With the scheme that curl guesses: `http`, whatever the port."""
    first = begins(url)
    if _SCHEME.match(first) or (first.startswith(("http:/", "https:/")) and "//" in first):
        return url
    if url and isinstance(url[0], Placeholder) and _holds_scheme(url[0].expression, values):
        return url
    return tuple(joined(["http://", *url]))


def _holds_scheme(expression: str, values: Values) -> bool:
    """Whether a variable at the beginning of a URL holds a scheme: unless it is known to hold none."""
    text = values.variables.get(expression, "")
    return not isinstance(text, str) or not text or "{{" in text or _SCHEME.match(text) is not None


def _squashed(text: str) -> str:
    """Without the segments `.` and `..` of a path (RFC 3986 § 5.2.4)."""
    host = re.match(r"[A-Za-z][A-Za-z0-9+.-]*://[^/]*", text)
    head, path = (host.group(), text[host.end() :]) if host else ("", text)
    before = ""
    while before != path:
        before, path = path, _DOT_SEGMENT.sub("", path, count=1)
    return head + path


def _without_user(url: Parts) -> tuple[Parts, Parts]:
    """The URL without `user:password@`, and that decoded: curl takes it as it takes `-u`."""
    scheme = _SCHEME.match(begins(url))
    if scheme is None:
        return url, ()
    rest = without(url, scheme.end())
    authority: list[Part] = []
    for part in rest:
        end = re.search(r"[/?#]", part) if isinstance(part, str) else None
        if end is not None:
            authority.append(str(part)[: end.start()])
            break
        authority.append(part)
    found = tuple(joined(authority))
    at = [place for place, part in enumerate(found) if isinstance(part, str) and "@" in part]
    if not at:
        return url, ()
    last = at[-1]
    before, _, after = str(found[last]).rpartition("@")
    user, password = cut(tuple(joined([*found[:last], before])), ":")
    host = [after, *found[last + 1 :], *_behind(rest)]
    decoded = tuple(joined([*mapped(user, unquote), ":", *mapped(password or (), unquote)]))
    return tuple(joined([scheme.group(), *host])), decoded


def _behind(rest: Parts) -> Iterator[Part]:
    """The parts from the end of the authority on."""
    inside = True
    for part in rest:
        end = re.search(r"[/?#]", part) if isinstance(part, str) and inside else None
        if end is not None:
            yield str(part)[end.start() :]
            inside = False
        elif not inside:
            yield part


# --- globs -----------------------------------------------------------------------------------------------------------


def _expanded(url: Parts, values: Values) -> tuple[Parts, list[Any] | None]:
    """The URL with `{{item}}` where it had sets and ranges, and the rows that they give."""
    found: list[Part] = []
    sets: list[list[str]] = []
    for part in url:
        if isinstance(part, Placeholder):
            found.append(part)
            continue
        position = 0
        for match in _GLOB.finditer(part):
            members = _members(match)
            if members:
                sets.append(members)
                found += [part[position : match.start()], Placeholder(f"item.{_column(len(sets))}")]
                position = match.end()
        found.append(part[position:])
    return _with_rows(url, tuple(joined(found)), sets, values)


def _with_rows(url: Parts, made: Parts, sets: list[list[str]], values: Values) -> tuple[Parts, list[Any] | None]:
    if not sets:
        return url, None
    count = 1
    for members in sets:
        count *= len(members)
    if count > _MOST_ROWS or values.looping:
        why = "they are within a loop" if values.looping else f"they are {count:,}"
        values.lose(f"the {count:,} URLs of {plain(url)}", why, "write `for_each`")
        return url, None
    if len(sets) == 1:
        return tuple(Placeholder("item") if p == Placeholder("item.a") else p for p in made), list(map(typed, sets[0]))
    names = [_column(number + 1) for number in range(len(sets))]
    return made, [dict(zip(names, map(typed, row), strict=True)) for row in product(*sets)]


def _column(number: int) -> str:
    return "abcdefghijklmnopqrstuvwxyz"[(number - 1) % 26]


def _members(match: re.Match[str]) -> list[str]:
    """What a set or a range stands for; nothing for what is no glob but a place to be filled in."""
    members, low, high, step, *letters = match.groups()
    if members is not None:
        return members.split(",") if "," in members else []
    if low is not None:
        width = len(low) if low.startswith("0") else 0
        numbers = range(int(low), int(high) + 1, max(1, int(step or 1)))[: _MOST_ROWS + 1]
        return [str(number).zfill(width) for number in numbers]
    first, last, step = letters[:3] if letters[0] else letters[3:]
    return [chr(code) for code in range(ord(first), ord(last) + 1, max(1, int(step or 1)))]


# --- queries and forms -----------------------------------------------------------------------------------------------


def entries(pieces: list[Parts], *, form: bool = False) -> Data | None:
    """Pieces `name=value` as a mapping that is sent as the same text; None where there is none.

    A text counts as the same where it means the same to whoever decodes it, in a form; in a query it has to be it.
    Values with placeholders are encoded.
    """
    made: Data = {}
    last = None
    for piece in pieces:
        name, value = cut(piece, "=")
        if value is None or not is_literal(name) or not name:
            return None
        key, text = (_decoded(it, form) for it in (name, value))
        if key is None or text is None or (key in made and key != last):
            return None
        _add(made, key, text)
        last = key
    return made


def _add(made: Data, key: str, text: str) -> None:
    value = typed(text)
    made[key] = [*(made[key] if isinstance(made[key], list) else [made[key]]), value] if key in made else value


def _decoded(parts: Parts, form: bool) -> str | None:
    """The text of ours that is encoded to these parts; None where there is none."""
    found: list[Part] = []
    for part in parts:
        if isinstance(part, Placeholder):
            found.append(Placeholder(_ENCODED.sub(r"\1", part.expression)))
            continue
        if re.search(r"%(?![0-9A-Fa-f]{2})", part):
            return None
        text = unquote_plus(part) if form else unquote(part)
        if "\ufffd" in text or "\udc80" <= max(text, default="") <= "\udcff":
            return None
        if not form and quote(text, safe=URL_READABLE) != part:
            return None
        found.append(text)
    return spliced(tuple(joined(found)))


def encoded(parts: Parts, *, form: bool) -> Parts:
    """Parts whose literal texts are encoded, and whose expressions encode their values."""
    encode = quote_plus if form else quote
    found = [
        encode(part, safe="") if isinstance(part, str) else Placeholder(f"url_encode({part.expression})")
        for part in parts
    ]
    return tuple(joined(found))
