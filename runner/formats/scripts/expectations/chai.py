"""What the words of chai ask of any value: `true`, `empty`, `eql(…)`, `include(…)`.

Two tables, of properties and of methods: word → check. What only a response or a request has stands in `responses`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from runner.formats.scripts import logic, methods, structures, terms
from runner.formats.scripts.expectations.chain import Ask, Chain, Meant, term_of, wanted_of
from runner.formats.scripts.hosts.objects import empty, path_of, type_of
from runner.formats.scripts.loops import Loops
from runner.formats.scripts.methods.texts import contained, matched
from runner.formats.scripts.terms import NULL, TRUE, Const
from runner.formats.scripts.values import Expression, Host, UntranslatableError, Value, to_term

# --- properties ----------------------------------------------------------------------------------------------------


def _equals(value: Any) -> Ask:
    return lambda machine, chain, arguments: Meant(logic.compare("==", term_of(chain), Const(value)))


def _is_true(machine: Loops, chain: Chain, arguments: list[Value]) -> Meant:
    if isinstance(chain.subject, Host) and chain.subject.path == "judged":
        return Meant(None, schema=chain.subject.data)
    return Meant(logic.compare("==", term_of(chain), TRUE))


def _ok(machine: Loops, chain: Chain, arguments: list[Value]) -> Meant:
    return Meant(machine.truth_of(chain.subject))


def _exists(machine: Loops, chain: Chain, arguments: list[Value]) -> Meant:
    return Meant(logic.compare("!=", term_of(chain), NULL))


def _empty(machine: Loops, chain: Chain, arguments: list[Value]) -> Meant:
    return Meant(empty(term_of(chain)))


PROPERTIES: Mapping[str, Ask] = {
    "true": _is_true,
    "false": _equals(False),
    "null": _equals(None),
    "undefined": _equals(None),
    "ok": _ok,
    "exist": _exists,
    "exists": _exists,
    "empty": _empty,
    "NaN": lambda machine, chain, arguments: Meant(logic.compare("==", terms.call("to_number", term_of(chain)), NULL)),
}


# --- methods -------------------------------------------------------------------------------------------------------


def _equal(machine: Loops, chain: Chain, arguments: list[Value]) -> Meant:
    return Meant(logic.compare("==", term_of(chain), structures.folded(wanted_of(arguments))))


def _compares(sign: str) -> Ask:
    def ask(machine: Loops, chain: Chain, arguments: list[Value]) -> Meant:
        return Meant(logic.compare(sign, term_of(chain), wanted_of(arguments)))

    return ask


def _within(machine: Loops, chain: Chain, arguments: list[Value]) -> Meant:
    term = term_of(chain)
    low, high = wanted_of(arguments), wanted_of(arguments, 1)
    return Meant(logic.both(logic.compare(">=", term, low), logic.compare("<=", term, high)))


def _close_to(machine: Loops, chain: Chain, arguments: list[Value]) -> Meant:
    distance = terms.call("abs", terms.call("subtract", term_of(chain), wanted_of(arguments)))
    return Meant(logic.compare("<=", distance, wanted_of(arguments, 1)))


_TYPES = frozenset({"string", "number", "boolean", "array", "object", "null"})


def _is_a(machine: Loops, chain: Chain, arguments: list[Value]) -> Meant | None:
    given = wanted_of(arguments)
    if not isinstance(given, Const) or not isinstance(given.value, str):
        return None
    wanted = given.value.lower()
    if wanted in _TYPES:
        found = type_of(term_of(chain))
        return Meant(logic.compare("==", found, Const(wanted)))
    return Meant(logic.compare("==", term_of(chain), NULL)) if wanted == "undefined" else None


def _includes(machine: Loops, chain: Chain, arguments: list[Value]) -> Meant | None:
    wanted = structures.folded(wanted_of(arguments))
    subject = term_of(chain)
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
    name = wanted_of(arguments)
    if not isinstance(name, Const):
        return Meant(terms.call("has", term_of(chain), name)) if len(arguments) == 1 else None
    path = structures.text_of(name.value)
    nested = "nested" in chain.words or ("deep" in chain.words and re.search(r"[.\[]", path))
    if nested and re.search(r"[.\[]", path):
        found = path_of(machine, chain.subject, path, chain.span)
        exists = logic.compare("!=", to_term(found), NULL)
    else:
        found = machine.member(chain.subject, Const(path), chain.span)
        exists = _has(machine, chain, path)
    if len(arguments) > 1:
        return Meant(logic.compare("==", to_term(found), structures.folded(wanted_of(arguments, 1))), found)
    return Meant(exists, found)


def _has(machine: Loops, chain: Chain, name: str) -> Any:
    known = machine.known_entries(chain.subject)
    if known is not None and chain.subject != NULL:
        return Const(name in known)
    subject = term_of(chain)
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
    subject = term_of(chain)
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
    subject, wanted = term_of(chain), [to_term(item) for item in items]
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
    return Meant(logic.compare("==", to_term(found), wanted_of(arguments)))


def _match(machine: Loops, chain: Chain, arguments: list[Value]) -> Meant | None:
    pattern = arguments[0] if arguments else NULL
    if isinstance(pattern, Expression):
        return Meant(to_term(matched(pattern, term_of(chain))))
    return None


def _one_of(machine: Loops, chain: Chain, arguments: list[Value]) -> Meant:
    wanted = structures.folded(wanted_of(arguments))
    return Meant(contained(wanted, term_of(chain)))


def _satisfies(machine: Loops, chain: Chain, arguments: list[Value]) -> Meant:
    return Meant(to_term(machine.call(arguments[0] if arguments else NULL, [chain.subject], chain.span)))


#: Options of Ajv that change the value before it is judged.
_CHANGING = ("coerceTypes", "useDefaults", "removeAdditional")


def _schema(machine: Loops, chain: Chain, arguments: list[Value]) -> Meant | None:
    schema = structures.folded(wanted_of(arguments))
    options = machine.known_entries(arguments[1]) if len(arguments) > 1 else {}
    if options is None or any(name in options for name in _CHANGING):
        raise UntranslatableError("its options change what is judged")
    if isinstance(schema, Const) and isinstance(schema.value, (dict, bool)):
        return Meant(None, schema=(structures.parsed(term_of(chain)), schema.value))
    return None


def _instance(machine: Loops, chain: Chain, arguments: list[Value]) -> Meant | None:
    path = getattr(arguments[0], "path", "") if arguments else ""
    words = {"Array": "array", "Object": "object", "String": "string", "Number": "number"}
    return Meant(logic.compare("==", type_of(term_of(chain)), Const(words[path]))) if path in words else None


METHODS: Mapping[str, Ask] = {
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
}
