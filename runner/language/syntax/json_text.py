"""JSON text → Node with places, for those who must say where in a JSON file something stands.

Python's own parser is ten times as quick and keeps no places: it reads the values, this reads the places once one of
them is asked for. YAML's parser would not do: it takes no tabs and no escaped surrogates.
"""

from __future__ import annotations

import json
import re

from runner.diagnostics import Source
from runner.language.syntax.nodes import Mapping, Node, Scalar, Sequence
from runner.language.values import Value

_BLANKS = re.compile(r"[ \t\r\n]*")
_STRING = re.compile(r'"(?:[^"\\]+|\\.)*"', re.DOTALL)
_LITERAL = re.compile(r"[^\s,\]}]+")


def parse(source: Source) -> Node:
    """The node tree of a text that is known to be JSON, nested no deeper than `parse_json` allows."""
    return _Reader(source.text).value(0)


def duplicate(source: Source) -> tuple[Scalar, int] | None:
    """The first key that an object has twice, and the line where it stands already."""
    open_nodes: list[Node] = [parse(source)]
    while open_nodes:
        node = open_nodes.pop()
        if isinstance(node, Sequence):
            open_nodes += reversed(node.items)
        elif isinstance(node, Mapping):
            seen: dict[str, Scalar] = {}
            for key, _ in node.entries:
                first = seen.setdefault(key.text, key)
                if first is not key:
                    return key, source.place(first.start)[0]
            open_nodes += [value for _, value in reversed(node.entries)]
    return None


class _Reader:
    """Reads one value at an offset; where a value ends, the next one begins behind its comma."""

    def __init__(self, text: str) -> None:
        self._text = text

    def value(self, start: int) -> Node:
        start = self._skip(start)
        first = self._text[start]
        if first == "{":
            return self._object(start)
        if first == "[":
            return self._array(start)
        if first == '"':
            return self._string(start)
        literal = _LITERAL.match(self._text, start)
        assert literal is not None, "the text is JSON"
        typed: Value = json.loads(literal.group())
        return Scalar(typed, literal.group(), True, start, literal.end())

    def _skip(self, start: int) -> int:
        blanks = _BLANKS.match(self._text, start)
        return blanks.end() if blanks else start

    def _string(self, start: int) -> Scalar:
        string = _STRING.match(self._text, start)
        assert string is not None, "the text is JSON"
        text: str = json.loads(string.group())
        return Scalar(text, text, False, start, string.end())

    def _array(self, start: int) -> Sequence:
        items: list[Node] = []
        at = self._skip(start + 1)
        while self._text[at] != "]":
            items.append(self.value(at))
            at = self._skip(items[-1].end)
            at = self._skip(at + 1) if self._text[at] == "," else at
        return Sequence(items, start, at + 1, flow=True)

    def _object(self, start: int) -> Mapping:
        entries: list[tuple[Scalar, Node]] = []
        at = self._skip(start + 1)
        while self._text[at] != "}":
            key = self._string(at)
            value = self.value(self._skip(key.end) + 1)
            entries.append((key, value))
            at = self._skip(value.end)
            at = self._skip(at + 1) if self._text[at] == "," else at
        return Mapping(entries, start, at + 1, flow=True)
