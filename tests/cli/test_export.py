"""`runner export`: what is written where, what is told, and that what it makes does what the collection does."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from runner.cli import exporting, importing
from runner.demo import DemoServer

ROOT = Path(__file__).parent.parent.parent
Write = Callable[[str, str], Path]
#: What the demo server asks for, as the reader of an export sets it.
SECRETS = {
    "EDITOR_SECRET": "demo-secret~this-opens-nothing-real",
    "READER_SECRET": "demo-secret~reader: 100% p@ss+w/rd",
    "PASSWORD": "lovelace-1815",
}
#: Examples of which nothing is lost that the next request needs.
RUNNABLE = [
    "01-first-request", "08-oauth2", "12-groups", "16-bodies", "19-cookies-and-redirects", "20-login-call", "29-overlap",
    "30-multipart", "32-graphql",
]  # fmt: skip
#: And those that take more than a command for each request.
RUNNABLE_IN_PYTHON = ["02-variables", "09-captures", "24-for-each", "26-retry", "27-poll"]
ONE = "requests: [{name: A, url: 'https://x.test/a', assert: [status: 200]}]"


@pytest.mark.parametrize("name", RUNNABLE + RUNNABLE_IN_PYTHON)
def test_a_python_script_runs(server: DemoServer, command: Any, name: str) -> None:
    """A script with httpx sends what the example sends, and its assertions hold."""
    done = command("export", "python", f"examples/{name}.yaml", "-v", f"api={server.url}", "-v", f"login={server.url}")
    assert done.code == 0, done.said
    words = [sys.executable, "-W", "error", "-c", done.out]
    ran = subprocess.run(words, cwd=ROOT / "examples", env={**os.environ, **SECRETS}, capture_output=True, text=True)
    assert (ran.returncode, ran.stderr) == (0, ""), done.out


@pytest.mark.skipif(not shutil.which("curl") or not shutil.which("jq"), reason="curl or jq is not installed")
@pytest.mark.parametrize("name", RUNNABLE)
def test_a_curl_script_runs(server: DemoServer, command: Any, name: str) -> None:
    """A script of curl commands sends what the example sends, and stops at no failure."""
    done = command("export", "curl", f"examples/{name}.yaml", "-v", f"api={server.url}", "-v", f"login={server.url}")
    assert done.code == 0, done.said
    words = ["sh", "-c", done.out]
    ran = subprocess.run(words, cwd=ROOT / "examples", env={**os.environ, **SECRETS}, capture_output=True, text=True)
    assert ran.returncode == 0, f"{ran.stderr}\n{done.out}"


def test_a_curl_script_names_what_is_not_set(command: Any) -> None:
    """Without its variables the script says which one it wants, and sends nothing."""
    done = command("export", "curl", "examples/20-login-call.yaml")
    ran = subprocess.run(
        [shutil.which("sh") or "sh", "-c", done.out], env={"PATH": "/nowhere"}, capture_output=True, text=True
    )
    assert ran.returncode != 0
    assert "PASSWORD: a secret" in ran.stderr


def test_to_standard_output(write: Write, command: Any, tmp_path: Path) -> None:
    """The text goes to standard output, the summary and the losses to standard error."""
    write("a.yaml", ONE)
    done = command("export", "curl", "a.yaml", cwd=tmp_path)
    assert done.code == 0
    assert done.out.startswith("#!/bin/sh\n")
    assert done.err == (
        "a.yaml: 1 request, 1 loss\n  an assertion: curl shows answers and does not judge them\n    A\n    runner run judges them\n"
    )


def test_to_a_file(write: Write, command: Any, tmp_path: Path) -> None:
    """-o names the file, which is not overwritten without --force."""
    write("a.yaml", ONE)
    first = command("export", "python", "a.yaml", "-o", "out/a.py", cwd=tmp_path)
    assert (first.code, first.err) == (0, "")
    assert first.out == "a.yaml → out/a.py: 1 request, nothing lost\n"
    (tmp_path / "out" / "a.py").write_text("mine")
    again = command("export", "python", "a.yaml", "-o", "out/a.py", cwd=tmp_path)
    assert again.code == 2
    assert "--force" in again.err
    assert command("export", "python", "a.yaml", "-o", "out/a.py", "--force", cwd=tmp_path).code == 0
    assert command("export", "python", "a.yaml", "-o", "out", cwd=tmp_path).code == 2


def test_losses_of_a_file(write: Write, command: Any, tmp_path: Path) -> None:
    """With -o the summary is the result; what was lost is listed on standard error all the same."""
    write("a.yaml", ONE)
    done = command("export", "curl", "a.yaml", "-o", "a.sh", cwd=tmp_path)
    assert (done.code, done.out) == (0, "a.yaml → a.sh: 1 request, 1 loss\n")
    assert done.err.startswith("  an assertion: curl shows answers and does not judge them\n")


def test_report(write: Write, command: Any, tmp_path: Path) -> None:
    """--report has the losses as JSON."""
    write("a.yaml", ONE)
    command("export", "curl", "a.yaml", "--report", "lost.json", cwd=tmp_path)
    report = json.loads((tmp_path / "lost.json").read_text())
    assert report["format"] == "curl"
    assert [loss["what"] for loss in report["losses"]] == ["an assertion"]


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["curll", "a.yaml"], 2, "did you mean 'curl'?"),
        (["hurl", "a.yaml"], 2, "known: curl, postman, openapi, python"),
        (["curl", "no.yaml"], 3, "no.yaml"),
        (["curl", "a.yaml", "-k", "nobody"], 6, "no request is selected"),
        (["curl", "bad.yaml"], 3, "undefined variable 'x'"),
        (["curl", "."], 2, "2 collections: name one file"),
    ],
)
def test_refusals(write: Write, command: Any, tmp_path: Path, words: list[str], code: int, said: str) -> None:
    """What cannot be exported is told, with the exit code of `run`, and nothing is written."""
    write("a.yaml", ONE)
    write(
        "b/a.yaml" if words[1] == "." else "bad.yaml", ONE if words[1] == "." else "requests: [{name: A, url: '{{x}}'}]"
    )
    done = command("export", *words, cwd=tmp_path)
    assert (done.code, done.out) == (code, ""), done.said
    assert said in done.err


def test_selection_and_environment(write: Write, command: Any, tmp_path: Path) -> None:
    """-k and -e choose what is exported, and with which values."""
    write(
        "a.yaml",
        """
        environments: {test: {host: "https://test.test"}}
        requests:
          - {name: A, url: "{{host}}/a"}
          - {name: B, url: "{{host}}/b"}
        """,
    )
    done = command("export", "curl", "a.yaml", "-e", "test", "-k", "B", cwd=tmp_path)
    assert "https://test.test/b" in done.out
    assert "/a" not in done.out.replace("a.yaml", "")
    assert "# Environment: test" in done.out


# --- OpenAPI -------------------------------------------------------------------------------------------------------

EXAMPLES = sorted(path.name for path in (ROOT / "examples").glob("[0-9]*.yaml"))


def operations(document: Any) -> dict[str, list[str]]:
    """The methods of each path, whatever its parameters are called."""
    return {re.sub(r"\{[^}]*\}", "{}", path): sorted({*item} - {"servers"}) for path, item in document["paths"].items()}


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_openapi_document(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What becomes of an example is valid by OpenAPI's schema; imported and exported again it has the same operations."""
    monkeypatch.chdir(ROOT / "examples")
    validator = pytest.importorskip("openapi_spec_validator")
    first, again = tmp_path / "first.yaml", tmp_path / "again.yaml"
    assert exporting.command.main(["openapi", name, "-o", str(first)], standalone_mode=False) == 0
    made = yaml.safe_load(first.read_text())
    validator.validate(made)
    words = ["openapi", str(first), "-o", str(tmp_path / "back.yaml"), "--allow-loss"]
    assert importing.command.main(words, standalone_mode=False) == 0
    monkeypatch.chdir(tmp_path)
    assert exporting.command.main(["openapi", "back.yaml", "-o", str(again)], standalone_mode=False) == 0
    assert operations(yaml.safe_load(again.read_text())) == operations(made)
