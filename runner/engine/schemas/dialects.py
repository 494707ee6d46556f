"""Schemas of OpenAPI → JSON Schema 2020-12, the dialect in which all of them are judged.

    3.1         is JSON Schema 2020-12 already
    3.0, 2.0    nullable, x-nullable      null is allowed, also beside `$ref` and `enum`
                exclusiveMinimum: true    makes `minimum` exclusive; the maximum likewise
                $ref                      stands alone
                writeOnly (3.0)           not required of a response

What OpenAPI says beside that (`discriminator`, `xml`, `example`) judges nothing.
"""

from __future__ import annotations

from typing import Any

from runner.engine.schemas.documents import Dialect
from runner.engine.schemas.keywords import inner

_BOUNDS = (("minimum", "exclusiveMinimum"), ("maximum", "exclusiveMaximum"))
#: What allows null, and is no keyword of JSON Schema.
_NULLABLE = ("nullable", "x-nullable")


def translated(schema: Any, dialect: Dialect) -> Any:
    """The schema as JSON Schema 2020-12; the given one stays as it is."""
    if dialect is Dialect.OPENAPI_3_1 or not isinstance(schema, dict):
        return schema
    nullable = any(schema.get(word) is True for word in _NULLABLE)
    if "$ref" in schema:
        result = {"$ref": schema["$ref"]}
    else:
        result = _with_inner(schema, dialect)
        _bounds(result)
        if dialect is Dialect.OPENAPI_3_0:
            _required(result)
    return _or_null(result) if nullable else result


def _with_inner(schema: dict[str, Any], dialect: Dialect) -> dict[str, Any]:
    """A copy in which the inner schemas are translated."""
    result = {keyword: value for keyword, value in schema.items() if keyword not in _NULLABLE}
    for found in inner(schema):
        keyword, *rest = found.steps
        if not rest:
            result[str(keyword)] = translated(found.schema, dialect)
            continue
        if result[str(keyword)] is schema[str(keyword)]:
            result[str(keyword)] = schema[str(keyword)].copy()
        result[str(keyword)][rest[0]] = translated(found.schema, dialect)
    return result


def _bounds(schema: dict[str, Any]) -> None:
    for bound, exclusive in _BOUNDS:
        if isinstance(schema.get(exclusive), bool) and schema.pop(exclusive) and bound in schema:
            schema[exclusive] = schema.pop(bound)


def _required(schema: dict[str, Any]) -> None:
    """What is only written is required of requests alone (OpenAPI 3.0.3 § 4.7.24.2)."""
    properties, required = schema.get("properties"), schema.get("required")
    if not isinstance(properties, dict) or not isinstance(required, list):
        return
    written = {name for name, value in properties.items() if isinstance(value, dict) and value.get("writeOnly") is True}
    schema["required"] = [name for name in required if not (isinstance(name, str) and name in written)]


def _or_null(schema: dict[str, Any]) -> dict[str, Any]:
    if not isinstance(schema.get("type"), str):
        return {"anyOf": [{"type": "null"}, schema]}
    schema["type"] = [schema["type"], "null"]
    if isinstance(schema.get("enum"), list) and None not in schema["enum"]:
        schema["enum"] = [*schema["enum"], None]
    return schema
