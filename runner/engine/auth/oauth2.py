"""`type: oauth2`: the token request of a grant, how its answer is read, and where the token goes.

A grant is a row of `GRANTS`: the form fields that it sends. The client authenticates by a row of `CLIENT_AUTH`.
Follows RFC 6749 (§ 2.3.1 client authentication, § 4.4 client credentials, § 5 answers) and what providers really do.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote_plus, urlsplit

from runner.engine.auth.base import Fields, Scheme, put_header, put_query
from runner.engine.auth.basic import basic_credentials
from runner.engine.build import form_encode
from runner.engine.exchange import Exchange, Fetch, Grant, Headers, Request, Send, Token, decode_text
from runner.errors import AuthError, EvaluationError
from runner.language import query
from runner.language.values import as_text, kind, number, parse_json

Form = list[tuple[str, str]]

_HEADERS: Headers = (("Accept", "application/json"), ("Content-Type", "application/x-www-form-urlencoded"))
#: A token endpoint's answer is a few kilobytes.
_MAX_ANSWER = 1_000_000


def _client_credentials(fields: Fields) -> Form:
    return [("grant_type", "client_credentials")]


GRANTS: Mapping[str, Callable[[Fields], Form]] = {"client_credentials": _client_credentials}


def _by_post(fields: Fields, client_id: str, secret: str) -> tuple[Form, Headers]:
    return [("client_id", client_id), ("client_secret", secret)], ()


def _by_basic(fields: Fields, client_id: str, secret: str) -> tuple[Form, Headers]:
    # Both are form-encoded before base64 (RFC 6749 § 2.3.1 and appendix B); many clients forget it.
    header = basic_credentials(quote_plus(client_id), quote_plus(secret))
    fields.hide(header.removeprefix("Basic "))
    return [], (("Authorization", header),)


CLIENT_AUTH: Mapping[str, Callable[[Fields, str, str], tuple[Form, Headers]]] = {
    "post": _by_post,
    "basic": _by_basic,
}


def prepare(fields: Fields) -> Scheme:
    """The scheme with its grant; the token goes where `in` says."""
    grant = _grant(fields)
    name = fields.text("name")
    if fields.text("in", "header") == "query":
        return Scheme(lambda request, token: put_query(request, name or "access_token", _value(token)), grant)
    prefix = fields.text("prefix", "Bearer")
    return Scheme(lambda r, token: put_header(r, name or "Authorization", f"{prefix} {_value(token)}"), grant)


def _value(token: Token | None) -> str:
    assert token is not None, "the flow fetches a token before it applies a scheme with a grant"
    return token.value


def _grant(fields: Fields) -> Grant:
    kind_of_grant = fields.text("grant", "client_credentials")
    url = _token_url(fields)
    client_form, client_headers = CLIENT_AUTH[fields.text("client_auth", "post")](
        fields, fields.text("client_id"), fields.text("client_secret")
    )
    form = GRANTS[kind_of_grant](fields) + client_form + _common(fields)
    form = _with_extra(form, fields)
    request = Request(
        method="POST",
        url=url,
        headers=_HEADERS + client_headers,
        body=form_encode(form),
        timeout=fields.timeout,
        max_redirects=0,
        max_body=_MAX_ANSWER,
        connection=fields.connection,
        secret_headers=frozenset({"authorization"}),
    )
    refresh_on = fields.value("refresh_on")
    return Grant(
        identity=(url, tuple(form), client_headers),
        name=kind_of_grant,
        method="POST",
        url=url,
        fetch=lambda: _fetch(request, fields.hide),
        leeway=fields.seconds("leeway"),
        refresh_on=frozenset(refresh_on if isinstance(refresh_on, list) else [refresh_on or 401]),
        span=fields.spec.span,
    )


def _token_url(fields: Fields) -> str:
    url = fields.text("token_url")
    try:
        parts = urlsplit(url)
    except ValueError:
        parts = urlsplit("")
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise fields.fault("token_url", f"'token_url' is not a URL of http or https: '{url}'")
    return url


def _common(fields: Fields) -> Form:
    """Fields of any grant; empty ones are never sent."""
    scope = " ".join(fields.texts("scope"))
    form: Form = [("scope", scope)] if scope else []
    form += [("audience", text) for text in fields.texts("audience")]
    return form + [("resource", text) for text in fields.texts("resource")]


def _with_extra(form: Form, fields: Fields) -> Form:
    extra = fields.value("extra") or {}
    if not isinstance(extra, dict):
        raise fields.fault("extra", f"'extra' of auth wants a mapping, not {kind(extra)}")
    added: Form = []
    for name, value in extra.items():
        items = value if isinstance(value, list) else [value]
        try:
            added += [(name, as_text(item)) for item in items if item is not None and item != ""]
        except ValueError as error:
            raise fields.fault("extra", f"'{name}' in 'extra': {error}") from None
    return [(name, value) for name, value in form if name not in extra] + added


# --- the answer ----------------------------------------------------------------------------------------------------


def _fetch(request: Request, hide: Callable[[Any], None]) -> Fetch:
    exchange = yield Send(request)
    assert exchange is not None, "a Send is answered with an Exchange"
    return read_token(exchange, hide)


def read_token(exchange: Exchange, hide: Callable[[Any], None]) -> Token:
    """The token in a token endpoint's answer (RFC 6749 § 5.1); its tokens become secrets.

    Raises:
        AuthError: the answer is an error (§ 5.2), or holds no token.
    """
    response = exchange.response
    text = decode_text(response.content, response.header("content-type"))
    answer = _json_object(text)
    for name in ("access_token", "refresh_token", "id_token"):
        hide(answer.get(name))
    asked = f"{exchange.request.method} {exchange.request.url} answered {response.status}"
    if response.status >= 400 or answer.get("error"):
        raise _refused(asked, answer, text)
    if 300 <= response.status < 400:
        raise AuthError(
            f"{asked}, a redirect to {response.header('location')}",
            hint="redirects of a token endpoint are not followed: correct token_url",
        )
    token = answer.get("access_token")
    if not isinstance(token, str) or not token:
        raise AuthError(f"{asked}, but without an access_token", _body_lines(answer, text), "is token_url right?")
    return Token(token, _lifetime(answer.get("expires_in"), token))


def _json_object(text: str) -> dict[str, Any]:
    try:
        answer = parse_json(text)
    except ValueError:
        return {}
    return answer if isinstance(answer, dict) else {}


def _lifetime(expires_in: Any, token: str) -> float | None:
    """Seconds of life: `expires_in`, number or text (Entra's v1), else the JWT's `exp` less its `iat`, or less now."""
    if isinstance(expires_in, str):
        expires_in = number(expires_in.strip())
    if isinstance(expires_in, (int, float)) and not isinstance(expires_in, bool) and expires_in > 0:
        return float(expires_in)
    claims = jwt_claims(token)
    issued, expires = claims.get("iat"), claims.get("exp")
    if not isinstance(expires, (int, float)):
        return None
    if not isinstance(issued, (int, float)):
        issued = _wall_clock()
    return float(expires - issued) if expires > issued else None


_wall_clock = time.time


def jwt_claims(token: str) -> dict[str, Any]:
    """The claims of a JWT (RFC 7519 § 3), unverified; empty if it is none."""
    try:
        claims: dict[str, Any] = query.compile("jwt(@).claims").evaluate(token)
    except EvaluationError:
        return {}
    return claims


def _refused(asked: str, answer: Mapping[str, Any], text: str) -> AuthError:
    error = answer.get("error")
    description = answer.get("error_description")
    if not isinstance(error, str):
        return AuthError(asked, _body_lines(answer, text))
    said = error if not description else f"{error}: {_one_line(str(description))}"
    for name, words in (("trace_id", "Trace ID"), ("correlation_id", "Correlation ID")):
        if isinstance(answer.get(name), str) and answer[name] not in said:
            said += f" {words}: {answer[name]}"
    details = (f"see {answer['error_uri']}",) if isinstance(answer.get("error_uri"), str) else ()
    return AuthError(f"{asked}: {said}", details, _hint(error, str(description or "")))


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _body_lines(answer: Mapping[str, Any], text: str) -> tuple[str, ...]:
    if answer:
        return (f"it answered with the keys: {', '.join(answer)}",)
    return (_one_line(text),) if text.strip() else ("with an empty body",)


#: Words in an answer → what to do. Entra's AADSTS codes first: its `error` alone says little.
_HINTS: tuple[tuple[str, str], ...] = (
    ("AADSTS7000215", "AADSTS7000215: the secret's value is needed, not its id"),
    ("AADSTS7000222", "AADSTS7000222: the secret has expired: make a new one in the app registration"),
    ("AADSTS7000218", "AADSTS7000218: the app wants a client_secret or an assertion"),
    ("AADSTS700016", "AADSTS700016: the client_id is unknown in this tenant: check both"),
    ("AADSTS90002", "AADSTS90002: the tenant does not exist: check it in token_url"),
    (
        "AADSTS70011",
        "AADSTS70011: the scope must be one resource with /.default, such as https://graph.microsoft.com/.default",
    ),
    ("AADSTS1002012", "AADSTS1002012: the scope must be one resource with /.default"),
    ("AADSTS500011", "AADSTS500011: the resource in the scope is unknown in this tenant"),
    ("AADSTS50012", "AADSTS50012: the assertion or certificate is not the one that the app knows"),
    ("AADSTS700027", "AADSTS700027: the assertion is not signed with a key that the app knows"),
    ("AADSTS500133", "AADSTS500133: the assertion has expired: check the clock"),
    ("AADSTS53003", "AADSTS53003: a Conditional Access policy refuses this sign-in"),
    ("invalid_client", "check client_id and client_secret, and whether the server wants client_auth: basic"),
    ("invalid_scope", "check scope: the server does not know it, or does not grant it to this client"),
    ("unauthorized_client", "the client may not use this grant: check its settings at the provider"),
    ("unsupported_grant_type", "the server does not offer this grant at this URL"),
    ("invalid_target", "check resource or audience"),
)


def _hint(error: str, description: str) -> str:
    return next((hint for words, hint in _HINTS if words in description or words == error), "")
