"""YAML text → Node with places. Every fault of the text itself is found here, with what to do about it.

Parsed by libyaml (fast, and it keeps places); scalars are resolved here, by YAML 1.2's core types with JSON's
numbers, so that `no`, `0123` and `12:30` stay text. This file knows no key of the language; expressions only as text
that people forget to quote. What has more to it than values, or faults, is read the long way, over PyYAML's nodes.

    nodes ◀── faults ◀── convert ◀── quick
"""

from __future__ import annotations

import re
from contextlib import suppress
from typing import Any

import yaml

from runner.diagnostics import Diagnostic, Source, Span
from runner.errors import InvalidError
from runner.language.syntax import quick
from runner.language.syntax.convert import PLAIN, QUOTED, Converter, plain_value
from runner.language.syntax.faults import MAX_DEPTH, QUOTE_ALL, explain, too_deep
from runner.language.syntax.nodes import BROKEN, Mapping, Node, Scalar, Sequence

__all__ = ["BROKEN", "MAX_FILE_SIZE", "QUOTE_ALL", "Mapping", "Node", "Scalar", "Sequence", "parse", "plain_value"]

MAX_FILE_SIZE = 20_000_000
#: The C composer recurses on its own stack and dies near 20,000 levels; far below that, events are counted first.
_SUSPICIOUS_DEPTH = 2_000


BaseLoader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class Loader(BaseLoader):  # type: ignore[misc]
    """Leaves scalars unresolved: says only whether one was plain or quoted."""

    def resolve(self, kind: type, value: Any, implicit: Any) -> str:
        if kind is yaml.ScalarNode:
            return PLAIN if implicit[0] else QUOTED
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
    with suppress(quick.OddError):
        return quick.nodes(source.text)
    _refuse_deep(source)
    try:
        root = yaml.compose(source.text, Loader=Loader)
    except yaml.YAMLError as error:
        raise InvalidError([*faults, explain(source, error)]) from None
    except RecursionError:
        raise InvalidError([too_deep(source, 0)]) from None
    if root is None:
        return None
    return Converter(source, faults).convert(root, 0)


#: What YAML 1.2 § 5.1 does not allow in a text. The C parser tells their places in bytes, and dies of half a character.
_NOT_ALLOWED = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def _not_allowed(source: Source, index: int) -> Diagnostic:
    return Diagnostic("a character that YAML does not allow", Span(source, index, index + 1), "remove it")


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
        for event in yaml.parse(text, Loader=BaseLoader):
            if isinstance(event, yaml.CollectionStartEvent):
                depth += 1
                if depth > MAX_DEPTH:
                    raise InvalidError([too_deep(source, event.start_mark.index if event.start_mark else 0)])
            elif isinstance(event, yaml.CollectionEndEvent):
                depth -= 1
    except yaml.YAMLError as error:
        raise InvalidError([explain(source, error)]) from None
