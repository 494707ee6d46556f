"""What Bruno gives to scripts: `bru.…`, `req.…`, `res.…`, and chai.

https://docs.usebruno.com/testing/script/javascript-reference
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from runner.formats.scripts import digests, logic, terms
from runner.formats.scripts.calls import argument
from runner.formats.scripts.changing import add_pair, always, changes, set_header
from runner.formats.scripts.dialect import (
    Dialect,
    Function,
    Property,
    getter,
    of_request,
    of_response,
    own_response,
    sent,
)
from runner.formats.scripts.expectations import asserts
from runner.formats.scripts.hosts.objects import path_of
from runner.formats.scripts.loops import Loops
from runner.formats.scripts.sending import send, with_placeholders
from runner.formats.scripts.state import Waiting
from runner.formats.scripts.terms import NULL, Const, Doc, Field
from runner.formats.scripts.values import Host, Obj, Opaque, Value, from_json, to_term
from runner.language.values import parse_json

#: Scopes of variables: their functions are `bru.get…Var`, `bru.set…Var`.
_SCOPES = ("", "Env", "GlobalEnv", "Collection", "Folder", "Request")
_WORDS = {"get": "get", "set": "set", "has": "has", "delete": "unset"}
_SECRETS = ("bru.getSecretVar", "bru.getOauth2CredentialVar")

# --- responses -----------------------------------------------------------------------------------------------------

_OF_RESPONSE: Mapping[str, Property] = {
    "status": of_response("status"), "statusText": of_response("reason"), "headers": of_response("headers"),
    "body": of_response("content"), "data": of_response("content"), "responseTime": of_response("elapsed_ms"),
    "url": of_response("url"),
}  # fmt: skip


def _url(machine: Loops, host: Host) -> Value:
    known = machine.facts.get("url") if machine.exchange is None else None
    return sent(machine, "url") if known is None else with_placeholders(machine, known)


def _method(machine: Loops, host: Host) -> Value:
    known = machine.facts.get("method") if machine.exchange is None else None
    return sent(machine, "method") if known is None else Const(known)


def _body(machine: Loops, host: Host) -> Value:
    """The body: before the request an object, whose parts a script may change, or the text where it is no JSON."""
    known = machine.facts.get("body") if machine.exchange is None else None
    if known is None:
        return sent(machine, "body")
    try:
        return from_json(parse_json(known), len(machine.conditions))
    except ValueError:
        return Const(known)


_OF_REQUEST: Mapping[str, Property] = {
    "url": _url, "method": _method, "headers": of_request("headers"), "body": _body
}  # fmt: skip


def _query(machine: Loops, host: Host, arguments: list[Value], span: Any) -> Value:
    """`res('a.b[0]')`: a part of the body."""
    path = argument(arguments)
    known = isinstance(path, Const) and not any(sign in str(path.value) for sign in ("..", "[?", "[]"))
    if not known or len(arguments) != 1:
        return Opaque("it is a query with more than a path in it")
    return path_of(machine, Doc("content", host.exchange), str(path.value), span)


def _named(document: Property) -> Function:
    """`res.getHeader(name)`."""

    def function(machine: Loops, host: Host, arguments: list[Value], span: Any) -> Value:
        name, headers = to_term(argument(arguments)), document(machine, host)
        if not isinstance(name, Const):
            return Opaque("it looks at a header whose name is computed")
        return headers if isinstance(headers, Opaque) else Field(headers, str(name.value).lower())

    return function


def _has(document: Property) -> Function:
    def function(machine: Loops, host: Host, arguments: list[Value], span: Any) -> Value:
        found = _named(document)(machine, host, arguments, span)
        return found if isinstance(found, Opaque) else logic.compare("!=", found, NULL)

    return function


def _size(machine: Loops, host: Host, arguments: list[Value], span: Any) -> Value:
    size = Doc("size", host.exchange)
    return Obj(len(machine.conditions), entries={"body": size, "total": Opaque("it counts the bytes of headers")})


def _cookie(machine: Loops, host: Host, arguments: list[Value], span: Any) -> Value:
    name = to_term(argument(arguments))
    if machine.exchange is None or not isinstance(name, Const):
        return Opaque("it looks into the cookie jar")
    return Field(Doc("cookies", 0), str(name.value))


def _has_cookie(machine: Loops, host: Host, arguments: list[Value], span: Any) -> Value:
    found = _cookie(machine, host, arguments, span)
    return found if isinstance(found, Opaque) else logic.compare("!=", found, NULL)


# --- variables and the run -----------------------------------------------------------------------------------------


def _process(machine: Loops, host: Host, arguments: list[Value], span: Any) -> Value:
    """`bru.getProcessEnv(name)`."""
    name = to_term(argument(arguments))
    if not isinstance(name, Const) or not str(name.value).isidentifier() or not str(name.value).isascii():
        return Opaque("it reads a name of the environment that is computed")
    return terms.Env(str(name.value))


def _placeholder(machine: Loops, name: str) -> Value:
    """`{{name}}` in a text, and `{{process.env.NAME}}`."""
    process, _, rest = name.rpartition(".")
    return terms.Env(rest) if process == "process.env" else machine.variable(name)


def _sleep(machine: Loops, host: Host, arguments: list[Value], span: Any) -> Value:
    delay = argument(arguments)
    if not always(machine) or not isinstance(delay, Const) or not isinstance(delay.value, (int, float)):
        return Opaque("it waits under a condition, for a time that is computed, or after the request")
    machine.emit(Waiting(delay.value / 1000, span))
    return NULL


def _name(machine: Loops, host: Host, arguments: list[Value], span: Any) -> Value:
    known = machine.facts.get("requestName" if host.path == "req.getName" else "collectionName")
    return Opaque("its name is not known") if known is None else Const(known)


# --- requests that scripts send -----------------------------------------------------------------------------------


def _send(machine: Loops, host: Host, arguments: list[Value], span: Any) -> Value:
    """`bru.sendRequest(options, callback)`, and `axios(options)`: the body is `data`."""
    options = machine.known_entries(argument(arguments))
    if not options:
        return send(machine, arguments, span)
    given = {"body" if name == "data" else name: value for name, value in options.items()}
    return send(machine, [Obj(len(machine.conditions), entries=given), *arguments[1:]], span)


def _axios(method: str, has_body: bool) -> Function:
    """`axios.post(url, data, options)`."""

    def function(machine: Loops, host: Host, arguments: list[Value], span: Any) -> Value:
        entries = {"url": argument(arguments), "method": Const(method)}
        if has_body and len(arguments) > 1:
            entries["data"] = arguments[1]
        more = machine.known_entries(argument(arguments, 2 if has_body else 1))
        if more is None:
            return Opaque("its options are computed")
        return _send(machine, host, [Obj(len(machine.conditions), entries={**more, **entries})], span)

    return function


_AXIOS: Mapping[str, Function] = {
    "axios": _send,
    "axios.request": _send,
    **{f"axios.{name}": _axios(name.upper(), False) for name in ("get", "delete", "head", "options")},
    **{f"axios.{name}": _axios(name.upper(), True) for name in ("post", "put", "patch")},
}

# --- the tables ----------------------------------------------------------------------------------------------------

_VARIABLES = {
    f"bru.{word}{scope}Var": f"pm.variables.{function}" for word, function in _WORDS.items() for scope in _SCOPES
}

_PROPERTIES: Mapping[str, Property] = {
    **{f"response.{name}": make for name, make in _OF_RESPONSE.items()},
    **{f"req.{name}": make for name, make in _OF_REQUEST.items()},
    "res": own_response,
}
_FUNCTIONS: Mapping[str, Function] = {
    **asserts.FUNCTIONS,
    **{f"response.get{name[0].upper()}{name[1:]}": getter(make) for name, make in _OF_RESPONSE.items()},
    **{f"req.get{name[0].upper()}{name[1:]}": getter(make) for name, make in _OF_REQUEST.items()},
    "response": _query,
    "response.getHeader": _named(of_response("headers")),
    "response.headerList.get": _named(of_response("headers")),
    "response.headerList.has": _has(of_response("headers")),
    "response.getSize": _size,
    "req.getHeader": _named(of_request("headers")),
    "req.headerList.get": _named(of_request("headers")),
    "req.headerList.has": _has(of_request("headers")),
    "req.getName": _name,
    "req.setHeader": set_header,
    "req.setHeaders": changes("headers"),
    "req.headerList.add": add_pair,
    "req.headerList.upsert": add_pair,
    "req.setBody": changes("body"),
    "req.setUrl": changes("url"),
    "req.setMethod": changes("method"),
    "req.setTimeout": changes("timeout"),
    "req.setMaxRedirects": changes("redirects"),
    **_AXIOS,
    "crypto.createHash": digests.hashed,
    "crypto.createHmac": digests.keyed,
    "digest of.update": digests.with_text,
    "digest of.digest": digests.digest,
    "bru.sendRequest": _send,
    "bru.getCollectionName": _name,
    "bru.getProcessEnv": _process,
    "bru.sleep": _sleep,
    "bru.cookies.get": _cookie,
    "bru.cookies.has": _has_cookie,
}

#: Bruno's words.
DIALECT = Dialect(
    names={"bru": "bru", "req": "req", "res": "res", "test": "pm.test",
           "expect": "pm.expect", "assert": "assert", "chai": "chai", "axios": "axios", "setTimeout": "setTimeout"},
    paths={
        **_VARIABLES,
        **dict.fromkeys(_SECRETS, "pm.variables.get"),
        "chai.expect": "pm.expect",
        "chai.assert": "assert",
        "bru.interpolate": "pm.variables.replaceIn",
        "bru.runner.skipRequest": "pm.execution.skipRequest",
        "bru.setNextRequest": "pm.execution.setNextRequest",
        "bru.runner.setNextRequest": "pm.execution.setNextRequest",
    },
    properties=_PROPERTIES,
    functions=_FUNCTIONS,
    variable=_placeholder,
)  # fmt: skip
