"""What the language gives to every script: Math, JSON, Object, Date, and the libraries of Postman's sandbox.

    numbers · texts · objects · dates   what JavaScript itself has, with lodash and moment
    libraries · addresses               what else the sandbox has

Each has a table: path → function of the machine and the arguments. What the tool itself gives (`pm.…`) stands in
`postman`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from runner.formats.scripts.calls import Function
from runner.formats.scripts.hosts import addresses, dates, libraries, numbers, objects, texts
from runner.formats.scripts.loops import Loops
from runner.formats.scripts.terms import NULL
from runner.formats.scripts.values import Host, Opaque, UntranslatableError, Value

_FUNCTIONS: Mapping[str, Function] = {
    **numbers.FUNCTIONS,
    **texts.FUNCTIONS,
    **objects.FUNCTIONS,
    **dates.FUNCTIONS,
    **libraries.FUNCTIONS,
    **addresses.FUNCTIONS,
}

#: Names that every script sees.
GLOBALS = frozenset(
    {"Math", "JSON", "Object", "Array", "Number", "String", "Boolean", "Date", "parseInt", "parseFloat", "isNaN", "_",
     "moment", "CryptoJS", "btoa", "atob", "encodeURIComponent", "decodeURIComponent", "encodeURI", "escape", "require",
     "console", "uuid", "crypto", "Error", "Buffer"}
)  # fmt: skip


def call(machine: Loops, host: Host, arguments: list[Value], span: Any) -> Value | None:
    """The value of a call; None where the table has no such function."""
    if host.path.startswith("console.") or host.path in ("new Error", "Error"):
        return NULL
    if host.path.startswith("new ") and host.path.removeprefix("new ") in _FUNCTIONS and host.path not in _FUNCTIONS:
        host = host._replace(path=host.path.removeprefix("new "))
    function = _FUNCTIONS.get(host.path)
    if function is None:
        return None
    try:
        return function(machine, arguments, span)
    except UntranslatableError as error:
        return Opaque(str(error))
