"""Nodes: what a YAML text is made of, with offsets in characters. They know nothing of YAML's own rules."""

from __future__ import annotations

from dataclasses import dataclass

from runner.language.values import Value


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
