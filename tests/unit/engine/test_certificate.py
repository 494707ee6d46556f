"""`tls` of the response document: names, dates and hosts of a certificate."""

from __future__ import annotations

import ipaddress
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import NameOID

from runner.engine.exchange import Exchange, Peer, Request, Response
from runner.errors import EvaluationError

_NOW = datetime.now(UTC).replace(microsecond=0)


def certificate(*attributes: tuple[x509.ObjectIdentifier, str], days: float = 30.5, hosts: bool = True) -> bytes:
    """A certificate of these attributes that ends after so many days."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(oid, value) for oid, value in attributes])
    builder = x509.CertificateBuilder().subject_name(subject).issuer_name(subject).public_key(key.public_key())
    builder = builder.serial_number(1).not_valid_before(_NOW - timedelta(days=90))
    builder = builder.not_valid_after(_NOW + timedelta(days=days))
    names = [
        x509.DNSName("api.example"),
        x509.IPAddress(ipaddress.ip_address("::1")),
        x509.RFC822Name("ada@example.com"),
        x509.DirectoryName(subject),
    ]
    if hosts:
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
    return builder.sign(key, hashes.SHA256()).public_bytes(Encoding.DER)


def tls(der: bytes, url: str = "https://api.example/") -> Any:
    """`tls` of an answer from a server with this certificate."""
    peer = Peer("10.0.0.1", "TLSv1.3", "TLS_AES_256_GCM_SHA384", der)
    return Exchange(Request("GET", url), Response(200, url=url, peer=peer)).view({})["tls"]


def test_the_whole_of_it() -> None:
    """All that a certificate and the handshake say, times in ISO 8601 as `now()` writes them."""
    view = tls(certificate((NameOID.COUNTRY_NAME, "IE"), (NameOID.COMMON_NAME, "api.example")))
    assert view == {
        "version": "TLSv1.3",
        "cipher": "TLS_AES_256_GCM_SHA384",
        "subject": {"C": "IE", "CN": "api.example"},
        "issuer": {"C": "IE", "CN": "api.example"},
        "not_before": (_NOW - timedelta(days=90)).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "not_after": (_NOW + timedelta(days=30.5)).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "expires_in_days": 30,
        "san": ["api.example", "::1", "ada@example.com"],
    }


def test_names() -> None:
    """An attribute that comes more than once is a list; those without a short name have their usual one, or an OID."""
    attributes = [
        (NameOID.ORGANIZATIONAL_UNIT_NAME, "One"),
        (NameOID.ORGANIZATIONAL_UNIT_NAME, "Two"),
        (NameOID.EMAIL_ADDRESS, "ada@example.com"),
        (NameOID.PSEUDONYM, "ada"),
    ]
    view = tls(certificate(*attributes))
    assert view["subject"] == {"OU": ["One", "Two"], "emailAddress": "ada@example.com", "2.5.4.65": "ada"}


def test_a_certificate_that_has_expired() -> None:
    """The days are negative then: less than a day ago is -1."""
    assert tls(certificate(days=-0.5))["expires_in_days"] == -1


def test_a_certificate_without_hosts() -> None:
    """Without alternative names `san` is empty."""
    assert tls(certificate(hosts=False))["san"] == []


def test_plain_http_has_none() -> None:
    """`tls` is null for http, although its proxy may speak TLS."""
    assert tls(certificate(), "http://api.example/") is None


def test_a_certificate_that_cannot_be_read() -> None:
    """Bytes that are no certificate fail the expression that asks for them."""
    with pytest.raises(EvaluationError, match="the server's certificate cannot be read"):
        tls(b"no certificate")
