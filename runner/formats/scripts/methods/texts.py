"""Methods of texts and of regular expressions, and of what may be a text.

What is constant is computed; for the rest there is a term. Nothing here asks for the elements of a list.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from runner.formats.scripts import structures, terms
from runner.formats.scripts.calls import Method, argument
from runner.formats.scripts.kinds import kind
from runner.formats.scripts.loops import Loops
from runner.formats.scripts.patterns import js_pattern
from runner.formats.scripts.positions import cut, pattern_of, place_of
from runner.formats.scripts.terms import NULL, Const
from runner.formats.scripts.values import Closure, Expression, Obj, Opaque, Position, Search, Value, from_json, to_term


def _text_function(function: str, known: Callable[[str], Any]) -> Method:
    def method(machine: Loops, owner: Any, arguments: list[Value]) -> Value:
        if isinstance(owner, Const):
            return Const(known(owner.value)) if isinstance(owner.value, str) else Opaque("it is no text")
        return terms.call(function, owner)

    return method


def to_string(machine: Loops, owner: Any, arguments: list[Value]) -> Value:
    """`owner.toString()`."""
    if isinstance(owner, Const):
        return Const(structures.text_of(owner.value))
    return owner if kind(owner) == "string" else terms.call("to_string", owner)


def search(machine: Loops, owner: Any, arguments: list[Value]) -> Value:
    """`owner.indexOf(wanted)`: whether it is there, and what it is cut for."""
    start = argument(arguments, 1)
    if start in (NULL, Const(0)):
        return Search(to_term(owner), to_term(argument(arguments)))
    place = place_of(start)
    if place is None or place.subject != to_term(owner):
        return Opaque("it searches from a place that is computed")
    return Search(place.subject, to_term(argument(arguments)), pattern_of(place))


def _last(machine: Loops, owner: Any, arguments: list[Value]) -> Value:
    """`owner.lastIndexOf(wanted)`."""
    return Search(to_term(owner), to_term(argument(arguments)), last=True)


def includes(machine: Loops, owner: Any, arguments: list[Value]) -> Value:
    """`owner.includes(wanted)`."""
    return contained(to_term(owner), to_term(argument(arguments)))


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
        other = to_term(argument(arguments))
        if isinstance(owner, Const) and isinstance(other, Const):
            return Const(getattr(str(owner.value), function.replace("_", ""))(str(other.value)))
        return terms.call(function, owner, other)

    return method


def _split(machine: Loops, owner: Any, arguments: list[Value]) -> Value:
    separator = to_term(argument(arguments))
    if isinstance(owner, Const) and isinstance(separator, Const) and separator.value:
        return from_json(str(owner.value).split(str(separator.value)), len(machine.conditions))
    if isinstance(owner, terms.Apply) and owner == terms.call("now") and separator == Const("T"):
        return Obj(0, items=[terms.call("date_format", owner, Const("%Y-%m-%d")), Opaque("it is a part of a time")])
    if separator in (Const(""), NULL):
        return Opaque("it takes a text apart into letters")
    if isinstance(owner, terms.Apply) and owner.function == "to_string" and separator == Const(","):
        joined = _joined(machine, owner.arguments[0])
        return machine.fresh(terms.call("split", joined, separator), "parts")
    return terms.call("split", owner, separator)


def _joined(machine: Loops, value: Any) -> Any:
    """`value.toString()` of what may be a list, or the text that one was written as."""
    loop = machine.number()
    text = terms.call("to_string", terms.Element(loop))
    return terms.call("join", Const(","), terms.Selected(terms.call("to_array", value), loop, None, text))


def _replace(machine: Loops, owner: Any, arguments: list[Value]) -> Value:
    old, new = argument(arguments), argument(arguments, 1)
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
        if any(isinstance(each, (Search, Position)) for each in arguments):
            return cut(to_term(owner), argument(arguments), argument(arguments, 1), of_length=of_length)
        if not arguments:
            return owner  # slice() copies
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
    pattern = argument(arguments)
    found = js_pattern(pattern) if isinstance(pattern, Expression) else None
    return terms.call("match", owner, Const(found)) if found else Opaque("its regular expression has no equal here")


def _locale(machine: Loops, owner: Any, arguments: list[Value]) -> Value:
    return Opaque("it depends on the language of the machine")


TEXTS: Mapping[str, Method] = {
    "toLowerCase": _text_function("lower", str.lower),
    "toLocaleLowerCase": _text_function("lower", str.lower),
    "toUpperCase": _text_function("upper", str.upper),
    "trim": _text_function("trim", str.strip),
    "toString": to_string,
    "valueOf": lambda machine, owner, arguments: owner,
    "indexOf": search,
    "lastIndexOf": _last,
    "search": search,
    "includes": includes,
    "contains": includes,
    "has": includes,
    "startsWith": _two_texts("starts_with"),
    "endsWith": _two_texts("ends_with"),
    "split": _split,
    "replace": _replace,
    "replaceAll": _replace,
    "substring": _substring(of_length=False),
    "slice": _substring(of_length=False),
    "substr": _substring(of_length=True),
    "match": _match,
    "toLocaleString": _locale,
}


# --- regular expressions -------------------------------------------------------------------------------------------


def _tested(machine: Loops, owner: Expression, arguments: list[Value]) -> Value:
    subject = to_term(argument(arguments))
    return matched(owner, subject)


def matched(expression: Expression, subject: Any) -> Value:
    """Whether a regular expression finds something in a text."""
    pattern = js_pattern(expression)
    if pattern is None:
        return Opaque("its regular expression has no equal here")
    if kind(subject) not in ("string", None):
        subject = terms.call("to_string", subject)
    return terms.call("matches", subject, Const(pattern))


def _executed(machine: Loops, owner: Value, arguments: list[Value]) -> Value:
    return _match(machine, to_term(argument(arguments)), [owner])


EXPRESSIONS: Mapping[str, Method] = {"test": _tested, "exec": _executed}
