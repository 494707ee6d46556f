"""The `auth` block: an object for each type, and one without a type, which changes the inherited block."""

from __future__ import annotations

from collections.abc import Mapping

from runner.language.document.settings import SETTINGS
from runner.language.model import AUTH_KEYS, AUTH_TYPES, AuthKey
from runner.language.schema.values import EXPRESSION, SCALARS, TEMPLATE, MissingRow, Schema, ref, setting

_STATUS: Schema = {"type": "integer", "minimum": 100, "maximum": 599}
_TEXT: Schema = {"title": "text", "type": SCALARS}
#: What a key wants (`AuthKey.wants`) → its shape.
_WANTED: Mapping[str, Schema] = {
    "text": _TEXT,
    "file": _TEXT | {"title": "path of a file, or its text"},
    "url": _TEXT | {"title": "URL"},
    "path": _TEXT | {"title": "path of a URL"},
    "texts": {"title": "text, or a list of texts", "type": [*SCALARS, "array"]},
    "mapping": {"title": "names with values", "type": "object"},
    "duration": setting(SETTINGS["delay"]),
    "port": {
        "title": "port",
        "anyOf": [{"title": "port", "type": "integer", "minimum": 1, "maximum": 65535}, TEMPLATE],
    },
    "statuses": {"title": "status, or a list of them", "anyOf": [_STATUS, {"type": "array", "items": _STATUS}]},
    "expression": EXPRESSION,
    "request": ref("login", "request"),
}

#: What editors offer to begin with.
_SNIPPETS: Mapping[str, Schema] = {
    "oauth2: client credentials": {
        "type": "oauth2",
        "token_url": "$1",
        "client_id": "$2",
        "client_secret": "$3",
        "scope": "$4",
    },
    "bearer": {"type": "bearer", "token": "$1"},
    "basic": {"type": "basic", "username": "$1", "password": "$2"},
    "api_key": {"type": "api_key", "name": "${1:X-Api-Key}", "value": "$2"},
}


def auth() -> Schema:
    """`none`, a block of one of the types, or a block without type.

    Raises:
        MissingRow: a key of `AUTH_KEYS` wants something that has no shape.
    """
    kind = {
        "title": "type",
        "description": "How requests authenticate; without it the block changes the inherited one.",
        "enum": list(AUTH_KEYS),
        "enumDescriptions": [AUTH_TYPES[name] for name in AUTH_KEYS],
    }
    by_type = [_when_type(name, keys) for name, keys in AUTH_KEYS.items()]
    block = {
        "title": "none, or a mapping with a type",
        "type": "object",
        "properties": {"type": kind},
        "allOf": [*by_type, {"if": {"properties": {"type": False}}, "then": _untyped()}],
    }
    none = {"title": "none", "const": "none", "description": AUTH_TYPES["none"]}
    return {
        "description": "How requests authenticate; nearest wins, `none` sends nothing.",
        "anyOf": [block, none],
        "defaultSnippets": [{"label": name, "body": body} for name, body in _SNIPPETS.items()],
    }


def _when_type(name: str, keys: Mapping[str, AuthKey]) -> Schema:
    block = {
        "title": f"auth of type {name}",
        "description": AUTH_TYPES[name],
        "properties": {"type": {}, **{key: _value(key, row) for key, row in keys.items()}},
        "required": [key for key, row in keys.items() if row.required],
        "additionalProperties": False,
    }
    return {"if": {"properties": {"type": {"const": name}}, "required": ["type"]}, "then": block}


def _untyped() -> Schema:
    """Every key of every type: which of them there are is for the inherited type to say."""
    shapes: dict[str, list[Schema]] = {}
    for keys in AUTH_KEYS.values():
        for key, row in keys.items():
            known = shapes.setdefault(key, [])
            if (shape := _value(key, row)) not in known:
                known.append(shape)
    properties = {key: _either(found) for key, found in shapes.items()}
    return {"title": "changes to the inherited auth", "properties": properties, "additionalProperties": False}


def _either(shapes: list[Schema]) -> Schema:
    return shapes[0] if len(shapes) == 1 else {"description": shapes[0]["description"], "anyOf": shapes}


def _value(key: str, row: AuthKey) -> Schema:
    if row.wants not in _WANTED:
        where = "_WANTED of runner/language/schema/auth.py"
        raise MissingRow(f"'{key}' of auth wants '{row.wants}', which has no row in {where}")
    if row.choices:
        return {"description": row.doc, "anyOf": [{"enum": list(row.choices)}, TEMPLATE]}
    return {"description": row.doc, **_WANTED[row.wants]}
