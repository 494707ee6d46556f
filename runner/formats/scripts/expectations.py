"""Assertions in chai's language (`pm.expect(x).to.be.a('string')`) and Postman's own (`pm.response.to.have.status`).

A chain is a subject with its flags; its words lead to a check, by tables: one of properties (`true`, `empty`), one of
methods (`eql`, `include`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from runner.formats.scripts import hosts, logic, methods, structures, terms
from runner.formats.scripts.kinds import kind
from runner.formats.scripts.loops import Loops
from runner.formats.scripts.methods.texts import contained, matched
from runner.formats.scripts.state import OPEN
from runner.formats.scripts.terms import NULL, TRUE, Const, Doc
from runner.formats.scripts.values import Expression, Host, Opaque, UntranslatableError, Value, to_term


class Chain(NamedTuple):
    """A subject that something is expected of; `response` where it is a response, and which."""

    subject: Value
    span: Any
    negated: bool = False
    words: frozenset[str] = frozenset()
    message: str = ""
    response: int | None = None


class Meant(NamedTuple):
    """What a chain's last word asks: a term that must be true, or more; `subject` is what the chain goes on with."""

    term: Any
    subject: Value | None = None
    includes: Any = None
    schema: Any = None


Ask = Callable[[Loops, Chain, list[Value]], "Meant | None"]

#: Words that only read well, and those that change what follows.
_FILLERS = frozenset(
    {"to", "be", "been", "is", "that", "which", "and", "has", "have", "with", "at", "of", "same", "but", "does",
     "still", "also", "should"}
)  # fmt: skip
_FLAGS = frozenset({"deep", "nested", "own", "ordered", "any", "all"})


def expect(machine: Loops, arguments: list[Value], span: Any) -> Chain:
    """`pm.expect(subject, message)`."""
    machine.account.setdefault(span.start, OPEN)
    message = arguments[1] if len(arguments) > 1 else NULL
    text = message.value if isinstance(message, Const) and isinstance(message.value, str) else ""
    return Chain(arguments[0] if arguments else NULL, span, message=text)


def of_response(machine: Loops, exchange: int, span: Any) -> Chain:
    """`pm.response.to`."""
    machine.account.setdefault(span.start, OPEN)
    return Chain(Doc("body", exchange), span, response=exchange)


def of_request(machine: Loops, span: Any) -> Chain:
    """`pm.request.to`: what was sent has headers too."""
    machine.account.setdefault(span.start, OPEN)
    return Chain(terms.Field(Doc("request", 0), "headers"), span, words=frozenset({"request"}))


def word(machine: Loops, chain: Chain, name: str) -> Value:
    """A word of a chain that is not called: a filler, a flag, or a check."""
    if name == "not":
        return chain._replace(negated=not chain.negated)
    if name in _FILLERS:
        return chain
    if name in _FLAGS:
        return chain._replace(words=chain.words | {name})
    table = _RESPONSE_PROPERTIES if chain.response is not None else _PROPERTIES
    ask = table.get(name) or _PROPERTIES.get(name)
    if ask is not None:
        return _asked(machine, chain, ask, [])
    if name in ("length", "lengthOf"):
        return _about(machine, chain, lambda: methods.length(machine, chain.subject))
    return chain  # a method's name, before its call


def call(machine: Loops, chain: Chain, name: str, arguments: list[Value]) -> Value:
    """A word of a chain that is called."""
    ask = (_RESPONSE_METHODS.get(name) if chain.response is not None else None) or _METHODS.get(name)
    if ask is None:
        if name in _PROPERTIES:
            return _asked(machine, chain, _PROPERTIES[name], [])
        machine.lose(chain.span, "an assertion", f"'{name}' of an expectation is not known here")
        return chain
    return _asked(machine, chain, ask, arguments)


def _about(machine: Loops, chain: Chain, subject: Callable[[], Value]) -> Value:
    try:
        return chain._replace(subject=subject())
    except UntranslatableError as error:
        return chain._replace(subject=Opaque(str(error)))


