"""`--report`: where reports go, what cannot be written, and that no report harms another."""

from __future__ import annotations

import json
import os
import signal
import stat
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from runner.cli.reporting import Guarded, Reports
from runner.demo import DemoServer
from runner.engine.events import Event, RunFinished, RunStarted, StepFinished
from runner.engine.exchange import Exchange, Request, Response
from runner.engine.results import Outcome, RunResult, StepResult
from runner.reporters.registry import FORMATS

ROOT = Path(__file__).parent.parent.parent
Write = Callable[[str, str], Path]
Until = Callable[[Callable[[], bool]], None]

TWO = """
    name: Two
    base_url: "{{api}}"
    requests:
      - {name: A, url: /health}
      - {name: B, url: /echo, json: {a: "it's"}, assert: [status: 201]}
"""


@pytest.fixture
def run(server: DemoServer, write: Write, command: Any, tmp_path: Path) -> Callable[..., Any]:
    """`run("--report", "json=x")`: runs a file with a request that passes and one that fails."""
    write("two.yaml", TWO)
    return lambda *words, **env: command("run", "two.yaml", "-v", f"api={server.url}", *words, cwd=tmp_path, env=env)


def files(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


# --- where reports go ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("wish", ["json", "json=-", "json=/dev/stdout"])
def test_standard_output(run: Any, wish: str) -> None:
    """Without a path the report is standard output, and the console is on standard error."""
    done = run("--report", wish)
    assert done.code == 1, done.said
    assert json.loads(done.out)["counts"]["failed"] == 1
    assert "✗ B" in done.err
    assert "1 passed, 1 failed in" in done.err


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_on_standard_output(run: Any, tmp_path: Path, name: str) -> None:
    """Any format goes there or into a file, and says the same."""
    done = run("--report", name, "--report", f"{name}=report")
    assert done.code == 1, done.said
    first, second = (len(text.splitlines()) for text in (done.out, (tmp_path / "report").read_text("utf-8")))
    assert first == second > 1


def test_several_at_once(run: Any, tmp_path: Path) -> None:
    """Several reports are written in one run; the console stays on standard output."""
    done = run(
        "--report", "json=a.json", "--report", "junit=b.xml", "--report", "ndjson=c.ndjson", "--report", "console"
    )
    assert (done.code, done.err) == (1, ""), done.said
    assert "✗ B" in done.out
    assert files(tmp_path) == ["a.json", "b.xml", "c.ndjson", "two.yaml"]
    assert json.loads((tmp_path / "a.json").read_text())["exit_code"] == 1
    assert ET.parse(tmp_path / "b.xml").getroot().get("failures") == "1"


def test_quiet_concerns_the_console_alone(run: Any, tmp_path: Path) -> None:
    """--quiet changes no report."""
    run("--quiet", "--report", "tap=quiet.tap")
    run("--report", "tap=loud.tap")
    quiet, loud = ((tmp_path / name).read_text() for name in ("quiet.tap", "loud.tap"))
    assert [line.split(" #")[0] for line in quiet.splitlines()] == [line.split(" #")[0] for line in loud.splitlines()]


def test_the_file_before_stays_until_the_report_is_complete(run: Any, tmp_path: Path) -> None:
    """An older report is replaced: its permissions stay, and a link to it stays a link."""
    (tmp_path / "real.json").write_text("old")
    (tmp_path / "real.json").chmod(0o600)
    (tmp_path / "link.json").symlink_to("real.json")
    run("--report", "json=link.json")
    assert (tmp_path / "link.json").is_symlink()
    assert json.loads((tmp_path / "real.json").read_text())["version"] == 1
    assert stat.S_IMODE((tmp_path / "real.json").stat().st_mode) == 0o600


def test_a_device_is_no_file_to_replace(run: Any) -> None:
    """A report may go to /dev/null, which stays what it is."""
    assert run("--report", "json=/dev/null").code == 1
    assert stat.S_ISCHR(Path("/dev/null").stat().st_mode)


def test_a_pipe(run: Any, tmp_path: Path) -> None:
    """A report may go into a named pipe."""
    os.mkfifo(tmp_path / "pipe")
    reader = subprocess.Popen(["cat", str(tmp_path / "pipe")], stdout=subprocess.PIPE)
    assert run("--report", "json=pipe").code == 1
    out, _ = reader.communicate(timeout=20)
    assert json.loads(out)["exit_code"] == 1


def test_what_is_open_already(run: Any, tmp_path: Path) -> None:
    """A report for /dev/stderr, which is a file here, goes into that file and does not take its place."""
    with (tmp_path / "err").open("w") as err:
        words = [
            sys.executable,
            "-m",
            "runner",
            "run",
            "two.yaml",
            "-v",
            "api=http://127.0.0.1:1",
            "--report",
            "json=/dev/stderr",
        ]
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "NO_COLOR": "1"}
        run("--quiet")  # writes two.yaml
        subprocess.run(words, cwd=tmp_path, env=environment, stdout=subprocess.DEVNULL, stderr=err, check=False)
        inode = os.fstat(err.fileno()).st_ino
    assert (tmp_path / "err").stat().st_ino == inode
    assert json.loads((tmp_path / "err").read_text())["exit_code"] == 4


