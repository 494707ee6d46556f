"""What several blocks share: names with values, requests or groups, assertions."""

from __future__ import annotations

from runner.language.model import RESPONSE_KEYS
from runner.language.schema.auth import auth
from runner.language.schema.blocks import BLOCKS, GROUP_BY, doc
from runner.language.schema.values import (
    ANYTHING,
    EXPRESSION,
    HEADER_NAME,
    SCALARS,
    TEMPLATE,
    VARIABLE_NAME,
    Schema,
    ref,
    value,
)

_ENTRY: Schema = {
    "title": "value",
    "description": "A single value, a list that repeats the entry, or null, which leaves it out.",
    "type": [*SCALARS, "array"],
    "items": {"type": SCALARS},
}
_VARIABLE = ANYTHING | {"description": "Any data; texts may hold {{ }}."}
_EXPECTED = ANYTHING | {"description": "What the expression must equal."}


def parts() -> dict[str, Schema]:
    """Definition → shape; `values.ref` refers to them by name."""
    return {
        "request_or_group": _request_or_group(),
        "entries": _or_nothing(_ENTRY),
        "headers": _or_nothing(_ENTRY, HEADER_NAME),
        "variables": _or_nothing(_VARIABLE, VARIABLE_NAME),
        "assertions": _assertions(),
        "auth": auth(),
    }


def _or_nothing(values: Schema, names: Schema | None = None) -> Schema:
    """Names with values, or nothing after the key."""
    named = {"propertyNames": names} if names else {}
    mapping = {"title": "names with values", "type": "object", **named, "additionalProperties": values}
    return {"anyOf": [mapping, {"title": "nothing", "type": "null"}]}


def _request_or_group() -> Schema:
    """A group where one of its own keys says so, else a request: thus a fault is told of the right one of the two."""
    return {
        "title": "request or group",
        "type": "object",
        "properties": {key: _group_key(key) for key in GROUP_BY},
        "if": {"properties": dict.fromkeys(GROUP_BY, False)},
        "then": ref("request"),
        "else": ref("group"),
    }


def _group_key(key: str) -> Schema:
    """For completion in an item that has none of these keys yet; what it may hold is told by the group."""
    group = BLOCKS["group"]
    shape = value(key, group.table[key].read)
    return {
        "title": shape["title"],
        "description": f"{doc(group, key)} With this key the item is a group.",
        "type": shape["type"],
    }


def _assertions() -> Schema:
    """A list of expressions, equations and long forms, or one mapping."""
    long = BLOCKS["assertion"]
    mapping = {
        "title": "assertion",
        "type": "object",
        "properties": {"that": {"description": doc(long, "that"), "type": "string"}},
        "if": {"properties": {"that": False}},
        "then": _equations(),
        "else": ref("assertion"),
    }
    expression = EXPRESSION | {"description": "Expression over the response that must be true."}
    listed = {"title": "list of assertions", "type": "array", "items": {"anyOf": [expression, mapping]}}
    snippet = {"label": "status", "body": [{"status": "${1:200}"}]}
    return {"anyOf": [listed, mapping], "defaultSnippets": [snippet]}


def _equations() -> Schema:
    """Keys with what they must equal; any expression may be a key, those of the response document are offered."""
    status: Schema = {"type": "integer"}
    statuses = {"type": "array", "items": {"anyOf": [status, TEMPLATE]}}
    equals = {key: ANYTHING | {"description": meaning} for key, meaning in RESPONSE_KEYS.items()}
    equals["status"] = {"description": RESPONSE_KEYS["status"], "anyOf": [status, statuses, TEMPLATE]}
    return {
        "description": "Each key is an expression over the response, and must equal its value.",
        "properties": equals,
        "additionalProperties": _EXPECTED,
    }
