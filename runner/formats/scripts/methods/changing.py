"""Lists that only the run knows, changed in their place: the list as it is then, and what the method gives.

The caller gives the name its new value.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from runner.formats.scripts import splitting, structures, terms
from runner.formats.scripts.calls import argument
from runner.formats.scripts.loops import Loops
from runner.formats.scripts.terms import Const, Flat, ListOf, Slice
from runner.formats.scripts.values import Opaque, UntranslatableError, Value, to_term

_Change = Callable[[Loops, Any, list[Any]], tuple[Value, Value]]


def changed(machine: Loops, owner: Value, name: str, arguments: list[Value]) -> tuple[Value, Value]:
    """The list after `owner.name(…)`, and the value of the call."""
    try:
        found = (
            _CHANGES[name](machine, to_term(owner), [to_term(each) for each in arguments]) if name in _CHANGES else None
        )
    except UntranslatableError as error:
        found = Opaque(str(error)), Opaque(str(error))
    return found or (Opaque("a list is changed in its place"), Opaque("a list is changed in its place"))


def _flat(*lists: Any) -> Any:
    """Lists one after the other; known ones are one."""
    known = [structures.folded(each) for each in lists]
    if all(isinstance(each, Const) and isinstance(each.value, list) for each in known):
        return Const([item for each in known for item in each.value])
    if all(isinstance(each, ListOf) or (isinstance(each, Const) and isinstance(each.value, list)) for each in known):
        return ListOf(tuple(item for each in known for item in _items(each)))
    if not all(isinstance(each, ListOf) or splitting.parts_of(each) for each in known):
        raise UntranslatableError("lists are joined that may hold null")  # which JMESPath leaves out
    return Flat(tuple(known))


def _items(known: Any) -> tuple[Any, ...]:
    return known.items if isinstance(known, ListOf) else tuple(map(Const, known.value))


def _push(machine: Loops, items: Any, more: list[Any]) -> tuple[Value, Value]:
    after = _flat(items, ListOf(tuple(more)))
    return after, terms.call("length", after)


def _unshift(machine: Loops, items: Any, more: list[Any]) -> tuple[Value, Value]:
    after = _flat(ListOf(tuple(more)), items)
    return after, terms.call("length", after)


def _shift(machine: Loops, items: Any, none: list[Any]) -> tuple[Value, Value]:
    rest = Const(items.value[1:]) if isinstance(items, Const) else Slice(items, 1, None)
    return rest, structures.index(items, 0)


def _pop(machine: Loops, items: Any, none: list[Any]) -> tuple[Value, Value]:
    rest = Const(items.value[:-1]) if isinstance(items, Const) else Slice(items, None, -1)
    return rest, structures.index(items, -1)


def _splice(machine: Loops, items: Any, arguments: list[Any]) -> tuple[Value, Value]:
    """`list.splice(place, 1, value)`: another value at a place."""
    place, count = argument(arguments), argument(arguments, 1)
    parts = splitting.parts_of(items)
    if len(arguments) != 3 or count != Const(1):
        raise UntranslatableError("it takes a list apart in its place")
    if parts is None:
        raise UntranslatableError("it changes a list at a place that is computed")
    parts = parts._replace(text=machine.named(parts.text))
    return splitting.replaced(parts, place, arguments[2]), ListOf((splitting.at(parts, place),))


def _reverse(machine: Loops, items: Any, none: list[Any]) -> tuple[Value, Value]:
    after = terms.call("reverse", items)
    return after, after


def _sort(machine: Loops, items: Any, by: list[Any]) -> tuple[Value, Value]:
    if by:
        raise UntranslatableError("it sorts by a function")
    after = terms.call("sort", items)
    return after, after


_CHANGES: Mapping[str, _Change] = {
    "push": _push, "unshift": _unshift, "shift": _shift, "pop": _pop, "splice": _splice, "reverse": _reverse,
    "sort": _sort,
}  # fmt: skip
