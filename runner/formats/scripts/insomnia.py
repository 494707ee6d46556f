"""What Insomnia gives to scripts: Postman's `pm` under the name of `insomnia`, and `insomnia.send()` to its unit tests.

https://developer.konghq.com/insomnia/scripts/
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from runner.formats.scripts import postman
from runner.formats.scripts.calls import argument
from runner.formats.scripts.changing import add_pair, changes
from runner.formats.scripts.dialect import Dialect, Property, of_response
from runner.formats.scripts.expectations import asserts
from runner.formats.scripts.loops import Loops
from runner.formats.scripts.terms import NULL, Const
from runner.formats.scripts.values import Host, Opaque, Value

_NAMES = {**postman.DIALECT.names, "insomnia": "pm", "expect": "pm.expect", "assert": "assert", "chai": "chai"}
_PATHS = {
    "pm.baseEnvironment": "pm.environment",
    "pm.baseGlobals": "pm.globals",
    "pm.localVars": "pm.variables",
    "pm.vault": "pm.variables",
    "chai.expect": "pm.expect",
    "chai.assert": "assert",
}


def _placeholder(machine: Loops, name: str) -> Value:
    """`{{ _.name }}` in a text."""
    return machine.variable(name.removeprefix("_."))


#: The words of scripts before and after a request.
DIALECT = Dialect(
    names=_NAMES,
    paths=_PATHS,
    properties=postman.DIALECT.properties,
    functions={
        **asserts.FUNCTIONS,
        "pm.request.upsertHeader": add_pair,
        "pm.request.addQueryParams": changes("query"),
        "pm.request.url.addQueryParams": changes("query"),
    },
    variable=_placeholder,
)

#: A response as `insomnia.send()` gives it.
_SENT: Mapping[str, Property] = {
    "response.status": of_response("status"), "response.statusMessage": of_response("reason"),
    "response.data": of_response("text"), "response.headers": of_response("headers"),
    "response.responseTime": of_response("elapsed_ms"), "response.time": of_response("elapsed_ms"),
}  # fmt: skip


def _send(machine: Loops, host: Host, arguments: list[Value], span: Any) -> Value:
    """`insomnia.send()`, or with the id of a request: the test's own is sent anyway."""
    wanted = argument(arguments)
    if wanted != NULL and wanted != Const(machine.facts.get("id")):
        return Opaque("it sends another request")
    return Host("response", 0)


#: The words of unit tests.
TESTS = Dialect(
    names={"insomnia": "pm", "expect": "pm.expect", "chai": "chai", "assert": "assert"},
    paths=_PATHS,
    properties=_SENT,
    functions={**asserts.FUNCTIONS, "pm.send": _send},
)
