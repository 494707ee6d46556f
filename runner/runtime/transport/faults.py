"""What went wrong on the way, in plain words: the tables of faults, one clear line each, and what to do.

It knows errors of the system and of OpenSSL; it must not know requests, connections or httpx.
"""

from __future__ import annotations

import errno
import socket
import ssl

from runner.errors import TransportError

_SLOW_SERVER = "raise `timeout` if the server needs longer"
_UNREACHABLE = "is the address right, and reachable from here (firewall, VPN, proxy)?"

#: Phase of a send → what to say when the deadline ends it, and what to do.
_TIMEOUTS = {
    "pool": ("no free connection within {seconds}", "too many requests at once: lower `--jobs`"),
    "resolve": ("the host name was not resolved within {seconds}", "does the name server answer?"),
    "connect": ("no connection within {seconds}", _UNREACHABLE),
    "proxy": ("the proxy opened no connection to the server within {seconds}", "is it a proxy, and can it get there?"),
    "tls": ("no TLS handshake within {seconds} (connected)", "does the server speak https on this port?"),
    "send": ("the request was not taken within {seconds} (connected, the server does not read)", _SLOW_SERVER),
    "wait": ("no answer within {seconds} (connected, request sent)", _SLOW_SERVER),
    "header": ("the header of the answer was not complete after {seconds}", _SLOW_SERVER),
    "body": ("the body was not complete after {seconds} ({progress})", _SLOW_SERVER),
}

#: The same where each wait has the whole time.
_STALLS = _TIMEOUTS | {
    "send": ("the server took nothing of the body for {seconds}", _SLOW_SERVER),
    "body": ("nothing more of the body came for {seconds} ({progress})", _SLOW_SERVER),
}

_CONNECT_FAULTS = {
    errno.ECONNREFUSED: ("connection refused by {peer}", "is the server running, and the port right?"),
    errno.ENETUNREACH: ("no route to {peer}", _UNREACHABLE),
    errno.EHOSTUNREACH: ("no route to {peer}", _UNREACHABLE),
    errno.ETIMEDOUT: ("no connection to {peer}: the network gave up", _UNREACHABLE),
    errno.EMFILE: ("no connection to {peer}: too many open files", "lower `--jobs`, or raise `ulimit -n`"),
}

_PROXY_LOGIN = "credentials for it go into its URL: {scheme}://user:password@host:port"

#: The same for a socket of this machine.
_SOCKET_FAULTS = {
    errno.ENOENT: ("there is no socket '{path}'", "is the server running, and the path right?"),
    errno.ECONNREFUSED: ("connection refused by '{path}'", "is the server running, and is this its socket?"),
    errno.EACCES: ("no permission for the socket '{path}'", "may this user write to it?"),
    errno.ENOTSOCK: ("'{path}' is no socket", "is the path right?"),
    errno.EPROTOTYPE: ("'{path}' is not a socket of streams", "is the path right?"),
}

_TRUST = "trust its CA with `verify: FILE` or `--cacert FILE`, or skip the check with `--insecure`"
_ONLY_SKIP = "renew the certificate on the server, or skip the check with `--insecure` or `verify: false`"
_OTHER_HOST = "is the host in the URL right? To skip the check: `--insecure` or `verify: false`"

#: OpenSSL's X509_V_ERR codes → what is wrong with the certificate, and what to do.
_CERTIFICATE_FAULTS = {
    9: ("is not valid yet", "is the clock of this machine right?"),
    10: ("has expired", _ONLY_SKIP),
    18: ("is self-signed", _TRUST),
    19: ("ends in a self-signed CA that is not trusted", _TRUST),
    20: ("is from a CA that is not trusted", _TRUST),
    21: ("is from a CA that is not trusted", _TRUST),
    62: ("is for another host name", _OTHER_HOST),
    64: ("is for another address", _OTHER_HOST),
}

_NO_TLS = ("{peer} does not speak TLS", "write http:// if it is a plain HTTP server")
_SHOW = "show one that it takes: `client_cert` in the file, or `--cert FILE --key FILE`"
_WANTS_CERTIFICATE = ("{peer} asks for a client certificate", _SHOW)
_REFUSES_CERTIFICATE = ("{peer} does not accept the client certificate", _SHOW)
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
    "SSLV3_ALERT_HANDSHAKE_FAILURE": (
        "{peer} refused the TLS handshake",
        "it may ask for a client certificate (`client_cert`, or `--cert FILE --key FILE`), or share no cipher with us",
    ),
    "TLSV1_ALERT_UNKNOWN_CA": ("{peer} does not know the CA of the client certificate", _SHOW),
    "SSLV3_ALERT_CERTIFICATE_EXPIRED": ("{peer} says that the client certificate has expired", _SHOW),
    "SSLV3_ALERT_CERTIFICATE_REVOKED": ("{peer} says that the client certificate was revoked", _SHOW),
    "SSLV3_ALERT_BAD_CERTIFICATE": _REFUSES_CERTIFICATE,
    "SSLV3_ALERT_CERTIFICATE_UNKNOWN": _REFUSES_CERTIFICATE,
    "SSLV3_ALERT_UNSUPPORTED_CERTIFICATE": _REFUSES_CERTIFICATE,
    "TLSV1_ALERT_ACCESS_DENIED": _REFUSES_CERTIFICATE,
    "TLSV1_UNRECOGNIZED_NAME": ("{peer} has no certificate for this host name", "is the host in the URL right?"),
    "TLSV1_ALERT_PROTOCOL_VERSION": _VERSION,
    "UNSUPPORTED_PROTOCOL": _VERSION,
    "UNEXPECTED_EOF_WHILE_READING": _CUT_OFF,
}


