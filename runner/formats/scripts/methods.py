"""Methods of JavaScript's own values: texts, lists, objects, numbers, dates, regular expressions.

A table a type of value: method name → function of the machine, the value, the arguments. What is constant is computed;
for the rest there is a term, or the value is Opaque.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from runner.formats.scripts import logic, structures, terms
from runner.formats.scripts.arithmetic import moved
from runner.formats.scripts.kinds import kind
from runner.formats.scripts.loops import Loops
from runner.formats.scripts.patterns import js_pattern
from runner.formats.scripts.terms import NULL, TRUE, Const, Element
from runner.formats.scripts.values import (
    Closure,
    Date,
    DatePart,
    Entries,
    Expression,
    Fixed,
    Host,
    Millis,
    Obj,
    Opaque,
    Random,
    RandomText,
    Search,
    UntranslatableError,
    Value,
    from_json,
    to_term,
)
from runner.language.values import dump_json

Method = Callable[[Loops, Any, list[Value]], Value]
_NOTHING = Const(None)


def _argument(arguments: list[Value], place: int = 0) -> Value:
    return arguments[place] if place < len(arguments) else _NOTHING


def find(owner: Value, name: str) -> Method | None:
    """The method of a value by its name; None where it has none that we know."""
    if isinstance(owner, Obj) and owner.items is not None:
        return _OF_ITEMS.get(name) or _OF_TERMS.get(name)
    if isinstance(owner, Obj):
        return _OF_OBJECTS.get(name) or _OF_TERMS.get(name)
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
        return (owner.entries or {}).get("length", _NOTHING)
    return terms.call("length", to_term(owner))


# --- texts and other terms -----------------------------------------------------------------------------------------


def _text_function(function: str, known: Callable[[str], Any]) -> Method:
    def method(machine: Loops, owner: Any, arguments: list[Value]) -> Value:
        if isinstance(owner, Const):
            return Const(known(owner.value)) if isinstance(owner.value, str) else Opaque("it is no text")
        return terms.call(function, owner)

    return method


def _to_string(machine: Loops, owner: Any, arguments: list[Value]) -> Value:
    if isinstance(owner, Const):
        return Const(structures.text_of(owner.value))
    return owner if kind(owner) == "string" else terms.call("to_string", owner)


def _search(machine: Loops, owner: Any, arguments: list[Value]) -> Value:
    return Search(to_term(owner), to_term(_argument(arguments)))


def _includes(machine: Loops, owner: Any, arguments: list[Value]) -> Value:
    return contained(to_term(owner), to_term(_argument(arguments)))


def contained(subject: Any, wanted: Any) -> Any:
    """Whether a text or a list holds something."""
    subject, wanted = structures.folded(subject), structures.folded(wanted)
    if isinstance(subject, Const) and isinstance(wanted, Const):
        both = isinstance(subject.value, str) and isinstance(wanted.value, str)
        if both or isinstance(subject.value, list):
            return Const(wanted.value in subject.value)
    return terms.call("contains", subject, wanted)


def _two_texts(function: str) -> Method:
    def method(machine: Loops, owner: Any, arguments: list[Value]) -> Value:
        other = to_term(_argument(arguments))
        if isinstance(owner, Const) and isinstance(other, Const):
            return Const(getattr(str(owner.value), function.replace("_", ""))(str(other.value)))
        return terms.call(function, owner, other)

    return method


def _split(machine: Loops, owner: Any, arguments: list[Value]) -> Value:
    separator = to_term(_argument(arguments))
    if isinstance(owner, Const) and isinstance(separator, Const) and separator.value:
        return from_json(str(owner.value).split(str(separator.value)), len(machine.conditions))
    if isinstance(owner, terms.Apply) and owner == terms.call("now") and separator == Const("T"):
        return Obj(0, items=[terms.call("date_format", owner, Const("%Y-%m-%d")), Opaque("it is a part of a time")])
    if separator in (Const(""), NULL):
        return Opaque("it takes a text apart into letters")
    return terms.call("split", owner, separator)


def _replace(machine: Loops, owner: Any, arguments: list[Value]) -> Value:
    old, new = _argument(arguments), _argument(arguments, 1)
    if isinstance(old, Expression):
        plain = _plain_pattern(old)
        if plain is None:
            return Opaque("it replaces by a regular expression")
        old = Const(plain)
    if isinstance(new, Closure):
        return Opaque("it replaces by a function")
    old, new = to_term(old), to_term(new)
    if isinstance(owner, Const) and isinstance(old, Const) and isinstance(new, Const):
        return Const(str(owner.value).replace(str(old.value), str(new.value)))
    return terms.call("replace", owner, old, new)


def _plain_pattern(expression: Expression) -> str | None:
    """The text that a pattern without any special sign looks for everywhere."""
    pattern = expression.pattern.replace("\\/", "/").replace("\\-", "-").replace("\\.", "\x00")
    special = set(pattern) & set("\\^$.|?*+()[]{}")
    return None if special or "i" in expression.flags or "g" not in expression.flags else pattern.replace("\x00", ".")


def _substring(of_length: bool) -> Method:
    def method(machine: Loops, owner: Any, arguments: list[Value]) -> Value:
        bounds = [argument.value if isinstance(argument, Const) else ... for argument in arguments]
        start, stop = (*bounds, None, None)[:2]
        if not isinstance(start, int) or not (stop is None or isinstance(stop, int)):
            return Opaque("it cuts a text at a place that is computed")
        if of_length and stop is not None:
            stop = start + stop
        if isinstance(owner, Const) and isinstance(owner.value, (str, list)):
            return Const(owner.value[start:stop])
        if kind(owner) == "array":
            return terms.Slice(owner, start, stop)
        return _cut(owner, start, stop)

    return method


def _cut(owner: Any, start: int, stop: int | None) -> Value:
    if owner == terms.call("now") and (start, stop) == (0, 10):
        return terms.call("date_format", owner, Const("%Y-%m-%d"))
    if start >= 0 and (stop is None or stop >= start):
        rest = "(.*)" if stop is None else f"(.{{0,{stop - start}}})"
        return structures.index(terms.call("match", owner, Const(f"(?s)^.{{0,{start}}}{rest}")), 1)
    if stop is None and start < 0:
        return structures.index(terms.call("match", owner, Const(f"(?s).{{0,{-start}}}$")), 0)
    return Opaque("it cuts a text at a place from its end")


def _match(machine: Loops, owner: Any, arguments: list[Value]) -> Value:
    pattern = _argument(arguments)
    found = js_pattern(pattern) if isinstance(pattern, Expression) else None
    return terms.call("match", owner, Const(found)) if found else Opaque("its regular expression has no equal here")


def _has(machine: Loops, owner: Any, arguments: list[Value]) -> Value:
    name = to_term(_argument(arguments))
    known = machine.known_entries(owner)
    if known is not None and isinstance(name, Const):
        return Const(structures.text_of(name.value) in known)
    if isinstance(_argument(arguments), terms.TERMS) and kind(name) == "number":
        return logic.compare("!=", structures.index(owner, int(name.value)), NULL) if isinstance(name, Const) else TRUE
    return terms.call("has", to_term(owner), name)


def _to_fixed(machine: Loops, owner: Any, arguments: list[Value]) -> Value:
    digits = _argument(arguments)
    if isinstance(owner, Const) and isinstance(digits, Const) and isinstance(owner.value, (int, float)):
        return Const(f"{owner.value:.{int(digits.value or 0)}f}")
    return Fixed(owner, int(digits.value or 0)) if isinstance(digits, Const) else Opaque("it rounds to many digits")


# --- lists ---------------------------------------------------------------------------------------------------------


def _over(result: Callable[[Any, int, Any], Any], known: Callable[[list[tuple[Value, Value]]], Value]) -> Method:
    """`list.find(fn)` and its kin: `result` of items, loop and what the function gives for the element."""

    def method(machine: Loops, owner: Any, arguments: list[Value]) -> Value:
        function = _argument(arguments)
        items = machine.known_items(owner)
        if items is not None:
            return known([(item, machine.call(function, [item, Const(n)], _SPAN)) for n, item in enumerate(items)])
        loop = machine.number()
        given = machine.call(function, [Element(loop), Opaque("the number of an element cannot be named")], _SPAN)
        return result(to_term(owner), loop, given)

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
    return next((item for item, given in pairs if _known_test(given)), _NOTHING)


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
    function = _argument(arguments)
    items = machine.known_items(owner)
    if items is None:
        node = function.function if isinstance(function, Closure) else None
        machine.over(owner, lambda element, key: machine.call(function, [element, key], _SPAN), node)
    for number, item in enumerate(items or ()):
        machine.call(function, [item, Const(number)], _SPAN)
    return _NOTHING


def _join(machine: Loops, owner: Any, arguments: list[Value]) -> Value:
    separator = to_term(_argument(arguments)) if arguments else Const(",")
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
    more = machine.known_items(_argument(arguments))
    if isinstance(owner, Obj) and items is not None and more is not None:
        return Obj(len(machine.conditions), items=[*items, *more])
    return structures.join([to_term(owner), *map(to_term, arguments)])


def _index_of_known(machine: Loops, owner: Any, arguments: list[Value]) -> Value:
    try:
        term, wanted = to_term(owner), to_term(_argument(arguments))
    except UntranslatableError as error:
        return Opaque(str(error))
    if isinstance(term, Const) and isinstance(wanted, Const):
        return Const(term.value.index(wanted.value) if wanted.value in term.value else -1)
    return Search(term, wanted)


def _sorted(machine: Loops, owner: Any, arguments: list[Value]) -> Value:
    return Opaque("it sorts by a function") if arguments else terms.call("sort", to_term(owner))


def _string_of(machine: Loops, owner: Any, arguments: list[Value]) -> Value:
    return _join(machine, owner, [])


# --- dates, numbers, expressions -----------------------------------------------------------------------------------

_FORMATS = {
    "toUTCString": "%a, %d %b %Y %H:%M:%S GMT",
    "toGMTString": "%a, %d %b %Y %H:%M:%S GMT",
    "toDateString": "%a %b %d %Y",
}
_PARTS = {
    "getFullYear": ("%Y", 0, ""), "getMonth": ("%m", -1, ""), "getDate": ("%d", 0, "d"), "getHours": ("%H", 0, "h"),
    "getMinutes": ("%M", 0, "m"), "getSeconds": ("%S", 0, "s"), "getDay": ("%w", 0, ""),
}  # fmt: skip
_UNITS = {"d": 86_400, "h": 3_600, "m": 60, "s": 1}


def _date_text(name: str) -> Method:
    return lambda machine, owner, arguments: terms.call("date_format", owner.iso, Const(_FORMATS[name]))


def _iso(machine: Loops, owner: Date, arguments: list[Value]) -> Value:
    return owner.iso


def _american(machine: Loops, owner: Date, arguments: list[Value]) -> Value:
    """`toLocaleDateString()` as Postman gives it: month/day/year without zeros in front."""
    month, day = (_without_zero(terms.call("date_format", owner.iso, Const(form))) for form in ("%m", "%d"))
    return terms.call("join", Const("/"), terms.ListOf((month, day, terms.call("date_format", owner.iso, Const("%Y")))))


def _without_zero(term: Any) -> Any:
    return structures.index(terms.call("match", term, Const("[1-9].*")), 0)


def _millis(machine: Loops, owner: Date, arguments: list[Value]) -> Value:
    return Millis(owner.iso)


def _date_part(name: str) -> Method:
    form, more, unit = _PARTS[name]

    def method(machine: Loops, owner: Date, arguments: list[Value]) -> Value:
        if unit:
            return DatePart(owner.iso, unit)
        number = terms.call("to_number", terms.call("date_format", owner.iso, Const(form)))
        return terms.call("add", number, Const(more)) if more else number

    return method


def of_date_part(value: DatePart) -> Any:
    """The number of a part of a date."""
    form = {"d": "%d", "h": "%H", "m": "%M", "s": "%S"}[value.part]
    number = terms.call("to_number", terms.call("date_format", value.iso, Const(form)))
    return terms.call("add", number, Const(value.more)) if value.more else number


def set_date_part(value: Date, part: Value) -> Date | None:
    """The date after `date.setDate(date.getDate() + 7)` and the like."""
    if isinstance(part, DatePart) and part.iso == value.iso:
        return Date(moved(value.iso, part.more * _UNITS[part.part]))
    return None


def _set_date(machine: Loops, owner: Date, arguments: list[Value]) -> Value:
    changed = set_date_part(owner, _argument(arguments))
    if changed is None:
        return Opaque("a part of a date is set to what is computed")
    machine.change(owner, changed)
    return Millis(changed.iso)


def _tested(machine: Loops, owner: Expression, arguments: list[Value]) -> Value:
    subject = to_term(_argument(arguments))
    return matched(owner, subject)


def matched(expression: Expression, subject: Any) -> Value:
    """Whether a regular expression finds something in a text."""
    pattern = js_pattern(expression)
    if pattern is None:
        return Opaque("its regular expression has no equal here")
    if kind(subject) not in ("string", None):
        subject = terms.call("to_string", subject)
    return terms.call("matches", subject, Const(pattern))


def _random_text(machine: Loops, owner: Random, arguments: list[Value]) -> Value:
    return RandomText() if arguments else terms.call("to_string", to_term(owner))


def _cut_random(machine: Loops, owner: RandomText, arguments: list[Value]) -> Value:
    numbers = [argument.value for argument in arguments if isinstance(argument, Const)]
    if not all(isinstance(number, int) for number in numbers):
        return owner
    start, stop = (*numbers, None, None)[:2]
    whole = 11 if stop is None else min(abs(stop), 13)
    return RandomText(max(whole - abs(start or 0), 4))


def _text_of_json(machine: Loops, owner: Any, arguments: list[Value]) -> Value:
    return stringified(owner)


def stringified(value: Value) -> Value:
    """`JSON.stringify(value)`."""
    term = to_term(value)
    return Const(dump_json(term.value)) if isinstance(term, Const) else terms.call("to_string", term)


def _locale(machine: Loops, owner: Any, arguments: list[Value]) -> Value:
    return Opaque("it depends on the language of the machine")


_OF_TERMS: Mapping[str, Method] = {
    "toLowerCase": _text_function("lower", str.lower),
    "toLocaleLowerCase": _text_function("lower", str.lower),
    "toUpperCase": _text_function("upper", str.upper),
    "trim": _text_function("trim", str.strip),
    "toString": _to_string,
    "valueOf": lambda machine, owner, arguments: owner,
    "indexOf": _search,
    "search": _search,
    "includes": _includes,
    "contains": _includes,
    "has": _includes,
    "startsWith": _two_texts("starts_with"),
    "endsWith": _two_texts("ends_with"),
    "split": _split,
    "replace": _replace,
    "replaceAll": _replace,
    "substring": _substring(of_length=False),
    "slice": _substring(of_length=False),
    "substr": _substring(of_length=True),
    "match": _match,
    "hasOwnProperty": _has,
    "toFixed": _to_fixed,
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
    "at": lambda machine, owner, arguments: machine.member(owner, _argument(arguments), _SPAN),
    "toLocaleString": _locale,
}

_OF_ITEMS: Mapping[str, Method] = {
    "push": _push,
    "concat": _concat,
    "indexOf": _index_of_known,
    "toString": _string_of,
    **dict.fromkeys(("pop", "shift", "unshift", "splice", "reverse", "sort"), _changed),
}

_OF_OBJECTS: Mapping[str, Method] = {"hasOwnProperty": _has, "toString": _to_string, "has": _has}

_OF_DATES: Mapping[str, Method] = {
    **{name: _date_text(name) for name in _FORMATS},
    **{name.replace("get", prefix): _date_part(name) for name in _PARTS for prefix in ("get", "getUTC")},
    **{f"set{name}": _set_date for name in ("Date", "Hours", "Minutes", "Seconds", "UTCDate", "UTCHours")},
    **dict.fromkeys(("getTime", "valueOf"), _millis),
    "toLocaleDateString": _american,
    **dict.fromkeys(("toISOString", "toJSON", "toString", "format"), _iso),
}


def _executed(machine: Loops, owner: Value, arguments: list[Value]) -> Value:
    return _match(machine, to_term(_argument(arguments)), [owner])


_BY_TYPE: Mapping[type, Mapping[str, Method]] = {
    Date: _OF_DATES,
    Millis: {"toString": lambda machine, owner, arguments: terms.call("to_string", to_term(owner))},
    Expression: {"test": _tested, "exec": _executed},
    Random: {"toString": _random_text},
    RandomText: dict.fromkeys(("substring", "substr", "slice"), _cut_random),
    Entries: {"forEach": _for_each, "includes": _includes, "indexOf": _search, "map": _map, "filter": _filter,
              "some": _some, "every": _every, "sort": _sorted, "join": _join},
    Fixed: {},
    Host: {},
}  # fmt: skip


class _Nowhere:
    start = end = line = 0


_SPAN: Any = _Nowhere()
__all__ = ["contained", "find", "length", "matched", "of_date_part", "set_date_part", "stringified"]