def test_home(run: Any, tmp_path: Path) -> None:
    """A tilde at the beginning of a path is the home folder, which shells leave alone there."""
    assert run("--report", "json=~/report.json", HOME=str(tmp_path)).code == 1
    assert (tmp_path / "report.json").is_file()


def test_utf8_whatever_the_charset(run: Any) -> None:
    """Reports are UTF-8 on standard output too, where the console is not."""
    done = run("--report", "tap", PYTHONUTF8="0", LC_ALL="C", PYTHONIOENCODING="ascii")
    assert "+ A" in done.err
    assert "ok 1 - A" in done.out


# --- what cannot be ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["jsn"], "unknown format 'jsn': did you mean 'json'?"),
        (["zzz=x"], "unknown format 'zzz': known: console, json, ndjson, junit"),
        (["=x"], "--report wants FORMAT or FORMAT=PATH, not '=x'"),
        (["json=no/such/report.json"], "there is no folder no/such: make it first"),
        (["json="], "--report json= names no file: give a path, or '--report json' for standard output"),
        (["console= "], "--report console=  names no file"),
        (["json=two.yaml/x"], "cannot write two.yaml/x"),
        (["json=."], "cannot write .: it is a folder"),
        (["json=two.yaml"], "this is a file of the run, and would be overwritten"),
        (["json=./link.yaml"], "this is a file of the run, and would be overwritten"),
        (["json=a", "junit=./a"], "both go to ./a: give one a path"),
        (["json=a", "json=link"], "both go to link"),
        (["json", "junit"], "both go to standard output: give one a path"),
        (["json", "junit=-"], "both go to standard output"),
        (["json=" + "x" * 300], "File name too long"),
    ],
    ids=lambda value: " ".join(value)[:30] if isinstance(value, list) else "",
)
def test_usage(
    fresh_server: DemoServer, write: Write, command: Any, tmp_path: Path, words: list[str], said: str
) -> None:
    """A report that cannot be gives 2 and a line that names it, before anything is sent; nothing is left behind."""
    write("two.yaml", TWO)
    (tmp_path / "link.yaml").symlink_to("two.yaml")
    (tmp_path / "a").write_text("old")
    (tmp_path / "link").symlink_to("a")
    wishes = [word for wish in ["ndjson=first", *words] for word in ("--report", wish)]
    done = command("run", "two.yaml", "-v", f"api={fresh_server.url}", *wishes, cwd=tmp_path)
    assert (done.code, done.out) == (2, ""), done.said
    assert said in done.err
    assert done.err.count("\n") == 1
    assert fresh_server.requests == []
    assert (tmp_path / "a").read_text() == "old"
    assert [name for name in files(tmp_path) if name.startswith(".")] == []


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is forbidden to root")
def test_forbidden(run: Any, tmp_path: Path) -> None:
    """A file or folder without permission to write is a usage error."""
    (tmp_path / "read.json").touch(0o400)
    (tmp_path / "folder").mkdir(0o500)
    for path in ("read.json", "folder/x.json"):
        done = run("--report", f"json={path}")
        assert (done.code, "ermission" in done.err) == (2, True), done.said


# --- told in bursts ------------------------------------------------------------------------------------------------


class Told:
    """A listener that notes what it is told."""

    wants_exchanges = True

    def __init__(self, told: list[Event]) -> None:
        self._told = told

    def __call__(self, event: Event) -> None:
        self._told.append(event)


