"""Literal credentials in a request file, for the warnings of `check`: what is committed is no secret any more.

Looks at declared values only; a value with a placeholder comes from elsewhere and is fine.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from runner.diagnostics import Diagnostic, Span
from runner.language.document import proxy_credentials
from runner.language.model import (
    AUTH_KEYS,
    AuthSpec,
    Collection,
    Declared,
    Defaults,
    Entry,
    Group,
    RequestSpec,
    Variables,
    holds_key,
)

_SHORTEST = 4
#: What the name of a field ends with whose value is a credential: `client_secret`, `accessToken`, not `token_type`.
_CREDENTIAL = (
    r"(?:pass|passwd|password|passphrase|pwd|secret|token|assertion|authorization|cookie|credential|signature|"
    r"(?:api|private|subscription|functions?|application|app|access|auth|account|shared|secret|signing|encryption|"
    r"master|session)_?key)s?$|(?:^|_)jwt$"
)
#: Words for a few digits that open something: credentials where digits are their value, and nothing else.
_CODE = r"(?:^|_)(?:pin|otp|totp|passcode|cvv2?|cvc)$"
_DIGITS = r"(?a)\d{3,10}"
_HINT = "take it from outside, as in '{{env.NAME}}'"
_CREDENTIAL_HEADERS = frozenset(
    {"authorization", "proxy-authorization", "x-api-key", "api-key", "x-auth-token", "cookie", "x-session-id",
     "session-id", "x-session", "x-auth", "x-authentication", "authentication"}
)  # fmt: skip
#: A JWT: two JSON objects and a signature in base64url (RFC 7515 § 3.1).
_JWT = r"(?a)\beyJ[\w-]{8,}\.eyJ[\w-]{8,}\.[\w-]+"


def holds_credential(name: str, value: str = "") -> bool:
    """Whether a field of this name holds a credential, as far as a name and its literal value can say."""
    plain = name.lower().replace("-", "_")
    return re.search(_CREDENTIAL, plain) is not None or holds_code(plain, value)


def holds_code(name: str, value: str) -> bool:
    """Whether a field holds a few digits that open something, such as a PIN."""
    return re.search(_CODE, name.lower()) is not None and re.fullmatch(_DIGITS, value) is not None


def holds_token(text: str) -> bool:
    """Whether a JWT stands in a text."""
    return re.search(_JWT, text) is not None


def is_credential_header(name: str) -> bool:
    """Whether a header of this name holds a credential and nothing else."""
    return name.lower() in _CREDENTIAL_HEADERS


def is_credential(name: str, value: str, *, header: bool = False) -> bool:
    """Whether an entry of headers, query or cookies is a literal credential, as `check` warns of them."""
    return holds_token(value) or (header and is_credential_header(name) and _is_literal(value))


def warnings(collection: Collection) -> list[Diagnostic]:
    """A warning for each literal credential, in the order of the file."""
    found = {_place(span): Diagnostic(message, span, _HINT, severity="warning") for message, span in _find(collection)}
    return [found[place] for place in sorted(found)]


def _place(span: Span) -> tuple[str, int]:
    return span.source.path, span.start


def _find(collection: Collection) -> Iterator[tuple[str, Span]]:
    yield from _secrets(collection.secrets, collection.secrets)
    for environment in collection.environments.values():
        yield from _secrets(environment.variables, collection.secrets)
        yield from _tokens(environment.variables)
    yield from _tokens(collection.variables)
    yield from _shared(collection.auth, collection.defaults)
    yield from _items((*collection.setup, *collection.requests, *collection.teardown))


def _items(items: tuple[RequestSpec | Group, ...]) -> Iterator[tuple[str, Span]]:
    for item in items:
        yield from _tokens(item.variables)
        if isinstance(item, Group):
            yield from _secrets(item.secrets, item.secrets)
            for environment in item.environments.values():
                yield from _secrets(environment.variables, item.secrets)
            yield from _shared(item.auth, item.defaults)
            yield from _items(item.requests)
        else:
            yield from _shared(item.auth, item.settings)


def _secrets(variables: Variables, secret: Variables) -> Iterator[tuple[str, Span]]:
    for name, variable in variables.items():
        if name in secret and _is_literal(variable.value):
            yield f"the secret '{name}' stands in the file", variable.span


def _tokens(variables: Variables) -> Iterator[tuple[str, Span]]:
    for name, variable in variables.items():
        if isinstance(variable.value, str) and holds_token(variable.value):
            yield f"'{name}' holds a token", variable.span


def _shared(auth: AuthSpec | None, settings: Defaults) -> Iterator[tuple[str, Span]]:
    for entry in settings.headers:
        if is_credential_header(entry.text) and _is_literal(entry.value):
            yield f"the header '{entry.text}' holds a literal credential", entry.span
    yield from _in_entries(settings.headers)
    yield from _in_entries(settings.query)
    proxy = settings.proxy
    if proxy is not None and isinstance(proxy.value, str) and any(map(_is_literal, proxy_credentials(proxy.value))):
        yield "the URL of 'proxy' holds a literal password", proxy.span
    keys = AUTH_KEYS.get(auth.type or "", {}) if auth else {}
    for name, declared in auth.fields.items() if auth else ():
        is_path = name in keys and keys[name].wants == "file" and not holds_key(declared.value)
        if name in keys and keys[name].secret and not is_path and _is_literal(declared.value):
            yield f"'{name}' of auth is a literal credential", declared.span
        if isinstance(declared.value, RequestSpec):
            yield from _in_login(declared.value)


def _in_login(login: RequestSpec) -> Iterator[tuple[str, Span]]:
    yield from _shared(login.auth, login.settings)
    if login.body is None:
        return
    body = login.body.value
    if login.body.kind in ("form", "multipart"):
        body = {entry.text: entry.value for entry in body}
    elif login.body.kind == "graphql":
        body = body.variables
    for name, value in body.items() if isinstance(body, dict) else ():
        if holds_credential(str(name)) and _is_literal(value):
            yield f"'{name}' of the login call is a literal credential", login.body.span


def _in_entries(entries: tuple[Entry, ...]) -> Iterator[tuple[str, Span]]:
    for entry in entries:
        if isinstance(entry.value, str) and holds_token(entry.value):
            yield f"'{entry.text}' holds a token", entry.span


def _is_literal(value: Declared) -> bool:
    return isinstance(value, str) and len(value) >= _SHORTEST
