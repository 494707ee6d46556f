"""What a YAML text is made of for its layout: nodes that keep their own text, and comments with their places.

Offsets are in characters of the source. Nothing is resolved here: a scalar is the text that stands in the file.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple


@dataclass(slots=True, eq=False)
class Scalar:
    """A scalar or alias as it is written, and its value; `style` is libyaml's: empty (plain), a quote, `|` or `>`."""

    start: int
    end: int
    text: str
    value: str = ""
    properties: str = ""
    style: str = ""


@dataclass(slots=True, eq=False)
class Block:
    """A mapping or list. Items of a list have no key; `flow` is for one in braces or brackets.

    `properties` are its anchor and tag; `column` is where it stood.
    """

    start: int
    end: int
    mapping: bool
    flow: bool
    column: int
    properties: str = ""
    entries: list[Entry] = field(default_factory=list)


Node = Scalar | Block


class Entry(NamedTuple):
    """A key with its value, or an item. `explicit`: the key is written with `?`. `dash`: where that of an item is."""

    key: Node | None
    value: Node
    explicit: bool = False
    dash: int | None = None

    @property
    def start(self) -> int:
        if self.dash is not None:
            return self.dash
        return self.value.start if self.key is None else self.key.start


class Comment(NamedTuple):
    """A comment: `own` if nothing stands before it in its line; `distance` the spaces before one that follows text."""

    start: int
    line: int
    column: int
    text: str
    own: bool
    distance: int


@dataclass(slots=True, eq=False)
class Document:
    """A text as parts. `lines` are the offsets at which its lines start; `head` are directives and `---`."""

    text: str
    root: Node
    comments: list[Comment]
    lines: list[int]
    head: str = ""
