"""The token pre-steps of plans without their requests: who signs in, with which token; and whether it is genuine.

    plans ─▶ identities (equal ones once) ─▶ TokenStore ─▶ SignedIn        SignedIn ─▶ issuer's keys ─▶ signature

For `runner token`. It shows nothing and knows no format.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, urlsplit

from runner.diagnostics import Diagnostic
from runner.engine import auth
from runner.engine.auth.base import Scheme
from runner.engine.auth.replies import asked, json_object, text_of, words_of
from runner.engine.build import connection, setting
from runner.engine.exchange import Connection, Exchange, Headers, Request, Token
from runner.engine.flow import Session, scopes
from runner.engine.origins import origin
from runner.engine.plan import Plan, Step
from runner.engine.results import TokenResult
from runner.errors import AuthError, ResolveError
from runner.language.values import show
from runner.runtime.execute import token_store
from runner.runtime.transport import Transport

#: Auth types that have a token.
_WITH_TOKEN = frozenset({"oauth2", "request", "bearer", "jwt"})


class Carried(NamedTuple):
    """A token, and the headers that carry it; none where it goes into the query."""

    token: str
    headers: Headers


@dataclass(frozen=True, slots=True)
class Identity:
    """One that signs in: its scheme, the requests that use it, and how its server is reached.

    `carried` is the token of a scheme that fetches none; `timeout` is in seconds.
    """

    scheme: Scheme
    requests: tuple[str, ...]
    wire: Connection
    timeout: float
    carried: Carried | None = None

    @property
    def key(self) -> Any:
        """What it is known by: equal ones are one."""
        return self.scheme.grant.identity if self.scheme.grant else self.carried


class Problem(NamedTuple):
    """Why it cannot be said who signs in for some requests."""

    requests: tuple[str, ...]
    diagnostic: Diagnostic


class SignedIn(NamedTuple):
    """What came of it: `token` is empty where it failed; `headers` are those that carry it."""

    identity: Identity
    result: TokenResult | None
    token: str
    headers: Headers


def identities(plans: Iterable[Plan], session: Session) -> tuple[list[Identity], list[Problem]]:
    """Who signs in for the requests of plans, and why for some it cannot be said."""
    found: dict[Any, Identity] = {}
    faults: dict[Any, Diagnostic] = {}
    requests: dict[Any, list[str]] = {}
    for plan in plans:
        scope_of = scopes(plan, session)
        for step in plan.steps:
            if step.auth is None or step.auth.type not in _WITH_TOKEN or step.skip:
                continue
            try:
                identity = _identity(step, scope_of(step), session)
                key = identity.key
                found.setdefault(key, identity)
            except (ResolveError, AuthError) as error:
                key = _diagnostic(error, step, plan)
                faults.setdefault(key, key)
            requests.setdefault(key, []).append(step.name)
    return (
        [replace(identity, requests=tuple(requests[key])) for key, identity in found.items()],
        [Problem(tuple(requests[key]), fault) for key, fault in faults.items()],
    )


def _identity(step: Step, scope: Any, session: Session) -> Identity:
    wire = connection(step.settings, scope, session.flags)
    timeout = session.flags.timeout or setting(step.settings.timeout, "timeout", scope, 30.0)
    scheme = auth.prepare(step.auth, scope, wire, timeout, step.login, session.flags)
    assert scheme is not None, "a type with a token has a scheme"
    return Identity(scheme, (step.name,), wire, timeout, None if scheme.grant else _carried(scheme, None))


def _diagnostic(error: ResolveError | AuthError, step: Step, plan: Plan) -> Diagnostic:
    if isinstance(error, ResolveError):
        return Diagnostic(error.message, error.span, error.hint or _who_captures(error.message, step, plan))
    assert step.auth is not None
    return Diagnostic(error.message, step.auth.span, error.hint, error.details)


def _who_captures(message: str, step: Step, plan: Plan) -> str:
    """What to do about a variable that is missing because no request is sent here."""
    name = next((name for name in step.waits_for() if f"'{name}'" in message), None)
    return f"'{plan.captured_by[name]}' captures it, and is not sent here: give it with -v {name}=…" if name else ""


def sign_in(found: Sequence[Identity], session: Session, transport: Transport) -> Iterator[SignedIn]:
    """Gets the token of each identity, from the cache where it has one."""
    store = token_store(lambda request: transport.send(request, None), session.redactor, threading.Event())
    for identity in found:
        grant = identity.scheme.grant
        if grant is None:
            assert identity.carried is not None
            yield SignedIn(identity, None, *identity.carried)
            continue
        authorized = store.authorize(grant)
        carried = _carried(identity.scheme, authorized.token) if authorized.token else Carried("", ())
        yield SignedIn(identity, authorized.result, *carried)


def _carried(scheme: Scheme, token: Token | None) -> Carried:
    """What a scheme puts on a request."""
    request = scheme.apply(Request("GET", "http://localhost/"), token)
    headers = tuple(pair for pair in request.headers if pair[0].lower() in request.secret_headers)
    if token is not None:
        return Carried(token.value, headers)
    if headers:
        return Carried(_without_prefix(headers[0][1]), headers)
    query = dict(parse_qsl(urlsplit(request.url).query, keep_blank_values=True))
    return Carried(next((value for name, value in query.items() if name in request.secret_query), ""), ())


def _without_prefix(value: str) -> str:
    """The token of a header. Only one of the file's own may hold spaces, and that is sent as a Bearer."""
    return value.removeprefix("Bearer ") if value.startswith("Bearer ") else value.rpartition(" ")[2]


