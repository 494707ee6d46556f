"""YAML text → parts, by libyaml's events: their marks say where each text stands; what lies between are comments."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from typing import Any

import yaml

from runner.diagnostics import Source
from runner.errors import InvalidError
from runner.language.layout.parts import Block, Comment, Document, Entry, Node, Scalar
from runner.language.syntax import BaseLoader
from runner.language.syntax.faults import explain

_PROPERTIES = re.compile(r"(?:[&!]\S*[ \t]*)+")
_BLANK = re.compile(r"(?:[ \t\n]+|#[^\n]*)*")
_COMMENT = re.compile(r"(?:^|(?<=[\s]))#[^\n]*")


def read(source: Source) -> Document | None:
    """The parts of a text; None for one without a document.

    Raises:
        InvalidError: it is not YAML.
    """
    text = source.text
    try:
        events: list[Any] = list(yaml.parse(text, Loader=BaseLoader))
    except yaml.YAMLError as error:
        raise InvalidError([explain(source, error)]) from None
    reader = _Reader(text, iter(events))
    root = reader.document()
    if root is None:
        return None
    lines = [0, *(match.end() for match in re.finditer("\n", text))]
    comments = list(_comments(text, reader.opaque, lines))
    return Document(text, root, comments, lines, reader.head)


class _Reader:
    """Builds nodes from events; notes which stretches of the text belong to scalars."""

    def __init__(self, text: str, events: Iterator[Any]) -> None:
        self._text = text
        self._events = events
        self.opaque: list[tuple[int, int]] = []
        self.head = ""
        self._last = 0

    def document(self) -> Node | None:
        for event in self._events:
            if isinstance(event, yaml.DocumentStartEvent):
                if event.explicit:
                    self.head = self._text[_index(event.start_mark) : _index(event.end_mark)]
                    self.opaque.append((_index(event.start_mark), _index(event.end_mark)))
                return self._node(next(self._events))
        return None

    def _node(self, event: Any) -> Node:
        start, end = _index(event.start_mark), _index(event.end_mark)
        if isinstance(event, (yaml.ScalarEvent, yaml.AliasEvent)):
            return self._scalar(event, start, end)
        properties = self._properties(start, end)
        flow = bool(event.flow_style)
        column = start - (self._text.rfind("\n", 0, start) + 1)
        mapping = isinstance(event, yaml.MappingStartEvent)
        block = Block(start, end, mapping, flow, column, properties)
        if properties and not flow:
            first = self._text[start + len(properties) :].lstrip()
            begin = len(self._text) - len(first)
            block.column = begin - (self._text.rfind("\n", 0, begin) + 1)
        for inner in self._events:
            if isinstance(inner, (yaml.MappingEndEvent, yaml.SequenceEndEvent)):
                block.end = _index(inner.end_mark)
                return block
            if not mapping:
                before = block.entries[-1].value.end if block.entries else start + len(properties)
                value = self._node(inner)
                block.entries.append(Entry(None, value, dash=None if flow else self._dash(before, value.start)))
                continue
            explicit = self._is_explicit(_index(inner.start_mark))
            key = self._node(inner)
            block.entries.append(Entry(key, self._node(next(self._events)), explicit))
        raise AssertionError("libyaml ends every block that it starts")

    def _dash(self, before: int, start: int) -> int:
        """Where the dash of an item is, whose value starts there."""
        match = _BLANK.match(self._text, before)
        return min(match.end() if match else before, start)

    def _scalar(self, event: Any, start: int, end: int) -> Scalar:
        self.opaque.append((start, end))
        properties = self._properties(start, end)
        text = self._text[start + len(properties) : end]
        style = getattr(event, "style", None) or ""
        return Scalar(start, end, text, getattr(event, "value", ""), properties.strip(), style)

    def _properties(self, start: int, end: int) -> str:
        if self._text[start : start + 1] not in ("&", "!"):
            return ""
        match = _PROPERTIES.match(self._text, start, max(end, start))
        if match is None:
            return ""
        self.opaque.append(match.span())
        return match.group()

    def _is_explicit(self, start: int) -> bool:
        """Whether the key that starts here stands behind a `?`."""
        between = self._text[self.opaque[-1][1] if self.opaque else 0 : start]
        return "?" in _COMMENT.sub("", between)


def _index(mark: Any) -> int:
    """Where a mark stands, in characters; libyaml's marks have it always."""
    index: int = mark.index
    return index


def _comments(text: str, opaque: list[tuple[int, int]], lines: list[int]) -> Iterator[Comment]:
    position = 0
    stretches = [*sorted(opaque), (len(text), len(text))]
    for start, end in stretches:
        for match in _COMMENT.finditer(text, position, start):
            line = bisect_right(lines, match.start()) - 1
            before = text[lines[line] : match.start()]
            own = not before.strip()
            distance = len(before) - len(before.rstrip(" \t"))
            yield Comment(match.start(), line, len(before), match.group().rstrip(), own, distance)
        position = max(position, end)
