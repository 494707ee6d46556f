"""The token pre-steps of plans without their requests: who signs in, with which token; and whether it is genuine.

    plans ─▶ identities (equal ones once) ─▶ TokenStore ─▶ SignedIn        SignedIn ─▶ issuer's keys ─▶ signature

For `runner token`. It shows nothing and knows no format.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from runner.engine import auth
from runner.engine.auth.base import Scheme
from runner.engine.auth.replies import asked, json_object, text_of, words_of
from runner.engine.build import connection, setting
from runner.engine.exchange import Connection, Exchange, Headers, Request, Token
from runner.engine.flow import Session, scopes
from runner.engine.plan import Plan, Step
from runner.engine.results import TokenResult
from runner.errors import AuthError, ResolveError
from runner.runtime.execute import token_store
from runner.runtime.transport import Transport

#: Auth types that have a token.
_WITH_TOKEN = frozenset({"oauth2", "request", "bearer", "jwt"})


@dataclass(frozen=True, slots=True)
class Identity:
    """One that signs in: its scheme, the requests that use it, and how its server is reached."""

    scheme: Scheme
    requests: tuple[str, ...]
    wire: Connection
    timeout: float


class SignedIn(NamedTuple):
    """What came of it: `token` is empty where it failed; `headers` are those that carry it."""

    identity: Identity
    result: TokenResult | None
    token: str
    headers: Headers


def identities(plans: Iterable[Plan], session: Session) -> tuple[list[Identity], list[str]]:
    """Who signs in for the requests of plans, and why for some it cannot be said."""
    found: dict[Any, Identity] = {}
    problems: dict[str, None] = {}
    for plan in plans:
        scope_of = scopes(plan, session)
        for step in plan.steps:
            if step.auth is None or step.auth.type not in _WITH_TOKEN:
                continue
            try:
                identity = _identity(step, scope_of(step), session)
            except ResolveError as error:
                problems[f"'{step.name}': {error.message}"] = None
                continue
            key = identity.scheme.grant.identity if identity.scheme.grant else id(step.auth)
            known = found.get(key)
            requests = (*known.requests, step.name) if known else (step.name,)
            found[key] = Identity(identity.scheme, requests, identity.wire, identity.timeout)
    return list(found.values()), list(problems)


def _identity(step: Step, scope: Any, session: Session) -> Identity:
    wire = connection(step.settings, scope, session.flags)
    timeout = session.flags.timeout or setting(step.settings.timeout, "timeout", scope, 30.0)
    scheme = auth.prepare(step.auth, scope, wire, timeout, step.login, session.flags)
    assert scheme is not None, "a type with a token has a scheme"
    return Identity(scheme, (step.name,), wire, timeout)


def sign_in(found: Sequence[Identity], session: Session, transport: Transport) -> Iterator[SignedIn]:
    """Gets the token of each identity, from the cache where it has one."""
    store = token_store(lambda request: transport.send(request, None), session.redactor, threading.Event())
    for identity in found:
        grant = identity.scheme.grant
        if grant is None:
            yield _carried(identity, None, None)
            continue
        authorized = store.authorize(grant)
        if authorized.token is None:
            yield SignedIn(identity, authorized.result, "", ())
        else:
            yield _carried(identity, authorized.result, authorized.token)


def _carried(identity: Identity, result: TokenResult | None, token: Token | None) -> SignedIn:
    request = identity.scheme.apply(Request("GET", "http://localhost/"), token)
    carried = tuple(pair for pair in request.headers if pair[0].lower() in request.secret_headers)
    text = token.value if token else carried[0][1].rpartition(" ")[2] if carried else ""
    return SignedIn(identity, result, text, carried)


# --- signatures ----------------------------------------------------------------------------------------------------


def verify(signed: SignedIn, header: Any, claims: Any, hide: Callable[[Any], None], transport: Transport) -> str:
    """Checks a JWT against the keys of its issuer; gives the URL of the keys.

    Raises:
        AuthError: it cannot be checked, or it is not genuine.
        TransportError: the issuer cannot be reached.
    """
    from runner.engine.auth.oauth2.discovery import discovery_document
    from runner.engine.auth.oauth2.endpoint import Settings, request_to
    from runner.engine.auth.signing import verify_jwt

    issuer = claims.get("iss") if isinstance(claims, dict) else None
    if not isinstance(issuer, str) or not issuer.startswith(("http://", "https://")):
        raise AuthError("the token names no issuer (iss) whose keys could be asked for")
    settings = Settings(signed.identity.wire, signed.identity.timeout, hide)
    document = _driven(discovery_document(issuer, settings), transport)
    url = document.get("jwks_uri")
    if not isinstance(url, str):
        raise AuthError(f"the discovery document of '{issuer}' names no jwks_uri")
    keys = _keys(transport.send(request_to(url, settings), None))
    try:
        verify_jwt(signed.token, keys, str(header.get("alg", "")))
    except AuthError as error:
        # Microsoft Graph changes the nonce after signing, so that only Graph itself can check its tokens.
        hint = "a token for Microsoft Graph can be checked by Graph alone" if "nonce" in header else ""
        raise AuthError(f"the signature is not by a key of {url}: {error.message}", hint=hint) from None
    return url


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