# --- signatures ----------------------------------------------------------------------------------------------------


class IssuerKeys(NamedTuple):
    """The keys that an issuer publishes (RFC 7517 § 5), and where."""

    url: str
    keys: dict[str, Any]


def issuer_keys(signed: SignedIn, claims: Any, hide: Callable[[Any], None], transport: Transport) -> IssuerKeys:
    """The keys of the issuer that a JWT names.

    Raises:
        AuthError: it names none, or one whose keys cannot be had.
        TransportError: the issuer cannot be reached.
    """
    from runner.engine.auth.oauth2.discovery import discovery_document
    from runner.engine.auth.oauth2.endpoint import Settings, is_web_url, request_to

    issuer = claims.get("iss") if isinstance(claims, dict) else None
    if not isinstance(issuer, str) or not is_web_url(issuer):
        raise AuthError("the token names no issuer (iss) whose keys could be asked for")
    settings = Settings(_wire_to(issuer, signed), signed.identity.timeout, hide)
    document = _driven(discovery_document(issuer, settings), transport)
    url = document.get("jwks_uri")
    if not isinstance(url, str) or not is_web_url(url):
        raise AuthError(f"the discovery document of '{issuer}' has {show(url)} as its jwks_uri, which is no URL")
    settings = settings._replace(connection=_wire_to(url, signed))
    return IssuerKeys(url, _keys(transport.send(request_to(url, settings), None)))


def _wire_to(url: str, signed: SignedIn) -> Connection:
    """The way to a URL that a token or its issuer names: the client certificate is for the token endpoint's origin."""
    known = signed.result is not None and origin(signed.result.url) == origin(url)
    return signed.identity.wire if known else signed.identity.wire._replace(certificate=None)


def check_signature(signed: SignedIn, header: Any, published: IssuerKeys) -> None:
    """Checks that one of the keys has signed a JWT.

    Raises:
        AuthError: none has.
    """
    from runner.engine.auth.signing import verify_jwt

    try:
        verify_jwt(signed.token, published.keys, str(header.get("alg", "")))
    except AuthError as error:
        # Microsoft Graph changes the nonce after signing, so that only Graph itself can check its tokens.
        hint = "a token for Microsoft Graph can be checked by Graph alone" if "nonce" in header else ""
        raise AuthError(f"the signature is not by a key of {published.url}: {error.message}", hint=hint) from None


def _driven(talk: Generator[Any, Any, Any], transport: Transport) -> Any:
    try:
        wish = next(talk)
        while True:
            wish = talk.send(transport.send(wish.request, None))
    except StopIteration as done:
        return done.value


def _keys(exchange: Exchange) -> dict[str, Any]:
    response = exchange.response
    keys = json_object(text_of(response))
    if response.status != 200 or not isinstance(keys.get("keys"), list):
        raise AuthError(f"{asked(exchange)}, but with no keys: {words_of(keys, text_of(response))}")
    return keys
