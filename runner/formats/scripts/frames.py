"""Where a script is while it is read: names that it sees, loops and functions that run, and how they have been left.

This file knows what effects are held back until a loop ends, not what they are.
"""

from __future__ import annotations

from typing import Any

from runner.formats.scripts.terms import FALSE
from runner.formats.scripts.values import Value


class Scope:
    """Names that a part of a script sees, each with its value and how many conditions held when it was declared."""

    __slots__ = ("names", "outer")

    def __init__(self, outer: Scope | None = None) -> None:
        self.outer = outer
        self.names: dict[str, tuple[Value, int]] = {}

    def home(self, name: str) -> Scope | None:
        """The nearest scope that has a name."""
        scope: Scope | None = self
        while scope is not None and name not in scope.names:
            scope = scope.outer
        return scope


class Leaving:
    """A loop that is running: under which condition `break` or `continue` has left this turn of it.

    `unknown` says why that cannot be told.
    """

    __slots__ = ("base", "broken", "left", "unknown")

    def __init__(self, base: int) -> None:
        self.unknown = ""
        self.base = base
        self.left: Any = FALSE
        self.broken = False


class Frame:
    """A function that is running: under which condition it has returned, and what; `unknown`: why that is not known."""

    __slots__ = ("base", "results", "returned", "unknown")

    def __init__(self, base: int) -> None:
        self.unknown = ""
        self.base = base
        self.returned: Any = FALSE
        self.results: list[tuple[Any, Value]] = []


class Turn:
    """The one turn of a loop over a list that only the response knows; effects wait for its end."""

    __slots__ = ("base", "carried", "frame", "items", "leaving", "loop", "pending", "results", "returned")

    def __init__(self, loop: int, items: Any, base: int, frame: Frame) -> None:
        #: The function that the loop stands in, with what it had returned before, and what the turn returns.
        self.frame = frame
        self.results = len(frame.results)
        self.returned: list[tuple[Any, Value]] = []
        self.loop = loop
        self.items = items
        self.base = base
        self.leaving = Leaving(base)
        self.pending: list[Any] = []
        self.carried: dict[str, tuple[Scope, Value]] = {}
