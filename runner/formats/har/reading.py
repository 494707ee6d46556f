"""HAR text → calls: the requests in it that are calls of an API, in order, redirects followed to their end.

http://www.softwareishard.com/blog/har-12-spec/ . Exports are made by many tools: a value of the wrong type counts as
one that is not there. This file knows nothing of ours.
"""

from __future__ import annotations

import base64
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from urllib.parse import urljoin, urlsplit

from runner.formats import foreign_json
from runner.formats.draft import ForeignFault
from runner.formats.foreign_yaml import mapping, sequence, text
from runner.formats.har import noise

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_LONGEST_CHAIN = 10
_LARGEST_ANSWER = 2_000_000


class Pair(NamedTuple):
    """A header, a cookie, or a field of a form; `file` is the name of a part that is a file."""

    name: str
    value: str
    file: str | None = None
    content_type: str = ""


class Call(NamedTuple):
    """One request with its answer. `place` is that in the export, `status` 0 where there was no answer.

    `answer` is the JSON of the response, or None; `set_cookies` are the cookies that it set; `location` is where a
    redirect leads to, and `follows` is false where nobody went there.
    """

    place: str
    method: str
    url: str
    headers: tuple[Pair, ...]
    cookies: tuple[Pair, ...]
    mime: str
    body: str
    fields: tuple[Pair, ...]
    has_body: bool
    status: int
    answer: Any
    set_cookies: dict[str, str]
    location: str = ""
    follows: bool = True


@dataclass(slots=True, eq=False)
class Log:
    """The calls of an export; what was left out, by kind; and what could not be taken over: place, what, why."""

    calls: list[Call] = field(default_factory=list)
    left_out: Counter[str] = field(default_factory=Counter)
    lost: list[tuple[str, str, str]] = field(default_factory=list)


def read(content: str) -> Log:
    """The calls in a HAR.

    Raises:
        ForeignFault: it is none.
    """
    entries = mapping(mapping(foreign_json.read(content)).get("log")).get("entries")
    if not isinstance(entries, list):
        raise ForeignFault(
            "this is no HAR: it has no list 'log.entries'", hint="save it with the browser's network panel"
        )
    log = Log()
    found = [(f"log.entries[{number}]", mapping(entry)) for number, entry in enumerate(entries)]
    kept = [(place, entry) for place, entry in found if _is_call(place, entry, log)]
    if not kept and not log.lost:  # nothing else was recorded: then this is what is meant
        log.left_out.clear()
        kept = [(place, entry) for place, entry in found if _scheme(entry) in ("http", "https")]
    log.calls = list(_without_redirects([_call(place, entry, log) for place, entry in kept], log))
    if not log.calls and not log.lost:
        raise ForeignFault("there is no request in this HAR")
    return log


# --- what is a call ------------------------------------------------------------------------------------------------


def _request(entry: dict[str, Any]) -> dict[str, Any]:
    return mapping(entry.get("request"))


def _scheme(entry: dict[str, Any]) -> str:
    return text(_request(entry).get("url")).partition(":")[0].lower()


def _is_call(place: str, entry: dict[str, Any], log: Log) -> bool:
    kind = text(entry.get("_resourceType")).lower()
    scheme = _scheme(entry)
    if scheme in ("ws", "wss") or kind == "websocket" or "_webSocketMessages" in entry:
        log.lost.append((place, "a WebSocket", "requests are HTTP here"))
        return False
    if scheme not in ("http", "https"):
        log.left_out["addresses that are not HTTP"] += 1
        return False
    names = {pair.name.lower() for pair in _pairs(_request(entry).get("headers"))}
    if text(_request(entry).get("method")) == "OPTIONS" and "access-control-request-method" in names:
        log.left_out["CORS preflights"] += 1
        return False
    if kind in noise.BACKGROUND_TYPES:
        log.left_out["background reports"] += 1
        return False
    if _is_static(entry, kind):
        log.left_out["static files"] += 1
        return False
    return True


def _is_static(entry: dict[str, Any], kind: str) -> bool:
    if text(_request(entry).get("method"), "GET").upper() != "GET" or kind in ("xhr", "fetch", "document"):
        return False
    mime = text(mapping(mapping(entry.get("response")).get("content")).get("mimeType"))
    path = urlsplit_path(text(_request(entry).get("url")))
    is_page_part = kind in noise.STATIC_TYPES and not mime.startswith(("application/json", "text/html"))
    return is_page_part or noise.STATIC_MIME.match(mime) is not None or noise.STATIC_PATH.search(path) is not None


