"""`runner` itself: help, version, unknown commands, and `python -m runner`."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from runner.cli import cli
from runner.version import __version__

ROOT = Path(__file__).parent.parent.parent
COMMANDS = ("run", "check", "plan", "list", "demo", "init", "schema")


def test_help(command: Any) -> None:
    """--help lists every command in one line each, and the exit codes."""
    done = command("--help")
    assert (done.code, done.err) == (0, ""), done.said
    assert all(f"\n  {name} " in done.out for name in COMMANDS)
    assert "130 interrupted" in done.out
    assert command("-h").out == done.out


@pytest.mark.parametrize("name", COMMANDS)
def test_help_of_commands(name: str) -> None:
    """Every command has a help whose flags each say what they do."""
    result = CliRunner().invoke(cli, [name, "--help"])
    assert result.exit_code == 0
    flags = [line for line in result.output.splitlines() if line.startswith("  -")]
    assert flags
    assert result.output.startswith(f"Usage: cli {name} ")


def test_without_a_command(command: Any) -> None:
    """Without a command the help is shown, and it is a usage error."""
    done = command()
    assert (done.code, done.out) == (2, ""), done.said
    assert "Commands:" in done.err


@pytest.mark.parametrize(
    ("word", "said"),
    [("runn", "did you mean 'run'?"), ("lsit", "did you mean 'list'?"), ("xyzzy", "No such command 'xyzzy'.")],
)
def test_unknown_command(command: Any, word: str, said: str) -> None:
    """An unknown command is a usage error with the nearest name."""
    done = command(word)
    assert (done.code, done.out) == (2, ""), done.said
    assert said in done.err


def test_version(command: Any) -> None:
    """--version names the program and its version."""
    done = command("--version")
    assert (done.code, done.out) == (0, f"runner, version {__version__}\n")


def test_help_into_a_closed_pipe() -> None:
    """A pipe that nobody reads is no failed assertion and no traceback."""
    reading, writing = os.pipe()
    os.close(reading)
    words = [sys.executable, "-m", "runner", "--help"]
    process = subprocess.Popen(words, cwd=ROOT, stdout=writing, stderr=subprocess.PIPE, text=True)
    os.close(writing)
    _, err = process.communicate(timeout=30)
    assert (process.returncode, err) == (141, "")


def test_faults_of_our_own(command: Any, tmp_path: Path) -> None:
    """A fault of the program is one line that says so, and how to see more; no traceback."""
    (tmp_path / "sitecustomize.py").write_text(
        "import runner.runtime.project as p\n"
        "def broken(*a):\n"
        "    raise ZeroDivisionError('of all things')\n"
        "p.open_project = broken\n"
    )
    env = {"PYTHONPATH": f"{tmp_path}{os.pathsep}{ROOT}"}
    done = command("check", "requests", env=env)
    assert (done.code, done.out) == (70, ""), done.said
    assert done.err.startswith("error: internal error: ZeroDivisionError: of all things\n")
    assert "Traceback" not in done.err
    assert "Traceback" in command("check", "requests", env=env | {"RUNNER_TRACEBACK": "1"}).err


@pytest.mark.parametrize("module", ["click", "runner.runtime.project"])
@pytest.mark.parametrize("raised", ["KeyboardInterrupt()", "wrapped()"])
def test_interrupted_at_the_start(command: Any, tmp_path: Path, module: str, raised: str) -> None:
    """Ctrl-C while the program is still being loaded ends it without a word, and without a traceback."""
    (tmp_path / "sitecustomize.py").write_text(
        "import sys\n"
        "def wrapped():\n"
        "    error = RuntimeError('Error calling __set_name__')\n"
        "    error.__cause__ = KeyboardInterrupt()\n"
        "    return error\n"
        "class Signal:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        f"        if name == {module!r}:\n"
        f"            raise {raised}\n"
        "sys.meta_path.insert(0, Signal())\n"
    )
    done = command("check", "requests", env={"PYTHONPATH": f"{tmp_path}{os.pathsep}{ROOT}"})
    assert (done.code, done.said) == (130, "exit code 130"), done.said
