"""What all schemes share: reading resolved fields (their credentials become secrets), and the Scheme itself.

This file knows no scheme.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from runner.engine.build import BaseUrl, file_path, join_url, with_headers
from runner.engine.exchange import Connection, Exchange, Grant, Request, Token
from runner.engine.scope import Scope, resolve
from runner.errors import AuthError, ResolveError
from runner.language.model import AUTH_KEYS, AuthSpec, Defaults, RequestSpec, holds_key
from runner.language.values import Value, as_text, duration, kind

#: Puts credentials on a request; the token is None for schemes without a grant.
Apply = Callable[[Request, Token | None], Request]
#: Answers the 401 of an exchange: the request with credentials that its challenge asks for, or None.
Answer = Callable[[Request, Exchange], "Request | None"]
#: How often a challenge is met: the second time because its nonce was stale (RFC 7616 § 3.3).
MOST_ANSWERS = 2


class Scheme(NamedTuple):
    """How to authenticate a request.

    With `grant` a token is fetched before `apply`; with `answer` a 401 is met with another request.
    """

    apply: Apply
    grant: Grant | None = None
    answer: Answer | None = None


class LoginSpec(NamedTuple):
    """The declared login call of `type: request`, with what it inherits from the level that its block stands on."""

    spec: RequestSpec
    settings: Defaults
    base_urls: tuple[BaseUrl, ...]
    auth: AuthSpec | None


class Fields:
    """The fields of an `auth` block, resolved one by one; the secret ones are made known to the Redactor."""

    def __init__(self, spec: AuthSpec, scope: Scope, connection: Connection, timeout: float) -> None:
        self.spec = spec
        self.scope = scope
        self.connection = connection
        self.timeout = timeout
        self.known = AUTH_KEYS[spec.type or "none"]

    def value(self, name: str) -> Value:
        """A field's value; None where it is absent or null."""
        declared = self.spec.fields.get(name)
        if declared is None:
            return None
        value = resolve(declared.value, self.scope)
        if self.known[name].secret and (self.known[name].wants != "file" or holds_key(value)):
            self.hide(value)
        return value

    def secret_names(self) -> list[str]:
        """The keys of the block that hold credentials."""
        return [name for name in self.spec.fields if name in self.known and self.known[name].secret]

    def given(self, name: str) -> bool:
        """Whether the block has this key."""
        return name in self.spec.fields

    def hide(self, value: Value) -> None:
        """Makes a value secret."""
        self.scope.shared.redactor.add(value)

    def hide_passing(self, text: str) -> None:
        """Makes a text secret that belongs to a single request."""
        self.scope.shared.redactor.add_passing(text)

    def text(self, name: str, default: str = "") -> str:
        """A field as text; required ones must not be empty."""
        value = self.value(name)
        if value is None or value == "":
            if self.known[name].required:
                raise self.fault(name, f"'{name}' of auth is empty")
            return default
        try:
            text = as_text(value)
        except ValueError as error:
            raise self.fault(name, f"'{name}' of auth: {error}") from None
        choices = self.known[name].choices
        if choices and text not in choices:
            raise self.fault(name, f"'{name}' of auth cannot be '{text}': one of {', '.join(choices)}")
        return text

    def texts(self, name: str) -> list[str]:
        """A field that is text or a list of texts, as a list without empty ones."""
        value = self.value(name)
        items = value if isinstance(value, list) else [value]
        try:
            return [as_text(item) for item in items if item is not None and item != ""]
        except ValueError as error:
            raise self.fault(name, f"'{name}' of auth: {error}") from None

    def mapping(self, name: str) -> dict[str, Value]:
        """A field that is a mapping; empty where it is absent."""
        value = self.value(name)
        if value is None:
            return {}
        if not isinstance(value, dict):
            raise self.fault(name, f"'{name}' of auth wants a mapping, not {kind(value)}")
        return value

    def file(self, name: str) -> str:
        """The path of the file that a field names, or the key's text that it holds; empty where it is absent."""
        given = self.text(name)
        if holds_key(given):
            self.hide(given)
        if not given or holds_key(given):
            return given
        declared = self.spec.fields[name]
        return file_path(declared.value, given, name, declared.span, self.scope)

    def read(self, name: str, given: str) -> str:
        """The text of what `file` gave for a field, read anew each time; if it is a key, it becomes a secret.

        Raises:
            AuthError: the file cannot be read.
        """
        if not given or holds_key(given):
            return given
        try:
            text = self.scope.shared.files.read(given)
        except ValueError as error:
            raise AuthError(f"'{name}' of auth: {error}") from None
        if self.known[name].secret:
            self.hide(text)
        return text

    def seconds(self, name: str) -> float | None:
        """A field that is a duration, in seconds."""
        value = self.value(name)
        if value is None:
            return None
        seconds = duration(value)
        if seconds is None:
            raise self.fault(name, f"'{name}' of auth wants a duration such as 30s, not {kind(value)}")
        return seconds

    def port(self, name: str) -> int:
        """A field that is a port; 0 where it is absent."""
        text = self.text(name, "0")
        if not text.isdecimal() or int(text) > 65535:
            raise self.fault(name, f"'{name}' of auth wants a port from 1 to 65535, not '{text}'")
        return int(text)

    def statuses(self, name: str) -> frozenset[int]:
        """A field that is a status or a list of them; 401 where it is absent."""
        value = self.value(name)
        items = value if isinstance(value, list) else [401 if value is None else value]
        return frozenset(item for item in items if isinstance(item, int))

    def needed(self, name: str) -> str:
        """A field as text that must not be empty, whatever the block's type says.

        Raises:
            ResolveError: it is.
        """
        text = self.text(name)
        if not text:
            raise self.fault(name, f"'{name}' of auth is empty")
        return text

    def fault(self, name: str, message: str) -> ResolveError:
        """The error for a field, at its place."""
        declared = self.spec.fields.get(name)
        return ResolveError(message, declared.span if declared else self.spec.span)


def put_token(fields: Fields) -> Callable[[Request, str], Request]:
    """How a token is put on a request, as `in`, `name` and `prefix` say (RFC 6750 § 2)."""
    name, prefix = fields.text("name"), fields.text("prefix", "" if fields.given("prefix") else "Bearer")
    if fields.text("in", "header") == "query":
        return lambda request, value: put_query(request, name or "access_token", value)
    return lambda request, value: put_header(request, name or "Authorization", f"{prefix} {value}".lstrip())


def put_header(request: Request, name: str, value: str) -> Request:
    """The request with a credential in a header, which stays at the request's origin."""
    secret = request.secret_headers | {name.lower()}
    return request._replace(headers=with_headers(request.headers, name, value), secret_headers=secret)


def put_query(request: Request, name: str, value: str) -> Request:
    """The request with a credential in the query, which stays at the request's origin."""
    return request._replace(url=join_url(request.url, [(name, value)]), secret_query=request.secret_query | {name})


def put_cookie(request: Request, name: str, value: str) -> Request:
    """The request with a credential in a cookie, beside those that it has."""
    present = request.header("cookie")
    return put_header(request, "Cookie", f"{present}; {name}={value}" if present else f"{name}={value}")
