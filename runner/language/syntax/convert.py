"""PyYAML's nodes → ours: YAML 1.2's core types with JSON's numbers, merges, unquoted placeholders, duplicate keys."""

from __future__ import annotations

import re
from typing import Any

import yaml

from runner.diagnostics import Diagnostic, Source, Span
from runner.errors import InvalidError
from runner.language.syntax.faults import MAX_DEPTH, QUOTE_ALL, too_deep
from runner.language.syntax.nodes import BROKEN, Mapping, Node, Scalar, Sequence
from runner.language.values import NUMBER, Value, number

_MAX_ALIASED_NODES = 1_000_000
PLAIN = "plain"
QUOTED = "quoted"

_CONSTANTS: dict[str, Value] = {
    "": None, "~": None, "null": None, "Null": None, "NULL": None,
    "true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False,
}  # fmt: skip
_NUMBER_START = frozenset("-0123456789")
_CORE = "tag:yaml.org,2002:"
_TAG = re.compile(r"(?:&\S+\s+)?(!\S*)")
_PROPERTIES = re.compile(r"(?:[&!]\S*\s+)+")
_NAME = r"[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)*"
_PLACEHOLDER = re.compile(rf"\{{\{{\s*{_NAME}(?:\s*\|\|\s*(?:{_NAME}|'[^'\n]*'))*\s*\}}\}}")


def plain_value(text: str) -> Value:
    """The value of an unquoted scalar."""
    if text in _CONSTANTS:
        return _CONSTANTS[text]
    if text[0] in _NUMBER_START:
        value = number(text)
        if value is not None:
            return value
    return text


