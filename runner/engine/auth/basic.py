"""`type: basic`: user name and password (RFC 7617)."""

from __future__ import annotations

import base64

from runner.engine.auth.base import Fields, Scheme, put_header
from runner.language.values import as_text


def basic_credentials(username: str, password: str) -> str:
    """The value of an Authorization header for these credentials, in UTF-8 (RFC 7617 § 2.1)."""
    return "Basic " + base64.b64encode(f"{username}:{password}".encode()).decode("ascii")


def prepare(fields: Fields) -> Scheme:
    """Sends `Authorization: Basic …`; the password may be empty, the user name may not hold a colon."""
    username = fields.text("username")
    if ":" in username:
        raise fields.fault("username", "the user name of Basic auth cannot hold a ':' (RFC 7617 § 2)")
    try:
        given = fields.value("password")
        password = "" if given is None else as_text(given)
    except ValueError as error:
        raise fields.fault("password", f"'password' of auth: {error}") from None
    header = basic_credentials(username, password)
    fields.hide(header.removeprefix("Basic "))
    return Scheme(lambda request, _: put_header(request, "Authorization", header))