def _asked(machine: Loops, chain: Chain, ask: Ask, arguments: list[Value]) -> Value:
    try:
        if isinstance(chain.subject, Opaque):
            raise UntranslatableError(chain.subject.why)
        meant = ask(machine, chain, arguments)
        if meant is None:
            raise UntranslatableError("what it asks has no equal here")
        _check(machine, chain, meant)
    except UntranslatableError as error:
        machine.lose(chain.span, "an assertion", str(error))
        return chain
    if meant.subject is not None:
        return chain._replace(subject=meant.subject, response=None)
    return chain


def _check(machine: Loops, chain: Chain, meant: Meant) -> None:
    if meant.includes is not None or meant.schema is not None:
        if chain.negated:
            raise UntranslatableError("the opposite of it cannot be asked")
        machine.check(TRUE, chain.span, chain.message, includes=meant.includes, schema=meant.schema)
    else:
        term = logic.negate(logic.truth(meant.term)) if chain.negated else meant.term
        machine.check(term, chain.span, chain.message)


# --- properties ----------------------------------------------------------------------------------------------------


def _term(chain: Chain) -> Any:
    return to_term(chain.subject)


def _equals(value: Any) -> Ask:
    return lambda machine, chain, arguments: Meant(logic.compare("==", _term(chain), Const(value)))


def _is_true(machine: Loops, chain: Chain, arguments: list[Value]) -> Meant:
    if isinstance(chain.subject, Host) and chain.subject.path == "judged":
        return Meant(None, schema=chain.subject.data)
    return Meant(logic.compare("==", _term(chain), TRUE))


def _ok(machine: Loops, chain: Chain, arguments: list[Value]) -> Meant:
    return Meant(machine.truth_of(chain.subject))


def _exists(machine: Loops, chain: Chain, arguments: list[Value]) -> Meant:
    return Meant(logic.compare("!=", _term(chain), NULL))


def _empty(machine: Loops, chain: Chain, arguments: list[Value]) -> Meant:
    return Meant(hosts.empty(_term(chain)))


def _status_is(*conditions: tuple[str, int]) -> Ask:
    def ask(machine: Loops, chain: Chain, arguments: list[Value]) -> Meant:
        status = Doc("status", chain.response or 0)
        found: Any = TRUE
        for sign, number in conditions:
            found = logic.both(found, logic.compare(sign, status, Const(number)))
        return Meant(found)

    return ask


def _is_json(machine: Loops, chain: Chain, arguments: list[Value]) -> Meant:
    return Meant(logic.compare("!=", Doc("body", chain.response or 0), NULL))


def _with_body(machine: Loops, chain: Chain, arguments: list[Value]) -> Meant:
    return Meant(logic.compare(">", Doc("size", chain.response or 0), Const(0)))


_PROPERTIES: Mapping[str, Ask] = {
    "true": _is_true,
    "false": _equals(False),
    "null": _equals(None),
    "undefined": _equals(None),
    "ok": _ok,
    "exist": _exists,
    "exists": _exists,
    "empty": _empty,
    "NaN": lambda machine, chain, arguments: Meant(logic.compare("==", terms.call("to_number", _term(chain)), NULL)),
}

_RESPONSE_PROPERTIES: Mapping[str, Ask] = {
    "ok": _status_is(("==", 200)),
    "success": _status_is((">=", 200), ("<", 300)),
    "info": _status_is((">=", 100), ("<", 200)),
    "redirection": _status_is((">=", 300), ("<", 400)),
    "clientError": _status_is((">=", 400), ("<", 500)),
    "serverError": _status_is((">=", 500), ("<", 600)),
    "error": _status_is((">=", 400), ("<", 600)),
    "accepted": _status_is(("==", 202)),
    "withoutContent": _status_is(("==", 204)),
    "badRequest": _status_is(("==", 400)),
    "unauthorized": _status_is(("==", 401)),
    "unauthorised": _status_is(("==", 401)),
    "forbidden": _status_is(("==", 403)),
    "notFound": _status_is(("==", 404)),
    "notAcceptable": _status_is(("==", 406)),
    "rateLimited": _status_is(("==", 429)),
    "json": _is_json,
    "withBody": _with_body,
}


