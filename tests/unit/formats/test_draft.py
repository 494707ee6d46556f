"""Drafts: order of keys, names, texts with placeholders."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.diagnostics import Source, Span
from runner.formats.draft import (
    COLLECTION_ORDER,
    REQUEST_ORDER,
    Comment,
    Disabled,
    Foreign,
    Imported,
    Names,
    Unique,
    literal,
    ordered,
    safe_stem,
    texts,
    usable_name,
    with_placeholders,
)
from runner.language import template
from runner.language.model import Template

_BRACES = re.compile(r"\{\{(.*?)\}\}")
_NOWHERE = Span(Source("", ""), 0, 0)


def rendered(text: str, scope: dict[str, Any]) -> Any:
    """What a text of ours gives."""
    return template.render(Template(text, _NOWHERE), scope) if "{{" in text else text


def test_order() -> None:
    """Keys come in the order of the reference, those that are None go, and a comment stays before its key."""
    remark = Comment("why")
    made = ordered({"url": "/x", "method": None, remark: None, "name": "a"}, REQUEST_ORDER)
    assert list(made) == [remark, "name", "url"]
    last = Comment("at the end")
    assert list(ordered({"requests": [], "name": "x", last: None}, COLLECTION_ORDER)) == ["name", "requests", last]


def test_unknown_key() -> None:
    """A key that the language does not have is a fault of the importer, and is not written."""
    with pytest.raises(KeyError):
        ordered({"colour": "red"}, REQUEST_ORDER)


@pytest.mark.parametrize(
    ("foreign", "ours"),
    [
        ("token", "token"), ("base-url", "base_url"), ("user.name", "user_name"), ("2fa", "_2fa"), ("ключ", "_"),
        ("", "_"), ("a b", "a_b"), ("__x", "__x"),
    ],
)  # fmt: skip
def test_usable_names(foreign: str, ours: str) -> None:
    """A foreign name becomes one of letters, digits and _."""
    assert usable_name(foreign) == ours


def test_names() -> None:
    """The same foreign name stays one name, two foreign names stay two, and reserved ones are taken."""
    names = Names()
    assert [names("a-b"), names("a.b"), names("a-b"), names("data")] == ["a_b", "a_b_2", "a_b", "data_2"]
    assert names.changed == {"a-b": "a_b", "a.b": "a_b_2", "data": "data_2"}
    assert names.fresh("a_b") == "a_b_3"


def test_names_that_are_free() -> None:
    """A name is free while nothing has it, however its blanks are written; nothing at all is no name."""
    unique = Unique()
    assert unique.is_free("a  b")
    assert unique("a\tb") == "a b"
    assert not unique.is_free("a  b")
    assert not unique.is_free(" ")


def test_unique() -> None:
    """Names of neighbours differ; line breaks, control characters and placeholders leave them."""
    unique = Unique()
    assert [unique("Log in"), unique("Log in"), unique("")] == ["Log in", "Log in 2", "Request"]
    assert unique("a\nb\x1b[31m  c {{x}}") == "a b [31m c { {x}}"


@pytest.mark.parametrize("name", ["../../etc/passwd", "a/b\\c", "con:", "\x00", "é" * 300, ""])
def test_stems(name: str) -> None:
    """A file's name stays in its folder, whatever the foreign name is."""
    assert re.fullmatch(r"[a-z0-9][a-z0-9-]{0,59}", safe_stem(name))


@given(st.text(alphabet="{}\\ax '\"`", max_size=12))
def test_literal(text: str) -> None:
    """A text that is meant literally is rendered as itself, unless a backslash stands before braces."""
    if "\\{{" not in text:
        assert rendered(literal(text), {}) == text


@given(
    st.text(alphabet="{\\ax ", max_size=8).filter(lambda it: not it.endswith("{")),
    st.text(alphabet="\\ax ", max_size=8),
)
def test_with_placeholders(before: str, after: str) -> None:
    """A placeholder gives its value, whatever stands before it and behind it."""
    if "{{" in before:
        return
    text = with_placeholders(f"{before}{{{{v}}}}{after}", _BRACES, lambda name: name)
    assert rendered(text, {"v": "value"}) == f"{before}value{after}"


def test_placeholders_that_are_none() -> None:
    """What `ours` does not know is meant literally."""
    assert with_placeholders("{{a}} {{b}}", _BRACES, lambda name: "x" if name == "a" else None) == "{{x}} \\{{b}}"


def test_files() -> None:
    """Every collection and file has its text, by its path."""
    imported = Imported({"name": "a"}, {"b/c.yaml": {"name": "c"}}, {"d.bin": b"\0"})
    assert texts(imported, "a.yaml") == {"a.yaml": "name: a\n", "b/c.yaml": "name: c\n", "d.bin": b"\0"}


def test_losses() -> None:
    """A loss keeps its place and its words."""
    imported = Imported({})
    imported.lose("item[0]", "the script", "scripts are not run", "write `capture`")
    assert imported.losses[0]._asdict() == {
        "path": "item[0]", "what": "the script", "why": "scripts are not run", "remedy": "write `capture`",
    }  # fmt: skip


def test_nothing_beside() -> None:
    """A foreign text of standard input has no files beside it."""
    with pytest.raises(ValueError, match=r"no such file: 'x\.json'"):
        Foreign("x", "").read("x.json")


def test_disabled() -> None:
    """An entry that was switched off is a comment at its place."""
    made = {"name": "r", "headers": {"A": "1", Disabled({"B": "2"}): None}}
    assert texts(Imported(made), "r.yaml")["r.yaml"] == 'name: r\n\nheaders:\n  A: "1"\n  # B: "2"\n'
