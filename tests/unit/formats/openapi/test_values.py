"""Values that schemas allow: examples first, else made ones."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runner.formats.draft import Disabled, Foreign
from runner.formats.openapi.parts import Library
from runner.formats.openapi.values import Maker, active

Shown = Callable[[Any], Any]
NAMES = st.sampled_from(["a", "b", "c d"])


class Made:
    """A maker with a document of schemas; `value` makes one for the schema `S`."""

    def __init__(self, schemas: dict[str, Any]) -> None:
        document = {"components": {"schemas": schemas}}
        self.documents = Library(Foreign("api", json.dumps(document)))
        self.maker = Maker(lambda name: f"secret {name}")

    def value(self, name: str = "S") -> Any:
        return self.maker.value(self.documents.root.at("components", "schemas", name), "name")


def make(schema: Any, **others: Any) -> Any:
    return Made({"S": schema, **others}).value()


def ref(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ({"type": "string"}, "name"),
        ({}, "name"),
        ({"type": "string", "minLength": 6}, "namexx"),
        ({"type": "string", "maxLength": 2}, "na"),
        ({"type": "string", "format": "date"}, "2025-01-31"),
        ({"type": "string", "format": "date-time"}, "2025-01-31T12:00:00Z"),
        ({"type": "string", "format": "date", "maxLength": 3}, "nam"),
        ({"type": "string", "format": "uuid"}, "11111111-1111-4111-8111-111111111111"),
        ({"type": "string", "format": "unknown"}, "name"),
        ({"type": "string", "format": "password", "example": "hunter2"}, "secret name"),
        ({"type": "string", "pattern": "^[A-Z]{3}$"}, "AAA"),
        ({"type": "string", "pattern": "^x+$", "minLength": 2}, "xx"),
        ({"enum": ["b", "a"]}, "b"),
        ({"const": {"a": 1}}, {"a": 1}),
        ({"type": "string", "default": "d", "enum": ["e", "d"]}, "d"),
        ({"type": "string", "default": "gone", "enum": ["e"]}, "e"),
        ({"type": "string", "example": "x", "default": "d"}, "x"),
        ({"type": "string", "examples": ["one", "two"]}, "one"),
        ({"type": "string", "x-example": "x"}, "x"),
        ({"type": ["null", "string"]}, "name"),
        ({"type": "null"}, None),
        ({"type": "boolean"}, True),
        ({"type": "integer"}, 1),
        ({"type": "long"}, 1),
        ({"format": "int64"}, 1),
        ({"type": "number"}, 1),
        ({"type": "integer", "minimum": 5}, 5),
        ({"type": "integer", "maximum": -3}, -3),
        ({"type": "integer", "minimum": 0}, 1),
        ({"type": "integer", "minimum": 1.5}, 2),
        ({"type": "integer", "exclusiveMinimum": 5}, 6),
        ({"type": "integer", "minimum": 5, "exclusiveMinimum": True}, 6),
        ({"type": "integer", "minimum": 5, "exclusiveMinimum": False}, 5),
        ({"type": "integer", "exclusiveMaximum": 1}, 0),
        ({"type": "integer", "minimum": 7, "multipleOf": 5}, 10),
        ({"type": "integer", "multipleOf": 5}, 5),
        ({"type": "number", "multipleOf": 0.5, "minimum": 1.2}, 1.5),
        ({"type": "number", "minimum": 0.1, "maximum": 0.9}, 0.9),
        ({"type": "array", "items": {"type": "integer"}}, [1]),
        ({"items": {"type": "integer"}}, [1]),
        ({"type": "array"}, []),
        ({"type": "array", "items": {"type": "integer"}, "minItems": 2}, [1, 1]),
        ({"type": "array", "items": {"type": "integer"}, "minItems": 2, "uniqueItems": True}, [1, 3]),
        ({"type": "array", "items": {"type": "string"}, "minItems": 2, "uniqueItems": True}, ["name", "name2"]),
        ({"type": "array", "items": {"enum": ["a", "b"]}, "minItems": 2, "uniqueItems": True}, ["a", "b"]),
        ({"type": "array", "items": {"enum": ["a"]}, "minItems": 2, "uniqueItems": True}, ["a"]),
        ({"type": "array", "items": {"type": "integer"}, "maxItems": 0}, []),
        ({"type": "array", "prefixItems": [{"type": "integer"}, {"type": "string"}]}, [1, "name"]),
        ({"type": "array", "items": [{"type": "integer"}]}, [1]),
        ({"type": "array", "items": {"type": "string"}, "minItems": 10**9}, ["name"] * 20),
        ({"type": "object"}, {}),
        ({"type": "object", "minProperties": 1, "additionalProperties": {"type": "integer"}}, {"key1": 1}),
        ({"type": "object", "required": ["x"], "additionalProperties": {"type": "integer"}}, {"x": 1}),
        ({"type": "object", "required": ["x"]}, {"x": "x"}),
        ({"oneOf": [{"type": "null"}, {"type": "integer"}]}, 1),
        ({"anyOf": [{"type": "integer", "minimum": 4}, {"type": "string"}]}, 4),
        ({"allOf": [{"type": "integer"}, {"minimum": 3}]}, 3),
        ({"allOf": [{"enum": ["a", "b"]}, {"enum": ["b", "c"]}]}, "b"),
        ({"enum": [3], "oneOf": [{"const": 0}, {"const": 3}]}, 3),
        (True, "name"),
        ("text", "name"),
    ],
)  # fmt: skip
def test_values(schema: Any, value: Any) -> None:
    """Each schema gives the plainest value that it allows."""
    assert make(schema) == value


@pytest.mark.parametrize(
    ("schema", "value", "lost"),
    [
        ({"type": "integer", "example": "42"}, 42, False),
        ({"type": "string", "example": 42}, "42", False),
        ({"type": "string", "example": True}, "true", False),
        ({"type": "object", "example": '{"a": 1}'}, {"a": 1}, False),
        ({"type": "array", "items": {}, "example": "x"}, ["x"], False),
        ({"type": "string", "nullable": True, "example": None}, "name", False),
        ({"type": "integer", "example": "many"}, 1, True),
        ({"type": "object", "example": "many"}, {}, True),
        ({"type": "array", "items": {}, "example": {"a": 1}}, ["name"], True),
    ],
)  # fmt: skip
def test_examples_of_another_type(schema: Any, value: Any, lost: bool) -> None:
    """An example of another type is read as the schema's if it can be; else it is told, and a value is made."""
    made = Made({"S": schema})
    assert made.value() == value
    assert [loss.what for loss in made.documents.losses] == (["an example"] if lost else [])


