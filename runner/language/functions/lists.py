"""Functions over lists, objects and numbers. Integers are exact; what no float can hold is refused."""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping
from typing import Any

from runner.language.functions.signature import Expression, Refused, function, is_false, unfit
from runner.language.values import Value

_LONGEST_RANGE = 1_000_000


@function()
def uuid() -> Value:
    """A random UUID (RFC 9562, version 4)."""
    from uuid import uuid4

    return str(uuid4())


def _integer(value: Any, place: int) -> int:
    if isinstance(value, float) and not value.is_integer():
        raise unfit("an integer", place, value)
    return int(value)


@function("number", "number")
def random_int(low: Any, high: Any) -> Value:
    """A random integer from `low` to `high`, both among them."""
    from random import randint

    least, most = _integer(low, 0), _integer(high, 1)
    if least > most:
        raise Refused(f"wants its 1st argument not above its 2nd, they are {least} and {most}", 0)
    return randint(least, most)


@function("number")
def range_(count: Any) -> Value:
    """The integers from 0 up to, but not including, `count`."""
    number = _integer(count, 0)
    if not 0 <= number <= _LONGEST_RANGE:
        raise unfit(f"an integer from 0 to {_LONGEST_RANGE}", 0, count)
    return list(range(number))


@function("array", "expression")
def all_(elements: list[Value], expression: Expression) -> Value:
    """Whether the expression is true for every element; true for none."""
    return not any(is_false(expression(element)) for element in elements)


@function("array", "expression")
def any_(elements: list[Value], expression: Expression) -> Value:
    """Whether the expression is true for an element; false for none."""
    return any(not is_false(expression(element)) for element in elements)


@function("object", "string")
def has(object_: Mapping[str, Value], key: str) -> Value:
    """Whether an object has a key, null or not."""
    return key in object_


@function("array")
def unique(elements: list[Value]) -> Value:
    """The elements without those that equal an earlier one."""
    seen: dict[Hashable, Value] = {}
    for element in elements:
        seen.setdefault(_identity(element), element)
    return list(seen.values())


def _identity(value: Value) -> Hashable:
    """Something to hash: of two values it is the same exactly where `values.equal` holds."""
    if isinstance(value, bool):
        return ("boolean", value)
    if isinstance(value, list):
        return ("array", *map(_identity, value))
    if isinstance(value, Mapping):
        return frozenset((key, _identity(member)) for key, member in value.items())
    return value  # type: ignore[no-any-return]  # text, number, null and bytes hash as they compare


def _finite(value: Any) -> Value:
    if isinstance(value, float) and not math.isfinite(value):
        raise OverflowError
    return value


@function("number", "number")
def add(left: Any, right: Any) -> Value:
    """The sum of two numbers."""
    return _finite(left + right)


@function("number", "number")
def subtract(left: Any, right: Any) -> Value:
    """The first number less the second."""
    return _finite(left - right)


@function("number", "number")
def multiply(left: Any, right: Any) -> Value:
    """The product of two numbers."""
    return _finite(left * right)


@function("number", "number")
def divide(left: Any, right: Any) -> Value:
    """The quotient of two numbers: an integer where two integers divide without remainder."""
    if right == 0:
        raise Refused("cannot divide by zero", 1)
    if isinstance(left, int) and isinstance(right, int) and left % right == 0:
        return left // right
    return _finite(left / right)


@function("number", "number")
def modulo(left: Any, right: Any) -> Value:
    """The remainder of a division; it has the sign of the divisor."""
    if right == 0:
        raise Refused("cannot divide by zero", 1)
    return left % right
