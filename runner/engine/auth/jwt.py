"""`type: jwt`: a JWT that is signed here and sent as the bearer (GitHub Apps, App Store Connect, Postman).

There is no token endpoint: the API itself knows the key (RFC 7519). One JWT serves for half of its life.
"""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic
from typing import NamedTuple

from runner.engine.auth.base import Fields, Scheme, put_token
from runner.engine.auth.oauth2.clients import signing_key
from runner.engine.auth.signing import KeyText, make_jwt, timed
from runner.engine.exchange import Request, Token
from runner.language.values import Value

#: Seconds that a JWT is valid unless the file says otherwise.
_LIFE = 300.0


def prepare(fields: Fields) -> Scheme:
    """Sends `Authorization: Bearer JWT`, or where `in`, `name` and `prefix` say.

    Raises:
        ResolveError: a field has no value, or one of the wrong kind.
    """
    put = put_token(fields)
    claims, life = fields.mapping("claims"), fields.seconds("lifetime") or _LIFE
    key = _shared_key(fields) if fields.given("secret") else signing_key(fields)

    def apply(request: Request, _: Token | None) -> Request:
        memo = fields.scope.shared.memo
        signed = memo.get(_place(fields))
        if signed is None or signed.claims != claims or monotonic() > signed.renew:
            token = make_jwt(key(), timed(claims, life))
            fields.hide(token)
            signed = memo[_place(fields)] = _Signed(token, claims, monotonic() + life / 2)
        return put(request, signed.token)

    return Scheme(apply)


class _Signed(NamedTuple):
    """A JWT that was signed, and when another one is to be, by the monotonic clock."""

    token: str
    claims: dict[str, Value]
    renew: float


def _place(fields: Fields) -> tuple[str, int]:
    return "jwt", id(fields.spec)


def _shared_key(fields: Fields) -> Callable[[], KeyText]:
    key = KeyText(fields.text("secret"), "'secret' of auth", fields.text("key_id"), fields.text("algorithm", "HS256"))
    return lambda: key
