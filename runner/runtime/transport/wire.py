"""What a request looks like on the wire, how a body comes off it, where a redirect leads. No I/O.

It must not know sockets, connections, threads or the HTTP library; all of it can be tested with plain values.
"""

from __future__ import annotations

import base64
import re
import socket
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import quote, unquote, unquote_plus, urljoin

from runner.engine.exchange import Headers, Request
from runner.errors import TransportError

# Addresses


class Address(NamedTuple):
    """Where a URL leads. `host` is ASCII (IDNA), IPv6 in brackets; `name` is the Host header."""

    scheme: str
    host: str
    port: int
    name: str

    @property
    def written_port(self) -> int | None:
        """The port as it stands in a URL: None for the usual one of the scheme (RFC 3986 § 6.2.3)."""
        return None if self.name == self.host else self.port


_URL = re.compile(r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*)://(?P<authority>[^/?#\\]*)(?P<target>[^#]*)")
_LABEL = r"[^\s.:/?#@\[\]\\<>^`{|}%\x00-\x20]{1,63}"
_HOST = re.compile(rf"{_LABEL}(?:\.{_LABEL})*\.?")
_PORTS = {"http": 80, "https": 443}


def locate(url: str) -> tuple[Address, str]:
    """The address of a URL and the request target as it is written; only what may not travel is encoded."""
    match = _URL.match(url)
    if match is None:
        raise TransportError("url", f"'{url}' is not an absolute URL", "begin it with https://, or set `base_url`")
    target = match["target"]
    if not target.startswith("/"):
        target = "/" + target
    if not _VISIBLE.fullmatch(target):
        target = quote(target, safe=_PRINTABLE)
    return _address(match["scheme"], match["authority"], url), target


_VISIBLE = re.compile("[!-~]*")
_PRINTABLE = "".join(map(chr, range(0x21, 0x7F)))


@lru_cache(maxsize=1024)
def _parse_authority(scheme: str, authority: str) -> Address:
    """Raises ValueError with what is wrong."""
    scheme = scheme.lower()
    if scheme not in _PORTS:
        raise ValueError(f"the scheme '{scheme}' is not supported, only http and https")
    place = authority.rpartition("@")[2]
    bracket = place.rfind("]")
    colon = place.find(":", bracket + 1)
    host, digits = (place, "") if colon < 0 else (place[:colon], place[colon + 1 :])
    port = _port(digits) if digits else _PORTS[scheme]
    host = _ascii_host(host)
    return Address(scheme, host, port, host if port == _PORTS[scheme] else f"{host}:{port}")


def _address(scheme: str, authority: str, url: str) -> Address:
    try:
        return _parse_authority(scheme, authority)
    except ValueError as error:
        raise TransportError("url", f"{error}: '{url}'") from None


def _port(digits: str) -> int:
    if not (digits.isascii() and digits.isdigit()) or not 0 < int(digits[:6]) < 65536:
        raise ValueError(f"the port '{digits}' is not a number from 1 to 65535")
    return int(digits)


def _ascii_host(host: str) -> str:
    if not host:
        raise ValueError("the URL has no host")
    if host.startswith("["):
        return _ipv6(host)
    if not host.isascii():
        import idna  # only for hosts that need it

        try:
            host = idna.encode(host, uts46=True).decode("ascii")
        except idna.IDNAError as error:
            raise ValueError(f"the host '{host}' is not valid ({error})") from None
    if not _HOST.fullmatch(host):
        raise ValueError(f"the host '{host}' is not valid")
    return host.lower()


def _ipv6(host: str) -> str:
    try:
        socket.inet_pton(socket.AF_INET6, host[1:-1])
    except OSError:
        raise ValueError(f"the IPv6 address '{host}' is not valid") from None
    return host.lower()


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
    return replace(request, url=url, headers=headers)


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
        headers.append(("Content-Length", str(len(request.body or b""))))
    return tuple(headers)


def _with_cookies(own: Headers, cookies: Cookies) -> Headers:
    """The jar's cookies beside those of the request, in one header (RFC 6265 § 5.4); its own win by name."""
    written = "; ".join(value for name, value in own if name.lower() == "cookie")
    taken = {part.partition("=")[0].strip() for part in written.split(";")}
    added = [f"{name}={value}" for name, value in cookies if name not in taken]
    others = tuple(pair for pair in own if pair[0].lower() != "cookie")
    return (*others, ("Cookie", "; ".join([written, *added] if written else added)))


_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")


def encode_headers(headers: Headers) -> list[tuple[bytes, bytes]]:
    """Names and values as bytes; what would break the framing is an error (RFC 9110 § 5.5)."""
    encoded = []
    for name, value in headers:
        if not _TOKEN.fullmatch(name):
            hint = "a header name is made of letters, digits and -"
            raise TransportError("protocol", f"{name!r} cannot be a header name", hint)
        if _CONTROL.search(value):
            raise TransportError("protocol", f"the header {name} holds a line break or control character")
        encoded.append((name.encode("ascii"), _octets(value.strip(" \t"))))
    return encoded


