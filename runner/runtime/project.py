"""From paths and options to plans: every named file is read and judged first, and all faults come in one go.

What `check`, `plan`, `list` and `run` share. Nothing is sent from here.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from runner.diagnostics import Diagnostic, Span, nearest
from runner.engine import plan as planning
from runner.engine.plan import Plan, Selection
from runner.engine.scope import EnvironmentVariables
from runner.errors import InvalidError, NothingSelected
from runner.language import document
from runner.language.model import Collection
from runner.language.values import Value
from runner.runtime.workspace import Workspace


@dataclass(slots=True, eq=False)
class Options:
    """What was asked for. `variables` are those of `--var`; `env_files` those of `--env-file`."""

    paths: Sequence[str] = ("requests",)
    environment: str = ""
    variables: Mapping[str, Value] = field(default_factory=dict)
    env_files: Sequence[str] = ()
    selection: Selection = field(default_factory=Selection)
    allow_empty: bool = False
    any_environment: bool = False
    root: Path | None = None


@dataclass(slots=True, eq=False)
class Project:
    """The files of a run, read."""

    workspace: Workspace
    options: Options
    collections: list[Collection]

    def plans(self) -> list[Plan]:
        """A plan for each file; all are judged before the first fault ends it.

        Raises:
            InvalidError: with every fault of every file.
        """
        faults: list[Diagnostic] = []
        plans: list[Plan] = []
        for collection in self.collections:
            try:
                plans.append(self._plan(collection))
            except InvalidError as error:
                faults += error.diagnostics
        if faults:
            raise InvalidError(faults)
        return plans

    def _plan(self, collection: Collection) -> Plan:
        options = self.options
        plan = planning.make(
            collection,
            environment=options.environment,
            overrides=options.variables,
            selection=options.selection,
            any_environment=options.any_environment,
        )
        faults = list(self._missing_files(plan))
        if faults:
            raise InvalidError(faults)
        return plan

    def _missing_files(self, plan: Plan) -> list[Diagnostic]:
        """Files that requests name as they stand; one that a template names is looked for when it is used."""
        found: dict[Span, Diagnostic] = {}
        for step in plan.steps:
            for name, path, span in planning.files(step):
                if span in found:
                    continue
                try:
                    self.workspace.locate(span.source.path, path)
                except ValueError as error:
                    found[span] = Diagnostic(f"'{name}': {error}", span)
        return list(found.values())

    def environment(self) -> EnvironmentVariables:
        """`env`: the process environment and the `.env` files.

        Raises:
            InvalidError: a `.env` file is missing or not valid.
        """
        return EnvironmentVariables(os.environ, self.workspace.environment_files(self.options.env_files))

    def ready_plans(self) -> tuple[list[Plan], EnvironmentVariables]:
        """Plans with at least one request, and the environment variables that they need.

        Raises:
            InvalidError: a file, a name or an environment variable is not valid.
            NothingSelected: no request is left, unless that is allowed.
        """
        plans = self.plans()
        env = self.environment()
        faults = [fault for plan in plans for fault in planning.missing_environment(plan, env)]
        if faults:
            raise InvalidError(faults)
        chosen = [plan for plan in plans if plan.steps]
        if not chosen and not self.options.allow_empty:
            raise NothingSelected(_why_empty(plans, self.options.selection, self.collections))
        return chosen, env


def open_project(options: Options) -> Project:
    """Reads every file that the options name.

    Raises:
        InvalidError: with every fault of every file.
    """
    workspace = Workspace(options.root)
    faults: list[Diagnostic] = []
    collections: list[Collection] = []
    for path in workspace.collections(options.paths):
        try:
            collections.append(document.load(workspace.source(path)))
        except InvalidError as error:
            faults += error.diagnostics
    if faults:
        faults += _plan_faults(collections, options)
        raise InvalidError(faults)
    _check_environment(options.environment, collections)
    return Project(workspace, options, collections)


def _plan_faults(collections: list[Collection], options: Options) -> list[Diagnostic]:
    """Faults of names in files that were readable beside one that was not: all in one go."""
    faults: list[Diagnostic] = []
    for collection in collections:
        try:
            planning.make(
                collection,
                environment=options.environment,
                overrides=options.variables,
                any_environment=options.any_environment,
            )
        except InvalidError as error:
            faults += error.diagnostics
    return faults


def _check_environment(name: str, collections: list[Collection]) -> None:
    """A file without environments takes any; but some file must have the one that was asked for."""
    if name and not any(collection.environments for collection in collections):
        message = f"unknown environment '{name}': no file declares environments"
        raise InvalidError([Diagnostic(message, hint="declare it under 'environments'")])


def _why_empty(plans: list[Plan], selection: Selection, collections: list[Collection]) -> str:
    if not selection.picks and not selection.excluded:
        return "no request in these files"
    wanted = [*selection.names, *(f"{path}:{line}" for path, line in selection.lines)]
    names = [name for c in collections for name in planning.names(c)] if wanted else []
    tags = sorted(selection.tags | selection.excluded)
    if tags and any(word in names for word in wanted):
        return f"no request is left of {', '.join(map(repr, wanted))} after selecting by tags ({', '.join(tags)})"
    if wanted:
        return f"no request is selected by {', '.join(map(repr, wanted))}{_nearest_of(wanted[0], names)}"
    return f"no request is left after selecting by tags ({', '.join(tags)})"


def _nearest_of(word: str, names: list[str]) -> str:
    near = nearest(word, names)
    if near:
        return f": did you mean '{near}'?"
    return f"; there are: {', '.join(names[:8])}{', …' if len(names) > 8 else ''}"
