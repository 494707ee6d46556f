"""Collections of several files and many rows, as a user runs them: files, setup and teardown, --data, --repeat, --shard."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from runner.demo import DemoServer

ROOT = Path(__file__).parent.parent.parent
Write = Callable[[str, str], Path]
Until = Callable[[Callable[[], bool]], None]


def api(server: DemoServer) -> tuple[str, str]:
    return "-v", f"api={server.url}"


def shown(out: str) -> list[str]:
    """Mark and name of each request in the output, in order."""
    lines = (line for line in out.splitlines() if line[:2] == "  " and line[2:4] in ("✓ ", "✗ ", "! ", "- "))
    return [line[2:].split("  ")[0] for line in lines]


def heads(out: str) -> list[str]:
    """The names of the collections in the output."""
    return [line.split("  ")[0] for line in out.splitlines() if ".yaml" in line and line[0] != " "]


# --- files ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def project(write: Write, tmp_path: Path) -> Path:
    """A base with a CA file beside it, a login to include, rows, and a collection of all of them."""
    write("shared/_base.yaml", 'base_url: "{{api}}"\nvariables: {team: tea}\ndefaults: {verify: ca.pem}\n')
    write("shared/ca.pem", "")
    write("shared/login.yaml", "variables: {own: in}\nrequests: [{name: In, url: '/echo/{{own}}/{{team}}'}]\n")
    write("rows.csv", "id,name\n1,ada\n2,bob\n")
    text = """
        extends: shared/_base.yaml
        requests:
          - {name: Login, include: shared/login.yaml}
          - {name: Each, for_each: rows.csv, url: "/echo/{{item.id}}/{{item.name}}"}
    """
    write("a.yaml", text)
    return tmp_path


def test_files(server: DemoServer, project: Path, command: Any) -> None:
    """What a base gives, what is included and the rows of a file make one collection; paths start at their own file."""
    done = command("run", "a.yaml", *api(server), cwd=project)
    assert (done.code, done.err) == (0, ""), done.said
    assert shown(done.out) == ["✓ Login / In", "✓ Each [0]", "✓ Each [1]"]
    assert "/echo/in/tea" in done.out
    assert "/echo/2/bob" in done.out


def test_plan_and_list(server: DemoServer, project: Path, command: Any) -> None:
    """plan shows the first row, how many there are, and every file that is touched; list says where each stands."""
    out = command("plan", "a.yaml", *api(server), cwd=project).out
    assert "  files      ca.pem, rows.csv, shared/_base.yaml, shared/login.yaml\n" in out
    assert "    for each   2 rows of rows.csv\n" in out
    assert f"    request    GET {server.url}/echo/1/ada\n" in out
    assert '    variable   item = {"id": "1", "name": "ada"}  (row 0 of rows.csv)\n' in out
    assert "    variable   team = 'tea'  (collection (shared/_base.yaml:2:19))\n" in out
    listed = command("list", "a.yaml", *api(server), cwd=project).out
    assert "  Login / In  shared/login.yaml:2\n" in listed
    assert "  Each        a.yaml:5  for each of 2 rows of rows.csv\n" in listed


def test_a_folder_leaves_bases_out(server: DemoServer, project: Path, command: Any) -> None:
    """Files that start with _ are no collections of their own; others of the folder are, included elsewhere or not."""
    done = command("list", ".", "-v", "team=x", *api(server), cwd=project)
    assert [line.split("  ")[1] for line in done.out.splitlines() if line[0] != " "] == ["a.yaml", "shared/login.yaml"]


@pytest.mark.skipif(os.name != "posix", reason="needs symbolic links")
def test_outside_the_root(server: DemoServer, project: Path, command: Any) -> None:
    """No file may be taken from outside the root, through a symbolic link neither; --root moves it."""
    inner = project / "inner"
    inner.mkdir()
    (inner / "link.yaml").symlink_to(project / "shared" / "login.yaml")
    (inner / "link.csv").symlink_to(project / "rows.csv")
    text = """
extends: ../shared/_base.yaml
requests:
  - {name: A, include: link.yaml}
  - {name: B, for_each: ../rows.csv, url: /}
