"""Values that a schema allows: an example of the document where there is one, else one that is made.

    Shape ─▶ example, const, default, enum ─▶ else made: by type, format, pattern and bounds

The same document gives the same values. In objects, what is required is active, the rest `Disabled`; where nothing is
required, what is no object itself is active. What is `readOnly` is left out, what recurs ends, what is a password is a
secret.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import islice, repeat
from typing import Any

from runner.formats.draft import Disabled
from runner.formats.openapi.parts import Part, Steps
from runner.formats.openapi.scalars import MOST_ITEMS, number, text, variants
from runner.formats.openapi.shapes import Shape, shape_of, shapes_of
from runner.language.values import kind

#: Below this many objects and arrays, what is not required is left out.
_DEEP = 4
_DEEPEST = 12
#: Bounds of the search for a smallest value: how deep, and how much.
_MOST_LEVELS = 40
_MOST_TRIES = 2_000

#: Types of JSON by their names in a schema.
_KINDS = {"integer": "number", "number": "number", "string": "string", "boolean": "boolean", "array": "array"}


class _EndlessError(Exception):
    """A schema that no finite value fits."""


@dataclass(slots=True, eq=False)
class _Least:
    """The schemas within which a smallest value is looked for, and what was tried already."""

    open: set[tuple[str, Steps]] = field(default_factory=set)
    depth: int = 0
    tries: int = 0


class Maker:
    """Makes values. `secret` gives the placeholder of a secret with a name."""

    def __init__(self, secret: Callable[[str], str]) -> None:
        self._secret = secret
        self._open: list[tuple[str, Steps]] = []
        self._depth = 0
        self._least: _Least | None = None

    def value(self, schema: Part, name: str) -> Any:
        """A value for a schema; `name` is what it is for."""
        if self._least is not None:
            return self._smallest(schema, name, self._least)
        shape = shape_of(schema)
        if shape.text("format") == "password":
            return self._secret(name)
        found, value = self._given(shape)
        return value if found else self._made(shape, schema, name)

    def sampled(self, samples: tuple[Part, ...], schema: Part, name: str) -> Any:
        """The first example that fits its schema's type, else a value for the schema."""
        shape = shape_of(schema)
        if shape.text("format") == "password":
            return self._secret(name)
        for sample in samples:
            found, value = _typed(sample.value, shape, sample)
            if found:
                return value
        return self.value(schema, name)

    def _given(self, shape: Shape) -> tuple[bool, Any]:
        """What the schema itself says of its values."""
        for part in _said(shape):
            found, value = _typed(part.value, shape, part)
            if found and (shape.allowed is None or value in shape.allowed):
                return True, _writable(value, shape)
        return next(((True, value) for value in shape.allowed or ()), (False, None))

    # --- made

    def _made(self, shape: Shape, schema: Part, name: str) -> Any:
        keys = _identities(schema)
        if keys & set(self._open) or self._depth > _DEEPEST:
            return self._ended(shape, schema, name)
        self._open += keys
        self._depth += shape.type in ("object", "array")
        made = self._of_type(shape, name)
        self._depth -= shape.type in ("object", "array")
        del self._open[-len(keys) :]
        return made

    def _ended(self, shape: Shape, schema: Part, name: str) -> Any:
        """The smallest value of a schema that stands within itself, or deep in others; told where there is none."""
        before, self._depth, self._least = self._depth, _DEEP, _Least()
        try:
            return self._smallest(schema, name, self._least)
        except _EndlessError:
            schema.lose(f"a value for '{name}'", "its schema asks for itself without an end", "write one by hand")
            return {} if shape.type == "object" else [] if shape.type == "array" else None
        finally:
            self._depth, self._least = before, None

    def _smallest(self, schema: Part, name: str, least: _Least) -> Any:
        """The first value with nothing optional in it that does not need itself, of all choices that a schema has.

        Raises:
            _EndlessError: there is none.
        """
        keys = _identities(schema)
        least.tries += 1
        if keys & least.open or least.depth >= _MOST_LEVELS or least.tries > _MOST_TRIES:
            raise _EndlessError
        least.open |= keys
        least.depth += 1
        try:
            return self._first_that_ends(schema, name)
        finally:
            least.open -= keys
            least.depth -= 1

    def _first_that_ends(self, schema: Part, name: str) -> Any:
        for shape in shapes_of(schema):
            found, value = self._given(shape)
            if found:
                return value
            with suppress(_EndlessError):
                return self._secret(name) if shape.text("format") == "password" else self._of_type(shape, name)
        if shape_of(schema).is_nullable:
            return None
        raise _EndlessError

    def _of_type(self, shape: Shape, name: str) -> Any:
        match shape.type:
            case "object":
                return self._object(shape)
            case "array":
                return self._array(shape, name)
            case "integer" | "number":
                return number(shape)
            case "boolean":
                return True
            case "null":
                return None
        return text(shape, name)

    def _object(self, shape: Shape) -> Any:
        needed = [name for name in shape.required if not _is_read_only(shape, name)]
        told = _discriminated(shape)
        made: dict[Any, Any] = {}
        for name, part in shape.properties.items():
            if name in told:
                made[name] = told[name]
            elif _is_read_only(shape, name) or self._recurs(part, name in needed):
                continue
            elif name in needed:
                made[name] = self.value(part, name)
            elif self._depth < _DEEP:
                value = self.value(part, name)
                is_sent = not needed and (is_plain(value) or len(shape.properties) == 1)
                made |= {name: value} if is_sent else {Disabled({name: active(value)}): None}
        made |= told
        for name in needed:
            if name not in shape.properties and name not in made:
                made[name] = self._further(shape, name)
        for place in range(shape.count("minProperties", 0) - len(active(made))):
            made[f"key{place + 1}"] = self._further(shape, f"key{place + 1}")
        return made if self._depth == 1 or active(made) else {}  # comments alone are null where they stand in a value

    def _recurs(self, part: Part, needed: bool) -> bool:
        return not needed and not _identities(part).isdisjoint(self._open)

    def _further(self, shape: Shape, name: str) -> Any:
        """The value of a name that no property has."""
        part = shape.words.get("additionalProperties")
        return self.value(part, name) if part is not None and isinstance(part.value, dict) else name

    def _array(self, shape: Shape, name: str) -> list[Any]:
        least = shape.count("minItems", 0)
        most = shape.count("maxItems", MOST_ITEMS)
        tuple_ = shape.words.get("prefixItems")
        items = list(tuple_.items()) if tuple_ is not None else []
        part = shape.words.get("items")
        if part is not None and isinstance(part.value, list):  # drafts before 2020-12
            items, part = list(part.items()), None
        made = [self.value(item, name) for item in items[:most]]
        wanted = min(max(least, 0 if made or self._least is not None else 1), most, MOST_ITEMS)
        if part is None or wanted <= len(made) or self._recurs(part, needed=least > 0):
            return made
        first = self.value(part, name)
        more = variants(first, shape_of(part)) if shape.is_true("uniqueItems") else repeat(first)
        return made + list(islice(more, wanted - len(made)))


