"""`extends`: the values of a file completed by those of its base. By name where values have names, else whole."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields
from typing import Any

from runner.language.model import AuthSpec, Collection, Defaults, Environment

#: What belongs to one file and is not inherited; `base_url_span` goes with `base_url`.
_OWN = frozenset(
    {
        "source", "name", "description", "extends", "base_url_span", "tags", "setup", "requests", "teardown", "others",
        "warnings",
    }
)  # fmt: skip


def complete(own: dict[str, Any], base: Collection) -> dict[str, Any]:
    """The fields of a collection: those that its file declares, and what it inherits. The nearest wins."""
    completed = dict(own)
    for field in fields(Collection):
        if field.name in _OWN:
            continue
        inherited = getattr(base, field.name)
        merge = _MERGES.get(field.name)
        if own.get(field.name) is None:
            completed[field.name] = inherited
        elif merge is not None:
            completed[field.name] = merge(own[field.name], inherited)
    if own.get("base_url") is None:
        completed["base_url_span"] = base.base_url_span
    secrets = own.get("secrets", {})
    variables = completed.get("variables", {})
    completed["variables"] = {name: v for name, v in variables.items() if name not in secrets}
    return completed


def _by_name(own: Mapping[str, Any], base: Mapping[str, Any]) -> dict[str, Any]:
    return {**base, **own}


def _environments(own: Mapping[str, Environment], base: Mapping[str, Environment]) -> dict[str, Environment]:
    merged = dict(base)
    for name, environment in own.items():
        inherited = base[name].variables if name in base else {}
        merged[name] = environment._replace(variables={**inherited, **environment.variables})
    return merged


def _auth(own: AuthSpec, base: AuthSpec | None) -> AuthSpec:
    """Whole; a block without a type changes fields of the base's, as it does on a group."""
    return own if own.type is not None else own._replace(base=base)


def _defaults(own: Defaults, base: Defaults) -> Defaults:
    """Headers by name, every other setting whole."""
    undeclared = Defaults()
    values = {}
    for field in fields(Defaults):
        declared = getattr(own, field.name)
        values[field.name] = getattr(base, field.name) if declared == getattr(undeclared, field.name) else declared
    headers = {entry.text.lower(): entry for entry in (*base.headers, *own.headers)}
    return Defaults(**{**values, "headers": tuple(headers.values())})


_MERGES: Mapping[str, Callable[[Any, Any], Any]] = {
    "variables": _by_name,
    "secrets": _by_name,
    "environments": _environments,
    "defaults": _defaults,
    "auth": _auth,
}
