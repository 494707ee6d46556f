"""JWTs that are signed here: client assertions, grants by JWT, self-signed bearers (RFC 7515, 7519, 7523).

The only door of joserfc and cryptography, which are imported when a JWT is made or checked: they cost tens of
milliseconds. These files are given the text of keys; where it comes from, and where a JWT goes, they do not know.

    algorithms ◀── keys ◀── (making one, here)      algorithms ◀── verification
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Mapping
from typing import Any

from runner.engine.auth.signing.algorithms import quiet
from runner.engine.auth.signing.keys import (
    Account,
    KeyText,
    account_of,
    algorithm_of,
    key_id_of,
    signing_key,
    thumbprint,
)
from runner.engine.auth.signing.verification import verify_jwt
from runner.errors import AuthError

__all__ = ["Account", "KeyText", "account_of", "make_jwt", "timed", "verify_jwt"]

#: The clock of `iat` and `exp`, in seconds since 1970.
_now = time.time


def timed(claims: Mapping[str, Any], seconds: float) -> dict[str, Any]:
    """Claims with `iat`, `exp` and a fresh `jti`, where they have none of their own (RFC 7519 § 4.1)."""
    now = int(_now())
    return {"iat": now, "exp": now + int(seconds), "jti": secrets.token_urlsafe(16), **claims}


def make_jwt(key: KeyText, claims: Mapping[str, Any]) -> str:
    """A signed JWT in compact form (RFC 7515 § 3.1).

    Raises:
        AuthError: the key cannot be used; the message names its place.
    """
    from joserfc import jwt
    from joserfc.errors import JoseError

    signer = signing_key(key)
    algorithm = algorithm_of(key, signer)
    header: dict[str, Any] = {"alg": algorithm, "typ": "JWT"}
    key_id = key_id_of(key, signer)
    if key_id:
        header["kid"] = key_id
    if key.certificate:
        # Entra ID knows a certificate by the hash of its DER form (RFC 7515 § 4.1.8).
        header["x5t#S256"] = thumbprint(key, signer)
    try:
        with quiet():
            return jwt.encode(header, dict(claims), signer, algorithms=[algorithm])
    except (JoseError, ValueError, TypeError) as error:
        raise AuthError(f"{key.place} cannot sign with {algorithm}: {error}") from None
