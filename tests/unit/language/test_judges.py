"""`schema` and `snapshot` as they are read: forms, places, and faults of their keys."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from runner.diagnostics import Diagnostic
from runner.language.model import Template

Load = Callable[..., Any]
One = Callable[..., str]


def request(load: Load, one: One, line: str) -> Any:
    return load(one(f"url: http://h\n{line}")).requests[0]


def test_a_schema_is_a_file_or_stands_in_the_request(load: Load, one: One) -> None:
    """Text is a file, which may hold placeholders; a mapping is the schema, and each part of it has its place."""
    assert request(load, one, "schema: a.json#/x").schema.value == "a.json#/x"
    assert isinstance(request(load, one, "schema: '{{kind}}.json'").schema.value, Template)
    inline = request(load, one, "schema: {properties: {a: {enum: [1.10, 'x']}}}").schema
    assert inline.value == {"properties": {"a": {"enum": [1.1, "x"]}}}
    assert inline.place(("properties", "a", "enum", 0)).text == "1.10"
    assert inline.place(("properties", "a"), key=True).text == "a"


PATHS = [
    ("body.a", ("body", "a")),
    ("a.b", ("body", "a", "b")),
    ("status", ("status",)),
    ("text", ("text",)),
    ("body", ("body",)),
    ("body[0]", ("body", 0)),
    ("[-1][*].a", ("body", -1, None, "a")),
    ('body."@odata.x"[*]."a\\"b"', ("body", "@odata.x", None, 'a"b')),
    ('"body"', ("body",)),
]


@pytest.mark.parametrize(("path", "steps"), PATHS)
def test_paths_to_ignore(path: str, steps: tuple[Any, ...], load: Load, one: One) -> None:
    """A path is names, `[n]` and `[*]`; one that begins neither with status, body nor text begins in the body."""
    assert request(load, one, f"snapshot:\n  ignore:\n    - '{path}'").snapshot.ignore == (steps,)


@pytest.mark.parametrize("line", ["snapshot: false", "tags: []"])
def test_no_snapshot(line: str, load: Load, one: One) -> None:
    """`false` is as good as no key."""
    assert request(load, one, line).snapshot is None


FAULTS = [
    ("schema: 5", "'schema' wants a file, as in user.json", "5"),
    ("schema: true", "or a JSON Schema, not true", "true"),
    ("schema: []", "or a JSON Schema, not a list", "[]"),
    ("schema: ''", "or a JSON Schema, not text", "'"),
    ("snapshot: yes", "'snapshot' wants true, or {ignore: [path, …]}", "yes"),
    ("snapshot: {ignored: [a]}", "unknown key 'ignored' in 'snapshot'", "ignored"),
    ("snapshot: {ignore: a}", "'ignore' wants a list of paths, not text", "a"),
    ("snapshot: {ignore: [5]}", "'ignore' wants text", "5"),
    ("snapshot: {ignore: ['{{a}}']}", "'ignore' is plain text", "{{a}}"),
    ("snapshot: {ignore: [a..b]}", "'a..b' is not a path", "..b"),
    ("snapshot: {ignore: ['a.[0]']}", "'a.[0]' is not a path", ".[0]"),
    ("snapshot: {ignore: ['.a']}", "'.a' is not a path", ".a"),
    ("snapshot: {ignore: ['a b']}", "'a b' is not a path", " b"),
    ("snapshot: {ignore: ['a[x]']}", "'a[x]' is not a path", "[x]"),
    ("snapshot: {ignore: ['a[]']}", "'a[]' is not a path", "[]"),
    ("snapshot: {ignore: ['a\"b\"']}", "is not a path", '"b"'),
    ("snapshot: {ignore: ['\"a\\q\"']}", "is not a path", '"a\\q"'),
]


@pytest.mark.parametrize(("line", "message", "text"), FAULTS)
def test_faults(line: str, message: str, text: str, faults: Callable[[str], list[Diagnostic]], one: One) -> None:
    """What is written wrongly is told with its place, a path at the step that is none."""
    (fault,) = faults(one(f"url: http://h\n{line}"))
    assert message in fault.message
    assert fault.span is not None
    assert fault.span.text == text
