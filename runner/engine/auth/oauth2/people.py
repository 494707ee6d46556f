"""Grants that ask a person: authorization code with PKCE (RFC 6749 § 4.1, 7636, 8252), device code (RFC 8628).

What is to be shown, opened and waited for is yielded as a wish; this file knows no terminal, browser or socket.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
from collections.abc import Callable, Generator, Mapping
from typing import Any, NamedTuple

from runner.engine.auth.lifetime import finite
from runner.engine.auth.oauth2.answers import hint_for, read_answer, said_by_server
from runner.engine.auth.oauth2.endpoint import Endpoint, Form, Talk, Urls, is_web_url
from runner.engine.auth.replies import asked, text_of, words_of
from runner.engine.build import join_url
from runner.engine.exchange import Ask, Listen, Redirected, Token, TokenWish, Wait
from runner.errors import AuthError, TransportError
from runner.language.values import number, show

#: Seconds that a person has to sign in after the browser has opened.
_PATIENCE = 300.0
#: Seconds between two questions where the server names none, and by how much it slows us down (RFC 8628 § 3.2, 3.5).
_INTERVAL, _SLOWER = 5.0, 5.0
#: Seconds that a device code is valid where the server does not say.
_DEVICE_LIFE = 900.0
#: Faults of a connection that may be over a moment later.
_UNSTEADY = frozenset({"timeout", "reset", "connect"})
_DEVICE_GRANT = "urn:ietf:params:oauth:grant-type:device_code"


class Redirection(NamedTuple):
    """Where the browser is to come back to; port 0 means any free one."""

    host: str
    port: int
    path: str


def by_code(redirection: Redirection) -> Callable[[Endpoint], Talk]:
    """Opens the browser, waits for the redirect with a code, and exchanges it."""

    def talk(endpoint: Endpoint) -> Generator[TokenWish, Any, Token]:
        url = _needed(endpoint.urls.authorization, "authorization", endpoint)
        state = secrets.token_urlsafe(32)
        verifier = secrets.token_urlsafe(64)  # RFC 7636 § 4.1: 43 to 128 characters
        endpoint.settings.hide(verifier)

        def ask(redirect_uri: str) -> Ask:
            page = _authorization_page(url, endpoint, redirect_uri, state, verifier)
            return Ask(("to sign in, open", page), page)

        back: Redirected = yield Listen(redirection.host, redirection.port, redirection.path, ask, _PATIENCE)
        code = _code(back.answer, url, endpoint, state)
        form = [
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", back.redirect_uri),
            ("code_verifier", verifier),
        ]
        return (yield from endpoint.token(form, endpoint.resource))

    return talk


def _needed(url: str, name: str, endpoint: Endpoint) -> str:
    if not url:
        raise AuthError(
            f"the discovery document of '{endpoint.urls.issuer}' names no {name} endpoint",
            hint=f"give {name}_url in the auth block",
        )
    return url


def _authorization_page(url: str, endpoint: Endpoint, redirect_uri: str, state: str, verifier: str) -> str:
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode("ascii")
    query: Form = [
        ("response_type", "code"),
        ("client_id", endpoint.client.id),
        ("redirect_uri", redirect_uri),
        *endpoint.scope,
        *endpoint.audience,
        *endpoint.resource,
        ("state", state),
        ("code_challenge", challenge),
        ("code_challenge_method", "S256"),
    ]
    return join_url(url, query)


def _code(answer: Mapping[str, str], url: str, endpoint: Endpoint, state: str) -> str:
    """The code that came back.

    Raises:
        AuthError: the redirect is not the answer to our request, or it is an error (RFC 6749 § 4.1.2.1).
    """
    where = f"the redirect of {url.partition('?')[0]}"
    if not secrets.compare_digest(answer.get("state", "").encode(), state.encode()):
        hint = "it may be from another sign-in, or forged: run it again"
        raise AuthError(f"{where} has the wrong state: it does not answer this request", hint=hint)
    named = answer.get("iss", "")
    # RFC 9207 § 2.4: against an answer that another server's page mixed in.
    if (named or endpoint.urls.iss_expected) and not _names_issuer(named, endpoint.urls):
        raise AuthError(f"{where} is the answer of another issuer: '{named}', not '{endpoint.urls.issuer}'")
    if answer.get("error"):
        denied = "the sign-in was refused" if answer["error"] == "access_denied" else ""
        hint = hint_for(answer["error"], answer.get("error_description", "")) or denied
        raise AuthError(f"{where} says {said_by_server(answer)}", hint=hint)
    if not answer.get("code"):
        raise AuthError(f"{where} brought no code", (f"it has: {', '.join(answer) or 'nothing'}",))
    endpoint.settings.hide(answer["code"])
    return answer["code"]


def _names_issuer(named: str, urls: Urls) -> bool:
    """Whether a name is that of the issuer, where one is known: character by character, as its document spells it.

    What a person wrote into the file may have a slash more or less at its end.
    """
    if not urls.issuer or named == urls.issuer:
        return True
    return not urls.discovered and named.rstrip("/") == urls.issuer.rstrip("/")


def by_device(endpoint: Endpoint) -> Generator[TokenWish, Any, Token]:
    """Shows a code to enter elsewhere, and asks for the token until the person has signed in."""
    url = _needed(endpoint.urls.device, "device", endpoint)
    proof = yield from endpoint.client.prove(endpoint.urls.token)
    form = proof.form + endpoint.scope + endpoint.audience + endpoint.resource
    exchange = yield from endpoint.post(url, form, proof.headers)
    answer = read_answer(exchange, endpoint.settings.hide)
    page = answer.get("verification_uri", answer.get("verification_url"))
    code, device_code = answer.get("user_code"), answer.get("device_code")
    if not all(isinstance(text, str) and text for text in (page, code, device_code)):
        raise AuthError(f"{asked(exchange)}, but without a device code: {words_of(answer, text_of(exchange.response))}")
    complete = answer.get("verification_uri_complete") or page
    for opened in (page, complete):  # in a browser, which would open a file or run a script as well
        if not is_web_url(opened):
            raise AuthError(f"{asked(exchange)}, and sends you to {show(opened)}, which is no URL of http or https")
    yield Ask(("to sign in, open", str(page), "and enter", f"code: {code}"), str(complete))
    interval = _seconds(answer.get("interval"), _INTERVAL)
    left = _seconds(answer.get("expires_in"), _DEVICE_LIFE)
    return (yield from _poll(endpoint, str(device_code), interval, left))


def _poll(endpoint: Endpoint, device_code: str, interval: float, left: float) -> Generator[TokenWish, Any, Token]:
    """RFC 8628 § 3.4–3.5, with the errors of Entra ID beside those of the RFC: all but two end it."""
    while True:
        yield Wait(min(interval, left))  # a server that wants longer waits than the code lives is asked at its end
        left -= interval
        try:
            return (yield from endpoint.token([("grant_type", _DEVICE_GRANT), ("device_code", device_code)], []))
        except TransportError as error:
            # RFC 8628 § 3.5: a connection that timed out is asked again, less often.
            if error.kind not in _UNSTEADY or left <= 0:
                raise
            interval *= 2
        except AuthError as error:
            if error.code == "slow_down":
                interval += _SLOWER
            elif error.code != "authorization_pending" and not error.transient:
                raise
            if left <= 0:
                raise AuthError(f"{error.message}: the code has expired", (), hint_for("expired_token", "")) from None


def _seconds(value: Any, default: float) -> float:
    """A positive number, also one in text; else the default."""
    found = finite(number(value.strip()) if isinstance(value, str) else value)
    return found if found is not None and found > 0 else default
