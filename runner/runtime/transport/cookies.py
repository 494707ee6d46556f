"""The cookie jar of one collection (RFC 6265).

It knows URLs and header values, and nothing of requests, sockets or files. `http.cookiejar` is not used: it
costs 30 ms of start-up, and refuses cookies that hosts such as `localhost` set with a domain.
"""

from __future__ import annotations

import re
import threading
import time
from calendar import timegm
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit


@dataclass(frozen=True, slots=True)
class Cookie:
    """One cookie; `expires` is in seconds since the epoch, None for as long as the jar lives."""

    name: str
    value: str
    domain: str
    path: str
    host_only: bool
    secure: bool
    expires: float | None


class CookieJar:
    """Cookies that servers have set, for the requests that follow. Safe to share between threads."""

    def __init__(self) -> None:
        self._cookies: dict[tuple[str, str, str], Cookie] = {}
        self._stored: list[tuple[str, tuple[str, ...]]] | None = None
        self._held_back: frozenset[str] = frozenset()
        self._lock = threading.Lock()

    def header(self, url: str) -> str | None:
        """The value of the Cookie header for a URL, or None (RFC 6265 § 5.4)."""
        return "; ".join(f"{name}={value}" for name, value in self.pairs(url)) or None

    def pairs(self, url: str) -> list[tuple[str, str]]:
        """Names and values of the cookies for a URL: longer paths first, then the older ones."""
        if not self._cookies:
            return []
        scheme, host, path = _place(url)
        now = time.time()
        with self._lock:
            kept = list(self._cookies.values())
        fitting = [
            cookie
            for cookie in kept
            if (host == cookie.domain or (not cookie.host_only and _domain_match(host, cookie.domain)))
            and _path_match(path, cookie.path)
            and (not cookie.secure or scheme == "https" or _is_loopback(host))
            and (cookie.expires is None or cookie.expires > now)
            and cookie.name not in self._held_back
        ]
        fitting.sort(key=lambda cookie: -len(cookie.path))
        return [(cookie.name, cookie.value) for cookie in fitting]

    def store(self, url: str, set_cookie_values: Iterable[str]) -> None:
        """Keep, replace or remove what the Set-Cookie headers from `url` say (RFC 6265 § 5.3)."""
        values = tuple(set_cookie_values)
        _, host, path = _place(url)
        now = time.time()
        with self._lock:
            if self._stored is not None and values:
                self._stored.append((url, values))
            for value in values:
                cookie = parse_cookie(value, host, path, now)
                if cookie is not None:
                    self._keep(cookie, now)

    def _keep(self, cookie: Cookie, now: float) -> None:
        key = cookie.domain, cookie.path, cookie.name
        if cookie.expires is not None and cookie.expires <= now:
            self._cookies.pop(key, None)
        else:
            self._cookies[key] = cookie

    def without(self, names: Iterable[str]) -> CookieJar:
        """This very jar, but the cookies of these names are not sent; what is stored there is stored here."""
        view = CookieJar()
        view._cookies, view._stored, view._lock = self._cookies, self._stored, self._lock
        view._held_back = self._held_back | frozenset(names)
        return view

    def branch(self) -> CookieJar:
        """A copy for a request that overlaps others; `join` brings back what it stored."""
        copy = CookieJar()
        with self._lock:
            copy._cookies = dict(self._cookies)
        copy._stored = []
        return copy

    def join(self, branch: CookieJar) -> None:
        """Store here, in the same order, what was stored in a branch."""
        for url, values in branch._stored or ():
            self.store(url, values)


def new_jar() -> CookieJar:
    """An empty jar."""
    return CookieJar()


def _place(url: str) -> tuple[str, str, str]:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname or "", parts.path or "/"


