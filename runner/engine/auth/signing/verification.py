"""Whether a JWT was signed by a key that its issuer publishes. Its claims are not judged here."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from runner.engine.auth.signing.algorithms import KEY_TYPES, quiet
from runner.errors import AuthError

if TYPE_CHECKING:
    from joserfc.jwa import JWSAlgModel
    from joserfc.jwk import Key


def verify_jwt(token: str, keys: Mapping[str, Any], algorithm: str) -> None:
    """Checks the signature of a JWT against a JWK Set (RFC 7517 § 5), not its claims.

    Each key of the set that is for this algorithm may be the one: `kid` is a hint (RFC 7515 § 4.1.4), and many issuers
    or tokens go without it.

    Raises:
        AuthError: no key of the set has signed it.
    """
    from joserfc import jws
    from joserfc.errors import JoseError

    if KEY_TYPES.get(algorithm, "oct") == "oct":
        raise AuthError(f"'{algorithm}' is no signature that a published key can check")
    # RFC 7515 § 4: header parameters that nobody knows are ignored, unless `crit` names them.
    registry = jws.JWSRegistry(algorithms=[algorithm], strict_check_header=False)
    try:
        with quiet():
            signed = jws.extract_compact(token.encode(), registry=registry)
            registry.check_header(signed.headers())
            usable = list(_usable(keys.get("keys", ()), registry.get_alg(algorithm)))
            if any(jws.validate_compact(signed, key, registry=registry) for key in usable):
                return
    except (JoseError, ValueError, TypeError) as error:
        raise AuthError(str(error) or type(error).__name__) from None
    if not usable:
        raise AuthError(f"none of its keys is for {algorithm}")
    raise AuthError(f"none of those for {algorithm} ({len(usable)}) has made it")


def _usable(published: Iterable[Any], algorithm: JWSAlgModel) -> Iterator[Key]:
    """The keys of a set that can check an algorithm; RFC 7517 § 5: those that nobody understands are passed over."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from joserfc.errors import JoseError
    from joserfc.jwk import import_key

    for described in published:
        if not isinstance(described, dict):
            continue
        try:
            key = import_key(described)
            algorithm.check_key(key)
            key.check_key_op("verify")
        except (JoseError, UnsupportedAlgorithm, ValueError, TypeError, KeyError):
            continue
        yield key
