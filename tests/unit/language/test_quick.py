"""YAML read in one go: the same as the thorough way reads, or nothing at all."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from runner.diagnostics import Source
from runner.language import data, syntax
from runner.language.syntax import quick

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=6)
    | st.sampled_from(
        ["~", "", "no", "0123", "-0", "1.10", "<<", "{{a}}", "2025-01-31", "12:30", "a\nb\n", "&a", "1e400"]
    )
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=12,
)


def thorough(text: str) -> Any:
    faults: list[Any] = []
    node = syntax.parse(Source("a.yaml", text), faults)
    assert node is not None
    assert faults == []
    return data.plain(node)


@given(VALUES, st.sampled_from([None, True, False]))
def test_the_same(value: Any, flow: bool | None) -> None:
    """What is read in one go is what the tree gives, in all of YAML's styles."""
    text = yaml.dump(value, default_flow_style=flow, allow_unicode=True)
    try:
        found = quick.read(text)
    except quick.OddError:
        return
    assert repr(found) == repr(thorough(text))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a: [1, -2.50, 0x1f, no, ~]\nb: {c: 'x'}\n", {"a": [1, -2.5, "0x1f", "no", None], "b": {"c": "x"}}),
        ("# a comment\n---\n- |\n  text\n- >-\n  more\n  of it\n- \"\\u00e9\"\n", ["text\n", "more of it", "é"]),
        ("'<<': 1\n200: ok\n? x\n: y\n", {"<<": 1, "200": "ok", "x": "y"}),
        ("a:\nb: {}\nc: []\n", {"a": None, "b": {}, "c": []}),
    ],
)  # fmt: skip
def test_plain_texts(text: str, value: Any) -> None:
    """Blocks, flow style, quotes and comments are plain enough; scalars have YAML 1.2's types."""
    assert quick.read(text) == value == thorough(text)


@pytest.mark.parametrize(
    "text",
    [
        "a: &x 1", "a: &x [1]\nb: *x", "a: !t 1", "a: !!str 1", "- !t {}", "<<: {a: 1}", "a: 1\na: 2", "[1]: 2", "a: [1",
        "--- 1\n--- 2", "", "# nothing", "{a, b: 1}", "{{a}}", f"a: {'9' * 500}", "a: \x00", "a: \ud800",
        "[" * 101 + "]" * 101, "&k a: 1", "*x",
    ],
)  # fmt: skip
def test_what_is_odd(text: str) -> None:
    """Whatever has more to it than values is left to who can say so."""
    with pytest.raises(quick.OddError):
        quick.read(text)
