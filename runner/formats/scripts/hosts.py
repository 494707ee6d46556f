"""What the language gives to every script: Math, JSON, Object, Date, and the libraries of Postman's sandbox.

A table: path → function of the machine and the arguments. What the tool itself gives (`pm.…`) stands in `postman`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote

from runner.formats.scripts import logic, structures, terms
from runner.formats.scripts.arithmetic import moved
from runner.formats.scripts.calls import Function, argument
from runner.formats.scripts.kinds import kind
from runner.formats.scripts.loops import Loops
from runner.formats.scripts.terms import NULL, Const
from runner.formats.scripts.values import (
    NOW,
    Closure,
    Date,
    Entries,
    Expression,
    Fixed,
    Host,
    Millis,
    Obj,
    Opaque,
    Random,
    UntranslatableError,
    Value,
    from_json,
    to_term,
)
from runner.language.values import dump_json, number, parse_json


def _term_function(function: str) -> Function:
    return lambda machine, arguments, span: terms.call(function, to_term(argument(arguments)))


# --- numbers -------------------------------------------------------------------------------------------------------


def to_number(machine: Loops, arguments: list[Value], span: Any) -> Value:
    """`Number(value)` and its kin."""
    value = argument(arguments)
    if isinstance(value, (Millis, Random)):
        return value
    if isinstance(value, Date):
        return Millis(value.iso)
    if isinstance(value, Fixed):
        return _to_digits(value)
    term = to_term(value)
    if isinstance(term, Const):
        found = number(term.value.strip()) if isinstance(term.value, str) else term.value
        return Const(found) if isinstance(found, (int, float)) else Opaque("it is no number")
    return term if kind(term) == "number" else terms.call("to_number", term)


def _to_digits(value: Fixed) -> Any:
    """A number rounded to digits."""
    scale = Const(10**value.digits)
    whole = terms.call("floor", terms.call("add", terms.call("multiply", value.term, scale), Const(0.5)))
    return terms.call("divide", whole, scale)


def _rounded(function: Callable[[float], int], name: str) -> Function:
    def method(machine: Loops, arguments: list[Value], span: Any) -> Value:
        value = argument(arguments)
        if isinstance(value, Random):
            return machine.fresh(_random_integer(value, name))  # type: ignore[attr-defined]
        if isinstance(value, Millis):
            return value
        term = to_term(value)
        if isinstance(term, Const) and isinstance(term.value, (int, float)):
            return Const(function(term.value))
        if kind(term) == "number" and isinstance(term, terms.Apply) and term.function in _WHOLE:
            return term
        if name == "round":
            return terms.call("floor", terms.call("add", term, Const(0.5)))
        return terms.call(name, term)

    return method


_WHOLE = ("timestamp", "length", "random_int")


def _random_integer(value: Random, name: str) -> Any:
    low = math.ceil(value.offset) if name == "ceil" else math.floor(value.offset)
    high = math.ceil(value.offset + value.scale) - (0 if name != "floor" else 1)
    return terms.call("random_int", Const(low), Const(max(low, high)))


def _least(name: str) -> Function:
    def method(machine: Loops, arguments: list[Value], span: Any) -> Value:
        found = [to_term(value) for value in arguments]
        known = [term.value for term in found if isinstance(term, Const)]
        if len(known) == len(found) and known:
            return Const(min(known) if name == "min" else max(known))
        return terms.call(name, terms.ListOf(tuple(found)))

    return method


def _random(machine: Loops, arguments: list[Value], span: Any) -> Value:
    return Random()


def _lodash_random(machine: Loops, arguments: list[Value], span: Any) -> Value:
    bounds = [argument_.value for argument_ in arguments if isinstance(argument_, Const)]
    low, high = (bounds[0], bounds[1]) if len(bounds) > 1 else (0, bounds[0] if bounds else 1)
    return machine.fresh(terms.call("random_int", Const(low), Const(high)))  # type: ignore[attr-defined]


# --- texts and JSON ------------------------------------------------------------------------------------------------


def _string(machine: Loops, arguments: list[Value], span: Any) -> Value:
    value = argument(arguments)
    if isinstance(value, Date):
        return value.iso
    term = to_term(value)
    if isinstance(term, Const):
        return Const(structures.text_of(term.value))
    return term if kind(term) == "string" else terms.call("to_string", term)


def _boolean(machine: Loops, arguments: list[Value], span: Any) -> Value:
    return machine.truth_of(argument(arguments))


def parsed(machine: Loops, arguments: list[Value], span: Any) -> Value:
    """`JSON.parse(text)`: of the response's text it is the body."""
    term = to_term(argument(arguments))
    match term:
        case terms.Doc("text", exchange):
            return terms.Doc("body", exchange)
        case terms.Apply("to_string", (inner,)):
            return inner
        case terms.Field(terms.Doc("request"), "body"):
            return term
        case Const(str() as text):
            try:
                return from_json(parse_json(text), len(machine.conditions))
            except ValueError:
                return Opaque("it parses what is no JSON")
    return terms.call("parse_json", term)


