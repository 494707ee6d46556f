"""Collection → Plan: which requests run, in which order, with which settings, and what each one waits for.

    judge every name of the file  →  select  →  add what the selected capture from  →  Steps

All faults of a file are found here before anything is sent. This file reads and sends nothing; the values of variables
are not known to it, only their names.

    steps ◀── bodies ◀── judge      steps ◀── selection
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from runner.diagnostics import Diagnostic
from runner.engine import references
from runner.engine.plan.judge import Judge
from runner.engine.plan.selection import EVERYTHING, Selection, select
from runner.engine.plan.steps import Step, expand, extras, files, targets, who_captures
from runner.errors import InvalidError
from runner.language.model import Collection, Variables
from runner.language.values import Value

if TYPE_CHECKING:
    from runner.engine.schemas import Schemas
    from runner.engine.snapshots import Kept

__all__ = [
    "EVERYTHING",
    "Plan",
    "Selection",
    "Step",
    "expand",
    "extras",
    "files",
    "make",
    "missing_environment",
    "names",
    "targets",
]


@dataclass(frozen=True, slots=True)
class Plan:
    """What will be done with one collection.

    `schemas` and `kept` snapshots are there where a request is judged by one.
    """

    collection: Collection
    steps: tuple[Step, ...]
    environment: Variables
    environment_name: str = ""
    overrides: Mapping[str, Value] = field(default_factory=dict)
    captured_by: Mapping[str, str] = field(default_factory=dict)
    selected: int = 0
    schemas: Schemas | None = field(default=None, repr=False)
    kept: Kept | None = field(default=None, repr=False)


def make(
    collection: Collection,
    *,
    environment: str = "",
    overrides: Mapping[str, Value] | None = None,
    selection: Selection = EVERYTHING,
    any_environment: bool = False,
) -> Plan:
    """The plan of a collection; without selected requests it has no steps.

    With `any_environment` a name that any environment declares counts as defined when none is chosen.

    Raises:
        InvalidError: with every fault of names in the file, selected or not.
    """
    given = overrides or {}
    steps = list(expand(collection))
    captured_by = who_captures(steps)
    judge = Judge(collection, environment, given, captured_by, any_environment)
    steps = judge.steps(steps)
    if judge.faults:
        raise InvalidError(sorted(judge.faults, key=lambda fault: fault.span.start if fault.span else -1))
    chosen = select(steps, collection, selection)
    declared = collection.environments.get(environment)
    return Plan(
        collection=collection,
        steps=tuple(step for step in steps if step.name in chosen),
        environment=declared.variables if declared else {},
        environment_name=environment if declared else "",
        overrides=given,
        captured_by=captured_by,
        selected=len(chosen),
    )


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
