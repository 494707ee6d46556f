"""A schema as one: its `$ref`s followed, `allOf` united, the first of `oneOf` and `anyOf` that can be sent chosen.

    Part of a schema ─▶ Shape: keyword → part, properties, names that are required

Whoever makes values, forms or XML of a schema looks at its shape. What a schema forbids (`not`, `if`) is not looked at.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from runner.formats.openapi.parts import Part, Steps

#: The types of JSON Schema, and the keywords that tell one where `type` does not.
_TELLING = {
    "properties": "object", "additionalProperties": "object", "minProperties": "object", "required": "object",
    "items": "array", "prefixItems": "array", "minItems": "array", "uniqueItems": "array",
    "pattern": "string", "minLength": "string", "maxLength": "string", "format": "string",
    "minimum": "number", "maximum": "number", "multipleOf": "number", "exclusiveMinimum": "number",
}  # fmt: skip
_NUMERIC_FORMATS = {"int32": "integer", "int64": "integer", "float": "number", "double": "number"}
#: What is no type of JSON Schema, and is written all the same.
_ALIASES = {"int": "integer", "long": "integer", "float": "number", "double": "number", "bool": "boolean"}


@dataclass(slots=True, eq=False)
class Shape:
    """What a schema says, all its parts together; of a keyword that stands twice the outer one counts.

    `allowed` are the values that every `enum` of it has, those that say nothing at the end; None without an `enum`.
    `chosen` are the parts that `$ref` led to, by which a discriminator is known. `choices` is how many schemas there
    are at most where one is chosen, of which null may be one (`null_chosen`).
    """

    words: dict[str, Part] = field(default_factory=dict)
    properties: dict[str, Part] = field(default_factory=dict)
    required: dict[str, None] = field(default_factory=dict)
    allowed: list[Any] | None = None
    chosen: list[Part] = field(default_factory=list)
    choices: int = 1
    null_chosen: bool = False

    def get(self, word: str) -> Any:
        """What stands under a keyword."""
        part = self.words.get(word)
        return part.value if part is not None else None

    def number(self, word: str) -> int | float | None:
        value = self.get(word)
        return value if isinstance(value, (int, float)) and not isinstance(value, bool) else None

    def count(self, word: str, default: int) -> int:
        """A number that counts something."""
        value = self.number(word)
        return int(value) if value is not None and value >= 0 else default

    def text(self, word: str) -> str:
        value = self.get(word)
        return value if isinstance(value, str) else ""

    def is_true(self, word: str) -> bool:
        return self.get(word) is True

    @property
    def type(self) -> str:
        """The type of its values that can be sent: the first that is not null; empty where it says nothing."""
        declared = self.get("type")
        names = declared if isinstance(declared, list) else [declared]
        found = next((name for name in names if isinstance(name, str) and name != "null"), "")
        if found or "null" in names:
            return _ALIASES.get(found, found) or "null"
        if self.properties:
            return "object"
        return next((_of(name, self) for name in _TELLING if name in self.words), "")

    @property
    def is_nullable(self) -> bool:
        """Whether null is one of its values (3.0 and 2.0: `nullable`; 3.1: a type)."""
        declared = self.get("type")
        named = isinstance(declared, list) and "null" in declared
        return named or self.null_chosen or self.is_true("nullable") or self.is_true("x-nullable")

    @property
    def is_binary(self) -> bool:
        """Whether its values are bytes of a file (3.0: `format: binary`; 3.1: `contentMediaType` without encoding).

        `contentEncoding: binary` is what many make of the two (RFC 2045 § 6.1 has an encoding of this name).
        """
        if self.type == "file" or "binary" in (self.text("format"), self.text("contentEncoding")):
            return True
        return "contentMediaType" in self.words and "contentEncoding" not in self.words and self.type in ("string", "")


def _of(word: str, shape: Shape) -> str:
    return _NUMERIC_FORMATS.get(shape.text("format"), "string") if word == "format" else _TELLING[word]


def shape_of(part: Part) -> Shape:
    """The shape of a schema; of one that stands nowhere, or allows everything, it says nothing."""
    if not isinstance(part.value, dict):
        return Shape()
    kept = part.document.kept
    if id(part.value) not in kept:
        kept[id(part.value)] = _shape(part, 0)
    found: Shape = kept[id(part.value)]
    return found


def shapes_of(part: Part) -> Iterator[Shape]:
    """The shapes of a schema, one for each choice that its `oneOf` and `anyOf` leave."""
    first = shape_of(part)
    yield first
    yield from (_shape(part, place) for place in range(1, first.choices))


def _shape(part: Part, place: int) -> Shape:
    shape = Shape()
    _add(shape, part, set(), place)
    return shape


def _add(shape: Shape, part: Part, seen: set[tuple[str, Steps]], place: int) -> None:
    """Adds what a schema says, its own words before those of the schemas in it; `place` chooses among these."""
    if part.key in seen or not isinstance(part.value, dict):
        return
    seen = {*seen, part.key}
    _add_words(shape, part)
    if part.has("$ref"):
        target = part.follow()
        if target is not None:
            shape.chosen.append(target)
            _add(shape, target, seen, place)
        return
    for inner in part.at("allOf").items() if "allOf" in part.value else ():
        _add(shape, inner, seen, place)
    for word in ("oneOf", "anyOf"):
        found = list(_choices(shape, part.at(word), seen)) if word in part.value else []
        if found:
            shape.choices = max(shape.choices, len(found))
            _add(shape, found[place % len(found)], seen, place)


def _add_words(shape: Shape, part: Part) -> None:
    for word in part.value:
        if word not in ("$ref", "allOf", "oneOf", "anyOf"):
            shape.words.setdefault(word, part.at(word))
    values = part.value.get("enum")
    if isinstance(values, list) and values:
        allowed = [value for value in shape.allowed or values if value in values] or values
        shape.allowed = sorted(allowed, key=lambda value: value in (None, ""))
    properties = part.at("properties")
    if isinstance(properties.value, Mapping):
        for name, found in properties.entries():
            shape.properties.setdefault(name, found)
    if isinstance(part.value.get("required"), list):
        shape.required.update({name: None for name in part.value["required"] if isinstance(name, str)})


def _choices(shape: Shape, choices: Part, seen: set[tuple[str, Steps]]) -> Iterator[Part]:
    """Those of several schemas that say something other than null and do not lead back."""
    for choice in choices.items():
        ends = list(_ends(choice))
        is_null = any(found.value.get("type") == "null" for found in ends)
        shape.null_chosen = shape.null_chosen or is_null
        if not is_null and not any(found.key in seen for found in ends):
            yield choice


def _ends(part: Part) -> Iterator[Part]:
    target = part.follow()
    if target is not None and isinstance(target.value, dict):
        yield target