def parse_cookie(header: str, host: str, path: str, now: float) -> Cookie | None:
    """The cookie that a Set-Cookie value of `host` and `path` sets, or None (RFC 6265 § 5.2)."""
    pair, *attributes = header.split(";")
    name, equals, value = (part.strip() for part in pair.partition("="))
    if not equals or not name:
        return None
    split = (part.partition("=") for part in attributes)
    said = {key.strip().lower(): text.strip() for key, _, text in split}
    domain = said.get("domain", "").lower().removeprefix(".")
    if domain and not _may_set(host, domain):
        return None
    wanted = said.get("path", "")
    return Cookie(
        name=name,
        value=value,
        domain=domain or host,
        path=wanted if wanted.startswith("/") else _default_path(path),
        host_only=not domain or (domain == host and "." not in domain),
        secure="secure" in said,
        expires=_expiry(said, now),
    )


def _may_set(host: str, domain: str) -> bool:
    """RFC 6265 § 5.3 (5, 6): a host sets cookies for itself and its parents, but not for all of `com`."""
    return host == domain or ("." in domain and _domain_match(host, domain))


def _domain_match(host: str, domain: str) -> bool:
    """RFC 6265 § 5.1.3; an address has no parents."""
    return host == domain or (host.endswith("." + domain) and not _ADDRESS.fullmatch(host))


def _default_path(path: str) -> str:
    """RFC 6265 § 5.1.4: the folder of the URL."""
    return path[: path.rfind("/")] or "/"


def _path_match(path: str, wanted: str) -> bool:
    """RFC 6265 § 5.1.4."""
    return path == wanted or (path.startswith(wanted) and (wanted.endswith("/") or path[len(wanted)] == "/"))


def _is_loopback(host: str) -> bool:
    """Browsers and curl send secure cookies to this machine over plain http, too."""
    return host in ("localhost", "127.0.0.1", "::1") or host.endswith(".localhost")


def _expiry(said: dict[str, str], now: float) -> float | None:
    """RFC 6265 § 5.3 (3): Max-Age wins over Expires."""
    age = said.get("max-age", "")
    if _INTEGER.fullmatch(age):
        return now + min(int(age[:18]), _LONG) if int(age[:18]) > 0 else 0.0
    return _cookie_date(said["expires"]) if "expires" in said else None


_ADDRESS = re.compile(r"[0-9.]+|.*:.*")
_INTEGER = re.compile(r"-?[0-9]+")
_LONG = 400 * 86400.0
_MONTH_NAMES = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTHS = {name: number for number, name in enumerate(_MONTH_NAMES, start=1)}
_DELIMITER = re.compile(r"[\x09\x20-\x2f\x3b-\x40\x5b-\x60\x7b-\x7e]+")
#: The fields of a cookie-date; the first token that fits one that is still free is it (RFC 6265 § 5.1.1).
_DATE_FIELDS = (
    ("time", re.compile(r"(\d{1,2}):(\d{1,2}):(\d{1,2})(?:\D.*)?")),
    ("day", re.compile(r"(\d{1,2})(?:\D.*)?")),
    ("month", re.compile(rf"({'|'.join(_MONTHS)}).*", re.IGNORECASE)),
    ("year", re.compile(r"(\d{2,4})(?:\D.*)?")),
)


def _cookie_date(text: str) -> float | None:
    found: dict[str, tuple[str, ...]] = {}
    for token in _DELIMITER.split(text):
        for field, pattern in _DATE_FIELDS:
            match = pattern.fullmatch(token)
            if match and field not in found:
                found[field] = match.groups()
                break
    if len(found) < len(_DATE_FIELDS):
        return None
    year = int(found["year"][0])
    year += 1900 if 70 <= year <= 99 else 2000 if year <= 69 else 0
    hour, minute, second = map(int, found["time"])
    day, month = int(found["day"][0]), _MONTHS[found["month"][0].lower()]
    if not 1 <= day <= 31 or year < 1601 or hour > 23 or minute > 59 or second > 59:
        return None
    return float(timegm((year, month, day, hour, minute, second)))
