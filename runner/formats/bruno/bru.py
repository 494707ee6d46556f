"""The .bru language → blocks: dictionaries, texts and lists. This file knows no block by what it means.

meta {                 a block begins with its name, and ends at a `}` at the beginning of a line
  name: Login          `~` before a name switches it off, `@` annotates the pair below it
}
"""

from __future__ import annotations

import re
from typing import NamedTuple

from runner.formats.draft import ForeignFault

_BLOCK = re.compile(r"([A-Za-z][\w:-]*)\s*([{\[])\s*")
_LIST_IN_LINE = re.compile(r"([A-Za-z][\w:-]*)\s*\[(.*)\]\s*")
_ANNOTATION = re.compile(r"\s*@([^\s():]+)(?:\((.*))?$", re.DOTALL)
_QUOTED = re.compile(r'(~?)"((?:\\"|[^"\n])*)"\s*:\s?(.*)', re.DOTALL)
_PAIR = re.compile(r"(~?)([^:]*):\s?(.*)", re.DOTALL)
_FENCE = "'''"
#: Blocks that hold text as it is; all others are dictionaries.
_TEXTS = re.compile(r"(?:body(?::(?:json|text|xml|sparql|graphql|graphql:vars))?|script:.*|tests|docs|example|app)$")
#: A list or a text of several lines, as the value of a pair, begins so.
_LIST = "["


class Line(NamedTuple):
    """A pair of a dictionary. `annotations` are those above it, by name."""

    line: int
    name: str
    value: str
    enabled: bool
    annotations: dict[str, str]
    items: tuple[str, ...] = ()


class Block(NamedTuple):
    """`text` for blocks of text, `pairs` for dictionaries, `items` for lists."""

    line: int
    name: str
    pairs: tuple[Line, ...] = ()
    text: str = ""
    items: tuple[str, ...] = ()


def blocks(text: str) -> list[Block]:
    """The blocks of a text, in order.

    Raises:
        ForeignFault: it is no .bru; with the line.
    """
    lines = text.replace("\r\n", "\n").split("\n")
    found: list[Block] = []
    place = 0
    while place < len(lines):
        line = lines[place]
        begin = _BLOCK.fullmatch(line)
        flat = None if begin else _LIST_IN_LINE.fullmatch(line)
        if begin:
            end = _end(lines, place, "}" if begin[2] == "{" else "]")
            found.append(_block(begin, lines[place + 1 : end], place + 1))
            place = end
        elif flat:
            found.append(Block(place + 1, flat[1], items=_items(flat[2].split(","))))
        elif line.strip() and not re.fullmatch(r"\w+\s*:.*", line):
            raise ForeignFault(f"'{line.strip()[:40]}' begins no block", place + 1, "a block begins as in: meta {")
        place += 1
    return found


def _end(lines: list[str], start: int, closing: str) -> int:
    for place in range(start + 1, len(lines)):
        if lines[place].startswith(closing):
            return place
    raise ForeignFault(f"the block '{lines[start].strip()}' is never closed", start + 1, f"end it with {closing}")


def _block(begin: re.Match[str], inside: list[str], line: int) -> Block:
    name = begin[1]
    if begin[2] == "[":
        return Block(line, name, items=_items([part for row in inside for part in row.split(",")]))
    if _TEXTS.match(name):
        return Block(line, name, text="\n".join(map(_outdented, inside)).strip("\n"))
    return Block(line, name, pairs=tuple(_Pairs(inside, line + 1).read()))


def _items(parts: list[str]) -> tuple[str, ...]:
    return tuple(part.strip() for part in parts if part.strip())


def _outdented(line: str) -> str:
    return line[2:] if line.startswith("  ") else line.lstrip(" ") if not line.strip() else line


class _Pairs:
    """The pairs of a dictionary, with the annotations above them."""

    def __init__(self, lines: list[str], first: int) -> None:
        self.lines = lines
        self.first = first
        self.place = 0

    def read(self) -> list[Line]:
        found: list[Line] = []
        annotations: dict[str, str] = {}
        while self.place < len(self.lines):
            line = self.lines[self.place]
            annotation = _ANNOTATION.match(line)
            if not line.strip():
                self.place += 1
            elif annotation and not _PAIR.fullmatch(line.partition("(")[0]):
                annotations[annotation[1]] = self._argument(annotation[2])
            else:
                found.append(self._pair(line, annotations))
                annotations = {}
        return found

    def _argument(self, begun: str | None) -> str:
        """What stands in the parentheses of an annotation, be it over several lines."""
        text = begun or ""
        if text.startswith(_FENCE):
            text = self._fenced(text.removeprefix(_FENCE))
            self.place += 1
            return text
        self.place += 1
        text = text.rstrip().removesuffix(")").strip()
        return text[1:-1].replace('\\"', '"') if len(text) > 1 and text[0] == text[-1] in "'\"" else text

    def _fenced(self, begun: str) -> str:
        """The text up to the next fence, outdented; the place is at its last line then."""
        if _FENCE in begun:
            return begun.partition(_FENCE)[0]
        rows = [begun]
        while self.place + 1 < len(self.lines):
            self.place += 1
            before, fence, after = self.lines[self.place].partition(_FENCE)
            rows.append(before)
            if fence:
                self.lines[self.place] = after
                break
        return "\n".join(row.removeprefix("    ") for row in rows).strip()

    def _pair(self, line: str, annotations: dict[str, str]) -> Line:
        number = self.first + self.place
        match = _QUOTED.fullmatch(line.strip()) or _PAIR.fullmatch(line.strip())
        if match is None:
            raise ForeignFault(f"'{line.strip()[:40]}' is no pair", number, "a pair has a ':' after its name")
        off, name, value = match.groups()
        value = value.strip()
        items: tuple[str, ...] = ()
        if value.startswith(_FENCE):
            value = self._fenced(value.removeprefix(_FENCE)) + self._after_fence()
        elif value == _LIST:
            items, value = self._list(), ""
        self.place += 1
        return Line(number, name.strip().replace('\\"', '"'), value, not off, annotations, items)

    def _after_fence(self) -> str:
        """`@contentType(…)` after a text of several lines."""
        rest = self.lines[self.place].strip()
        return f" {rest}" if rest.startswith("@") else ""

    def _list(self) -> tuple[str, ...]:
        rows: list[str] = []
        while self.place + 1 < len(self.lines):
            self.place += 1
            row = self.lines[self.place].strip()
            if row == "]":
                break
            rows.append(row)
        return _items(rows)
