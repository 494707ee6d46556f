"""`-H`, `-b`, `-A`, `-e` → `headers`, `cookies` and, for Authorization, `auth`."""

from __future__ import annotations

import base64
import binascii
import re
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime

from runner.formats.curl.command import Given
from runner.formats.curl.context import Context
from runner.formats.curl.nodes import Word, literal_text
from runner.formats.curl.values import begins, cut, label, split, stripped, without
from runner.formats.draft import Data
from runner.formats.texts import Parts, is_literal, plain, spliced

#: Headers that follow from the request; to take them away, or to write what they are anyway, changes nothing.
_OWN = frozenset({"expect", "content-length", "proxy-connection"})
_NOT_THERE = frozenset({"authorization", "cookie", "referer", "transfer-encoding", "connection", "te", "range"})
_BEARER = re.compile(r"Bearer +(?=\S)|Bearer +$")


def put_headers(given: Given, made: Data, context: Context) -> None:
    """Puts the headers and cookies of a command into its request."""
    headers = made["headers"]
    for option, name in (("user-agent", "User-Agent"), ("referer", "Referer")):
        word = given.last(option)
        if word is not None:
            text = context.values.text(word)
            if name == "Referer" and text.endswith(";auto"):
                text = text.removesuffix(";auto")
                context.lose("the option 'referer'", "a redirect is followed without a Referer of its own")
            headers.update({name: text} if text else {})
            if not text:
                _taken_away(name, context)
    for part in _ranges(given, context):
        headers["Range"] = part
    _condition(given, headers, context)
    for word in given.every("header"):
        _header(word, made, context)
    for word in given.every("cookie"):
        _cookies(word, made, context)


def _ranges(given: Given, context: Context) -> list[str]:
    word = given.last("range")
    if not word:
        return []
    text = context.values.text(word)
    return [f"bytes={text}" if "-" in text or "{{" in text else f"bytes={text}-"]


def _condition(given: Given, headers: Data, context: Context) -> None:
    """`-z DATE`: only what is newer, or with a minus before it older."""
    word = given.last("time-cond")
    if word is None:
        return
    text = literal_text(word) or ""
    moment = _moment(text.lstrip("-"))
    if moment is None:
        why = "only a date is read, as HTTP writes it or as 20241231; the time of a file is not"
        context.lose("the option 'time-cond'", why, "send an If-Modified-Since header")
    else:
        name = "If-Unmodified-Since" if text.startswith("-") else "If-Modified-Since"
        headers[name] = format_datetime(moment, usegmt=True)


def _moment(text: str) -> datetime | None:
    """A date and time; in UTC where no zone is written, as curl has it."""
    try:
        found = datetime.fromisoformat(text) if re.fullmatch(r"\d{8}", text) else parsedate_to_datetime(text)
    except ValueError:
        return None
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)


def _header(word: Word, made: Data, context: Context) -> None:
    first = word[0] if word and isinstance(word[0], str) else ""
    if first.startswith("@"):
        _headers_of_file(word, made, context)
        return
    name, value = cut(context.values.parts(word), ":")
    if value is None:
        name, value = cut(name, ";")
        if value is None or stripped(value):
            context.lose(f"the header '{label(word)}'", "curl sends none: it has no colon", "write Name: value")
        else:
            made["headers"][spliced(stripped(name))] = ""
        return
    name, value = stripped(name), stripped(value)
    if value:
        _set(spliced(name), value, made, context)
    else:
        _taken_away(plain(name), context, made)


def _headers_of_file(word: Word, made: Data, context: Context) -> None:
    text = context.text_of_file(word)
    if text is None:
        context.lose(f"the headers of {label(word)[1:]}", "the file cannot be read", "write them out")
        return
    for line in text.splitlines():
        if line.strip():
            _header((line,), made, context)


def _taken_away(name: str, context: Context, made: Data | None = None) -> None:
    """`Name:` keeps curl from sending a header of its own; one that was given before is sent."""
    lower = name.lower()
    if lower not in _OWN and lower not in _NOT_THERE and lower in ("accept", "user-agent", "content-type", "host"):
        context.lose(f"the header '{name}:'", "this header is always sent", f"write the {name} that it should have")


def _set(name: str, value: Parts, made: Data, context: Context) -> None:
    lower = name.lower()
    if lower in _OWN:
        return
    if lower == "transfer-encoding":
        context.lose(f"the header '{name}'", "a body is sent with its length", "")
        return
    if lower == "cookie" and _as_cookies(value, made):
        return
    if lower == "authorization" and "auth" not in made and _as_auth(value, made):
        return
    headers = made["headers"]
    text = spliced(value)
    headers[name] = [*_listed(headers[name]), text] if name in headers else text


def _listed(value: object) -> list[object]:
    return value if isinstance(value, list) else [value]


def _as_auth(value: Parts, made: Data) -> bool:
    """`Bearer TOKEN` and `Basic …` as `auth`, which sends the same."""
    bearer = _BEARER.match(begins(value))
    if bearer and (token := without(value, bearer.end())):
        made["auth"] = {"type": "bearer", "token": spliced(token)}
        return True
    pair = _basic(plain(value)) if is_literal(value) else None
    if pair is not None:
        made["auth"] = {"type": "basic", "username": spliced((pair[0],)), "password": spliced((pair[1],))}
    return pair is not None


def _basic(value: str) -> tuple[str, str] | None:
    """The credentials of `Basic …`, where encoding them again gives the same (RFC 7617 § 2)."""
    scheme, _, encoded = value.partition(" ")
    try:
        pair = base64.b64decode(encoded.strip(), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return None
    user, colon, password = pair.partition(":")
    same = base64.b64encode(pair.encode()).decode() == encoded.strip()
    return (user, password) if scheme == "Basic" and colon and same and pair.isprintable() else None


# --- cookies ---------------------------------------------------------------------------------------------------------


def _cookies(word: Word, made: Data, context: Context) -> None:
    parts = () if word in context.jars else context.values.parts(word)
    if not parts:
        return
    if cut(parts, "=")[1] is None and is_literal(parts):
        remedy = "write `cookies`; those that an answer of this file sets are kept anyway"
        context.lose(f"the cookies of '{plain(parts)}'", "a run reads no cookies of other runs", remedy)
    elif not _as_cookies(parts, made):
        made["headers"]["Cookie"] = spliced(parts)


def _as_cookies(value: Parts, made: Data) -> bool:
    """`a=b; c=d` as `cookies`, which are sent as the same text."""
    found: Data = {}
    for place, piece in enumerate(split(value, ";")):
        begin = begins(piece)
        if place and not begin.startswith(" "):
            return False
        name, text = cut(without(piece, 1) if place else piece, "=")
        if text is None or not is_literal(name) or not name or spliced(name) in found or name != stripped(name):
            return False
        found[spliced(name)] = spliced(text)
    made["cookies"] = {**made.get("cookies", {}), **found}
    return True
