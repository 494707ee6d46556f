"""What all schemes share: reading resolved fields (their credentials become secrets), and the Scheme itself.

This file knows no scheme.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple

from runner.engine.build import join_url, with_headers
from runner.engine.exchange import Connection, Grant, Request, Token
from runner.engine.scope import Scope, resolve
from runner.errors import ResolveError
from runner.language.model import AUTH_KEYS, AuthSpec
from runner.language.values import Value, as_text, duration, kind

#: Puts credentials on a request; the token is None for schemes without a grant.
Apply = Callable[[Request, Token | None], Request]


class Scheme(NamedTuple):
    """How to authenticate a request: with `grant`, a token is fetched before `apply`."""

    apply: Apply
    grant: Grant | None = None


class Fields:
    """The fields of an `auth` block, resolved one by one; the secret ones are made known to the Redactor."""

    def __init__(self, spec: AuthSpec, scope: Scope, connection: Connection, timeout: float) -> None:
        self.spec = spec
        self.scope = scope
        self.connection = connection
        self.timeout = timeout
        self._keys = AUTH_KEYS[spec.type or "none"]

    def value(self, name: str) -> Value:
        """A field's value; None where it is absent or null."""
        declared = self.spec.fields.get(name)
        if declared is None:
            return None
        value = resolve(declared.value, self.scope)
        if self._keys[name].secret:
            self.hide(value)
        return value

    def hide(self, value: Value) -> None:
        """Makes a value secret."""
        self.scope.shared.redactor.add(value)

    def text(self, name: str, default: str = "") -> str:
        """A field as text; required ones must not be empty."""
        value = self.value(name)
        if value is None or value == "":
            if self._keys[name].required:
                raise self.fault(name, f"'{name}' of auth is empty")
            return default
        try:
            text = as_text(value)
        except ValueError as error:
            raise self.fault(name, f"'{name}' of auth: {error}") from None
        choices = self._keys[name].choices
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

    def seconds(self, name: str) -> float | None:
        """A field that is a duration, in seconds."""
        value = self.value(name)
        if value is None:
            return None
        seconds = duration(value)
        if seconds is None:
            raise self.fault(name, f"'{name}' of auth wants a duration such as 30s, not {kind(value)}")
        return seconds

    def fault(self, name: str, message: str) -> ResolveError:
        """The error for a field, at its place."""
        declared = self.spec.fields.get(name)
        return ResolveError(message, declared.span if declared else self.spec.span)


def put_header(request: Request, name: str, value: str) -> Request:
    """The request with a credential in a header, which stays at the request's origin."""
    secret = request.secret_headers | {name.lower()}
    return replace(request, headers=with_headers(request.headers, name, value), secret_headers=secret)


def put_query(request: Request, name: str, value: str) -> Request:
    """The request with a credential in the query, which stays at the request's origin."""
    return replace(request, url=join_url(request.url, [(name, value)]), secret_query=request.secret_query | {name})


def put_cookie(request: Request, name: str, value: str) -> Request:
    """The request with a credential in a cookie, beside those that it has."""
    present = request.header("cookie")
    return put_header(request, "Cookie", f"{present}; {name}={value}" if present else f"{name}={value}")
