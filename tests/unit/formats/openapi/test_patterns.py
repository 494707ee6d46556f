"""Texts for regular expressions."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.formats.openapi.patterns import text_for


@pytest.mark.parametrize(
    ("pattern", "shortest", "text"),
    [
        ("", 0, ""),
        ("", 3, "aaa"),
        ("abc", 0, "abc"),
        ("^a+$", 3, "aaa"),
        ("^[A-Z]{2}[0-9]+$", 0, "AA0"),
        ("^[^a-z]{3}$", 0, "AAA"),
        (r"^\d{5}(-\d{4})?$", 0, "00000"),
        (r"^\d{5}(-\d{4})?$", 6, "00000-0000"),
        ("^(cat|dog)$", 0, "cat"),
        ("^(0|[1-9][0-9]*)$", 2, "10"),
        ("^(?:x|y)(?=z)z", 0, "xz"),
        ("^(?!x)[hmy]", 2, "ha"),
        (r"^\w+@\w+\.\w{2,3}$", 0, "a@a.aa"),
        (r"^[\w.-]+/[\w.-]*$", 0, "a/"),
        (r"^\u0041\x42\t$", 0, "AB\t"),
        (r"^\p{L}+$", 0, "a"),
        ("^[[]]$", 0, "[]"),
        ("^(?<year>[0-9]{4})$", 0, "0000"),
        (r"a\/b", 0, "a/b"),
        ("^a??b*?$", 0, ""),
    ],
)
def test_texts(pattern: str, shortest: int, text: str) -> None:
    """The text is short, plain, and matches."""
    assert text_for(pattern, shortest) == text


@pytest.mark.parametrize("pattern", ["[", "(", "a{", "^(?=.*[a-z])(?=.*[0-9])$", "x^", "[^\\s\\S]", "a{1000}", "(((a{300}){300}){300}){300}", "(" * 5000])  # fmt: skip
def test_none_is_found(pattern: str) -> None:
    """Where no text is easily found, or the pattern is none, there is none, quickly."""
    text = text_for(pattern)
    assert text is None or pattern == "a{"


@pytest.mark.parametrize("pattern", ["^(a+)+$", "^(a|a)*b$", "^(x+x+)+y$"])
def test_slow_patterns(pattern: str) -> None:
    """A pattern that Python would try in very many ways costs no time."""
    assert text_for(pattern, 60) is not None


def test_the_longest() -> None:
    """A text is not longer than it may be."""
    assert text_for("^a+$", 0, 1) == "a"
    assert text_for("^a{4}$", 0, 3) is None


@given(st.from_regex(r"\^[a-c]([a-z0-9]|\[[a-z]\]|\([a-z]\|[0-9]\)|\\d|\.)?[+*?]?(\{[1-3]\})?\$", fullmatch=True))
def test_whatever_is_found_matches(pattern: str) -> None:
    """A text that is found matches, as Python reads the pattern."""
    text = text_for(pattern)
    try:
        compiled = re.compile(pattern)
    except re.error:
        return
    assert text is None or compiled.search(text)
