"""`runner import`: files in, files out, losses, and what it refuses."""

from __future__ import annotations

import gzip
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

CURL = "curl https://api.test/users\n"
LOSSY = "curl -4 https://api.test/users\n"
YAML = "name: {}\n\nrequests:\n  - name: GET /users\n    url: https://api.test/users\n    follow_redirects: false\n"


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A folder with a script that loses nothing, and one that loses something."""
    (tmp_path / "api.sh").write_text(CURL)
    (tmp_path / "lossy.sh").write_text(LOSSY)
    return tmp_path


def test_to_standard_output(command: Any, place: Path) -> None:
    """Without -o the collection goes to standard output, and the summary to standard error."""
    done = command("import", "curl", "api.sh", cwd=place)
    assert (done.code, done.out, done.err) == (0, YAML.format("api"), "api.sh: 1 request, nothing lost\n")
    assert sorted(path.name for path in place.iterdir()) == ["api.sh", "lossy.sh"]


def test_from_standard_input(command: Any, place: Path) -> None:
    """`-` reads standard input."""
    done = command("import", "curl", "-", cwd=place, stdin=CURL)
    assert (done.code, done.out) == (0, YAML.format("requests"))


def test_to_a_file(command: Any, place: Path) -> None:
    """-o names a file, whose folders are made; the summary says where it went."""
    done = command("import", "curl", "api.sh", "-o", "new/deep/x.yaml", cwd=place)
    assert (done.code, done.out, done.err) == (0, "api.sh → new/deep/x.yaml: 1 request, nothing lost\n", "")
    assert (place / "new/deep/x.yaml").read_text() == YAML.format("api")
    assert command("check", "new/deep/x.yaml", cwd=place).code == 0


def test_to_a_folder(command: Any, place: Path) -> None:
    """-o names a folder: the file has the collection's name."""
    assert command("import", "curl", "api.sh", "-o", "requests", cwd=place).code == 0
    assert (place / "requests/api.yaml").read_text() == YAML.format("api")


def test_losses(command: Any, place: Path) -> None:
    """Something lost is exit code 1, and each loss is said with its place, its reason and what to do."""
    done = command("import", "curl", "lossy.sh", "-o", "x.yaml", cwd=place)
    assert (done.code, done.err) == (1, "")
    assert done.out == (
        "lossy.sh → x.yaml: 1 request, 1 loss\n"
        "  the option 'ipv4': connections are made as the system's resolver and settings say\n"
        "    line 1\n"
    )
    assert (place / "x.yaml").exists()
    assert command("import", "curl", "lossy.sh", "-o", "y.yaml", "--allow-loss", cwd=place).code == 0


def test_report(command: Any, place: Path) -> None:
    """--report writes the losses as JSON."""
    command("import", "curl", "lossy.sh", "-o", "x.yaml", "--report", "losses.json", cwd=place)
    report = json.loads((place / "losses.json").read_text())
    assert {key: report[key] for key in ("format", "source", "written")} == {
        "format": "curl", "source": "lossy.sh", "written": ["x.yaml"],
    }  # fmt: skip
    assert report["losses"][0]["path"] == "line 1"
    done = command("import", "curl", "lossy.sh", "--report", "no/such/folder/x.json", cwd=place)
    assert done.code == 2
    assert "--report: cannot write" in done.err


def test_overwriting(command: Any, place: Path) -> None:
    """A file that is there is not overwritten without --force: exit code 2, and nothing changes."""
    (place / "x.yaml").write_text("name: mine\n")
    done = command("import", "curl", "api.sh", "-o", "x.yaml", cwd=place)
    assert (done.code, done.out) == (2, "")
    assert "x.yaml exists already; --force overwrites it" in done.err
    assert (place / "x.yaml").read_text() == "name: mine\n"
    assert command("import", "curl", "api.sh", "-o", "x.yaml", "--force", cwd=place).code == 0
    assert (place / "x.yaml").read_text() == YAML.format("api")


def test_the_same_again(command: Any, place: Path) -> None:
    """To write what is there already changes nothing, and is no fault."""
    for _ in range(2):
        assert command("import", "curl", "api.sh", "-o", "x.yaml", cwd=place).code == 0


def test_all_files_or_none(command: Any, place: Path) -> None:
    """Where one of several files is there already, none is written."""
    (place / "with-file.sh").write_text("curl --data-binary @body.bin https://api.test/\n")
    (place / "body.bin").write_text("body")
    (place / "out").mkdir()
    (place / "out/body.bin").write_text("another")
    done = command("import", "curl", "with-file.sh", "-o", "out", cwd=place)
    assert done.code == 2
    assert [path.name for path in (place / "out").iterdir()] == ["body.bin"]
    assert (place / "out/body.bin").read_text() == "another"


