"""Methods of JavaScript's own values, found by the type of the value and the method's name.

    texts     texts, regular expressions
    lists     lists, objects
    changing  lists that are changed in their place
    dates     dates and their milliseconds
    numbers   numbers, random ones

Each has tables: method name → function of the machine, the value, the arguments. What is constant is computed; for the
rest there is a term, or the value is Opaque. What the tool gives (`pm.…`) stands in `postman`.
"""

from __future__ import annotations

from collections.abc import Mapping

from runner.formats.scripts import terms
from runner.formats.scripts.calls import Method
from runner.formats.scripts.loops import Loops
from runner.formats.scripts.methods.changing import changed
from runner.formats.scripts.methods.dates import DATES, MILLIS
from runner.formats.scripts.methods.lists import ENTRIES, ITEMS, LISTS, OBJECTS, has
from runner.formats.scripts.methods.numbers import NUMBERS, RANDOM, RANDOM_TEXT
from runner.formats.scripts.methods.texts import EXPRESSIONS, TEXTS
from runner.formats.scripts.terms import NULL, Const
from runner.formats.scripts.values import Date, Entries, Expression, Millis, Obj, Random, RandomText, Value, to_term

#: Of a term: whether it is a text, a number or a list, the response knows.
__all__ = ["changed", "find", "length"]

_OF_TERMS: Mapping[str, Method] = {**TEXTS, **NUMBERS, **LISTS, "hasOwnProperty": has}
_BY_TYPE: Mapping[type, Mapping[str, Method]] = {
    Date: DATES,
    Millis: MILLIS,
    Expression: EXPRESSIONS,
    Random: RANDOM,
    RandomText: RANDOM_TEXT,
    Entries: ENTRIES,
}


def find(owner: Value, name: str) -> Method | None:
    """The method of a value by its name; None where it has none that we know."""
    if isinstance(owner, Obj) and owner.items is not None:
        return ITEMS.get(name) or _OF_TERMS.get(name)
    if isinstance(owner, Obj):
        return OBJECTS.get(name) or _OF_TERMS.get(name)
    table = _BY_TYPE.get(type(owner))
    if table is not None:
        return table.get(name)
    return _OF_TERMS.get(name) if isinstance(owner, terms.TERMS) else None


def length(machine: Loops, owner: Value) -> Value:
    """`owner.length`."""
    items = machine.known_items(owner)
    if items is not None:
        return Const(len(items))
    if isinstance(owner, Obj):
        return (owner.entries or {}).get("length", NULL)
    return terms.call("length", to_term(owner))
