"""What the tables of functions and methods have in common: their types, and arguments by place.

No function of JavaScript stands here.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from runner.formats.scripts import terms
from runner.formats.scripts.loops import Loops
from runner.formats.scripts.terms import NULL
from runner.formats.scripts.values import Value, to_term

#: A method of a value: of the machine, the value and the arguments.
Method = Callable[[Loops, Any, list[Value]], Value]
#: A function that has a path: of the machine, the arguments and the place of the call.
Function = Callable[[Loops, list[Value], Any], Value]


def argument(arguments: list[Value], place: int = 0) -> Value:
    """An argument by its place; JavaScript's undefined where there is none."""
    return arguments[place] if place < len(arguments) else NULL


class _Nowhere:
    start = end = line = 0


#: The place of a call that a method makes itself.
NOWHERE: Any = _Nowhere()


def term_function(function: str) -> Function:
    """A function that JMESPath, or ours, has as it is."""
    return lambda machine, arguments, span: terms.call(function, to_term(argument(arguments)))
