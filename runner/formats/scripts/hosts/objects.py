"""Objects and lists: what `Object`, `Array` and lodash know of them, and the types of values.

Nothing here knows how a list is gone through: lodash's functions are the methods of lists.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from runner.formats.scripts import logic, terms
from runner.formats.scripts.calls import Function, argument
from runner.formats.scripts.kinds import kind
from runner.formats.scripts.loops import Loops
from runner.formats.scripts.terms import Const
from runner.formats.scripts.values import Entries, Obj, Opaque, Value, to_term


def _entries_of(what: str) -> Function:
    def method(machine: Loops, arguments: list[Value], span: Any) -> Value:
        known = machine.known_entries(argument(arguments))
        level = len(machine.conditions)
        if known is None:
            if what == "entries":
                return Opaque("it goes through the entries of what only the response knows")
            return Entries(to_term(argument(arguments)), what)
        if what == "keys":
            return Obj(level, items=list(map(Const, known)))
        if what == "values":
            return Obj(level, items=list(known.values()))
        return Obj(level, items=[Obj(level, items=[Const(name), value]) for name, value in known.items()])

    return method


def _assigned(machine: Loops, arguments: list[Value], span: Any) -> Value:
    entries: dict[str, Value] = {}
    for value in arguments:
        known = machine.known_entries(value)
        if known is None:
            return Opaque("it joins objects that only the response knows")
        entries |= known
    return Obj(len(machine.conditions), entries=entries)


def _constructed_list(machine: Loops, arguments: list[Value], span: Any) -> Value:
    size = argument(arguments)
    if len(arguments) == 1 and isinstance(size, Const) and isinstance(size.value, int):
        return Opaque("it is a list of nothing")
    return Obj(len(machine.conditions), items=list(arguments))


# --- types ---------------------------------------------------------------------------------------------------------


def _is_array(machine: Loops, arguments: list[Value], span: Any) -> Value:
    value = argument(arguments)
    if machine.known_items(value) is not None and not (isinstance(value, Const) and isinstance(value.value, str)):
        return terms.TRUE
    return _is_type("array")(machine, arguments, span)


def _is_type(word: str) -> Function:
    def method(machine: Loops, arguments: list[Value], span: Any) -> Value:
        return logic.compare("==", type_of(to_term(argument(arguments))), Const(word))

    return method


def type_of(term: Any) -> Any:
    """The JSON type of a term's value."""
    if isinstance(term, Const):
        return Const(kind(term) or "null")
    return terms.call("type", term)


def _is_equal(machine: Loops, arguments: list[Value], span: Any) -> Value:
    return logic.compare("==", to_term(argument(arguments)), to_term(argument(arguments, 1)))


def _is_empty(machine: Loops, arguments: list[Value], span: Any) -> Value:
    return empty(to_term(argument(arguments)))


def empty(term: Any) -> Any:
    """Whether a text, a list or an object holds nothing."""
    if isinstance(term, Const):
        return Const(term.value in ("", [], {}, None))
    return logic.compare("==", terms.call("length", term), Const(0))


# --- lodash --------------------------------------------------------------------------------------------------------


def _get(machine: Loops, arguments: list[Value], span: Any) -> Value:
    """`_.get(object, 'a.b[0]', default)`."""
    value, path = argument(arguments), argument(arguments, 1)
    if not isinstance(path, Const):
        return Opaque("it looks at a path that is computed")
    found = path_of(machine, value, str(path.value), span)
    return found if len(arguments) < 3 else terms.Either(to_term(found), to_term(arguments[2]))


def path_of(machine: Loops, value: Value, path: str, span: Any) -> Value:
    """The part of a value at `a.b[0]`."""
    for name in re.findall(r"[^.\[\]]+", path):
        value = machine.member(value, Const(int(name) if name.isdigit() else name.strip("'\"")), span)
    return value


def _each(machine: Loops, arguments: list[Value], span: Any) -> Value:
    return machine.call_method(argument(arguments), "forEach", arguments[1:], span)


def _list_function(name: str) -> Function:
    return lambda machine, arguments, span: machine.call_method(argument(arguments), name, arguments[1:], span)


FUNCTIONS: Mapping[str, Function] = {
    "Object.keys": _entries_of("keys"), "Object.values": _entries_of("values"),
    "Object.entries": _entries_of("entries"),
    "_.keys": _entries_of("keys"), "_.values": _entries_of("values"),
    "Object.assign": _assigned, "_.extend": _assigned, "_.merge": _assigned,
    "Array.isArray": _is_array, "_.isArray": _is_array, "_.isObject": _is_type("object"),
    "_.isString": _is_type("string"), "_.isNumber": _is_type("number"), "_.isBoolean": _is_type("boolean"),
    "_.isEmpty": _is_empty, "_.isEqual": _is_equal,
    "new Array": _constructed_list, "Array": _constructed_list, "Array.of": _constructed_list,
    "_.get": _get, "_.each": _each, "_.forEach": _each, "_.find": _list_function("find"),
    "_.filter": _list_function("filter"), "_.map": _list_function("map"), "_.some": _list_function("some"),
    "_.every": _list_function("every"), "_.includes": _list_function("includes"),
    "_.contains": _list_function("includes"), "_.has": _list_function("hasOwnProperty"),
}  # fmt: skip