@pytest.mark.parametrize("size", [1, 10_000_000])
def test_a_burst_holds_few_bodies(size: int) -> None:
    """A report in bursts is told of every event in its turn; what waits meanwhile holds few events and few bodies."""
    body = bytes(size)
    answer = Exchange(Request("GET", "http://api.test/"), Response(200, "OK", (), body, "http://api.test/"))
    step = StepResult("A", "R", Outcome.PASSED, exchange=answer)
    events: list[Event] = [RunStarted(1, 50, 0.0), *[StepFinished(step._replace(name=str(n))) for n in range(50)]]
    told: list[Event] = []
    guarded = Guarded("x", Told(told), None, Reports(), in_bursts=True)
    for number, event in enumerate([*events, RunFinished(RunResult())], 1):
        guarded(event)
        waiting = number - len(told)
        assert waiting < (2 if size > 1 and number > 1 else 40)
    assert told == [*events, RunFinished(RunResult())]


# --- no report harms another ---------------------------------------------------------------------------------------

full = pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full")


@full
@pytest.mark.parametrize("name", FORMATS)
def test_a_full_disk(run: Any, tmp_path: Path, name: str) -> None:
    """A report that could not be written is told on standard error; the run and other reports are whole."""
    done = run("--report", f"{name}=/dev/full", "--report", "junit=other.xml")
    assert done.code == 1, done.said
    assert done.err == f"error: report {name}=/dev/full: cannot write it: No space left on device\n"
    assert "1 passed, 1 failed in" in done.out
    assert ET.parse(tmp_path / "other.xml").getroot().get("tests") == "2"


@full
def test_a_full_disk_is_no_success(server: DemoServer, write: Write, command: Any, tmp_path: Path) -> None:
    """When all passed and a report is missing, the exit code says so."""
    write("a.yaml", 'requests: [{name: A, url: "{{api}}/health"}]\n')
    done = command("run", "a.yaml", "-v", f"api={server.url}", "--report", "junit=/dev/full", cwd=tmp_path)
    assert (done.code, "1 passed" in done.out) == (2, True), done.said


PLUGIN = """
import sys

class Fine:
    wants_exchanges = False
    def __init__(self, stream): self.stream = stream
    def __call__(self, event): self.stream.write(type(event).__name__ + "\\n")

class Broken(Fine):
    def __call__(self, event):
        self.stream.write("half")
        raise ValueError("no idea")

class NoListener:
    def __init__(self, stream): pass

def unmade(stream): raise KeyError("x")
number = 7
"""
POINTS = """
[runner.reporters]
fine = plugged:Fine
broken = plugged:Broken
nolistener = plugged:NoListener
unmade = plugged:unmade
number = plugged:number
missing = not_there:Reporter
json = plugged:Fine
"""


@pytest.fixture
def plugged(run: Any, write: Write, tmp_path: Path) -> Callable[..., Any]:
    """Runs with a package that has reporters of its own."""
    write("site/plugged.py", PLUGIN)
    write("site/plugged-1.dist-info/entry_points.txt", POINTS)
    write("site/plugged-1.dist-info/METADATA", "Metadata-Version: 2.1\nName: plugged\nVersion: 1\n")
    path = os.pathsep.join([str(ROOT), str(tmp_path / "site")])
    return lambda *words: run(*words, PYTHONPATH=path)


def test_a_plugin(plugged: Any, tmp_path: Path) -> None:
    """An entry point of `runner.reporters` is a format like any other; a built-in name stays ours."""
    done = plugged("--report", "fine=x.txt", "--report", "json")
    assert done.code == 1, done.said
    lines = (tmp_path / "x.txt").read_text().split()
    assert lines == [
        "RunStarted", "CollectionStarted", "StepStarted", "StepFinished", "StepStarted", "StepFinished",
        "CollectionFinished", "RunFinished",
    ]  # fmt: skip
    assert json.loads(done.out)["version"] == 1


