"""The requests of a plan as exporters see them, in order: `flat_steps`, and what is asked of each.

    Plan ─▶ Step × Scope ─flatten─▶ Flat

This file knows no foreign format.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from runner.engine.plan import Plan
from runner.formats import symbols
from runner.formats.flat import Flat, flatten

_MOST_ROWS = 1000


class Repeated(NamedTuple):
    """A step that is repeated: its request as each row sees it; `rows` are None where they are not known."""

    flat: Flat
    rows: list[Any] | None


def flat_steps(plan: Plan) -> Iterator[Flat | Repeated]:
    """The requests of a plan in order, with what was captured until then."""
    captured: frozenset[str] = frozenset()
    for step in plan.steps:
        scope = symbols.scope_of(plan, step, captured, {})
        flat = flatten(step, scope)
        if step.loops:
            rows = symbols.known_rows(plan, step, scope)
            yield Repeated(flat, rows if rows is not None and len(rows) <= _MOST_ROWS else None)
        else:
            yield flat
        captured |= {capture.name for capture in step.spec.captures}


def in_row(plan: Plan, flat: Flat, row: Any, index: int, captured: frozenset[str]) -> Flat:
    """A repeated request in one of its rows."""
    scope = symbols.scope_of(plan, flat.step, captured, {"item": row, "index": index})
    return flatten(flat.step, scope, f" [{index}]")


def is_sent(flat: Flat) -> bool | None:
    """Whether its `when` and those of its groups let a request pass; None where only a run knows."""
    scope = flat.scope
    found = [None if scope is None else scope.condition(one.expression) for one in flat.step.conditions]
    if any(value is False for value in found):
        return False
    return True if all(value is True for value in found) else None


_STATUS = re.compile(r"status\b")


def expects_success(flat: Flat) -> bool:
    """Whether a status from 400 on is a failure: unless a snapshot or an assertion looks at it and allows it."""
    if flat.spec.snapshot is not None:
        return False
    for assertion, equals, _ in flat.asserts:
        if assertion.that.text == "status" and isinstance(equals, (int, list)):
            allowed = equals if isinstance(equals, list) else [equals]
            return all(isinstance(status, int) and status < 400 for status in allowed)
        if _STATUS.match(assertion.that.text):
            return False
    return True


def by_loop(flats: list[Flat]) -> Iterator[list[Flat]]:
    """The requests in order, those together that share the one loop of their group."""
    together: list[Flat] = []
    for flat in flats:
        if together and not (_is_of_group(flat) and flat.step.loops[0].for_each is together[0].step.loops[0].for_each):
            yield together
            together = []
        if _is_of_group(flat):
            together.append(flat)
        else:
            yield [flat]
    if together:
        yield together


def _is_of_group(flat: Flat) -> bool:
    return len(flat.step.loops) == 1 and flat.step.loops[0].of_group


def goes_alone(plan: Plan, flat: Flat) -> bool:
    """Whether no other request goes through the rows that this one does."""
    loops = {id(loop.for_each) for loop in flat.step.loops if loop.of_group}
    return not any(loops & {id(loop.for_each) for loop in step.loops} for step in plan.steps if step is not flat.step)