def test_required_and_optional(shown: Shown) -> None:
    """What is required is active, the rest stands there as comments; what is only read is left out."""
    properties = {
        "id": {"type": "integer", "readOnly": True},
        "name": {"type": "string"},
        "age": {"type": "integer"},
        "at": ref("At"),
    }
    found = make(
        {"type": "object", "required": ["name", "id"], "properties": properties},
        At={"type": "string", "readOnly": True},
    )
    assert shown(found) == {"name": "name", "# age": 1}


def test_nothing_is_required(shown: Shown) -> None:
    """Where nothing is required, all but inner objects is active; a lone property always is."""
    inner = {"type": "object", "properties": {"x": {"type": "integer"}}}
    flat = {
        "type": "object",
        "properties": {"a": {"type": "string"}, "b": inner, "c": {"type": "array", "items": inner}},
    }
    assert shown(make(flat)) == {"a": "a", "# b": {"x": 1}, "# c": [{"x": 1}]}
    assert shown(make({"type": "object", "properties": {"data": inner}})) == {"data": {"x": 1}}
    assert make(
        {"type": "object", "required": ["a"], "properties": {"a": {"properties": {"b": inner, "c": inner}}}}
    ) == {"a": {}}


def test_examples_lose_what_is_only_read() -> None:
    """An example of a schema is sent without what is only read."""
    schema = {"type": "object", "properties": {"id": {"readOnly": True}, "a": {}}, "example": {"id": 1, "a": 2}}
    assert make(schema) == {"a": 2}


def test_all_of_unites(shown: Shown) -> None:
    """`allOf` gives the properties and the required names of all its schemas; the outer one wins."""
    schema = {
        "allOf": [ref("Base"), {"required": ["b"], "properties": {"b": {"type": "integer"}}}],
        "properties": {"a": {"const": "outer"}},
    }
    found = make(schema, Base={"type": "object", "required": ["a"], "properties": {"a": {"type": "string"}, "c": {}}})
    assert shown(found) == {"a": "outer", "b": 1, "# c": "c"}


def test_recursion_ends(shown: Shown) -> None:
    """A schema that holds itself ends: optional parts are left out, arrays are empty."""
    node = {"type": "object", "required": ["name"], "properties": {"name": {"type": "string"}, "next": ref("S")}}
    assert make(node) == {"name": "name"}
    tree = {
        "type": "object",
        "required": ["children"],
        "properties": {"children": {"type": "array", "items": ref("S")}},
    }
    assert make(tree) == {"children": []}
    assert make({"allOf": [ref("S")]}) == "name"
    assert make({"oneOf": [ref("S"), {"type": "integer"}]}) == 1
    wrapped = {"type": "object", "required": ["a"], "properties": {"a": {}, "next": {"allOf": [ref("S")]}}}
    assert make(wrapped) == {"a": "a"}