class Converter:
    """PyYAML's nodes → ours: types, merges, placeholders; duplicate keys, tags and alias bombs are faults."""

    def __init__(self, source: Source, faults: list[Diagnostic]) -> None:
        self._source = source
        self._text = source.text
        self._faults = faults
        self._done: dict[int, tuple[Node, int]] = {}
        self._open: set[int] = set()
        self._aliased = 0
        self._size = 0

    def convert(self, node: Any, depth: int) -> Node:
        if type(node) is yaml.ScalarNode:
            self._size += 1
            return self._scalar(node)
        identity = id(node)
        if identity in self._done:
            return self._alias(identity)
        if identity in self._open:
            raise InvalidError([Diagnostic("an alias stands inside its own anchor", self._span(node))])
        if depth >= MAX_DEPTH:
            raise InvalidError([too_deep(self._source, node.start_mark.index)])
        self._open.add(identity)
        before = self._size
        self._size += 1
        converted = self._mapping(node, depth) if type(node) is yaml.MappingNode else self._sequence(node, depth)
        self._open.discard(identity)
        self._done[identity] = (converted, self._size - before)
        return converted

    def _alias(self, identity: int) -> Node:
        node, size = self._done[identity]
        self._size += size
        self._aliased += size
        if self._aliased > _MAX_ALIASED_NODES:
            span = Span(self._source, node.start, min(node.end, node.start + 1))
            message = f"aliases unfold to more than {_MAX_ALIASED_NODES:,} values"
            raise InvalidError([Diagnostic(message, span, "this anchor is repeated too often")])
        return node

    def _span(self, node: Any) -> Span:
        return Span(self._source, node.start_mark.index, node.end_mark.index)

    def _fault(self, start: int, end: int, message: str, hint: str = "") -> None:
        self._faults.append(Diagnostic(message, Span(self._source, start, end), hint))

    def _scalar(self, node: Any) -> Scalar:
        text = node.value
        start = node.start_mark.index
        end = node.end_mark.index
        tag = node.tag
        if start < len(self._text) and self._text[start] in "&!":
            if self._check_tag(start):
                return Scalar(BROKEN, self._text[start:end], True, start, end)
            start += len(match.group()) if (match := _PROPERTIES.match(self._text, start, end)) else 0
        if tag == PLAIN:
            if text and text[0] in _NUMBER_START and len(text) > 400:
                self._check_long_number(text, start, end)
            return Scalar(plain_value(text), text, True, start, end)
        if tag == QUOTED or tag == _CORE + "str":
            return Scalar(text, text, False, start, end)
        return Scalar(self._tagged(tag, text, start, end), text, False, start, end)

    def _check_long_number(self, text: str, start: int, end: int) -> None:
        match = NUMBER.fullmatch(text)
        if match is not None and not (match.group(1) or match.group(2)) and number(text) is None:
            self._fault(start, end, f"a number of {len(text):,} digits", "put it in quotes to send it as text")

    def _check_tag(self, start: int) -> bool:
        """Whether a tag stands here that is not one of YAML's core types: a fault."""
        match = _TAG.match(self._text, start)
        if match is None or match.group(1) in _CORE_TAGS:
            return False
        tag = match.group(1)
        self._fault(match.start(1), match.end(1), f"the tag {tag} is not supported", _tag_hint(tag))
        return True

    def _tagged(self, tag: str, text: str, start: int, end: int) -> Value:
        value = plain_value(text)
        wanted = _TAG_TYPES.get(tag)
        if wanted is not None and not (type(value).__mro__[-2] in wanted or type(value) in wanted):
            self._fault(start, end, f"'{text}' is no {tag.removeprefix(_CORE)}")
        return value

    def _sequence(self, node: Any, depth: int) -> Sequence:
        self._check_collection_tag(node)
        items = [self.convert(item, depth + 1) for item in node.value]
        return Sequence(items, node.start_mark.index, node.end_mark.index, bool(node.flow_style))

    def _check_collection_tag(self, node: Any) -> None:
        if self._text[node.start_mark.index : node.start_mark.index + 1] in ("&", "!"):
            self._check_tag(node.start_mark.index)

    def _mapping(self, node: Any, depth: int) -> Node:
        start, end, flow = node.start_mark.index, node.end_mark.index, bool(node.flow_style)
        if flow and self._text.startswith("{{", start):
            return self._placeholder(start, end)
        self._check_collection_tag(node)
        entries: list[tuple[Scalar, Node]] = []
        merges: list[Node] = []
        seen: dict[str, Scalar] = {}
        for key_node, value_node in node.value:
            key = self._key(key_node, depth)
            value = self.convert(value_node, depth + 1)
            if key.text == "<<" and key.plain:
                merges.append(value)
                continue
            if key.text in seen:
                self._duplicate(key, seen[key.text])
                continue
            if flow and type(value) is Scalar and value.plain and not value.text:
                self._check_colon(key, value, entries)
            seen[key.text] = key
            entries.append((key, value))
        if merges:
            self._merge(entries, seen, merges)
        return Mapping(entries, start, end, flow)

    def _key(self, node: Any, depth: int) -> Scalar:
        key = self.convert(node, depth + 1)
        if type(key) is Scalar:
            return key
        self._fault(key.start, key.end, "a key must be text", "put it in quotes")
        return Scalar(None, self._text[key.start : key.end], False, key.start, key.end)

    def _placeholder(self, start: int, end: int) -> Scalar:
        text = self._text[start:end]
        if not _PLACEHOLDER.fullmatch(text):
            self._fault(start, end, "a value that starts with {{ must be quoted", f'write "{text}"')
        return Scalar(text, text, True, start, end)

    def _duplicate(self, key: Scalar, first: Scalar) -> None:
        line = self._source.place(first.start)[0]
        self._fault(key.start, key.end, f"duplicate key '{key.text}'", f"it stands already in line {line}")

    def _check_colon(self, key: Scalar, value: Scalar, before: list[tuple[Scalar, Node]]) -> None:
        """`{$select: id,mail}` is two entries to YAML, and the second would be lost."""
        if value.start != key.end or self._text[key.end :].lstrip(" \t").startswith(":"):
            return
        hint = "write 'key: value'"
        if before and isinstance(before[-1][1], Scalar) and before[-1][1].plain and before[-1][1].text:
            cut = self._text[before[-1][1].start : key.end]
            hint = f"a value that holds a comma must be quoted: {before[-1][0].text}: '{cut}'"
        self._fault(key.start, key.end, f"'{key.text}' has no ':' after it", hint)

    def _merge(self, entries: list[tuple[Scalar, Node]], seen: dict[str, Scalar], merges: list[Node]) -> None:
        """`<<` (YAML 1.1 merge): keys of the mapping itself win, then earlier merged mappings."""
        sources: list[Node] = []
        for node in merges:
            sources += node.items if isinstance(node, Sequence) else [node]
        for node in sources:
            if not isinstance(node, Mapping):
                self._fault(node.start, node.end, "'<<' merges a mapping, or a list of mappings")
                continue
            for key, value in node.entries:
                if key.text not in seen:
                    seen[key.text] = key
                    entries.append((key, value))


_CORE_TAGS = frozenset({"!!str", "!!int", "!!float", "!!bool", "!!null", "!!map", "!!seq"})
_TAG_TYPES: dict[str, tuple[type, ...]] = {
    _CORE + "int": (int,),
    _CORE + "float": (int, float),
    _CORE + "bool": (bool,),
    _CORE + "null": (type(None),),
}


def _tag_hint(tag: str) -> str:
    if tag == "!":
        return QUOTE_ALL
    if tag.startswith("!!"):
        return "only !!str, !!int, !!float, !!bool, !!null, !!map and !!seq are known"
    return f"YAML reads a leading ! as a tag: {QUOTE_ALL}"
