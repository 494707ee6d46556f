"""Foreign files with damage in them: lines that are missing, marks that are not expected, an end that comes too soon."""

from __future__ import annotations

from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from runner.cli import importing
from runner.formats.draft import Choices, Foreign, ForeignFault, texts
from runner.formats.registry import function

HERE = Path(__file__).parent / "import"
ENDINGS = (".hurl", ".sh", ".http", ".har", ".json", ".yaml", ".yml", ".bru")
FORMATS = ("hurl", "http", "har", "insomnia", "bruno", "curl", "postman", "openapi")
SOURCES = [
    (name, path.read_text(encoding="utf-8"))
    for name in FORMATS
    for path in sorted((HERE / name).rglob("*"))
    if path.suffix in ENDINGS and "expected" not in path.parts and not path.name.endswith((".env.json", "bruno.json"))
]
MARKS = (
    "{{", "}}", '"', "'", "\\", "`", "{", "}", "[", "]", "#", ":", "~", "@", "\0", "\u2028", "é", "{{a.b[0]}}", "%}",
    "{%", "<", "> {%", "###", "null", "../../x", "/etc/passwd", "9" * 300, "1e999", "-", "\n", "\t", "\r\n", "$..x",
    "{{x|upper}}", "||", "http://[", "://", "?", "&a=", "=;", "\\ud800", "multipart", "Content-Type: a/b",
)  # fmt: skip

place = st.floats(0, 1)
damages = st.one_of(
    st.tuples(st.just("without line"), place, st.just("")),
    st.tuples(st.just("line again"), place, st.just("")),
    st.tuples(st.just("cut"), place, st.just("")),
    st.tuples(st.just("put in"), place, st.sampled_from(MARKS)),
    st.tuples(st.just("put over"), place, st.sampled_from(MARKS)),
)


def damaged(text: str, kind: str, where: float, mark: str) -> str:
    """The text with one thing done to it."""
    lines = text.split("\n")
    line, character = int(where * (len(lines) - 1)), int(where * len(text))
    if kind == "without line":
        return "\n".join([*lines[:line], *lines[line + 1 :]])
    if kind == "line again":
        return "\n".join([*lines[:line], lines[line], *lines[line:]])
    if kind == "cut":
        return text[:character]
    return text[:character] + mark + text[character + (kind == "put over") :]


@settings(max_examples=200)
@given(st.sampled_from(SOURCES), st.lists(damages, min_size=1, max_size=5))
def test_damaged(source: tuple[str, str], done: list[tuple[str, float, str]]) -> None:
    """Whatever is done to a file, it is refused as a ForeignFault, or what is made of it passes `check`."""
    format_name, text = source
    for damage in done:
        text = damaged(text, *damage)
    try:
        imported = function(format_name, "load")(Foreign("input", text), Choices())
    except ForeignFault:
        return
    importing._check(texts(imported, "input.yaml"))
