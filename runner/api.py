"""Running collections from Python: the functions behind `runner.run` and its neighbours.

Nothing is written to the terminal; results and events are values.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from os import PathLike, fspath
from pathlib import Path
from typing import TYPE_CHECKING, Any

from runner.diagnostics import Diagnostic, Source
from runner.engine.build import Flags
from runner.engine.events import Event, Listener
from runner.engine.plan import Plan, Selection
from runner.engine.results import RunResult
from runner.errors import InvalidError
from runner.language import document
from runner.language.model import Collection
from runner.language.values import Value
from runner.runtime.project import Options, open_project
from runner.runtime.workspace import Workspace

if TYPE_CHECKING:
    from runner.runtime.execute import Settings
    from runner.runtime.transport import Transport

Paths = str | PathLike[str] | Iterable[str | PathLike[str]]


def loads(text: str, path: str = "<text>") -> Collection:
    """The collection that a YAML text declares; `path` names it in messages.

    Raises:
        InvalidError: with every fault of the text.
    """
    return document.load(Source(path, text))


def load(path: str | PathLike[str]) -> Collection:
    """The collection in a file.

    Raises:
        InvalidError: the file cannot be read or is not valid.
    """
    workspace = Workspace()
    return document.load(workspace.source(Path(path)), workspace.other)


def check(paths: Paths, *, env: str = "", variables: Mapping[str, Value] | None = None) -> list[Diagnostic]:
    """Every fault of the files that paths name, as `runner check` finds them; empty when all is well."""
    try:
        open_project(_options(paths, env, variables, any_environment=True)).plans()
    except InvalidError as error:
        return list(error.diagnostics)
    return []


def make_plan(paths: Paths, *, env: str = "", variables: Mapping[str, Value] | None = None) -> list[Plan]:
    """What a run of these files would do, one Plan a file.

    Raises:
        InvalidError: a file or an environment variable is not valid.
        NothingSelected: the files hold no request.
    """
    return open_project(_options(paths, env, variables)).ready_plans()[0]


def run(
    paths: Paths,
    *,
    env: str = "",
    variables: Mapping[str, Value] | None = None,
    select: Sequence[str] = (),
    tags: Iterable[str] = (),
    jobs: int = 0,
    fail_fast: bool = False,
    overlap: bool = False,
    data: str | PathLike[str] = "",
    repeat: int | None = None,
    timeout: float | None = None,
    update_snapshots: bool = False,
    listeners: Sequence[Listener] = (),
    transport: Transport | None = None,
) -> RunResult:
    """Runs collections. `timeout` in seconds; `transport` sends in place of the network.

    `jobs` collections are run side by side (0: at most 8, repeated ones in turn), and with `overlap` as many safe
    requests of each. Each runs once for every row of the file `data` (CSV, JSON or YAML), and `repeat` times.
    With `update_snapshots` what comes back is kept as the new snapshots.

    Raises:
        InvalidError: a file, name or environment variable is not valid; nothing was sent.
        NothingSelected: no request is left to run.
    """
    from runner.runtime import execute

    selection = Selection(names=tuple(select), tags=frozenset(tags))
    chosen = _options(paths, env, variables, selection=selection, data=fspath(data), repeat=repeat)
    plans, settings = _ready(chosen)
    settings.jobs, settings.fail_fast, settings.listeners = jobs, fail_fast, listeners
    settings.overlap = overlap
    settings.flags = Flags(timeout=timeout)
    settings.transport = transport
    if update_snapshots:
        from runner.runtime.snapshots import SnapshotWriter

        settings.snapshots = SnapshotWriter(plans, prune=not (select or tags))
    return execute.run(plans, settings)


def stream(paths: Paths, *, env: str = "", variables: Mapping[str, Value] | None = None) -> Iterator[Event]:
    """Runs collections and yields each event as it comes.

    Raises:
        InvalidError: as `run`.
        NothingSelected: as `run`.
    """
    from runner.runtime import execute

    plans, settings = _ready(_options(paths, env, variables))
    yield from execute.stream(plans, settings)


def _ready(options: Options) -> tuple[list[Plan], Settings]:
    from runner.runtime.execute import Settings

    project = open_project(options)
    plans, environment = project.ready_plans()
    return plans, Settings(environment, project.workspace)


def _options(paths: Paths, env: str, variables: Mapping[str, Value] | None, **more: Any) -> Options:
    names = [fspath(paths)] if isinstance(paths, (str, PathLike)) else [fspath(path) for path in paths]
    return Options(names, env, variables or {}, **more)