"""
    (inner / "a.yaml").write_text(text)
    done = command("check", "a.yaml", cwd=inner)
    assert done.code == 3
    assert done.err.count("lies outside the project root") == 2
    (inner / "b.yaml").write_text("requests: [{name: B, for_each: link.csv, url: 'http://127.0.0.1:1/'}]")
    assert "'link.csv' lies outside the project root" in command("check", "b.yaml", cwd=inner).err
    (inner / "a.yaml").write_text(text.replace("url: /}", 'url: "/echo/{{item.id}}"}'))
    done = command("run", "a.yaml", "--root", "..", *api(server), cwd=inner)
    assert (done.code, done.err) == (0, ""), done.said


def test_faults_of_many_files(write: Write, command: Any, tmp_path: Path) -> None:
    """A fault of a base is told once, whatever number of files extends it; nothing is sent."""
    write("_base.yaml", "variable: {}\n")
    for name in "abc":
        write(f"{name}.yaml", "extends: _base.yaml\nrequests: [{name: A, url: 'http://127.0.0.1:1/'}]\n")
    done = command("run", ".", cwd=tmp_path)
    assert (done.code, done.out) == (3, "")
    assert done.err.count("error:") == 1
    assert "  _base.yaml:1:1\n" in done.err


def test_data_is_judged_before_anything_is_sent(
    fresh_server: DemoServer, write: Write, command: Any, tmp_path: Path
) -> None:
    """A ragged row far down a file stops the run before its first request, with line and caret."""
    write("rows.csv", "id,name\n" + "1,a\n" * 500 + "2\n")
    text = 'base_url: "{{api}}"\nrequests: [{name: A, url: /health}, {name: B, for_each: rows.csv, url: /health}]\n'
    write("a.yaml", text)
    done = command("run", "a.yaml", *api(fresh_server), cwd=tmp_path)
    assert (done.code, done.out) == (3, "")
    assert "  rows.csv:502:1\n   502 | 2\n       | ^ the header: id, name\n" in done.err
    assert list(fresh_server.requests) == []


# --- setup, teardown and Ctrl-C ------------------------------------------------------------------------------------

SLOW = """
    base_url: "{{api}}"
    setup: [{name: Make, url: /things, json: {}, capture: {id: body.id}}]
    requests:
      - {name: Slow, url: /delay/5000}
      - {name: After, url: /health}
    teardown:
      - {name: Delete, method: DELETE, url: "/things/{{id}}"}
      - {name: Gone, url: "/things/{{id}}", assert: [status: 404]}
