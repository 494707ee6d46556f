"""Values → JSON Schemas of their shape, and examples; what is secret or known in a run only has neither."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from runner.formats.symbols import Computed, Ref, Text, Value, is_known

_TYPES: Mapping[type, str] = {bool: "boolean", int: "integer", float: "number", str: "string", type(None): "null"}


def schema(value: Value) -> dict[str, Any]:
    """What a value looks like; empty where nothing is known of it."""
    if isinstance(value, Text):
        return {"type": "string"}
    if isinstance(value, (Ref, Computed)):
        return {}
    if isinstance(value, dict):
        known = {name: schema(one) for name, one in value.items() if isinstance(name, str)}
        return {"type": "object", **({"properties": known} if known else {})}
    if isinstance(value, list):
        return {"type": "array", "items": schema(value[0]) if value else {}}
    return {"type": next(name for kind, name in _TYPES.items() if isinstance(value, kind))}


def described(value: Value) -> dict[str, Any]:
    """Schema and example, as parameters and media types have them."""
    found = {"schema": schema(value)}
    return {**found, "example": value} if is_known(value) else found


def pairs(entries: Any) -> Any:
    """Entries as an object: names that come several times have a list."""
    made: dict[str, list[Value]] = {}
    for name, value in entries:
        if isinstance(name, str):
            made.setdefault(name, []).append(value)
    return {name: found[0] if len(found) == 1 else found for name, found in made.items()}
