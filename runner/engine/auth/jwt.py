"""`type: jwt`: a JWT that is signed here and sent as the bearer (GitHub Apps, App Store Connect, Postman).

There is no token endpoint: the API itself knows the key (RFC 7519). One JWT serves for half of its life.
"""

from __future__ import annotations

from collections import deque
from time import monotonic
from typing import Any, NamedTuple

from runner.engine.auth.base import Fields, Scheme, put_token
from runner.engine.auth.oauth2.clients import SigningKey, key_of
from runner.engine.auth.signing import KeyText, make_jwt, timed
from runner.engine.exchange import Request, Token
from runner.language.values import Value, equal

#: Seconds that a JWT is valid unless the file says otherwise.
_LIFE = 300.0
#: How many JWTs of one block are kept: its claims may differ from request to request.
_MOST_KEPT = 8


def prepare(fields: Fields) -> Scheme:
    """Sends `Authorization: Bearer JWT`, or where `in`, `name` and `prefix` say.

    Raises:
        ResolveError: a field has no value, or one of the wrong kind.
    """
    put = put_token(fields)
    claims, life = fields.mapping("claims"), fields.seconds("lifetime") or _LIFE
    key = _shared_key(fields) if fields.given("secret") else key_of(fields)
    by = (*key.identity, life)

    def apply(request: Request, _: Token | None) -> Request:
        kept: deque[_Signed] = fields.scope.shared.memo.setdefault(("jwt", id(fields.spec)), deque(maxlen=_MOST_KEPT))
        signed = next((one for one in kept if one.serves(by, claims)), None)
        if signed is None:
            token = make_jwt(key.read(), timed(claims, life))
            fields.hide(token)
            signed = _Signed(token, by, claims, monotonic() + life / 2)
            kept.append(signed)
        return put(request, signed.token)

    return Scheme(apply)


class _Signed(NamedTuple):
    """A JWT that was signed: by which key and for how long, what it says, when to renew it (by the monotonic clock)."""

    token: str
    by: tuple[Any, ...]
    claims: dict[str, Value]
    renew: float

    def serves(self, by: tuple[Any, ...], claims: dict[str, Value]) -> bool:
        """Whether it says the same, by the same key, and is not old yet."""
        return monotonic() <= self.renew and self.by == by and equal(self.claims, claims)


def _shared_key(fields: Fields) -> SigningKey:
    secret, key_id = fields.needed("secret"), fields.text("key_id")
    key = KeyText(secret, "'secret' of auth", key_id, fields.text("algorithm", "HS256"))
    return SigningKey((secret, key_id, key.algorithm), lambda: key)