def test_a_plugin_that_raises(plugged: Any, tmp_path: Path) -> None:
    """Its report is not there, its fault is told in a line, and the others are whole."""
    done = plugged("--report", "broken=x.txt", "--report", "json=y.json")
    assert done.code == 1, done.said
    assert done.err == "error: report broken=x.txt: it failed: ValueError: no idea\n"
    assert json.loads((tmp_path / "y.json").read_text())["exit_code"] == 1
    assert files(tmp_path) == ["site", "two.yaml", "y.json"]


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("nolistener", "it failed: AttributeError"),
        ("unmade", "it failed: KeyError: 'x'"),
        ("number", "its plugin 'plugged:number' is no callable that takes a stream"),
        ("missing", "its plugin cannot be imported: ModuleNotFoundError: No module named 'not_there'"),
        ("fin", "did you mean 'fine'?"),
    ],
)
def test_a_plugin_that_cannot_be_used(plugged: Any, tmp_path: Path, name: str, said: str) -> None:
    """It is a usage error before anything is sent."""
    done = plugged("--report", f"{name}=x.txt")
    assert (done.code, done.out, said in done.err) == (2, "", True), done.said
    assert files(tmp_path) == ["site", "two.yaml"]


# --- ended from outside --------------------------------------------------------------------------------------------


def start(*words: str, folder: Path, **more: Any) -> subprocess.Popen[str]:
    kept = {name: value for name, value in os.environ.items() if "_proxy" not in name and "GITHUB" not in name}
    environment = {**kept, "NO_COLOR": "1", "PYTHONUTF8": "1", "PYTHONPATH": str(ROOT)}
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **more}
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background job ignores it
    try:
        words = (sys.executable, "-m", "runner", "run", *words)
        return subprocess.Popen(words, cwd=folder, env=environment, text=True, encoding="utf-8", **pipes)
    finally:
        signal.signal(signal.SIGINT, before)


