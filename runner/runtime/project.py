"""From paths and options to plans: every named file is read and judged first, and all faults come in one go.

What `check`, `plan`, `list` and `run` share. Nothing is sent from here.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from runner.diagnostics import Diagnostic, Span, nearest
from runner.engine import plan as planning
from runner.engine.plan import Plan, Selection, Step
from runner.engine.scope import EnvironmentVariables
from runner.errors import InvalidError, NothingSelected
from runner.language import document
from runner.language.model import Collection
from runner.language.values import Value
from runner.runtime.extras import is_missing, missing_words
from runner.runtime.workspace import Workspace

if TYPE_CHECKING:
    from runner.engine.schemas import Schemas
    from runner.engine.snapshots import Kept


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
    _schemas: Schemas | None = None

    def plans(self) -> list[Plan]:
        """A plan for each file; all are judged before the first fault ends it.

        Raises:
            InvalidError: with every fault of every file.
        """
        plans, faults = self._planned()
        if faults:
            raise InvalidError(faults)
        return plans

    def faults(self) -> list[Diagnostic]:
        """Every fault of every file that could be read, for those beside one that could not: all in one go."""
        return self._planned()[1]

    def _planned(self) -> tuple[list[Plan], list[Diagnostic]]:
        faults: list[Diagnostic] = []
        plans: list[Plan] = []
        for collection in self.collections:
            try:
                plans.append(self._plan(collection))
            except InvalidError as error:
                faults += error.diagnostics
        return plans, faults

    def _plan(self, collection: Collection) -> Plan:
        options = self.options
        try:
            plan = planning.make(
                collection,
                environment=options.environment,
                overrides=options.variables,
                selection=options.selection,
                any_environment=options.any_environment,
            )
        except InvalidError as error:
            faults = [*error.diagnostics, *self._schema_faults(planning.expand(collection))]
            raise InvalidError(_in_order(faults)) from None
        faults = _in_order(self._missing_files(plan) + self._schema_faults(plan.steps))
        kept = self._kept(plan, faults)
        if faults:
            raise InvalidError(faults)
        return replace(plan, schemas=self._schemas, kept=kept)

    def _kept(self, plan: Plan, faults: list[Diagnostic]) -> Kept | None:
        """The snapshots of the file, where a request is compared with one; adds what is wrong with them."""
        if not any(step.spec.snapshot for step in plan.steps):
            return None
        from runner.runtime import snapshots

        try:
            return snapshots.read(plan.collection.source.path, self.workspace)
        except InvalidError as error:
            faults += error.diagnostics
            return None

    def _schema_faults(self, steps: Iterable[Step]) -> list[Diagnostic]:
        """What is wrong with the schemas that judge requests."""
        faults: list[Diagnostic] = []
        for step in steps:
            if step.spec.schema is not None:
                if self._schemas is None:
                    from runner.engine.schemas import Schemas

                    self._schemas = Schemas(self.workspace)
                faults += self._schemas.faults(step.spec.schema)
        return faults

    def _missing_files(self, plan: Plan) -> list[Diagnostic]:
        """What is wrong with files that requests name as they stand; those of templates are judged when they are used.

        A file that an earlier request saves need not be there yet.
        """
        found: dict[Span, Diagnostic] = {}
        saved: set[str] = set()

        def read(source: str, path: str) -> None:
            if str(self.workspace.within(source, path)) not in saved:
                self.workspace.locate(source, path)

        def write(source: str, path: str) -> None:
            saved.add(self.workspace.place(source, path))

        for step in plan.steps:
            for look, named in ((read, planning.files(step)), (write, planning.targets(step))):
                for name, path, span in named:
                    try:
                        look(span.source.path, path)
                    except ValueError as error:
                        found.setdefault(span, Diagnostic(f"'{name}': {error}", span))
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
            InvalidError: a file, a name or an environment variable is not valid, or a package is missing.
            NothingSelected: no request is left, unless that is allowed.
        """
        plans = self.plans()
        env = self.environment()
        faults = [fault for plan in plans for fault in planning.missing_environment(plan, env)]
        faults += _missing_extras(plans)
        if faults:
            raise InvalidError(faults)
        chosen = [plan for plan in plans if plan.steps]
        if not chosen and not self.options.allow_empty:
            raise NothingSelected(_why_empty(plans, self.options.selection, self.collections))
        return chosen, env


def _missing_extras(plans: Iterable[Plan]) -> list[Diagnostic]:
    """A diagnostic for each place that asks for a package which is not installed."""
    steps = (step for plan in plans for step in plan.steps if not step.skip)
    wanted = {span: extra for step in steps for extra, span in planning.extras(step)}
    return [
        Diagnostic(message, span, hint)
        for span, extra in wanted.items()
        if is_missing(extra)
        for message, hint in [missing_words(extra)]
    ]


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
    project = Project(workspace, options, collections)
    if faults:
        raise InvalidError(faults + project.faults())
    _check_environment(options.environment, collections)
    return project


def _in_order(faults: list[Diagnostic]) -> list[Diagnostic]:
    return sorted(faults, key=lambda fault: fault.span.start if fault.span else -1)


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
