"""The layout of a text: one style, the same meaning, every comment."""

from __future__ import annotations

import random
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import assume, given, note, settings
from hypothesis import strategies as st

from runner.diagnostics import Source
from runner.errors import InvalidError
from runner.language import syntax, writer
from runner.language.layout import layout
from runner.language.syntax import Node, Scalar, Sequence
from runner.language.writer import Comment, Disabled

ROOT = Path(__file__).parents[3]
FILES = sorted([*(ROOT / "examples").glob("*.yaml"), *(ROOT / "requests").rglob("*.yaml")])
TEXTS = st.text(alphabet="ab \n'\"#:-{}[],|>&*!%@`\\01~?", max_size=14) | st.sampled_from(
    ["key", "requests", "words that are long enough to be folded at some width"]
)
SPOTS = (
    yaml.ScalarToken, yaml.AliasToken, yaml.FlowMappingStartToken, yaml.FlowMappingEndToken, yaml.FlowSequenceStartToken,
    yaml.FlowSequenceEndToken,
)  # fmt: skip
SCALARS = st.none() | st.booleans() | st.integers() | TEXTS
DATA = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=14,
)


def laid_out(text: str) -> str:
    return layout(Source("file.yaml", text))


def meaning(text: str) -> Any:
    faults: list[Any] = []
    node = syntax.parse(Source("file.yaml", text), faults)
    assert faults == []
    return _meaning(node)


def _meaning(node: Node | None) -> Any:
    if isinstance(node, Scalar):
        return node.value, str(node.value)
    if isinstance(node, Sequence):
        return [_meaning(item) for item in node.items]
    return [] if node is None else [(key.text, _meaning(value)) for key, value in node.entries]


def spots(text: str) -> list[str]:
    """The scalars of a text, its brackets and its comments, in the order in which they stand."""
    tokens = yaml.scan(text, Loader=yaml.CSafeLoader)
    found = [(it.start_mark.index, str(getattr(it, "value", it.id))) for it in tokens if isinstance(it, SPOTS)]
    found += [(match.start(), match.group()) for match in re.finditer(r"# c\d+", text)]
    return [spot for _, spot in sorted(found)]


def with_comments(text: str, chance: random.Random, most: int = 6) -> str:
    """The text with comments and empty lines wherever they do not change what it means."""
    lines, meant = text.split("\n"), meaning(text)
    for number in range(chance.randint(0, most)):
        place, new = chance.randrange(len(lines)), list(lines)
        kind = chance.random()
        if kind < 0.2 and " " in new[place].strip():
            spaces = [at for at, letter in enumerate(new[place]) if letter == " "]
            at = chance.choice(spaces)
            new[place] = f"{new[place][:at]} # c{number}\n{' ' * chance.randint(0, 8)}{new[place][at + 1 :]}"
        elif kind < 0.4 and new[place].strip():
            new[place] += " " * chance.randint(1, 3) + f"# c{number}"
        else:
            new.insert(place, "" if kind > 0.8 else " " * chance.randint(0, 8) + f"# c{number}")
        try:
            if meaning("\n".join(new)) == meant:
                lines = "\n".join(new).split("\n")
        except (InvalidError, AssertionError):
            continue
    return "\n".join(lines)


@settings(deadline=None, max_examples=300)
@given(
    st.dictionaries(TEXTS, DATA, max_size=4),
    st.randoms(use_true_random=False),
    st.integers(2, 8),
    st.sampled_from([None, False, True]),
    st.sampled_from([20, 80, 1000]),
)
def test_meaning_and_comments_stay(
    data: dict[str, Any], chance: random.Random, indent: int, flow: bool | None, width: int
) -> None:
    """Whatever a file looks like, its layout means the same, holds the same comments, and is its own layout."""
    dumped = yaml.safe_dump(data, indent=indent, default_flow_style=flow, width=width, sort_keys=False)
    try:
        text = with_comments(dumped, chance)
    except (InvalidError, AssertionError):
        assume(False)
    result = laid_out(text)
    note(text)
    note(result)
    assert meaning(result) == meaning(text)
    assert laid_out(result) == result
    assert spots(result) == spots(text)


@settings(deadline=None, max_examples=200)
@given(st.dictionaries(TEXTS, DATA, max_size=4))
def test_what_is_written_is_laid_out(data: dict[str, Any]) -> None:
    """The writer's style is the layout's: an imported file is formatted."""
    written = writer.write(data)
    assert laid_out(written) == written


def remarked(data: Any, chance: random.Random) -> Any:
    """The data with comments and switched-off entries here and there, in the place of some."""
    if isinstance(data, dict):
        entries = [(key, remarked(value, chance)) for key, value in data.items()]
        kept = [(Disabled({key: value}), None) if chance.random() < 0.3 else (key, value) for key, value in entries]
        return dict(with_remarks(kept, (Comment("why"), None), chance))
    if isinstance(data, list):
        items = [remarked(item, chance) for item in data]
        return with_remarks([Disabled(i) if chance.random() < 0.3 else i for i in items], Comment("why"), chance)
    return data


def with_remarks(entries: list[Any], remark: Any, chance: random.Random) -> list[Any]:
    if chance.random() < 0.3:
        entries.insert(chance.randint(0, len(entries)), remark)
    return entries