def encode_method(method: str) -> bytes:
    """The method as bytes (RFC 9110 § 9.1)."""
    if not _TOKEN.fullmatch(method):
        raise TransportError("protocol", f"{method!r} cannot be a method")
    return method.encode("ascii")


def _octets(text: str) -> bytes:
    for encoding in ("ascii", "latin-1"):
        try:
            return text.encode(encoding)
        except UnicodeEncodeError:
            continue
    return text.encode("utf-8", "surrogateescape")


def decode_headers(headers: list[tuple[bytes, bytes]]) -> Headers:
    """Names and values of an answer as text: UTF-8 where it is that, else latin-1."""
    return tuple((name.decode("ascii"), _text(value)) for name, value in headers)


def _text(value: bytes) -> str:
    try:
        return value.decode()
    except UnicodeDecodeError:
        return value.decode("latin-1")


# Redirects

#: RFC 9110 § 15.4; 300 and 304 lead nowhere by themselves.
REDIRECTS = frozenset({301, 302, 303, 307, 308})
_BODY_HEADERS = frozenset({"content-length", "content-type", "content-encoding", "transfer-encoding"})
#: `Host` is no credential, but names the origin that it was written for.
_STAY = frozenset({"authorization", "proxy-authorization", "cookie", "host"})


def follow(first: Request, last: Request, status: int, location: str) -> Request:
    """The request that a redirect asks for; `first` is the request as written, `last` the one answered.

    What is secret goes to the origin of `first` only, and to it again when a later redirect leads back there.
    """
    url = _resolve(last.url, location)
    method, body = _method_after(status, last)
    headers = first.headers
    if body is None and first.body is not None:
        headers = tuple(pair for pair in headers if pair[0].lower() not in _BODY_HEADERS)
    if not same_origin(locate(first.url)[0], locate(url)[0]):
        secret = _STAY | first.secret_headers
        headers = tuple(pair for pair in headers if pair[0].lower() not in secret)
        url = _without_entries(url, first.secret_query)
    return replace(last, method=method, url=url, headers=headers, body=body)


def _method_after(status: int, last: Request) -> tuple[str, bytes | None]:
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


def _without_entries(url: str, names: frozenset[str]) -> str:
    """The URL without the query entries of these names; the others stay as they are written."""
    head, mark, rest = url.partition("?")
    if not names or not mark:
        return url
    query, hash_mark, fragment = rest.partition("#")
    kept = [part for part in query.split("&") if unquote_plus(part.partition("=")[0]) not in names]
    return head + ("?" + "&".join(kept) if kept else "") + hash_mark + fragment


# Bodies

_PIECE = 65_536


def codings(headers: Headers) -> list[str]:
    """The content codings of a body in the order they were applied (RFC 9110 § 8.4)."""
    said = ",".join(value for name, value in headers if name.lower() == "content-encoding")
    names = [name.strip().lower() for name in said.split(",")] if said else []
    return [name for name in names if name and name != "identity"]


def decoded(chunks: Iterable[bytes], names: list[str]) -> Iterator[bytes]:
    """The chunks of a body without its codings, in pieces that stay small however much a chunk expands to."""
    pieces = iter(chunks)
    for name in reversed(names):
        pieces = _inflated(pieces, name)
    return pieces


def _inflated(chunks: Iterator[bytes], name: str) -> Iterator[bytes]:
    engine = None
    members = 0
    for data in chunks:
        while data:
            engine = engine or _engine(name, data)
            try:
                yield engine.decompress(data, _PIECE)
            except zlib.error as error:
                if members:  # padding after the end is no part of the body (as gzip and browsers have it)
                    return
                raise TransportError("encoding", f"the body is not valid {name}: {error}") from None
            data = engine.unconsumed_tail
            if engine.eof:
                data, engine, members = engine.unused_data, None, members + 1
    if engine is not None:
        yield engine.flush()
        if not engine.eof:
            raise TransportError("encoding", f"the {name} body ends before it is complete")


def _engine(name: str, start: bytes) -> zlib._Decompress:
    if name in ("gzip", "x-gzip"):
        return zlib.decompressobj(zlib.MAX_WBITS | 16)
    if name == "deflate":
        # RFC 9110 § 8.4.1.2: the zlib format, whose first byte says so; many servers leave it out.
        return zlib.decompressobj(zlib.MAX_WBITS if start[0] & 0x0F == 8 else -zlib.MAX_WBITS)
    hint = "ask for another one: a header `Accept-Encoding: gzip`"
    raise TransportError("encoding", f"the content coding '{name}' of the body is not supported", hint)
