"""The token request of OAuth 2.0 grants that are one call to the token endpoint (RFC 6749 §§ 4.3, 4.4, 6)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple
from urllib.parse import quote

from runner.formats.flat import Auth
from runner.formats.symbols import Computed, Value, joined

#: Grants → the fields that the request has beside those of the client.
_GRANTS: Mapping[str, tuple[str, ...]] = {
    "client_credentials": ("scope", "audience", "resource"),
    "password": ("username", "password", "scope", "audience", "resource"),
    "refresh_token": ("refresh_token", "scope", "audience", "resource"),
}


class TokenRequest(NamedTuple):
    """The form that goes to the token endpoint; `client` are id and secret where they go by HTTP Basic."""

    url: Value
    fields: tuple[tuple[str, Value], ...]
    client: tuple[Value, Value] | None = None


def token_request(auth: Auth) -> TokenRequest | None:
    """The request that fetches the token; None where it takes more than one, or a key that signs."""
    fields = auth.fields
    grant, way = fields.get("grant", "client_credentials"), fields.get("client_auth", "post")
    if auth.type != "oauth2" or grant not in _GRANTS or "token_url" not in fields:
        return None
    if way not in ("post", "basic", "basic_raw", "none") or "client_assertion" in fields:
        return None
    by_basic = way in ("basic", "basic_raw")
    pair = fields.get("client_id", ""), fields.get("client_secret", "")
    client = None if not by_basic else pair if way == "basic_raw" else (_encoded(pair[0]), _encoded(pair[1]))
    form = [] if by_basic else [(name, fields[name]) for name in ("client_id", "client_secret") if name in fields]
    if way == "none":
        form = [pair for pair in form if pair[0] == "client_id"]
    found = {"grant_type": [grant], **{name: list(_listed(name, fields.get(name))) for name in _GRANTS[grant]}}
    extra = fields.get("extra", {})
    found |= {name: list(_listed("", value)) for name, value in extra.items()}
    rest = [(name, value) for name, values in found.items() for value in values]
    return TokenRequest(fields["token_url"], (*(pair for pair in form if pair[0] not in extra), *rest), client)


def _encoded(value: Value) -> Value:
    """As HTTP Basic has it (RFC 6749 § 2.3.1)."""
    return quote(value, safe="") if isinstance(value, str) else Computed("url_encode(value)", (("value", value),))


def _listed(name: str, value: Value) -> Iterator[Value]:
    """The values of a field; a scope is one text, whose words have spaces between. Empty fields are not sent."""
    if value in (None, "", []):
        return
    if isinstance(value, list) and name == "scope":
        yield joined(value[0], *(joined(" ", one) for one in value[1:]))
    elif isinstance(value, list):
        yield from value
    else:
        yield value


def identity(auth: Auth) -> str:
    """What two requests with the same token have in common."""
    return repr((auth.type, sorted(auth.fields.items()), auth.login and auth.login.url))
