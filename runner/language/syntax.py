"""YAML text → Node with places. Every fault of the text itself is found here, with what to do about it.

Composed by libyaml (fast, and it keeps places); scalars are resolved here, by YAML 1.2's core types with JSON's
numbers, so that `no`, `0123` and `12:30` stay text. This file knows no key of the language; expressions only as text
that people forget to quote.
"""

from __future__ import annotations

import re
from collections.abc import Sequence as AbstractSequence
from dataclasses import dataclass
from typing import Any

import yaml

from runner.diagnostics import Diagnostic, Source, Span
from runner.errors import InvalidError
from runner.language.values import NUMBER, Value, number

MAX_DEPTH = 100
MAX_FILE_SIZE = 20_000_000
_MAX_ALIASED_NODES = 1_000_000
#: The C composer recurses on its own stack and dies near 20,000 levels; far below that, events are counted first.
_SUSPICIOUS_DEPTH = 2_000


@dataclass(slots=True, eq=False)
class Scalar:
    """A scalar: `value` is typed, `text` as it was written; `plain` if it had no quotes."""

    value: Value
    text: str
    plain: bool
    start: int
    end: int


@dataclass(slots=True, eq=False)
class Sequence:
    """A list of nodes."""

    items: list[Node]
    start: int
    end: int
    flow: bool = False


@dataclass(slots=True, eq=False)
class Mapping:
    """Keys with their values, in order; `flow` if it was written in braces."""

    entries: list[tuple[Scalar, Node]]
    start: int
    end: int
    flow: bool = False


Node = Scalar | Sequence | Mapping

#: The value of a scalar whose fault was told already.
BROKEN = object()

_BaseLoader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_PLAIN = "plain"
_QUOTED = "quoted"


class _Loader(_BaseLoader):  # type: ignore[misc]
    """Leaves scalars unresolved: says only whether one was plain or quoted."""

    def resolve(self, kind: type, value: Any, implicit: Any) -> str:
        if kind is yaml.ScalarNode:
            return _PLAIN if implicit[0] else _QUOTED
        return "tag:yaml.org,2002:map" if kind is yaml.MappingNode else "tag:yaml.org,2002:seq"

    def descend_resolver(self, current_node: Any, current_index: Any) -> None:
        """Paths in tags are not used; PyYAML calls this for each node."""

    def ascend_resolver(self) -> None:
        """See `descend_resolver`."""


def parse(source: Source, faults: list[Diagnostic]) -> Node | None:
    """The node tree of a source, or None for an empty one; appends to `faults` what can be read past.

    Raises:
        InvalidError: the text is not YAML, or would exhaust the machine.
    """
    if (odd := _NOT_ALLOWED.search(source.text)) is not None:
        raise InvalidError([*faults, _not_allowed(source, odd.start())])
    _refuse_deep(source)
    try:
        root = yaml.compose(source.text, Loader=_Loader)
    except yaml.YAMLError as error:
        raise InvalidError([*faults, _explain(source, error)]) from None
    except RecursionError:
        raise InvalidError([_too_deep(source, 0)]) from None
    if root is None:
        return None
    return _Converter(source, faults).convert(root, 0)


#: What YAML 1.2 § 5.1 does not allow in a text. The C parser tells their places in bytes, and dies of half a character.
_NOT_ALLOWED = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def _not_allowed(source: Source, index: int) -> Diagnostic:
    return Diagnostic("a character that YAML does not allow", Span(source, index, index + 1), "remove it")


# --- depth ---------------------------------------------------------------------------------------------------------

_FLAT_FLOW = re.compile(r"[\[{][^\[\]{}'\"\n#]*[\]}]")
_LONG_LEAD = re.compile(rf"^[ \t?:-]{{{_SUSPICIOUS_DEPTH},}}", re.MULTILINE)


