"""What the HTTP Client of JetBrains gives to scripts: `client.…`, `response.…`, `request.…`.

https://www.jetbrains.com/help/idea/http-response-reference.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from runner.formats import jsonpath
from runner.formats.scripts import structures, terms
from runner.formats.scripts.calls import argument
from runner.formats.scripts.dialect import Dialect, Function, Property, of_request, of_response
from runner.formats.scripts.expectations import asserts
from runner.formats.scripts.hosts.objects import path_of
from runner.formats.scripts.loops import Loops
from runner.formats.scripts.terms import Const, Doc, Field
from runner.formats.scripts.values import Host, Opaque, Value

_TYPE = Field(Doc("headers"), "content-type")


def _media_type(machine: Any, host: Host) -> Value:
    """The Content-Type without its parameters."""
    return terms.call("trim", structures.index(terms.call("split", _TYPE, Const(";")), 0))


def _charset(machine: Any, host: Host) -> Value:
    found = terms.call("match", _TYPE, Const('(?i)charset="?([^\\s;"]+)'))
    return structures.index(found, 1)


def _json_path(machine: Loops, host: Host, arguments: list[Value], span: Any) -> Value:
    """`jsonPath(response.body, '$.a[0]')`, of a path of keys and places."""
    path = argument(arguments, 1)
    if not isinstance(path, Const) or not isinstance(path.value, str) or not path.value.startswith("$"):
        return Opaque("its path is computed")
    try:
        found = jsonpath.translate((path.value,), "body")
    except jsonpath.UntranslatableError as error:
        return Opaque(str(error))
    if found.is_list:
        return Opaque("its path gives a list")
    return path_of(machine, argument(arguments), path.value.removeprefix("$"), span)


_PROPERTIES: Mapping[str, Property] = {
    "response.status": of_response("status"),
    "response.body": of_response("content"),
    "response.contentType.mimeType": _media_type,
    "response.contentType.charset": _charset,
    "request.method": of_request("method"),
}
_FUNCTIONS: Mapping[str, Function] = {
    **asserts.FUNCTIONS,
    "jsonPath": _json_path,
    "request.url.tryGetSubstituted": lambda machine, host, arguments, span: of_request("url")(machine, host),
}
_SCOPES = {"client.global": "pm.globals", "request.variables": "pm.variables", "request.environment": "pm.environment",
           "client.variables.global": "pm.globals", "client.variables.environment": "pm.environment",
           "client.variables.file": "pm.variables"}  # fmt: skip

#: JetBrains' words.
DIALECT = Dialect(
    names={name: name for name in ("client", "request", "response", "jsonPath", "setTimeout")},
    paths={
        **_SCOPES,
        "pm.globals.clearAll": "pm.globals.clear",
        "headers.valueOf": "headers.get",
        "client.test": "pm.test",
        "client.assert": "assert",
        "client.log": "console.log",
    },
    properties=_PROPERTIES,
    functions=_FUNCTIONS,
)
