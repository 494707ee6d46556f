"""Which request comes next, in which row: `for_each` unrolled one row at a time, so that no list of steps is built.

    steps ──▶ Turn, Turn, …        a loop: look at its list ──▶ for each row its steps ──▶ gather what they captured

A loop that cannot begin is one Turn that stands for all of its steps. Turns are asked for one by one: when the next is
asked for, the last has been run. Steps that may overlap are a Run instead, whose turns are asked for ahead (`ahead`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from runner.diagnostics import Source, Span
from runner.engine.flow.gathering import Gathered, Ungathered
from runner.engine.flow.scopes import scope_at
from runner.engine.flow.session import State
from runner.engine.overlap import run_at
from runner.engine.plan import TEARDOWN, Loop, Step
from runner.engine.plan.steps import Condition
from runner.engine.references import Need
from runner.engine.scope import Row, Scope, resolve
from runner.errors import InvalidError, ResolveError
from runner.language.model import DataFile, Declared, Expression
from runner.language.values import Value, as_text, kind

if TYPE_CHECKING:
    from runner.language.rows import Rows

EMPTY = "for_each: the list is empty"


class Turn(NamedTuple):
    """A request in a row of each of its loops.

    With `loop` it stands for all `steps` of a loop that cannot begin, because of `reason` or `fault`.
    """

    step: Step
    rows: tuple[Row, ...] = ()
    loop: Loop | None = None
    steps: tuple[Step, ...] = ()
    reason: str = ""
    fault: ResolveError | None = None

    @property
    def name(self) -> str:
        """The full name, with the number of each row."""
        name = self.loop.name if self.loop is not None else self.step.name
        return name + "".join(f" [{row.values['index']}]" for row in self.rows)

    @property
    def span(self) -> Span:
        return self.loop.span if self.loop is not None else self.step.spec.name_span


class Run(NamedTuple):
    """Neighbouring steps that may overlap, in a row of each loop around them."""

    steps: tuple[Step, ...]
    rows: tuple[Row, ...]


def turns(state: State) -> Iterator[Turn | Run]:
    """All turns of a collection, in order."""
    return _unrolled(state.plan.steps, (), state)


def ahead(run: Run, state: State) -> Iterator[Turn]:
    """The turns of a run, each as it would be if it stood alone; what they capture is gathered by `Settling`."""
    depth = len(run.rows)
    for step in run.steps:
        if len(step.loops) == depth:
            yield Turn(step, run.rows)
            continue
        for turn in _rounds(step.loops[depth], (step,), run.rows, state, Ungathered()):
            assert isinstance(turn, Turn), "a single request is no run"
            yield turn


def _unrolled(steps: Sequence[Step], rows: tuple[Row, ...], state: State) -> Iterator[Turn | Run]:
    depth, position = len(rows), 0
    while position < len(steps):
        step = steps[position]
        end = run_at(steps, position, depth) if state.overlap else position
        if end > position:
            yield Run(tuple(steps[position:end]), rows)
            position = end
            continue
        if len(step.loops) == depth:
            yield Turn(step, rows)
            position += 1
            continue
        loop, begin = step.loops[depth], position
        while position < len(steps) and loop in steps[position].loops:
            position += 1
        inside = tuple(steps[begin:position])
        yield from _rounds(loop, inside, rows, state, Gathered(inside, state))


def _rounds(
    loop: Loop, steps: tuple[Step, ...], rows: tuple[Row, ...], state: State, gathered: Gathered | Ungathered
) -> Iterator[Turn | Run]:
    first = steps[0]
    instead = Turn(first, rows, loop, steps)
    try:
        reason = state.held(first) or loop.skip or unmet(loop.needs, first, state)
        reason = reason or unfulfilled(loop.conditions, first, rows, state)
        if reason:
            yield instead._replace(reason=reason)
            return
        found = rows_of(loop, first, rows, state)
    except ResolveError as error:
        yield instead._replace(fault=error)
        return
    index = -1
    for index, item in enumerate(found.items):
        if index and (held := state.held(first)):
            gathered.lack(held)
            yield instead._replace(reason=f"{held} ({found.number - index:,} of {found.number:,} rows)")
            break
        gathered.begin()
        row = Row({"item": item, "index": index}, f"row {index} of {found.origin}", loop.depth, found.secret)
        yield from _unrolled(steps, (*rows, row), state)
        gathered.add()
    if index < 0:
        yield instead._replace(reason=EMPTY)
    gathered.keep(empty=index < 0)


# --- the rows of a loop --------------------------------------------------------------------------------------------


class Found(NamedTuple):
    """The rows of a loop: `number` of them, from `origin`."""

    items: Iterable[Value]
    number: int
    origin: str
    secret: bool = False


def rows_of(loop: Loop, step: Step, rows: tuple[Row, ...], state: State) -> Found:
    """The rows of a loop, within those of the loops around it.

    Raises:
        ResolveError: the list has no value, or is none; a data file cannot be read.
    """
    over = loop.for_each.over
    scope = scope_at(step, rows, loop.depth, state)
    if isinstance(over, DataFile):
        data = state.plan.rows.get((over.span.source.path, over.path)) or _read(over, scope)
        return Found(data, len(data), data.source.path)
    with scope.watching() as watch:
        items = _listed(over, loop, scope)
    return Found(items, len(items), "for_each", watch.secret)


def _listed(over: list[Declared] | Expression, loop: Loop, scope: Scope) -> list[Value]:
    if isinstance(over, list):
        return [resolve(item, scope) for item in over]
    items = scope.evaluate(over)
    if not isinstance(items, list):
        raise ResolveError(f"'for_each' must give a list, this is {kind(items)}", loop.for_each.span)
    return items


def _read(over: DataFile, scope: Scope) -> Rows:
    """The rows of a file that a template names: only now is it known which one that is."""
    from runner.language import rows

    try:
        path = as_text(resolve(over.path, scope))
        located = scope.shared.locate(path, over.span)
        return rows.read(Source(path, scope.shared.files.read(located)))
    except ValueError as error:
        raise ResolveError(f"'for_each': {error}", over.span) from None
    except InvalidError as error:
        first = error.diagnostics[0]
        raise ResolveError(f"'for_each': {first.message}", first.span or over.span, first.hint) from None


# --- what must be there before -------------------------------------------------------------------------------------


def unmet(needs: Iterable[Need], step: Step, state: State) -> str:
    """The capture that is waited for in vain; empty where all are there."""
    for need in needs:
        if need.kind == "capture" and not need.optional and (reason := _why_not(need, step, state)):
            return f"waits for '{need.name}': {reason}"
    return ""


def _why_not(need: Need, step: Step, state: State) -> str:
    name = need.name
    if name in state.captures.values:
        return "" if step.part == TEARDOWN else state.partial.get(name, "")  # teardown takes what there is
    if name in state.untaken:
        return state.untaken[name]
    return "" if need.fallback else f"'{state.plan.captured_by[name]}', which captures it, is not selected"


def unfulfilled(conditions: Iterable[Condition], step: Step, rows: tuple[Row, ...], state: State) -> str:
    """The `when` that is not true; empty where all are.

    Raises:
        ResolveError: one has no value, or gives neither true nor false.
    """
    for expression, depth in conditions:
        value = scope_at(step, rows, depth, state).evaluate(expression)
        if value is None or value is False:
            return f"when: {expression.text} is {'null' if value is None else 'false'}"
        if value is not True:
            raise ResolveError(f"'when' must give true or false, this is {kind(value)}", expression.span)
    return ""
