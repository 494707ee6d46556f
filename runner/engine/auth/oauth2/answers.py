"""What a token endpoint answers: the token, or an error in the server's own words with what to do about it.

RFC 6749 § 5 and what providers really send: HTML, nothing at all, errors with status 200, descriptions over several
lines. Every token in an answer becomes a secret before anything else is looked at.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from runner.engine.auth import lifetime
from runner.engine.auth.replies import asked, json_object, one_line, text_of, words_of
from runner.engine.exchange import Exchange, Response, Token
from runner.engine.payload import in_memory
from runner.errors import AuthError

#: Fields of an answer that are secrets.
_SECRET_FIELDS = ("access_token", "refresh_token", "id_token", "device_code")
_IN_TEXT = rf"""\b(?:{'|'.join(_SECRET_FIELDS)})["']?\s*[=:>]\s*["']?([^\s"'&<>,;}}]+)"""
#: Statuses below 500 that ask to come back later (RFC 9110 § 15.5.9, RFC 6585 § 4).
_LATER = (408, 429)
#: A clock that is wrong by less than this is no reason to refuse an assertion.
_CLOCK_TOLERANCE = 60.0


def read_token(exchange: Exchange, hide: Callable[[Any], None]) -> Token:
    """The token in a token endpoint's answer (RFC 6749 § 5.1); its tokens become secrets.

    Raises:
        AuthError: the answer is an error (§ 5.2), or holds no token.
    """
    answer = read_answer(exchange, hide)
    token = answer.get("access_token")
    if isinstance(token, str) and not token.isprintable():
        raise AuthError(f"{asked(exchange)}, but with a control character in its access_token")
    if not isinstance(token, str) or not token:
        words = words_of(answer, text_of(exchange.response))
        raise AuthError(f"{asked(exchange)}, but without an access_token: {words}", (), "is token_url right?")
    refresh_token = answer.get("refresh_token")
    expires_at = answer.get("expires_at") or answer.get("expires_on")
    life = lifetime.of_token(answer.get("expires_in"), expires_at, token, exchange.response)
    return Token(token, life, refresh_token if isinstance(refresh_token, str) else "")


def read_answer(exchange: Exchange, hide: Callable[[Any], None]) -> dict[str, Any]:
    """The JSON object that a server answers with; what is secret in it becomes known as such.

    Raises:
        AuthError: the answer is an error or a redirect.
    """
    response = exchange.response
    text = text_of(response)
    answer = json_object(text)
    hide(list(_secrets_of(answer or text)))
    if response.status >= 400 or answer.get("error"):
        raise _refused(exchange, answer, text)
    if 300 <= response.status < 400:
        raise AuthError(
            f"{asked(exchange)}, a redirect to {response.header('location')}",
            hint="redirects of these endpoints are not followed: correct the URL",
        )
    return answer


def _secrets_of(answer: Any) -> Iterator[Any]:
    """What stands under the name of a token, at any depth; also in a text that is no JSON, such as a form."""
    if isinstance(answer, Mapping):
        yield from (answer[name] for name in _SECRET_FIELDS if name in answer)
        answer = list(answer.values())
    if isinstance(answer, list):
        for item in answer:
            yield from _secrets_of(item) if isinstance(item, (Mapping, list)) else ()
    elif isinstance(answer, str):
        yield from re.findall(_IN_TEXT, answer)


def _refused(exchange: Exchange, answer: Mapping[str, Any], text: str) -> AuthError:
    error = answer.get("error")
    description = answer.get("error_description")
    if not isinstance(error, str):
        status = exchange.response.status
        words = f"{asked(exchange)}: {words_of(answer, text)}"
        return AuthError(words, (), _hint_by_status(exchange.response), transient=status >= 500 or status in _LATER)
    said = said_by_server(answer)
    for name, words in (("trace_id", "Trace ID"), ("correlation_id", "Correlation ID")):
        if isinstance(answer.get(name), str) and answer[name] not in said:
            said += f" {words}: {answer[name]}"
    see = (f"see {answer['error_uri']}",) if isinstance(answer.get("error_uri"), str) else ()
    details = (*see, *_clock_lines(exchange))
    hint = (
        hint_for(error, str(description or ""))
        or _hint_by_form(error, in_memory(exchange.request.body))
        or _hint_by_status(exchange.response)
    )
    transient = error in ("temporarily_unavailable", "server_error") or exchange.response.status >= 500
    return AuthError(f"{asked(exchange)}: {said}", details, hint, code=error, transient=transient)


def _hint_by_status(response: Response) -> str:
    status, after = response.status, response.header("retry-after")
    if status in (404, 405):
        return "is token_url right?"
    if status == 429:
        return "too many requests: try again later" + (f" (Retry-After: {after})" if after else "")
    return "the server has a fault of its own: try again later" if status >= 500 else ""


#: An error, with what the form that met it held → what to do; the first row that fits.
_FORM_HINTS: tuple[tuple[str, bytes, str], ...] = (
    ("access_denied", b"grant_type=client_credentials", "the client is not allowed this audience or scope"),
    ("access_denied", b"", "the sign-in was refused"),
    ("invalid_client", b"client_assertion=", "check client_id and key_id, and that the server knows this key"),
    ("invalid_client", b"", "check client_id and client_secret, and whether the server wants client_auth: basic"),
    (
        "invalid_grant",
        b"grant_type=refresh_token",
        "the refresh token was used before, or has ended; a server that rotates them needs `cache: disk` between runs",
    ),
    ("invalid_grant", b"grant_type=password", "check username and password; an account with MFA cannot sign in so"),
    (
        "invalid_grant",
        b"assertion=",
        "check the assertion: who signed it, for whom (assertion_audience), and the clock",
    ),
)


def _hint_by_form(error: str, form: bytes) -> str:
    return next((hint for name, part, hint in _FORM_HINTS if name == error and part in form), "")


def said_by_server(answer: Mapping[str, Any]) -> str:
    """`error` and `error_description` in one line: Entra ID's has several."""
    description = answer.get("error_description")
    return str(answer["error"]) if not description else f"{answer['error']}: {one_line(str(description))}"


def _clock_lines(exchange: Exchange) -> tuple[str, ...]:
    """Says that the clocks differ: an assertion is valid for minutes, and that is why it may be refused."""
    ahead = lifetime.clock_difference(exchange.response)
    if abs(ahead) < _CLOCK_TOLERANCE or b"assertion=" not in in_memory(exchange.request.body):
        return ()
    way = "ahead of" if ahead > 0 else "behind"
    return (f"the server's clock is {abs(ahead):.0f} s {way} this machine's, and an assertion is valid for minutes",)


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
    ("AADSTS500133", "AADSTS500133: the assertion has expired: check the clock"),
    ("AADSTS50012", "AADSTS50012: the assertion or certificate is not the one that the app knows"),
    ("AADSTS700027", "AADSTS700027: the assertion is not signed with a key that the app knows"),
    ("AADSTS53003", "AADSTS53003: a Conditional Access policy refuses this sign-in"),
    ("invalid_scope", "check scope: the server does not know it, or does not grant it to this client"),
    ("unauthorized_client", "check the client's secret, and at the provider that it may use this grant"),
    ("unsupported_grant_type", "the server does not offer this grant at this URL"),
    ("invalid_target", "check resource or audience"),
    ("authorization_declined", "the sign-in was refused"),
    ("expired_token", "nobody signed in in time: run it again"),
)


def hint_for(error: str, description: str) -> str:
    """What to do about an error of a token endpoint; empty where nobody knows."""
    return next((hint for words, hint in _HINTS if words in description or words == error), "")
