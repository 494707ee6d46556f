"""All formats: whatever a file, a server or a fault says, the report is well-formed and says it."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ET
from collections.abc import Callable
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from runner.engine.events import CollectionStarted, RunFinished, RunStarted
from runner.engine.results import RunResult
from runner.reporters.registry import FORMATS

formats = pytest.mark.parametrize("name", FORMATS)


def read_tap(text: str) -> list[Any]:
    """The YAML blocks of a TAP document; each line is something that TAP knows."""
    blocks = re.findall(r"^  ---\n((?:  .*\n)*?)  \.\.\.\n", text, re.MULTILINE)
    rest = re.sub(r"^  ---\n(?:  .*\n)*?  \.\.\.\n", "", text, flags=re.MULTILINE).splitlines()
    known = r"TAP version 14|# .*|(not )?ok \d+ - .*|1\.\.\d+( # SKIP .*)?|Bail out! .*"
    assert all(re.fullmatch(known, line) for line in rest), rest
    return [yaml.safe_load("".join(line[2:] for line in block.splitlines(keepends=True))) for block in blocks]


def read_github(text: str) -> list[str]:
    """The annotations; a line that is no command of ours is none of anybody else's either."""
    lines = text.splitlines()
    others = [line for line in lines if not line.startswith(("::group::", "::endgroup::", "::error "))]
    assert not [line for line in others if line.lstrip().startswith("::") or "##[" in line]
    return [line for line in lines if line.startswith("::error ")]


READERS: dict[str, Callable[[str], Any]] = {
    "json": json.loads,
    "ndjson": lambda text: [json.loads(line) for line in text.splitlines()],
    "junit": ET.fromstring,
    "tap": read_tap,
    "github": read_github,
    "har": json.loads,
}

#: Texts that break reports: markup, commands, directives, quotes, control characters, halves of characters.
WILD = [
    "]]> <![CDATA[ </failure> & &amp; \"'",
    "::error file=x::boo\n::add-mask::x\r##[group]x%0A",
    "# SKIP \\# not ok 1\n  ...\n  ---\n1..0\nBail out!",
    "a | b\n```\n````\n<script>alert(1)</script>\n[x](y) *z*",
    "'; rm -rf / #\n$(id) `id` \\' \"$HOME\" %s %n",
    "\x00\x07\x1b[2J\x7f\x9b31m\u2028\u202e\ufffe",
    "\ud800 half \udfff",
    "a/b/../c",
    "",
]
wild = pytest.mark.parametrize("text", WILD, ids=range(len(WILD)))


def safe(text: str) -> bool:
    """Whether no character of a text steers a terminal."""
    return all(c in "\n\t" or c.isprintable() or c in "\xa0\xad" for c in text)


@formats
@wild
def test_wild_texts(report: Any, made: Any, name: str, text: str) -> None:
    """Names, messages, values and bodies of any text leave the report well-formed, without control characters."""
    exchange = made.exchange_of(text.encode("utf-8", "surrogatepass"), "text/plain")
    steps = [
        made.failed(
            text or "R", exchange, message=text, text=text or "x", actual=(text,), expected=([text],), notes=(text,)
        ),
        made.errored(f"{text} 2", text, exchange.request),
        made.skipped(f"{text} 3", text),
        made.passed(f"{text} 4", exchange),
    ]
    written = report(name, steps, collection=text or "A")
    READERS.get(name, str)(written)
    assert safe(written.encode("utf-8", "backslashreplace").decode())


@formats
@given(st.text(max_size=60))
def test_any_text(report: Any, made: Any, name: str, text: str) -> None:
    """Whatever the text, a report of it can be read."""
    exchange = made.exchange_of(text.encode("utf-8", "surrogatepass"), "text/plain")
    written = report(name, [made.failed(text, exchange, message=text, actual=(text,)), made.errored(text, text)])
    READERS.get(name, str)(written)


@formats
def test_nothing_was_run(report: Any, name: str) -> None:
    """A run without requests gives a report that can be read."""
    written = report(name, events=[RunStarted(0, 0, 1.0), RunFinished(RunResult((), (), 0.0))])
    READERS.get(name, str)(written)


@formats
def test_interrupted(report: Any, made: Any, name: str) -> None:
    """After Ctrl-C there is a report that can be read, and it tells so where the format can."""
    written = report(name, [made.passed(), made.skipped("S", "not run: interrupted")], interrupted=True)
    READERS.get(name, str)(written)
    assert ("interrupted" in written) == (name != "har")


@formats
def test_large_and_binary_bodies(report: Any, made: Any, name: str) -> None:
    """A body of 5 MB and one that is no text are told by their beginning and size, except where they are the report."""
    large = made.exchange_of(b'{"a": "' + b"x" * 5_000_000 + b'"}', sent=b"\x89PNG\r\n\x1a\n\0\xff\xfe" * 20)
    binary = made.exchange_of(bytes(range(256)) * 40, "application/octet-stream")
    written = report(name, [made.failed("A", large, actual=("y" * 5_000_000,)), made.failed("B", binary)])
    READERS.get(name, str)(written)
    assert len(written) < {"har": 6_000_000, "html": 400_000}.get(name, 60_000)
    if name in ("json", "ndjson", "junit", "tap", "markdown"):
        assert "5,000,009 bytes" in written
        assert "10,240 bytes of application/octet-stream" in written


@formats
def test_no_place(report: Any, made: Any, name: str) -> None:
    """A result that knows no place in a file is reported without one."""
    steps = [
        step._replace(span=None) for step in (made.failed(span=None), made.errored(), made.skipped(), made.passed())
    ]
    READERS.get(name, str)(report(name, steps))


@formats
def test_a_collection_without_requests(report: Any, name: str) -> None:
    """A collection of which nothing was run is reported as that."""
    events = [RunStarted(1, 0, 1.0), CollectionStarted("A", "a.yaml", ()), RunFinished(RunResult((), (), 0.0))]
    report(name, events=events)
