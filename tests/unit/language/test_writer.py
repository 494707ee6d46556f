"""What the writer writes reads back the same; comments are comments."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runner.diagnostics import Source
from runner.language import syntax, writer
from runner.language.syntax import Node, Scalar, Sequence
from runner.language.values import spelled_float
from runner.language.writer import Comment, Disabled

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=12) | st.text(
    alphabet="ab \n\t'\"#:-{}[],|>&*!%@`\\0.1~?=<", max_size=14
)
SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXTS
DATA = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=12,
)
KEYS = TEXTS | st.sampled_from(["requests", "auth", "assert", "query"])


def read_back(node: Node | None) -> Any:
    if isinstance(node, Scalar):
        return node.value
    if isinstance(node, Sequence):
        return [read_back(item) for item in node.items]
    return {} if node is None else {key.text: read_back(value) for key, value in node.entries}


def parsed(text: str) -> Any:
    faults: list[Any] = []
    node = syntax.parse(Source("written.yaml", text), faults)
    assert faults == []
    return read_back(node)


@settings(deadline=None, max_examples=300)
@given(st.dictionaries(KEYS, DATA, max_size=4))
def test_what_is_written_reads_back_the_same(data: dict[str, Any]) -> None:
    """Any data of JSON's types comes back with its types, by the rules of the request file."""
    assert parsed(writer.write(data)) == data


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (None, "null"),
        (True, "true"),
        (7, "7"),
        (spelled_float("1.10"), "1.10"),
        ("plain text", "plain text"),
        ("/users/{{id}}", "/users/{{id}}"),
        ("{{id}}", '"{{id}}"'),
        ("", '""'),
        ("true", '"true"'),
        ("1.10", '"1.10"'),
        ("0123", '"0123"'),
        ("no", '"no"'),
        ("a: b", '"a: b"'),
        ("a #b", '"a #b"'),
        ("it's", "it's"),
        ('say "hi"', 'say "hi"'),
        ("- x", '"- x"'),
        ("-x", "-x"),
        ("`7`", '"`7`"'),
        ("length(body) > `0`", "length(body) > `0`"),
        ('"quoted"', "'\"quoted\"'"),
        ("tab\there", '"tab\\there"'),
        ("bell\x07", '"bell\\x07"'),
    ],
)
def test_scalars(value: Any, written: str) -> None:
    """A text is plain where nobody could take it for anything else, and quoted where they could."""
    assert writer.scalar(value) == written


def test_the_style() -> None:
    """Short flat values stand in one line, requests are set apart, blocks of the file too."""
    data = {
        "name": "Users",
        "base_url": "{{api}}",
        "variables": {"api": "http://127.0.0.1:8765"},
        "requests": [
            {"name": "List", "url": "/users", "query": {"$top": 5, "$select": "id,mail"}, "tags": ["smoke"]},
            {"name": "Note", "text": "two\nlines\n", "assert": [{"status": 200}, "length(body.value) > `0`"]},
        ],
    }
    assert (
        writer.write(data)
        == """\
name: Users
base_url: "{{api}}"

variables:
  api: http://127.0.0.1:8765

requests:
  - name: List
    url: /users
    query: {$top: 5, $select: "id,mail"}
    tags: [smoke]

  - name: Note
    text: |
      two
      lines
    assert:
      - status: 200
      - length(body.value) > `0`
"""
    )


def test_comments_and_what_is_disabled() -> None:
    """A comment stands where it was put, one of several lines on several; disabled entries are written as comments."""
    data = {
        Comment("of the file"): None,
        "name": "x",
        "requests": [
            Comment("two\nlines"),
            {Comment("first"): None, "name": "a", "headers": {"X": "1", Disabled({"Z": "2"}): None}},
            Disabled({"name": "b", "url": "/b"}),
        ],
    }
    written = writer.write(data)
    assert (
        written
        == """\
# of the file
name: x

requests:
  # two
  # lines
  # first
  - name: a
    headers:
      X: "1"
      # Z: "2"

  # - name: b
  #   url: /b
"""
    )
    assert parsed(written) == {"name": "x", "requests": [{"name": "a", "headers": {"X": "1"}}]}


def test_what_cannot_be_written() -> None:
    """Half of a surrogate pair and a value of no JSON type are errors."""
    with pytest.raises(ValueError, match="surrogate"):
        writer.write({"a": "\ud800"})
    with pytest.raises(TypeError, match="set is no JSON value"):
        writer.write({"a": {1, 2}})
