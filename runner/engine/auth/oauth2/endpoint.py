"""The token endpoint as its grants use it: where it is, what every request to it carries, how it is asked.

    Urls ◀── discovery          Client ── proof ──▶ form and headers of each request

This file knows no grant.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Generator
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from runner.engine.auth.base import Fields
from runner.engine.build import form_encode
from runner.engine.credentials import holds_credential
from runner.engine.exchange import Connection, Exchange, Headers, Request, Send, Token, TokenWish
from runner.errors import AuthError, TransportError
from runner.language.document import url_credentials
from runner.language.values import as_text

Form = list[tuple[str, str]]
#: A part of a conversation: yields wishes and returns what it found.
Talk = Generator[TokenWish, Any, Any]

#: Spaces and control characters (C0, DEL, C1): a terminal obeys them, and `urlsplit` passes over some in silence.
_NOT_IN_URLS = re.compile(r"[\x00-\x20\x7f-\x9f]")
#: A token endpoint's answer is a few kilobytes.
_MAX_ANSWER = 1_000_000
_FORM_HEADERS: Headers = (("Accept", "application/json"), ("Content-Type", "application/x-www-form-urlencoded"))


class Urls(NamedTuple):
    """The endpoints of an authorization server.

    `discovered`: the issuer is spelled as its own document has it. `iss_expected`: its redirects name the issuer
    (RFC 9207 § 3).
    """

    token: str = ""
    authorization: str = ""
    device: str = ""
    issuer: str = ""
    discovered: bool = False
    iss_expected: bool = False


class Proof(NamedTuple):
    """By what a client proves itself in one request."""

    form: Form
    headers: Headers = ()


class Client(NamedTuple):
    """A client and how it proves itself; `prove` is given the token URL. `identity` tells it from other clients."""

    id: str
    prove: Callable[[str], Generator[TokenWish, Any, Proof]]
    identity: tuple[Any, ...]


class Settings(NamedTuple):
    """What all requests of an `auth` block to its server share; `timeout` in seconds."""

    connection: Connection
    timeout: float
    hide: Callable[[Any], None]


class Endpoint(NamedTuple):
    """A token endpoint that was found, and everything that a request to it needs beside the grant's own fields.

    `scope`, `audience` and `resource` are the form fields of those names; each grant sends those that it has.
    """

    urls: Urls
    client: Client
    settings: Settings
    scope: Form
    audience: Form
    resource: Form
    extra: dict[str, list[str]]

    def token(self, own: Form, more: Form) -> Generator[TokenWish, Any, Token]:
        """Asks for a token with a grant's form fields; `extra` wins over all others.

        Raises:
            AuthError: there is none in the answer.
        """
        proof = yield from self.client.prove(self.urls.token)
        exchange = yield from self.post(self.urls.token, own + proof.form + more, proof.headers)
        from runner.engine.auth.oauth2.answers import read_token  # not for a token that was kept on disk

        return read_token(exchange, self.settings.hide)

    def post(self, url: str, form: Form, headers: Headers = ()) -> Generator[TokenWish, Any, Exchange]:
        """Sends a form with the fields of `extra`."""
        form = [(name, value) for name, value in form if value and name not in self.extra]
        form += [(name, value) for name, values in self.extra.items() for value in values]
        request = request_to(url, self.settings, method="POST", headers=_FORM_HEADERS + headers, body=form_encode(form))
        return (yield from sent(request))


def request_to(
    url: str, settings: Settings, *, method: str = "GET", headers: Headers = (), body: bytes | None = None
) -> Request:
    """A request to the authorization server, whose redirects are not followed."""
    return Request(
        method=method,
        url=url,
        headers=headers,
        body=body,
        timeout=settings.timeout,
        max_redirects=0,
        max_body=_MAX_ANSWER,
        connection=settings.connection,
        secret_headers=frozenset({"authorization"}),
    )


def sent(request: Request) -> Generator[TokenWish, Any, Exchange]:
    """The exchange of a request.

    Raises:
        AuthError: the answer is too large for one.
    """
    try:
        exchange: Exchange = yield Send(request)
    except TransportError as error:
        if error.kind != "too-large":
            raise
        said = f"{request.method} {request.url} answered with more than {_MAX_ANSWER:,} bytes"
        raise AuthError(said, hint="is this URL right?") from None
    return exchange


def is_web_url(url: Any) -> bool:
    """Whether a value is a URL of http or https, with a host, and nothing in it that a terminal would obey."""
    if not isinstance(url, str) or _NOT_IN_URLS.search(url):
        return False
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:  # a host in broken brackets, or a port that is no number
        return False


def url_field(fields: Fields, name: str) -> str:
    """A field that is a URL; empty where it is absent.

    Raises:
        ResolveError: it is no URL of http or https.
    """
    url = fields.text(name)
    if url and not is_web_url(url):
        raise fields.fault(name, f"'{name}' is not a URL of http or https: '{url}'")
    for part in url_credentials(url):
        fields.hide(part)
    return url


def extra_fields(fields: Fields) -> dict[str, list[str]]:
    """The form fields of `extra`, each with its values; empty ones are never sent."""
    found: dict[str, list[str]] = {}
    for name, value in fields.mapping("extra").items():
        items = value if isinstance(value, list) else [value]
        try:
            found[name] = [as_text(item) for item in items if item is not None and item != ""]
            if holds_credential(name):
                fields.hide(found[name])
        except ValueError as error:
            raise fields.fault("extra", f"'{name}' in 'extra': {error}") from None
    return found
