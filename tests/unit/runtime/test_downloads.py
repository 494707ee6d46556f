"""Downloads within a run: what is told of their progress, to whom, and what is cleared away at the end."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from runner.engine.events import Downloading
from runner.engine.exchange import Exchange, Request, Response, Saved
from runner.errors import TransportError
from runner.redaction import Redactor
from runner.runtime import execute
from runner.runtime.execute import Settings
from runner.runtime.project import Options, open_project

TEXT = """
secrets: {word: S-secret-word}
requests:
  - {name: "Down {{}}", url: "http://h/{{word}}", save_to: x.bin}
"""


class Server:
    """Gives a body in pieces, a second each."""

    def __init__(self, clock: list[float], announced: int | None = 300) -> None:
        self.clock = clock
        self.announced = announced
        self.error: Exception | None = None

    def send(self, request: Request, jar: object) -> Exchange:
        assert request.save_to is not None
        size = request.save_to.write(self.pieces(), self.announced)
        return Exchange(request, Response(200, saved=Saved(request.save_to.name, size), url=request.url))

    def pieces(self) -> Iterator[bytes]:
        for _ in range(3):
            self.clock[0] += 1
            yield bytes(100)
        if self.error:
            raise self.error

    def close(self) -> None:
        """Nothing is open."""


Ran = Callable[..., list[Downloading]]


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [0.0]
    monkeypatch.setattr(execute, "time", SimpleNamespace(monotonic=lambda: now[0], perf_counter=time.perf_counter))
    return now


@pytest.fixture
def downloads(tmp_path: Path, clock: list[float], monkeypatch: pytest.MonkeyPatch) -> Ran:
    """`downloads(Server(clock), files=1)`: what was told of the downloads of a run."""
    monkeypatch.chdir(tmp_path)

    def run(server: Server, files: int = 1, name: str = "Down") -> list[Downloading]:
        names = [f"{number}.yaml" for number in range(files)]
        for file in names:
            (tmp_path / file).write_text(TEXT.replace("Down {{}}", name))
        plans, env = open_project(Options(names)).ready_plans()
        told: list[Downloading] = []
        settings = Settings(
            env, open_project(Options(names)).workspace, transport=server, progress=told.append, redactor=Redactor()
        )
        execute.run(plans, settings)
        return told

    return run


def test_progress_is_told_as_it_comes(downloads: Ran, clock: list[float], tmp_path: Path) -> None:
    """Bytes so far, and those announced; the file has its place all the same."""
    assert downloads(Server(clock)) == [Downloading("Down", n, 300) for n in (100, 200, 300)]
    assert (tmp_path / "x.bin").stat().st_size == 300


def test_progress_is_not_told_too_often(downloads: Ran, clock: list[float], monkeypatch: pytest.MonkeyPatch) -> None:
    """A fast download says nothing at all."""
    monkeypatch.setattr(execute, "_OFTEN", 5)
    assert downloads(Server(clock)) == []


def test_a_size_that_nobody_announced(downloads: Ran, clock: list[float]) -> None:
    """Only the bytes so far are told."""
    assert downloads(Server(clock, announced=None))[0] == Downloading("Down", 100, None)


def test_progress_is_redacted(downloads: Ran, clock: list[float]) -> None:
    """A secret in a name is masked here, too."""
    assert downloads(Server(clock), name="S-secret-word")[0].name == "***"


def test_downloads_side_by_side_are_not_told(downloads: Ran, clock: list[float]) -> None:
    """Only the calling thread may speak: what goes on in others is told when it is over."""
    assert downloads(Server(clock), files=2) == []


def test_what_is_broken_off_is_cleared_away(downloads: Ran, clock: list[float], tmp_path: Path) -> None:
    """After a fault nothing half is left."""
    server = Server(clock)
    server.error = TransportError("protocol", "broken")
    downloads(server)
    assert [path.name for path in tmp_path.iterdir()] == ["0.yaml"]


def saved_by(folder: Path, text: str) -> Any:
    (folder / "a.yaml").write_text(text)
    return open_project(Options([str(folder / "a.yaml")], root=folder))


def test_a_file_that_an_earlier_request_saves(tmp_path: Path) -> None:
    """It need not be there before the run, however the two paths are written."""
    text = """
requests:
  - {name: Down, url: http://h, save_to: out/x.bin}
  - {name: Up, url: http://h, file: out/../out/x.bin}
"""
    (plan,) = saved_by(tmp_path, text).plans()
    assert len(plan.steps) == 2