"""


def start(*words: str, folder: Path) -> subprocess.Popen[str]:
    kept = {name: value for name, value in os.environ.items() if "_proxy" not in name}
    environment = {**kept, "NO_COLOR": "1", "PYTHONUTF8": "1", "PYTHONPATH": str(ROOT)}
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background job ignores it
    try:
        return subprocess.Popen(
            (sys.executable, "-m", "runner", *words),
            cwd=folder, env=environment, text=True, encoding="utf-8", stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip
    finally:
        signal.signal(signal.SIGINT, before)


def test_teardown_after_a_failure(server: DemoServer, write: Write, command: Any, tmp_path: Path) -> None:
    """A failed setup leaves out the requests, -x what comes after a failure; teardown is sent all the same."""
    write("a.yaml", SLOW.replace("/delay/5000", "/status/500"))
    done = command("run", "a.yaml", "-x", *api(server), cwd=tmp_path)
    assert done.code == 1
    assert shown(done.out) == ["✓ setup / Make", "✗ Slow", "- After", "✓ teardown / Delete", "✓ teardown / Gone"]
    write("b.yaml", SLOW.replace("json: {}", "json: []"))
    done = command("run", "b.yaml", *api(server), cwd=tmp_path)
    assert (done.code, "skipped: not run: 'setup / Make' failed" in done.out) == (1, True)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["Ctrl-C", "SIGTERM"])
def test_teardown_after_an_interrupt(
    fresh_server: DemoServer, write: Write, tmp_path: Path, until: Until, number: int
) -> None:
    """After Ctrl-C or SIGTERM teardown is really sent, without waiting for the request under way; exit code 130."""
    write("a.yaml", SLOW)
    write("b.yaml", SLOW)
    process = start("run", "a.yaml", "b.yaml", "-j", "1", *api(fresh_server), folder=tmp_path)
    until(lambda: ("GET", "/delay/5000") in fresh_server.requests)
    process.send_signal(number)
    out, err = process.communicate(timeout=20)
    assert (process.returncode, err) == (130, ""), out + err
    assert shown(out)[:5] == ["✓ setup / Make", "! Slow", "- After", "✓ teardown / Delete", "✓ teardown / Gone"]
    assert shown(out)[5:] == ["- setup / Make", "- Slow", "- After", "- teardown / Delete", "- teardown / Gone"]
    assert ("DELETE", "/things/1") in fresh_server.requests
    assert len(fresh_server.requests) == 4


def test_teardown_side_by_side(fresh_server: DemoServer, write: Write, tmp_path: Path, until: Until) -> None:
    """With -j every collection that had begun is torn down."""
    for name in "abc":
        write(f"{name}.yaml", SLOW)
    process = start("run", "a.yaml", "b.yaml", "c.yaml", "-j", "2", *api(fresh_server), folder=tmp_path)
    until(lambda: fresh_server.requests.count(("GET", "/delay/5000")) == 2)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=20)
    assert (process.returncode, err) == (130, ""), out + err
    assert [("✓ teardown / Delete" in part, "✓ setup / Make" in part) for part in out.split("\n\n")[:3]] == [
        (True, True), (True, True), (False, False),
    ]  # fmt: skip
    assert sorted(path for method, path in fresh_server.requests if method == "DELETE") == ["/things/1", "/things/2"]


def test_a_second_interrupt(fresh_server: DemoServer, write: Write, tmp_path: Path, until: Until) -> None:
    """A second Ctrl-C ends teardown, too, and at once."""
    write("a.yaml", SLOW.replace('method: DELETE, url: "/things/{{id}}"', "url: /delay/4999"))
    process = start("run", "a.yaml", *api(fresh_server), folder=tmp_path)
    until(lambda: ("GET", "/delay/5000") in fresh_server.requests)
    process.send_signal(signal.SIGINT)
    until(lambda: ("GET", "/delay/4999") in fresh_server.requests)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=4)
    assert (process.returncode, err) == (130, ""), out + err
    assert re.search("! teardown / Delete  GET +/delay/4999  error\n +interrupted while it was under way\n", out), out
    assert "- teardown / Gone    skipped: not run: interrupted" in out


def test_an_interrupt_in_teardown(fresh_server: DemoServer, write: Write, tmp_path: Path, until: Until) -> None:
    """Ctrl-C while teardown is being sent lets it go on; the exit code is 130."""
    text = SLOW.replace("/delay/5000", "/health").replace('method: DELETE, url: "/things/{{id}}"', "url: /delay/1000")
    write("a.yaml", text.replace("status: 404", "status: 200"))
    process = start("run", "a.yaml", *api(fresh_server), folder=tmp_path)
    until(lambda: ("GET", "/delay/1000") in fresh_server.requests)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=20)
    assert (process.returncode, err) == (130, ""), out + err
    assert "interrupted: 5 passed in" in out


def test_what_is_left_of_many_rows(fresh_server: DemoServer, write: Write, tmp_path: Path, until: Until) -> None:
    """After Ctrl-C what is left of a thousand rows and runs is a line each, not thousands."""
    write("a.yaml", 'base_url: "{{api}}"\nrequests: [{name: A, for_each: "range(`1000`)", url: /delay/5000}]\n')
    process = start("run", "a.yaml", "--repeat", "1000", "-j", "1", *api(fresh_server), folder=tmp_path)
    until(lambda: ("GET", "/delay/5000") in fresh_server.requests)
    process.send_signal(signal.SIGINT)
    out, _ = process.communicate(timeout=20)
    assert shown(out) == ["! A [0]", "- A", "- A"]
    assert "skipped: not run: interrupted (999 of 1,000 rows)" in out
    assert heads(out) == ["a [0]", "a [1…999]"]


# --- --data, --repeat, --shard --------------------------------------------------------------------------------------


@pytest.mark.parametrize("files", ["one.yaml", "one.yaml two.yaml"])
def test_runs_of_a_collection_follow_one_another(
    fresh_server: DemoServer, write: Write, command: Any, tmp_path: Path, files: str
) -> None:
    """A slow first row is over before the second begins; only with -j are they side by side."""
    text = """
    requests:
      - {name: Slow, url: "{{api}}/delay/{{ms}}"}
      - {name: Row, url: "{{api}}/echo/{{iteration}}"}
    """
    write("rows.csv", "ms\n60\n20\n0\n")
    for file in files.split():
        write(file, text)
    done = command("run", *files.split(), "--data", "rows.csv", "-v", f"api={fresh_server.url}", cwd=tmp_path)
    assert done.code == 0, done.said
    once = ["/delay/60", "/echo/0", "/delay/20", "/echo/1", "/delay/0", "/echo/2"]
    assert [path for _, path in fresh_server.requests] == once * len(files.split())


ROWS = """
    name: C
    base_url: "{{api}}"
    variables: {id: none}
    requests: [{name: A, url: "/echo/{{id}}/{{iteration}}"}]
