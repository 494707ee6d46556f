"""`runner import` of what is no file of the format: every format refuses it alike, and says what it is instead."""

from __future__ import annotations

import gzip
import random
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest
from click.testing import CliRunner

from runner.cli.importing import command
from runner.errors import InvalidError
from runner.formats.registry import IMPORTS

SAMPLES = Path(__file__).parent.parent / "golden" / "import"
PAGE = (
    '<!DOCTYPE html>\n<html><body class="a">\n<pre>\ncurl https://api.test/\nGET /users\n</pre>don\'t</body></html>\n'
)
GARBAGE = {
    "empty": b"",
    "spaces": b"  \n\t\r\n",
    "mark": b"\xef\xbb\xbf",
    "utf-16 mark": b"\xff\xfe",
    "null": b"null",
    "list": b"[]",
    "object": b"{}",
    "other object": b'{"a": 1, "url": "https://api.test/"}',
    "list of objects": b'[{"a": 1}]',
    "number": b"42\n",
    "string": b'"https://api.test/"',
    "broken JSON": b'{"a": [1,\n',
    "text": b"Hello, this is a text.\nIt isn't long.\n",
    "comment": b"# nothing but this\n",
    "YAML": b"a: 1\nb: [1, 2]\n",
    "HTML": PAGE.encode(),
    "XML": b'<?xml version="1.0"?>\n<definitions/>\n',
    "NUL": b"curl https://api.test/\0\0\nGET https://api.test/\n",
    "binary": random.Random(1).randbytes(3000),
    "PNG": b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR",
    "ZIP": b"PK\x03\x04\x14\0\0\0",
    "UTF-16": "Hello there\n".encode("utf-16"),
    "UTF-16 without mark": "curl https://api.test/\n".encode("utf-16-le"),
    "damaged gzip": b"\x1f\x8b\x08 damaged",
}
EMPTY = ("empty", "spaces", "mark", "utf-16 mark")


class Other(NamedTuple):
    """A file of a format: how it begins, what it is called, and what is to be done with it."""

    formats: tuple[str, ...]
    content: str
    words: str
    hint: str


OTHERS = {
    "har": Other(("har",), '{"log": {"version": "1.2", "entries": []}}', "it is a HAR", "runner import har"),
    "openapi": Other(("openapi",), "openapi: 3.1.0\npaths: {}\n", "it is an OpenAPI document", "runner import openapi"),
    "swagger": Other(("openapi",), '{"swagger": "2.0", "paths": {}}', "it is an OpenAPI doc", "runner import openapi"),
    "postman": Other(("postman",), '{"info": {"name": "x"}, "item": []}', "a Postman coll", "runner import postman"),
    "postman v1": Other((), '{"id": "1", "name": "x", "order": [], "requests": []}', "format v1", "Collection v2.1"),
    "data dump": Other((), '{"version": 1, "collections": []}', "a data dump of Postman", "export each collection"),
    "environment": Other((), '{"name": "local", "values": []}', "a Postman environment", "-e beside a collection"),
    "insomnia 4": Other(
        ("insomnia",), '{"_type": "export", "resources": []}', "an export of Insomnia", "runner import insomnia"
    ),
    "insomnia 5": Other(
        ("insomnia",),
        "type: collection.insomnia.rest/5.0\ncollection: []\n",
        "an export of Insomnia",
        "import insomnia",
    ),
    "bru": Other(("bruno",), "meta {\n  name: x\n}\n\nget {\n  url: https://api.test\n}\n", ".bru", "import bruno"),
    "bruno.json": Other((), '{"version": "1", "name": "x", "type": "collection"}', "bruno.json", "bruno FOLDER"),
    "curl": Other(("curl",), "#!/bin/sh\ncurl https://api.test/\n", "a script of curl commands", "runner import curl"),
    "hurl": Other(("hurl",), "GET https://api.test/\nHTTP 200\n", "it is a Hurl file", "runner import hurl"),
    "http": Other(("http",), "@host = a\n###\nGET https://{{host}}/\n", "it is a .http file", "runner import http"),
    "ours": Other((), "requests:\n  - {name: a, url: https://api.test/}\n", "a request file of runner", "runner run"),
    "asyncapi": Other((), "asyncapi: 3.0.0\ninfo: {}\n", "an AsyncAPI document", ""),
}


def refused(format_name: str, path: Path) -> tuple[str, str]:
    """The message and the hint of an import that is refused; nothing is written."""
    before = sorted(path.parent.rglob("*"))
    with pytest.raises(InvalidError) as caught:
        command.main([format_name, str(path), "-o", str(path.parent / "made")], standalone_mode=False)
    assert sorted(path.parent.rglob("*")) == before
    (fault,) = caught.value.diagnostics
    assert str(path) in fault.message
    return fault.message.removeprefix(f"{path}"), fault.hint