# --- methods -------------------------------------------------------------------------------------------------------


def _argument(arguments: list[Value], place: int = 0) -> Any:
    return to_term(arguments[place]) if place < len(arguments) else NULL


def _equal(machine: Loops, chain: Chain, arguments: list[Value]) -> Meant:
    return Meant(logic.compare("==", _term(chain), structures.folded(_argument(arguments))))


def _compares(sign: str) -> Ask:
    def ask(machine: Loops, chain: Chain, arguments: list[Value]) -> Meant:
        return Meant(logic.compare(sign, _term(chain), _argument(arguments)))

    return ask


def _within(machine: Loops, chain: Chain, arguments: list[Value]) -> Meant:
    term = _term(chain)
    low, high = _argument(arguments), _argument(arguments, 1)
    return Meant(logic.both(logic.compare(">=", term, low), logic.compare("<=", term, high)))


def _close_to(machine: Loops, chain: Chain, arguments: list[Value]) -> Meant:
    distance = terms.call("abs", terms.call("subtract", _term(chain), _argument(arguments)))
    return Meant(logic.compare("<=", distance, _argument(arguments, 1)))


_TYPES = frozenset({"string", "number", "boolean", "array", "object", "null"})


def _is_a(machine: Loops, chain: Chain, arguments: list[Value]) -> Meant | None:
    given = _argument(arguments)
    if not isinstance(given, Const) or not isinstance(given.value, str):
        return None
    wanted = given.value.lower()
    if wanted in _TYPES:
        found = hosts.type_of(_term(chain))
        return Meant(logic.compare("==", found, Const(wanted)))
    return Meant(logic.compare("==", _term(chain), NULL)) if wanted == "undefined" else None


def _includes(machine: Loops, chain: Chain, arguments: list[Value]) -> Meant | None:
    wanted = structures.folded(_argument(arguments))
    subject = _term(chain)
    if isinstance(wanted, (terms.DictOf,)) or (isinstance(wanted, Const) and isinstance(wanted.value, dict)):
        return _includes_object(chain, subject, wanted)
    return Meant(contained(subject, wanted))


def _includes_object(chain: Chain, subject: Any, wanted: Any) -> Meant:
    entries = wanted.value.items() if isinstance(wanted, Const) else wanted.entries
    if not chain.negated:
        return Meant(None, includes=(subject, wanted))
    found: Any = TRUE
    for name, value in entries:
        term = Const(value) if isinstance(wanted, Const) else value
        found = logic.both(found, logic.compare("==", structures.field(subject, name), term))
    return Meant(found)


def _property(machine: Loops, chain: Chain, arguments: list[Value]) -> Meant | None:
    name = _argument(arguments)
    if not isinstance(name, Const):
        return Meant(terms.call("has", _term(chain), name)) if len(arguments) == 1 else None
    path = structures.text_of(name.value)
    nested = "nested" in chain.words or ("deep" in chain.words and re.search(r"[.\[]", path))
    if nested and re.search(r"[.\[]", path):
        found = hosts.path_of(machine, chain.subject, path, chain.span)
        exists = logic.compare("!=", to_term(found), NULL)
    else:
        found = machine.member(chain.subject, Const(path), chain.span)
        exists = _has(machine, chain, path)
    if len(arguments) > 1:
        return Meant(logic.compare("==", to_term(found), structures.folded(_argument(arguments, 1))), found)
    return Meant(exists, found)


