"""What Postman's own words ask of a response, and of the request: `have.status(200)`, `be.success`, `have.header(…)`.

Tables of properties and of methods: word → check. The subject is the response of an exchange, whatever the chain says.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from runner.formats.scripts import logic, structures
from runner.formats.scripts.expectations.chain import Ask, Chain, Meant, term_of, wanted_of
from runner.formats.scripts.hosts.objects import path_of
from runner.formats.scripts.kinds import kind
from runner.formats.scripts.loops import Loops
from runner.formats.scripts.methods.texts import matched
from runner.formats.scripts.terms import NULL, TRUE, Const, Doc
from runner.formats.scripts.values import Expression, Value, to_term

# --- properties ----------------------------------------------------------------------------------------------------


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


PROPERTIES: Mapping[str, Ask] = {
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


def _status(machine: Loops, chain: Chain, arguments: list[Value]) -> Meant:
    wanted = wanted_of(arguments)
    key = "reason" if kind(wanted) == "string" else "status"
    if isinstance(wanted, Const) and isinstance(wanted.value, str) and wanted.value.isdigit():
        key, wanted = "status", Const(int(wanted.value))
    return Meant(logic.compare("==", Doc(key, chain.response or 0), wanted))


def _header(machine: Loops, chain: Chain, arguments: list[Value]) -> Meant | None:
    name = wanted_of(arguments)
    if not isinstance(name, Const):
        return None
    value = structures.field(Doc("headers", chain.response or 0), str(name.value).lower())
    if len(arguments) < 2:
        return Meant(logic.compare("!=", value, NULL), value)
    if isinstance(arguments[1], Expression):
        return Meant(to_term(matched(arguments[1], value)))
    return Meant(logic.compare("==", value, wanted_of(arguments, 1)))


def _body(machine: Loops, chain: Chain, arguments: list[Value]) -> Meant:
    if not arguments:
        return Meant(logic.compare("!=", Doc("text", chain.response or 0), Const("")))
    if isinstance(arguments[0], Expression):
        return Meant(to_term(matched(arguments[0], Doc("text", chain.response or 0))))
    wanted = structures.folded(wanted_of(arguments))
    key = "body" if isinstance(wanted, Const) and isinstance(wanted.value, (dict, list)) else "text"
    return Meant(logic.compare("==", Doc(key, chain.response or 0), wanted))


def _json_body(machine: Loops, chain: Chain, arguments: list[Value]) -> Meant | None:
    body = Doc("body", chain.response) if chain.response is not None else structures.parsed(term_of(chain))
    if not arguments:
        return Meant(logic.compare("!=", body, NULL))
    first = structures.folded(wanted_of(arguments))
    if isinstance(first, Const) and isinstance(first.value, str):
        found = path_of(machine, body, first.value, chain.span)
        if len(arguments) > 1:
            return Meant(logic.compare("==", to_term(found), structures.folded(wanted_of(arguments, 1))))
        return Meant(logic.compare("!=", to_term(found), NULL))
    return Meant(logic.compare("==", body, first))


def _response_time(machine: Loops, chain: Chain, arguments: list[Value]) -> Meant:
    return Meant(logic.compare("==", Doc("elapsed_ms", chain.response or 0), wanted_of(arguments)))


METHODS: Mapping[str, Ask] = {
    "status": _status,
    "statusCode": _status,
    "statusReason": _status,
    "header": _header,
    "headers": _header,
    "body": _body,
    "jsonBody": _json_body,
    "responseTime": _response_time,
}


# --- the request, and any value ------------------------------------------------------------------------------------


def _own_header(machine: Loops, chain: Chain, arguments: list[Value]) -> Meant | None:
    name = wanted_of(arguments)
    if "request" not in chain.words or not isinstance(name, Const):
        return None
    value = structures.field(term_of(chain), str(name.value).lower())
    wanted = (
        logic.compare("!=", value, NULL) if len(arguments) < 2 else logic.compare("==", value, wanted_of(arguments, 1))
    )
    return Meant(wanted)


OTHER_METHODS: Mapping[str, Ask] = {"header": _own_header, "jsonBody": _json_body}