def _said(shape: Shape) -> Iterator[Part]:
    """Values that a schema names, the most telling first."""
    for word in ("example", "x-example"):
        if word in shape.words:
            yield shape.words[word]
    if "examples" in shape.words:
        examples = shape.words["examples"]
        yield from examples.items() if isinstance(examples.value, list) else ()
    for word in ("const", "default"):
        if word in shape.words:
            yield shape.words[word]


def _identities(part: Part) -> set[tuple[str, Steps]]:
    """What tells that a schema stands within itself: its place, and that which it is another name for."""
    found = {part.key}
    while isinstance(part.value, dict):
        alone = part.at("allOf").value
        part = part.at("allOf", 0) if isinstance(alone, list) and len(alone) == 1 else part
        target = part.follow()
        if target is None or target.key in found:
            break
        found.add(target.key)
        part = target
    return found


def _writable(value: Any, shape: Shape) -> Any:
    """An example without what is only read."""
    if isinstance(value, dict):
        kept = ((name, inner) for name, inner in value.items() if not _is_read_only(shape, name))
        return {name: _writable_part(inner, shape.properties.get(name)) for name, inner in kept}
    return [_writable_part(item, shape.words.get("items")) for item in value] if isinstance(value, list) else value


def _writable_part(value: Any, part: Part | None) -> Any:
    return value if part is None or not isinstance(value, (dict, list)) else _writable(value, shape_of(part))


def _is_read_only(shape: Shape, name: str) -> bool:
    part = shape.properties.get(name)
    return part is not None and shape_of(part).is_true("readOnly")


def _discriminated(shape: Shape) -> dict[str, str]:
    """The property that tells which of several schemas an object is of (OpenAPI 3.0.3 § 4.7.25), with its value."""
    told = shape.words.get("discriminator")
    name = (told.text() or told.text("propertyName")) if told is not None else ""
    known = shape.properties.get(name)
    if told is None or not name or (known is not None and {"enum", "const"} & shape_of(known).words.keys()):
        return {}
    keys = told.at("mapping").value if isinstance(told.at("mapping").value, dict) else {}
    for part in shape.chosen:
        if part.steps != told.steps[:-1] and part.steps[-2:-1] in (("schemas",), ("definitions",)):
            return {name: next((key for key, target in keys.items() if _names(target, part)), part.name)}
    return {name: next(iter(keys))} if keys else {}


def _names(target: object, part: Part) -> bool:
    return str(target).rpartition("/")[2] == part.name


def _typed(value: Any, shape: Shape, part: Part) -> tuple[bool, Any]:
    """An example as its schema's type; none where it is of another one, which is told."""
    wanted = _KINDS.get(shape.type, shape.type if shape.type == "object" else "")
    found = kind(value)
    if found == wanted or not wanted:
        return value is not None or not wanted, value
    if value is None:
        return False, None
    if wanted == "string" and found in ("number", "boolean"):
        return True, json.dumps(value)
    if found == "string":
        try:
            parsed = json.loads(value)
        except (ValueError, RecursionError):
            parsed = None
        if kind(parsed) == wanted:
            return True, parsed
    if wanted == "array" and found != "object" and "items" in shape.words:
        return True, [value]  # the example of an item
    part.lose("an example", f"it is {found}, and its schema says {shape.type}", "a made-up value stands there")
    return False, None


def is_plain(value: Any) -> bool:
    """Whether a value is no object, and a list of none."""
    return not isinstance(value, dict) and not (isinstance(value, list) and any(isinstance(i, dict) for i in value))


def active(value: Any) -> Any:
    """A value without what is disabled in it."""
    if isinstance(value, dict):
        return {name: active(inner) for name, inner in value.items() if not isinstance(name, Disabled)}
    return [active(inner) for inner in value] if isinstance(value, list) else value
