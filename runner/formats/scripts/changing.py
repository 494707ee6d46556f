"""What scripts do to their request before it is sent, by functions of their tools.

Only what is done in any case: a change under a condition is not understood.
"""

from __future__ import annotations

from typing import Any

from runner.formats.scripts import structures, terms
from runner.formats.scripts.calls import argument
from runner.formats.scripts.dialect import Function
from runner.formats.scripts.loops import Loops
from runner.formats.scripts.state import Change
from runner.formats.scripts.terms import NULL, Const
from runner.formats.scripts.values import Host, Opaque, Value, to_term


def always(machine: Loops) -> bool:
    """Whether what is done here is done to the request before it is sent, whatever happens."""
    return machine.exchange is None and machine.since(0) == terms.TRUE and not machine.turns


def changes(key: str) -> Function:
    """A function that gives a key of the request its argument."""

    def function(machine: Loops, host: Host, arguments: list[Value], span: Any) -> Value:
        if not always(machine):
            return Opaque("it changes its request under a condition, or after it was sent")
        machine.emit(Change(key, structures.folded(to_term(argument(arguments))), span))
        return NULL

    return function


def set_header(machine: Loops, host: Host, arguments: list[Value], span: Any) -> Value:
    """`req.setHeader(name, value)`."""
    return add_header(machine, argument(arguments), argument(arguments, 1), span)


def add_pair(machine: Loops, host: Host, arguments: list[Value], span: Any) -> Value:
    """`headers.upsert({key, value})`."""
    pair = machine.known_entries(argument(arguments)) or {}
    return add_header(machine, pair.get("key", NULL), pair.get("value", NULL), span)


def add_header(machine: Loops, name: Value, value: Value, span: Any) -> Value:
    """A header of the request; Opaque where it cannot be told which, or whether it is added."""
    if not isinstance(name, Const) or not isinstance(name.value, str) or not name.value:
        return Opaque("it sets a header whose name is computed")
    if not always(machine):
        return Opaque("it sets a header under a condition, or after the request")
    machine.emit(Change("header", terms.DictOf(((name.value, to_term(value)),)), span))
    return NULL
