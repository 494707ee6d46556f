"""Which request comes next, in which row: `for_each` unrolled one row at a time, so that no list of steps is built.

    steps ──▶ Turn, Turn, …        a loop: look at its list ──▶ for each row its steps ──▶ gather what they captured

A loop that cannot begin is one Turn that stands for all of its steps. Turns are asked for one by one: when the next is
asked for, the last has been run.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from runner.diagnostics import Source, Span
from runner.engine.flow.scopes import scope_at
from runner.engine.flow.session import State
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


def turns(state: State) -> Iterator[Turn]:
    """All turns of a collection, in order."""
    return _unrolled(state.plan.steps, (), state)


def _unrolled(steps: Sequence[Step], rows: tuple[Row, ...], state: State) -> Iterator[Turn]:
    depth, position = len(rows), 0
    while position < len(steps):
        step = steps[position]
        if len(step.loops) == depth:
            yield Turn(step, rows)
            position += 1
            continue
        loop, begin = step.loops[depth], position
        while position < len(steps) and loop in steps[position].loops:
            position += 1
        yield from _rounds(loop, tuple(steps[begin:position]), rows, state)


def _rounds(loop: Loop, steps: tuple[Step, ...], rows: tuple[Row, ...], state: State) -> Iterator[Turn]:
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
    gathered = _Gathered(steps, state)
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


# --- what the rows of a loop capture -------------------------------------------------------------------------------

_ABSENT = object()


class _Gathered:
    """The captures of a loop's rows. A row sees its own and those from before the loop, not those of another row."""

    def __init__(self, steps: tuple[Step, ...], state: State) -> None:
        self._state = state
        self._taken: dict[str, list[Value]] = {c.name: [] for step in steps for c in step.spec.captures}
        self._lacking: dict[str, str] = {}
        self._passed: dict[str, str] = {}
        self._before = {name: state.captures.values.get(name, _ABSENT) for name in self._taken}
        self._untaken = {name: state.untaken.get(name) for name in self._taken}

    def begin(self) -> None:
        """Another row."""
        state = self._state
        for name, value in self._before.items():
            state.partial.pop(name, None)
            state.untaken.pop(name, None)
            state.captures.values.pop(name, None)
            if value is not _ABSENT:
                state.captures.values[name] = value
            elif (reason := self._untaken[name]) is not None:
                state.untaken[name] = reason
        state.fresh -= self._taken.keys()
        state.passed -= self._taken.keys()

    def add(self) -> None:
        """A row is done."""
        state = self._state
        for name, values in self._taken.items():
            if name in state.fresh:
                values.append(state.captures.values[name])
            elif name in state.passed:
                self._passed[name] = state.untaken.get(name, "")
            else:
                self._lacking.setdefault(name, state.untaken.get(name, ""))
            if name in state.partial:
                self._lacking.setdefault(name, state.partial[name])

    def lack(self, reason: str) -> None:
        """What is left of the rows is not run."""
        for name in self._taken:
            self._lacking.setdefault(name, reason)

    def keep(self, *, empty: bool) -> None:
        """After the loop a name stands for the list of all rows' values."""
        state = self._state
        self.begin()
        for name, values in self._taken.items():
            if values or empty:
                state.untaken.pop(name, None)
                state.captures.values[name] = values
                state.fresh.add(name)
                if name in self._lacking:
                    state.partial[name] = self._lacking[name]
            elif name in self._lacking:
                state.captures.values.pop(name, None)
                state.untaken[name] = self._lacking[name]
            else:
                state.passed.add(name)
                if self._passed.get(name):
                    state.untaken[name] = self._passed[name]