def test_several_files_need_a_folder(command: Any, place: Path) -> None:
    """What makes several files cannot go to standard output."""
    (place / "with-file.sh").write_text("curl --data-binary @body.bin https://api.test/\n")
    (place / "body.bin").write_text("body")
    done = command("import", "curl", "with-file.sh", cwd=place)
    assert (done.code, done.out) == (2, "")
    assert "this import makes 2 files: name a folder with -o" in done.err


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("nosuch", "api.sh"), 2, "the format 'nosuch' cannot be imported: known: curl, postman"),
        (("crul", "api.sh"), 2, "the format 'crul' cannot be imported: did you mean 'curl'?"),
        (("python", "api.sh"), 2, "the format 'python' cannot be imported"),
        (("curl", "missing.sh"), 3, "no such file or folder: missing.sh"),
        (("curl", "."), 3, "this is no script of curl commands: it is a folder"),
        (("curl", "broken.sh"), 3, "broken.sh:2: the quote \" is never closed"),
        (("curl", "empty.sh"), 3, "there is no curl command in it"),
        (("curl", "damaged.gz"), 3, "cannot read damaged.gz: it is damaged gzip"),
        (("curl", "api.sh", "-o", "api.sh/x.yaml"), 2, "cannot write api.sh"),
    ],
)  # fmt: skip
def test_faults(command: Any, place: Path, words: tuple[str, ...], code: int, said: str) -> None:
    """What cannot be imported is said in one line, without a traceback and without a file."""
    (place / "broken.sh").write_text('echo a\ncurl "https://x.test\n')
    (place / "empty.sh").write_text("# nothing\n")
    (place / "damaged.gz").write_bytes(b"\x1f\x8b damaged")
    before = sorted(place.rglob("*"))
    done = command("import", *words, cwd=place)
    assert done.code == code, done.said
    assert said in done.err
    assert "Traceback" not in done.said
    assert sorted(place.rglob("*")) == before


def test_compressed_and_marked(command: Any, place: Path) -> None:
    """Gzip is undone, and a byte order mark is dropped, in UTF-8 and UTF-16."""
    (place / "a.sh.gz").write_bytes(gzip.compress(CURL.encode()))
    (place / "b.sh").write_bytes(CURL.encode("utf-8-sig"))
    (place / "c.sh").write_bytes(CURL.encode("utf-16"))
    for name in ("a.sh.gz", "b.sh", "c.sh"):
        assert "https://api.test/users" in command("import", "curl", name, cwd=place).out


@pytest.mark.parametrize("path", ["api.sh", "out/api.yaml", "-", "", "nowhere/lost.json", "."])
def test_where_no_report_is_written(command: Any, place: Path, write: Callable[[str, str], Path], path: str) -> None:
    """A report overwrites neither what is read nor what is made, and is judged before anything is written."""
    write("api.sh", "curl http://api.test/ | jq .\n")
    done = command("import", "curl", "api.sh", "-o", "out/api.yaml", "--report", path, cwd=place)
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("error: --report: ")
    assert not (place / "out").exists()
    assert (place / "api.sh").read_text() == "curl http://api.test/ | jq .\n"


def test_line_ends_of_any_kind(command: Any, place: Path, write: Callable[[str, str], Path]) -> None:
    """A carriage return alone ends a line, as it did once."""
    write("api.sh", "curl http://api.test/a\rcurl http://api.test/b\r")
    done = command("import", "curl", "api.sh", cwd=place)
    assert done.code == 0
    assert [line.strip() for line in done.out.splitlines() if "url: " in line] == [
        "base_url: http://api.test",
        "url: /a",
        "url: /b",
    ]


@pytest.mark.parametrize(
    "words",
    [
        "-H 'Ocp-Apim-Subscription-Key: 0123456789abcdef0123456789abcdef' http://api.test/",
        "-H 'x-functions-key: 0123456789abcdef0123456789abcdef' http://api.test/",
        "'http://api.test/?sig=0123456789abcdef0123456789abcdef'",
        "'http://api.test/?code=0123456789abcdef0123456789abcdef'",
        "'http://api.test/?X-Amz-Signature=0123456789abcdef0123456789abcdef'",
    ],
)
def test_credentials_by_name_and_looks(
    command: Any, place: Path, write: Callable[[str, str], Path], words: str
) -> None:
    """Keys of gateways and signed URLs are secrets of the environment."""
    write("api.sh", f"curl {words}\n")
    done = command("import", "curl", "api.sh", cwd=place)
    assert "0123456789abcdef" not in done.said
    assert "secrets:" in done.out


def test_what_is_no_regular_file(command: Any, place: Path, write: Callable[[str, str], Path]) -> None:
    """Neither an import nor an export puts a file in the place of a device or a pipe, whatever --force says."""
    write("api.sh", "curl http://api.test/\n")
    write("api.yaml", "requests: [{name: A, url: http://api.test/}]\n")
    os.mkfifo(place / "pipe.yaml")
    for words in (("import", "curl", "api.sh"), ("export", "curl", "api.yaml")):
        done = command(*words, "-o", "pipe.yaml", "--force", cwd=place)
        assert (done.code, done.out) == (2, "")
        assert "pipe.yaml is no regular file" in done.err
        assert (place / "pipe.yaml").is_fifo()


def test_files_outside(command: Any, place: Path, write: Callable[[str, str], Path]) -> None:
    """A file that lies outside the script's folder is not read: it is a loss."""
    write("inner/api.sh", "curl --data-binary @../secret.txt https://api.test/\n")
    write("secret.txt", "do not read")
    done = command("import", "curl", "inner/api.sh", "-o", "out", cwd=place)
    assert done.code == 1
    assert "it lies outside the folder ('../secret.txt')" in done.out
    assert not list((place / "out").glob("secret*"))


def test_a_format_of_a_plugin(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A format that is not built in is looked for among the entry points `runner.formats`."""
    from importlib import metadata

    from runner.formats.registry import function

    class Entry:
        def load(self) -> object:
            return Entry

        @staticmethod
        def dump(plan: object) -> object:
            return plan

    monkeypatch.setattr(metadata, "entry_points", lambda group, name: [Entry()] if name == "other" else [])
    assert function("other", "dump")(7) == 7
