"""What Postman gives to scripts: `pm.…`, and the older names (`responseBody`, `tests[…]`, `postman.set…`).

Tables: property → value, function → what it does. The dialects of other tools (`bruno`, `insomnia`, `jetbrains`) say
which of their words mean the same, and what they have beside it; `global_name`, `property_of`, `call` and `call_method`
ask the dialect of the script.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from runner.formats.scripts import expectations, hosts, logic, structures, terms
from runner.formats.scripts.calls import Function, argument
from runner.formats.scripts.dialect import Dialect, of_response, own_response
from runner.formats.scripts.hosts.addresses import part_of
from runner.formats.scripts.hosts.dates import call_moment
from runner.formats.scripts.hosts.libraries import buffer_text
from runner.formats.scripts.loops import Loops
from runner.formats.scripts.sending import send
from runner.formats.scripts.state import Header, Skipped, Unset, Waiting
from runner.formats.scripts.terms import NULL, Const, Doc, Field
from runner.formats.scripts.values import Closure, Host, Obj, Opaque, UntranslatableError, Value, to_term

#: Scopes of variables that scripts read and set.
_SCOPES = ("pm.environment", "pm.collectionVariables", "pm.globals", "pm.variables", "pm.iterationData", "environment",
           "globals", "data")  # fmt: skip
_OF_RESPONSE: Mapping[str, str] = {
    "code": "status", "statusCode": "status", "status": "reason", "responseTime": "elapsed_ms", "responseSize": "size",
    "body": "text",
}  # fmt: skip
_OLD_NAMES: Mapping[str, str] = {"responseBody": "text", "responseTime": "elapsed_ms", "responseHeaders": "headers"}
_NAMES = frozenset(
    {"pm", "postman", "tests", "request", "environment", "globals", "data", "setTimeout", "tv4", "Ajv", "ajv",
     "clearTimeout", "xml2Json", "cheerio", "setInterval", "eval", "iteration"}
)  # fmt: skip


def global_name(machine: Loops, name: str) -> Value:
    """A name that the script does not declare."""
    path = machine.dialect.names.get(name)
    if path is not None:
        return _found(machine, Host(path, machine.exchange or 0))
    return Host(name) if name in hosts.GLOBALS else Opaque(f"'{name}' is not declared in it")


def _found(machine: Loops, host: Host) -> Value:
    """What has a path: a value where the dialect knows one."""
    own = machine.dialect.properties.get(host.path)
    return own(machine, host) if own else host


# --- properties ----------------------------------------------------------------------------------------------------


def property_of(machine: Loops, host: Host, name: str, span: Any) -> Value:
    """A member of a thing that the tool gives."""
    path = machine.dialect.below(host.path, name)
    if path != f"{host.path}.{name}" or path in machine.dialect.properties:
        return _found(machine, host._replace(path=path))
    if host.path in ("parsed url", "parsed query"):
        return part_of(host, name)
    if path == "pm.response":
        return own_response(machine, host)
    if host.path == "response":
        return _of_response(machine, host, name, span)
    if host.path == "headers":
        return Field(Doc("headers", host.exchange), name.lower())
    if host.path in _SCOPES and name not in _SCOPE_FUNCTIONS:
        return machine.variable(name)
    if path == "pm.request.to":
        return expectations.of_request(machine, span)
    if path in ("request.name", "request.description", "request.id"):
        return _info(machine, {"name": "requestName"}.get(name, name))
    if host.path == "pm.info":
        return _info(machine, name)
    if path in ("pm.request.method", "request.method"):
        return Field(Doc("request", 0), "method") if machine.exchange is not None else Host(path)
    if path in ("pm.request.body.raw", "request.data") and machine.exchange is not None:
        return Field(Doc("request", 0), "body")
    if path == "request.headers" and machine.exchange is not None:
        return Field(Doc("request", 0), "headers")
    if path in ("ajv.errors", "tv4.error"):
        return Opaque("it is the words of a schema's check")
    if path == "Math.PI":
        return Const(3.141592653589793)
    return host._replace(path=path)


def _of_response(machine: Loops, host: Host, name: str, span: Any) -> Value:
    if name in _OF_RESPONSE:
        return Doc(_OF_RESPONSE[name], host.exchange)
    if name == "to":
        return expectations.of_response(machine, host.exchange, span)
    if name == "headers":
        return Host("headers", host.exchange)
    if name == "cookies":
        return Host("cookies", host.exchange)
    if name == "name":
        return Doc("reason", host.exchange)
    return Host(f"response.{name}", host.exchange)


def _info(machine: Loops, name: str) -> Value:
    if name in machine.facts:
        return Const(machine.facts[name])
    if name == "iteration":
        return Const(0)
    return Opaque(f"pm.info.{name} is not known")


# --- functions -----------------------------------------------------------------------------------------------------


def call(machine: Loops, host: Host, arguments: list[Value], span: Any) -> Value:
    """A call of something that the tool or the language gives."""
    if host.path == "moment()" or host.path.startswith("moment()."):
        return Opaque("it is a method of a date")
    scope, _, name = host.path.rpartition(".")
    host = host._replace(path=machine.dialect.below(scope, name) if scope else name)
    own = machine.dialect.functions.get(host.path)
    try:
        found = own(machine, host, arguments, span) if own else _call(machine, host, arguments, span)
    except UntranslatableError as error:
        return Opaque(str(error))
    if found is None:
        found = hosts.call(machine, host, arguments, span)
    return Opaque(f"{host.path}() has no equal here") if found is None else found


def _call(machine: Loops, host: Host, arguments: list[Value], span: Any) -> Value | None:
    scope, _, name = host.path.rpartition(".")
    if scope in _SCOPES and name in _SCOPE_FUNCTIONS:
        return _SCOPE_FUNCTIONS[name](machine, arguments, span)
    if host.path.startswith("response."):
        return _call_response(machine, host, arguments, span)
    if scope in ("headers", "cookies"):
        return _call_entries(host._replace(path=scope), name, arguments)
    function = _FUNCTIONS.get(host.path)
    return function(machine, arguments, span) if function else None


def call_method(machine: Loops, host: Host, name: str, arguments: list[Value], span: Any) -> Value:
    """A method of something that the tool or the language gives."""
    if host.path == "moment()":
        moved = call_moment(host, name, arguments)
        if name in ("add", "subtract"):
            machine.change(host, moved)
        return moved
    if host.path == "buffer of text":
        return buffer_text(host, name, arguments)
    if host.path == "digest":
        plain = not arguments or getattr(arguments[0], "path", "") == "CryptoJS.enc.Hex"
        return host.data if name == "toString" and plain else Opaque("it writes a digest as base64")
    if host.path == "words":
        return Host("words", data=terms.call("base64", host.data)) if name == "toString" else Opaque("it holds bytes")
    if host.path == "response" and name in ("then", "finally") and arguments:
        machine.call(arguments[0], [host], span)
        return host
    if host.path == "response" and name == "catch":
        return host
    if host.path == "ajv" and name in ("validate", "compile"):
        return _validated(machine, name, arguments, span)
    return call(machine, host._replace(path=f"{host.path}.{name}"), arguments, span)


def _call_response(machine: Loops, host: Host, arguments: list[Value], span: Any) -> Value | None:
    name = host.path.removeprefix("response.")
    if name == "json":
        return Doc("body", host.exchange)
    if name in ("text", "toString"):
        return Doc("text", host.exchange)
    if name == "reason":
        return Doc("reason", host.exchange)
    if name == "size":
        size = Doc("size", host.exchange)
        return Obj(len(machine.conditions), entries={"body": size, "total": size})
    return None


def _call_entries(host: Host, name: str, arguments: list[Value]) -> Value | None:
    wanted = to_term(arguments[0]) if arguments else NULL
    if not isinstance(wanted, Const):
        return Opaque("it looks at a name that is computed")
    text = str(wanted.value)
    value = Field(Doc(host.path, host.exchange), text.lower() if host.path == "headers" else text)
    if name in ("get", "one"):
        return value
    return logic.compare("!=", value, NULL) if name == "has" else None


# --- variables


def _get(machine: Loops, arguments: list[Value], span: Any) -> Value:
    name = to_term(argument(arguments))
    if not isinstance(name, Const):
        return Opaque("it reads a variable whose name is computed")
    return machine.variable(str(name.value))


def _set(machine: Loops, arguments: list[Value], span: Any) -> Value:
    machine.set(argument(arguments), argument(arguments, 1), span)
    return NULL


def _has(machine: Loops, arguments: list[Value], span: Any) -> Value:
    return logic.compare("!=", to_term(_get(machine, arguments, span)), NULL)


def _unset(machine: Loops, arguments: list[Value], span: Any) -> Value:
    name = argument(arguments)
    if machine.exchange == 0 and isinstance(name, Const) and not machine.turns and machine.since(0) == terms.TRUE:
        machine.emit(Unset(str(name.value), span))
    else:
        lose_unset(machine, span)
    return NULL


def lose_unset(machine: Loops, span: Any) -> None:
    """A variable that is taken away and that the request has not set itself."""
    machine.lose(span, "a variable that is taken away", "a variable keeps its value until the run ends")


def _replaced(machine: Loops, arguments: list[Value], span: Any) -> Value:
    """`pm.variables.replaceIn('{{a}}')`."""
    from runner.formats.scripts.sending import with_placeholders

    text = argument(arguments)
    if not isinstance(text, Const) or not isinstance(text.value, str):
        return text
    try:
        return with_placeholders(machine, text.value)
    except UntranslatableError as error:
        return Opaque(str(error))


_SCOPE_FUNCTIONS: Mapping[str, Function] = {
    "get": _get, "set": _set, "has": _has, "unset": _unset, "clear": _unset, "replaceIn": _replaced,
    "toObject": lambda machine, arguments, span: Opaque("it looks at all variables at once"),
}  # fmt: skip


# --- tests, requests, waits


def _test(machine: Loops, arguments: list[Value], span: Any) -> Value:
    """`pm.test(name, function)`."""
    outer, machine.label = machine.label, label_of(argument(arguments))
    try:
        if isinstance(argument(arguments, 1), Closure):
            machine.call(arguments[1], [NULL], span)
    finally:
        machine.label = outer
    return NULL


def label_of(value: Value) -> str:
    """The name of a test, as far as it is known."""
    if isinstance(value, Const):
        return structures.text_of(value.value)
    if isinstance(value, terms.Join):
        return "".join(part.value if isinstance(part, Const) else "…" for part in value.parts)
    return ""


def set_test(machine: Loops, name: Value, value: Value, span: Any) -> None:
    """`tests[name] = value`."""
    outer, machine.label = machine.label, label_of(name)
    machine.check(value, span)
    machine.label = outer


def _fail(machine: Loops, arguments: list[Value], span: Any) -> Value:
    machine.check(terms.FALSE, span)
    return NULL


def _wait(machine: Loops, arguments: list[Value], span: Any) -> Value:
    """`setTimeout(function, milliseconds)`: what it sends waits."""
    delay = argument(arguments, 1)
    seconds = delay.value / 1000 if isinstance(delay, Const) and isinstance(delay.value, (int, float)) else 0.0
    outer, machine.delay = machine.delay, machine.delay + seconds
    sent = machine.exchanges
    try:
        machine.call(argument(arguments), [], span)
    finally:
        machine.delay = outer
    if machine.exchanges == sent and seconds:
        machine.emit(Waiting(seconds, span))
    return NULL


def _skip(machine: Loops, arguments: list[Value], span: Any) -> Value:
    """`pm.execution.skipRequest()`: what follows it belongs to a request that is not sent, whatever it is."""
    machine.emit(Skipped(machine.since(machine.base), span))
    return NULL


def _jump(machine: Loops, arguments: list[Value], span: Any) -> Value:
    machine.lose(span, "a jump to another request", "requests run in the order of the file")
    return NULL


def _display(machine: Loops, arguments: list[Value], span: Any) -> Value:
    machine.lose(span, "a visualization", "there is no window to draw in")
    return NULL


def _add_header(machine: Loops, arguments: list[Value], span: Any) -> Value:
    given = argument(arguments)
    known = machine.known_entries(given)
    if known is not None and "key" in known:
        name, value = to_term(known["key"]), known.get("value", NULL)
    else:
        return Opaque("it adds a header that is computed")
    if not isinstance(name, Const) or machine.exchange is not None or machine.since(0) != terms.TRUE:
        return Opaque("it adds a header under a condition")
    machine.emit(Header(str(name.value), to_term(value), span))
    return NULL


def _sent_header(machine: Loops, arguments: list[Value], span: Any) -> Value:
    """`pm.request.headers.get(name)`: what was sent."""
    name = to_term(argument(arguments))
    if machine.exchange is None or not isinstance(name, Const):
        return Opaque("it looks at its own headers")
    return Field(Field(Doc("request", 0), "headers"), str(name.value).lower())


def _request_text(machine: Loops, arguments: list[Value], span: Any) -> Value:
    return Field(Doc("request", 0), "url") if machine.exchange is not None else Opaque("it looks at its own URL")


# --- schemas


def _validated(machine: Loops, name: str, arguments: list[Value], span: Any) -> Value:
    """`ajv.validate(schema, value)`, and the function that `ajv.compile(schema)` gives."""
    schema = structures.folded(to_term(argument(arguments)))
    if not isinstance(schema, Const):
        return Opaque("its schema is computed")
    if name == "compile":
        return Host("validator", data=schema.value)
    return judged(machine, schema.value, argument(arguments, 1))


def judged(machine: Loops, schema: Any, value: Value) -> Value:
    return Host("judged", data=(structures.parsed(to_term(value)), schema))


def _tv4(machine: Loops, arguments: list[Value], span: Any) -> Value:
    schema = structures.folded(to_term(argument(arguments, 1)))
    return (
        judged(machine, schema.value, arguments[0]) if isinstance(schema, Const) else Opaque("its schema is computed")
    )


def _ajv(machine: Loops, arguments: list[Value], span: Any) -> Value:
    return Host("ajv")


_FUNCTIONS: Mapping[str, Callable[..., Value]] = {
    **dict.fromkeys(("new Ajv", "new ajv", "Ajv"), _ajv),
    "pm.expect": expectations.expect,
    "pm.expect.fail": _fail,
    "pm.test": _test,
    "pm.test.skip": lambda machine, arguments, span: NULL,
    "pm.sendRequest": send,
    "setTimeout": _wait,
    "clearTimeout": lambda machine, arguments, span: NULL,
    "pm.setNextRequest": _jump,
    "pm.execution.setNextRequest": _jump,
    "postman.setNextRequest": _jump,
    "pm.execution.skipRequest": _skip,
    "pm.visualizer.set": _display,
    "postman.setEnvironmentVariable": _set,
    "postman.setGlobalVariable": _set,
    "postman.getEnvironmentVariable": _get,
    "postman.getGlobalVariable": _get,
    "postman.clearEnvironmentVariable": _unset,
    "postman.clearGlobalVariable": _unset,
    "postman.clearEnvironmentVariables": _unset,
    "postman.clearGlobalVariables": _unset,
    "postman.getResponseHeader": lambda machine, arguments, span: _call_entries(
        Host("headers", machine.exchange or 0), "get", arguments
    ),
    "postman.getResponseCookie": lambda machine, arguments, span: Obj(
        0, entries={"value": _call_entries(Host("cookies", machine.exchange or 0), "get", arguments)}
    ),
    "pm.cookies.get": lambda machine, arguments, span: _call_entries(Host("cookies", 0), "get", arguments),
    "pm.cookies.has": lambda machine, arguments, span: _call_entries(Host("cookies", 0), "has", arguments),
    "pm.request.headers.add": _add_header,
    "pm.request.headers.upsert": _add_header,
    "pm.request.addHeader": _add_header,
    "pm.request.headers.get": _sent_header,
    "pm.request.url.toString": _request_text,
    "pm.request.url.getPath": lambda machine, arguments, span: Opaque("it looks at the path of its URL"),
    "tv4.validate": _tv4,
    "tv4.validateMultiple": _tv4,
}

#: Postman's own words.
DIALECT = Dialect(
    names={name: name for name in (*_NAMES, *_OLD_NAMES)} | {"responseCode": "response"},
    properties={name: of_response(key) for name, key in _OLD_NAMES.items()},
    texts=True,
)
