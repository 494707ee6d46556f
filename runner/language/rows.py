"""Rows of a data file: CSV, or a JSON or YAML list. Judged whole when it is read, and then given row by row.

    text ──judge──▶ Rows ──iterate──▶ one value at a time

Only the text is kept (of YAML the values): ten thousand rows weigh what their file weighs. In CSV every value is text,
and its first line names the columns. Data are data: `{{ }}` in them stays as it is. This file knows no variable and
does no I/O.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Container, Iterable, Iterator
from json import JSONDecodeError
from typing import NamedTuple

from runner.diagnostics import Diagnostic, Source, Span, counted
from runner.errors import InvalidError
from runner.language import syntax
from runner.language.values import Value, decode_json_at, kind

#: Faults of one file that are told; a file that is wrong in one row is often wrong in all.
_MOST_FAULTS = 20


class Row(NamedTuple):
    """A row and its place in the file."""

    value: Value
    span: Span


class Rows:
    """The rows of a file, in order, as often as one asks. `columns` are the names that every row has.

    `others` are the names that some rows have, each with the number (from 0) of one that does not.
    """

    def __init__(self, source: Source, give: Callable[[], Iterator[Value]], found: _Found) -> None:
        self.source = source
        self._count = found.count
        self.columns = found.columns
        self.others = found.others
        self._give = give

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[Value]:
        return self._give()


class _Found:
    """What a first look at all rows finds: how many there are, and their columns."""

    def __init__(self) -> None:
        self.count = 0
        self.columns: tuple[str, ...] = ()
        self.others: dict[str, int] = {}

    def is_new(self, name: str) -> bool:
        return name not in self.columns and name not in self.others

    def note(self, value: Value) -> None:
        names = value if isinstance(value, dict) else {}
        if self.count == 0:
            self.columns = tuple(names)
        elif names.keys() != set(self.columns):
            self._differ(names)
        self.count += 1

    def _differ(self, names: dict[str, Value]) -> None:
        for name in self.columns:
            if name not in names:
                self.others.setdefault(name, self.count)
        for name in names:
            if name not in self.columns:
                self.others.setdefault(name, 0)
        self.columns = tuple(name for name in self.columns if name in names)


def read(source: Source, *, taken: Container[str] | None = None) -> Rows:
    """The rows of a data file; the ending of its path says how it is written, or else how it begins.

    With `taken` every row must be a mapping, as those of CSV are, and no column may have one of these names.

    Raises:
        InvalidError: with every fault, each at its place in the file.
    """
    rows = _reader(source)
    kept: list[Value] | None = [] if rows is _yaml else None  # its nodes weigh more than its values
    found = _Found()
    faults: list[Diagnostic] = []
    for value, span in rows(source, faults):
        if taken is not None:
            faults += _unfit(value, found, taken, span)
        found.note(value)
        if kept is not None:
            kept.append(value)
        if len(faults) > _MOST_FAULTS:
            break
    if faults:
        raise InvalidError(faults)
    if kept is not None:
        return Rows(source, kept.__iter__, found)
    return Rows(source, lambda: (row.value for row in rows(source, [])), found)


def _unfit(value: Value, found: _Found, taken: Container[str], span: Span) -> Iterator[Diagnostic]:
    """Why a row cannot give variables."""
    if not isinstance(value, dict):
        message = f"row {found.count} must be an object whose keys name variables, this is {_article(value)}"
        yield Diagnostic(message, span)
        return
    for name in value:
        if name in taken and found.is_new(name):
            start = max(span.source.text.find(name), 0)
            yield Diagnostic(f"'{name}' is taken: it cannot name a column", Span(span.source, start, start + len(name)))


def _article(value: Value) -> str:
    name = kind(value)
    return name if name == "null" else f"{'an' if name[0] in 'aeiou' else 'a'} {name}"


# --- CSV (RFC 4180) ------------------------------------------------------------------------------------------------


class _Lines:
    """The lines of a text one by one, with their ends, and where the last one began."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.start = 0
        self.next = 0

    def __iter__(self) -> Iterator[str]:
        text = self.source.text
        while self.next < len(text):
            self.start = self.next
            end = text.find("\n", self.start)
            self.next = len(text) if end < 0 else end + 1
            yield text[self.start : self.next]


def _csv(source: Source, faults: list[Diagnostic]) -> Iterator[Row]:
    lines = _Lines(source)
    records = csv.reader(iter(lines), strict=True)
    header: list[str] | None = None
    while True:
        start = lines.next
        try:
            record = next(records, None)
        except csv.Error as error:
            faults.append(_csv_fault(source, start, lines, str(error)))
            return
        if record is None:
            break
        span = Span(source, start, max(lines.next, start + 1)).first_line()
        if not record:
            continue  # an empty line
        if header is None:
            header = [name.strip() for name in record]
            faults += _header_faults(header, span)
        elif len(record) != len(header):
            faults.append(_ragged(header, record, span))
        else:
            yield Row(dict(zip(header, record, strict=True)), span)
    if header is None:
        faults.append(Diagnostic("the file is empty", Span(source, 0, 0), "the first line names the columns"))


