"""The public names of `runner`: which there are, that importing them is free, and that they do what they say."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

import runner
from runner.demo import DemoServer

ROOT = Path(__file__).parent.parent
NAMES = {
    "Collection", "Diagnostic", "Event", "Exchange", "Listener", "Outcome", "Request", "Response", "RunResult",
    "RunnerError", "StepResult", "Verdict", "__version__", "check", "load", "loads", "make_plan", "run", "stream",
}  # fmt: skip
TEXT = """\
name: Sample
base_url: "{{api}}"
environments: {bad: {path: status/500}}
variables: {path: health}
requests:
  - {name: Good, url: "/{{path}}", tags: [smoke], capture: {status_word: {from: body.status, default: none}}}
  - {name: Bad, url: /status/404}
"""


@pytest.fixture(scope="module")
def server() -> Iterator[DemoServer]:
    with DemoServer() as running:
        yield running


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.yaml").write_text(TEXT)
    return "a.yaml"


@pytest.fixture
def broken(tmp_path: Path) -> Path:
    path = tmp_path / "broken.yaml"
    path.write_text("requests:\n  - {name: A, url: '{{nobody}}'}\n")
    return path


# --- names ---------------------------------------------------------------------------------------------------------


def test_public_names() -> None:
    """These names are public, no others; each is there."""
    assert set(runner.__all__) == set(dir(runner)) == NAMES
    assert all(getattr(runner, name) is not None for name in NAMES)


def test_no_name_is_a_module() -> None:
    """No public name is that of a module."""
    assert [name for name in NAMES if isinstance(getattr(runner, name), ModuleType)] == []
    assert [name for name in NAMES if (ROOT / "runner" / f"{name}.py").exists()] == []


def test_unknown_name() -> None:
    """Another name is an AttributeError as of any module."""
    with pytest.raises(AttributeError, match="module 'runner' has no attribute 'nobody'"):
        _ = runner.nobody


def test_import_is_free() -> None:
    """`import runner` imports nothing of the package but its version, and nothing of others."""
    code = "import sys; before = set(sys.modules); import runner; print(*sorted(set(sys.modules) - before))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert set(done.stdout.split()) <= {"runner", "runner.version", "typing", "collections.abc", "re"} | {
        name for name in done.stdout.split() if not name.startswith("runner") and name in sys.stdlib_module_names
    } | {name for name in done.stdout.split() if name.split(".")[0] in sys.stdlib_module_names}


def test_typed() -> None:
    """The package says that it is typed (PEP 561)."""
    assert (ROOT / "runner" / "py.typed").is_file()


# --- reading -------------------------------------------------------------------------------------------------------


def test_loads() -> None:
    """loads() reads a text."""
    collection = runner.loads(TEXT)
    assert isinstance(collection, runner.Collection)
    assert [collection.name, *(request.name for request in collection.requests)] == ["Sample", "Good", "Bad"]


def test_load(file: str) -> None:
    """load() reads a file; both kinds of path do."""
    assert runner.load(file).name == runner.load(Path(file)).name == "Sample"


def test_faults_of_loading(tmp_path: Path) -> None:
    """What is not valid raises a RunnerError with every fault and its place."""
    with pytest.raises(runner.RunnerError, match="unknown key 'request'") as caught:
        runner.loads("request: []\nname: [1]\n", "mine.yaml")
    diagnostics: tuple[runner.Diagnostic, ...] = caught.value.diagnostics  # type: ignore[attr-defined]
    assert len(diagnostics) >= 2
    assert all(d.span is not None and d.span.where.startswith("mine.yaml:") for d in diagnostics)
    with pytest.raises(runner.RunnerError):
        runner.load(tmp_path / "missing.yaml")


def test_check(file: str, broken: Path) -> None:
    """check() gives the faults as a list, empty when all is well, and raises none."""
    assert runner.check(file, variables={"api": "http://h"}) == []
    faults = runner.check([file, broken], variables={"api": "http://h"})
    assert [(type(fault), fault.message) for fault in faults] == [(runner.Diagnostic, "undefined variable 'nobody'")]
    assert runner.check("missing.yaml")


def test_make_plan(file: str, broken: Path) -> None:
    """make_plan() gives a plan for each file, with the steps in order; faults are raised."""
    (plan,) = runner.make_plan(file, env="bad", variables={"api": "http://h"})
    assert [step.name for step in plan.steps] == ["Good", "Bad"]
    assert plan.environment_name == "bad"
    with pytest.raises(runner.RunnerError, match="nobody"):
        runner.make_plan(broken)


# --- running -------------------------------------------------------------------------------------------------------


def test_run(server: DemoServer, file: str, capfd: pytest.CaptureFixture[str]) -> None:
    """run() gives the results as values and writes nothing."""
    result = runner.run(file, variables={"api": server.url})
    assert isinstance(result, runner.RunResult)
    assert (result.passed, int(result.exit_code)) == (False, 1)
    good, bad = result.steps
    assert isinstance(good, runner.StepResult)
    assert (good.outcome, bad.outcome) == (runner.Outcome.PASSED, runner.Outcome.FAILED)
    assert (good.status, good.method, good.url) == (200, "GET", f"{server.url}/health")
    verdict = next(verdict for verdict in bad.verdicts if not verdict.passed)
    assert isinstance(verdict, runner.Verdict)
    assert capfd.readouterr() == ("", "")


def test_selecting(server: DemoServer, file: str) -> None:
    """`select`, `tags` and `env` are those of the command line."""
    given = {"api": server.url}
    assert [step.name for step in runner.run(file, variables=given, select=["Bad"]).steps] == ["Bad"]
    assert runner.run(file, variables=given, tags={"smoke"}).passed
    assert not runner.run(file, variables=given, tags={"smoke"}, env="bad").passed


def test_data_and_repeat(server: DemoServer, file: str, tmp_path: Path) -> None:
    """`data` runs the files once for each row of a file, `repeat` as often as it says."""
    rows = tmp_path / "rows.csv"
    rows.write_text("path\nhealth\nmissing\n")
    result = runner.run(file, variables={"api": server.url}, select=["Good"], data=rows)
    assert [step.outcome for step in result.steps] == [runner.Outcome.PASSED, runner.Outcome.FAILED]
    assert len(runner.run(file, variables={"api": server.url}, select=["Good"], repeat=3).steps) == 3


def test_fail_fast(server: DemoServer, file: str) -> None:
    """`fail_fast` skips what comes after the first failure."""
    result = runner.run(file, variables={"api": server.url}, env="bad", fail_fast=True)
    assert [step.outcome for step in result.steps] == [runner.Outcome.FAILED, runner.Outcome.SKIPPED]


def test_timeout(server: DemoServer, file: str) -> None:
    """`timeout` is in seconds."""
    slow = {"api": server.url, "path": "delay/5000"}
    result = runner.run(file, variables=slow, select=["Good"], timeout=0.1)
    assert int(result.exit_code) == 4
    assert result.steps[0].fault is not None
    assert result.steps[0].fault.kind == "timeout"


def test_listeners(server: DemoServer, file: str) -> None:
    """A listener is told every event, with exchanges if it wants them; a stream yields the same kinds of events."""

    class Collecting:
        wants_exchanges = True

        def __init__(self) -> None:
            self.events: list[runner.Event] = []

        def __call__(self, event: runner.Event) -> None:
            self.events.append(event)

    listener = Collecting()
    runner.run(file, variables={"api": server.url}, listeners=[listener])
    kinds = [type(event).__name__ for event in listener.events]
    one = ["StepStarted", "StepFinished"]
    assert kinds == ["RunStarted", "CollectionStarted", *one, *one, "CollectionFinished", "RunFinished"]
    exchange = listener.events[3].result.exchange  # type: ignore[union-attr]
    assert isinstance(exchange, runner.Exchange)
    assert isinstance(exchange.request, runner.Request)
    assert isinstance(exchange.response, runner.Response)
    assert [type(event).__name__ for event in runner.stream(file, variables={"api": server.url})] == kinds


def test_transport(file: str) -> None:
    """`transport` sends in place of the network: nothing else is asked."""

    class Refusing:
        asked = 0

        def send(self, request: runner.Request, jar: object) -> runner.Exchange:
            from runner.errors import TransportError

            self.asked += 1
            raise TransportError("connect", "nobody is there")

        def close(self) -> None: ...

    transport = Refusing()
    result = runner.run(file, variables={"api": "http://nowhere.invalid"}, transport=transport)  # type: ignore[arg-type]
    assert (int(result.exit_code), transport.asked) == (4, 2)


def test_faults_of_running(file: str, broken: Path) -> None:
    """What is not valid, and an empty selection, raise a RunnerError before anything is sent."""
    given = {"api": "http://127.0.0.1:1"}
    with pytest.raises(runner.RunnerError, match="nobody"):
        runner.run([file, str(broken)], variables=given)
    with pytest.raises(runner.RunnerError, match="no request is selected"):
        runner.run(file, variables=given, select=["Nobody"])
    with pytest.raises(runner.RunnerError):
        list(runner.stream("missing.yaml"))
