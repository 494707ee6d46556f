"""`type: jwt`: a JWT that is signed for each request and sent as the bearer (GitHub Apps, App Store Connect, Postman).

There is no token endpoint: the API itself knows the key (RFC 7519).
"""

from __future__ import annotations

from collections.abc import Callable

from runner.engine.auth.base import Fields, Scheme, put_token
from runner.engine.auth.oauth2.clients import signing_key
from runner.engine.auth.signing import KeyText, make_jwt, timed
from runner.engine.exchange import Request, Token

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
        token = make_jwt(key(), timed(claims, life))
        fields.hide(token)
        return put(request, token)

    return Scheme(apply)


def _shared_key(fields: Fields) -> Callable[[], KeyText]:
    key = KeyText(fields.text("secret"), "'secret' of auth", fields.text("key_id"), fields.text("algorithm", "HS256"))
    return lambda: key
