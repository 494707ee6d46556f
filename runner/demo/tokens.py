"""Access tokens: real JWTs (RFC 7519), signed with HS256 (RFC 7515 § A.1) over a key made at start.

Entra signs with RS256; the standard library has no RSA, and nobody but this server verifies these tokens.
This file knows no HTTP: who may have a token is for `entra`, what a refusal looks like for `graph`.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import itertools
import json
import math
import secrets
import time
import uuid
from typing import Any

from runner.demo.credentials import TENANT_ID, App

Claims = dict[str, Any]


class TokenRefused(Exception):
    """A token that does not open the door; `reason` is one of: malformed, signature, expired, audience."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Mint:
    """Makes tokens and knows its own again. `lifetime` is in seconds."""

    def __init__(self, lifetime: int) -> None:
        self.lifetime = lifetime
        self._key = secrets.token_bytes(32)
        self._key_id = secrets.token_urlsafe(12)
        self._numbers = itertools.count(1)
        self._revoked = 0

    def issue(self, app: App, audience: str) -> str:
        """A token of an application for an audience."""
        header = {"typ": "JWT", "alg": "HS256", "kid": self._key_id}
        claims = self._claims(app, audience)
        signed = f"{_encoded(header)}.{_encoded(claims)}"
        return f"{signed}.{_base64url(self._signature(signed))}"

    def read(self, token: str, audience: str | None = None) -> Claims:
        """The claims of a token that is ours, alive and meant for the audience.

        Raises:
            TokenRefused: it is not.
        """
        signed, _, signature = token.rpartition(".")
        claims = _claims_of(signed)
        # As bytes: it refuses text that is not ASCII.
        if not hmac.compare_digest(_base64url(self._signature(signed)).encode(), signature.encode()):
            raise TokenRefused("signature")
        if claims["exp"] <= time.time() or int(claims["uti"].partition(".")[0]) <= self._revoked:
            raise TokenRefused("expired")
        if audience not in (None, claims["aud"]):
            raise TokenRefused("audience")
        return claims

    def revoke_all(self) -> None:
        """Every token issued so far is answered like an expired one."""
        self._revoked = next(self._numbers)

    def _claims(self, app: App, audience: str) -> Claims:
        now = time.time()
        return {
            "aud": audience,
            "iss": f"https://sts.windows.net/{TENANT_ID}/",
            "iat": int(now),
            "nbf": int(now),
            # Rounded up: a token lives at least as long as `expires_in` says.
            "exp": math.ceil(now + self.lifetime),
            "app_displayname": app.name,
            "appid": app.client_id,
            "appidacr": "1",
            "idtyp": "app",
            "oid": str(uuid.uuid5(uuid.UUID(TENANT_ID), app.client_id)),
            "roles": list(app.roles),
            "tid": TENANT_ID,
            # Opaque to clients; for us the number in front tells which tokens were revoked.
            "uti": f"{next(self._numbers)}.{secrets.token_urlsafe(12)}",
            "ver": "1.0",
        }

    def _signature(self, signed: str) -> bytes:
        return hmac.new(self._key, signed.encode(), hashlib.sha256).digest()


def _claims_of(signed: str) -> Claims:
    try:
        _, payload = signed.split(".")
        claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    except (ValueError, binascii.Error):
        raise TokenRefused("malformed") from None
    if not isinstance(claims, dict):
        raise TokenRefused("malformed")
    return claims


def _encoded(value: Claims) -> str:
    return _base64url(json.dumps(value, separators=(",", ":")).encode())


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
