"""What a request looks like on the wire, and where a redirect leads. No I/O.

It must not know sockets, connections or threads; all of it can be tested with plain values.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import quote, unquote, urljoin

import httpx

from runner.engine.exchange import Headers, Request
from runner.engine.origins import away
from runner.engine.payload import Body, chunks, size
from runner.errors import TransportError


class Address(NamedTuple):
    """Where a URL leads. `host` is ASCII (IDNA), IPv6 in brackets; `name` is the Host header."""

    scheme: str
    host: str
    port: int
    name: str


class WrittenURL(httpx.URL):
    """The URL of an address with its target as it is written, where httpx would encode and normalise it.

    (httpx's `extensions={"target": …}` would take the place of a proxy's own targets, too.)
    """

    def __init__(self, address: httpx.URL, target: str) -> None:
        super().__init__(address)
        self._target = target.encode("ascii")

    @property
    def raw_path(self) -> bytes:
        return self._target

    @property
    def raw_host(self) -> bytes:
        host = super().raw_host
        return b"[%b]" % host if b":" in host else host  # httpx names an IPv6 host to a proxy without brackets


_URL = re.compile(r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*)://(?P<authority>[^/?#\\]*)(?P<target>[^#]*)")
_LABEL = r"[^\s.:/?#@\[\]\\<>^`{|}%\x00-\x20]{1,63}"
_HOST = re.compile(rf"{_LABEL}(?:\.{_LABEL})*\.?|\[.*\]")
_PORTS = {"http": 80, "https": 443}
_PRINTABLE = "".join(map(chr, range(0x21, 0x7F)))


def locate(url: str) -> tuple[Address, str]:
    """The address of a URL and the request target as it is written; only what may not travel is encoded."""
    match = _URL.match(url)
    if match is None:
        raise TransportError("url", f"'{url}' is not an absolute URL", "begin it with https://, or set `base_url`")
    slash = "" if match["target"].startswith("/") else "/"
    try:
        address = _address(match["scheme"].lower(), match["authority"].rpartition("@")[2])
        return address, quote(slash + match["target"], safe=_PRINTABLE)
    except (ValueError, httpx.InvalidURL) as error:
        raise TransportError("url", f"{error}: '{url}'") from None


@lru_cache(maxsize=1024)
def _address(scheme: str, place: str) -> Address:
    """Raises ValueError or InvalidURL with what is wrong."""
    if scheme not in _PORTS:
        raise ValueError(f"the scheme '{scheme}' is not supported, only http and https")
    if not place:
        raise ValueError("the URL has no host")
    url = httpx.URL(f"{scheme}://{place}")
    name = url.netloc.decode("ascii")
    host = name if url.port is None else name.rpartition(":")[0]
    if not _HOST.fullmatch(host):
        raise ValueError(f"the host '{url.host}' is not valid")
    if url.port is not None and not 0 < url.port < 65536:
        raise ValueError(f"the port '{url.port}' is not a number from 1 to 65535")
    return Address(scheme, host, url.port or _PORTS[scheme], name)


def with_credentials_as_header(request: Request) -> Request:
    """`user:password@` of the URL as an Authorization header, which it is on the wire (RFC 9110 § 4.2.4)."""
    match = _URL.match(request.url)
    if match is None or "@" not in match["authority"]:
        return request
    userinfo, _, place = match["authority"].rpartition("@")
    headers = request.headers
    if request.header("authorization") is None:
        user, _, password = userinfo.partition(":")
        pair = f"{unquote(user)}:{unquote(password)}".encode()
        headers = (*headers, ("Authorization", f"Basic {base64.b64encode(pair).decode('ascii')}"))
    url = f"{match['scheme']}://{place}{request.url[match.end('authority') :]}"
    return request._replace(url=url, headers=headers)


def same_origin(first: Address, other: Address) -> bool:
    """Scheme, host and port are equal, or the other is the https of the same host, both at usual ports."""
    if first[:3] == other[:3]:
        return True
    return first.host == other.host and first[::2] == ("http", 80) and other[::2] == ("https", 443)


# Headers

Cookies = list[tuple[str, str]]


def complete_headers(request: Request, address: Address, defaults: Headers, cookies: Cookies) -> Headers:
    """The headers as they are sent: the request's own in their order, and defaults for those it has not."""
    own = request.headers
    names = {name.lower() for name, _ in own}
    headers = [] if "host" in names else [("Host", address.name)]
    headers += [pair for pair in defaults if pair[0].lower() not in names]
    headers += _with_cookies(own, cookies) if cookies else own
    # RFC 9110 § 8.6: a method that expects a body says when there is none.
    sized = request.body is not None or request.method in ("POST", "PUT", "PATCH")
    if sized and names.isdisjoint(("content-length", "transfer-encoding")):
        headers.append(("Content-Length", str(size(request.body or b""))))
    elif "content-length" in names and "transfer-encoding" not in names:
        _judge_length(request)
    return tuple(headers)


