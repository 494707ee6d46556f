"""`runner run --watch`: runs again what a changed file touches, until Ctrl-C.

    run ──▶ which files it touched ──▶ wait for a change ──▶ which collections that concerns ──▶ run …

A collection touches its own file and those that it names. A `.env` file concerns all collections, and so does a file
that nobody names but that may be meant: a base, data that a template names.
"""

from __future__ import annotations

import os
import sys
import time
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
    began: float = 0.0
    ended: float = 0.0
    _stale: bool = True
    _folders: frozenset[Path] = frozenset()
    _changes: Iterator[set[Path]] = field(default_factory=lambda: iter(()))

    def run(self, paths: Sequence[str], run: Run) -> int:
        """Runs these files; a file that is not valid is told of, and no reason to stop."""
        again = bool(self.ended)
        self.began, self._stale = time.time(), True
        try:
            self.seen = self._collections()
            project = open_project(replace(self.options, paths=paths, allow_empty=again or self.options.allow_empty))
            plans, env = project.ready_plans()
            self.touched |= {plan.collection.source.path: _touched(plan, project.workspace) for plan in plans}
            self.failed = []
            return run(plans, env)
        except UsageError:
            raise  # no file that changes would mend it
        except RunnerError as error:
            self.failed = list(paths)
            return report_error(error)
        finally:
            self.ended = time.time()

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

    def _next(self, changes: Callable[[Iterable[Path]], Iterator[set[Path]]]) -> set[Path]:
        """What has changed; empty where nothing has for a while."""
        folders = frozenset(self._to_watch()) if self._stale else self._folders
        if folders == self._folders:
            changed = next(self._changes)
        else:
            self._folders, self._changes = folders, changes(sorted(folders))
            changed = next(self._changes) | self._missed()
        self._stale = bool(changed)
        return changed

    def _missed(self) -> set[Path]:
        """What changed before anyone watched: files in a new folder, and those of the run since it began."""
        new = self._collections() - self.seen
        self.seen |= new
        touched = {path for paths in self.touched.values() for path in paths if path.exists()}
        return new | {path for path in touched if path.stat().st_mtime > self.began}

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

    def _environment_files(self) -> list[Path]:
        named = self.options.env_files or [str((self.options.root or Path.cwd()) / ".env")]
        return [Path(name).resolve() for name in named]

    def _concerned(self, changed: set[Path]) -> list[str]:
        files = {path for path in changed if str(path) not in self.outputs}
        if files & set(self._environment_files()):
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
        """Whether a collection is to be run again; its own file may have been saved while it was running."""
        source = Path(name)
        return source.exists() and (source.resolve() in touched or any(map(self._is_news, touched)))

    def _is_news(self, path: Path) -> bool:
        """Whether a file was changed since the run, and not by it; our own output is no news."""
        try:
            found = path.stat()
            ours = any(os.path.samestat(found, os.fstat(stream.fileno())) for stream in (sys.stdout, sys.stderr))
        except OSError:
            return False
        return found.st_mtime > self.ended and not ours

    def _collections(self) -> set[Path]:
        try:
            return {path.resolve() for path in Workspace(self.options.root).collections(self.options.paths)}
        except RunnerError:
            return set()


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