def _has(machine: Loops, chain: Chain, name: str) -> Any:
    known = machine.known_entries(chain.subject)
    if known is not None and chain.subject != NULL:
        return Const(name in known)
    subject = _term(chain)
    if name.isdigit() or name == "length":
        return logic.compare("!=", to_term(machine.member(chain.subject, Const(name), chain.span)), NULL)
    return terms.call("has", subject, Const(name))


def _keys(machine: Loops, chain: Chain, arguments: list[Value]) -> Meant | None:
    names: list[str] = []
    for value in arguments:
        term = structures.folded(to_term(value))
        if not isinstance(term, Const) or not isinstance(term.value, (str, list, dict)):
            return None
        names += [term.value] if isinstance(term.value, str) else list(term.value)
    subject = _term(chain)
    each = [terms.call("has", subject, Const(name)) for name in names]
    found: Any = terms.FALSE if "any" in chain.words else TRUE
    for term in each:
        found = logic.either(found, term) if "any" in chain.words else logic.both(found, term)
    if "any" in chain.words or chain.words & {"include"}:
        return Meant(found)
    count = logic.compare("==", terms.call("length", terms.call("keys", subject)), Const(len(names)))
    return Meant(logic.both(found, count))


def _members(machine: Loops, chain: Chain, arguments: list[Value]) -> Meant | None:
    items = machine.known_items(arguments[0]) if arguments else None
    if items is None:
        return None
    subject, wanted = _term(chain), [to_term(item) for item in items]
    if "ordered" in chain.words:
        return Meant(logic.compare("==", subject, structures.folded(terms.ListOf(tuple(wanted)))))
    found: Any = TRUE
    for item in wanted:
        found = logic.both(found, terms.call("contains", subject, structures.folded(item)))
    if chain.words & {"include"}:
        return Meant(found)
    count = logic.compare("==", terms.call("length", subject), Const(len(wanted)))
    return Meant(logic.both(count, found))


def _length(machine: Loops, chain: Chain, arguments: list[Value]) -> Meant:
    found = methods.length(machine, chain.subject)
    return Meant(logic.compare("==", to_term(found), _argument(arguments)))


def _match(machine: Loops, chain: Chain, arguments: list[Value]) -> Meant | None:
    pattern = arguments[0] if arguments else NULL
    if isinstance(pattern, Expression):
        return Meant(to_term(matched(pattern, _term(chain))))
    return None


def _one_of(machine: Loops, chain: Chain, arguments: list[Value]) -> Meant:
    wanted = structures.folded(_argument(arguments))
    return Meant(contained(wanted, _term(chain)))


def _satisfies(machine: Loops, chain: Chain, arguments: list[Value]) -> Meant:
    return Meant(to_term(machine.call(arguments[0] if arguments else NULL, [chain.subject], chain.span)))


def _schema(machine: Loops, chain: Chain, arguments: list[Value]) -> Meant | None:
    schema = structures.folded(_argument(arguments))
    if isinstance(schema, Const) and isinstance(schema.value, (dict, bool)):
        return Meant(None, schema=(_term(chain), schema.value))
    return None


def _instance(machine: Loops, chain: Chain, arguments: list[Value]) -> Meant | None:
    path = getattr(arguments[0], "path", "") if arguments else ""
    words = {"Array": "array", "Object": "object", "String": "string", "Number": "number"}
    return Meant(logic.compare("==", hosts.type_of(_term(chain)), Const(words[path]))) if path in words else None