def _judge_length(request: Request) -> None:
    """A length that is not the body's leaves the connection with bytes that nobody awaits (RFC 9112 § 6.3)."""
    length = size(request.body or b"")
    for name, value in request.headers:
        if name.lower() == "content-length" and value.strip() != str(length):
            fault = f"the header Content-Length says {value}, and the body has {length:,} bytes"
            raise TransportError("protocol", fault, "leave it out: it is made with the body")


def _with_cookies(own: Headers, cookies: Cookies) -> Headers:
    """The jar's cookies beside those of the request, in one header (RFC 6265 § 5.4); its own win by name."""
    written = "; ".join(value for name, value in own if name.lower() == "cookie")
    taken = {part.partition("=")[0].strip() for part in written.split(";")}
    added = [f"{name}={value}" for name, value in cookies if name not in taken]
    others = tuple(pair for pair in own if pair[0].lower() != "cookie")
    return (*others, ("Cookie", "; ".join([written, *added] if written else added)))


_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")


def encode_request(request: Request, headers: Headers, url: httpx.URL, timeouts: dict[str, float]) -> httpx.Request:
    """httpx's own description of a request, which adds nothing and changes nothing."""
    if not _TOKEN.fullmatch(request.method):
        raise TransportError("protocol", f"{request.method!r} cannot be a method")
    message = httpx.Request(
        request.method,
        url,
        headers=[_encode_header(name, value) for name, value in headers],
        stream=_Stream(request.body or b""),
        extensions={"timeout": timeouts},
    )
    # httpx makes a plain URL of it, and capital letters, though a method's case counts (RFC 9110 § 9.1).
    message.url, message.method = url, request.method
    return message


class _Stream(httpx.SyncByteStream):
    """A body for httpx; it can be sent again, from its beginning."""

    def __init__(self, body: Body) -> None:
        self._body = body

    def __iter__(self) -> Iterator[bytes]:
        return chunks(self._body)


def _encode_header(name: str, value: str) -> tuple[bytes, bytes]:
    """Name and value as bytes; what would break the framing is an error (RFC 9110 § 5.5)."""
    if not _TOKEN.fullmatch(name):
        hint = "a header name is made of letters, digits and -"
        raise TransportError("protocol", f"{name!r} cannot be a header name", hint)
    if _CONTROL.search(value):
        raise TransportError("protocol", f"the header {name} holds a line break or control character")
    return name.encode("ascii"), _octets(value.strip(" \t"))


def _octets(text: str) -> bytes:
    try:
        return text.encode("latin-1")
    except UnicodeEncodeError:
        return text.encode("utf-8", "surrogateescape")


def decode_headers(headers: httpx.Headers) -> Headers:
    """Names and values of an answer as text, the names as the server spells them."""
    encoding = headers.encoding  # httpx finds out: ASCII, UTF-8 or latin-1
    return tuple((name.decode(encoding), value.decode(encoding)) for name, value in headers.raw)


# Redirects

_BODY_HEADERS = frozenset({"content-length", "content-type", "content-encoding", "transfer-encoding"})


def follow(first: Request, last: Request, status: int, location: str) -> Request:
    """The request that a redirect asks for; `first` is the request as written, `last` the one answered.

    What is secret goes to the origin of `first` only, and to it again when a later redirect leads back there.
    """
    url = _resolve(last.url, location)
    method, body = _method_after(status, last)
    headers = first.headers
    if body is None and first.body is not None:
        headers = tuple(pair for pair in headers if pair[0].lower() not in _BODY_HEADERS)
    request = last._replace(method=method, url=url, headers=headers, body=body, connection=first.connection)
    return request if same_origin(locate(first.url)[0], locate(url)[0]) else away(request, first)


def _method_after(status: int, last: Request) -> tuple[str, Body | None]:
    """RFC 9110 § 15.4.2–4: 303 asks with GET, and 301 and 302 make a GET of a POST as browsers do."""
    if last.method != "HEAD" and (status == 303 or (status in (301, 302) and last.method == "POST")):
        return "GET", None
    return last.method, last.body


def _resolve(base: str, location: str) -> str:
    """RFC 9110 § 10.2.2: a Location may be relative to the URL that gave it."""
    try:
        url = urljoin(base, location)
        locate(url)
    except (ValueError, TransportError) as error:
        reason = error.message if isinstance(error, TransportError) else str(error)
        message = f"'{base}' redirects to '{location}', which cannot be followed: {reason}"
        raise TransportError("redirect", message) from None
    return url
