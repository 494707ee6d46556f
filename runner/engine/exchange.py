"""What goes over the wire and comes back: Request, Response, Exchange, Grant, Token.

Plain values, ready for the wire (a `RequestSpec` is what a file declares). Nothing here sends or reads anything or
knows a library. `Exchange.view` is the response document that expressions look at.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable, Generator, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from runner.diagnostics import Span
from runner.engine import payload
from runner.engine.payload import Body
from runner.language.model import ITEMS_KEY, RESPONSE_KEYS
from runner.language.values import Value, parse_json
from runner.redaction import public

Headers = tuple[tuple[str, str], ...]


class Connection(NamedTuple):
    """How a request reaches its server; requests of equal connections share sockets and a TLS context.

    `verify` is true, false or the path of a CA file; `proxy` is a URL, `unix:` and the path of a socket, `""` for none
    at all, None for what the environment says (`HTTP_PROXY`, `HTTPS_PROXY`, `ALL_PROXY`, `NO_PROXY`). `http2` offers
    it to https servers.
    """

    verify: bool | str = True
    proxy: str | None = None
    certificate: ClientCertificate | None = None
    http2: bool = False


class ClientCertificate(NamedTuple):
    """The certificate that a client shows in TLS: paths of PEM files; the key may stand in the certificate's."""

    cert: str
    key: str = ""
    password: str = ""


class SaveTo(NamedTuple):
    """The file that takes a response's body. `name` is for people.

    `write` takes the body as it comes, and the number of bytes that was announced, if any; it gives the number that
    came. The file has its place only when all of them have. It raises TransportError where the file cannot be written.
    """

    name: str
    write: Callable[[Iterator[bytes], int | None], int]


class Saved(NamedTuple):
    """A body that went to a file: `name` is for people, `size` in bytes."""

    name: str
    size: int


class Request(NamedTuple):
    """A request ready for the wire.

    `timeout` is in seconds, for one attempt from connect to the last byte, redirects included; with `each_wait` for
    each wait on the way instead, however many there are. `max_redirects` 0 means that a redirect is an answer like any
    other. `max_body` is in bytes, of the decoded body; `max_events` is how many events of an event stream are read,
    None for all until the stream or the time ends. `secret_headers` (lower case) and `secret_query` (names) stay at
    the origin of `url`: another origin is asked without them. `held_cookies` names cookies of the jar that do not go
    with this request. A body with a status below 400 goes to `save_to`, where that is given.
    """

    method: str
    url: str
    headers: Headers = ()
    body: Body | None = None
    timeout: float = 30.0
    max_redirects: int = 10
    max_body: int = 10_000_000
    max_events: int | None = None
    connection: Connection = Connection()
    secret_headers: frozenset[str] = frozenset()
    secret_query: frozenset[str] = frozenset()
    held_cookies: frozenset[str] = frozenset()
    each_wait: bool = False
    save_to: SaveTo | None = None

    def header(self, name: str) -> str | None:
        """The first value of a header, by a name in any case."""
        return next((value for key, value in self.headers if key.lower() == name), None)


class Peer(NamedTuple):
    """Who is at the other end of a connection: the address of its socket, empty for one of this machine.

    `version` and `cipher` are those of TLS, `certificate` is the server's as DER; empty on a plain connection.
    """

    ip: str = ""
    version: str = ""
    cipher: str = ""
    certificate: bytes = b""


class Timing(NamedTuple):
    """What the time of one request went to, in seconds; None for what did not happen.

    A connection that is used again was neither resolved nor connected. `connect` is without `tls`, and with what a
    proxy took to open a tunnel. Of a request that was redirected it is the last one.
    """

    dns: float | None = None
    connect: float | None = None
    tls: float | None = None
    send: float | None = None
    wait: float | None = None
    receive: float | None = None


class Redirect(NamedTuple):
    """One redirect that was followed: the status that asked for it and the URL that gave it."""

    status: int
    url: str


@public("peer")
class Response(NamedTuple):
    """A complete response: `content` is the decoded body, or empty where it was `saved`; `url` is the final one.

    `set_cookies` are the values of all Set-Cookie headers of the exchange, redirects included, in order; `peer` is who
    gave it.
    """

    status: int
    reason: str = ""
    headers: Headers = ()
    content: bytes = b""
    url: str = ""
    http_version: str = "HTTP/1.1"
    redirects: tuple[Redirect, ...] = ()
    set_cookies: tuple[str, ...] = ()
    peer: Peer = Peer()
    saved: Saved | None = None

    @property
    def size(self) -> int:
        """Bytes of the decoded body, wherever it went."""
        return self.saved.size if self.saved else len(self.content)

    def header(self, name: str) -> str | None:
        """The value of a header by its lower-case name; repeated ones joined by `, ` (RFC 9110 § 5.3)."""
        values = [value for key, value in self.headers if key.lower() == name]
        return ", ".join(values) if values else None

    @property
    def is_event_stream(self) -> bool:
        """Whether the body is a stream of Server-Sent Events."""
        return (self.header("content-type") or "").partition(";")[0].strip().lower() == "text/event-stream"