def _refuse_deep(source: Source) -> None:
    text = source.text
    opens = text.count("[") + text.count("{")
    if opens > _SUSPICIOUS_DEPTH:
        flat = _FLAT_FLOW.sub("", text)  # removes pairs only, so what is left bounds the depth
        opens = flat.count("[") + flat.count("{")
    if opens <= _SUSPICIOUS_DEPTH and not _LONG_LEAD.search(text):
        return
    depth = 0
    try:
        for event in yaml.parse(text, Loader=_BaseLoader):
            if isinstance(event, yaml.CollectionStartEvent):
                depth += 1
                if depth > MAX_DEPTH:
                    raise InvalidError([_too_deep(source, event.start_mark.index if event.start_mark else 0)])
            elif isinstance(event, yaml.CollectionEndEvent):
                depth -= 1
    except yaml.YAMLError as error:
        raise InvalidError([_explain(source, error)]) from None


def _too_deep(source: Source, index: int) -> Diagnostic:
    return Diagnostic(
        f"nested deeper than {MAX_DEPTH} levels", Span(source, index, index + 1), "the limit is reached here"
    )


# --- nodes ---------------------------------------------------------------------------------------------------------

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


class _Converter:
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
            raise InvalidError([_too_deep(self._source, node.start_mark.index)])
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
        if tag == _PLAIN:
            if text and text[0] in _NUMBER_START and len(text) > 400:
                self._check_long_number(text, start, end)
            return Scalar(plain_value(text), text, True, start, end)
        if tag == _QUOTED or tag == _CORE + "str":
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
        return _QUOTE_ALL
    if tag.startswith("!!"):
        return "only !!str, !!int, !!float, !!bool, !!null, !!map and !!seq are known"
    return f"YAML reads a leading ! as a tag: {_QUOTE_ALL}"


# --- faults of the text --------------------------------------------------------------------------------------------

_QUOTE_ALL = "put the whole expression in quotes"
_VALUE_START = re.compile(r"^\s*(?:-\s+)+|:\s+|[\[{,]\s*")
_FLOW_VALUE = re.compile(r"\{\{.*?\}\}[^\s,}\]]*")
_QUOTED_START = re.compile(r"^\s*(?:-\s+|[^\s:'\"#]+:\s+)((['\"]).*?(?<!\\)\2)\s*(\S.*)$")
_BRACKETED_CALL = re.compile(r"(?:-|assert:)\s+(\[[^'\"]*\(.*\])\s*$")
#: libyaml's words → ours. The first row whose pattern is in the problem wins.
_PROBLEMS: AbstractSequence[tuple[str, str, str]] = (
    (
        "found another document",
        "a second document starts here",
        "one file is one collection: remove the '---'",
    ),
    ("could not find expected ':'", "a key without ':'", "write 'key: value'"),
    (
        "mapping values are not allowed",
        "a ':' that YAML does not expect",
        "put a text that holds ': ' in quotes, or check the indentation",
    ),
    ("found undefined alias", "an alias without its anchor", ""),
    ("found unexpected end of stream", "a quote is never closed", ""),
    (
        "found unknown escape character",
        "an unknown escape in double quotes",
        "use single quotes, or write \\\\",
    ),
    ("did not find expected ',' or ']'", "a list in [ ] is not closed", "or a text in it needs quotes"),
    ("did not find expected ',' or '}'", "a mapping in { } is not closed", "or a text in it needs quotes"),
    (
        "did not find expected '-' indicator",
        "this does not belong to the list above",
        "check the indentation",
    ),
    ("did not find expected key", "this does not fit here", "check the indentation and the quotes"),
    (
        "block sequence entries are not allowed",
        "a '-' that YAML does not expect",
        "put it on a line of its own",
    ),
    (
        "invalid Unicode character escape code",
        "an escape that is no whole character",
        "write the character itself, or \\U with eight digits",
    ),
    ("did not find the expected comment", "text after a block indicator", ""),
    (
        "found character that cannot start any token",
        "this character cannot start a value",
        "put the value in quotes",
    ),
    (
        "control characters are not allowed",
        "a control character",
        "remove it, or write it as an escape in quotes",
    ),
)


