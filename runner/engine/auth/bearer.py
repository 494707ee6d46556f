"""`type: bearer`: a token that the file or a variable gives (RFC 6750 § 2.1)."""

from __future__ import annotations

from runner.engine.auth.base import Fields, Scheme, put_header


def prepare(fields: Fields) -> Scheme:
    """Sends `Authorization: Bearer TOKEN`."""
    token = fields.text("token")
    return Scheme(lambda request, _: put_header(request, "Authorization", f"Bearer {token}"))
