"""How often a collection runs: once for each row of `--data`, as often as `--repeat` says, or once.

The rows come from a file that was read and judged before; this file reads nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from runner.language.values import Value

if TYPE_CHECKING:
    from runner.language.rows import Rows

#: The number of this run of the collection, which is always known, and the row of `--data`.
ITERATION, DATA = "iteration", "data"


class Iteration(NamedTuple):
    """One run of a collection. `number` counts from 0; `variables` are what it gives, `origin` says where from.

    With `last` it stands for several that are not run.
    """

    number: int
    variables: dict[str, Value]
    origin: str
    named: bool = True
    last: int | None = None

    def title(self, name: str) -> str:
        """The name of this run of a collection."""
        if not self.named:
            return name
        return f"{name} [{self.number}]" if self.last is None else f"{name} [{self.number}…{self.last}]"


#: The one run of a collection without --data and --repeat.
ONCE = Iteration(0, {ITERATION: 0}, "this run", named=False)


class Iterations:
    """The runs of a collection, one at a time: every row, and that `repeat` times, numbered through."""

    def __init__(self, rows: Rows | None = None, repeat: int | None = None) -> None:
        self.rows = rows
        self.repeat = repeat

    @property
    def names(self) -> tuple[str, ...]:
        """The variables that every row gives."""
        return () if self.rows is None else self.rows.columns

    def missing(self, name: str) -> str:
        """Why the rows do not give a variable; empty where nothing is known of it."""
        if self.rows is None or name not in self.rows.others:
            return ""
        return f"row {self.rows.others[name]} of {self.rows.source.path} has no '{name}'"

    def __len__(self) -> int:
        return (1 if self.rows is None else len(self.rows)) * (1 if self.repeat is None else self.repeat)

    def __iter__(self) -> Iterator[Iteration]:
        if self.rows is None and self.repeat is None:
            yield ONCE
            return
        number = 0
        for _ in range(self.repeat or 1):
            for row in [None] if self.rows is None else self.rows:
                yield self._iteration(number, row)
                number += 1

    def rest(self, begun: int) -> Iterator[Iteration]:
        """One that stands for all that are left when so many have begun, if any are."""
        last = len(self) - 1
        if begun > last:
            return
        if self.rows is None and self.repeat is None:
            yield ONCE
        else:
            yield Iteration(begun, {ITERATION: begun}, "not run", last=last if last > begun else None)

    def _iteration(self, number: int, row: Value) -> Iteration:
        variables: dict[str, Value] = {ITERATION: number}
        if self.rows is None:
            return Iteration(number, variables, f"run {number}")
        place = number % len(self.rows)
        return Iteration(number, {**row, **variables, DATA: row}, f"row {place} of {self.rows.source.path}")