def _explain(source: Source, error: yaml.YAMLError) -> Diagnostic:
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    index = min(mark.index, len(source.text)) if mark is not None else 0
    context = getattr(error, "context_mark", None)
    for explain in (_tab, _unquoted_placeholder, _cut_expression):
        found = explain(source, index)
        if found is None and context is not None and explain is not _tab:
            found = explain(source, min(context.index, len(source.text)))
        if found is not None:
            return found
    return _by_table(source, error, index, context)


def _by_table(source: Source, error: Any, index: int, context: Any) -> Diagnostic:
    problem = str(getattr(error, "problem", None) or error)
    span = _visible_span(source, index)
    for words, message, hint in _PROBLEMS:
        if words in problem:
            if "never closed" in message and context is not None:
                span = _visible_span(source, context.index)
            return Diagnostic(f"this is not YAML: {message}", span, hint)
    return Diagnostic(f"this is not YAML: {problem}", span)


def _visible_span(source: Source, index: int) -> Span:
    """A place at the end of the text is shown behind the last character."""
    index = min(index, len(source.text.rstrip()))
    return Span(source, index, index + 1)


def _line(source: Source, index: int) -> tuple[str, int]:
    start = source.text.rfind("\n", 0, index) + 1
    end = source.text.find("\n", index)
    return source.text[start : end if end >= 0 else len(source.text)], start


def _tab(source: Source, index: int) -> Diagnostic | None:
    line, start = _line(source, index)
    lead = line[: len(line) - len(line.lstrip())]
    if "\t" not in lead:
        return None
    at = start + lead.index("\t")
    return Diagnostic("a tab in the indentation", Span(source, at, at + 1), "YAML wants spaces")


def _unquoted_placeholder(source: Source, index: int) -> Diagnostic | None:
    """`url: {{base}}/x`: the braces are a mapping to YAML. The fault shows on this line, or only on the next."""
    for at in (index, max(source.text.rfind("\n", 0, index), 0)):
        line, start = _line(source, at)
        braces = line.find("{{")
        if braces < 0 or _inside_quotes(line, braces):
            continue
        begin = max((m.end() for m in _VALUE_START.finditer(line[:braces])), default=0)
        flow = _FLOW_VALUE.match(line, begin) if "{" in line[:begin] or "[" in line[:begin] else None
        value = flow.group() if flow is not None else line[begin:].split(" #")[0].rstrip()
        span = Span(source, start + begin, start + begin + len(value))
        return Diagnostic("a value that starts with {{ must be quoted", span, f'write "{value}"')
    return None


def _inside_quotes(line: str, index: int) -> bool:
    before = line[:index]
    return before.count('"') % 2 == 1 or before.count("'") % 2 == 1


def _cut_expression(source: Source, index: int) -> Diagnostic | None:
    """An expression that YAML reads as something else: a leading `` ` ``, `@` or quote."""
    if source.text[index : index + 1] in ("`", "@", "!"):
        line, start = _line(source, index)
        value = source.text[index : start + len(line)].rstrip()
        bang = source.text[index] == "!"
        message = "YAML reads a leading ! as a tag" if bang else f"YAML does not let a value start with {value[:1]}"
        return Diagnostic(message, Span(source, index, index + max(1, len(value))), _QUOTE_ALL)
    line, start = _line(source, index)
    match = _BRACKETED_CALL.search(line)
    if match is not None:
        span = Span(source, start + match.start(1), start + match.end(1))
        return Diagnostic("YAML reads [ ] as a list, and cuts it at the comma", span, _QUOTE_ALL)
    match = _QUOTED_START.match(line)
    if match is None or not match.group(3) or match.group(3).startswith(("#", ":")):
        return None
    span = Span(source, start + match.start(1), start + match.end(3))
    return Diagnostic("text goes on after the closing quote", span, _QUOTE_ALL)
