"""Source, Span and Diagnostic: where something is, and how it is shown with a caret.

    error: undefined variable 'usr_id'
      requests/graph.yaml:24:17
       24 |     url: /users/{{usr_id}}
          |                   ^^^^^^ did you mean 'user_id'?

This file knows nothing of YAML, of the model or of terminals: `styler` is handed in by who prints.
"""

from __future__ import annotations

import unicodedata
from bisect import bisect_right
from collections.abc import Callable, Iterable
from functools import cached_property
from typing import NamedTuple

#: Takes a role ("error", "warning", "place", "gutter", "caret", "hint") and a text, gives the text to print.
Styler = Callable[[str, str], str]

LINE_WIDTH = 160


class Source:
    """A text that was read, and the name under which a person knows it. Offsets count characters."""

    def __init__(self, path: str, text: str) -> None:
        self.path = path
        self.text = text
        #: Literal secrets that the text holds, and what hides them where a line is shown.
        self.secrets: list[object] = []
        self.mask: Callable[[str], str] = str

    def __repr__(self) -> str:
        return f"Source({self.path!r})"

    @cached_property
    def _starts(self) -> list[int]:
        starts = [0]
        find = self.text.find
        position = find("\n")
        while position != -1:
            starts.append(position + 1)
            position = find("\n", position + 1)
        return starts

    def place(self, offset: int) -> tuple[int, int]:
        """Line and column of an offset, both from 1."""
        line = bisect_right(self._starts, offset)
        return line, offset - self._starts[line - 1] + 1

    def line(self, number: int) -> str:
        """The text of a line (from 1), without its end, secrets masked."""
        return self.mask(self._raw_line(number))

    def column(self, number: int, column: int) -> int:
        """Where a column (from 0) of a line is once secrets before it are masked."""
        return len(self.mask(self._raw_line(number)[:column]))

    def _raw_line(self, number: int) -> str:
        start = self._starts[number - 1]
        end = self._starts[number] - 1 if number < len(self._starts) else len(self.text)
        return self.text[start:end].rstrip("\r")


class Span(NamedTuple):
    """A stretch of a source, from `start` up to but not including `end` (offsets in characters)."""

    source: Source
    start: int
    end: int

    @property
    def line(self) -> int:
        return self.source.place(self.start)[0]

    @property
    def column(self) -> int:
        return self.source.place(self.start)[1]

    @property
    def text(self) -> str:
        return self.source.text[self.start : self.end]

    @property
    def where(self) -> str:
        """`file:line:column`, as editors and terminals make it clickable."""
        line, column = self.source.place(self.start)
        return f"{escape(self.source.path)}:{line}:{column}"

    def locate(self, text: str, start: int, end: int) -> Span:
        """The place of `text[start:end]`, where `text` is what this span was read as.

        Escapes and folded lines make the two differ; then the words are looked for, or the whole span is given.
        """
        source = self.source.text
        if source.startswith(text, self.start):
            return Span(self.source, self.start + start, self.start + max(end, start + 1))
        found = source.find(text[start:end].split("\n")[0], self.start, self.end) if end > start else -1
        return Span(self.source, found, found + end - start) if found >= 0 else self.first_line()

    def first_line(self) -> Span:
        """This span, cut at the end of its first line."""
        line_end = self.source.text.find("\n", self.start)
        end = self.end if line_end < 0 else min(self.end, max(line_end, self.start + 1))
        return Span(self.source, self.start, end)


class Diagnostic(NamedTuple):
    """One fault: what is wrong, where, and what to do. `hint` stands beside the caret, `notes` below."""

    message: str
    span: Span | None = None
    hint: str = ""
    notes: tuple[str, ...] = ()
    severity: str = "error"


def plain(role: str, text: str) -> str:
    """The styler that adds nothing."""
    return text


def render(diagnostic: Diagnostic, styler: Styler = plain) -> str:
    """The diagnostic as text of several lines, without a line end at the end."""
    head = styler(diagnostic.severity, f"{diagnostic.severity}:") + f" {escape(diagnostic.message)}"
    lines = [head]
    if diagnostic.span is not None:
        lines.append("  " + styler("place", diagnostic.span.where))
        lines += ["  " + line for line in excerpt(diagnostic.span, diagnostic.hint, styler)]
    elif diagnostic.hint:
        lines.append("  " + styler("hint", escape(diagnostic.hint)))
    lines += ["  " + escape(note) for note in diagnostic.notes]
    return "\n".join(lines)


def excerpt(
    span: Span, label: str = "", styler: Styler = plain, below: Iterable[str] = (), width: int = LINE_WIDTH
) -> list[str]:
    """The source line with a caret line under it; `label` stands right of the carets, `below` under them.

    Of a line longer than `width` characters the part around the carets is shown.
    """
    number = span.line
    text = span.source.line(number)
    column = min(span.source.column(number, span.column - 1), len(text))
    end = span.source.column(number, span.column - 1 + span.end - span.start)
    length = max(1, min(end - column, len(text) - column))
    shown, before = _window(text, column, width)
    gutter = f"{number:>4} | "
    blank = styler("gutter", " " * (len(gutter) - 2) + "| ")
    pad = " " * width_of(shown[: column - before])
    carets = "^" * max(1, width_of(shown[column - before : column - before + length]))
    under = pad + styler("caret", carets) + (f" {styler('hint', escape(label))}" if label else "")
    return [styler("gutter", gutter) + shown, blank + under, *(blank + pad + line for line in below)]


def _window(text: str, column: int, width: int) -> tuple[str, int]:
    """The part of a long line around a column, and how many characters were cut off before it."""
    text = escape(text.replace("\t", " "), keep_length=True)
    if len(text) <= width:
        return text, 0
    before = max(0, min(column - width // 3, len(text) - width))
    return text[before : before + width], before


def width_of(text: str) -> int:
    """Terminal cells: wide characters take two, combining marks none."""
    if text.isascii():
        return len(text)
    return sum(0 if unicodedata.combining(c) else 1 + (unicodedata.east_asian_width(c) in "WF") for c in text)


def fitting(text: str, cells: int) -> str:
    """As much of a text's beginning as fits into terminal cells."""
    if text.isascii():
        return text[:cells]
    end = 0
    while end < len(text) and (cells := cells - width_of(text[end])) >= 0:
        end += 1
    return text[:end]


def escape(text: str, *, keep_length: bool = False) -> str:
    """Control characters made visible, so that no text from outside steers a terminal (CWE-150)."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() or c == "\t" else ("·" if keep_length else _visible(c)) for c in text)


def _visible(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")


def counted(number: float, word: str) -> str:
    """`1 page`, `1,024 pages`."""
    return f"{number:,} {word}{'' if number == 1 else 's'}"


def nearest(word: str, candidates: Iterable[str]) -> str | None:
    """The candidate that was probably meant, or None: same letters in another case first, then close ones."""
    names = list(candidates)
    folded = {name.lower().replace("-", "_"): name for name in reversed(names)}
    same = folded.get(word.lower().replace("-", "_"))
    if same is not None:
        return same
    from difflib import get_close_matches  # 3 ms, and only faults need it

    close = get_close_matches(word.lower(), [name.lower() for name in names], n=1, cutoff=0.6)
    return next((name for name in names if name.lower() == close[0]), None) if close else None


def did_you_mean(word: str, candidates: Iterable[str]) -> str:
    """`did you mean 'x'?`, or an empty text."""
    name = nearest(word, candidates)
    return f"did you mean '{name}'?" if name is not None and name != word else ""
