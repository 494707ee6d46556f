"""TLS contexts: which servers are trusted, which certificate a client shows, and what is wrong with its files.

It must not know connections, requests or deadlines.
"""

from __future__ import annotations

import os
import re
import ssl
from pathlib import Path

import httpx

from runner.engine.exchange import ClientCertificate
from runner.errors import TransportError
from runner.runtime.transport.faults import reason


def tls_context(verify: bool | str, certificate: ClientCertificate | None = None) -> ssl.SSLContext:
    """A context for `verify`: the system's CAs (certifi's if it has none), no check, or a CA file or folder.

    It takes 20 to 50 ms to make: whoever asks for one keeps it. `SSL_CERT_FILE` and `SSL_CERT_DIR` name the
    system's CAs, as everywhere in OpenSSL. `certificate` is the client's own.

    Raises:
        TransportError: a file cannot be used.
    """
    context = _server_context(verify)
    if certificate is not None:
        _show_certificate(context, certificate)
    return context


def _server_context(verify: bool | str) -> ssl.SSLContext:
    if isinstance(verify, str):
        return _context_of(verify)
    context = ssl.create_default_context() if verify else httpx.create_ssl_context(verify=False)
    if verify and not context.cert_store_stats()["x509_ca"] and not os.environ.get("SSL_CERT_DIR"):
        context = httpx.create_ssl_context(trust_env=False)
    return context


def _context_of(path: str) -> ssl.SSLContext:
    folder = path if os.path.isdir(path) else None
    try:
        return ssl.create_default_context(cafile=None if folder else path, capath=folder)
    except ssl.SSLError:
        hint = "it must hold certificates in PEM form (-----BEGIN CERTIFICATE-----)"
        raise TransportError("tls", f"no CA certificate in '{path}'", hint) from None
    except OSError as error:
        hint = "name a readable file in `verify:` or `--cacert`"
        raise TransportError("tls", f"cannot read the CA file '{path}': {reason(error)}", hint) from None


# --- the client's certificate ----------------------------------------------------------------------------------------

_CERTIFICATE = re.compile(rb"-----BEGIN (?:X509 |TRUSTED )?CERTIFICATE-----")
_KEY = re.compile(rb"-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----")
#: Bytes of a password: OpenSSL and Python take no more.
_LONGEST_PASSWORD = 1024

_AS_PEM = "it must be PEM; `openssl pkcs12 -in FILE -out FILE.pem` makes it of a .p12 or .pfx file"
_NO_PASSWORD = ("its key is encrypted", "give `password` in `client_cert`")
_WRONG_PASSWORD = ("the password of its key is wrong", "")
_LONG_PASSWORD = (f"the password of its key is longer than {_LONGEST_PASSWORD} bytes, which OpenSSL does not take", "")
_OTHER_KEY = ("the key is not that of the certificate", "name the key that the certificate was made for")
_TOO_WEAK = ("this machine's OpenSSL finds it too weak", "have a longer key signed with a newer digest")

#: OpenSSL's reasons → what to say of the key's file, and what to do.
_REASONS = {
    "KEY_VALUES_MISMATCH": _OTHER_KEY,
    "KEY_TYPE_MISMATCH": _OTHER_KEY,
    "NO_CERTIFICATE_ASSIGNED": _OTHER_KEY,  # a key of another kind than that of the certificate
    "EE_KEY_TOO_SMALL": _TOO_WEAK,
    "CA_KEY_TOO_SMALL": _TOO_WEAK,
    "CA_MD_TOO_WEAK": _TOO_WEAK,
}


def _show_certificate(context: ssl.SSLContext, shown: ClientCertificate) -> None:
    try:
        # Always with a password: without one OpenSSL would ask for it at the terminal.
        context.load_cert_chain(shown.cert, shown.key or None, lambda: _octets(shown.password))
    except (OSError, ValueError) as error:  # ValueError: a password that is too long
        path, (words, hint) = _unusable(shown, error)
        raise TransportError("tls", f"client certificate '{path}': {words}", hint) from None


def _unusable(shown: ClientCertificate, error: Exception) -> tuple[str, tuple[str, str]]:
    """The file that is at fault, what is wrong with it and what to do.

    OpenSSL often says no more than "PEM lib", and differs by version: the files themselves tell more.
    """
    cert, key = shown.cert, shown.key or shown.cert
    contents: dict[str, bytes] = {}
    for path in (cert, key):
        try:
            contents[path] = Path(path).read_bytes()
        except OSError as unreadable:
            return path, (reason(unreadable), "")
    known = _REASONS.get(getattr(error, "reason", None) or "")
    if known is not None:
        return key, known
    if not _CERTIFICATE.search(contents[cert]):
        return cert, ("it holds no PEM certificate", _AS_PEM)
    if not _has_certificate(cert):
        return cert, ("its certificate is damaged", "")
    return key, _unusable_key(contents[key], _octets(shown.password))


def _unusable_key(content: bytes, password: bytes) -> tuple[str, str]:
    if not _KEY.search(content):
        return "it holds no private key in PEM form", "name the file of the key in `key`, or with `--key`"
    if b"ENCRYPTED" not in content:
        return "its key is damaged, or of an unknown kind", ""
    if not password:
        return _NO_PASSWORD
    return _WRONG_PASSWORD if len(password) <= _LONGEST_PASSWORD else _LONG_PASSWORD


def _has_certificate(path: str) -> bool:
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(path)
    except ssl.SSLError:
        return False
    return True


def _octets(password: str) -> bytes:
    return password.encode("utf-8", "surrogatepass")
