"""The cookie jar of one collection: http.cookiejar as httpx drives it, held to RFC 6265.

It knows URLs and header values, and nothing of exchanges, sockets or files.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from http.cookiejar import CookieJar as StandardJar
from http.cookiejar import DefaultCookiePolicy

import httpx

from runner.runtime.transport.wire import locate

_ADDRESS = re.compile(r"[0-9.]+")
_LOOPBACK = re.compile(r"(.+\.)?localhost|127\.0\.0\.1|\[::1]")


#: A URL, and the values of its Set-Cookie headers.
Stored = tuple[str, tuple[str, ...]]


class CookieJar:
    """Cookies that servers have set, for the requests that follow. Safe to share between threads."""

    def __init__(self) -> None:
        # RFC 6265 § 5.3 (6): a cookie without Domain goes back to its very host, not to hosts below it.
        policy = DefaultCookiePolicy(strict_ns_domain=DefaultCookiePolicy.DomainStrictNonDomain)
        self._cookies = httpx.Cookies(StandardJar(policy))
        self._held_back: frozenset[str] = frozenset()
        self._log: list[Stored] | None = None

    def header(self, url: str) -> str | None:
        """The value of the Cookie header for a URL, or None (RFC 6265 § 5.4)."""
        return "; ".join(f"{name}={value}" for name, value in self.pairs(url)) or None

    def pairs(self, url: str) -> list[tuple[str, str]]:
        """Names and values of the cookies for a URL: longer paths first, then the older ones."""
        if not self._cookies:
            return []
        request = _asking(url)
        self._cookies.set_cookie_header(request)
        parts = (part.partition("=") for part in request.headers.get("cookie", "").split("; "))
        return [(name, value) for name, equals, value in parts if equals and name not in self._held_back]

    def store(self, url: str, values: Iterable[str]) -> None:
        """Keep, replace or remove what the Set-Cookie headers from `url` say (RFC 6265 § 5.3)."""
        values = tuple(values)
        if self._log is not None:
            self._log.append((url, values))
        request = _asking(url)
        headers = [(b"Set-Cookie", _strict(value, request.url.host).encode()) for value in values]
        self._cookies.extract_cookies(httpx.Response(200, headers=headers, request=request))

    def without(self, names: Iterable[str]) -> CookieJar:
        """This very jar, but the cookies of these names are not sent; what is stored there is stored here."""
        view = CookieJar()
        view._cookies, view._held_back = self._cookies, self._held_back | frozenset(names)
        view._log = self._log
        return view

    def fork(self) -> CookieJar:
        """A jar with the same cookies that goes its own way, and remembers what was stored there."""
        other = CookieJar()
        for cookie in self._cookies.jar:
            other._cookies.jar.set_cookie(cookie)
        other._log = []
        return other

    @property
    def stored(self) -> tuple[Stored, ...]:
        """What was stored in a fork, in order."""
        return tuple(self._log or ())

    def join(self, stored: Iterable[Stored]) -> None:
        """Stores what was stored in a fork of this jar."""
        for url, values in stored:
            self.store(url, values)


def _asking(url: str) -> httpx.Request:
    """A request of this URL, for http.cookiejar. Secure cookies go to this machine over http, as browsers have it."""
    address, target = locate(url)
    scheme = "https" if _LOOPBACK.fullmatch(address.host) else address.scheme
    path = target.partition("?")[0][:60_000]  # a cookie's path is far shorter, and httpx.URL takes no more
    request = httpx.Request("GET", f"{scheme}://{address.name}{path}")
    request.headers.encoding = "utf-8"  # of what http.cookiejar writes into them
    return request


def _strict(value: str, host: str) -> str:
    """A Set-Cookie value without what RFC 6265 § 5.2 and 5.3 ignore; `""` where all of it is."""
    pair, *attributes = value.split(";")
    name, equals, _ = pair.partition("=")
    alone = "." not in host or _ADDRESS.fullmatch(host)  # such a host has no parents and no children
    if not (equals and name.strip()):
        return ""
    for attribute in attributes:
        key, _, text = (part.strip().lower() for part in attribute.partition("="))
        if key == "domain" and alone:
            if text.removeprefix(".") not in ("", host):
                return ""
        elif key == "expires":
            from runner.runtime.transport.cookie_dates import plain_date  # most cookies have none

            date = plain_date(text)
            pair += f";Expires={date}" if date else ""
        elif key != "path" or text.startswith("/"):
            pair += f";{attribute}"
    return pair
