"""Plain data out of a text, JSON or YAML, which knows where in the text each part of it stands.

    Source ──▶ Data: value, span(path)

For files that stand beside a request file: schemas, snapshots. This file knows neither.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

from runner.diagnostics import Diagnostic, Source, Span
from runner.errors import InvalidError
from runner.language import syntax
from runner.language.syntax import Mapping, Node, Scalar, json_text
from runner.language.values import MAX_DEPTH, Value, is_deep

#: Names and numbers that lead from the whole to a part.
Path = Sequence[str | int]

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)


def has(value: Value, step: str | int) -> bool:
    """Whether a value holds a part under a name or number."""
    if isinstance(value, list):
        return isinstance(step, int) and step < len(value)
    return isinstance(value, dict) and step in value


def part(value: Value, path: Path) -> Value:
    """The part of a value that a path leads to; null where it leads nowhere."""
    for step in path:
        if not has(value, step):
            return None
        value = value[step]
    return value


def path_text(path: Path) -> str:
    """A path as an expression writes it: `body.value[0]."@id"`."""
    steps = (f"[{step}]" if isinstance(step, int) else f".{_name(step)}" for step in path)
    return "".join(steps).removeprefix(".")


def _name(name: str) -> str:
    return name if _NAME.fullmatch(name) else json.dumps(name, ensure_ascii=False)


class Data:
    """Plain data with places; the tree that knows them is made when it is first asked."""

    def __init__(self, source: Source, value: Value, tree: Callable[[], Node | None]) -> None:
        self.source = source
        self.value = value
        self._tree = tree
        self._root: Node | None = None

    def span(self, path: Path = (), *, key: bool = False) -> Span:
        """Where a part stands, of several lines the first; of one that is not there, where what holds it stands.

        With `key` the place of its name.
        """
        if self._root is None:
            self._root = self._tree()
        node: Node | None = self._root
        for step in path:
            name, inner = _step(node, step)
            if inner is None:
                break
            node = name if key and step is path[-1] and name is not None else inner
        return Span(self.source, 0, 0) if node is None else _span(self.source, node)


def _step(node: Node | None, step: str | int) -> tuple[Scalar | None, Node | None]:
    if isinstance(node, Mapping):
        return next(((name, value) for name, value in node.entries if name.text == str(step)), (None, None))
    if isinstance(node, syntax.Sequence) and isinstance(step, int) and step < len(node.items):
        return None, node.items[step]
    return None, None


def _span(source: Source, node: Node) -> Span:
    """The text of a node, without its quotes."""
    start, end = node.start, node.end
    if isinstance(node, Scalar) and not node.plain and source.text[start : start + 1] in ("'", '"') and node.text:
        start, end = start + 1, end - 1
    return Span(source, start, max(end, start + 1)).first_line()


def read(source: Source) -> Data:
    """The data of a text: of JSON where its name ends in `.json`, else of YAML.

    Raises:
        InvalidError: it is neither, holds a key twice, or is empty.
    """
    return _read_json(source) if source.path.lower().endswith(".json") else _read_yaml(source)


def of_node(source: Source, node: Node) -> Data:
    """The data of a part of a YAML text that was read already."""
    return Data(source, plain(node), lambda: node)


def plain(node: Node) -> Value:
    """The value of a node; numbers forget how they were spelled."""
    if isinstance(node, Mapping):
        return {name.text: plain(value) for name, value in node.entries}
    if isinstance(node, syntax.Sequence):
        return [plain(item) for item in node.items]
    return bare(node.value)


def bare(value: Value) -> Value:
    """A value whose numbers are Python's own."""
    if isinstance(value, dict):
        return {name: bare(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [bare(inner) for inner in value]
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return value
    return int(value) if isinstance(value, int) else float(value)


#: Of longer YAML, such as an OpenAPI document, places are looked for only when somebody asks.
_LARGE = 100_000


def _read_yaml(source: Source) -> Data:
    if len(source.text) > _LARGE:
        from runner.language.syntax import quick

        with suppress(quick.OddError):  # read again, by who can say what is odd
            return Data(source, quick.read(source.text), lambda: syntax.parse(source, []))
    faults: list[Diagnostic] = []
    node = syntax.parse(source, faults)
    if faults or node is None:
        raise InvalidError(faults or [Diagnostic("the file is empty", Span(source, 0, 0))])
    return of_node(source, node)


class _Twice(Exception):
    """An object has a key twice."""


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise _Twice
    return found


def _no_constant(text: str) -> None:
    raise ValueError(f"{text} is not JSON")


def _read_json(source: Source) -> Data:
    try:
        value = json.loads(source.text, object_pairs_hook=_object, parse_constant=_no_constant)
        if is_deep(value):
            raise RecursionError
    except json.JSONDecodeError as error:
        reason = error.msg[:1].lower() + error.msg[1:]
        raise InvalidError([_not_json(source, reason, error.pos)]) from None
    except ValueError as error:
        word = str(error).partition(" ")[0]
        raise InvalidError([_not_json(source, str(error), max(0, source.text.find(word)), len(word))]) from None
    except RecursionError:
        message = f"the file is nested deeper than {MAX_DEPTH} levels"
        raise InvalidError([Diagnostic(message, Span(source, 0, 1))]) from None
    except _Twice:
        raise InvalidError([_twice(source)]) from None
    return Data(source, value, lambda: json_text.parse(source))


def _not_json(source: Source, reason: str, at: int, length: int = 1) -> Diagnostic:
    hint = reason if source.text else "it is empty"
    return Diagnostic("the file is not JSON", Span(source, at, at + length), hint)


def _twice(source: Source) -> Diagnostic:
    found = json_text.duplicate(source)
    assert found is not None, "Python's parser met one"
    key, line = found
    return Diagnostic(f"duplicate key '{key.text}'", _span(source, key), f"it stands already in line {line}")