def test_what_is_only_read() -> None:
    """What is `readOnly`, wherever it says so, is left out of made values and of a schema's own examples, at any depth."""
    read_only = {"allOf": [{"type": "string", "readOnly": True}]}
    part = {"type": "object", "properties": {"id": ref("Id"), "x": {"type": "integer"}}}
    others = {"Id": {"type": "integer", "readOnly": True}, "Part": part}
    assert make(
        {"type": "object", "required": ["a", "b"], "properties": {"a": read_only, "b": ref("Part")}}, **others
    ) == {"b": {"x": 1}}
    example = {"id": 1, "parts": [{"id": 2, "x": 3}], "more": {"id": 4}}
    whole = {"properties": {"id": ref("Id"), "parts": {"items": ref("Part")}, "more": {}}, "example": example}
    assert make({"type": "object", **whole}, **others) == {"parts": [{"x": 3}], "more": {"id": 4}}


LEAF = {"type": "object", "required": ["leaf"], "properties": {"leaf": {"type": "integer"}}}
BRANCH = {"type": "object", "required": ["left", "right"], "properties": {"left": ref("S"), "right": ref("S")}}


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ({"oneOf": [ref("Branch"), ref("Leaf")]}, {"left": {"leaf": 1}, "right": {"leaf": 1}}),
        ({"anyOf": [{"type": "array", "minItems": 1, "items": ref("S")}, {"type": "integer"}]}, [1]),
        ({**BRANCH, "nullable": True}, {"left": None, "right": None}),
        ({**BRANCH, "type": ["object", "null"]}, {"left": None, "right": None}),
        ({"oneOf": [{"type": "null"}, ref("Branch")]}, {"left": None, "right": None}),
        ({"required": ["a"], "properties": {"a": {"allOf": [ref("S")], "default": {"a": 0}}}}, {"a": {"a": 0}}),
        (
            {"required": ["a", "b"], "properties": {"a": {"items": ref("S"), "minItems": 0}, "b": {"enum": [1]}}},
            {"a": [], "b": 1},
        ),
    ],
)  # fmt: skip
def test_recursion_ends_as_it_can(schema: Any, value: Any) -> None:
    """What is required of itself ends by another of its choices, by null, by an empty array, by a value of its own."""
    made = Made({"S": schema, "Leaf": LEAF, "Branch": BRANCH})
    assert active(made.value()) == value
    assert made.documents.losses == []


def test_recursion_without_an_end() -> None:
    """A schema that asks for itself again and again fits no value: one ends empty, which is told with its place."""
    made = Made({"S": {"type": "object", "required": ["next"], "properties": {"next": {"allOf": [ref("S")]}}}})
    assert made.value() == {"next": {}}
    (loss,) = made.documents.losses
    assert loss.path == "#/components/schemas/S/properties/next"
    assert (loss.what, loss.why) == ("a value for 'next'", "its schema asks for itself without an end")


def references(names: str) -> Any:
    """Schemas that refer to each other, with choices, arrays and required properties."""
    refs = st.sampled_from([ref(name) for name in names])
    leaves = refs | st.sampled_from([{"type": "integer"}, {"type": "string", "nullable": True}])
    arrays = st.tuples(leaves, st.integers(0, 1)).map(lambda p: {"type": "array", "items": p[0], "minItems": p[1]})
    choices = st.lists(leaves | arrays, min_size=1, max_size=3).map(lambda several: {"anyOf": several})
    objects = st.tuples(st.dictionaries(NAMES, leaves | arrays | choices, max_size=3), st.booleans()).map(
        lambda p: {"type": "object", "properties": p[0], "required": sorted(p[0]) if p[1] else []}
    )
    return st.fixed_dictionaries(dict.fromkeys(names, objects | choices | arrays))


def test_schemas_that_share_a_base_do_not_recur() -> None:
    """Two schemas with a common base are not one within the other."""
    base = {"type": "object", "properties": {"id": {"type": "integer"}}}
    inner = {"allOf": [ref("Base"), {"required": ["x"], "properties": {"x": {"type": "string"}}}]}
    outer = {"allOf": [ref("Base"), {"required": ["inner"], "properties": {"inner": ref("Inner")}}]}
    assert active(make(outer, Base=base, Inner=inner)) == {"inner": {"x": "x"}}