def timeout_fault(phase: str, seconds: float, progress: str, *, each_wait: bool = False) -> TransportError:
    """The time was over in this phase; `each_wait`: that of a single wait in it."""
    message, hint = (_STALLS if each_wait else _TIMEOUTS)[phase]
    return TransportError("timeout", message.format(seconds=f"{seconds:g} s", progress=progress), hint)


def connect_fault(error: OSError, host: str, port: int, *, proxied: bool) -> TransportError:
    """No connection came about; `proxied` says that it would have led to a proxy."""
    kind, peer = ("proxy", f"proxy {host}:{port}") if proxied else ("connect", f"{host}:{port}")
    if isinstance(error, socket.gaierror):
        silent = error.errno == socket.EAI_AGAIN
        message = f"cannot resolve {'proxy ' if proxied else ''}host '{host}'{': no name server answered' * silent}"
        hint = "is this machine online?" if silent else "is the name spelled right, and known in this network?"
        return TransportError("proxy" if proxied else "dns", message, hint)
    template, hint = _CONNECT_FAULTS.get(error.errno or 0, ("cannot connect to {peer}: {reason}", ""))
    return TransportError(kind, template.format(peer=peer, reason=reason(error)), hint)


def socket_fault(error: BaseException, path: str) -> TransportError:
    """No connection came about to a socket of this machine."""
    number = error.errno if isinstance(error, OSError) else None
    template, hint = _SOCKET_FAULTS.get(number or 0, ("cannot connect to the socket '{path}': {reason}", ""))
    return TransportError("connect", template.format(path=path, reason=reason(error)), hint)


def tls_fault(error: BaseException | None, peer: str) -> TransportError:
    """TLS did not come about, or broke."""
    if isinstance(error, ssl.SSLCertVerificationError):
        other = f"is not valid: {error.verify_message}", _TRUST
        wrong, hint = _CERTIFICATE_FAULTS.get(error.verify_code, other)
        return TransportError("tls", f"the certificate of {peer} {wrong}", hint)
    if isinstance(error, ssl.SSLError):
        said = error.reason or str(error)
        template, hint = _TLS_FAULTS.get(said, (f"TLS with {{peer}} failed: {said}", ""))
    elif isinstance(error, OSError):
        template, hint = _CUT_OFF
    else:  # a host name that the TLS library does not take
        template, hint = f"TLS with {{peer}} failed: {error}", ""
    return TransportError("tls", template.format(peer=peer), hint)


def proxy_refusal(status: str) -> TransportError:
    """A proxy answered in place of the server."""
    hint = _PROXY_LOGIN.format(scheme="http") if status.startswith("407") else ""
    return TransportError("proxy", f"the proxy answered {status}", hint)


#: How httpcore's words about a SOCKS proxy begin → what to say, and what to do. The rest is the proxy's own reason.
_SOCKS_FAULTS = {
    "Proxy Server could not connect: ": ("{peer} could not connect to the server: {said}", _UNREACHABLE),
    "Requested NO AUTH": ("{peer} asks for user name and password", _PROXY_LOGIN.format(scheme="socks5")),
    "Requested USERNAME": ("{peer} takes no user name and password", "leave them out of its URL"),
    "Invalid username": ("{peer} refused user name and password", "are they right? Special characters are %-encoded"),
}


def socks_fault(said: str, peer: str) -> TransportError:
    """A SOCKS proxy refused, or is none."""
    for beginning, (template, hint) in _SOCKS_FAULTS.items():
        if said.startswith(beginning):
            reason = said.removeprefix(beginning).rstrip(".").lower()
            return TransportError("proxy", template.format(peer=peer, said=reason), hint)
    return TransportError("proxy", f"{peer} does not speak SOCKS5", "write http:// if it is an HTTP proxy")


def reason(error: BaseException | None) -> str:
    """What the system says about a fault."""
    said = error.strerror if isinstance(error, OSError) else None
    return (said or str(error) or type(error).__name__).lower()