@pytest.mark.parametrize("kind", GARBAGE)
@pytest.mark.parametrize("format_name", IMPORTS)
def test_garbage(format_name: str, kind: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What is no file of any format is refused with words and with what to do; nothing is written."""
    (tmp_path / "input").write_bytes(GARBAGE[kind])
    message, hint = refused(format_name, tmp_path / "input")
    assert hint or kind == "damaged gzip"
    assert ("it is empty" in message) == (kind in EMPTY)
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize("kind", OTHERS)
@pytest.mark.parametrize("format_name", IMPORTS)
def test_another_format(format_name: str, kind: str, tmp_path: Path) -> None:
    """A file of another format is called what it is, with the command that takes it."""
    other = OTHERS[kind]
    (tmp_path / "input").write_text(other.content)
    if format_name in other.formats:
        return
    message, hint = refused(format_name, tmp_path / "input")
    assert other.words in message
    assert other.hint in hint


@pytest.mark.parametrize("format_name", IMPORTS)
def test_nothing_there(format_name: str, tmp_path: Path) -> None:
    """A file that is missing is told, with the name beside it that is like it."""
    (tmp_path / "input.json").write_text("{}")
    with pytest.raises(InvalidError) as caught:
        command.main([format_name, str(tmp_path / "input.jsn")], standalone_mode=False)
    (fault,) = caught.value.diagnostics
    assert fault.message == f"no such file or folder: {tmp_path / 'input.jsn'}"
    assert fault.hint == f"did you mean '{tmp_path / 'input.json'}'?"


@pytest.mark.parametrize("format_name", IMPORTS)
def test_folders(format_name: str, tmp_path: Path) -> None:
    """An empty folder, and one without files of the format, are refused; so is every folder where a file is asked for."""
    (tmp_path / "empty").mkdir()
    assert "it is an empty folder" in refused(format_name, tmp_path / "empty")[0]
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "readme.txt").write_text("Hello\n")
    assert "folder" in refused(format_name, tmp_path / "other")[0] or format_name in ("bruno", "http", "hurl")


@pytest.mark.parametrize(
    ("format_name", "name"),
    [("curl", "a.sh"), ("har", "a.har"), ("openapi", "api.yaml"), ("postman", "a.postman_collection.json"),
     ("insomnia", "Insomnia_1.json")],
)  # fmt: skip
def test_the_file_in_a_folder(format_name: str, name: str, tmp_path: Path) -> None:
    """The words for a folder name the file in it that may be meant."""
    (tmp_path / "folder").mkdir()
    for each in ("readme.md", name):
        (tmp_path / "folder" / each).write_text("x")
    message, hint = refused(format_name, tmp_path / "folder")
    assert (message.endswith("it is a folder"), hint) == (True, f"did you mean the file '{name}' in it?")


@pytest.mark.parametrize("format_name", ["hurl", "http"])
def test_folders_of_files(format_name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A folder of Hurl files, or of .http files, becomes a collection for each."""
    for name in ("a", "b"):
        (tmp_path / f"{name}.{format_name}").write_text(f"GET https://api.test/{name}\n")
    command.main([format_name, str(tmp_path), "-o", str(tmp_path / "made")], standalone_mode=False)
    assert sorted(path.name for path in (tmp_path / "made").iterdir()) == ["a.yaml", "b.yaml"]
    capsys.readouterr()


@pytest.mark.parametrize("format_name", IMPORTS)
def test_nothing_in_it(format_name: str, tmp_path: Path) -> None:
    """A file of the format without a request in it makes no collection."""
    without = {
        "curl": "TOKEN=1\necho hello\n", "postman": OTHERS["postman"].content, "openapi": OTHERS["openapi"].content,
        "har": OTHERS["har"].content, "bruno": "meta {\n  name: x\n}\n", "http": "@host = a\n### nothing\n",
        "insomnia": OTHERS["insomnia 4"].content, "hurl": "# nothing\n",
    }  # fmt: skip
    (tmp_path / "input").write_text(without[format_name])
    assert refused(format_name, tmp_path / "input")[0].lstrip(": ").startswith(("there is no", "the document has no"))


@pytest.mark.parametrize("format_name", IMPORTS)
def test_own_samples(format_name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A sample of a format is taken by its own import and refused, as what it is, by those of all others."""
    samples = [path for path in sorted((SAMPLES / format_name).glob("*/input.*")) if path.is_file()]
    assert samples
    for sample in samples:
        shutil.copy(sample, tmp_path / "input")
        for other in IMPORTS:
            if other == format_name:
                command.main([other, str(sample), "-o", str(tmp_path.with_name("made"))], standalone_mode=False)
            else:
                assert refused(other, tmp_path / "input")[1]
        shutil.rmtree(tmp_path.with_name("made"), ignore_errors=True)
    capsys.readouterr()


@pytest.mark.parametrize("encode", [gzip.compress, lambda text: text.decode().encode("utf-16")])
def test_standard_input(encode: Callable[[bytes], bytes]) -> None:
    """Standard input is read as a file is: gzip is undone, and UTF-16 is read by its mark."""
    done = CliRunner().invoke(command, ["curl", "-"], encode(b"curl https://api.test/a\n"), standalone_mode=False)
    assert (done.exception, done.return_value) == (None, 0)
    assert "url: https://api.test/a" in done.output


@pytest.mark.parametrize(
    ("format_name", "content"),
    [
        ("curl", "# @author me\ncat <<END\nGET /users\nEND\ncurl https://api.test/a\n"),
        ("curl", "### Title\nHOST=https://api.test\ncurl $HOST/a\n"),
        ("curl", "cat > x.yaml <<END\nopenapi: 3.0.0\nEND\ncurl https://api.test/a\n"),
        ("http", "GET https://api.test/a\n\n###\ncurl https://api.test/b\n"),
        ("http", "### HTTP 200 is what is expected\nGET https://api.test/a\n"),
        ("hurl", "### Title\nGET https://api.test/a\n"),
        ("http", "POST https://api.test/a\n\n[Options]\nx=1\n"),
    ],
)
def test_files_that_look_like_others(
    format_name: str, content: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What may be the format that was asked for is taken for it, whatever else stands in it."""
    (tmp_path / "input").write_text(content)
    command.main([format_name, str(tmp_path / "input"), "-o", str(tmp_path / "made")], standalone_mode=False)
    assert "https://api.test" in (tmp_path / "made" / "input.yaml").read_text()
    capsys.readouterr()
