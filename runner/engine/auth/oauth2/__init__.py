"""`type: oauth2`: how a token is got and renewed, and where it goes (RFC 6749 and its relatives).

    prepare ─▶ Grant.fetch ─▶ discovery ─▶ Endpoint ─▶ a refresh token? ─▶ the grant's own talk ─▶ Token

A grant is a row of `grants.GRANTS`, the client's authentication one of `clients.CLIENT_AUTH`; `answers` reads what
comes back. All fields are resolved when a request is prepared; nothing is read or sent before `fetch` is driven.

    answers ◀── endpoint ◀── discovery · clients · people ◀── grants
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import replace
from typing import Any

from runner.engine.auth.base import Fields, Scheme, put_token
from runner.engine.auth.oauth2.clients import client_of
from runner.engine.auth.oauth2.endpoint import Endpoint, Form, Settings, Urls, extra_fields, url_field
from runner.engine.auth.oauth2.grants import GRANTS, GrantRow, refresh
from runner.engine.exchange import Fetch, Grant, Request, Token, TokenWish
from runner.errors import AuthError


def prepare(fields: Fields) -> Scheme:
    """The scheme with its grant; the token goes where `in`, `name` and `prefix` say.

    Raises:
        ResolveError: a field has no value, or one of the wrong kind.
    """
    put = put_token(fields)

    def apply(request: Request, token: Token | None) -> Request:
        assert token is not None, "the flow fetches a token before it applies a scheme with a grant"
        return put(request, token.value)

    return Scheme(apply, _grant(fields))


def _grant(fields: Fields) -> Grant:
    name = fields.text("grant", "client_credentials")
    settings = Settings(fields.connection, fields.timeout, fields.hide)
    written = Urls(
        token=url_field(fields, "token_url"),
        authorization=url_field(fields, "authorization_url"),
        device=url_field(fields, "device_url"),
        issuer=url_field(fields, "issuer"),
    )
    if not written.token and not written.issuer:
        raise fields.fault("token_url", "'token_url' of auth is empty")
    client = client_of(fields, name, settings)
    row = GRANTS[name](fields)
    endpoint = Endpoint(
        urls=written,
        client=client,
        settings=settings,
        scope=_joined("scope", fields),
        audience=[("audience", text) for text in fields.texts("audience")],
        resource=[("resource", text) for text in fields.texts("resource")],
        extra=extra_fields(fields),
    )
    return Grant(
        identity=(
            *written,
            name,
            *row.identity,
            *client.identity,
            *_asked_for(endpoint),
            fields.connection.certificate,
        ),
        name=name,
        method="POST" if written.token else "GET",
        url=written.token or written.issuer,
        fetch=lambda last: _fetch(endpoint, row, last),
        leeway=fields.seconds("leeway"),
        refresh_on=fields.statuses("refresh_on"),
        span=fields.spec.span,
        cache=fields.text("cache", "disk" if row.interactive else "memory"),
        hide=fields.hide,
    )


def _joined(name: str, fields: Fields) -> Form:
    """A list of scopes is one text (RFC 6749 § 3.3)."""
    text = " ".join(fields.texts(name))
    return [(name, text)] if text else []


def _asked_for(endpoint: Endpoint) -> tuple[Any, ...]:
    """What is asked for, as a part of the identity."""
    extra = tuple((name, *values) for name, values in endpoint.extra.items())
    return (*endpoint.scope, *endpoint.audience, *endpoint.resource, *extra)


def _fetch(endpoint: Endpoint, row: GrantRow, last: Token | None) -> Fetch:
    """The conversation for a new token, by the last one's refresh token if it brought one."""
    if last is not None and last.refresh_token:
        try:
            return (yield from _renewed(endpoint, row, last))
        except AuthError as error:
            if error.transient or not row.starts_over:
                raise
    return (yield from _begun(endpoint, row))


def _begun(endpoint: Endpoint, row: GrantRow) -> Fetch:
    """A token by the grant's own talk."""
    urls = endpoint.urls
    if urls.issuer and not all(getattr(urls, name) for name in row.needs):
        urls = yield from _discovered(endpoint, row)
    token = yield from row.talk(endpoint._replace(urls=urls))
    return replace(token, token_url=urls.token)


def _discovered(endpoint: Endpoint, row: GrantRow) -> Generator[TokenWish, Any, Urls]:
    """The URLs of the issuer's document; those that the file writes win."""
    from runner.engine.auth.oauth2.discovery import discover  # few files name an issuer

    written = {name: url for name, url in endpoint.urls._asdict().items() if url and name != "issuer"}
    needed = [name for name in row.needs if name not in written]
    found: Urls = yield from discover(endpoint.urls.issuer, endpoint.settings, needed)
    found = found._replace(**written)
    if not found.token:
        raise AuthError(f"the discovery document of '{found.issuer}' names no token endpoint", hint="give token_url")
    return found


def _renewed(endpoint: Endpoint, row: GrantRow, last: Token) -> Fetch:
    """A token by the last one's refresh token; RFC 6749 § 6: a new one takes its place."""
    urls = endpoint.urls._replace(token=endpoint.urls.token or last.token_url)
    scope = [] if row.starts_over else endpoint.scope  # left out it stays as it was granted
    token = yield from refresh(endpoint._replace(urls=urls), last.refresh_token, scope)
    return replace(token, refresh_token=token.refresh_token or last.refresh_token, token_url=urls.token)
