"""TLS contexts, and what went wrong with TLS in plain words.

It must not know requests or connections. A context takes 20 to 50 ms to make: whoever asks for one keeps it.
"""

from __future__ import annotations

import os
import ssl

from runner.errors import TransportError


def tls_context(verify: bool | str) -> ssl.SSLContext:
    """A context for `verify`: the system's CAs (certifi's if it has none), no check, or a CA file or folder.

    `SSL_CERT_FILE` and `SSL_CERT_DIR` name the system's CAs, as everywhere in OpenSSL.
    """
    if verify is False:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        return context
    if isinstance(verify, str):
        return _context_of(verify)
    context = ssl.create_default_context()
    if not context.cert_store_stats()["x509_ca"] and not os.environ.get("SSL_CERT_DIR"):
        import certifi

        context.load_verify_locations(certifi.where())
    return context


def _context_of(path: str) -> ssl.SSLContext:
    try:
        if os.path.isdir(path):
            return ssl.create_default_context(capath=path)
        return ssl.create_default_context(cafile=path)
    except ssl.SSLError:
        hint = "it must hold certificates in PEM form (-----BEGIN CERTIFICATE-----)"
        raise TransportError("tls", f"no CA certificate in '{path}'", hint) from None
    except OSError as error:
        hint = "name a readable file in `verify:` or `--cacert`"
        raise TransportError("tls", f"cannot read the CA file '{path}': {reason(error)}", hint) from None


_TRUST = "trust its CA with `--cacert FILE` or `verify: FILE`, or skip the check with `--insecure`"
_ONLY_SKIP = "mend the certificate on the server, or skip the check with `--insecure`"

#: OpenSSL's X509_V_ERR codes → what is wrong with the certificate, and what to do.
_CERTIFICATE_FAULTS = {
    9: ("is not valid yet", "is the clock of this machine right?"),
    10: ("has expired", _ONLY_SKIP),
    18: ("is self-signed", _TRUST),
    19: ("ends in a self-signed CA that is not trusted", _TRUST),
    20: ("is from a CA that is not trusted", _TRUST),
    21: ("is from a CA that is not trusted", _TRUST),
    62: ("is for another host name", "is the host in the URL right? To skip the check: `--insecure`"),
    64: ("is for another address", "is the host in the URL right? To skip the check: `--insecure`"),
}

_NO_TLS = ("{peer} does not speak TLS", "write http:// if it is a plain HTTP server")
_WANTS_CERTIFICATE = ("{peer} asks for a client certificate", "give one with `--cert FILE --key FILE`")
_CUT_OFF = ("{peer} closed the connection during the TLS handshake", "does it speak https on this port?")
_VERSION = ("{peer} and this machine share no TLS version", "the server's versions are too old")

#: OpenSSL's reasons → what to say, and what to do.
_TLS_FAULTS = {
    "WRONG_VERSION_NUMBER": _NO_TLS,
    "HTTP_REQUEST": _NO_TLS,
    "PACKET_LENGTH_TOO_LONG": _NO_TLS,
    "RECORD_LAYER_FAILURE": _NO_TLS,
    "UNKNOWN_PROTOCOL": _NO_TLS,
    "TLSV13_ALERT_CERTIFICATE_REQUIRED": _WANTS_CERTIFICATE,
    "SSLV3_ALERT_HANDSHAKE_FAILURE": ("{peer} refused the TLS handshake", _WANTS_CERTIFICATE[1]),
    "TLSV1_ALERT_PROTOCOL_VERSION": _VERSION,
    "UNSUPPORTED_PROTOCOL": _VERSION,
    "UNEXPECTED_EOF_WHILE_READING": _CUT_OFF,
}


def tls_fault(error: OSError | ValueError, peer: str) -> TransportError:
    """A fault of TLS in plain words."""
    if isinstance(error, ssl.SSLCertVerificationError):
        other = f"is not valid: {error.verify_message}", _TRUST
        wrong, hint = _CERTIFICATE_FAULTS.get(error.verify_code, other)
        return TransportError("tls", f"the certificate of {peer} {wrong}", hint)
    if isinstance(error, ssl.SSLError):
        reason = error.reason or str(error)
        template, hint = _TLS_FAULTS.get(reason, (f"TLS with {{peer}} failed: {reason}", ""))
    elif isinstance(error, OSError):
        template, hint = _CUT_OFF
    else:  # a host name that the TLS library does not take
        template, hint = f"TLS with {{peer}} failed: {error}", ""
    return TransportError("tls", template.format(peer=peer), hint)


def reason(error: OSError | ValueError) -> str:
    """What the system says about a fault."""
    said = error.strerror if isinstance(error, OSError) else None
    return (said or str(error) or type(error).__name__).lower()
