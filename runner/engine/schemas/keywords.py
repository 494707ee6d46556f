"""Where a JSON Schema holds further schemas, keyword by keyword, in the drafts 4 to 2020-12 and in OpenAPI.

Whatever stands under another keyword is data (`const`, `examples`), and a `$ref` in it is none.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, NamedTuple

from runner.diagnostics import nearest

Steps = tuple[str | int, ...]


class Inner(NamedTuple):
    """A schema within another. `here`: it judges the very value that the outer one judges, not a part of it."""

    steps: Steps
    schema: Any
    here: bool


#: How schemas stand under a keyword: one, a list, a mapping of names; either of these.
_ONE, _LIST, _NAMED, _ANY = "one", "list", "named", "any"

#: Keyword → how schemas stand under it, and whether they judge the same value.
_HOLDERS: Mapping[str, tuple[str, bool]] = {
    "allOf": (_LIST, True),
    "anyOf": (_LIST, True),
    "oneOf": (_LIST, True),
    "not": (_ONE, True),
    "if": (_ONE, True),
    "then": (_ONE, True),
    "else": (_ONE, True),
    "dependentSchemas": (_NAMED, True),
    "dependencies": (_NAMED, True),
    "properties": (_NAMED, False),
    "patternProperties": (_NAMED, False),
    "additionalProperties": (_ONE, False),
    "unevaluatedProperties": (_ONE, False),
    "propertyNames": (_ONE, False),
    "items": (_ANY, False),
    "prefixItems": (_LIST, False),
    "additionalItems": (_ONE, False),
    "unevaluatedItems": (_ONE, False),
    "contains": (_ONE, False),
    "contentSchema": (_ONE, False),
    "$defs": (_NAMED, False),
    "definitions": (_NAMED, False),
}


def inner(schema: Any) -> Iterator[Inner]:
    """The schemas that stand directly in a schema."""
    if not isinstance(schema, dict):
        return
    for keyword, value in schema.items():
        how, here = _HOLDERS.get(keyword, ("", False))
        if how in (_ONE, _ANY) and isinstance(value, (dict, bool)):
            yield Inner((keyword,), value, here)
        elif how in (_LIST, _ANY) and isinstance(value, list):
            yield from (Inner((keyword, place), item, here) for place, item in enumerate(value))
        elif how == _NAMED and isinstance(value, dict):
            named = ((name, item) for name, item in value.items() if not isinstance(item, list))  # `dependencies`
            yield from (Inner((keyword, name), item, here) for name, item in named)


def holds_schemas(keyword: str) -> bool:
    """Whether schemas stand under a keyword."""
    return keyword in _HOLDERS


#: Keywords that judge, beside those above: one that is misspelt would let everything pass.
_JUDGING = frozenset(
    {
        "type", "enum", "const", "multipleOf", "maximum", "exclusiveMaximum", "minimum", "exclusiveMinimum",
        "maxLength", "minLength", "pattern", "format", "maxItems", "minItems", "uniqueItems", "maxContains",
        "minContains", "maxProperties", "minProperties", "required", "dependentRequired", *_HOLDERS,
    }
    - {"$defs", "definitions", "not", "if", "then", "else"}
)  # fmt: skip
_CLOSE = 0.8


@cache
def misspelt(keyword: str) -> str:
    """The keyword that an unknown one was probably meant to be; empty where it is one, or none is close."""
    if keyword in _HOLDERS or keyword in _JUDGING or keyword.startswith(("x-", "$")):
        return ""
    near = nearest(keyword, _JUDGING)
    if near is None:
        return ""
    from difflib import SequenceMatcher

    plain = keyword.replace("_", "").replace("-", "").lower()
    return near if SequenceMatcher(None, plain, near.lower()).ratio() >= _CLOSE else ""
