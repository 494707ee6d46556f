"""Origins of URLs (RFC 6454 § 4), and what of a request stays at the origin that it was written for.

Redirects and links to further pages lead elsewhere: credentials do not go along. This file sends nothing and knows no
scheme of authentication.
"""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import unquote_plus, urlsplit

from runner.engine.exchange import Request

#: Headers that stay at their origin whatever they hold. `Host` is no credential, but names that origin.
_STAY = frozenset({"authorization", "proxy-authorization", "cookie", "host"})
_PORTS: Mapping[str, int] = {"http": 80, "https": 443}


def origin(url: str) -> tuple[str, str, int]:
    """Scheme, host and port of a URL."""
    parts = urlsplit(url)
    return parts.scheme, parts.hostname or "", parts.port or _PORTS.get(parts.scheme, 0)


def is_home(home: str, url: str) -> bool:
    """Whether credentials for one URL may go to another: to the same origin, or from http:80 to https:443 of a host."""
    here, there = origin(home), origin(url)
    return here == there or (here[0], here[2], there[0], there[2], here[1]) == ("http", 80, "https", 443, there[1])


def away(request: Request, home: Request) -> Request:
    """The request as it goes to another origin than that of `home`, the request as written: without its credentials."""
    secret = _STAY | home.secret_headers
    return request._replace(
        url=without_entries(request.url, home.secret_query),
        headers=tuple(pair for pair in request.headers if pair[0].lower() not in secret),
        connection=request.connection._replace(certificate=None),
    )


def without_entries(url: str, names: frozenset[str]) -> str:
    """The URL without the query entries of these names; the others stay as they are written."""
    head, mark, rest = url.partition("?")
    if not names or not mark:
        return url
    query, hash_mark, fragment = rest.partition("#")
    kept = [part for part in query.split("&") if unquote_plus(part.partition("=")[0]) not in names]
    return head + ("?" + "&".join(kept) if kept else "") + hash_mark + fragment
