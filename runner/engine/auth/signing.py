"""JWTs that are signed here: client assertions, grants by JWT, self-signed bearers (RFC 7515, 7519, 7523).

The only door of joserfc and cryptography, which are imported when a JWT is made: they cost tens of milliseconds. This
file is given the text of keys; where it comes from, and where a JWT goes, it does not know.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import secrets
import time
import warnings
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from runner.errors import AuthError

if TYPE_CHECKING:
    from joserfc.jwk import Key

#: The clock of `iat` and `exp`, in seconds since 1970.
_now = time.time

_CERTIFICATE = re.compile(r"-----BEGIN CERTIFICATE-----(.+?)-----END CERTIFICATE-----", re.DOTALL)
#: Curve (RFC 7518 § 6.2.1.1, RFC 8037 § 2) → the algorithm that belongs to it.
_BY_CURVE = {"P-256": "ES256", "P-384": "ES384", "P-521": "ES512", "Ed25519": "EdDSA", "Ed448": "EdDSA"}
#: Algorithms whose keys can be published.
_ASYMMETRIC = ("RS", "PS", "ES", "EdDSA")
#: Key type → the algorithms that it can sign with.
_BY_TYPE = {"RSA": ("RS", "PS"), "EC": ("ES",), "OKP": ("EdDSA",), "oct": ("HS",)}


class KeyText(NamedTuple):
    """A signing key as text; `place` names it in messages, `certificate` is the PEM text that belongs to it."""

    text: str
    place: str
    key_id: str = ""
    algorithm: str = ""
    certificate: str = ""


class Account(NamedTuple):
    """What a key file of a Google service account says beside its key."""

    client_id: str
    token_url: str


def account_of(text: str) -> Account | None:
    """The service account that a JSON key file describes; None if it is none."""
    found = _json_object(text)
    if found.get("type") != "service_account":
        return None
    return Account(str(found.get("client_email", "")), str(found.get("token_uri", "")))


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

    signer = _private_key(key)
    algorithm = _algorithm(key, signer)
    header: dict[str, Any] = {"alg": algorithm, "typ": "JWT"}
    key_id = key.key_id or _json_object(key.text).get("private_key_id") or signer.as_dict().get("kid")
    if key_id:
        header["kid"] = key_id
    if key.certificate:
        # Entra ID knows a certificate by the hash of its DER form (RFC 7515 § 4.1.8).
        header["x5t#S256"] = _thumbprint(key, signer)
    try:
        return jwt.encode(header, dict(claims), signer, algorithms=[algorithm])
    except (JoseError, ValueError, TypeError) as error:
        raise AuthError(f"{key.place} cannot sign with {algorithm}: {error}") from None


def verify_jwt(token: str, keys: Mapping[str, Any], algorithm: str) -> None:
    """Checks the signature of a JWT against a JWK Set (RFC 7517 § 5), not its claims.

    Raises:
        AuthError: no key of the set has signed it.
    """
    from joserfc import jws
    from joserfc.errors import JoseError
    from joserfc.jwk import KeySet

    if not algorithm.startswith(_ASYMMETRIC):
        raise AuthError(f"'{algorithm}' is no signature that a published key can check")
    usable = [key for key in keys.get("keys", ()) if isinstance(key, dict) and key.get("use", "sig") == "sig"]
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            jws.deserialize_compact(token, KeySet.import_key_set({"keys": usable}), algorithms=[algorithm])
    except (JoseError, ValueError, KeyError, TypeError) as error:
        raise AuthError(str(error) or type(error).__name__) from None


def _json_object(text: str) -> dict[str, Any]:
    if not text.lstrip().startswith("{"):
        return {}
    try:
        found = json.loads(text)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _private_key(key: KeyText) -> Key:
    described = _json_object(key.text)
    if key.algorithm.startswith("HS"):
        return _shared_secret(key)
    if "kty" in described:
        return _from_jwk(key, described)
    return _from_pem(key, str(described.get("private_key", key.text)))


def _shared_secret(key: KeyText) -> Key:
    from joserfc.jwk import OctKey

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about short secrets: the user did not choose it
        return OctKey.import_key(key.text)


def _from_jwk(key: KeyText, described: dict[str, Any]) -> Key:
    from joserfc.errors import JoseError
    from joserfc.jwk import import_key

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found = import_key(described)
    except (JoseError, ValueError, TypeError, KeyError) as error:
        raise AuthError(f"{key.place} is no JWK that can be used: {error}") from None
    if not found.is_private:
        raise AuthError(f"{key.place} is a public key: signing needs the private one")
    return found


def _from_pem(key: KeyText, pem: str) -> Key:
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.serialization import load_pem_private_key
    from joserfc.jwk import ECKey, OKPKey, RSAKey

    pem = unescaped(pem)
    if "PRIVATE KEY-----" not in pem:
        raise AuthError(f"{key.place} holds no private key", hint=_no_key_hint(pem))
    if "ENCRYPTED" in pem:
        hint = "take the password off: openssl pkey -in KEY -out NEW_KEY"
        raise AuthError(f"{key.place} is encrypted with a password", hint=hint)
    try:
        raw: Any = load_pem_private_key(pem.encode(), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise AuthError(f"{key.place} cannot be read as a private key", hint="is its PEM text whole?") from None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about short RSA keys: some servers still have them
        for kind in (RSAKey, ECKey, OKPKey):
            if kind.binding.check_cryptography_key(raw):
                return kind(raw, raw)
    raise AuthError(f"{key.place} is a key of a kind that signs no JWT", hint="RSA, EC (P-256, …) and Ed25519 keys do")


def unescaped(pem: str) -> str:
    """PEM text whose line breaks travelled as `\\n`, as they do in environment variables."""
    return pem.replace("\\n", "\n") if "\\n" in pem and "\n" not in pem.strip() else pem


def _no_key_hint(pem: str) -> str:
    if "CERTIFICATE" in pem:
        return "this is a certificate: its key is another file"
    if "PUBLIC KEY" in pem:
        return "this is a public key: signing needs the private one"
    return "it begins with -----BEGIN PRIVATE KEY-----, or is a JWK"


def _algorithm(key: KeyText, signer: Key) -> str:
    said = key.algorithm or str(signer.as_dict().get("alg") or "")
    if said:
        if not said.startswith(_BY_TYPE[signer.key_type]):
            raise AuthError(f"{key.place} is of type {signer.key_type}, which cannot sign with {said}")
        return said
    if signer.key_type == "RSA":
        return "PS256" if key.certificate else "RS256"
    return _BY_CURVE[str(signer.as_dict()["crv"])]


def _thumbprint(key: KeyText, signer: Key) -> str:
    from cryptography import x509

    pem = _CERTIFICATE.search(unescaped(key.certificate))
    if pem is None:
        raise AuthError("'certificate' holds no certificate", hint="it begins with -----BEGIN CERTIFICATE-----")
    try:
        der = base64.b64decode("".join(pem[1].split()), validate=True)
        certified: Any = x509.load_der_x509_certificate(der).public_key()
    except ValueError as error:
        raise AuthError(f"'certificate' cannot be read: {error}") from None
    if certified.public_numbers() != signer.public_key.public_numbers():  # type: ignore[union-attr]
        raise AuthError(f"{key.place} is not the key of the certificate")
    return base64.urlsafe_b64encode(hashlib.sha256(der).digest()).rstrip(b"=").decode("ascii")