def urlsplit_path(url: str) -> str:
    """The path of a URL; empty for what is none."""
    try:
        return urlsplit(url).path
    except ValueError:
        return ""


# --- one call ------------------------------------------------------------------------------------------------------


def _pairs(value: Any) -> list[Pair]:
    return [_pair(entry) for entry in sequence(value) if isinstance(entry, dict)]


def _pair(entry: dict[str, Any]) -> Pair:
    file = text(entry.get("fileName")) if entry.get("fileName") is not None else None
    return Pair(text(entry.get("name")), text(entry.get("value")), file, text(entry.get("contentType")))


def _call(place: str, entry: dict[str, Any], log: Log) -> Call:
    request, response = _request(entry), mapping(entry.get("response"))
    headers = _pairs(request.get("headers"))
    posted = request.get("postData")
    data = mapping(posted)
    body, status = text(data.get("text")), response.get("status")
    if not body and ("_file" in data or "_sha1" in data):
        log.lost.append((f"{place}.request.postData", "the body of a request", "it lies in a file of its own"))
    elif not body and not data.get("params") and _header(request, "content-length").strip("0 "):
        log.lost.append((f"{place}.request.postData", "the body of a request", "the export does not hold it"))
    return Call(
        place,
        text(request.get("method"), "GET").upper() or "GET",
        text(request.get("url")),
        tuple(headers),
        tuple(_cookies(request, headers)),
        text(data.get("mimeType")) or _header(request, "content-type"),
        body,
        tuple(_pairs(data.get("params"))),
        bool(body) or bool(data.get("params")),
        status if isinstance(status, int) and 100 <= status <= 599 else 0,
        _answer(mapping(response.get("content"))),
        dict(_set_cookies(response)),
        text(response.get("redirectURL")) or _header(response, "location"),
    )


def _header(message: dict[str, Any], wanted: str) -> str:
    return next((pair.value for pair in _pairs(message.get("headers")) if pair.name.lower() == wanted), "")


def _cookies(request: dict[str, Any], headers: list[Pair]) -> list[Pair]:
    found = _pairs(request.get("cookies"))
    if found:
        return found
    header = next((header.value for header in headers if header.name.lower() == "cookie"), "")
    pairs = (part.strip().partition("=") for part in header.split(";") if part.strip())
    return [Pair(name, value) for name, _, value in pairs]


def _set_cookies(response: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for cookie in _pairs(response.get("cookies")):
        yield cookie.name, cookie.value
    for header in _pairs(response.get("headers")):
        if header.name.lower() == "set-cookie":
            for line in header.value.split("\n"):
                name, equals, rest = line.partition("=")
                if equals:
                    yield name.strip(), rest.partition(";")[0].strip()


def _answer(content: dict[str, Any]) -> Any:
    body = text(content.get("text"))
    if not body or len(body) > _LARGEST_ANSWER:
        return None
    try:
        decoded = base64.b64decode(body).decode() if content.get("encoding") == "base64" else body
        return json.loads(decoded)
    except (ValueError, RecursionError):
        return None


# --- redirects -----------------------------------------------------------------------------------------------------


def _without_redirects(calls: list[Call], log: Log) -> Iterator[Call]:
    """A redirect and what it led to are one call; one that was not followed is asked without following it."""
    done: set[int] = set()
    for number, call in enumerate(calls):
        if number in done:
            continue
        chain = list(_chain(number, calls, done)) if call.status in _REDIRECTS else []
        log.left_out["redirects that are followed"] += len(chain)
        last = calls[chain[-1]] if chain else call
        done.update(chain)
        cookies = {name: value for place in (number, *chain) for name, value in calls[place].set_cookies.items()}
        follows = last.status not in _REDIRECTS
        yield call._replace(status=last.status, answer=last.answer, set_cookies=cookies, follows=follows)


def _chain(number: int, calls: list[Call], done: set[int]) -> Iterator[int]:
    """The calls that a redirect led to: the next one of its target, and so on."""
    for _ in range(_LONGEST_CHAIN):
        call = calls[number]
        target = _target(call)
        if call.status not in _REDIRECTS or not target:
            return
        following = (
            n for n in range(number + 1, len(calls)) if n not in done and calls[n].url.partition("#")[0] == target
        )
        found = next(following, None)
        if found is None:
            return
        yield found
        number = found


def _target(call: Call) -> str:
    try:
        return urljoin(call.url, call.location).partition("#")[0] if call.location else ""
    except ValueError:
        return ""