@public("timing")
class Exchange(NamedTuple):
    """A request and the response that it got; `elapsed` in seconds, from the send to the last byte, redirects included.

    `timing` says what the time of the last request went to; `started` is when it was sent, in seconds since 1970, 0
    where nobody looked at a clock.
    """

    request: Request
    response: Response
    elapsed: float = 0.0
    started: float = 0.0
    timing: Timing = Timing()

    def view(self, variables: Mapping[str, Value], items: list[Value] | None = None) -> ResponseDocument:
        """The response document; `variables` becomes its `vars`, `items` are those of all pages."""
        document = ResponseDocument(self, variables)
        if items is not None:
            document[ITEMS_KEY] = items
        return document


@dataclass(frozen=True, slots=True)
class Token:
    """A token that was fetched: `value` for the wire; `lifetime` in seconds, None where nobody said how long.

    `refresh_token` gets the next one; `token_url` is the endpoint that discovery found, empty where the file names it.
    """

    value: str = field(repr=False)
    lifetime: float | None = None
    refresh_token: str = field(default="", repr=False)
    token_url: str = ""


class Send(NamedTuple):
    """The wish to send a request. Answered with an Exchange, or with the TransportError that it met."""

    request: Request


class Wait(NamedTuple):
    """The wish to wait, in seconds."""

    seconds: float


class Ask(NamedTuple):
    """The wish to tell the person at the terminal what to do; `url` is to be opened in their browser."""

    lines: tuple[str, ...]
    url: str = ""


class Listen(NamedTuple):
    """The wish for the redirect that ends an authorization request (RFC 8252 § 7.3), within `seconds`.

    A listener opens on `host` and `port` (0: any free one); `ask` is then given the redirect URI. Answered with
    a Redirected; an AuthError is thrown if nobody came.
    """

    host: str
    port: int
    path: str
    ask: Callable[[str], Ask]
    seconds: float


class Redirected(NamedTuple):
    """What came back with the redirect: the URI that it went to and the entries of its query."""

    redirect_uri: str
    answer: Mapping[str, str]


TokenWish = Send | Wait | Ask | Listen
Fetch = Generator[TokenWish, Any, Token]


def _hide_nothing(value: Any) -> None:
    """For grants without secrets."""


@dataclass(frozen=True, slots=True)
class Grant:
    """How a token is fetched, and for whom: equal identities share one token.

    `fetch` starts the conversation with the token endpoint, given the token to renew, or None; it returns the Token or
    raises AuthError. A TransportError is thrown into it. `leeway` is in seconds; None means 300 s or half the token's
    life, whichever is less. `cache` is `memory` or `disk`; `hide` makes a value known as secret.
    """

    identity: tuple[Any, ...] = field(repr=False)
    name: str
    method: str
    url: str
    fetch: Callable[[Token | None], Fetch] = field(repr=False)
    leeway: float | None = None
    refresh_on: frozenset[int] = frozenset({401})
    span: Span | None = None
    cache: str = "memory"
    hide: Callable[[Any], None] = field(default=_hide_nothing, repr=False)


class ResponseDocument(dict[str, Value]):
    """The response as expressions see it. Text, JSON and cookies are computed when they are first asked for."""

    __slots__ = ("_exchange", "_variables", "body_fault")

    def __init__(self, exchange: Exchange, variables: Mapping[str, Value]) -> None:
        super().__init__()
        self._exchange = exchange
        self._variables = variables
        #: Why `body` is null although there is text: "not JSON: line 1, column 2: …".
        self.body_fault = ""

    def __missing__(self, key: str) -> Value:
        compute = _COMPUTED.get(key)
        if compute is None:
            raise KeyError(key)
        value = compute(self)
        self[key] = value
        return value

    def get(self, key: str, default: Value = None) -> Value:
        try:
            return self[key]
        except KeyError:
            return default

    def complete(self) -> dict[str, Value]:
        """All keys, computed: for `@`, `keys(@)` and the like."""
        joined = {ITEMS_KEY: self[ITEMS_KEY]} if ITEMS_KEY in self else {}
        return {key: self[key] for key in RESPONSE_KEYS} | joined

    @property
    def exchange(self) -> Exchange:
        return self._exchange

    def _text(self) -> Value:
        response = self._exchange.response
        return None if response.saved else decode_text(response.content, response.header("content-type"))

    def _body(self) -> Value:
        text = self["text"]
        if text is None:
            self.body_fault = "the body was saved to a file"
            return None
        if not text.strip():
            self.body_fault = "the body is empty"
            return None
        try:
            return parse_json(text)
        except ValueError as error:
            self.body_fault = f"body is not JSON: {error}"
            return None


