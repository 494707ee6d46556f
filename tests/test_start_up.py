"""What each command imports: `--help` click alone, `check` the language, only `run` the network."""

from __future__ import annotations

import os
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
#: Third-party packages, and modules of Python that cost milliseconds.
THIRD = {"click", "yaml", "jmespath", "httpx", "httpcore", "h11", "h2", "anyio", "certifi", "idna", "rich"}
HEAVY = {"ssl", "asyncio", "http.server", "urllib.request", "email", "importlib.metadata", "unittest", "doctest"}


@cache
def imported(*arguments: str) -> frozenset[str]:
    """The modules that a command has imported when it ends, and how it ended."""
    code = (
        "import atexit, sys\n"
        "atexit.register(lambda: print(*sys.modules, file=sys.stderr))\n"
        f"sys.argv = ['runner', *{arguments!r}]\n"
        "from runner.cli import main\n"
        "main()\n"
    )
    environment = {name: value for name, value in os.environ.items() if "proxy" not in name.lower()}
    words = [sys.executable, "-c", code]
    environment |= {"NO_COLOR": "1", "PYTHONUTF8": "1"}
    done = subprocess.run(words, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode in (0, 4), done.stderr
    return frozenset(done.stderr.splitlines()[-1].split())


def third_parties(*arguments: str) -> set[str]:
    return {name.split(".")[0] for name in imported(*arguments)} & THIRD


HELP = ("--help",)
CHECK = ("check", "examples/01-first-request.yaml")
LIST = ("list", "examples/01-first-request.yaml")
PLAN = ("plan", "examples/01-first-request.yaml")
RUN = ("run", "examples/01-first-request.yaml", "-v", "api=http://127.0.0.1:1")


@pytest.mark.parametrize("words", [HELP, ("--version",)], ids=" ".join)
def test_help(words: tuple[str, ...]) -> None:
    """--help and --version import click and no module of ours but the command line."""
    assert third_parties(*words) == {"click"}
    ours = {name for name in imported(*words) if name.split(".")[0] == "runner"}
    assert ours == {"runner", "runner.cli", "runner.version"}


@pytest.mark.parametrize("words", [CHECK, LIST, PLAN], ids=lambda words: words[0])
def test_reading(words: tuple[str, ...]) -> None:
    """check, list and plan add yaml and jmespath: no HTTP, no TLS."""
    assert third_parties(*words) == {"click", "yaml", "jmespath"}
    assert imported(*words) & HEAVY == set()
    assert not any(name.startswith("runner.runtime.transport") for name in imported(*words))


def test_run() -> None:
    """run adds httpx and what it stands on, and no part of Python that it has no use for."""
    assert {"click", "yaml", "jmespath", "httpx", "httpcore"} <= third_parties(*RUN)
    assert imported(*RUN) & {"http.server", "importlib.metadata", "unittest", "doctest"} == set()


@pytest.mark.parametrize("words", [HELP, CHECK, LIST, PLAN, RUN], ids=lambda words: words[0])
def test_only_what_is_asked_for(words: tuple[str, ...]) -> None:
    """A command imports no other command, and nothing of the demo."""
    others = {f"runner.cli.{name}" for name in ("run", "check", "plan", "listing", "demo")} - {
        f"runner.cli.{ {'list': 'listing'}.get(words[0], words[0]) }"
    }
    assert imported(*words) & others == set()
    assert not any(name.startswith("runner.demo") for name in imported(*words))
