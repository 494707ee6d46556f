"""Auth schemes by type: one file a scheme, one row a type.

A scheme resolves its fields, may want a Grant, and puts its credentials on a Request. It never sends anything. Each is
imported when a file first uses it: a run with `bearer` does not pay for OAuth.

    lifetime · signing · base ◀── basic ◀── oauth2 ◀── jwt · request      base ◀── the other schemes
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from typing import Any

from runner.engine import references
from runner.engine.auth.base import Fields, LoginSpec, Scheme
from runner.engine.build import Flags, build, connection, declared_values
from runner.engine.exchange import Connection
from runner.engine.scope import Scope
from runner.language.model import AUTH_KEYS, AuthSpec, Declared, Template

__all__ = ["SCHEMES", "Fields", "LoginSpec", "Scheme", "prepare"]

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
    more = () if login is None else (_ready(scheme, login, scope, flags or Flags()),)
    made: Scheme = scheme.prepare(fields, *more)
    return made


def _ready(scheme: Any, login: LoginSpec, scope: Scope, flags: Flags) -> Any:
    """A login call, built; its own auth prepared."""
    request = build(login.spec, login.settings, login.base_urls, scope, flags)
    own = prepare(login.auth, scope, connection(login.settings, scope, flags), request.timeout)
    return scheme.Login(request, own, tuple(_identity(login, scope)))


def _identity(login: LoginSpec, scope: Scope) -> Iterator[str]:
    """What tells a login call from another: its texts, and the values of the variables in them.

    Not the request itself, which may hold a time or a random id: such calls would never share a token.
    """
    declared: list[Declared] = list(declared_values(login.spec, login.settings, login.base_urls))
    declared += [field.value for field in login.auth.fields.values()] if login.auth else []
    for value in declared:
        yield from _texts(value)
        for used in references.in_value(value):
            yield used.name
            yield repr(scope.shared.env.get(used.name) if used.env else scope.get(used.name))


def _texts(declared: Declared) -> Iterator[str]:
    if isinstance(declared, Template):
        yield declared.text
    elif isinstance(declared, dict):
        for name, value in declared.items():
            yield from _texts(name)
            yield from _texts(value)
    elif isinstance(declared, list):
        for value in declared:
            yield from _texts(value)
    else:
        yield repr(declared)
