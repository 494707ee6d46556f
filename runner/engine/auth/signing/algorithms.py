"""Algorithms of JWS and the keys that belong to them, as tables; and the library without its warnings."""

from __future__ import annotations

import threading
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

#: Algorithm (RFC 7518 § 3.1, RFC 8037 § 3.1, RFC 9864 § 2.2) → the type of key that it is for.
KEY_TYPES: Mapping[str, str] = {
    **dict.fromkeys(("RS256", "RS384", "RS512", "PS256", "PS384", "PS512"), "RSA"),
    **dict.fromkeys(("ES256", "ES384", "ES512"), "EC"),
    **dict.fromkeys(("EdDSA", "Ed25519", "Ed448"), "OKP"),
    **dict.fromkeys(("HS256", "HS384", "HS512"), "oct"),
}
#: Curve (RFC 7518 § 6.2.1.1, RFC 8037 § 2) → the algorithm that belongs to it.
BY_CURVE: Mapping[str, str] = {
    "P-256": "ES256",
    "P-384": "ES384",
    "P-521": "ES512",
    "Ed25519": "EdDSA",
    "Ed448": "EdDSA",
}

_lock = threading.RLock()


@contextmanager
def quiet() -> Iterator[None]:
    """The library warns of short keys and of algorithms out of fashion, which the user did not choose.

    One thread at a time: the filters are those of the process.
    """
    with _lock, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