_CSV_WORDS = (
    ("unexpected end of data", "a quote is opened here and never closed"),
    ("expected after", "a quote within a quoted value is written twice, and a quoted value ends at its comma"),
    ("field larger", f"a value is longer than {csv.field_size_limit():,} characters"),
    ("new-line character", "a carriage return stands alone: save the file with ordinary line ends"),
)


def _csv_fault(source: Source, start: int, lines: _Lines, problem: str) -> Diagnostic:
    message = next((words for known, words in _CSV_WORDS if known in problem), problem)
    begin = start if "never closed" in message else lines.start
    return Diagnostic(message, Span(source, begin, max(lines.next, begin + 1)).first_line())


def _header_faults(header: list[str], span: Span) -> Iterator[Diagnostic]:
    seen: set[str] = set()
    for number, name in enumerate(header, 1):
        where = span.locate(span.text, *_within(span.text, name))
        if not name:
            yield Diagnostic(f"column {number} has no name", span, "the first line names the columns")
        elif name in seen:
            yield Diagnostic(f"two columns are named '{name}'", where)
        seen.add(name)


def _within(line: str, name: str) -> tuple[int, int]:
    """Where a name stands last in a line; all of the line where its quotes hide it."""
    start = line.rfind(name)
    return (start, start + len(name)) if name and start >= 0 else (0, len(line))


def _ragged(header: list[str], record: list[str], span: Span) -> Diagnostic:
    columns = counted(len(header), "column")
    message = f"this row has {counted(len(record), 'value')}, and the header names {columns}"
    hint = f"the header: {', '.join(header[:8])}{', …' if len(header) > 8 else ''}"
    return Diagnostic(message, span, hint)


# --- JSON ----------------------------------------------------------------------------------------------------------

_SPACE = re.compile(r"[ \t\r\n]*")


def _json(source: Source, faults: list[Diagnostic]) -> Iterator[Row]:
    """The elements of a JSON array (RFC 8259), each decoded when it is asked for."""
    text = source.text
    position = _skip(text, 0)
    if not text.startswith("[", position):
        faults.append(_no_list(source, position, "start it with ["))
        return
    try:
        position = _skip(text, position + 1)
        more = not text.startswith("]", position)
        while more:
            value, end = decode_json_at(text, position)
            yield Row(value, Span(source, position, end).first_line())
            position = _skip(text, end)
            more = text.startswith(",", position)
            position = _skip(text, position + 1) if more else position
        _expect_end(text, position)
    except JSONDecodeError as error:
        span = Span(source, min(error.pos, len(text)), min(error.pos, len(text)) + 1)
        faults.append(Diagnostic(f"this is not JSON: {error.msg.lower()}", span))
    except ValueError as error:
        faults.append(Diagnostic(str(error), Span(source, position, position + 1)))


def _skip(text: str, position: int) -> int:
    match = _SPACE.match(text, position)
    return match.end() if match else position


def _expect_end(text: str, position: int) -> None:
    if not text.startswith("]", position):
        raise JSONDecodeError("a ',' or ']' is missing here", text, position)
    position = _skip(text, position + 1)
    if position < len(text):
        raise JSONDecodeError("the list has ended already", text, position)


def _no_list(source: Source, position: int, hint: str) -> Diagnostic:
    return Diagnostic("a data file holds a list of rows", Span(source, position, position + 1), hint)


# --- YAML ----------------------------------------------------------------------------------------------------------


def _yaml(source: Source, faults: list[Diagnostic]) -> Iterator[Row]:
    root = syntax.parse(source, faults)
    if not isinstance(root, syntax.Sequence):
        faults.append(_no_list(source, 0 if root is None else root.start, "start each row with '- '"))
        return
    for node in root.items:
        yield Row(_plain(node), Span(source, node.start, max(node.end, node.start + 1)).first_line())


def _plain(node: syntax.Node) -> Value:
    if isinstance(node, syntax.Scalar):
        return node.value
    if isinstance(node, syntax.Sequence):
        return [_plain(item) for item in node.items]
    return {key.text: _plain(value) for key, value in node.entries}


_Reader = Callable[[Source, list[Diagnostic]], Iterable[Row]]
_READERS: dict[str, _Reader] = {"csv": _csv, "json": _json, "yaml": _yaml, "yml": _yaml}


def _reader(source: Source) -> _Reader:
    known = _READERS.get(source.path.lower().rpartition(".")[2])
    if known is not None:
        return known
    start = source.text.lstrip()[:2]  # a pipe has no ending
    return _json if start[:1] == "[" else _yaml if start == "- " else _csv
