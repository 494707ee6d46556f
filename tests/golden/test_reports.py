"""Golden reports: one suite in every format, with times, ports and ids masked.

`UPDATE_GOLDEN=1 pytest tests/golden` writes what is reported now; read the difference before you commit it.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import junitparser
import pytest
from jsonschema import Draft202012Validator, FormatChecker

from runner.demo import DemoServer
from runner.reporters.registry import FORMATS

ROOT = Path(__file__).parent.parent.parent
HERE = Path(__file__).parent / "reports"
ENDINGS = {"junit": "xml", "github": "log", "markdown": "md", "curl": "sh", "console": "txt"}
FILES = ("suite.yaml", "second.yaml")

#: What differs from run to run, and what stands in its place.
MASKS = (
    (r"127\.0\.0\.1:\d{2,}", "127.0.0.1:PORT"),
    (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z?", "MOMENT"),
    (r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ", "MOMENT"),
    (r"\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT", "DATE"),
    (r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", "UUID"),
    (r"\b\d+(\.\d+)? ?(ms|s)\b(?! timeout)", "N ms"),
    (r'(elapsed_ms|time|wait|expires_in|blocked|dns|connect|send|receive)":-?\d+(\.\d+)?', r'\1":N'),
    (r"request-runner-[0-9a-f]{32}", "request-runner-BOUNDARY"),
    (r' time="\d+\.\d+"', ' time="N"'),
    (r"request-runner/\d+\.\d+\.\d+", "request-runner/VERSION"),
    (r'"(version|runner)":"\d+\.\d+\.\d+"', r'"\1":"VERSION"'),
)


def masked(text: str) -> str:
    for pattern, words in MASKS:
        text = re.sub(pattern, words, text)
    return text


def run(folder: Path, *words: str, **env: str) -> subprocess.CompletedProcess[str]:
    """The suite against a server of its own, so that ids and cookies are the same each time."""
    kept = {name: value for name, value in os.environ.items() if "proxy" not in name.lower() and "GITHUB" not in name}
    environment = {**kept, "NO_COLOR": "1", "PYTHONUTF8": "1", **env}
    with DemoServer(token_lifetime=3600) as server:
        command = [
            sys.executable,
            "-m",
            "runner",
            "run",
            *FILES,
            "-v",
            f"api={server.url}",
            "--root",
            str(HERE),
            *words,
        ]
        return subprocess.run(
            command, cwd=HERE, env=environment, capture_output=True, encoding="utf-8", timeout=60, check=False
        )


@pytest.fixture(scope="module")
def reported(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Every format of one and the same run, by its name; `console` and `summary` beside them."""
    folder = tmp_path_factory.mktemp("reports")
    wishes = [word for name in FORMATS for word in ("--report", f"{name}={folder / name}")]
    done = run(folder, *wishes, "-j", "1", GITHUB_STEP_SUMMARY=str(folder / "summary"))
    assert (done.returncode, done.stderr) == (5, ""), done.stderr
    return {"console": done.stdout} | {path.name: path.read_text("utf-8") for path in folder.iterdir()}


def compare(name: str, text: str) -> None:
    golden = HERE / f"suite.{ENDINGS.get(name, name)}"
    if os.environ.get("UPDATE_GOLDEN"):
        golden.write_text(text, "utf-8")
    assert text == golden.read_text("utf-8")


@pytest.mark.parametrize("name", ["console", *FORMATS])
def test_report(reported: dict[str, str], name: str) -> None:
    """A suite with one of each outcome is reported as its golden file says."""
    compare(name, masked(reported[name]))


def test_the_job_summary_is_the_markdown_report(reported: dict[str, str]) -> None:
    """GitHub's job summary holds what `markdown` writes."""
    assert reported["summary"] == reported["markdown"]


