"""The JSON type that a term's value has, as far as it can be told without the response.

The tables name the keys of the response document and the functions of JMESPath and ours. This file makes no terms.
"""

from __future__ import annotations

from typing import Any

from runner.formats.scripts.terms import (
    Apply,
    Both,
    Choice,
    Compare,
    Const,
    DictOf,
    Doc,
    Either,
    Env,
    Field,
    Flat,
    Fresh,
    Join,
    ListOf,
    Not,
    Quantified,
    Selected,
    Slice,
    Truthy,
)

_DOC_KINDS = {
    "status": "number", "text": "string", "reason": "string", "headers": "object", "elapsed_ms": "number",
    "size": "number", "cookies": "object", "url": "string",
}  # fmt: skip
_FUNCTION_KINDS = {
    **dict.fromkeys(
        ("uuid", "now", "to_string", "base64", "base64_decode", "sha256", "md5", "hmac_sha256", "url_encode",
         "url_decode", "lower", "upper", "trim", "replace", "join", "date_add", "date_format", "type"),
        "string",
    ),
    **dict.fromkeys(
        ("timestamp", "random_int", "to_number", "length", "add", "subtract", "multiply", "divide", "modulo", "sum",
         "abs", "floor", "ceil"),
        "number",
    ),
    **dict.fromkeys(("contains", "starts_with", "ends_with", "matches", "has"), "boolean"),
    **dict.fromkeys(("split", "keys", "values", "sort", "reverse", "unique", "sort_by", "map"), "array"),
}  # fmt: skip


def kind(term: Any) -> str | None:
    """The JSON type of a term's value; None where it may be any. Null may come in place of each."""
    match term:
        case Const(value):
            return _kind_of_value(value)
        case Doc(key):
            return _DOC_KINDS.get(key)
        case Env() | Field(Doc("headers" | "cookies"), _):
            return "string"
        case Apply(function):
            return _FUNCTION_KINDS.get(function)
        case Compare() | Not() | Truthy() | Quantified():
            return "boolean"
        case Both(left, right) | Either(left, right) | Choice(_, left, right):
            found = kind(left)  # asked once: chains of them are long
            return found if found is not None and kind(right) == found else None
        case Join():
            return "string"
        case Fresh(term=inner):
            return kind(inner)
        case ListOf() | Selected() | Slice() | Flat():
            return "array"
        case DictOf():
            return "object"
    return None


def _kind_of_value(value: Any) -> str | None:
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, (int, float)):
        return "number"
    words: dict[type, str] = {str: "string", list: "array", dict: "object"}
    return words.get(type(value))
