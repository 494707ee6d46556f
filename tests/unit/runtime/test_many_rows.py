"""Many rows weigh what their results weigh: no steps, no bodies and no runs are piled up."""

from __future__ import annotations

import tracemalloc
from pathlib import Path
from typing import Any

import pytest

import runner
from runner.engine.exchange import Exchange, Request, Response
from runner.runtime.execute import Settings
from runner.runtime.execute import run as execute
from runner.runtime.project import Options, open_project
from runner.runtime.workspace import Workspace

_ROWS = 2_000
_BODY = b'{"id": "' + b"x" * 2_000 + b'"}'


class Answers:
    """Answers everything at once, with 2 kB."""

    def send(self, request: Request, jar: Any) -> Exchange:
        headers = (("Content-Type", "application/json"),)
        return Exchange(request, Response(200, "OK", headers, bytes(_BODY), request.url), 0.001)

    def close(self) -> None: ...


@pytest.fixture
def rows(tmp_path: Path) -> Path:
    text = "id,name\n" + "".join(f"{number},user {number}\n" for number in range(_ROWS))
    path = tmp_path / "rows.csv"
    path.write_text(text)
    return path


def peak(options: Options, jobs: int = 1) -> tuple[runner.RunResult, int]:
    """The result of a run, and the most memory that it took at a time, in bytes."""
    project = open_project(options)
    plans, env = project.ready_plans()
    tracemalloc.start()
    try:
        result = execute(plans, Settings(env, Workspace(options.root), jobs=jobs, transport=Answers()))
        return result, tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_rows_of_a_request(rows: Path, tmp_path: Path) -> None:
    """Thousands of rows of for_each take less than 1.5 kB each, all that is kept of their results included."""
    file = tmp_path / "a.yaml"
    file.write_text("requests: [{name: A, for_each: rows.csv, url: 'http://h/{{item.id}}'}]")
    result, most = peak(Options([str(file)], root=tmp_path))
    assert len(result.steps) == _ROWS
    assert result.steps[-1].name == f"A [{_ROWS - 1}]"
    assert most < _ROWS * 1_500


@pytest.mark.parametrize("jobs", [1, 4])
def test_runs_of_a_collection(rows: Path, tmp_path: Path, jobs: int) -> None:
    """So do thousands of runs of --data, one at a time or side by side."""
    file = tmp_path / "a.yaml"
    file.write_text("requests: [{name: A, url: 'http://h/{{id}}'}]")
    result, most = peak(Options([str(file)], root=tmp_path, data=str(rows)), jobs)
    assert [collection.name for collection in result.collections][-1] == f"a [{_ROWS - 1}]"
    assert most < _ROWS * 2_000
