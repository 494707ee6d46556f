"""What every test may use: the command as a user starts it, and the samples beside the checkout."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

ROOT = Path(__file__).parent.parent

# No deadline: a slow machine is no failure. In CI the examples are the same each time.
settings.register_profile("local", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("ci", parent=settings.get_profile("local"), derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "local")


@dataclass(frozen=True, slots=True)
class Finished:
    """A command that has ended: its exit code and all that it said."""

    code: int
    out: str
    err: str

    @property
    def said(self) -> str:
        """Standard output and standard error, for messages of failed tests."""
        return f"exit code {self.code}\n{self.out}\n{self.err}".rstrip()


Command = Callable[..., Finished]


def clean_environment(extra: Mapping[str, str]) -> dict[str, str]:
    """The environment of this process without what would change the command's behaviour."""
    unwanted = ("_proxy", "PYTHONWARNINGS", "FORCE_COLOR", "GITHUB_", "SSL_CERT")
    kept = {name: value for name, value in os.environ.items() if not any(u in name for u in unwanted)}
    return kept | {"CI": "", "NO_COLOR": "1", "PYTHONUTF8": "1", "PYTHONPATH": str(ROOT)} | extra


@pytest.fixture(scope="session")
def command() -> Command:
    """`command("run", "file.yaml", cwd=folder)`: the real `runner` in a process of its own."""

    def run(
        *words: object,
        cwd: Path = ROOT,
        env: Mapping[str, str] | None = None,
        timeout: float = 120,
        stdin: str = "",
    ) -> Finished:
        done = subprocess.run(
            [sys.executable, "-m", "runner", *map(str, words)],
            cwd=cwd,
            env=clean_environment(env or {}),
            input=stdin,
            capture_output=True,
            timeout=timeout,
            encoding="utf-8",
            check=False,
        )
        return Finished(done.returncode, done.stdout, done.stderr)

    return run


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of sample files beside the checkout; tests that need it are skipped where it is absent."""
    folder = ROOT.parent / "shared"
    if not folder.is_dir():
        pytest.skip("the samples beside the checkout (../shared) are not here")
    return folder