def _stringify(machine: Loops, arguments: list[Value], span: Any) -> Value:
    """`JSON.stringify(value)`."""
    term = to_term(argument(arguments))
    return Const(dump_json(term.value)) if isinstance(term, Const) else terms.call("to_string", term)


def _encoded(machine: Loops, arguments: list[Value], span: Any) -> Value:
    term = to_term(argument(arguments))
    return Const(quote(str(term.value), safe="")) if isinstance(term, Const) else terms.call("url_encode", term)


# --- objects and lists ---------------------------------------------------------------------------------------------


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


def _is_array(machine: Loops, arguments: list[Value], span: Any) -> Value:
    value = argument(arguments)
    if machine.known_items(value) is not None and not (isinstance(value, Const) and isinstance(value.value, str)):
        return terms.TRUE
    return is_type("array")(machine, arguments, span)


def is_type(word: str) -> Function:
    def method(machine: Loops, arguments: list[Value], span: Any) -> Value:
        return logic.compare("==", type_of(to_term(argument(arguments))), Const(word))

    return method


def type_of(term: Any) -> Any:
    """The JSON type of a term's value."""
    if isinstance(term, Const):
        return Const(kind(term) or "null")
    return terms.call("type", term)


def _is_nan(machine: Loops, arguments: list[Value], span: Any) -> Value:
    term = to_term(argument(arguments))
    if kind(term) == "number" and isinstance(term, terms.Apply) and term.function == "to_number":
        return logic.compare("==", term, NULL)
    return logic.compare("==", terms.call("to_number", term), NULL)


def _is_integer(machine: Loops, arguments: list[Value], span: Any) -> Value:
    term = to_term(argument(arguments))
    whole = logic.compare("==", terms.call("floor", term), term)
    return logic.both(logic.compare("==", terms.call("type", term), Const("number")), whole)


def _constructed_list(machine: Loops, arguments: list[Value], span: Any) -> Value:
    size = argument(arguments)
    if len(arguments) == 1 and isinstance(size, Const) and isinstance(size.value, int):
        return Opaque("it is a list of nothing")
    return Obj(len(machine.conditions), items=list(arguments))


# --- dates ---------------------------------------------------------------------------------------------------------


def _new_date(machine: Loops, arguments: list[Value], span: Any) -> Value:
    if not arguments:
        return Date(NOW)
    value = arguments[0]
    if isinstance(value, (Millis, Date)):
        return Date(value.iso)
    if len(arguments) > 1:
        return Opaque("it makes a date of numbers")
    term = to_term(value)
    return Date(term) if kind(term) in ("string", None) else Opaque("it makes a date of a number")


def _now_millis(machine: Loops, arguments: list[Value], span: Any) -> Value:
    return Millis(NOW)


_MOMENT = {
    "YYYY": "%Y", "YY": "%y", "MM": "%m", "MMMM": "%B", "MMM": "%b", "DD": "%d", "HH": "%H", "hh": "%I", "mm": "%M",
    "ss": "%S", "SSS": "000", "A": "%p", "ddd": "%a", "dddd": "%A", "Z": "+00:00", "ZZ": "+0000",
}  # fmt: skip


def moment_format(iso: Any, pattern: str) -> Value:
    """A date in a form of the library moment; `[text]` in it is literal."""
    import re

    parts = re.findall(
        r"\[[^\]]*\]|YYYY|YY|MMMM|MMM|MM|dddd|ddd|DD|HH|hh|mm|ss|SSS|ZZ|Z|A|[A-Za-z]+|[^A-Za-z\[]+", pattern
    )
    form = ""
    for part in parts:
        if part.startswith("["):
            form += part[1:-1]
        elif part[0].isalpha() and part not in _MOMENT and part != "T":
            return Opaque(f"the form '{part}' of a date is not known")
        else:
            form += _MOMENT.get(part, part)
    return terms.call("date_format", iso, Const(form))


