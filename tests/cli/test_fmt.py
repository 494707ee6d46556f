"""`runner fmt`: what it changes, what it says, what it refuses."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

UGLY = "name: x   \nrequests:\n- name: a\n  url:   /x  # where\n- name: b\n  url: /y\n"
FINE = "name: x\n\nrequests:\n  - name: a\n    url: /x  # where\n\n  - name: b\n    url: /y\n"


@pytest.fixture
def place(tmp_path: Path) -> Path:
    (tmp_path / "ugly.yaml").write_text(UGLY)
    (tmp_path / "fine.yaml").write_text(FINE)
    return tmp_path


def test_in_place(command: Any, place: Path) -> None:
    """Files are written anew, those that change are named, and a second call has nothing to do."""
    done = command("fmt", ".", cwd=place)
    assert (done.code, done.out, done.err) == (0, "changed  ugly.yaml\n", "")
    assert (place / "ugly.yaml").read_text() == FINE
    done = command("fmt", ".", cwd=place)
    assert (done.code, done.out, done.err) == (0, "", "")


def test_check(command: Any, place: Path) -> None:
    """--check writes nothing, shows what would change, and exits with 1."""
    done = command("fmt", "--check", ".", cwd=place)
    assert (done.code, done.err) == (1, "")
    assert done.out.startswith("would change  ugly.yaml\n    -name: x")
    assert (place / "ugly.yaml").read_text() == UGLY
    assert command("fmt", "--check", "fine.yaml", cwd=place).code == 0


def test_standard_input(command: Any, place: Path) -> None:
    """`-` reads standard input and writes standard output."""
    done = command("fmt", "-", cwd=place, stdin=UGLY)
    assert (done.code, done.out) == (0, FINE)
    assert command("fmt", "--check", "-", cwd=place, stdin=UGLY).code == 1
    assert command("fmt", "--check", "-", cwd=place, stdin=FINE).code == 0


@pytest.mark.parametrize("content", [b"", b"name: x\nrequests: []\n"])
def test_nothing_to_do(command: Any, tmp_path: Path, content: bytes) -> None:
    """An empty file stays empty, and a file in this style as it is."""
    (tmp_path / "x.yaml").write_bytes(content)
    done = command("fmt", "x.yaml", cwd=tmp_path)
    assert (done.code, done.out, (tmp_path / "x.yaml").read_bytes()) == (0, "", content)


def test_line_ends_of_windows(command: Any, tmp_path: Path) -> None:
    """Lines end as everywhere, also those of a block text."""
    (tmp_path / "x.yaml").write_bytes(b"a: |\r\n  x\r\n\r\n  y\r\n")
    assert command("fmt", "x.yaml", cwd=tmp_path).code == 0
    assert (tmp_path / "x.yaml").read_bytes() == b"a: |\n  x\n\n  y\n"


def test_faults(command: Any, place: Path, write: Callable[[str, str], Path]) -> None:
    """A file that is not YAML is a diagnostic with exit code 3 and stays as it is; the others are written."""
    write("broken.yaml", "requests: [\n")
    done = command("fmt", ".", cwd=place)
    assert done.code == 3
    assert "broken.yaml:1:12" in done.err
    assert (place / "broken.yaml").read_text() == "requests: [\n"
    assert (place / "ugly.yaml").read_text() == FINE


def test_a_missing_file(command: Any, place: Path) -> None:
    """A path that is not there is an error."""
    assert command("fmt", "nothing.yaml", cwd=place).code == 3


def test_what_is_no_regular_file(tmp_path: Path) -> None:
    """A device or a pipe is not replaced by a file."""
    from runner.cli.fmt import _file
    from runner.diagnostics import Source
    from runner.errors import InvalidError

    os.mkfifo(tmp_path / "pipe.yaml")
    with pytest.raises(InvalidError, match="is no regular file"):
        _file(Source("pipe.yaml", UGLY), tmp_path / "pipe.yaml", False, True)
    assert (tmp_path / "pipe.yaml").is_fifo()
