"""`Authorization` headers that the tools compute: `Basic user password`, `Digest user password`, `AWS key secret`."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from runner.formats.draft import Data

_BASE64 = re.compile(r"[A-Za-z0-9+/]+={0,2}")
_SCHEME = re.compile(r"(Basic|Digest|AWS)\s+(\S.*)", re.IGNORECASE)
_NAMED = re.compile(r"(token|region|service):(\S+)")


def block(value: str) -> Data | None:
    """The `auth` block for the value of the header; None for one that is sent as it is."""
    match = _SCHEME.fullmatch(value.strip())
    return _MAKE[match[1].lower()](match[2].strip()) if match else None


def _login(kind: str, rest: str) -> Data | None:
    """User and password: two words, or one with a colon; base64 of them is sent as it is."""
    words = rest.split(None, 1)
    if len(words) == 1:
        user, colon, password = rest.partition(":")
        if not colon or (_BASE64.fullmatch(rest) and kind == "basic"):
            return None
        words = [user, password]
    return {"type": kind, "username": words[0].rstrip(":"), "password": words[1]}


def _basic(rest: str) -> Data | None:
    return _login("basic", rest)


def _digest(rest: str) -> Data | None:
    return None if "=" in rest else _login("digest", rest)


def _aws(rest: str) -> Data | None:
    named = dict(_NAMED.findall(rest))
    words = _NAMED.sub("", rest).split()
    if len(words) < 2:
        return None
    return {
        "type": "aws_sigv4",
        "access_key": words[0],
        "secret_key": words[1],
        "session_token": named.get("token", ""),
        "region": named.get("region", "us-east-1"),
        "service": named.get("service", "execute-api"),
    }


_MAKE: Mapping[str, Callable[[str], Data | None]] = {"basic": _basic, "digest": _digest, "aws": _aws}
