"""Which names, and which values under them, are credentials."""

from __future__ import annotations

import pytest

from runner.engine.credentials import holds_credential, is_credential_header


@pytest.mark.parametrize(
    "name",
    [
        "password",
        "client_secret",
        "access_token",
        "api_key",
        "secret_key",
        "signing-key",
        "master_key",
        "id_jwt",
        "jwt",
    ],
)
def test_credentials(name: str) -> None:
    """These hold credentials, whatever their value is."""
    assert holds_credential(name)


@pytest.mark.parametrize(
    "name",
    ["token_type", "primary_key", "keyboard", "max_tokens_per_day", "foreign_key", "pin", "session_id", "author"],
)
def test_other_names(name: str) -> None:
    """These do not, as far as the name says."""
    assert not holds_credential(name)


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("pin", "1234", True),
        ("card_pin", "0000", True),
        ("otp", "123456", True),
        ("passcode", "99999", True),
        ("cvv", "123", True),
        ("pin", "red", False),
        ("pin", "12", False),
        ("pin", "12345678901", False),
        ("spin", "1234", False),
        ("pinned", "1234", False),
        ("pin_code", "560001", False),
    ],
)
def test_codes(name: str, value: str, expected: bool) -> None:
    """A few digits under a name for a code are one; another value is none, and another name neither."""
    assert holds_credential(name, value) is expected


@pytest.mark.parametrize(("name", "expected"), [("X-Session-Id", True), ("X-Auth", True), ("X-Request-Id", False)])
def test_headers(name: str, expected: bool) -> None:
    """A header that stands for a session or a person holds a credential; one that names the request does not."""
    assert is_credential_header(name) is expected
