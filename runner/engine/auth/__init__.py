"""Auth schemes by type: one file a scheme, one row a type.

A scheme resolves its fields, may want a Grant, and puts its credentials on a Request. It never sends anything.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from runner.engine.auth import api_key, basic, bearer, oauth2
from runner.engine.auth.base import Fields, Scheme
from runner.engine.exchange import Connection
from runner.engine.scope import Scope
from runner.language.model import AuthSpec

#: auth type → the function that prepares its scheme.
SCHEMES: Mapping[str, Callable[[Fields], Scheme]] = {
    "bearer": bearer.prepare,
    "basic": basic.prepare,
    "api_key": api_key.prepare,
    "oauth2": oauth2.prepare,
}


def prepare(spec: AuthSpec | None, scope: Scope, connection: Connection, timeout: float) -> Scheme | None:
    """The scheme of a resolved `auth` block; None where nothing is to be sent.

    Raises:
        ResolveError: a field cannot be resolved, or has a value of the wrong kind.
    """
    if spec is None or spec.type is None or spec.type == "none":
        return None
    return SCHEMES[spec.type](Fields(spec, scope, connection, timeout))