@settings(deadline=None, max_examples=200)
@given(st.dictionaries(TEXTS, DATA, max_size=4), st.randoms(use_true_random=False))
def test_what_is_switched_off_is_laid_out(data: dict[str, Any], chance: random.Random) -> None:
    """So is what an import writes as comments, also where nothing else is left below a key."""
    written = writer.write(remarked(data, chance))
    assert laid_out(written) == written


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_our_own_files(path: Path) -> None:
    """Examples and collections are laid out as `runner fmt` has it."""
    text = path.read_text(encoding="utf-8")
    assert laid_out(text) == text


@pytest.mark.parametrize("line_break", ["\n", "\r\n"])
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_our_own_files_written_otherwise(path: Path, line_break: str) -> None:
    """Their meaning and their comments stay, whatever comments are put between their lines and however these end."""
    text = path.read_text(encoding="utf-8")
    other = with_comments(text, random.Random(path.stem), 30)
    result = laid_out(other.replace("\n", line_break))
    assert meaning(result) == meaning(text)
    assert laid_out(result) == result
    assert spots(result) == spots(other)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("a: {b: 1, c: 2, # c1\n  d: 3}\n", "a: {\n  b: 1,\n  c: 2, # c1\n  d: 3\n}\n"),
        ("a: { b: 1, # c1\n  c: 2} # c2\n", "a: {\n  b: 1, # c1\n  c: 2\n} # c2\n"),
        ("a: {b: 1,\n  c: 2 } # c1\n", "a: {\n  b: 1,\n  c: 2\n} # c1\n"),
        ("a: [1, 2 # c1\n  , 3]\n", "a: [\n  1,\n  2, # c1\n  3\n]\n"),
        ("a: {\n b: [1, # c1\n  2],\n c: {d: 1}}\n", "a: {\n  b: [1, # c1\n   2],\n  c: {d: 1}\n}\n"),
        ("a: {b: # c1\n    1}\n", "a: {\n  b: # c1\n  1\n}\n"),
        ("a: [ # c1\n  ]\n", "a: [ # c1\n  ]\n"),
        ("a: # c1\n  # c2\n  {b: 1}\n", "a: # c1\n  # c2\n  {b: 1}\n"),
        ("a: # c1\n  |\n    x\n", "a: # c1\n  |\n  x\n"),
        ("a: &x # c1\n  {b: 1}\n", "a: &x # c1\n  {b: 1}\n"),
        ("- - # c1\n    1\n  - 2\n", "- - # c1\n    1\n  - 2\n"),
        ("- # c1\n  - 1\n", "- # c1\n  - 1\n"),
    ],
)
def test_comments_within_braces(before: str, after: str) -> None:
    """A comment stays between the same words; what it stands in the middle of is kept as it is written."""
    assert laid_out(before) == after
    assert laid_out(after) == after
    assert meaning(after) == meaning(before)
    assert spots(after) == spots(before)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("a:   1\nb: {x:  2,y: 3}\n", "a: 1\nb: {x: 2, y: 3}\n"),
        (
            "requests:\n- name: a\n  url: /\n- name: b\n  url: /\n",
            "requests:\n  - name: a\n    url: /\n\n  - name: b\n    url: /\n",
        ),
        ("a: 1\n\n\n\nb: 2\n", "a: 1\n\nb: 2\n"),
        ("a: 1   # why\n", "a: 1   # why\n"),
        ("a:\n  - 1 # one\n  # two\nb: 2\n", "a:\n  - 1 # one\n  # two\n\nb: 2\n"),
        ("a: 1\r\nb: 2\r\n", "a: 1\nb: 2\n"),
        ("assert: [status: 200, 'x']\n", "assert: [status: 200, 'x']\n"),
        ("a: {b: 1,\n  c: 2}\n", "a: {\n  b: 1,\n  c: 2\n}\n"),
        ("a: &x\n    b: 1\nc:\n    <<: *x\n", "a: &x\n  b: 1\n\nc:\n  <<: *x\n"),
        ("a: |\n      x\n        y\n", "a: |\n  x\n    y\n"),
        ("- \n  - 1\n", "- - 1\n"),
        ("? a\n: 1\n", "? a\n: 1\n"),
        ("a:\n    b:\n        # c: 1\n        # d: 2\n    e: 1\n", "a:\n  b:\n    # c: 1\n    # d: 2\n  e: 1\n"),
        ("a:\n    b:\n    # on e\n    e: 1\n", "a:\n  b:\n  # on e\n  e: 1\n"),
        ("---\na: 1\n", "---\na: 1\n"),
        ("# only a comment  \n\n", "# only a comment\n"),
        ("", ""),
        (" \n\n", ""),
        ("a: |\r\n  x\r\n  y\r\nb: >-\r\n  p\r\n\r\n  q\r\n", "a: |\n  x\n  y\n\nb: >-\n  p\n\n  q\n"),
        ("# a\r\n# b\r\n", "# a\n# b\n"),
        ("a: &x {b: 1}\nc: *x\n", "a: &x {b: 1}\nc: *x\n"),
    ],
)
def test_the_style(before: str, after: str) -> None:
    """Indents, spaces and empty lines become the same; quotes, braces and comments stay."""
    assert laid_out(before) == after
