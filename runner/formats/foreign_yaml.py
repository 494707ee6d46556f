"""YAML of other tools → plain data, by the rules of our own YAML: dates and the like stay text.

Knows no format.
"""

from __future__ import annotations

from typing import Any

from runner.diagnostics import Diagnostic, Source
from runner.errors import InvalidError
from runner.formats.draft import ForeignFault
from runner.language import syntax


def read(text: str, name: str) -> Any:
    """The value of a YAML text; `name` is the file's, for the fault.

    Raises:
        ForeignFault: it is no YAML, or one that could be read in two ways; with the line.
    """
    faults: list[Diagnostic] = []
    try:
        node = syntax.parse(Source(name, text), faults)
    except InvalidError as error:
        raise _fault(name, error.diagnostics[-1]) from None
    if faults:
        raise _fault(name, faults[0])
    return None if node is None else _value(node)


def _fault(name: str, fault: Diagnostic) -> ForeignFault:
    return ForeignFault(f"{name} is no YAML that can be read: {fault.message}", fault.span.line if fault.span else 0)


def _value(node: syntax.Node) -> Any:
    if isinstance(node, syntax.Mapping):
        return {key.text: _value(value) for key, value in node.entries}
    if isinstance(node, syntax.Sequence):
        return [_value(item) for item in node.items]
    return node.value


# --- what is in it -------------------------------------------------------------------------------------------------


def mapping(value: Any) -> dict[str, Any]:
    """The value where it is a mapping, else an empty one."""
    return value if isinstance(value, dict) else {}


def sequence(value: Any) -> list[Any]:
    """The value where it is a list, else an empty one."""
    return value if isinstance(value, list) else []


def text(value: Any, otherwise: str = "") -> str:
    """A scalar as the text that it was written as."""
    if value is None or isinstance(value, (dict, list)):
        return otherwise
    return {True: "true", False: "false"}[value] if isinstance(value, bool) else str(value)
