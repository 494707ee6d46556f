"""Downloads within a run: what is noted of their progress, and what is cleared away at the end."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from runner.engine.exchange import Exchange, Request, Response, Saved
from runner.errors import TransportError
from runner.redaction import Redactor
from runner.runtime import execute
from runner.runtime.execute import Settings
from runner.runtime.progress import Progress, UnderWay
from runner.runtime.project import Options, open_project

TEXT = """
secrets: {word: S-secret-word}
requests:
  - {name: "Down {{}}", url: "http://h/{{word}}", save_to: x.bin}
"""


class Server:
    """Gives a body in pieces; after each it looks at what is under way."""

    def __init__(self, announced: int | None = 300) -> None:
        self.announced = announced
        self.error: Exception | None = None
        self.look: Callable[[], list[UnderWay]] = list
        self.seen: list[UnderWay] = []

    def send(self, request: Request, jar: object) -> Exchange:
        assert request.save_to is not None
        size = request.save_to.write(self.pieces(), self.announced)
        return Exchange(request, Response(200, saved=Saved(request.save_to.name, size), url=request.url))

    def pieces(self) -> Iterator[bytes]:
        for _ in range(3):
            yield bytes(100)
            self.seen += self.look()
        if self.error:
            raise self.error

    def close(self) -> None:
        """Nothing is open."""


Ran = Callable[..., list[UnderWay]]


@pytest.fixture
def downloads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Ran:
    """`downloads(Server(), files=1)`: what was under way after each piece."""
    monkeypatch.chdir(tmp_path)

    def run(server: Server, files: int = 1, name: str = "Down") -> list[UnderWay]:
        names = [f"{number}.yaml" for number in range(files)]
        for file in names:
            (tmp_path / file).write_text(TEXT.replace("Down {{}}", name))
        plans, env = open_project(Options(names)).ready_plans()
        progress = Progress(lambda: 0.0)
        server.look = progress.under_way
        workspace = open_project(Options(names)).workspace
        settings = Settings(env, workspace, transport=server, progress=progress, redactor=Redactor())
        execute.run(plans, settings)
        return server.seen

    return run


def test_progress_is_noted_as_it_comes(downloads: Ran, tmp_path: Path) -> None:
    """Bytes so far, and those announced; the file has its place all the same."""
    assert downloads(Server()) == [UnderWay("Down", 0.0, n, 300) for n in (100, 200, 300)]
    assert (tmp_path / "x.bin").stat().st_size == 300


def test_a_size_that_nobody_announced(downloads: Ran) -> None:
    """Only the bytes so far are noted."""
    assert downloads(Server(announced=None))[0] == UnderWay("Down", 0.0, 100, None)


def test_progress_is_redacted(downloads: Ran) -> None:
    """A secret in a name is masked here, too."""
    assert downloads(Server(), name="S-secret-word")[0].name == "***"


def test_what_is_broken_off_is_cleared_away(downloads: Ran, tmp_path: Path) -> None:
    """After a fault nothing half is left."""
    server = Server()
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
