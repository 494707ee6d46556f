"""Methods of lists and of objects: of those that a script holds itself, and of those in a response.

A function that a list is given is called once an item where the items are known, and once for all of them where only
the response knows them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from runner.formats.scripts import logic, splitting, structures, terms
from runner.formats.scripts.calls import NOWHERE, Method, argument
from runner.formats.scripts.kinds import kind
from runner.formats.scripts.loops import Loops
from runner.formats.scripts.methods.texts import includes, search, to_string
from runner.formats.scripts.terms import NULL, TRUE, Const, Element
from runner.formats.scripts.values import Closure, Obj, Opaque, Search, UntranslatableError, Value, to_term


def _over(result: Callable[[Any, int, Any], Any], known: Callable[[list[tuple[Value, Value]]], Value]) -> Method:
    """`list.find(fn)` and its kin: `result` of items, loop and what the function gives for the element."""

    def method(machine: Loops, owner: Any, arguments: list[Value]) -> Value:
        function = argument(arguments)
        items = machine.known_items(owner)
        if items is not None:
            return known([(item, machine.call(function, [item, Const(n)], NOWHERE)) for n, item in enumerate(items)])
        loop = machine.number()
        items = to_term(owner)
        place = Opaque("the number of an element cannot be named")
        return result(items, loop, machine.call(function, [splitting.element(loop, items), place], NOWHERE))

    return method


def _test(value: Value) -> Any:
    return logic.truth(to_term(value))


def _known_test(value: Value) -> bool:
    test = _test(value)
    if not isinstance(test, Const):
        raise UntranslatableError("it filters a list that is known by what only the response knows")
    return bool(test.value)


def _known_map(pairs: list[tuple[Value, Value]]) -> Value:
    return Obj(0, items=[given for _, given in pairs])


def _known_filter(pairs: list[tuple[Value, Value]]) -> Value:
    return Obj(0, items=[item for item, given in pairs if _known_test(given)])


def _known_find(pairs: list[tuple[Value, Value]]) -> Value:
    return next((item for item, given in pairs if _known_test(given)), NULL)


def _known_every(pairs: list[tuple[Value, Value]]) -> Value:
    found: Any = TRUE
    for _, given in pairs:
        found = logic.both(found, _test(given))
    return found


def _known_some(pairs: list[tuple[Value, Value]]) -> Value:
    found: Any = terms.FALSE
    for _, given in pairs:
        found = logic.either(found, _test(given))
    return found


_find = _over(
    lambda items, loop, given: structures.index(structures.selected(items, loop, _test(given), Element(loop)), 0),
    _known_find,
)
_filter = _over(lambda items, loop, given: structures.selected(items, loop, _test(given), Element(loop)), _known_filter)
_map = _over(lambda items, loop, given: structures.selected(items, loop, TRUE, to_term(given)), _known_map)
_every = _over(lambda items, loop, given: structures.quantified("all", items, loop, _test(given)), _known_every)
_some = _over(lambda items, loop, given: structures.quantified("any", items, loop, _test(given)), _known_some)


def _for_each(machine: Loops, owner: Any, arguments: list[Value]) -> Value:
    function = argument(arguments)
    items = machine.known_items(owner)
    if items is None:
        node = function.function if isinstance(function, Closure) else None
        machine.over(owner, lambda element, key: machine.call(function, [element, key], NOWHERE), node)
    for number, item in enumerate(items or ()):
        machine.call(function, [item, Const(number)], NOWHERE)
    return NULL


def _join(machine: Loops, owner: Any, arguments: list[Value]) -> Value:
    separator = to_term(argument(arguments)) if arguments else Const(",")
    items = machine.known_items(owner)
    if items is None:
        return terms.call("join", separator, to_term(owner))
    parts: list[Any] = []
    for item in items:
        parts += [separator, to_term(item)] if parts else [to_term(item)]
    return structures.join(parts)


def _push(machine: Loops, owner: Obj, arguments: list[Value]) -> Value:
    if machine.turns or machine.since(owner.level) != TRUE:
        owner.why = "it grows under a condition"
    elif owner.items is not None:
        owner.items += arguments
    return Const(len(owner.items or ()))


def _changed(machine: Loops, owner: Any, arguments: list[Value]) -> Value:
    if isinstance(owner, Obj):
        owner.why = "its items are moved"
    return Opaque("a list is changed in its place")


def _concat(machine: Loops, owner: Any, arguments: list[Value]) -> Value:
    items = machine.known_items(owner)
    more = machine.known_items(argument(arguments))
    if isinstance(owner, Obj) and items is not None and more is not None:
        return Obj(len(machine.conditions), items=[*items, *more])
    return structures.join([to_term(owner), *map(to_term, arguments)])


def _index_of_known(machine: Loops, owner: Any, arguments: list[Value]) -> Value:
    try:
        term, wanted = to_term(owner), to_term(argument(arguments))
    except UntranslatableError as error:
        return Opaque(str(error))
    if isinstance(term, Const) and isinstance(wanted, Const):
        return Const(term.value.index(wanted.value) if wanted.value in term.value else -1)
    return Search(term, wanted)


def _sorted(machine: Loops, owner: Any, arguments: list[Value]) -> Value:
    return Opaque("it sorts by a function") if arguments else terms.call("sort", to_term(owner))


def _string_of(machine: Loops, owner: Any, arguments: list[Value]) -> Value:
    return _join(machine, owner, [])


#: Of lists that only the response knows.
LISTS: Mapping[str, Method] = {
    "concat": _concat,
    "find": _find,
    "filter": _filter,
    "map": _map,
    "every": _every,
    "some": _some,
    "forEach": _for_each,
    "each": _for_each,
    "join": _join,
    "sort": _sorted,
    "reverse": lambda machine, owner, arguments: terms.call("reverse", to_term(owner)),
    "at": lambda machine, owner, arguments: machine.member(owner, argument(arguments), NOWHERE),
}
#: Of lists that the script holds: these change them in their place, or know their items.
ITEMS: Mapping[str, Method] = {
    "push": _push,
    "concat": _concat,
    "indexOf": _index_of_known,
    "toString": _string_of,
    **dict.fromkeys(("pop", "shift", "unshift", "splice", "reverse", "sort"), _changed),
}
#: Of the keys or values of an object that only the response knows.
ENTRIES: Mapping[str, Method] = {
    "forEach": _for_each,
    "includes": includes,
    "indexOf": search,
    "map": _map,
    "filter": _filter,
    "some": _some,
    "every": _every,
    "sort": _sorted,
    "join": _join,
}


# --- objects -------------------------------------------------------------------------------------------------------


def has(machine: Loops, owner: Any, arguments: list[Value]) -> Value:
    """`owner.hasOwnProperty(name)`."""
    name = to_term(argument(arguments))
    known = machine.known_entries(owner)
    if known is not None and isinstance(name, Const):
        return Const(structures.text_of(name.value) in known)
    if isinstance(argument(arguments), terms.TERMS) and kind(name) == "number":
        return logic.compare("!=", structures.index(owner, int(name.value)), NULL) if isinstance(name, Const) else TRUE
    return terms.call("has", to_term(owner), name)


OBJECTS: Mapping[str, Method] = {"hasOwnProperty": has, "toString": to_string, "has": has}