def _headers(headers: Headers) -> dict[str, str]:
    merged: dict[str, str] = {}
    for name, value in headers:
        key = name.lower()
        merged[key] = f"{merged[key]}, {value}" if key in merged else value
    return merged


def charset(content_type: str | None) -> str:
    """The charset of a Content-Type, `utf-8` where it names none or one that nobody knows (RFC 9110 § 8.3.2)."""
    for part in (content_type or "").split(";")[1:]:
        name, _, value = part.strip().partition("=")
        if name.strip().lower() == "charset":
            wanted = value.strip().strip("'\"")
            try:
                return codecs.lookup(wanted).name
            except (LookupError, ValueError):
                return "utf-8"
    return "utf-8"


def decode_text(content: bytes, content_type: str | None) -> str:
    """A body as text; bytes that do not fit the charset become U+FFFD; a byte order mark is dropped.

    Where the charset is UTF-8, or none is named, a mark of UTF-16 wins (WHATWG Encoding § 6).
    """
    name = charset(content_type)
    if name == "utf-8" and content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        name = "utf-16"
    try:
        text = content.decode(name, errors="replace")
    except (LookupError, UnicodeError):  # a codec that is not for text, such as `hex`
        text = content.decode("utf-8", errors="replace")
    return text.removeprefix("\ufeff")


def parse_set_cookie(header: str) -> dict[str, Value] | None:
    """One Set-Cookie header (RFC 6265 § 4.1) as `{name, value, …attributes}`; None if it is none."""
    name, equals, rest = header.partition("=")
    if not equals or not name.strip():
        return None
    value, *attributes = rest.split(";")
    cookie: dict[str, Value] = {"name": name.strip(), "value": _unquoted(value.strip())}
    for attribute in attributes:
        key, has_value, text = attribute.strip().partition("=")
        if key:
            cookie[key.lower().replace("-", "_")] = text.strip() if has_value else True
    return cookie


def _unquoted(value: str) -> str:
    """A value in double quotes without them, its escapes resolved (RFC 2109, which servers still follow)."""
    if len(value) < 2 or not (value[0] == value[-1] == '"'):
        return value
    return re.sub(r"\\([0-3][0-7]{2})|\\(.)", _unescaped, value[1:-1])


def _unescaped(match: re.Match[str]) -> str:
    return chr(int(match[1], 8)) if match[1] else match[2]


def _set_cookies(document: ResponseDocument) -> list[Value]:
    parsed = map(parse_set_cookie, document.exchange.response.set_cookies)
    return [cookie for cookie in parsed if cookie is not None]


def _tls(document: ResponseDocument) -> Value:
    """What TLS agreed on and the server's certificate; null for http (whose proxy may speak TLS itself)."""
    response = document.exchange.response
    if not response.peer.version or not response.url.lower().startswith("https:"):
        return None
    from runner.engine.certificate import certificate_view  # few ask, and it brings cryptography

    agreed: dict[str, Value] = {"version": response.peer.version, "cipher": response.peer.cipher}
    return agreed | certificate_view(response.peer.certificate)


def _events(document: ResponseDocument) -> list[Value]:
    response = document.exchange.response
    if not response.is_event_stream:
        return []
    from runner.engine.event_stream import EventStream  # few answers are streams

    return EventStream().feed(response.content)


def request_view(request: Request) -> dict[str, Value]:
    """A request as expressions see it; its body parsed where it is JSON, files in it by name and size."""
    body: Value = None
    if isinstance(request.body, bytes):
        text = decode_text(request.body, request.header("content-type"))
        try:
            body = parse_json(text)
        except ValueError:
            body = text
    elif request.body is not None:
        body = payload.described(request.body)
    return {"method": request.method, "url": request.url, "headers": _headers(request.headers), "body": body}


_COMPUTED: dict[str, Callable[[ResponseDocument], Value]] = {
    "status": lambda d: d.exchange.response.status,
    "reason": lambda d: d.exchange.response.reason,
    "headers": lambda d: _headers(d.exchange.response.headers),
    "set_cookies": _set_cookies,
    "cookies": lambda d: {cookie["name"]: cookie["value"] for cookie in d["set_cookies"]},
    "text": ResponseDocument._text,
    "body": ResponseDocument._body,
    "bytes": lambda d: None if d.exchange.response.saved else d.exchange.response.content,
    "size": lambda d: d.exchange.response.size,
    "elapsed_ms": lambda d: round(d.exchange.elapsed * 1000),
    "url": lambda d: d.exchange.response.url,
    "redirects": lambda d: [{"status": r.status, "url": r.url} for r in d.exchange.response.redirects],
    "http_version": lambda d: d.exchange.response.http_version,
    "remote_ip": lambda d: d.exchange.response.peer.ip or None,
    "tls": _tls,
    "events": _events,
    "request": lambda d: request_view(d.exchange.request),
    "vars": lambda d: d._variables,
}
