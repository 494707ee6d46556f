"""`type: request`: any login call as the pre-step; expressions over its response give the token and its life.

For what is no OAuth 2.0: PocketBase, devpi, GitHub Apps, managed identities. The call is built like any request, and
may authenticate by a scheme of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from typing import Any, NamedTuple
from urllib.parse import parse_qs, urlsplit

from runner.engine.auth import lifetime
from runner.engine.auth.base import MOST_ANSWERS, Answer, Fields, Scheme, put_token
from runner.engine.auth.replies import asked, words_of
from runner.engine.credentials import holds_credential
from runner.engine.exchange import (
    Exchange,
    Fetch,
    Grant,
    Request,
    ResponseDocument,
    Send,
    Token,
    TokenWish,
    request_view,
)
from runner.engine.payload import Multipart, in_memory
from runner.errors import AuthError, EvaluationError
from runner.language import query
from runner.language.model import Expression
from runner.language.values import Value, as_text, kind

_MOST_KEYS = 8


class Login(NamedTuple):
    """A login call, ready to be sent but for what its own scheme adds; `identity` tells it from other calls."""

    request: Request
    own: Scheme | None
    identity: tuple[Any, ...]


def prepare(fields: Fields, login: Login) -> Scheme:
    """The scheme of a login call; the token goes where `in`, `name` and `prefix` say.

    Raises:
        ResolveError: a field has no value, or one of the wrong kind.
    """
    put = put_token(fields)
    request = login.request
    _hide_credentials(request, fields.hide)

    def apply(to: Request, token: Token | None) -> Request:
        assert token is not None, "the flow fetches a token before it applies a scheme with a grant"
        return put(to, token.value)

    grant = Grant(
        identity=("request", *login.identity),
        name="request",
        method=request.method,
        url=request.url,
        fetch=lambda last: _fetch(fields, login),
        leeway=fields.seconds("leeway"),
        refresh_on=fields.statuses("refresh_on"),
        span=fields.spec.span,
        cache=fields.text("cache", "memory"),
        hide=fields.hide,
    )
    return Scheme(apply, grant)


def _expression(fields: Fields, name: str) -> Expression | None:
    found = fields.spec.fields.get(name)
    return found.value if found else None


def _fetch(fields: Fields, login: Login) -> Fetch:
    exchange = yield from _exchange(login)
    response = exchange.response
    said = asked(exchange)
    document = exchange.view(fields.scope)
    _hide_answer(fields, document)
    if response.status >= 400:
        words = words_of({}, document["text"])
        raise AuthError(f"{said}: {words}", (), "check the login call under 'request' of auth")
    found = _value("token", fields, document, said)
    fields.hide(found)
    if isinstance(found, bool) or not isinstance(found, (str, int, float)):
        raise AuthError(f"{said}: 'token' gives {kind(found)}, not text")
    try:
        token = as_text(found)
    except ValueError as error:
        raise AuthError(f"{said}: 'token' cannot be sent: {error}") from None
    if not token:
        raise AuthError(f"{said}: 'token' is empty")
    expires_in, expires_at = (_value(name, fields, document, said) for name in ("expires_in", "expires_at"))
    return Token(token, lifetime.of_token(expires_in, expires_at, token, response))


def _exchange(login: Login) -> Generator[TokenWish, Any, Exchange]:
    """The exchange of a login call, with the token of its own that it needs."""
    request, own = login.request, login.own
    if own is not None:
        inner = (yield from own.grant.fetch(None)) if own.grant else None
        request = own.apply(request, inner)
    exchange: Exchange = yield Send(request)
    return (yield from _answered(login.request, own.answer, exchange)) if own and own.answer else exchange


def _answered(request: Request, answer: Answer, exchange: Exchange) -> Generator[TokenWish, Any, Exchange]:
    """The exchange once its challenges are met."""
    for _ in range(MOST_ANSWERS):
        again = answer(request, exchange) if exchange.response.status == 401 else None
        if again is None:
            break
        exchange = yield Send(again)
    return exchange


def _value(name: str, fields: Fields, document: ResponseDocument, said: str) -> Value:
    """The value of an expression over the response; None where there is no such key.

    Raises:
        AuthError: it cannot be evaluated, or gives null.
    """
    expression = _expression(fields, name)
    if expression is None:
        return None
    compiled = query.compile(expression.text)
    try:
        value = compiled.evaluate(document)
    except EvaluationError as error:
        raise AuthError(f"{said}: '{name}' cannot be evaluated: {error.message}") from None
    if value is None:
        why = [line for finding in query.explain(compiled, document) for line in _why(finding)]
        if document.body_fault:
            why.append(document.body_fault)
        raise AuthError(f"{said}, but '{name}' ({expression.text}) is null", why)
    return value


def _why(finding: query.Finding) -> list[str]:
    miss = finding.miss
    if miss is None or not miss.keys:
        return []
    shown = ", ".join(f"'{key}'" for key in miss.keys[:_MOST_KEYS])
    return [f"'{miss.parent}' has {shown}{', …' if len(miss.keys) > _MOST_KEYS else ''}"]


# --- secrets -------------------------------------------------------------------------------------------------------

#: What a server says, in a response document.
_ANSWERED = frozenset({"body", "text", "headers", "cookies", "set_cookies"})
#: Shorter texts are no credentials of a server's making; a mask over each of them would hide half of an output.
_SHORTEST = 4


def _hide_credentials(login: Request, hide: Callable[[Any], None]) -> None:
    """What a login call sends under the name of a credential is a secret by itself."""
    view = request_view(login)
    body = view["body"]
    _hide_in(parse_qs(body) if isinstance(body, str) else body, hide)
    _hide_in(parse_qs(urlsplit(login.url).query), hide)
    _hide_in(view["headers"], hide)
    for part in login.body.parts if isinstance(login.body, Multipart) else ():
        _hide_in({part.name: in_memory(part.content).decode()}, hide)
    _, _, credentials = (login.header("authorization") or "").partition(" ")  # RFC 9110 § 11.4: a scheme stands first
    cookies = [pair.partition("=")[2] for pair in (login.header("cookie") or "").split("; ")]
    hide([text for text in (credentials, *cookies) if len(text) >= _SHORTEST])


def _hide_answer(fields: Fields, document: ResponseDocument) -> None:
    """What the answer holds under the name of a credential, and what the token is computed from."""

    def hide(value: Value) -> None:
        texts = value if isinstance(value, list) else [value]
        fields.hide([text for text in texts if isinstance(text, str) and len(text) >= _SHORTEST])

    _hide_in(document["body"], hide)
    expression = _expression(fields, "token")
    for value in query.inputs(query.compile(expression.text), document, _ANSWERED) if expression else ():
        hide(value)


def _hide_in(value: Value, hide: Callable[[Any], None], named: bool = False) -> None:
    if isinstance(value, Mapping):
        for name, item in value.items():
            _hide_in(item, hide, named or holds_credential(name))
    elif isinstance(value, list):
        for item in value:
            _hide_in(item, hide, named)
    elif named:
        hide(value)
