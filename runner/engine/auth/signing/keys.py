"""Signing keys: from PEM, JWK, the key file of a Google service account, or a shared secret; and their certificates.

Which JWT they sign is not known here.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from typing import TYPE_CHECKING, Any, NamedTuple

from runner.engine.auth.signing.algorithms import BY_CURVE, KEY_TYPES, quiet
from runner.errors import AuthError

if TYPE_CHECKING:
    from joserfc.jwk import Key

_CERTIFICATE = re.compile(r"-----BEGIN CERTIFICATE-----(.+?)-----END CERTIFICATE-----", re.DOTALL)
#: Kinds of private keys, by the names that cryptography has for them, that sign JWTs.
_SIGNING = frozenset({"RSA", "secp256r1", "secp384r1", "secp521r1", "Ed25519", "Ed448"})
_USABLE = "RSA, EC (P-256, P-384, P-521) and Ed25519 keys do"


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


def _json_object(text: str) -> dict[str, Any]:
    if not text.lstrip().startswith("{"):
        return {}
    try:
        found = json.loads(text)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def signing_key(key: KeyText) -> Key:
    """The key that a text holds.

    Raises:
        AuthError: it holds none that signs JWTs; the message names its place.
    """
    described = _json_object(key.text)
    if "kty" in described:
        return _from_jwk(key, described)
    if KEY_TYPES.get(key.algorithm) == "oct":
        return _shared_secret(key)
    return _from_pem(key, str(described.get("private_key", key.text)))


def _shared_secret(key: KeyText) -> Key:
    from joserfc.jwk import OctKey

    if "-----BEGIN " in key.text:
        hint = f"{key.algorithm} signs with a secret that both sides know"
        raise AuthError(f"{key.place} is one of a pair of keys, and cannot sign with {key.algorithm}", hint=hint)
    try:
        with quiet():
            return OctKey.import_key(key.text)
    except ValueError as error:
        raise AuthError(f"{key.place} cannot sign with {key.algorithm}: {error}") from None


def _from_jwk(key: KeyText, described: dict[str, Any]) -> Key:
    from joserfc.errors import JoseError
    from joserfc.jwk import import_key

    curve = str(described.get("crv"))
    if described["kty"] in ("EC", "OKP") and curve not in BY_CURVE:
        raise AuthError(f"{key.place} is no JWK that can be used: '{curve}' keys sign no JWT", hint=_USABLE)
    try:
        with quiet():
            found = import_key(described)
    except (JoseError, ValueError, TypeError, KeyError) as error:
        raise AuthError(f"{key.place} is no JWK that can be used: {error}") from None
    if not found.is_private:
        raise AuthError(f"{key.place} is a public key: signing needs the private one")
    return found


def _from_pem(key: KeyText, pem: str) -> Key:
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    pem = unescaped(pem)
    if "PRIVATE KEY-----" not in pem:
        raise AuthError(f"{key.place} holds no private key", hint=_no_key_hint(pem))
    if "ENCRYPTED" in pem:
        hint = "take the password off: openssl pkey -in KEY -out NEW_KEY"
        raise AuthError(f"{key.place} is encrypted with a password", hint=hint)
    try:
        return _wrapped(key, load_pem_private_key(pem.encode(), password=None))
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise AuthError(f"{key.place} cannot be read as a private key", hint="is its PEM text whole?") from None


def _wrapped(key: KeyText, raw: Any) -> Key:
    from joserfc.jwk import ECKey, OKPKey, RSAKey

    kind = str(raw.curve.name) if hasattr(raw, "curve") else type(raw).__name__.removesuffix("PrivateKey")
    if kind not in _SIGNING:
        raise AuthError(f"{key.place} is a key of a kind that signs no JWT: {kind}", hint=_USABLE)
    with quiet():
        return next(type_(raw, raw) for type_ in (RSAKey, ECKey, OKPKey) if type_.binding.check_cryptography_key(raw))


def unescaped(pem: str) -> str:
    """PEM text whose line breaks travelled as `\\n`, as they do in environment variables."""
    return pem.replace("\\n", "\n") if "\\n" in pem and "\n" not in pem.strip() else pem


def _no_key_hint(pem: str) -> str:
    if "CERTIFICATE" in pem:
        return "this is a certificate: its key is another file"
    if "PUBLIC KEY" in pem:
        return "this is a public key: signing needs the private one"
    return "it begins with -----BEGIN PRIVATE KEY-----, or is a JWK"


def algorithm_of(key: KeyText, signer: Key) -> str:
    """The algorithm that a key signs with: what the file says, what the key says, or what belongs to it.

    Raises:
        AuthError: the key cannot sign with it.
    """
    said = key.algorithm or str(signer.as_dict().get("alg") or "")
    if said:
        if KEY_TYPES.get(said) != signer.key_type:
            raise AuthError(f"{key.place} is of type {signer.key_type}, which cannot sign with {said}")
        return said
    if signer.key_type == "oct":
        raise AuthError(f"{key.place} is a shared secret", hint="say how it signs: algorithm: HS256")
    if signer.key_type == "RSA":
        return "PS256" if key.certificate else "RS256"
    return BY_CURVE[str(signer.as_dict()["crv"])]


def key_id_of(key: KeyText, signer: Key) -> str:
    """The `kid` of a key: what the file says, or the key file itself; empty where nobody does."""
    return str(key.key_id or _json_object(key.text).get("private_key_id") or signer.as_dict().get("kid") or "")


def thumbprint(key: KeyText, signer: Key) -> str:
    """The SHA-256 hash of a key's certificate, in base64url (RFC 7515 § 4.1.8).

    Raises:
        AuthError: the certificate cannot be read, or is that of another key.
    """
    from cryptography import x509
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    pem = _CERTIFICATE.search(unescaped(key.certificate))
    if pem is None:
        raise AuthError("'certificate' holds no certificate", hint="it begins with -----BEGIN CERTIFICATE-----")
    try:
        der = base64.b64decode("".join(pem[1].split()), validate=True)
        certified: Any = x509.load_der_x509_certificate(der).public_key()
    except (ValueError, UnsupportedAlgorithm) as error:
        raise AuthError(f"'certificate' cannot be read: {error}") from None
    own: Any = signer.public_key
    form = Encoding.DER, PublicFormat.SubjectPublicKeyInfo
    if signer.key_type == "oct" or certified.public_bytes(*form) != own.public_bytes(*form):
        raise AuthError(f"{key.place} is not the key of the certificate")
    return base64.urlsafe_b64encode(hashlib.sha256(der).digest()).rstrip(b"=").decode("ascii")
