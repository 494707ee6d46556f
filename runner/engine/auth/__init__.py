"""Auth schemes by type: one file a scheme, one row a type.

A scheme resolves its fields, may want a Grant, and puts its credentials on a Request. It never sends anything. Each is
imported when a file first uses it: a run with `bearer` does not pay for OAuth.

    lifetime · signing · base ◀── basic ◀── oauth2 ◀── jwt · request      base ◀── the other schemes
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from importlib import import_module
from typing import Any

from runner.engine import references
from runner.engine.auth.base import Fields, LoginSpec, Scheme
from runner.engine.build import Flags, build, connection, declared_values
from runner.engine.exchange import Connection, Request
from runner.engine.scope import Scope
from runner.errors import ResolveError
from runner.language.model import AUTH_KEYS, AuthSpec, Declared, Defaults, Expression, Template
from runner.language.values import kind

__all__ = ["SCHEMES", "Fields", "LoginSpec", "Scheme", "hide_credentials", "prepare"]

#: auth type → the module whose `prepare` makes its scheme.
SCHEMES = {name: f"runner.engine.auth.{name}" for name in AUTH_KEYS if name != "none"}


def prepare(
    spec: AuthSpec | None,
    scope: Scope,
    wire: Connection,
    timeout: float,
    login: LoginSpec | None = None,
    flags: Flags | None = None,
) -> Scheme | None:
    """The scheme of a resolved `auth` block; None where nothing is to be sent. `login` is that of `type: request`.

    Raises:
        ResolveError: a field cannot be resolved, or has a value of the wrong kind.
    """
    if spec is None or spec.type is None or spec.type == "none":
        return None
    scheme = import_module(SCHEMES[spec.type])
    fields = Fields(spec, scope, wire, timeout)
    more = () if login is None else (_ready(scheme, fields, login, flags or Flags()),)
    made: Scheme = scheme.prepare(fields, *more)
    return made


def hide_credentials(spec: AuthSpec | None, settings: Defaults, scope: Scope, login: LoginSpec | None = None) -> None:
    """Makes known as secrets what a request would authenticate with, for those who show it and do not send it.

    A field that cannot be resolved has nothing to hide, and must not keep the others from it.
    """
    with suppress(ResolveError):
        connection(settings, scope, Flags())
    with suppress(ResolveError):
        prepare(spec, scope, Connection(), 0.0, login)
    for block in filter(None, (spec, login.auth if login else None)):
        fields = Fields(block, scope, Connection(), 0.0)
        for name in fields.secret_names():
            with suppress(ResolveError):
                fields.value(name)


def _ready(scheme: Any, fields: Fields, login: LoginSpec, flags: Flags) -> Any:
    """A login call, built; its own auth prepared."""
    request = build(login.spec, login.settings, login.base_urls, fields.scope, flags)
    own = prepare(login.auth, fields.scope, request.connection, request.timeout)
    return scheme.Login(request, own, tuple(_identity(fields, login, request)))


def _identity(fields: Fields, login: LoginSpec, request: Request) -> Iterator[Any]:
    """What tells a login call from another: what it declares, and where; how its answer is read; the variables in all
    that; who shows himself in TLS.

    Not the request itself, which may hold a time or a random id: such calls would never share a token.
    """
    scope = fields.scope
    expressions = {name: f.value for name, f in fields.spec.fields.items() if isinstance(f.value, Expression)}
    used = [used for expression in expressions.values() for used in references.in_response_expression(expression)]
    yield from ((name, expression.text) for name, expression in expressions.items())
    for key, value in (
        *declared_values(login.spec, login.settings, login.base_urls),
        *_own_values(login.auth, scope, request),
    ):
        yield key, _plain(value)
        used += references.in_value(value)
    for name, env in dict.fromkeys((each.name, each.env) for each in used):
        yield name, _plain(scope.shared.env.get(name) if env else scope.get(name))
    yield request.connection.certificate


def _own_values(spec: AuthSpec | None, scope: Scope, request: Request) -> Iterator[tuple[str, Declared]]:
    """The declared values of a login call's own auth; its files by where they lie."""
    if spec is None:
        return
    yield "auth", spec.type
    fields = Fields(spec, scope, request.connection, request.timeout)
    for name, declared in spec.fields.items():
        yield f"auth {name}", fields.file(name) if fields.known[name].wants == "file" else declared.value


def _plain(declared: Declared) -> Any:
    """A declared value, or one of a variable, as plain data that keeps its kinds apart."""
    if isinstance(declared, Template):
        return "template", declared.text
    if isinstance(declared, dict):
        return "object", *((_plain(name), _plain(value)) for name, value in declared.items())
    if isinstance(declared, list):
        return "array", *map(_plain, declared)
    return kind(declared), str(declared)
