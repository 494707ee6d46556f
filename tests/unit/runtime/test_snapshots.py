"""Files of snapshots: read, written whole, pruned after a run of all requests only."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from runner.engine.plan import Plan
from runner.engine.snapshots import Kept
from runner.errors import UsageError
from runner.redaction import Redactor
from runner.runtime import snapshots
from runner.runtime.snapshots import SnapshotWriter
from runner.runtime.workspace import Workspace

OK = {"status": 200}


@pytest.fixture
def ready(tmp_path: Path, plan: Callable[..., Plan]) -> Callable[..., Plan]:
    """`ready({"A": …})`: a plan whose file of snapshots holds these, or is not there."""

    def make(entries: Mapping[str, Any] | None) -> Plan:
        made = plan("requests: [{name: A, url: 'http://h', snapshot: true}]")
        made.collection.source.path = str(tmp_path / "a.yaml")
        if entries is not None:
            (tmp_path / "a.snap.json").write_text(json.dumps(entries))
        return replace(made, kept=snapshots.read(made.collection.source.path, Workspace(tmp_path)))

    return make


def write(
    plan: Plan, taken: Mapping[str, Any], names: list[str], *, prune: bool, secrets: list[str] | None = None
) -> list[str]:
    writer = SnapshotWriter([plan], prune=prune)
    for name, value in taken.items():
        writer.keep(plan.collection.source.path, name, value)
    writer.finish(plan, [(name, plan.collection.name) for name in names], Redactor(secrets or []))
    return [line.rpartition(": ")[2] for line in writer.lines]


def kept(folder: Path) -> Any:
    return json.loads((folder / "a.snap.json").read_text())


@pytest.mark.parametrize("name", ["a.yaml", "b/a.yml", "a.b.yaml"])
def test_the_file_stands_beside_the_collection(name: str) -> None:
    """`NAME.snap.json` beside `NAME.yaml`."""
    assert snapshots.path_of(name) == Path(name.rpartition(".")[0] + ".snap.json")


def test_a_file_that_is_not_there_holds_nothing(ready: Callable[..., Plan]) -> None:
    """Before the first update there is no file."""
    plan = ready(None)
    assert plan.kept is not None
    assert plan.kept.entries == {}
    assert plan.kept.name.endswith("a.snap.json")


def test_others_are_left_alone(ready: Callable[..., Plan], tmp_path: Path) -> None:
    """Of a selection only what was taken is written; requests that gave no answer keep theirs."""
    old = {"A": OK, "B": OK, "Gone": OK}
    assert write(ready(old), {"A": {"status": 201}}, ["A", "B"], prune=False) == ["1 written"]
    assert kept(tmp_path) == {**old, "A": {"status": 201}}


@pytest.mark.parametrize(
    ("names", "left"),
    [
        (["A", "B"], {"A", "B"}),
        (["A", "Rows [0]", "Rows [1]"], {"A", "Rows [0]"}),
        (["A", "Rows"], {"A", "Rows [0]", "Rows [5]"}),
        (["A", "G / C [0]"], {"A", "G / C [0]"}),
    ],
    ids=["gone", "fewer rows", "rows not run", "group"],
)
def test_a_full_run_removes_what_is_gone(
    names: list[str], left: set[str], ready: Callable[..., Plan], tmp_path: Path
) -> None:
    """Requests that gave no result are gone, and so are rows, unless the request gave no rows at all."""
    old = dict.fromkeys(("A", "B", "Rows [0]", "Rows [5]", "G / C [0]", "Gone"), OK)
    write(ready(old), {}, names, prune=True)
    assert set(kept(tmp_path)) == left


def test_what_is_written_is_the_same_each_time(ready: Callable[..., Plan], tmp_path: Path) -> None:
    """A second update with the same answers changes no byte and does not touch the file."""
    taken = {"B": {"status": 200, "body": {"b": 1, "a": 2}}, "A": OK}
    write(ready(None), taken, ["A", "B"], prune=True)
    path = tmp_path / "a.snap.json"
    before = path.read_bytes(), path.stat().st_ino
    assert write(ready(None), taken, ["B", "A"], prune=True) == ["unchanged"]
    assert (path.read_bytes(), path.stat().st_ino) == before


def test_secrets_that_became_known_later_are_masked(ready: Callable[..., Plan], tmp_path: Path) -> None:
    """What is written passes the Redactor once more, also what was kept before."""
    write(ready({"Old": {"status": 200, "text": "late-secret"}}), {"A": {"status": 200, "text": "a late-secret"}}, ["A", "Old"],
          prune=True, secrets=["late-secret"])  # fmt: skip
    assert kept(tmp_path) == {"Old": {"status": 200, "text": "***"}, "A": {"status": 200, "text": "a ***"}}


def test_a_file_keeps_its_mode_and_a_link_stays_one(ready: Callable[..., Plan], tmp_path: Path) -> None:
    """The file is replaced, but for those who look at it it is the same one."""
    target = tmp_path / "real.json"
    target.write_text("{}")
    target.chmod(0o640)
    (tmp_path / "a.snap.json").symlink_to(target)
    write(replace(ready(None), kept=Kept("a.snap.json", {})), {"A": OK}, ["A"], prune=True)
    assert (tmp_path / "a.snap.json").is_symlink()
    assert (json.loads(target.read_text()), target.stat().st_mode & 0o777) == ({"A": OK}, 0o640)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.snap.json", "real.json"]


def test_a_failed_write_leaves_what_was_there(
    ready: Callable[..., Plan], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All of it or nothing, and nothing is left lying about."""
    plan = ready({"A": OK})
    before = (tmp_path / "a.snap.json").read_bytes()

    def fail(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(OSError, match="No space left"):
        write(plan, {"A": {"status": 500}}, ["A"], prune=True)
    assert (tmp_path / "a.snap.json").read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["a.snap.json"]


def test_a_place_that_cannot_be_written_is_told_first(
    ready: Callable[..., Plan], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before anything is sent."""
    plan = ready(None)
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    with pytest.raises(UsageError, match=r"--update-snapshots: cannot write .*a\.snap\.json"):
        SnapshotWriter([plan], prune=True)
