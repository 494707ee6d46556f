"""What the tables of functions and methods have in common: their types, and arguments by place.

No function of JavaScript stands here.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from runner.formats.scripts.loops import Loops
from runner.formats.scripts.terms import NULL
from runner.formats.scripts.values import Value

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
