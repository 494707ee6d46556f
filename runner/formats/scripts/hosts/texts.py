"""Texts: what makes them, JSON that is read and written, and texts that are written in another way.

The response's own text, parsed, is its body.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from runner.formats.scripts import structures, terms
from runner.formats.scripts.calls import Function, argument, term_function
from runner.formats.scripts.kinds import kind
from runner.formats.scripts.loops import Loops
from runner.formats.scripts.terms import Const
from runner.formats.scripts.values import Date, Opaque, Value, from_json, to_term
from runner.language.values import dump_json, parse_json


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


def _parsed(machine: Loops, arguments: list[Value], span: Any) -> Value:
    """`JSON.parse(text)`: of the response's text it is the body."""
    term = to_term(argument(arguments))
    match term:
        case terms.Doc("text" | "content", exchange):
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


FUNCTIONS: Mapping[str, Function] = {
    "String": _string, "Boolean": _boolean, "_.toString": _string,
    "JSON.parse": _parsed, "JSON.stringify": _stringify,
    "encodeURIComponent": _encoded, "encodeURI": _encoded, "escape": _encoded,
    "decodeURIComponent": term_function("url_decode"),
    "btoa": term_function("base64"), "atob": term_function("base64_decode"),
}  # fmt: skip
