"""`schema` and `snapshot` from the command line: exit codes, files, flags, what is shown and what is not."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import runner
from runner.demo import DemoServer

Write = Callable[[str, str], Path]

BOOKS = """
    base_url: {url}
    requests:
      - {{name: One, url: /books/1, snapshot: {{ignore: [served_at]}}}}
      - {{name: Text, url: /text, tags: [slow], snapshot: true}}
      - {{name: Other, url: /books/2}}
"""


@pytest.fixture
def books(server: DemoServer, write: Write) -> Callable[[], Any]:
    """A collection with two snapshots; `books()` is what is kept."""
    write("a.yaml", BOOKS.format(url=server.url))
    folder = write("b.txt", "").parent
    return lambda: json.loads((folder / "a.snap.json").read_text())


def test_nothing_is_written_without_the_flag(books: Any, command: Any, tmp_path: Path) -> None:
    """Without a snapshot the request fails with exit code 1, and no file appears."""
    done = command("run", "a.yaml", cwd=tmp_path, env={"CI": "true"})
    assert (done.code, done.err) == (1, "")
    assert "there is no snapshot of 'One' yet" in done.out
    assert "--update-snapshots" in done.out
    assert not (tmp_path / "a.snap.json").exists()


def test_update_then_compare(books: Any, command: Any, tmp_path: Path) -> None:
    """What --update-snapshots wrote passes, and what differs then fails with a diff."""
    done = command("run", "a.yaml", "--update-snapshots", cwd=tmp_path)
    assert (done.code, done.err) == (0, "")
    assert done.out.endswith("a.snap.json: 2 written\n")
    assert set(books()) == {"One", "Text"}
    assert command("run", "a.yaml", cwd=tmp_path).code == 0
    path = tmp_path / "a.snap.json"
    path.write_text(path.read_text().replace("Frankenstein", "Dracula"))
    done = command("run", "a.yaml", cwd=tmp_path)
    assert done.code == 1
    assert "differs from the snapshot at body.title" in done.out
    assert '-    "title": "Dracula"' in done.out
    assert '+    "title": "Frankenstein"' in done.out


@pytest.mark.parametrize("flags", [("-k", "One"), ("-t", "slow"), ("--exclude-tag", "slow")], ids=" ".join)
def test_a_selection_leaves_others_alone(flags: tuple[str, ...], books: Any, command: Any, tmp_path: Path) -> None:
    """Only a run of all requests removes the snapshots of those that are gone."""
    (tmp_path / "a.snap.json").write_text('{"Gone": {"status": 200}, "One": {"status": 1}, "Text": {"status": 1}}')
    assert command("run", "a.yaml", "--update-snapshots", *flags, cwd=tmp_path).code == 0
    found = books()
    assert set(found) == {"Gone", "One", "Text"}
    assert [name for name, entry in found.items() if entry["status"] == 1] == [
        "One" if flags[1] == "slow" and flags[0] == "-t" else "Text"
    ]
    done = command("run", "a.yaml", "--update-snapshots", cwd=tmp_path)
    assert done.out.endswith("a.snap.json: 1 written, 1 removed\n")
    assert set(books()) == {"One", "Text"}


def test_a_request_that_got_no_response_keeps_its_snapshot(write: Write, command: Any, tmp_path: Path) -> None:
    """An update of a server that is down loses nothing."""
    write("a.yaml", "requests: [{name: A, url: 'http://127.0.0.1:1', snapshot: true}]")
    (tmp_path / "a.snap.json").write_text('{"A": {"status": 200}}')
    assert command("run", "a.yaml", "--update-snapshots", cwd=tmp_path).code == 4
    assert (tmp_path / "a.snap.json").read_text() == '{"A": {"status": 200}}'


def test_many_files_at_once(server: DemoServer, write: Write, command: Any, tmp_path: Path) -> None:
    """Whatever --jobs is, each file gets the same bytes."""
    texts = []
    for jobs in ("1", "8"):
        for number in range(8):
            requests = "".join(
                f"  - {{name: R{n}, url: /echo/{n}, snapshot: {{ignore: [url, headers]}}}}\n" for n in range(5)
            )
            write(f"f{number}.yaml", f"base_url: {server.url}\nrequests:\n{requests}")
        assert command("run", ".", "-j", jobs, "--update-snapshots", cwd=tmp_path).code == 0
        texts.append([path.read_text() for path in sorted(tmp_path.glob("*.snap.json"))])
        for path in tmp_path.glob("*.snap.json"):
            path.unlink()
    assert texts[0] == texts[1]
    assert len(texts[0]) == 8


def test_a_damaged_file_stops_the_run(books: Any, command: Any, tmp_path: Path) -> None:
    """Exit code 3 with the place, before anything is sent, with the flag too."""
    (tmp_path / "a.snap.json").write_text('{\n  "One": {"status": 200,}\n}')
    for words in (("run", "a.yaml"), ("run", "a.yaml", "--update-snapshots"), ("check", "a.yaml")):
        done = command(*words, cwd=tmp_path)
        assert (done.code, done.out) == (3, "")
        assert "a.snap.json:2:" in done.err


def test_no_secret_gets_into_a_snapshot(server: DemoServer, write: Write, command: Any, tmp_path: Path) -> None:
    """A secret is masked in the file in each form, also one that only a later request uses."""
    write(
        "a.yaml",
        f"""
        base_url: {server.url}
        secrets: {{early: "{{{{env.EARLY}}}}", late: "{{{{env.LATE}}}}"}}
        requests:
          - name: A
            url: /echo
            json: {{a: "{{{{early}}}}", b: "{{{{base64(early)}}}}", c: tail-of-a-late-secret}}
            snapshot: {{ignore: [headers, url]}}
          - {{name: B, url: "/echo?x={{{{late}}}}"}}
        """,
    )
    secrets = {"EARLY": 'early-sécret/"x', "LATE": "late-secret"}
    for flags in ((), ("--update-snapshots",), ()):
        done = command("run", "a.yaml", *flags, cwd=tmp_path, env=secrets)
        assert not any(secret in done.out + done.err for secret in secrets.values())
    text = (tmp_path / "a.snap.json").read_text()
    assert json.loads(text)["A"]["body"]["body"] == {"a": "***", "b": "***", "c": "tail-of-a-***"}
    assert done.code == 0


def test_schema_faults_stop_the_run(write: Write, command: Any, tmp_path: Path) -> None:
    """All faults of names, schemas and files come in one go, in the order of the file."""
    write(
        "a.yaml",
        """
        base_url: http://127.0.0.1:1
        requests:
          - {name: A, url: "/{{x}}", schema: {type: strnig}}
          - {name: B, url: /, schema: lost.json}
        """,
    )
    done = command("run", "a.yaml", cwd=tmp_path)
    assert (done.code, done.out) == (3, "")
    places = [line for line in done.err.splitlines() if line.startswith("error:")]
    assert [place[:45] for place in places] == [
        "error: undefined variable 'x'",
        "error: the schema is not valid: 'type' must b",
        "error: no such file: 'lost.json'",
    ]


def test_a_selection_is_not_held_up_by_other_schemas(
    server: DemoServer, write: Write, command: Any, tmp_path: Path
) -> None:
    """Of a selection the schemas of its requests are read; `check` reads all."""
    write(
        "a.yaml", f"requests: [{{name: A, url: '{server.url}/text'}}, {{name: B, url: 'http://h', schema: lost.json}}]"
    )
    assert command("run", "a.yaml", "-k", "A", cwd=tmp_path).code == 0
    assert command("check", "a.yaml", cwd=tmp_path).code == 3


def test_a_schema_outside_the_root(write: Write, command: Any, tmp_path: Path) -> None:
    """Neither the request nor a $ref leaves the project, links included."""
    write("s.json", "{}")
    write(
        "p/a.yaml",
        "requests: [{name: A, url: 'http://h', schema: ../s.json}, {name: B, url: 'http://h', schema: in.json}, {name: C, url: 'http://h', schema: link.json}]",
    )
    write("p/in.json", '{"$ref": "../s.json"}')
    (tmp_path / "p/link.json").symlink_to(tmp_path / "s.json")
    done = command("check", "a.yaml", cwd=tmp_path / "p")
    assert done.code == 3
    assert done.err.count("lies outside the project root") == 3


def test_plan_shows_what_judges(server: DemoServer, write: Write, command: Any, tmp_path: Path) -> None:
    """`plan` names schemas and snapshots, and the files they are in."""
    write("s.json", "{}")
    write(
        "a.yaml",
        f"requests: [{{name: A, url: '{server.url}', schema: 's.json#', snapshot: true}}, {{name: B, url: '{server.url}', schema: {{type: object}}}}]",
    )
    done = command("plan", "a.yaml", cwd=tmp_path)
    assert done.code == 0, done.said
    assert "  files      s.json\n" in done.out
    assert "    schema     s.json#\n" in done.out
    assert "    schema     {'type': 'object'}\n" in done.out
    assert "    snapshot   a.snap.json\n" in done.out


def test_from_python(books: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`runner.run` compares, and writes when it is asked to."""
    monkeypatch.chdir(tmp_path)
    assert not runner.run("a.yaml").passed
    assert runner.run("a.yaml", update_snapshots=True).passed
    assert runner.run("a.yaml").passed
    assert set(books()) == {"One", "Text"}
