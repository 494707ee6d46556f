"""Commands of real documents: all are imported and pass `check`; what they send agrees with what others say curl sends.

The raw HTTP beside the commands was not recorded: another tool wrote it, without reading files. So a file here is the
text `@path`, and an environment variable the text `$NAME`, as it stands there.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote_plus

import pytest

from runner.engine.payload import BodyFile, chunks
from runner.formats import finishing
from runner.formats.curl import load
from runner.formats.draft import Choices, Foreign, ForeignFault, texts
from runner.runtime.transport.wire import complete_headers, locate

#: What is sent depends on what a shell works out, and the import says so.
UNKNOWN = {
    "redirect_command_data": "the name of a file is the output of a command, and more data is joined to it",
    "redirect_command_url_query": "the name of a file is the output of a command",
    "redirect_variable_data": "a variable has the name of a file, and more data is joined to it",
}
#: The commands that differ, and why.
DIFFERENT = {"upload_file": "curl sends no Content-Type with -T, the runner has it from the name of the file"}
#: Tools name themselves and say how they would like to be answered; lengths are those of what is compared anyway.
OF_THE_TOOL = frozenset({"user-agent", "accept-encoding", "connection", "content-length"})


@pytest.fixture
def commands(shared: Path) -> list[dict[str, Any]]:
    """The command lines of the corpus."""
    path = shared / "corpora" / "curl" / "commands.jsonl"
    if not path.exists():
        pytest.skip("the corpus of curl commands is not here")
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_every_command(commands: list[dict[str, Any]], plan: Callable[..., Any], record_property: Any) -> None:
    """Every command line becomes a collection without a fault of its own; the losses are counted by kind."""
    kinds: Counter[str] = Counter()
    for row in commands:
        imported = load(Foreign("requests", row["command"]), Choices())
        plan(texts(imported, "requests.yaml")["requests.yaml"], any_environment=True)
        kinds.update(loss.why for loss in imported.losses)
    for why, count in kinds.most_common():
        print(f"{count:4} {why}")
    record_property("losses", kinds.total())
    assert kinds.total() < len(commands)


class _Everything(dict[str, str]):
    """An environment in which each name has a value."""

    def __contains__(self, name: object) -> bool:
        return True

    def __getitem__(self, name: str) -> str:
        return f"${name}"

    def __bool__(self) -> bool:
        return True


def _content(path: str) -> str:
    return "@-" if path == "file.bin" else f"@{path}"  # what standard input gives has that name here


class _Files:
    """Files that are all there, and hold their own names."""

    def locate(self, file: str, path: str) -> str:
        return path

    def upload(self, file: str, path: str, span: object) -> BodyFile:
        content = _content(path).encode()

        def read() -> Iterator[bytes]:
            yield content

        return BodyFile(path, len(content), read)


def _expected(text: str) -> Any:
    head, _, body = text.partition("\n\n")
    first, *lines = head.splitlines()
    method, target = first.removesuffix(" HTTP/1.1").split(" ", 1)
    headers = [(name, value) for name, _, value in (line.partition(":") for line in lines)]
    body = body.removesuffix("\n")
    if "Content-Length: <" in head:
        body = f"@{body}"
    return _meaning(method, target, headers, body.replace("@./", "@").encode())


def _meaning(method: str, target: str, headers: Any, body: bytes) -> Any:
    kept = sorted((name.lower(), value.strip()) for name, value in headers if name.lower() not in OF_THE_TOOL)
    kind = dict(kept).get("content-type", "")
    meant: Any = body
    if "json" in kind and body:
        meant = json.loads(body)
    elif kind == "application/x-www-form-urlencoded" and b"=" in body:
        meant = parse_qsl(body.decode(), keep_blank_values=True)
    path, _, query = target.partition("?")
    return method, path or "/", unquote_plus(query), kept, meant


def _sent(script: str, run: Callable[..., Any]) -> Any:
    content = lambda path: _content(path).encode()  # noqa: E731
    foreign = Foreign("requests", script, (), lambda path: content(path).decode(), content)
    text = texts(load(foreign, Choices()), "requests.yaml")["requests.yaml"]
    request = run(text, env=_Everything(), disk=_Files()).sent[0]
    address, target = locate(request.url)
    headers = complete_headers(request, address, (("Accept", "*/*"),), [])
    return _meaning(request.method, target, headers, b"".join(chunks(request.body or b"")))


def test_agreement(shared: Path, run: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """What is sent agrees in method, URL, headers and body, but for the commands whose difference is explained."""
    folder = shared / "corpora" / "curl" / "curlconverter_expected"
    if not folder.is_dir():
        pytest.skip("the corpus of curl commands is not here")
    monkeypatch.setattr(finishing, "seal", lambda *_: None)  # credentials as they are written
    names = [path.stem for path in sorted((folder / "http").glob("*.txt"))]
    different = {}
    for name in names:
        expected = _expected((folder / "http" / f"{name}.txt").read_text())
        try:
            found: Any = _sent((folder / "curl_commands" / f"{name}.sh").read_text(), run)
        except (ForeignFault, IndexError) as fault:
            found = repr(fault)
        if found != expected:
            different[name] = (found, expected)
    share = 1 - len(set(different) - set(UNKNOWN)) / (len(names) - len(UNKNOWN))
    print(f"{share:.1%} of {len(names) - len(UNKNOWN)} agree; {len(UNKNOWN)} cannot be known from their text")
    for name, (found, expected) in different.items():
        print(f"{name}: {(DIFFERENT | UNKNOWN).get(name)}\n  ours   {found}\n  theirs {expected}")
    assert set(different) == {*DIFFERENT, *UNKNOWN}
    assert share >= 0.98
