"""The text of a document, JSON or YAML → plain data. What can be read past is told, and the rest is read.

This file knows nothing of OpenAPI.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

from runner.diagnostics import Diagnostic, Source
from runner.errors import InvalidError
from runner.formats.draft import ForeignFault
from runner.language import syntax
from runner.language.data import plain
from runner.language.syntax import quick
from runner.language.values import is_deep

#: A document that is nested deeper is refused: whoever walks it does so by recursion, and so does who reads the result.
MOST_DEPTH = 90
#: Tells of a fault that was read past: its place, what it is, and what became of it.
Tell = Callable[[str, str, str], None]


def read(text: str, tell: Tell) -> Any:
    """The data of a text.

    Raises:
        ForeignFault: it is neither JSON nor YAML, or is empty, or nested too deep.
    """
    if not text.strip():
        raise ForeignFault("the file is empty")
    try:
        value = _json(text, tell) if text.lstrip()[0] in "{[" else _yaml(text, tell)
        too_deep = is_deep(value, MOST_DEPTH)
    except RecursionError:
        too_deep = True
    if too_deep:
        raise ForeignFault(f"the file is nested deeper than {MOST_DEPTH} levels")
    return value


def _json(text: str, tell: Tell) -> Any:
    """JSON by Python's parser; what begins like it and is none may be YAML's flow style."""
    twice: list[str] = []

    def mapping(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) != len(pairs):
            names = [name for name, _ in pairs]
            twice.extend(dict.fromkeys(name for name in names if names.count(name) > 1))
        return found

    try:
        value = json.loads(text, object_pairs_hook=mapping, parse_float=_number, parse_constant=str)
    except json.JSONDecodeError as error:
        return _flow(text, error, tell)
    for name in twice:
        tell("", f"a second key '{name}' in one object", "the last one counts")
    return _whole(value) if "\\ud" in text.lower() else value


def _flow(text: str, error: json.JSONDecodeError, tell: Tell) -> Any:
    """YAML's flow style, which is more than JSON is; where it is neither, JSON's fault says more."""
    try:
        return _yaml(text, tell)
    except ForeignFault:
        reason = error.msg[:1].lower() + error.msg[1:]
        raise ForeignFault(f"the file is neither JSON nor YAML: {reason}", error.lineno) from None


def _number(text: str) -> Any:
    value = float(text)
    return text if value in (float("inf"), float("-inf")) else value


def _whole(value: Any) -> Any:
    """Texts without halves of characters, which no UTF-8 file can hold."""
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    if isinstance(value, dict):
        return {_whole(name): _whole(inner) for name, inner in value.items()}
    return [_whole(inner) for inner in value] if isinstance(value, list) else value


def _yaml(text: str, tell: Tell) -> Any:
    try:
        return quick.read(text)
    except quick.OddError:
        return _thorough(text, tell)


def _thorough(text: str, tell: Tell) -> Any:
    """A text that is not quite plain: with anchors, tags, or faults."""
    source = Source("", text)
    faults: list[Diagnostic] = []
    try:
        node = syntax.parse(source, faults)
    except InvalidError as error:
        first = error.diagnostics[-1]
        line = first.span.line if first.span else 0
        raise ForeignFault(f"the file is neither JSON nor YAML: {first.message}", line, first.hint) from None
    for fault in faults:
        tell(f"line {fault.span.line}" if fault.span else "", fault.message, "the file is read past it")
    return None if node is None else _value(node)


_PROPERTIES = re.compile(r"(?:[&!]\S*\s+)+")


def _value(node: syntax.Node) -> Any:
    """The data of a node; what has an unknown tag is what it would be without."""
    if isinstance(node, syntax.Mapping):
        return {name.text: _value(value) for name, value in node.entries}
    if isinstance(node, syntax.Sequence):
        return [_value(item) for item in node.items]
    return _untagged(node.text) if node.value is syntax.BROKEN else plain(node)


def _untagged(text: str) -> Any:
    bare = _PROPERTIES.sub("", text, count=1)
    try:
        return quick.read(bare)
    except quick.OddError:
        return bare
