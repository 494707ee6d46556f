"""`runner run --watch`: runs again what a changed file touches, until Ctrl-C.

    run ──▶ which files it touched ──▶ wait for a change ──▶ which collections that concerns ──▶ run …

A collection touches its own file and those that it names. A `.env` file concerns all collections, and so does a file
that nobody names but that may be meant: a base, data that a template names.

Whether a file has changed is told by its stamp, never by a clock: the clock of a file system lags behind the system's.
The watcher only says when to look; what it does not hear of (network folders) is looked at between its waits.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from runner.cli.printing import report_error
from runner.diagnostics import escape
from runner.engine import plan as planning
from runner.engine.plan import Plan
from runner.errors import ExitCode, RunnerError, UsageError
from runner.reporters.style import styler_for
from runner.runtime.project import Options, open_project
from runner.runtime.workspace import Workspace, display

#: What a file may be called that concerns a run although nobody names it.
_MEANT = (".yaml", ".yml", ".json", ".csv", ".graphql")

#: How long one wait for a change is.
_WAIT_MS = 300

#: Runs plans with an environment; gives the exit code.
Run = Callable[[Sequence[Plan], Any], int]

#: What differs between two states of a file: modification time in ns, size in bytes, inode; None where there is none.
Stamp = tuple[int, int, int] | None


def watch(options: Options, run: Run, outputs: Iterable[str]) -> int:
    """Runs, and again after each change; `outputs` are the paths that the run itself writes.

    Raises:
        UsageError: the watcher is not installed.
        KeyboardInterrupt: Ctrl-C while nothing runs.
    """
    changes = _watcher()
    watched = _Watched(options, frozenset(os.path.realpath(path) for path in outputs))
    paths: Sequence[str] = options.paths
    while True:
        if watched.run(paths, run) == ExitCode.INTERRUPTED:
            return ExitCode.INTERRUPTED
        paths = watched.wait(changes)


def _watcher() -> Callable[[Iterable[Path]], Iterator[set[Path]]]:
    try:
        import watchfiles
    except ModuleNotFoundError:
        raise UsageError("--watch needs the package watchfiles: pip install 'request-runner[watch]'") from None

    def changes(folders: Iterable[Path]) -> Iterator[set[Path]]:
        found = watchfiles.watch(
            *folders, watch_filter=None, recursive=False, rust_timeout=_WAIT_MS, yield_on_timeout=True
        )
        return ({Path(path).resolve() for _, path in changed} for changed in found)

    return changes


@dataclass(slots=True, eq=False)
class _Watched:
    """What was run last, and which files that touched."""

    options: Options
    outputs: frozenset[str]
    touched: dict[str, set[Path]] = field(default_factory=dict)
    failed: list[str] = field(default_factory=list)
    seen: set[Path] = field(default_factory=set)
    stamps: dict[Path, Stamp] = field(default_factory=dict)
    _stale: bool = True
    _folders: frozenset[Path] = frozenset()
    _changes: Iterator[set[Path]] = field(default_factory=lambda: iter(()))

    def run(self, paths: Sequence[str], run: Run) -> int:
        """Runs these files; a file that is not valid is told of, and no reason to stop."""
        again = bool(self.stamps)
        self._stale = True
        self.seen = self._collections()
        read = _stamps(self.seen | self._known())
        sources = {*self.seen, *self._environment_files()}
        try:
            project = open_project(replace(self.options, paths=paths, allow_empty=again or self.options.allow_empty))
            plans, env = project.ready_plans()
            self.touched |= {plan.collection.source.path: _touched(plan, project.workspace) for plan in plans}
            sources |= {Path(source.path).resolve() for plan in plans for source in plan.collection.sources}
            read = _stamps(sources) | read
            self.failed = []
            return run(plans, env)
        except UsageError:
            raise  # no file that changes would mend it
        except RunnerError as error:
            self.failed = list(paths)
            return report_error(error)
        finally:
            # A run may write what a later one reads, which is no news; a collection that was saved meanwhile is.
            self.stamps = _stamps(self._in_sight()) | {path: read[path] for path in read.keys() & sources}

    def wait(self, changes: Callable[[Iterable[Path]], Iterator[set[Path]]]) -> list[str]:
        """The files to run after the next change that concerns any."""
        styler = styler_for(sys.stderr)
        print(styler("time", "watching for changes; Ctrl-C ends it"), file=sys.stderr, flush=True)
        while True:
            changed = self._next(changes)
            paths = self._concerned(changed)
            if paths:
                names = ", ".join(escape(display(path)) for path in sorted(changed))
                print(f"\n{styler('name', f'changed: {names}')}", file=sys.stderr, flush=True)
                return paths
            self.stamps |= _stamps(changed)

    def _next(self, changes: Callable[[Iterable[Path]], Iterator[set[Path]]]) -> set[Path]:
        """What has changed; empty where nothing has for a while."""
        folders = frozenset(self._to_watch()) if self._stale else self._folders
        if folders == self._folders:
            changed = next(self._changes)
        else:
            self._folders, self._changes = folders, changes(sorted(folders))
            changed = next(self._changes) | self._new()
        changed |= {path for path in self._known() if self._is_news(path)}
        self._stale = bool(changed)
        return changed

    def _new(self) -> set[Path]:
        """The collections that came before anyone watched their folder."""
        new = self._collections() - self.seen
        self.seen |= new
        return new

    def _to_watch(self) -> Iterator[Path]:
        """The folders in which a change may concern the run; folders below them are in the list themselves."""
        for path in map(Path, self.options.paths):
            if path.is_dir():
                yield from (Path(folder).resolve() for folder, _, _ in os.walk(path) if not _is_hidden(folder, path))
            elif path.parent.is_dir():
                yield path.parent.resolve()
        for touched in self.touched.values():
            yield from (path.parent for path in touched if path.parent.is_dir())
        yield from (path.parent for path in self._environment_files() if path.parent.is_dir())

    def _known(self) -> set[Path]:
        """The files that are named, and `.env`."""
        return set().union(self._environment_files(), *self.touched.values())

    def _in_sight(self) -> set[Path]:
        """These, and those of the watched folders that may be meant."""
        found = (Path(entry.path) for folder in set(self._to_watch()) for entry in _entries(folder))
        return self._known().union(path.resolve() for path in found if path.name.endswith(_MEANT))

    def _environment_files(self) -> list[Path]:
        named = self.options.env_files or [str((self.options.root or Path.cwd()) / ".env")]
        return [Path(name).resolve() for name in named]

    def _concerned(self, changed: set[Path]) -> list[str]:
        files = {path for path in changed if str(path) not in self.outputs}
        if any(map(self._is_news, files & set(self._environment_files()))):
            return list(self.options.paths)
        found = [name for name, touched in self.touched.items() if self._is_changed(name, touched & files)]
        known = set().union(*self.touched.values())
        strange = [path for path in files - known if path.name.endswith(_MEANT) and self._is_news(path)]
        new = [path for path in strange if path in self._collections()]
        if len(new) < len(strange):
            return list(self.options.paths)
        found += map(display, new)
        if self.failed and (found or any(path.name.endswith(_MEANT) and self._is_news(path) for path in files)):
            found = [*self.failed, *found]  # whatever was changed, they may be valid now
        return list(dict.fromkeys(found))

    def _is_changed(self, name: str, touched: set[Path]) -> bool:
        """Whether a collection is to be run again."""
        return Path(name).exists() and any(map(self._is_news, touched))

    def _is_news(self, path: Path) -> bool:
        """Whether a file is not as it was when the run ended, or was read; our own output is no news."""
        stamp = _stamp(path)
        return stamp is not None and stamp != self.stamps.get(path) and not _is_ours(path)

    def _collections(self) -> set[Path]:
        try:
            return {path.resolve() for path in Workspace(self.options.root).collections(self.options.paths)}
        except RunnerError:
            return set()


def _stamp(path: Path) -> Stamp:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino


def _stamps(paths: Iterable[Path]) -> dict[Path, Stamp]:
    return {path: _stamp(path) for path in paths}


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return list(entries)
    except OSError:
        return []  # gone meanwhile


def _is_ours(path: Path) -> bool:
    """Whether standard output or error is written into this file."""
    try:
        found = path.stat()
        return any(os.path.samestat(found, os.fstat(stream.fileno())) for stream in (sys.stdout, sys.stderr))
    except OSError:
        return False


def _is_hidden(folder: str, below: Path) -> bool:
    return any(part.startswith((".", "_")) for part in Path(folder).relative_to(below).parts)


def _touched(plan: Plan, workspace: Workspace) -> set[Path]:
    """Its file, what that extends and includes, and the files that its requests name."""
    found = {Path(source.path).resolve() for source in plan.collection.sources}
    for step in plan.steps:
        named = [(path, span) for _, path, span in planning.files(step)]
        named += [(str(it.path), it.span) for it in planning.data_files(step)]
        for path, span in named:
            with suppress(ValueError):  # judged when the plan was made
                found.add(Path(workspace.locate(span.source.path, path)))
    return found