@pytest.mark.parametrize("name", FORMATS)
def test_the_same_whatever_jobs_is(reported: dict[str, str], tmp_path: Path, name: str) -> None:
    """With collections side by side a report is the same, times apart."""
    run(tmp_path, "--report", f"{name}={tmp_path / name}", "-j", "2")
    text = (tmp_path / name).read_text("utf-8")
    if name == "ndjson":  # what begins in the background is not told
        assert sorted(masked(text).splitlines()) == sorted(masked(reported[name]).splitlines())
    else:
        assert masked(text) == masked(reported[name])


def test_no_report_holds_a_control_character(reported: dict[str, str]) -> None:
    """What a response or a file says steers no terminal, whichever report is shown on it."""
    for name, text in reported.items():
        assert not re.findall(r"[^\n\t\x20-\x7e\xa1-\uffff]", text), name


@pytest.fixture(scope="module")
def schema() -> dict[str, Any]:
    """The schema that documents the reports for programs."""
    found: dict[str, Any] = json.loads((ROOT / "schema" / "report.json").read_text("utf-8"))
    Draft202012Validator.check_schema(found)
    return found


def test_json_is_what_its_schema_says(reported: dict[str, str], schema: dict[str, Any]) -> None:
    """schema/report.json describes the report, and knows no key that none has."""
    Draft202012Validator(schema, format_checker=FormatChecker()).validate(json.loads(reported["json"]))


def test_ndjson_is_what_the_schema_says(reported: dict[str, str], schema: dict[str, Any]) -> None:
    """Each line is an event of the schema, and each event of the schema is a line."""
    validator = Draft202012Validator({"$ref": "#/$defs/event", "$defs": schema["$defs"]})
    lines = [json.loads(line) for line in reported["ndjson"].splitlines()]
    for line in lines:
        validator.validate(line)
    known = {row["properties"]["event"]["const"] for row in schema["$defs"]["event"]["oneOf"]}
    assert {line["event"] for line in lines} == known


def test_json_and_ndjson_say_the_same(reported: dict[str, str]) -> None:
    """The requests, tokens and end of both are equal."""
    report = json.loads(reported["json"])
    lines = [json.loads(line) for line in reported["ndjson"].splitlines()]
    told = {name: [line for line in lines if line["event"] == name] for name in {line["event"] for line in lines}}
    requests = [{**request, "collection": it["name"]} for it in report["collections"] for request in it["requests"]]
    assert [{**request, "event": "request_finished"} for request in requests] == told["request_finished"]
    assert [{**token, "event": "token_finished"} for token in report["tokens"]] == told["token_finished"]
    assert all(report[key] == value for key, value in told["run_finished"][0].items() if key != "event")


def test_junit_as_others_read_it(reported: dict[str, str], tmp_path: Path) -> None:
    """A parser that others wrote finds every request and token with its outcome, place and reason."""
    (tmp_path / "junit.xml").write_text(reported["junit"], "utf-8")
    suites = list(junitparser.JUnitXml.fromfile(str(tmp_path / "junit.xml")))
    assert [(suite.name, suite.tests, suite.failures, suite.errors, suite.skipped) for suite in suites] == [
        ("Suite", 20, 6, 4, 3),
        ("Second", 1, 0, 0, 0),
    ]
    cases = {case.name: case for case in suites[0]}
    twice = cases["Fails twice"]
    assert (twice.classname, twice._elem.get("file"), twice._elem.get("line")) == ("Suite", "suite.yaml", "44")
    assert [type(result).__name__ for result in twice.result] == ["Failure"]
    assert "suite.yaml:49:9" in twice.result[0].text
    assert "suite.yaml:50:15" in twice.result[0].text
    kinds = {name: [(type(r).__name__, r.type) for r in case.result] for name, case in cases.items() if case.result}
    assert kinds["Nobody listens"] == [("Error", "connect")]
    assert kinds["Users / The token is refused"] == [("Error", "auth")]
    assert kinds["Captures nothing"] == [("Failure", "capture")]
    assert cases["Is skipped"].result[0].message == "not today, | maybe # tomorrow"
    assert len(kinds) == 13