_METHODS: Mapping[str, Ask] = {
    **dict.fromkeys(("equal", "equals", "eq", "eql", "eqls"), _equal),
    **dict.fromkeys(("above", "gt", "greaterThan"), _compares(">")),
    **dict.fromkeys(("least", "gte", "greaterThanOrEqual"), _compares(">=")),
    **dict.fromkeys(("below", "lt", "lessThan"), _compares("<")),
    **dict.fromkeys(("most", "lte", "lessThanOrEqual"), _compares("<=")),
    "within": _within,
    **dict.fromkeys(("closeTo", "approximately"), _close_to),
    **dict.fromkeys(("a", "an"), _is_a),
    **dict.fromkeys(("include", "includes", "contain", "contains", "string", "have"), _includes),
    **dict.fromkeys(("property", "ownProperty", "haveOwnProperty", "nestedProperty"), _property),
    **dict.fromkeys(("key", "keys"), _keys),
    "members": _members,
    **dict.fromkeys(("length", "lengthOf"), _length),
    **dict.fromkeys(("match", "matches"), _match),
    "oneOf": _one_of,
    **dict.fromkeys(("satisfy", "satisfies"), _satisfies),
    **dict.fromkeys(("jsonSchema", "schema"), _schema),
    **dict.fromkeys(("instanceof", "instanceOf"), _instance),
    "header": lambda machine, chain, arguments: _own_header(machine, chain, arguments),
}


def _status(machine: Loops, chain: Chain, arguments: list[Value]) -> Meant:
    wanted = _argument(arguments)
    key = "reason" if kind(wanted) == "string" else "status"
    if isinstance(wanted, Const) and isinstance(wanted.value, str) and wanted.value.isdigit():
        key, wanted = "status", Const(int(wanted.value))
    return Meant(logic.compare("==", Doc(key, chain.response or 0), wanted))


def _header(machine: Loops, chain: Chain, arguments: list[Value]) -> Meant | None:
    name = _argument(arguments)
    if not isinstance(name, Const):
        return None
    value = structures.field(Doc("headers", chain.response or 0), str(name.value).lower())
    if len(arguments) < 2:
        return Meant(logic.compare("!=", value, NULL), value)
    if isinstance(arguments[1], Expression):
        return Meant(to_term(matched(arguments[1], value)))
    return Meant(logic.compare("==", value, _argument(arguments, 1)))


def _own_header(machine: Loops, chain: Chain, arguments: list[Value]) -> Meant | None:
    name = _argument(arguments)
    if "request" not in chain.words or not isinstance(name, Const):
        return None
    value = structures.field(_term(chain), str(name.value).lower())
    wanted = (
        logic.compare("!=", value, NULL) if len(arguments) < 2 else logic.compare("==", value, _argument(arguments, 1))
    )
    return Meant(wanted)


def _body(machine: Loops, chain: Chain, arguments: list[Value]) -> Meant:
    if not arguments:
        return Meant(logic.compare("!=", Doc("text", chain.response or 0), Const("")))
    if isinstance(arguments[0], Expression):
        return Meant(to_term(matched(arguments[0], Doc("text", chain.response or 0))))
    wanted = structures.folded(_argument(arguments))
    key = "body" if isinstance(wanted, Const) and isinstance(wanted.value, (dict, list)) else "text"
    return Meant(logic.compare("==", Doc(key, chain.response or 0), wanted))


def _json_body(machine: Loops, chain: Chain, arguments: list[Value]) -> Meant | None:
    body = Doc("body", chain.response or 0)
    if not arguments:
        return Meant(logic.compare("!=", body, NULL))
    first = structures.folded(_argument(arguments))
    if isinstance(first, Const) and isinstance(first.value, str):
        found = hosts.path_of(machine, body, first.value, chain.span)
        if len(arguments) > 1:
            return Meant(logic.compare("==", to_term(found), structures.folded(_argument(arguments, 1))))
        return Meant(logic.compare("!=", to_term(found), NULL))
    return Meant(logic.compare("==", body, first))


def _response_time(machine: Loops, chain: Chain, arguments: list[Value]) -> Meant:
    return Meant(logic.compare("==", Doc("elapsed_ms", chain.response or 0), _argument(arguments)))


_RESPONSE_METHODS: Mapping[str, Ask] = {
    "status": _status,
    "statusCode": _status,
    "statusReason": _status,
    "header": _header,
    "headers": _header,
    "body": _body,
    "jsonBody": _json_body,
    "responseTime": _response_time,
}