"""


@pytest.mark.parametrize(
    ("words", "names", "paths"),
    [
        ([], ["C"], ["none/0"]),
        (["--data", "rows.csv"], ["C [0]", "C [1]"], ["007/0", "8/1"]),
        (["--data", "rows.json", "-j", "1"], ["C [0]"], ["9/0"]),
        (["--data", "deep/rows.yaml"], ["C [0]"], ["10/0"]),
        (["--repeat", "2"], ["C [0]", "C [1]"], ["none/0", "none/1"]),
        (["--repeat", "1"], ["C [0]"], ["none/0"]),
        (
            ["--data", "rows.csv", "--repeat", "2"],
            ["C [0]", "C [1]", "C [2]", "C [3]"],
            ["007/0", "8/1", "007/2", "8/3"],
        ),
        (["--data", "rows.csv", "-v", "id=x"], ["C [0]", "C [1]"], ["x/0", "x/1"]),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_iterations(
    server: DemoServer, write: Write, command: Any, tmp_path: Path, words: list[str], names: list[str], paths: list[str]
) -> None:
    """A collection runs once for each row, or as often as was said, in order whatever runs side by side."""
    write("a.yaml", ROWS)
    write("rows.csv", "id,more\n007,x\n8,y\n")
    write("rows.json", '[{"id": 9}]')
    write("deep/rows.yaml", "- {id: 10}\n")
    done = command("run", "a.yaml", *words, *api(server), cwd=tmp_path)
    assert (done.code, done.err) == (0, ""), done.said
    assert heads(done.out) == names
    assert [line.split("/echo/")[1].split(" ")[0] for line in done.out.splitlines() if "/echo/" in line] == paths


def test_each_iteration_by_itself(fresh_server: DemoServer, write: Write, command: Any, tmp_path: Path) -> None:
    """Each has its own cookies, captures, setup and teardown."""
    text = """
        base_url: "{{api}}"
        setup: [{name: Make, url: /things, json: {}, capture: {id: body.id}}]
        requests:
          - {name: Cookies, url: /cookies, assert: [body.cookies: {}]}
          - {name: Set, url: /cookies/set, query: {a: "1"}, assert: [body.cookies: {a: "1"}]}
        teardown: [{name: Delete, method: DELETE, url: "/things/{{id}}"}]
    """
    write("a.yaml", text)
    done = command("run", "a.yaml", "--repeat", "3", *api(fresh_server), cwd=tmp_path)
    assert done.code == 0, done.said
    deleted = sorted(path for method, path in fresh_server.requests if method == "DELETE")
    assert deleted == ["/things/1", "/things/2", "/things/3"]


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["--data", "none.csv"], 3, "no such file or folder: none.csv"),
        (["--data", "ragged.csv"], 3, "ragged.csv:3:1"),
        (["--data", "numbers.json"], 3, "row 0 must be an object whose keys name variables"),
        (["--data", "taken.csv"], 3, "'item' is taken: it cannot name a column"),
        (["--data", "empty.csv"], 6, "empty.csv holds no row"),
        (["--repeat", "0"], 2, "--repeat"),
        (["--shard", "0/2"], 2, "--shard wants I/N"),
        (["--shard", "3/2"], 2, "--shard wants I/N"),
        (["--shard", "1"], 2, "--shard wants I/N"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_wrong_words(write: Write, command: Any, tmp_path: Path, words: list[str], code: int, said: str) -> None:
    """What cannot be is said before anything is sent."""
    write("a.yaml", "requests: [{name: A, url: 'http://127.0.0.1:1/'}]\n")
    write("ragged.csv", "a,b\n1,2\n3\n")
    write("numbers.json", "[1]")
    write("taken.csv", "item\n1\n")
    write("empty.csv", "a,b\n")
    done = command("run", "a.yaml", *words, cwd=tmp_path)
    assert (done.code, done.out) == (code, ""), done.said
    assert said in done.err


def test_rows_that_are_not_valid(write: Write, command: Any, tmp_path: Path) -> None:
    """What is wrong with the file of rows is all that is told: its columns would have been variables."""
    write("a.yaml", "requests: [{name: A, url: 'http://h/{{id}}/{{data.id}}'}]")
    write("rows.csv", "id\n1,2\n")
    done = command("run", "a.yaml", "--data", "rows.csv", cwd=tmp_path)
    assert (done.code, done.err.count("error: ")) == (3, 1), done.said
    assert done.err.startswith("error: this row has 2 values, and the header names 1 column\n")


def test_no_rows_allowed(write: Write, command: Any, tmp_path: Path) -> None:
    """With --allow-empty a file without rows is fine."""
    write("a.yaml", "requests: [{name: A, url: 'http://127.0.0.1:1/'}]\n")
    write("empty.csv", "a,b\n")
    assert command("run", "a.yaml", "--data", "empty.csv", "--allow-empty", cwd=tmp_path).code == 0


def test_no_password_in_a_fault(write: Write, command: Any, tmp_path: Path) -> None:
    """A fault in a row of passwords shows none of them."""
    write("a.yaml", "secrets: {pw: x}\nrequests: [{name: A, url: 'http://127.0.0.1:1/'}]\n")
    write("rows.csv", "user,pw\nada,very-secret,\n")
    done = command("run", "a.yaml", "--data", "rows.csv", cwd=tmp_path)
    assert done.code == 3
    assert "very-secret" not in done.said


def test_data_for_other_commands(write: Write, command: Any, tmp_path: Path) -> None:
    """check, plan and list take --data, which says what its columns are; check alone takes any `data`."""
    write("a.yaml", "requests: [{name: A, url: 'http://127.0.0.1:1/{{id}}/{{data.id}}'}]\n")
    write("rows.csv", "id\n1\n2\n")
    for name in ("check", "plan", "list"):
        done = command(name, "a.yaml", "--data", "rows.csv", cwd=tmp_path)
        assert (done.code, done.err) == (0, ""), done.said
    assert "  runs       2; the first is shown" in command("plan", "a.yaml", "--data", "rows.csv", cwd=tmp_path).out
    done = command("check", "a.yaml", cwd=tmp_path)
    assert (done.code, done.err.count("error:")) == (3, 1)
    assert "undefined variable 'id'" in done.err
    assert command("plan", "a.yaml", "-v", "id=1", cwd=tmp_path).code == 3


def test_shards(server: DemoServer, write: Write, command: Any, tmp_path: Path) -> None:
    """Each collection is in one shard, the same each time; an empty shard passes."""
    for name in "abcde":
        write(f"{name}.yaml", f'requests: [{{name: {name}, url: "{{{{api}}}}/health"}}]\n')
    found = []
    for part in (1, 2, 3):
        done = command("run", ".", "--shard", f"{part}/3", *api(server), cwd=tmp_path)
        assert done.code == 0, done.said
        found.append(heads(done.out))
    assert found == [["a", "d"], ["b", "e"], ["c"]]
    empty = command("run", ".", "--shard", "6/6", *api(server), cwd=tmp_path)
    assert (empty.code, empty.err) == (0, ""), empty.said
    assert "nothing was run" in empty.out
    listed = command("list", ".", "--shard", "2/3", *api(server), cwd=tmp_path)
    assert heads(listed.out) == ["b", "e"]


# --- words that nothing answers to ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["-k", "A", "-k", "Bb"], "warning: no request is selected by 'Bb'\n  did you mean 'B'?\n"),
        (["-k", "A", "-k", "x*"], "warning: no request is selected by 'x*'\n"),
        (["-k", "A", "-k", "a.yaml:99"], "warning: no request is selected by 'a.yaml:99'\n"),
        (["-v", "naem=x"], "warning: --var naem: no file has a variable of this name\n  did you mean 'name'?\n"),
        (["-v", "name=x", "-k", "A"], ""),
        (["-v", "unused=x", "-v", "seen=x", "-v", "taken=x"], ""),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_warnings(server: DemoServer, write: Write, command: Any, tmp_path: Path, words: list[str], said: str) -> None:
    """A -k that picks nothing beside one that does, and a -v that no file knows, are warned of; the run goes on."""
    text = """
        base_url: "{{api}}"
        variables: {name: a, unused: b}
        requests:
          - {name: A, url: "/echo/{{name}}", capture: {taken: status}, assert: ["vars.seen != 'y'"]}
          - {name: B, url: /health, variables: {seen: 1}}
    """
    write("a.yaml", text.replace("vars.seen", "has(vars, 'seen') || vars.name"))
    for name in ("run", "plan", "list", "check"):
        if name == "check" and "-k" in words:
            continue
        done = command(name, "a.yaml", *words, *api(server), cwd=tmp_path)
        assert (done.code, done.err) == (0, said), done.said