_UNITS = {"day": 86_400, "d": 86_400, "hour": 3_600, "h": 3_600, "minute": 60, "m": 60, "second": 1, "s": 1,
          "week": 604_800, "w": 604_800}  # fmt: skip


def _moment(machine: Loops, arguments: list[Value], span: Any) -> Value:
    return Host("moment()", data=to_term(arguments[0]) if arguments else NOW)


def call_moment(host: Host, name: str, arguments: list[Value]) -> Value:
    """A method of a moment."""
    if name == "format":
        if not arguments:
            return host.data
        pattern = arguments[0]
        return moment_format(host.data, str(pattern.value)) if isinstance(pattern, Const) else Opaque("a date's form")
    if name in ("add", "subtract"):
        amount, unit = argument(arguments), argument(arguments, 1)
        seconds = _UNITS.get(str(unit.value).removesuffix("s") or "s") if isinstance(unit, Const) else None
        if seconds is None or not isinstance(amount, Const) or not isinstance(amount.value, (int, float)):
            return Opaque("it moves a date by what is not a fixed time")
        return Host("moment()", data=moved(host.data, (1 if name == "add" else -1) * amount.value * seconds))
    if name in ("utc", "local", "clone"):
        return host
    if name == "toISOString":
        return host.data
    if name == "unix":
        return terms.call("timestamp") if host.data == NOW else terms.call("timestamp", host.data)
    return Millis(host.data) if name == "valueOf" else Opaque(f"the date's {name}() is not known")


# --- libraries -----------------------------------------------------------------------------------------------------


def _uuid(machine: Loops, arguments: list[Value], span: Any) -> Value:
    return machine.fresh(terms.call("uuid"))  # type: ignore[attr-defined]


def _require(machine: Loops, arguments: list[Value], span: Any) -> Value:
    name = argument(arguments)
    known = {"uuid": "uuid", "lodash": "_", "moment": "moment", "crypto-js": "CryptoJS", "ajv": "ajv", "tv4": "tv4",
             "atob": "atob", "btoa": "btoa"}  # fmt: skip
    found = known.get(str(name.value)) if isinstance(name, Const) else None
    return Host(found) if found else Opaque(f"it needs the module {methods_text(name)}")


def methods_text(value: Value) -> str:
    return f"'{value.value}'" if isinstance(value, Const) else "that is computed"


def _digest(function: str) -> Function:
    return lambda machine, arguments, span: Host("digest", data=terms.call(function, to_term(argument(arguments))))


def _hmac(machine: Loops, arguments: list[Value], span: Any) -> Value:
    text, key = to_term(argument(arguments)), to_term(argument(arguments, 1))
    return Host("digest", data=terms.call("hmac_sha256", key, text))


def _words(machine: Loops, arguments: list[Value], span: Any) -> Value:
    return Host("words", data=to_term(argument(arguments)))


def _base64_of_words(machine: Loops, arguments: list[Value], span: Any) -> Value:
    words = argument(arguments)
    if isinstance(words, Host) and words.path == "words":
        return terms.call("base64", words.data)
    return Opaque("it writes bytes as base64")


def _get(machine: Loops, arguments: list[Value], span: Any) -> Value:
    """`_.get(object, 'a.b[0]', default)`."""
    value, path = argument(arguments), argument(arguments, 1)
    if not isinstance(path, Const):
        return Opaque("it looks at a path that is computed")
    found = path_of(machine, value, str(path.value), span)
    return found if len(arguments) < 3 else terms.Either(to_term(found), to_term(arguments[2]))


def path_of(machine: Loops, value: Value, path: str, span: Any) -> Value:
    """The part of a value at `a.b[0]`."""
    import re

    for name in re.findall(r"[^.\[\]]+", path):
        value = machine.member(value, Const(int(name) if name.isdigit() else name.strip("'\"")), span)
    return value


def _each(machine: Loops, arguments: list[Value], span: Any) -> Value:
    return machine.call_method(argument(arguments), "forEach", arguments[1:], span)


def _list_function(name: str) -> Function:
    return lambda machine, arguments, span: machine.call_method(argument(arguments), name, arguments[1:], span)


