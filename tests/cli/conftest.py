"""The embedded server, and a folder to write collections into."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from textwrap import dedent

import pytest

from runner.demo import DemoServer

#: In seconds; a test that waits this long has failed.
DEADLINE = 20.0


@pytest.fixture(scope="session")
def server() -> Iterator[DemoServer]:
    """One demo server for the tests that do not count its requests."""
    with DemoServer() as running:
        yield running


@pytest.fixture
def fresh_server() -> Iterator[DemoServer]:
    """A demo server that nobody has asked anything yet."""
    with DemoServer() as running:
        yield running


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str, str], Path]:
    """`write("a.yaml", text)`: a file in the test's own folder."""

    def make(name: str, text: str) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(dedent(text), encoding="utf-8")
        return path

    return make


@pytest.fixture
def until() -> Callable[[Callable[[], bool]], None]:
    """`until(condition)`: returns as soon as it holds; the test fails when it never does."""

    def wait(condition: Callable[[], bool]) -> None:
        end = time.monotonic() + DEADLINE
        while not condition():
            if time.monotonic() > end:
                pytest.fail("waited in vain")
            time.sleep(0.005)

    return wait
