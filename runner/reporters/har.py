"""`har`: every exchange as an HTTP Archive 1.2, the token's too; a page for each collection.

Entries are written as they come, so that no body is held. What the format has no field for stands in fields that start
with `_`, as it allows (http://www.softwareishard.com/blog/har-12-spec/).
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, TextIO
from urllib.parse import parse_qsl, urlsplit

from runner.engine.events import CollectionStarted, Event, RunFinished, RunStarted, StepFinished, TokenFinished
from runner.engine.exchange import Exchange, Headers, Request, Response, decode_text, parse_set_cookie
from runner.engine.results import StepResult, TokenResult
from runner.reporters.bodies import is_binary, request_content
from runner.reporters.records import dumps, milliseconds, moment
from runner.version import __version__

_CREATOR = {"name": "request-runner", "version": __version__}
_EPOCH = "1970-01-01T00:00:00.000Z"
_UNKNOWN = {"cookies": [], "headers": [], "headersSize": -1, "bodySize": -1}
#: Attribute of a cookie → its field.
_COOKIE = {"path": "path", "domain": "domain", "httponly": "httpOnly", "secure": "secure", "samesite": "sameSite"}
#: What `Exchange.timing` tells apart, as HAR calls it; TLS counts as a part of `connect` there.
_PHASES = ("dns", "send", "wait", "receive")


@dataclass(slots=True, eq=False)
class Reporter:
    """A listener that writes an archive, an entry a line."""

    stream: TextIO
    wants_exchanges: bool = True
    _pages: list[dict[str, Any]] = field(default_factory=list)
    _entries: int = 0
    _began: float = 0.0

    def __call__(self, event: Event) -> None:
        match event:
            case RunStarted():
                self._began = event.at
                self.stream.write(f'{{"log": {{"version": "1.2", "creator": {dumps(_CREATOR)},\n"entries": [')
            case CollectionStarted():
                self._page(event)
            case TokenFinished():
                self._token(event.result)
            case StepFinished():
                self._step(event.result)
            case RunFinished():
                pages = ",".join(f"\n{dumps(page)}" for page in self._pages)
                self.stream.write(f'\n],\n"pages": [{pages}\n]}}}}\n')

    def _page(self, event: CollectionStarted) -> None:
        page = {"id": f"page_{len(self._pages) + 1}", "title": event.name, "pageTimings": {}}
        self._pages.append({"startedDateTime": moment(self._began) or _EPOCH, **page, "comment": event.path})

    def _token(self, result: TokenResult) -> None:
        for exchange in result.exchanges:
            self._write(_entry(exchange), f"token: {result.name}", result.outcome.value)

    def _step(self, result: StepResult) -> None:
        exchanges = (*result.earlier, *((result.exchange,) if result.exchange else ()))
        for exchange in exchanges:
            self._write(_entry(exchange), result.name, result.outcome.value)
        if result.unanswered is not None:
            message = result.fault.message if result.fault else ""
            started = result.started or self._began
            self._write(_unanswered(result.unanswered, started, result.elapsed, message), result.name, "errored")

    def _write(self, entry: dict[str, Any], name: str, outcome: str) -> None:
        page = {"pageref": self._pages[-1]["id"]} if self._pages else {}
        tail = {"comment": name, "_outcome": outcome}
        self.stream.write(f"{',' if self._entries else ''}\n{dumps({**page, **entry, **tail})}")
        self._entries += 1


def _entry(exchange: Exchange) -> dict[str, Any]:
    response = exchange.response
    entry = {
        "startedDateTime": moment(exchange.started) or _EPOCH,
        "request": _request(exchange.request, response.http_version),
        "response": _response(response),
        "cache": {},
        **_times(exchange),
    }
    if response.redirects:
        entry["_redirects"] = [{"status": hop.status, "url": hop.url} for hop in response.redirects]
    return entry


def _unanswered(request: Request, started: float, elapsed: float, message: str) -> dict[str, Any]:
    """A request that got no response: status 0, as browsers write it."""
    none = {"status": 0, "statusText": "", "httpVersion": "", "content": {"size": 0, "mimeType": ""}, "redirectURL": ""}
    return {
        "startedDateTime": moment(started) or _EPOCH,
        "request": _request(request, "HTTP/1.1"),
        "response": {**none, **_UNKNOWN, "_error": message},
        "cache": {},
        "time": milliseconds(elapsed),
        "timings": {"send": 0, "wait": milliseconds(elapsed), "receive": 0},
    }


def _times(exchange: Exchange) -> dict[str, Any]:
    """The total, and what it went to where the exchange tells; -1 stands for what does not apply."""
    total = milliseconds(exchange.elapsed)
    timing = exchange.timing
    if timing.wait is None:
        return {"time": total, "timings": {"send": 0, "wait": total, "receive": 0}}
    spent = {name: _phase(getattr(timing, name)) for name in _PHASES}
    ssl = _phase(timing.tls)
    connect = -1.0 if timing.connect is None else _phase((timing.connect or 0) + (timing.tls or 0))
    known = sum(value for value in (*spent.values(), connect) if value > 0)
    needed = {name: max(spent[name], 0) for name in ("send", "wait", "receive")}
    blocked = round(max(total - known, 0), 1)
    return {
        "time": total,
        "timings": {"blocked": blocked, "dns": spent["dns"], "connect": connect, "ssl": ssl, **needed},
    }


def _phase(seconds: float | None) -> float:
    return -1.0 if seconds is None else milliseconds(seconds)


def _request(request: Request, version: str) -> dict[str, Any]:
    content = request_content(request)
    found: dict[str, Any] = {
        "method": request.method,
        "url": request.url,
        "httpVersion": version,
        "cookies": list(_sent_cookies(request.headers)),
        "headers": _pairs(request.headers),
        "queryString": _pairs(parse_qsl(urlsplit(request.url).query, keep_blank_values=True)),
        "headersSize": -1,
        "bodySize": len(content),
    }
    if content:
        kind = request.header("content-type")
        found["postData"] = {"mimeType": kind or "application/octet-stream", **_text(content, kind)}
    return found


def _response(response: Response) -> dict[str, Any]:
    kind = response.header("content-type")
    return {
        "status": response.status,
        "statusText": response.reason,
        "httpVersion": response.http_version,
        "cookies": list(_set_cookies(response)),
        "headers": _pairs(response.headers),
        "content": {"size": len(response.content), "mimeType": kind or "", **_text(response.content, kind)},
        "redirectURL": response.header("location") or "",
        "headersSize": -1,
        "bodySize": -1,
    }


def _text(content: bytes, content_type: str | None) -> dict[str, str]:
    if not content:
        return {}
    if is_binary(content, content_type):
        return {"text": base64.b64encode(content).decode("ascii"), "encoding": "base64"}
    return {"text": decode_text(content, content_type)}


def _pairs(pairs: Iterable[tuple[str, str]]) -> list[dict[str, str]]:
    return [{"name": name, "value": value} for name, value in pairs]


def _sent_cookies(headers: Headers) -> Iterator[dict[str, str]]:
    for name, value in headers:
        if name.lower() == "cookie":
            for pair in value.split(";"):
                key, _, text = pair.strip().partition("=")
                yield {"name": key, "value": text}


def _set_cookies(response: Response) -> Iterator[dict[str, Any]]:
    for header in response.set_cookies:
        cookie = parse_set_cookie(header)
        if cookie is not None:
            attributes = {_COOKIE[key]: cookie[key] for key in _COOKIE if key in cookie}
            yield {"name": cookie["name"], "value": cookie["value"], **attributes}
