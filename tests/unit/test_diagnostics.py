"""Places in a text, and how a fault is drawn."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.diagnostics import Diagnostic, Source, Span, did_you_mean, escape, excerpt, fitting, nearest, render


def span_of(text: str, part: str, path: str = "requests/graph.yaml") -> Span:
    start = text.index(part)
    return Span(Source(path, text), start, start + len(part))


def test_a_diagnostic_shows_message_place_line_caret_and_hint() -> None:
    """The style of every message: what, where, the line, the caret, what to do."""
    text = "requests:\n  - name: Get\n    url: /users/{{usr_id}}\n"
    diagnostic = Diagnostic("undefined variable 'usr_id'", span_of(text, "usr_id"), "did you mean 'user_id'?")
    assert render(diagnostic).split("\n") == [
        "error: undefined variable 'usr_id'",
        "  requests/graph.yaml:3:19",
        "     3 |     url: /users/{{usr_id}}",
        "       |                   ^^^^^^ did you mean 'user_id'?",
    ]


def test_a_diagnostic_without_a_place_shows_its_hint_below() -> None:
    """A fault that has no place in a file is a message with its hint and notes."""
    assert render(Diagnostic("no file", None, "name one", ("a note",), "warning")) == (
        "warning: no file\n  name one\n  a note"
    )


@given(st.text(alphabet="ab\n\r", max_size=40), st.data())
def test_lines_and_columns_lead_back_to_the_offset(text: str, data: st.DataObject) -> None:
    """Line and column of an offset name the very character that stands there."""
    source = Source("x", text)
    offset = data.draw(st.integers(0, len(text)))
    line, column = source.place(offset)
    assert sum(len(part) + 1 for part in text.split("\n")[: line - 1]) + column - 1 == offset
    assert 1 <= line <= source.text.count("\n") + 1


@pytest.mark.parametrize(
    ("line", "part", "caret_column"),
    [
        ("a: b", "b", 3),
        ("\ta: b", "b", 4),
        ("日本: x", "x", 6),
        ("e\u0301: x", "x", 3),
    ],
)
def test_the_caret_stands_under_what_it_means(line: str, part: str, caret_column: int) -> None:
    """Tabs, wide characters and combining marks do not move the caret away from its word."""
    shown, under = excerpt(span_of(line, part))
    assert under.index("^") - shown.index("|") - 2 == caret_column


def test_a_long_line_is_cut_around_its_fault() -> None:
    """Of a very long line only the part around the caret is shown, and the caret fits to it."""
    text = "x" * 5_000 + "WRONG" + "y" * 5_000
    shown, under = excerpt(span_of(text, "WRONG"))
    assert len(shown) < 200
    assert shown[under.index("^") : under.rindex("^") + 1] == "WRONG"


def test_carets_stay_on_the_first_line_of_a_long_span() -> None:
    """A span over several lines is underlined on its first line only."""
    text = "a: |\n  one\n  two\n"
    lines = excerpt(Span(Source("x", text), 0, len(text)))
    assert lines == ["   1 | a: |", "     | ^^^^"]


def test_control_characters_of_a_file_are_made_visible() -> None:
    """No text from outside steers the terminal: escape sequences are shown, also in messages and paths."""
    text = "a: \x1b[31mred\x07"
    shown = render(Diagnostic("bad '\x1b[0m'", span_of(text, "red", "evil\x1b.yaml"), "not \x9b this"))
    assert not any(character in shown for character in "\x1b\x07\x9b")
    assert "\\x1b" in shown


@given(st.text())
def test_escape_leaves_only_printable_text(text: str) -> None:
    """Escaped text holds no control character but the tab; printable text is not touched."""
    escaped = escape(text)
    assert all(character.isprintable() or character == "\t" for character in escaped)
    if text.isprintable():
        assert escaped == text
    assert len(escape(text, keep_length=True)) == len(text)


@pytest.mark.parametrize(
    ("word", "candidates", "found"),
    [
        ("base-url", ["base_url", "url"], "base_url"),
        ("BaseUrl", ["base_url", "baseurl"], "baseurl"),
        ("hedaers", ["headers", "query"], "headers"),
        ("zzz", ["headers", "query"], None),
        ("x", [], None),
    ],
)
def test_nearest_finds_what_was_probably_meant(word: str, candidates: list[str], found: str | None) -> None:
    """Another case or dash first, then a close spelling, else nothing."""
    assert nearest(word, candidates) == found


def test_did_you_mean_is_silent_about_the_word_itself() -> None:
    """The word that was written is no proposal."""
    assert did_you_mean("url", ["url"]) == ""
    assert did_you_mean("ulr", ["url"]) == "did you mean 'url'?"


@pytest.mark.parametrize(
    ("text", "cells", "fits"), [("abc", 2, "ab"), ("日本", 3, "日"), ("日本", 4, "日本"), ("", 3, "")]
)
def test_fitting_counts_cells(text: str, cells: int, fits: str) -> None:
    """Wide characters take two cells of a terminal."""
    assert fitting(text, cells) == fits


def test_locate_finds_a_part_whose_source_is_escaped() -> None:
    """Where quotes and escapes make text and source differ, the part itself is looked for."""
    source = Source("x", 'url: "a\\tb {{usr}}"\n')
    span = Span(source, 5, 18)
    text = "a\tb {{usr}}"
    start = text.index("usr")
    assert span.locate(text, start, start + 3).text == "usr"
    assert span.locate(text, 0, 3).where == "x:1:6"