SLOW = """
    base_url: "{{api}}"
    requests:
      - {name: Before, url: /health}
      - {name: Slow, url: /delay/5000}
      - {name: After, url: /health}
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["Ctrl-C", "SIGTERM"])
def test_interrupted(fresh_server: DemoServer, write: Write, tmp_path: Path, until: Until, number: int) -> None:
    """After Ctrl-C every report is there, whole, with what was run and what was not."""
    write("a.yaml", SLOW)
    wishes = [word for name in FORMATS for word in ("--report", f"{name}=report.{name}")]
    process = start("a.yaml", "-v", f"api={fresh_server.url}", *wishes, folder=tmp_path)
    until(lambda: ("GET", "/delay/5000") in fresh_server.requests)
    process.send_signal(number)
    out, err = process.communicate(timeout=20)
    assert (process.returncode, err) == (130, ""), out + err
    assert files(tmp_path) == sorted(["a.yaml", *(f"report.{name}" for name in FORMATS)])
    report = json.loads((tmp_path / "report.json").read_text())
    assert (report["interrupted"], report["counts"]["passed"], report["counts"]["skipped"]) == (True, 1, 2)
    assert ET.parse(tmp_path / "report.junit").getroot().get("tests") == "3"
    assert (tmp_path / "report.tap").read_text().endswith("1..3\nBail out! interrupted\n")
    assert len(json.loads((tmp_path / "report.har").read_text())["log"]["entries"]) == 1


def test_killed(fresh_server: DemoServer, write: Write, tmp_path: Path, until: Until) -> None:
    """When the process is killed an older report is still what it was, and the lines of ndjson are whole."""
    write("a.yaml", SLOW)
    (tmp_path / "old.json").write_text("old")
    (tmp_path / "old.tap").write_text("old")
    wishes = ("--report", "json=old.json", "--report", "tap=old.tap", "--report", "ndjson=events")
    process = start("a.yaml", "-v", f"api={fresh_server.url}", *wishes, folder=tmp_path)
    until(lambda: ("GET", "/delay/5000") in fresh_server.requests)
    process.kill()
    process.communicate(timeout=20)
    assert [(tmp_path / name).read_text() for name in ("old.json", "old.tap")] == ["old", "old"]
    events = [json.loads(line)["event"] for line in (tmp_path / "events").read_text().splitlines()]
    assert events[-1] == "request_started"
    assert events.count("request_finished") == 1


def closed_pipe() -> int:
    reading, writing = os.pipe()
    os.close(reading)
    return writing


def test_nobody_reads_the_console(server: DemoServer, write: Write, tmp_path: Path) -> None:
    """When the reader of the console went away, reports in files are written all the same, without a word."""
    write("two.yaml", TWO)
    writing = closed_pipe()
    process = start("two.yaml", "-v", f"api={server.url}", "--report", "junit=x.xml", folder=tmp_path, stdout=writing)
    os.close(writing)
    _, err = process.communicate(timeout=20)
    assert (process.returncode, err) == (1, "")
    assert ET.parse(tmp_path / "x.xml").getroot().get("tests") == "2"


@pytest.mark.parametrize("name", ["json", "ndjson"])
def test_nobody_reads_the_report(server: DemoServer, write: Write, tmp_path: Path, name: str) -> None:
    """When the reader of the only report went away the run ends like any command in a pipe."""
    write("two.yaml", TWO)
    writing = closed_pipe()
    process = start("two.yaml", "-v", f"api={server.url}", "--report", name, folder=tmp_path, stdout=writing)
    os.close(writing)
    _, err = process.communicate(timeout=20)
    assert process.returncode == 141, err
    assert "error" not in err


def test_nobody_reads_one_of_two(server: DemoServer, write: Write, tmp_path: Path) -> None:
    """A report in a file is whole although nobody reads the one on standard output."""
    write("two.yaml", TWO)
    writing = closed_pipe()
    wishes = ("--report", "ndjson", "--report", "json=x.json")
    process = start("two.yaml", "-v", f"api={server.url}", *wishes, folder=tmp_path, stdout=writing)
    os.close(writing)
    _, err = process.communicate(timeout=20)
    assert (process.returncode, "error: report" in err) == (1, False), err
    assert json.loads((tmp_path / "x.json").read_text())["exit_code"] == 1


# --- a script that can be run --------------------------------------------------------------------------------------


def test_the_curl_script_sends_the_same(fresh_server: DemoServer, write: Write, command: Any, tmp_path: Path) -> None:
    """The script sends what the run has sent, once its reader has set the secrets."""
    text = r"""
        base_url: "{{api}}"
        secrets: {pin: 'p"i/n $HOME 100%'}
        requests:
          - {name: Get, url: "/echo/a b?x[]=1", headers: {X-Pin: "{{pin}}", X-Quote: "it's \"$(id)\""}, cookies: {c: d}}
          - {name: Json, url: /echo, json: {pin: "{{pin}}", b: "日本 \\ 'x'"}}
          - {name: Form, url: /echo, form: {pin: "{{pin}}", b: [1, "a&b"]}}
          - {name: Bytes, url: /echo, text: "a\0b\e%s\\n'", headers: {Content-Type: application/octet-stream}}
          - {name: Head, method: HEAD, url: /echo}
          - {name: Put, method: PUT, url: /echo, text: "@x"}
    """
    write("a.yaml", text)
    done = command(
        "run", "a.yaml", "-v", f"api={fresh_server.url}", "--report", "curl=x.sh", "--report", "har=x.har", cwd=tmp_path
    )
    assert done.code == 0, done.said
    first = list(fresh_server.requests)
    pin = 'p"i/n $HOME 100%'
    env = {"PATH": os.environ["PATH"], "SECRET_X_PIN": pin, "SECRET_PIN": json.dumps(pin)[1:-1]}
    script = subprocess.run(["sh", "x.sh"], cwd=tmp_path, env=env, capture_output=True, encoding="utf-8", check=False)
    assert script.returncode == 0, script.stderr
    assert fresh_server.requests[len(first) :] == first
    entries = json.loads((tmp_path / "x.har").read_text())["log"]["entries"]
    answers = [part.rpartition("\n\n")[2].strip() for part in script.stdout.replace("\r", "").split("\n# r")[1:]]
    for entry, answer in zip(entries, answers, strict=True):
        if entry["request"]["method"] != "HEAD" and "pin" not in entry["request"].get("postData", {}).get("text", ""):
            sent = json.loads(entry["response"]["content"]["text"].replace("***", json.dumps(pin)[1:-1]))
            again = json.loads(answer)
            for found in (sent, again):
                for name in ("accept-encoding", "connection", "accept"):
                    found["headers"].pop(name, None)
            assert again == sent
    unset = subprocess.run(
        ["sh", "x.sh", "r2_json"], cwd=tmp_path, env={"PATH": env["PATH"]}, capture_output=True, check=False
    )
    assert (unset.returncode != 0, b"SECRET_PIN" in unset.stderr) == (True, True)
