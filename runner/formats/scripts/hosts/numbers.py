"""Numbers: what makes them, `Math`, and random ones.

A number that is random, or the clock's, stays what it is until it is rounded.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

from runner.formats.scripts import logic, terms
from runner.formats.scripts.calls import Function, argument, term_function
from runner.formats.scripts.kinds import kind
from runner.formats.scripts.loops import Loops
from runner.formats.scripts.terms import NULL, Const
from runner.formats.scripts.values import Date, Fixed, Millis, Opaque, Random, Value, to_term
from runner.language.values import number


def _to_number(machine: Loops, arguments: list[Value], span: Any) -> Value:
    """`Number(value)` and its kin."""
    value = argument(arguments)
    if isinstance(value, (Millis, Random)):
        return value
    if isinstance(value, Date):
        return Millis(value.iso)
    if isinstance(value, Fixed):
        return _to_digits(value)
    term = to_term(value)
    if isinstance(term, Const):
        found = number(term.value.strip()) if isinstance(term.value, str) else term.value
        return Const(found) if isinstance(found, (int, float)) else Opaque("it is no number")
    return term if kind(term) == "number" else terms.call("to_number", term)


def _to_digits(value: Fixed) -> Any:
    """A number rounded to digits."""
    scale = Const(10**value.digits)
    whole = terms.call("floor", terms.call("add", terms.call("multiply", value.term, scale), Const(0.5)))
    return terms.call("divide", whole, scale)


def _rounded(function: Callable[[float], int], name: str) -> Function:
    def method(machine: Loops, arguments: list[Value], span: Any) -> Value:
        value = argument(arguments)
        if isinstance(value, Random):
            return machine.fresh(_random_integer(value, name))
        if isinstance(value, Millis):
            return value
        term = to_term(value)
        if isinstance(term, Const) and isinstance(term.value, (int, float)):
            return Const(function(term.value))
        if kind(term) == "number" and isinstance(term, terms.Apply) and term.function in _WHOLE:
            return term
        if name == "round":
            return terms.call("floor", terms.call("add", term, Const(0.5)))
        return terms.call(name, term)

    return method


_WHOLE = ("timestamp", "length", "random_int")


def _random_integer(value: Random, name: str) -> Any:
    low = math.ceil(value.offset) if name == "ceil" else math.floor(value.offset)
    high = math.ceil(value.offset + value.scale) - (0 if name != "floor" else 1)
    return terms.call("random_int", Const(low), Const(max(low, high)))


def _least(name: str) -> Function:
    def method(machine: Loops, arguments: list[Value], span: Any) -> Value:
        found = [to_term(value) for value in arguments]
        known = [term.value for term in found if isinstance(term, Const)]
        if len(known) == len(found) and known:
            return Const(min(known) if name == "min" else max(known))
        return terms.call(name, terms.ListOf(tuple(found)))

    return method


def _random(machine: Loops, arguments: list[Value], span: Any) -> Value:
    return Random()


def _lodash_random(machine: Loops, arguments: list[Value], span: Any) -> Value:
    bounds = [argument_.value for argument_ in arguments if isinstance(argument_, Const)]
    low, high = (bounds[0], bounds[1]) if len(bounds) > 1 else (0, bounds[0] if bounds else 1)
    return machine.fresh(terms.call("random_int", Const(low), Const(high)))


def _is_nan(machine: Loops, arguments: list[Value], span: Any) -> Value:
    term = to_term(argument(arguments))
    if kind(term) == "number" and isinstance(term, terms.Apply) and term.function == "to_number":
        return logic.compare("==", term, NULL)
    return logic.compare("==", terms.call("to_number", term), NULL)


def _is_integer(machine: Loops, arguments: list[Value], span: Any) -> Value:
    term = to_term(argument(arguments))
    whole = logic.compare("==", terms.call("floor", term), term)
    return logic.both(logic.compare("==", terms.call("type", term), Const("number")), whole)


FUNCTIONS: Mapping[str, Function] = {
    "Number": _to_number, "parseInt": _to_number, "parseFloat": _to_number, "Number.parseInt": _to_number,
    "Number.parseFloat": _to_number, "_.parseInt": _to_number, "_.toNumber": _to_number,
    "Math.floor": _rounded(math.floor, "floor"), "Math.ceil": _rounded(math.ceil, "ceil"),
    "Math.round": _rounded(round, "round"), "Math.trunc": _rounded(math.trunc, "floor"),
    "Math.abs": term_function("abs"), "Math.min": _least("min"), "Math.max": _least("max"), "Math.random": _random,
    "_.random": _lodash_random, "isNaN": _is_nan, "Number.isNaN": _is_nan, "Number.isInteger": _is_integer,
}  # fmt: skip
