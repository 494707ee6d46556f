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

    `allowed` are the values that every `enum` of it has, None without one. `chosen` are the parts that `$ref` led to,
    by which a discriminator is known.
    """

    words: dict[str, Part] = field(default_factory=dict)
    properties: dict[str, Part] = field(default_factory=dict)
    required: dict[str, None] = field(default_factory=dict)
    allowed: list[Any] | None = None
    chosen: list[Part] = field(default_factory=list)

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
    def is_binary(self) -> bool:
        """Whether its values are bytes of a file (3.0: `format: binary`; 3.1: `contentMediaType` without encoding)."""
        if self.type == "file" or self.text("format") == "binary":
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
        shape = Shape()
        _add(shape, part, set())
        kept[id(part.value)] = shape
    found: Shape = kept[id(part.value)]
    return found


def _add(shape: Shape, part: Part, seen: set[tuple[str, Steps]]) -> None:
    """Adds what a schema says, its own words before those of the schemas in it."""
    if part.key in seen or not isinstance(part.value, dict):
        return
    seen = {*seen, part.key}
    _add_words(shape, part)
    if part.has("$ref"):
        target = part.follow()
        if target is not None:
            shape.chosen.append(target)
            _add(shape, target, seen)
        return
    for inner in part.at("allOf").items() if "allOf" in part.value else ():
        _add(shape, inner, seen)
    for word in ("oneOf", "anyOf"):
        choice = _choice(part.at(word), seen) if word in part.value else None
        if choice is not None:
            _add(shape, choice, seen)


def _add_words(shape: Shape, part: Part) -> None:
    for word in part.value:
        if word not in ("$ref", "allOf", "oneOf", "anyOf"):
            shape.words.setdefault(word, part.at(word))
    values = part.value.get("enum")
    if isinstance(values, list) and values:
        shape.allowed = [value for value in shape.allowed or values if value in values] or values
    properties = part.at("properties")
    if isinstance(properties.value, Mapping):
        for name, found in properties.entries():
            shape.properties.setdefault(name, found)
    if isinstance(part.value.get("required"), list):
        shape.required.update({name: None for name in part.value["required"] if isinstance(name, str)})


def _choice(choices: Part, seen: set[tuple[str, Steps]]) -> Part | None:
    """The first of several schemas that says something other than null and does not lead back."""
    for choice in choices.items() if choices.value is not None else ():
        if not any(found.key in seen or found.value.get("type") == "null" for found in _ends(choice)):
            return choice
    return None


def _ends(part: Part) -> Iterator[Part]:
    target = part.follow()
    if target is not None and isinstance(target.value, dict):
        yield target
