"""Words of a POSIX shell."""

from __future__ import annotations

import shlex

from hypothesis import given
from hypothesis import strategies as st

from runner.language.shell import Expansion, composed, printf_format, single, word

_TEXT = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"))


@given(_TEXT)
def test_a_word_is_read_back(text: str) -> None:
    """A shell reads exactly the text out of its word."""
    assert shlex.split(word(text)) == [text]


@given(st.lists(_TEXT))
def test_texts_beside_an_expansion(texts: list[str]) -> None:
    """In double quotes texts stay texts."""
    written = composed([*texts, Expansion("$X")])
    assert shlex.split(written.replace("\\$", "$").replace("\\`", "`")) == ["".join(texts) + "$X"]


def test_where_a_name_would_go_on() -> None:
    """Braces keep a name apart from the letters behind it."""
    assert composed([Expansion("$A"), "b"]) == '"${A}b"'
    assert composed([Expansion("$A"), "-b"]) == '"$A-b"'
    assert composed([Expansion("$A"), Expansion("$(b)")]) == '"$A$(b)"'
    assert composed(["plain"]) == "plain"


def test_quotes() -> None:
    """A single quote ends the quotes, stands escaped, and begins them again."""
    assert single("it's") == "'it'\\''s'"
    assert single("") == ""
    assert word("") == "''"
    assert word("a=b") == "a=b"


def test_formats_of_printf() -> None:
    """What is not printable stands in octal, and so does what printf would read."""
    assert printf_format(b"-a%\\\n") == "'\\055a\\045\\134\\012'"
