"""A token for people: the header and claims of a JWT, its times in words, what it may do and for whom it is.

Nothing is verified here, and the token itself is never shown. It has not passed the Redactor, so its claims do: `mask`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple

from runner.diagnostics import Styler, counted, escape, plain
from runner.errors import EvaluationError
from runner.language import query
from runner.reporters.words import duration_words

#: Claims that are moments (RFC 7519 § 4.1, OpenID Connect Core § 2) → words for the past, and for the future.
_MOMENTS: Mapping[str, tuple[str, str]] = {
    "exp": ("expired {} ago", "expires in {}"),
    "nbf": ("valid since {} ago", "not valid before {} from now"),
    "iat": ("issued {} ago", "issued {} in the future: the clocks differ"),
    "auth_time": ("signed in {} ago", "signed in {} in the future: the clocks differ"),
}
#: Where providers put what a token may do: RFC 8693 and 9068 (scope), Entra ID (scp, roles), Auth0 (permissions),
#: Keycloak (realm_access, resource_access), Cognito, Okta.
_SCOPES = ("scope", "scp", "scopes", "permissions")
_ROLES = ("roles", "groups", "cognito:groups", "wids")
_NESTED_ROLES = "realm_access.roles || `[]`"
_CLIENT_ROLES = "resource_access.*.roles[] || `[]`"


class Parts(NamedTuple):
    """The two readable parts of a JWT."""

    header: dict[str, Any]
    claims: dict[str, Any]


def parts_of(token: str) -> Parts | None:
    """Header and claims of a JWT, unverified; None for a token that is none."""
    try:
        found = query.compile("jwt(@)").evaluate(token)
    except EvaluationError:
        return None
    header, claims = found["header"], found["claims"]
    return Parts(header, claims) if isinstance(header, dict) and isinstance(claims, dict) else None


def _as_it_is(value: Any) -> Any:
    return value


def token_lines(token: str, now: float, styler: Styler = plain, mask: Callable[[Any], Any] = _as_it_is) -> list[str]:
    """What can be said of a token; `now` in seconds since 1970; `mask` takes the secrets out of header and claims."""
    found = parts_of(token)
    if found is None:
        return [_opaque(token)]
    parts = Parts(mask(found.header), mask(found.claims))
    return [
        styler("name", "header"),
        *_table((name, _value(value)) for name, value in parts.header.items()),
        styler("name", "claims"),
        *_table((name, _claim(name, value, now, styler)) for name, value in parts.claims.items()),
        *_summary(parts.claims, styler),
    ]


def _opaque(token: str) -> str:
    if token.count(".") == 4:
        return "the token is encrypted (JWE): only the API can read it"
    length = counted(len(token), "character")
    return f"the token is opaque ({length}, no JWT): only the API knows what it holds"


def _table(rows: Iterable[tuple[str, str]]) -> list[str]:
    found = list(rows)
    width = max((len(name) for name, _ in found), default=0)
    return [f"  {escape(name):<{width}}  {text}" for name, text in found]


def _value(value: Any) -> str:
    if isinstance(value, str):
        return escape(value)
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return escape(", ".join(value))
    return escape(_json(value))


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)


def _claim(name: str, value: Any, now: float, styler: Styler) -> str:
    if name not in _MOMENTS or isinstance(value, bool) or not isinstance(value, (int, float)):
        return _value(value)
    try:
        moment = datetime.fromtimestamp(value, UTC)
    except (ValueError, OverflowError, OSError):
        return f"{value}, which is no moment"
    past, future = _MOMENTS[name]
    words = (past if value <= now else future).format(duration_words(float(max(1, round(abs(now - value))))))
    wrong = value <= now if name == "exp" else value > now + 1
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC, {styler('errored' if wrong else 'passed', words)}"


def _summary(claims: Mapping[str, Any], styler: Styler) -> Iterator[str]:
    rows = (
        ("audience", _texts(claims.get("aud"))),
        ("scopes", [text for name in _SCOPES for text in _texts(claims.get(name))]),
        ("roles", _roles(claims)),
    )
    for name, texts in rows:
        yield f"{styler('name', f'{name:<8}')}  {escape(', '.join(dict.fromkeys(texts))) or 'none'}"


def _roles(claims: Mapping[str, Any]) -> list[str]:
    texts = [text for name in _ROLES for text in _texts(claims.get(name))]
    for expression in (_NESTED_ROLES, _CLIENT_ROLES):
        try:
            texts += _texts(query.compile(expression).evaluate(claims))
        except EvaluationError:
            continue
    return texts


def _texts(value: Any) -> list[str]:
    """A text of words, or a list of texts."""
    items = value.split() if isinstance(value, str) else value if isinstance(value, list) else []
    return [item if isinstance(item, str) else _json(item) for item in items]
