"""From paths and options to plans: every named file is read and judged first, and all faults come in one go.

What `check`, `plan`, `list` and `run` share. Nothing is sent from here.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from runner.diagnostics import Diagnostic, Span, did_you_mean, nearest
from runner.engine import plan as planning
from runner.engine.plan import Iterations, Plan, Selection, Step
from runner.engine.scope import EnvironmentVariables
from runner.errors import InvalidError, NothingSelected
from runner.language import document
from runner.language.model import RESERVED_NAMES, Collection, Template
from runner.language.values import Value
from runner.redaction import MASK
from runner.runtime.extras import is_missing, missing_words
from runner.runtime.workspace import Workspace

if TYPE_CHECKING:
    from runner.engine.schemas import Schemas
    from runner.engine.snapshots import Kept
    from runner.language.rows import Rows


@dataclass(slots=True, eq=False)
class Options:
    """What was asked for. `variables` are those of `--var`; `env_files` those of `--env-file`.

    `data` is the path of a file with rows. `shard` is (I, N): the I-th of N parts, from 1.
    """

    paths: Sequence[str] = ("requests",)
    environment: str = ""
    variables: Mapping[str, Value] = field(default_factory=dict)
    env_files: Sequence[str] = ()
    selection: Selection = field(default_factory=Selection)
    allow_empty: bool = False
    any_environment: bool = False
    root: Path | None = None
    data: str = ""
    repeat: int | None = None
    shard: tuple[int, int] = (1, 1)


@dataclass(slots=True, eq=False)
class Project:
    """The files of a run, read."""

    workspace: Workspace
    options: Options
    collections: list[Collection]
    iterations: Iterations = field(default_factory=Iterations)
    #: What is odd, but no fault; filled by `plans`.
    warnings: list[Diagnostic] = field(default_factory=list)
    _rows: dict[str, Rows] = field(default_factory=dict)
    _schemas: Schemas | None = None

    def plans(self) -> list[Plan]:
        """A plan for each file; all are judged before the first fault ends it.

        Raises:
            InvalidError: with every fault of every file.
        """
        plans, faults = self._planned()
        if faults:
            raise InvalidError(faults)
        self.warnings = list(dict.fromkeys(self._odd(plans)))
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
        return plans, list(dict.fromkeys(faults))

    def _odd(self, plans: list[Plan]) -> Iterator[Diagnostic]:
        """What was asked for and is nowhere: a word of the selection, a name of --var."""
        for collection in self.collections:
            yield from collection.warnings
        if not any(plan.steps for plan in plans):
            return  # told as an error
        yield from self._odd_words()
        known = frozenset(name for plan in plans for name in plan.known)
        for name in self.options.variables:
            if name not in known:
                hint = did_you_mean(name, sorted(known))
                yield Diagnostic(f"--var {name}: no file has a variable of this name", None, hint, severity="warning")

    def _odd_words(self) -> Iterator[Diagnostic]:
        selection = self.options.selection
        if not selection.names and not selection.lines:
            return
        every = [step for collection in self.collections for step in planning.expand(collection)]
        names = [step.name for step in every]
        for word in planning.unmatched(every, selection):
            yield Diagnostic(f"no request is selected by '{word}'", None, did_you_mean(word, names), severity="warning")

    def _plan(self, collection: Collection) -> Plan:
        options = self.options
        try:
            plan = planning.make(
                collection,
                environment=options.environment,
                overrides=options.variables,
                selection=options.selection,
                any_environment=options.any_environment,
                iterations=self.iterations,
            )
        except InvalidError as error:
            faults = [*error.diagnostics, *self._schema_faults(planning.expand(collection))]
            raise InvalidError(_in_order(faults, collection)) from None
        faults = self._missing_files(plan) + self._schema_faults(plan.steps)
        rows = self._data_of(plan, faults)
        faults += planning.unknown_columns(plan.steps, self.iterations.rows, rows)
        kept = self._kept(plan, faults)
        if faults:
            raise InvalidError(_in_order(faults, collection))
        return replace(plan, schemas=self._schemas, kept=kept, rows=rows)

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
        schemas = [step.spec.schema for step in steps if step.spec.schema is not None]
        if not schemas:
            return []
        if self._schemas is None:
            from runner.engine.schemas import Schemas

            self._schemas = Schemas(self.workspace)
        return self._schemas.faults_of(schemas)

    def _data_of(self, plan: Plan, faults: list[Diagnostic]) -> dict[tuple[str, str | Template], Rows]:
        """The rows of the data files that requests name as they stand."""
        found: dict[tuple[str, str | Template], Rows] = {}
        for over in (over for step in plan.steps for over in planning.data_files(step)):
            key = over.span.source.path, over.path
            try:
                if key not in found:
                    found[key] = self._rows_in(self.workspace.locate(key[0], str(over.path)))
            except ValueError as error:
                faults.append(Diagnostic(f"'for_each': {error}", over.span))
            except InvalidError as error:
                faults += error.diagnostics
        return found

    def _rows_in(self, path: str) -> Rows:
        """The rows of a file, read once however many files name it."""
        from runner.language import rows

        if path not in self._rows:
            self._rows[path] = rows.read(self.workspace.data(Path(path)))
        return self._rows[path]

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
        chosen = [plan for plan in plans if plan.steps]
        if not chosen and not self.options.allow_empty:
            raise NothingSelected(_why_empty(plans, self.options.selection, self.collections))
        if chosen and not len(self.iterations) and not self.options.allow_empty:
            raise NothingSelected(f"{self.options.data} holds no row")
        part, parts = self.options.shard
        chosen = chosen[part - 1 :: parts]
        faults = [fault for plan in chosen for fault in planning.missing_environment(plan, env)]
        faults += _missing_extras(chosen)
        if faults:
            raise InvalidError(list(dict.fromkeys(faults)))
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
    library = document.Library(workspace.other)
    faults: list[Diagnostic] = []
    collections: list[Collection] = []
    for path in workspace.collections(options.paths):
        try:
            collections.append(library.load(workspace.source(path)))
        except InvalidError as error:
            faults += error.diagnostics
    iterations = _iterations(options, workspace, collections, faults)
    project = Project(workspace, options, collections, iterations)
    if faults:
        raise InvalidError(list(dict.fromkeys(faults + project.faults())))
    _check_environment(options.environment, collections)
    return project


def _in_order(faults: list[Diagnostic], collection: Collection) -> list[Diagnostic]:
    """Each fault once: those of the collection's own file first, then those of the files that it names."""
    own = collection.source

    def place(fault: Diagnostic) -> tuple[str, int]:
        if fault.span is None:
            return "", -1
        return "" if fault.span.source is own else fault.span.source.path, fault.span.start

    return sorted(dict.fromkeys(faults), key=place)


def _iterations(
    options: Options, workspace: Workspace, collections: list[Collection], faults: list[Diagnostic]
) -> Iterations:
    """How often each collection runs: the rows of --data, and --repeat."""
    if not options.data:
        return Iterations(None, options.repeat)
    from runner.language import rows

    try:
        source = workspace.data(Path(options.data))
        if any(name in source.text for collection in collections for name in collection.secrets):
            source.mask = lambda line: MASK  # a fault in a row of passwords shows none
        return Iterations(rows.read(source, taken=RESERVED_NAMES), options.repeat)
    except InvalidError as error:
        faults += error.diagnostics
        return Iterations(None, options.repeat)


def _check_environment(name: str, collections: list[Collection]) -> None:
    """A file without environments takes any; but some file must have the one that was asked for."""
    if name and not any(planning.has_environments(collection) for collection in collections):
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
