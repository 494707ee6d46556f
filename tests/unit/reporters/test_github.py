"""GitHub: escaping of commands, places from the root of the repository, the job summary."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from runner.engine.events import TokenFinished
from runner.engine.results import Outcome, TokenResult
from runner.errors import UsageError


@pytest.fixture(autouse=True)
def elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("GITHUB_")]:
        monkeypatch.delenv(name)


def annotations(text: str) -> list[str]:
    return [line for line in text.splitlines() if line.startswith(("::error", "::warning"))]


def test_an_annotation_stands_on_the_line_of_the_assertion(report: Any, made: Any) -> None:
    """File, line and column are those of the assertion; the message says what was found."""
    (line,) = annotations(report("github", [made.failed()]))
    place, _, text = line.removeprefix("::error ").partition("::")
    assert place == "file=requests/a.yaml,line=3,col=12,title=R"
    assert text == "body.id is number 1, expected number 7%0AGET http://api.test/x?a=1 answered 200"


def test_escaping(report: Any, made: Any) -> None:
    """Properties escape percent, line ends, colon and comma; data percent and line ends."""
    (line,) = annotations(report("github", [made.failed("100% a:b,c\nd", message="50%\r\nof: a,b")]))
    assert "title=100%25 a%3Ab%2Cc\\nd::" in line
    assert "::50%25\\r\\nof: a,b: body.id" in line


def test_annotations_follow_their_group(report: Any, made: Any) -> None:
    """A group that is closed hides its lines, so annotations come after it."""
    lines = report("github", [made.failed()]).splitlines()
    assert [line.split("  ")[0] for line in lines[:3]] == ["::group::A", "✗ R", "::endgroup::"]
    assert lines[3].startswith("::error ")


def test_paths_start_at_the_repository(report: Any, made: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Where the command runs in a folder of the repository, files are named from its root; others as they are."""
    (tmp_path / "api").mkdir()
    monkeypatch.chdir(tmp_path / "api")
    monkeypatch.setenv("GITHUB_WORKSPACE", str(tmp_path))
    assert "file=api/requests/a.yaml," in report("github", [made.failed()])
    monkeypatch.setenv("GITHUB_WORKSPACE", str(tmp_path / "other"))
    assert "file=requests/a.yaml," in report("github", [made.failed()])


def test_warnings_of_a_token(report: Any, made: Any) -> None:
    """A warning about the token's cache is a warning on its `auth` block."""
    token = TokenResult(
        "device_code", "POST", "http://l.test/t", Outcome.PASSED, 1, warnings=("not kept",), span=made.span
    )
    events = made.events_of([made.passed()])
    events.insert(2, TokenFinished(token))
    assert annotations(report("github", events=events)) == [
        "::warning file=requests/a.yaml,line=3,col=12,title=token::not kept"
    ]


def test_the_summary_is_appended(report: Any, made: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The summary goes behind what earlier steps wrote, and is cut before GitHub refuses it."""
    path = tmp_path / "summary.md"
    path.write_text("before\n")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(path))
    report("github", [made.failed()])
    text = path.read_text()
    assert text.startswith("before\n## ✗ 1 failed")
    assert "### ✗ A: R" in text
    path.write_text("")
    report("github", [made.failed(f"R{number}", message="x" * 300) for number in range(2500)])
    assert 900_000 < path.stat().st_size < 1_048_576
    assert "the rest is left out" in path.read_text()[-100:]


def test_a_summary_that_cannot_be_written(report: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """It is a usage error before anything is sent."""
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "no" / "summary.md"))
    with pytest.raises(UsageError, match="GITHUB_STEP_SUMMARY"):
        report("github")
