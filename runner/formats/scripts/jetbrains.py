"""What the HTTP Client of JetBrains gives to scripts: `client.…`, `response.…`, `request.…`; a little of httpYac's.

https://www.jetbrains.com/help/idea/http-response-reference.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from runner.formats import jsonpath
from runner.formats.scripts import digests, structures, terms
from runner.formats.scripts.calls import argument
from runner.formats.scripts.dialect import Dialect, Function, Property, of_request, of_response, own_response
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


def _fresh(term: Any) -> Property:
    return lambda machine, host: machine.fresh(term)


def _random_integer(machine: Loops, host: Host, arguments: list[Value], span: Any) -> Value:
    """`$random.integer(from, to)`: the upper bound is left out."""
    low, high = (argument(arguments, place) for place in range(2))
    known = isinstance(low, Const) and isinstance(high, Const) and type(low.value) is type(high.value) is int
    if not known or low.value >= high.value:
        return Opaque("its bounds are computed")
    return machine.fresh(terms.call("random_int", low, Const(high.value - 1)))


# --- the tables ----------------------------------------------------------------------------------------------------

_PROPERTIES: Mapping[str, Property] = {
    "response": own_response,
    "response.status": of_response("status"),
    "response.body": of_response("content"),
    "response.parsedBody": of_response("body"),
    "response.contentType.mimeType": _media_type,
    "response.contentType.charset": _charset,
    "request.method": of_request("method"),
    "$random.uuid": _fresh(terms.call("uuid")),
    "$uuid": _fresh(terms.call("uuid")),
    "$timestamp": _fresh(terms.call("timestamp")),
    "$isoTimestamp": _fresh(terms.call("now")),
}
_FUNCTIONS: Mapping[str, Function] = {
    **asserts.FUNCTIONS,
    "jsonPath": _json_path,
    "$random.integer": _random_integer,
    "crypto.sha256": digests.begun("sha256"),
    "crypto.md5": digests.begun("md5"),
    "crypto.hmac.sha256": digests.begun("hmac_sha256"),
    "digest of.withTextSecret": digests.with_secret,
    "digest of.updateWithText": digests.with_text,
    "digest of.digest": digests.digest,
    "bytes of digest.toHex": digests.in_hex,
    "request.url.tryGetSubstituted": lambda machine, host, arguments, span: of_request("url")(machine, host),
}
_SCOPES = {"client.global": "pm.globals", "request.variables": "pm.variables", "request.environment": "pm.environment",
           "client.variables.global": "pm.globals", "client.variables.environment": "pm.environment",
           "client.variables.file": "pm.variables"}  # fmt: skip

#: JetBrains' words.
DIALECT = Dialect(
    names={
        **{name: name for name in ("client", "request", "response", "jsonPath", "crypto", "setTimeout")},
        **{name: name for name in ("$random", "$uuid", "$timestamp", "$isoTimestamp")},
        "test": "pm.test",
    },
    paths={
        "chai.expect": "pm.expect",
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
