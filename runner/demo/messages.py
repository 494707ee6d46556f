"""A request and an answer as plain values, and the table that leads from one to the other.

    Call ──Router(routes)──▶ handler(call, **parts of the path) ──▶ Reply

This file knows no socket: `wire` reads a Call from one and writes a Reply to it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl, unquote

JSON = "application/json; charset=utf-8"
FORM = "application/x-www-form-urlencoded"

#: These have no body (RFC 9110 § 6.4.1).
BODILESS = frozenset({204, 304})
REASONS = {status.value: status.phrase for status in HTTPStatus}


@dataclass(frozen=True)
class Call:
    """One request. `path` is percent-encoded, header names are lower case, `origin` is how it got here."""

    method: str
    path: str
    query_string: str
    headers: Mapping[str, str]
    body: bytes
    origin: str

    @cached_property
    def query(self) -> list[tuple[str, str]]:
        return parse_qsl(self.query_string, keep_blank_values=True)

    @property
    def url(self) -> str:
        query = f"?{self.query_string}" if self.query_string else ""
        return f"{self.origin}{self.path}{query}"

    @property
    def media_type(self) -> str:
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    @property
    def form(self) -> list[tuple[str, str]] | None:
        """The fields of a form body, None when the body is none."""
        if self.media_type != FORM:
            return None
        return parse_qsl(self.body.decode("utf-8", "replace"), keep_blank_values=True)

    def credentials(self, scheme: str) -> str | None:
        """What `Authorization` holds for a scheme, None where it names another (RFC 9110 § 11.6.2)."""
        given, _, rest = self.headers.get("authorization", "").partition(" ")
        return rest.strip() if given.lower() == scheme.lower() else None


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer; the body is empty for those that have none. `stream` gives one that is sent as it comes."""

    status: int = 200
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()
    stream: Iterator[bytes] | None = None


def json_reply(value: Any, status: int = 200, *headers: tuple[str, str], content_type: str = JSON) -> Reply:
    """An answer with a JSON body."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    # A lone surrogate has no UTF-8; Python's escape for it is JSON's.
    body = text.encode("utf-8", "backslashreplace")
    return Reply(status, body, (("Content-Type", content_type), *headers))


Handler = Callable[..., Reply]


class Route:
    """Methods (`GET POST`, `*` for all), a path with `{names}` (`{name*}` takes the rest), and a handler."""

    def __init__(self, methods: str, path: str, handler: Handler) -> None:
        self.methods = frozenset(methods.split())
        self.handler = handler
        self._pattern = _pattern(path)

    def match(self, path: str) -> dict[str, str] | None:
        found = self._pattern.fullmatch(path)
        return {name: unquote(part) for name, part in found.groupdict().items()} if found else None

    def allows(self, method: str) -> bool:
        wanted = "GET" if method == "HEAD" else method  # RFC 9110 § 9.3.2: HEAD is GET without the body
        return "*" in self.methods or wanted in self.methods


def _pattern(path: str) -> re.Pattern[str]:
    pieces = re.split(r"\{(\w+\*?)\}", path)  # text and names by turns
    parts = (_part(piece) if place % 2 else re.escape(piece) for place, piece in enumerate(pieces))
    return re.compile("".join(parts))


def _part(name: str) -> str:
    return f"(?P<{name[:-1]}>.*)" if name.endswith("*") else f"(?P<{name}>[^/]+)"


class Router:
    """Finds the route of a call; `lost` answers an unknown path, `refused` a method that a path lacks."""

    def __init__(
        self, routes: Iterable[Route], lost: Callable[[Call], Reply], refused: Callable[[Call, str], Reply]
    ) -> None:
        self._routes = tuple(routes)
        self._lost = lost
        self._refused = refused

    def answer(self, call: Call) -> Reply:
        allowed: set[str] = set()
        for route in self._routes:
            parts = route.match(call.path)
            if parts is None:
                continue
            if route.allows(call.method):
                return route.handler(call, **parts)
            allowed |= route.methods
        return self._refused(call, ", ".join(sorted(allowed))) if allowed else self._lost(call)
