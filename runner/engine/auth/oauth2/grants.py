"""Grants: a row of `GRANTS` for each, which reads its own fields and says how a token is asked for.

RFC 6749 § 4 and § 6, RFC 7523 § 2.1 (jwt_bearer), RFC 8693 (token_exchange); those that ask a person are in `people`.
What most files do not use is imported when one does.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Generator, Mapping
from typing import Any, NamedTuple
from urllib.parse import quote

from runner.engine.auth.base import Fields
from runner.engine.auth.oauth2.clients import key_of
from runner.engine.auth.oauth2.endpoint import Endpoint, Form
from runner.engine.exchange import Token, TokenWish
from runner.errors import AuthError

Talking = Generator[TokenWish, Any, Token]

_JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"
_TOKEN_EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"
_TOKEN_TYPE = "urn:ietf:params:oauth:token-type:"
#: Seconds that the assertion of jwt_bearer is valid; Google takes at most an hour.
_ASSERTION_LIFE = 300.0
#: Beside letters and digits (RFC 3986 § 3.3), and what is encoded already.
_IN_A_PATH = "/%:@!$&'()*+,;="


class GrantRow(NamedTuple):
    """What a grant does: `talk` gets the token; `identity` is what tells it from another of its kind.

    `needs` are the endpoints that it talks to. `interactive`: it asks a person, and its tokens are worth keeping.
    `starts_over`: when a refresh token is refused, it can begin anew.
    """

    talk: Callable[[Endpoint], Talking]
    identity: tuple[Any, ...] = ()
    needs: tuple[str, ...] = ("token",)
    interactive: bool = False
    starts_over: bool = True


def _client_credentials(fields: Fields) -> GrantRow:
    return _by_form([("grant_type", "client_credentials")])


def _by_form(own: Form, *, starts_over: bool = True) -> GrantRow:
    def talk(endpoint: Endpoint) -> Talking:
        return endpoint.token(own, endpoint.scope + endpoint.audience + endpoint.resource)

    return GrantRow(talk, tuple(own), starts_over=starts_over)


def _password(fields: Fields) -> GrantRow:
    user, password = fields.needed("username"), fields.needed("password")
    return _by_form([("grant_type", "password"), ("username", user), ("password", password)])


def _refresh_token(fields: Fields) -> GrantRow:
    own = [("grant_type", "refresh_token"), ("refresh_token", fields.needed("refresh_token"))]
    return _by_form(own, starts_over=False)


def _authorization_code(fields: Fields) -> GrantRow:
    from runner.engine.auth.oauth2.people import Redirection, by_code

    port = fields.port("redirect_port")
    written = fields.text("redirect_path", "/cb")
    if re.search(r"[?#]", written):
        raise fields.fault("redirect_path", f"'redirect_path' of auth wants a path without ? and #, not '{written}'")
    path = "/" + quote(written.lstrip("/"), safe=_IN_A_PATH)
    host = fields.text("redirect_host", "127.0.0.1")
    redirection = Redirection(f"[{host}]" if ":" in host and not host.startswith("[") else host, port, path)
    return GrantRow(by_code(redirection), needs=("token", "authorization"), interactive=True)


def _device_code(fields: Fields) -> GrantRow:
    from runner.engine.auth.oauth2.people import by_device

    return GrantRow(by_device, needs=("token", "device"), interactive=True)


def _jwt_bearer(fields: Fields) -> GrantRow:
    ready = fields.text("assertion")
    if ready:
        return _by_form([("grant_type", _JWT_BEARER), ("assertion", ready)])
    key = key_of(fields)
    issuer, subject, audience = (fields.text(name) for name in ("client_id", "subject", "assertion_audience"))

    def talk(endpoint: Endpoint) -> Talking:
        from runner.engine.auth.signing import account_of, make_jwt, timed

        signer = key.read()
        account = account_of(signer.text)
        speaker = issuer or (account.client_id if account else "")
        if not speaker:
            raise AuthError("jwt_bearer: nobody is named who signs", hint="client_id is the assertion's `iss`")
        claims = {"iss": speaker, "sub": subject}
        claims |= {"aud": audience or endpoint.urls.token, **dict(endpoint.scope)}  # Google reads the scope here
        present = {name: value for name, value in claims.items() if value}
        assertion = make_jwt(signer, timed(present, _ASSERTION_LIFE))
        endpoint.settings.hide(assertion)
        own = [("grant_type", _JWT_BEARER), ("assertion", assertion)]
        # RFC 7521 § 4.1 has the scope in the form; Google wants it in the assertion alone.
        scope = [] if account else endpoint.scope
        return (yield from endpoint.token(own, scope + endpoint.audience + endpoint.resource))

    return GrantRow(talk, (issuer, subject, audience, *key.identity))


def _token_exchange(fields: Fields) -> GrantRow:
    token_type = fields.text("subject_token_type", "access_token")
    own = [
        ("grant_type", _TOKEN_EXCHANGE),
        ("subject_token", fields.needed("subject_token")),
        ("subject_token_type", token_type if ":" in token_type else _TOKEN_TYPE + token_type),
    ]
    return _by_form(own)


def refresh(endpoint: Endpoint, refresh_token: str, scope: Form) -> Talking:
    """A new token for a refresh token (RFC 6749 § 6)."""
    extra = {name: values for name, values in endpoint.extra.items() if name != "grant_type"}
    own = [("grant_type", "refresh_token"), ("refresh_token", refresh_token)]
    return endpoint._replace(extra=extra).token(own, scope + endpoint.resource)


GRANTS: Mapping[str, Callable[[Fields], GrantRow]] = {
    "client_credentials": _client_credentials,
    "password": _password,
    "refresh_token": _refresh_token,
    "authorization_code": _authorization_code,
    "device_code": _device_code,
    "jwt_bearer": _jwt_bearer,
    "token_exchange": _token_exchange,
}
