"""Files of snapshots: `NAME.snap.json` beside `NAME.yaml`, read before a run and, on request, written after it.

This file knows no response; what a snapshot is and how two are compared is `engine.snapshots`.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from runner.engine import snapshots
from runner.engine.plan import Plan
from runner.engine.snapshots import Kept
from runner.errors import UsageError
from runner.language.values import Value
from runner.redaction import Redactor
from runner.runtime.workspace import Workspace, display


def path_of(collection: str) -> Path:
    """Where the snapshots of a request file are."""
    return Path(collection).with_suffix(".snap.json")


def read(collection: str, workspace: Workspace) -> Kept:
    """The snapshots of a request file; none where it has no file of them yet.

    Raises:
        InvalidError: the file cannot be read, or is damaged.
    """
    path = path_of(collection)
    return snapshots.parse(workspace.source(path)) if path.exists() else Kept(display(path), {})


class SnapshotWriter:
    """Takes the snapshots of a run and writes them, each file whole when the run is done.

    With `prune` what is kept of requests that are no longer there goes: only after a run of all requests.
    """

    def __init__(self, plans: Iterable[Plan], *, prune: bool) -> None:
        self._prune = prune
        self._lock = threading.Lock()
        self._taken: dict[str, dict[str, Value]] = {}
        #: What was done, in words, one line a file.
        self.lines: list[str] = []
        for plan in plans:
            path = path_of(plan.collection.source.path)
            if plan.kept is not None and not os.access(path if path.exists() else path.parent, os.W_OK):
                raise UsageError(f"--update-snapshots: cannot write {plan.kept.name}")

    def keep(self, collection: str, name: str, taken: Value) -> None:
        """Takes the snapshot of a request, by its full name. Any thread may call."""
        with self._lock:
            self._taken.setdefault(collection, {})[name] = taken

    def finish(self, plan: Plan, names: Iterable[tuple[str, str]], redactor: Redactor) -> None:
        """Writes what was taken of a collection; `names` are those of all its results, each with that of its run.

        Secrets that became known meanwhile are masked as well.

        Raises:
            OSError: the file cannot be written; what was there is still there.
        """
        if plan.kept is None:
            return
        taken = self._taken.pop(plan.collection.source.path, {})
        entries = {**plan.kept.entries, **taken}
        if self._prune:
            there = {snapshots.key(name, title, plan.collection.name) for name, title in names}
            entries = {name: entry for name, entry in entries.items() if _is_there(name, there)}
        masked = redactor.apply(entries)
        self._write(plan, masked, len(taken))

    def _write(self, plan: Plan, entries: dict[str, Value], taken: int) -> None:
        assert plan.kept is not None
        path = path_of(plan.collection.source.path)
        removed = len(plan.kept.entries.keys() - entries.keys())
        if not taken and not removed:
            return
        text = snapshots.dump(entries)
        changed = sum(plan.kept.entries.get(name) != entry for name, entry in entries.items())
        if not path.exists() or path.read_text("utf-8") != text:
            _replace(path, text)
        told = ", ".join(f"{number} {word}" for number, word in ((changed, "written"), (removed, "removed")) if number)
        self.lines.append(f"{plan.kept.name}: {told or 'unchanged'}")


def _is_there(name: str, there: set[str]) -> bool:
    """Whether a request gave a result; a row of one that gave none counts while the request itself did."""
    return name in there or name.rpartition(" [")[0] in there


def _replace(path: Path, text: str) -> None:
    """All of it or nothing, also for a process that dies midway; a link stays one."""
    target = path.resolve()
    temporary = target.with_name(f".{target.name}.{os.urandom(4).hex()}.tmp")
    try:
        with temporary.open("x", encoding="utf-8", newline="\n") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        if target.exists():
            temporary.chmod(target.stat().st_mode & 0o777)
        temporary.replace(target)
    finally:
        with suppress(FileNotFoundError):
            temporary.unlink()
