"""A server's certificate as expressions see it. The one place that reads X.509; it is imported when `tls` is asked for.

It judges nothing: whether a certificate is trusted was decided in the handshake.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from cryptography import x509

from runner.errors import EvaluationError
from runner.language.values import Value

#: Attributes of names that RFC 4514 § 3 has no short name for, as OpenSSL spells them.
_SHORT_NAMES = {
    x509.NameOID.EMAIL_ADDRESS: "emailAddress",
    x509.NameOID.SERIAL_NUMBER: "serialNumber",
    x509.NameOID.BUSINESS_CATEGORY: "businessCategory",
}


def certificate_view(der: bytes) -> dict[str, Value]:
    """`{subject, issuer, not_before, not_after, expires_in_days, san}` of a certificate; times are ISO 8601 in UTC.

    Raises:
        EvaluationError: it is no certificate that can be read.
    """
    try:
        certificate = x509.load_der_x509_certificate(der)
        ends = certificate.not_valid_after_utc
        return {
            "subject": _name(certificate.subject),
            "issuer": _name(certificate.issuer),
            "not_before": _time(certificate.not_valid_before_utc),
            "not_after": _time(ends),
            "expires_in_days": (ends - datetime.now(UTC)).days,
            "san": _alternative_names(certificate.extensions),
        }
    except ValueError as error:
        raise EvaluationError(f"the server's certificate cannot be read: {error}") from None


def _name(name: x509.Name) -> dict[str, Value]:
    """Attributes by their short names, `CN`, `O`, `C`; one that comes more than once has the list of its values."""
    lists: dict[str, list[Value]] = {}
    for attribute in name:
        key = _SHORT_NAMES.get(attribute.oid, attribute.rfc4514_attribute_name)
        lists.setdefault(key, []).append(_text(attribute.value))
    return {key: values[0] if len(values) == 1 else values for key, values in lists.items()}


def _text(value: str | bytes) -> str:
    return value if isinstance(value, str) else value.hex()


def _time(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def _alternative_names(extensions: Iterable[x509.Extension[x509.ExtensionType]]) -> list[Value]:
    """Host names and addresses that the certificate is for (RFC 5280 § 4.2.1.6), as text."""
    for extension in extensions:
        if isinstance(extension.value, x509.SubjectAlternativeName):
            return [str(name.value) for name in extension.value if isinstance(name, _HOSTS)]
    return []


_HOSTS = (x509.DNSName, x509.IPAddress, x509.UniformResourceIdentifier, x509.RFC822Name)
