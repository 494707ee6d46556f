"""Scalar settings: what each wants in words, and the function that reads its value or gives None.

Used when a file is read, and again when a template gives the value.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple
from urllib.parse import unquote, urlsplit

from runner.language.document.words import YAML_11_BOOLEANS
from runner.language.values import duration, size

METHOD = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+", re.ASCII)  # a token, RFC 9110 § 9.1
_STANDARD = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "QUERY"})


def standard_method(method: str) -> str:
    """A method as it is sent: a registered one in capitals, another as it is written (their case counts, RFC 9110)."""
    return method.upper() if method.upper() in _STANDARD else method


class SettingRule(NamedTuple):
    """A scalar setting: what it wants in words, and the function that gives its value or None."""

    wanted: str
    read: Callable[[Any], Any]


def read_timeout(value: Any) -> float | None:
    """A positive duration in seconds."""
    seconds = duration(value)
    return seconds if seconds else None


def read_redirects(value: Any) -> int | None:
    """How many redirects to follow."""
    if isinstance(value, bool):
        return 10 if value else 0
    return value if isinstance(value, int) and value >= 0 else None


def read_verify(value: Any) -> bool | str | None:
    """true, false or the path of a CA file."""
    if isinstance(value, str):
        return value if value and value.lower() not in YAML_11_BOOLEANS else None
    return value if isinstance(value, bool) else None


def read_switch(value: Any) -> bool | None:
    """true or false."""
    return value if isinstance(value, bool) else None


#: What a proxy that is a socket of this machine begins with, before its path.
UNIX = "unix:"
_PROXY_SCHEMES = frozenset({"http", "https", "socks5", "socks5h"})


def read_proxy(value: Any) -> str | None:
    """The URL of a proxy, or `unix:` and the path of a socket; `""` (also written false) for none at all."""
    if value is False or (isinstance(value, str) and not value.strip()):
        return ""
    if not isinstance(value, str) or value == UNIX:
        return None
    return value if value.startswith(UNIX) or _is_proxy_url(value) else None


def _is_proxy_url(text: str) -> bool:
    try:
        parts = urlsplit(text)
        return parts.scheme.lower() in _PROXY_SCHEMES and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def proxy_credentials(url: str) -> tuple[str, ...]:
    """What of a proxy's URL is secret: the password as it is written and as it is meant, and the pair that is sent."""
    userinfo = url.partition("://")[2].rpartition("@")[0]
    password = userinfo.partition(":")[2]
    return (password, unquote(password), unquote(userinfo)) if password else ()


def read_count(value: Any) -> int | None:
    """A whole number from 1."""
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else None


def read_factor(value: Any) -> float | None:
    """A number from 1."""
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return float(value) if number and 1 <= value < 1000 else None


def read_statuses(value: Any) -> frozenset[int] | None:
    """A status, or a list of them."""
    found = _listed(value)
    return frozenset(found) if all(read_count(item) and 100 <= item < 600 for item in found) else None


def read_methods(value: Any) -> frozenset[str] | None:
    """A method, or a list of them, in capital letters."""
    found = _listed(value)
    if not all(isinstance(item, str) and METHOD.fullmatch(item) for item in found):
        return None
    return frozenset(item.upper() for item in found)


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


SETTINGS: Mapping[str, SettingRule] = {
    "timeout": SettingRule("a duration such as 500ms, 10s or 2m", read_timeout),
    "delay": SettingRule("a duration such as 500ms, 10s or 2m", duration),
    "follow_redirects": SettingRule("true, false or a number", read_redirects),
    "verify": SettingRule("true, false or a CA file", read_verify),
    "proxy": SettingRule("a URL such as http://127.0.0.1:3128 or socks5://…, unix:PATH, or false", read_proxy),
    "http2": SettingRule("true or false", read_switch),
    "max_body": SettingRule("a size such as 10MB, or a number of bytes", size),
    "max_events": SettingRule("a whole number from 1", read_count),
    "attempts": SettingRule("a whole number from 1", read_count),
    "backoff": SettingRule("a factor such as 2, from 1", read_factor),
    "statuses": SettingRule("a status such as 503, or a list of them", read_statuses),
    "methods": SettingRule("a method such as POST, or a list of them", read_methods),
    "interval": SettingRule("a duration such as 500ms, 10s or 2m", read_timeout),
    "max_pages": SettingRule("a whole number from 1", read_count),
}
