"""`runner list`: the requests of collections."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Write = Callable[[str, str], Path]
TEXT = """\
name: Five
environments: {local: {}, prod: {}}
tags: [all]
requests:
  - {name: First, url: "http://h/", tags: [smoke]}
  - name: Group
    requests:
      - {name: Second, url: "http://h/{{env.NOT_SET}}", skip: not now}
"""


def test_list(write: Write, command: Any, tmp_path: Path) -> None:
    """Full names, places, tags and skips are listed, and the environments of the file; no variable is needed."""
    write("a.yaml", TEXT)
    done = command("list", "a.yaml", cwd=tmp_path)
    assert (done.code, done.err) == (0, ""), done.said
    assert done.out.splitlines() == [
        "Five  a.yaml  (environments: local, prod)",
        "  First           a.yaml:5  #all #smoke",
        "  Group / Second  a.yaml:8  #all skipped: not now",
    ]


@pytest.mark.parametrize(
    ("words", "names"),
    [
        (["-k", "Group"], ["Group / Second"]),
        (["-k", "a.yaml:5"], ["First"]),
        (["-t", "smoke"], ["First"]),
        (["--exclude-tag", "smoke"], ["Group / Second"]),
    ],
    ids=lambda value: " ".join(value),
)
def test_selection(write: Write, command: Any, tmp_path: Path, words: list[str], names: list[str]) -> None:
    """What -k, -t and --exclude-tag pick is listed: a rehearsal for run."""
    write("a.yaml", TEXT)
    lines = command("list", "a.yaml", *words, cwd=tmp_path).out.splitlines()[1:]
    assert [line.strip().split("  ")[0] for line in lines] == names


def test_what_is_listed_can_be_selected(write: Write, command: Any, tmp_path: Path) -> None:
    """Every place that list prints is understood by --select."""
    write("a.yaml", TEXT)
    for line in command("list", "a.yaml", cwd=tmp_path).out.splitlines()[1:]:
        name, place = line.strip().split("  ")[0], line.split("a.yaml:")[1].split()[0]
        assert name in command("list", "a.yaml", "-k", f"a.yaml:{place}", cwd=tmp_path).out


def test_nothing(write: Write, command: Any, tmp_path: Path) -> None:
    """An empty selection gives 6, with --allow-empty 0; a broken file gives 3."""
    write("a.yaml", TEXT)
    write("b.yaml", "nope: 1\n")
    assert command("list", "a.yaml", "-k", "x", cwd=tmp_path).code == 6
    assert command("list", "a.yaml", "-k", "x", "--allow-empty", cwd=tmp_path).code == 0
    assert command("list", "b.yaml", cwd=tmp_path).code == 3
    assert command("list", "a.yaml", "--timeout", "1", cwd=tmp_path).code == 2