@pytest.mark.parametrize("mapping", [None, {"kitty": "#/components/schemas/Cat"}, {"kitty": "Cat"}])
def test_discriminators(mapping: Any) -> None:
    """The property that tells which schema an object is of has that schema's name, or the one of the mapping."""
    discriminator = {"propertyName": "kind", **({"mapping": mapping} if mapping else {})}
    pet = {"type": "object", "required": ["kind"], "properties": {"kind": {"type": "string"}}}
    cat = {"allOf": [ref("Pet"), {"required": ["lives"], "properties": {"lives": {"type": "integer"}}}]}
    expected = {"kind": "kitty" if mapping else "Cat", "lives": 1}
    assert active(make({"oneOf": [ref("Cat")], "discriminator": discriminator}, Pet=pet, Cat=cat)) == expected
    assert active(make(ref("Cat"), Pet={**pet, "discriminator": discriminator}, Cat=cat)) == expected


def test_deep_objects_end() -> None:
    """Objects within objects end somewhere, whatever the document says."""
    schemas: dict[str, Any] = {
        f"A{n}": {"type": "object", "required": ["x"], "properties": {"x": ref(f"A{n + 1}")}} for n in range(50)
    }
    made = Made({"S": ref("A0"), **schemas, "A50": ref("A20")})
    depth, value = 0, made.value()
    while isinstance(value, dict) and "x" in value:
        depth, value = depth + 1, value["x"]
    assert 12 < depth < 60
    assert [loss.why for loss in made.documents.losses] == ["its schema asks for itself without an end"]


def test_the_same_again() -> None:
    """The same schema gives the same value each time."""
    made = Made({"S": {"type": "object", "properties": {"a": {"format": "uuid"}, "b": {"type": "array", "items": {}}}}})
    assert made.value() == made.value()


# --- what is made fits ---------------------------------------------------------------------------------------------

COUNTS = st.integers(0, 5)


def bounded(low: str, high: str, values: Any) -> Any:
    """Both bounds, neither, or one, the lower one below."""
    pairs = st.tuples(values, values).map(sorted)
    return (
        pairs.map(lambda p: {low: p[0], high: p[1]})
        | values.map(lambda v: {low: v})
        | values.map(lambda v: {high: v})
        | st.just({})
    )


TEXTS = bounded("minLength", "maxLength", COUNTS).map(lambda b: {"type": "string", **b})
INTEGERS = bounded("minimum", "maximum", st.integers(-9, 9)).map(lambda b: {"type": "integer", **b})
ENUMS = st.lists(st.integers() | st.text(), min_size=1, max_size=3, unique=True).map(lambda values: {"enum": values})
FORMATS = st.sampled_from(["date", "date-time", "uuid", "email", "ipv4", "ipv6", "uri", "hostname", "time", "duration"])
SCALARS = (
    TEXTS | INTEGERS | ENUMS | st.just({"type": "boolean"}) | FORMATS.map(lambda f: {"type": "string", "format": f})
)


def wider(inner: Any) -> Any:
    arrays = st.tuples(inner, st.integers(0, 3)).map(lambda p: {"type": "array", "items": p[0], "minItems": p[1]})
    objects = st.dictionaries(NAMES, inner, max_size=3).flatmap(
        lambda properties: (
            st.lists(st.sampled_from(sorted(properties)), unique=True).map(
                lambda required: {"type": "object", "properties": properties, "required": required}
            )
            if properties
            else st.just({"type": "object"})
        )
    )
    return arrays | objects | st.lists(inner, min_size=1, max_size=2).map(lambda several: {"anyOf": several})


@given(st.recursive(SCALARS, wider, max_leaves=6))
@settings(max_examples=150, deadline=None)
def test_what_is_made_fits(schema: Any) -> None:
    """A value that is made for a schema fits it, without and with what is optional."""
    value = make(schema)
    validator = jsonschema_rs.validator_for(schema, validate_formats=True)
    assert validator.is_valid(active(value)), active(value)
    if isinstance(value, dict):
        whole = {
            k: v
            for key, inner in value.items()
            for k, v in (key.value.items() if isinstance(key, Disabled) else [(key, inner)])
        }
        assert validator.is_valid(active(whole)), whole


@given(references("SAB"))
@settings(max_examples=300, deadline=None)
def test_what_recurs_fits(schemas: Any) -> None:
    """A value that is made for schemas within each other fits, or it is told that none was found."""
    made = Made(schemas)
    value = active(made.value())
    document = {"$ref": "#/components/schemas/S", "components": {"schemas": schemas}}
    try:
        validator = jsonschema_rs.validator_for(document)
    except ValueError:  # schemas that are each other without an end
        return
    assert validator.is_valid(value) or made.documents.losses, value
