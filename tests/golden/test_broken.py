"""Golden pairs: a broken file, and the diagnostics that a user sees.

`UPDATE_GOLDEN=1 pytest tests/golden` writes what is printed now; read the difference before you commit it.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
BROKEN = sorted((HERE / "broken").glob("*.yaml"))


def check(*arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Runs `runner run` in a folder, where nothing may be sent."""
    command = [sys.executable, "-m", "runner", "run", *arguments]
    environment = {**os.environ, "NO_COLOR": "1", "PYTHONUTF8": "1"}
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, env=environment, timeout=60, check=False)


@pytest.mark.parametrize("path", BROKEN, ids=lambda path: path.stem)
def test_broken_file(path: Path) -> None:
    """A broken file gives its diagnostics on standard error, exit code 3, and nothing else."""
    done = check(path.name, folder=path.parent)
    golden = path.with_suffix(".txt")
    if os.environ.get("UPDATE_GOLDEN"):
        golden.write_text(done.stderr)
    assert done.stderr == golden.read_text()
    assert (done.returncode, done.stdout) == (3, "")
    assert "Traceback" not in done.stderr


def test_missing_file(tmp_path: Path) -> None:
    """A path that does not exist is named, with the nearest one that does."""
    (tmp_path / "graph.yaml").write_text("requests: []")
    done = check("grahp.yaml", folder=tmp_path)
    assert (done.returncode, done.stdout) == (3, "")
    assert done.stderr == "error: no such file or folder: grahp.yaml\n  did you mean 'graph.yaml'?\n"


def test_folder_without_collections(tmp_path: Path) -> None:
    """A folder without request files is an error that says how they are named."""
    (tmp_path / "_base.yaml").write_text("requests: []")
    done = check(".", folder=tmp_path)
    assert done.returncode == 3
    assert "no request files in ." in done.stderr
    assert ".yaml or .yml" in done.stderr


def test_unknown_environment(tmp_path: Path) -> None:
    """An environment that a file does not have is an error with the nearest name."""
    (tmp_path / "a.yaml").write_text("environments: {local: {}}\nrequests: [{name: A, url: http://127.0.0.1:1/}]\n")
    done = check("a.yaml", "-e", "locla", folder=tmp_path)
    assert done.returncode == 3
    assert "unknown environment 'locla'" in done.stderr
    assert "a.yaml:1:16" in done.stderr
    assert "did you mean 'local'?" in done.stderr


def test_environment_that_no_file_has(tmp_path: Path) -> None:
    """An environment is an error when no file declares any."""
    (tmp_path / "a.yaml").write_text("requests: [{name: A, url: http://127.0.0.1:1/}]\n")
    assert check("a.yaml", "-e", "prod", folder=tmp_path).returncode == 3


@pytest.mark.parametrize(
    "text",
    ["[" * 50_000, "- " * 50_000, "{a: " * 50_000, '["]", ' * 50_000, "? " * 50_000],
    ids=["brackets", "dashes", "braces", "fooling", "questions"],
)
def test_deep_nesting(tmp_path: Path, text: str) -> None:
    """50,000 nested levels are refused before they reach the parser's stack."""
    (tmp_path / "deep.yaml").write_text(text)
    done = check("deep.yaml", folder=tmp_path)
    assert (done.returncode, done.stdout) == (3, "")
    assert "nested deeper than 100 levels" in done.stderr


def test_large_file(tmp_path: Path) -> None:
    """A file of 50 MB is refused by its size, unread."""
    with (tmp_path / "large.yaml").open("wb") as file:
        file.truncate(50_000_000)
    done = check("large.yaml", folder=tmp_path)
    assert done.returncode == 3
    assert "large.yaml:1:1" in done.stderr
    assert "50 MB" in done.stderr


def test_invalid_utf8(tmp_path: Path) -> None:
    """A byte that is not UTF-8 is shown at its line and column."""
    (tmp_path / "latin.yaml").write_bytes("name: Käse\nrequests: []\n".encode("latin-1"))
    done = check("latin.yaml", folder=tmp_path)
    assert done.returncode == 3
    assert "latin.yaml:1:8" in done.stderr
    assert "byte 0xe4" in done.stderr


def test_all_files_in_one_go(tmp_path: Path) -> None:
    """The faults of all files are told at once, and a good file beside them is not run."""
    (tmp_path / "a.yaml").write_text("requests: [{name: A, url: 'http://127.0.0.1:1/{{x}}'}]\n")
    (tmp_path / "b.yaml").write_text("request: []\n")
    (tmp_path / "c.yaml").write_text("requests: [{name: C, url: http://127.0.0.1:1/}]\n")
    done = check(".", folder=tmp_path)
    assert (done.returncode, done.stdout) == (3, "")
    assert "undefined variable 'x'" in done.stderr
    assert "unknown key 'request'" in done.stderr


def test_missing_environment_variables(tmp_path: Path) -> None:
    """Every environment variable that a request needs is asked for before anything is sent."""
    lines = "variables: {a: '{{env.NOT_SET_A}}'}\nrequests: [{name: A, url: 'http://127.0.0.1:1/{{a}}/{{env.NOT_SET_B}}'}]\n"
    (tmp_path / "a.yaml").write_text(lines)
    done = check("a.yaml", folder=tmp_path)
    assert (done.returncode, done.stdout) == (3, "")
    assert "environment variable 'NOT_SET_A' is not set" in done.stderr
    assert "environment variable 'NOT_SET_B' is not set" in done.stderr
