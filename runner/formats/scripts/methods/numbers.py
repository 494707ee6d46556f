"""Methods of numbers, and of random ones with the texts that are made of them.

`Math.random().toString(36).substring(2)` is a random text of a length: neither the number nor its digits are known.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from runner.formats.scripts import terms
from runner.formats.scripts.calls import Method, argument
from runner.formats.scripts.loops import Loops
from runner.formats.scripts.terms import Const
from runner.formats.scripts.values import Fixed, Opaque, Random, RandomText, Value, to_term


def _to_fixed(machine: Loops, owner: Any, arguments: list[Value]) -> Value:
    digits = argument(arguments)
    if isinstance(owner, Const) and isinstance(digits, Const) and isinstance(owner.value, (int, float)):
        return Const(f"{owner.value:.{int(digits.value or 0)}f}")
    return Fixed(owner, int(digits.value or 0)) if isinstance(digits, Const) else Opaque("it rounds to many digits")


NUMBERS: Mapping[str, Method] = {"toFixed": _to_fixed}


def _random_text(machine: Loops, owner: Random, arguments: list[Value]) -> Value:
    return RandomText() if arguments else terms.call("to_string", to_term(owner))


def _cut_random(machine: Loops, owner: RandomText, arguments: list[Value]) -> Value:
    numbers = [argument.value for argument in arguments if isinstance(argument, Const)]
    if not all(isinstance(number, int) for number in numbers):
        return owner
    start, stop = (*numbers, None, None)[:2]
    whole = 11 if stop is None else min(abs(stop), 13)
    return RandomText(max(whole - abs(start or 0), 4))


RANDOM: Mapping[str, Method] = {"toString": _random_text}
RANDOM_TEXT: Mapping[str, Method] = dict.fromkeys(("substring", "substr", "slice"), _cut_random)
