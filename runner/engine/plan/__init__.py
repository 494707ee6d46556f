"""Collection → Plan: which requests run, in which order, with which settings, and what each one waits for.

    judge every name of the file  →  select  →  add what the selected capture from  →  Steps

All faults of a file are found here before anything is sent. This file reads and sends nothing; the values of variables
are not known to it, only their names.

    iterations · steps ◀── bodies · inherited_auth ◀── judge · selection · columns
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from runner.diagnostics import Diagnostic
from runner.engine import references
from runner.engine.plan.columns import unknown_columns
from runner.engine.plan.iterations import DATA, ITERATION, ONCE, Iteration, Iterations
from runner.engine.plan.judge import Given, Judge
from runner.engine.plan.selection import EVERYTHING, Selection, select, unmatched
from runner.engine.plan.steps import (
    SETUP,
    TEARDOWN,
    Loop,
    Step,
    data_files,
    expand,
    extras,
    files,
    has_environments,
    targets,
    who_captures,
)
from runner.errors import InvalidError
from runner.language.model import Collection, DataFile, Template, Variables
from runner.language.values import Value

if TYPE_CHECKING:
    from runner.engine.schemas import Schemas
    from runner.engine.snapshots import Kept
    from runner.language.rows import Rows

__all__ = [
    "EVERYTHING",
    "ONCE",
    "SETUP",
    "TEARDOWN",
    "Iteration",
    "Iterations",
    "Loop",
    "Plan",
    "Selection",
    "Step",
    "data_files",
    "expand",
    "extras",
    "files",
    "has_environments",
    "make",
    "missing_environment",
    "names",
    "targets",
    "unknown_columns",
    "unmatched",
]


@dataclass(frozen=True, slots=True)
class Plan:
    """What will be done with one collection.

    `steps` are those of its setup, its requests and its teardown, in this order. `known` are all names that the
    file declares or asks for, selected or not. `rows` are those of the data files that it names as they stand, by file
    and path. `schemas` and `kept` snapshots are there where a request is judged by one.
    """

    collection: Collection
    steps: tuple[Step, ...]
    environment: Variables
    environment_name: str = ""
    overrides: Mapping[str, Value] = field(default_factory=dict)
    captured_by: Mapping[str, str] = field(default_factory=dict)
    selected: int = 0
    iterations: Iterations = field(default_factory=Iterations)
    known: frozenset[str] = frozenset()
    rows: Mapping[tuple[str, str | Template], Rows] = field(default_factory=dict)
    schemas: Schemas | None = field(default=None, repr=False)
    kept: Kept | None = field(default=None, repr=False)

    def rows_in(self, loop: Loop) -> int | None:
        """How many rows a loop has, where that is known before anything is sent."""
        over = loop.for_each.over
        if isinstance(over, list):
            return len(over)
        known = self.rows.get((over.span.source.path, over.path)) if isinstance(over, DataFile) else None
        return None if known is None else len(known)


def make(
    collection: Collection,
    *,
    environment: str = "",
    overrides: Mapping[str, Value] | None = None,
    selection: Selection = EVERYTHING,
    any_environment: bool = False,
    iterations: Iterations | None = None,
) -> Plan:
    """The plan of a collection; without selected requests it has no steps.

    With `any_environment` a name that any environment declares counts as defined when none is chosen.

    Raises:
        InvalidError: with every fault of names in the file, selected or not.
    """
    runs = Iterations() if iterations is None else iterations
    steps = list(expand(collection))
    captured_by = who_captures(steps)
    judge = Judge(collection, _given(overrides or {}, environment, any_environment, runs), captured_by)
    steps = judge.steps(steps)
    faults = judge.faults + _same_names(steps)
    if faults:
        raise InvalidError(sorted(faults, key=lambda fault: _place(fault, collection)))
    chosen = select(steps, selection)
    declared = collection.environments.get(environment)
    return Plan(
        collection=collection,
        steps=tuple(step for step in steps if step.name in chosen),
        environment=declared.variables if declared else {},
        environment_name=environment if judge.has_environment else "",
        overrides=overrides or {},
        captured_by=captured_by,
        selected=len(chosen),
        iterations=runs,
        known=judge.known,
    )


def _given(overrides: Mapping[str, Value], environment: str, any_environment: bool, runs: Iterations) -> Given:
    has_data = runs.rows is not None or any_environment  # `check` judges a file for every run that there may be
    return Given(
        names=frozenset(overrides).union(runs.names),
        always=frozenset({ITERATION, DATA} if has_data else {ITERATION}),
        environment=environment,
        any_environment=any_environment,
        missing=runs.missing,
    )


def _same_names(steps: list[Step]) -> list[Diagnostic]:
    """Full names that two requests have: `A / B`, and `B` in the group `A`."""
    seen: dict[str, Step] = {}
    faults = []
    for step in steps:
        first = seen.setdefault(step.name, step)
        if first is not step:
            hint = f"the first is {first.spec.name_span.where}"
            faults.append(Diagnostic(f"two requests have the full name '{step.name}'", step.spec.name_span, hint))
    return faults


def _place(fault: Diagnostic, collection: Collection) -> tuple[str, int]:
    """Faults of the file itself come first."""
    if fault.span is None:
        return "", -1
    return "" if fault.span.source is collection.source else fault.span.source.path, fault.span.start


def names(collection: Collection) -> list[str]:
    """The full names of all requests, in order."""
    return [step.name for step in expand(collection)]


def missing_environment(plan: Plan, present: Mapping[str, str]) -> list[Diagnostic]:
    """A diagnostic for each `env.NAME` that a request to be sent needs and that is not set."""
    found: dict[str, Diagnostic] = {}
    for step in plan.steps:
        for need in () if step.skip else step.needs:
            if need.kind == "env" and not need.optional and need.name not in present:
                found.setdefault(need.name, references.unset(need))
    return list(found.values())