def _is_empty(machine: Loops, arguments: list[Value], span: Any) -> Value:
    return empty(to_term(argument(arguments)))


def empty(term: Any) -> Any:
    """Whether a text, a list or an object holds nothing."""
    if isinstance(term, Const):
        return Const(term.value in ("", [], {}, None))
    return logic.compare("==", terms.call("length", term), Const(0))


def _date_string(machine: Loops, arguments: list[Value], span: Any) -> Value:
    return Opaque("it depends on the clock's text")


FUNCTIONS: Mapping[str, Function] = {
    "Number": to_number, "parseInt": to_number, "parseFloat": to_number, "Number.parseInt": to_number,
    "Number.parseFloat": to_number, "_.parseInt": to_number, "_.toNumber": to_number,
    "Math.floor": _rounded(math.floor, "floor"), "Math.ceil": _rounded(math.ceil, "ceil"),
    "Math.round": _rounded(round, "round"), "Math.trunc": _rounded(math.trunc, "floor"),
    "Math.abs": _term_function("abs"), "Math.min": _least("min"), "Math.max": _least("max"), "Math.random": _random,
    "_.random": _lodash_random,
    "String": _string, "Boolean": _boolean, "_.toString": _string,
    "JSON.parse": parsed, "JSON.stringify": _stringify,
    "encodeURIComponent": _encoded, "encodeURI": _encoded, "escape": _encoded,
    "decodeURIComponent": _term_function("url_decode"),
    "btoa": _term_function("base64"), "atob": _term_function("base64_decode"),
    "Object.keys": _entries_of("keys"), "Object.values": _entries_of("values"),
    "Object.entries": _entries_of("entries"),
    "_.keys": _entries_of("keys"), "_.values": _entries_of("values"),
    "Object.assign": _assigned, "_.extend": _assigned, "_.merge": _assigned,
    "Array.isArray": _is_array, "_.isArray": _is_array, "_.isObject": is_type("object"),
    "_.isString": is_type("string"), "_.isNumber": is_type("number"), "_.isBoolean": is_type("boolean"),
    "_.isEmpty": _is_empty, "isNaN": _is_nan, "Number.isNaN": _is_nan, "Number.isInteger": _is_integer,
    "new Array": _constructed_list, "Array": _constructed_list, "Array.of": _constructed_list,
    "new Date": _new_date, "Date.now": _now_millis, "Date": _date_string, "moment": _moment, "moment.utc": _moment,
    "_.get": _get, "_.each": _each, "_.forEach": _each, "_.find": _list_function("find"),
    "_.filter": _list_function("filter"), "_.map": _list_function("map"), "_.some": _list_function("some"),
    "_.every": _list_function("every"), "_.includes": _list_function("includes"),
    "_.contains": _list_function("includes"), "_.has": _list_function("hasOwnProperty"),
    "uuid.v4": _uuid, "uuid.v1": _uuid, "uuid": _uuid, "crypto.randomUUID": _uuid, "require": _require,
    "CryptoJS.MD5": _digest("md5"), "CryptoJS.SHA256": _digest("sha256"), "CryptoJS.HmacSHA256": _hmac,
    "CryptoJS.enc.Utf8.parse": _words, "CryptoJS.enc.Base64.stringify": _base64_of_words,
}  # fmt: skip

#: Names that every script sees.
GLOBALS = frozenset(
    {"Math", "JSON", "Object", "Array", "Number", "String", "Boolean", "Date", "parseInt", "parseFloat", "isNaN", "_",
     "moment", "CryptoJS", "btoa", "atob", "encodeURIComponent", "decodeURIComponent", "encodeURI", "escape", "require",
     "console", "uuid", "crypto", "Error"}
)  # fmt: skip


def call(machine: Loops, host: Host, arguments: list[Value], span: Any) -> Value | None:
    """The value of a call; None where the table has no such function."""
    if host.path.startswith("console.") or host.path in ("new Error", "Error"):
        return NULL
    if host.path.startswith("new ") and host.path.removeprefix("new ") in FUNCTIONS and host.path not in FUNCTIONS:
        host = host._replace(path=host.path.removeprefix("new "))
    function = FUNCTIONS.get(host.path)
    if function is None:
        return None
    try:
        return function(machine, arguments, span)
    except UntranslatableError as error:
        return Opaque(str(error))


__all__ = ["FUNCTIONS", "GLOBALS", "Closure", "Expression", "call", "call_moment", "path_of"]
