"""JMESPath's own functions (https://jmespath.org/specification.html#built-in-functions), with typed equality.

They differ from jmespath.py where that loses something: numbers keep their spelling, `contains` does not take
`true` for `1`, `to_number` reads what JSON calls a number, and `length` takes bytes.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

from runner.language.functions.signature import Expression, Refused, described, function, unfit
from runner.language.values import Value, as_text, equal, kind, number


@function("number")
def abs_(value: Any) -> Value:
    """The absolute value."""
    return abs(value)


@function("array[number]")
def avg(numbers: list[Any]) -> Value:
    """The mean; null for an empty array."""
    return sum(numbers) / len(numbers) if numbers else None


@function("number")
def ceil(value: Any) -> Value:
    """The next integer up."""
    return math.ceil(value)


@function("array|string", "any")
def contains(subject: Any, search: Value) -> Value:
    """Whether an array holds an element, or a string a part."""
    if not isinstance(subject, str):
        return any(equal(element, search) for element in subject)
    if not isinstance(search, str):
        raise unfit("a string to look for in a string", 1, search)
    return search in subject


@function("string", "string")
def ends_with(subject: str, suffix: str) -> Value:
    """Whether a string ends with another."""
    return subject.endswith(suffix)


@function("number")
def floor(value: Any) -> Value:
    """The next integer down."""
    return math.floor(value)


@function("string", "array[string]")
def join(glue: str, strings: list[str]) -> Value:
    """The strings of an array as one, with `glue` between."""
    return glue.join(strings)


@function("object")
def keys(object_: Mapping[str, Value]) -> Value:
    """The keys of an object."""
    return list(object_)


@function("string|array|object|bytes")
def length(subject: Any) -> Value:
    """The number of characters, elements, keys or bytes."""
    return len(subject)


@function("expression", "array")
def map_(expression: Expression, elements: list[Value]) -> Value:
    """What the expression gives for each element, null too."""
    return [expression(element) for element in elements]


@function("array[number]|array[string]")
def max_(elements: list[Any]) -> Value:
    """The greatest number or string; null for an empty array."""
    return max(elements, default=None)


@function("array", "expression")
def max_by(elements: list[Value], expression: Expression) -> Value:
    """The element for which the expression gives the greatest number or string."""
    return max(elements, key=_key("the greatest", expression), default=None)


@function("object...")
def merge(*objects: Mapping[str, Value]) -> Value:
    """One object of several; the later ones win."""
    merged: dict[str, Value] = {}
    for each in objects:
        merged.update(each)
    return merged


@function("array[number]|array[string]")
def min_(elements: list[Any]) -> Value:
    """The least number or string; null for an empty array."""
    return min(elements, default=None)


@function("array", "expression")
def min_by(elements: list[Value], expression: Expression) -> Value:
    """The element for which the expression gives the least number or string."""
    return min(elements, key=_key("the least", expression), default=None)


@function("any...")
def not_null(*values: Value) -> Value:
    """The first argument that is not null."""
    return next((value for value in values if value is not None), None)


@function("array|string")
def reverse(subject: Any) -> Value:
    """The elements or characters from last to first."""
    return subject[::-1]


@function("array[number]|array[string]")
def sort(elements: list[Any]) -> Value:
    """The numbers or strings in order."""
    return sorted(elements)


@function("array", "expression")
def sort_by(elements: list[Value], expression: Expression) -> Value:
    """The elements in the order of the numbers or strings that the expression gives."""
    return sorted(elements, key=_key("the order", expression))


@function("string", "string")
def starts_with(subject: str, prefix: str) -> Value:
    """Whether a string starts with another."""
    return subject.startswith(prefix)


@function("array[number]")
def sum_(numbers: list[Any]) -> Value:
    """The sum; 0 for an empty array."""
    return sum(numbers)


@function("any")
def to_array(value: Value) -> Value:
    """The array itself, or an array of the one value."""
    return value if isinstance(value, list) else [value]


@function("any")
def to_number(value: Value) -> Value:
    """The number that a string spells as JSON does; a number stays; null for everything else."""
    if isinstance(value, str):
        return number(value)
    return value if kind(value) == "number" else None


@function("any")
def to_string(value: Value) -> Value:
    """Text as it is, numbers as they were spelled, everything else as compact JSON."""
    try:
        return "null" if value is None else as_text(value)
    except ValueError:
        raise Refused("cannot write bytes as text", 0, "base64() can") from None


@function("any")
def type_(value: Value) -> Value:
    """`null`, `boolean`, `number`, `string`, `array`, `object` or `bytes`."""
    return kind(value)


@function("object")
def values(object_: Mapping[str, Value]) -> Value:
    """The values of an object."""
    return list(object_.values())


def _key(what: str, expression: Expression) -> Callable[[Value], Any]:
    """A sort key that takes strings only or numbers only, whichever comes first."""
    first: list[str] = []

    def key(element: Value) -> Any:
        value = expression(element)
        found = kind(value)
        if found not in first:
            if first or found not in ("number", "string"):
                wanted = f"{first[0]}s only, as the first is one" if first else "a number or string"
                raise Refused(f"finds {what} by {wanted}, its 2nd argument gives {described(value)}", 1)
            first.append(found)
        return value

    return key
