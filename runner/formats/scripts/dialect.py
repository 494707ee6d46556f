"""What a tool calls the things that it gives to scripts: a table for each tool, by which one reading serves them all.

Things have paths (`pm.expect`, `response.json`). Where two tools mean the same by different words, the path is that of
Postman, which `postman` knows; what only one tool has stands in its own table. No tool is named here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from runner.formats.scripts.terms import Doc, Field
from runner.formats.scripts.values import Host, Opaque, Value

#: The value of a thing that is looked at: of the machine and the thing.
Property = Callable[[Any, Host], Value]
#: What a call gives: of the machine, the function with its path, the arguments and the place of the call.
Function = Callable[[Any, Host, list[Value], Any], Value]

_NOTHING: Mapping[str, Any] = {}


class Dialect(NamedTuple):
    """`names` are the globals, each with its path; `paths` are other words for paths.

    `properties` and `functions` are what only this tool has, by path. `texts`: whether all of its variables are texts.
    `variable` gives the value of what stands between the braces of a placeholder.
    """

    names: Mapping[str, str]
    paths: Mapping[str, str] = _NOTHING
    properties: Mapping[str, Property] = _NOTHING
    functions: Mapping[str, Function] = _NOTHING
    texts: bool = False
    variable: Callable[[Any, str], Value] = lambda machine, name: machine.variable(name)

    def below(self, path: str, name: str) -> str:
        """The path of a member of what has a path."""
        whole = f"{path}.{name}"
        return self.paths.get(whole, whole)

    def path_of(self, words: str) -> str:
        """The path of what a script calls `a.b.c`."""
        head, *members = words.split(".")
        path = self.names.get(head, head)
        for name in members:
            path = self.below(path, name)
        return path


def own_response(machine: Any, host: Host) -> Value:
    """The response of the request whose script it is; before that there is none."""
    return Host("response", 0) if machine.phase == "after" else Opaque("before the request there is no response")


def of_response(key: str) -> Property:
    """A key of the response document."""
    return lambda machine, host: Doc(key, host.exchange)


def of_request(key: str) -> Property:
    """A key of what was sent; before that it is not known."""
    return lambda machine, host: sent(machine, key)


def sent(machine: Any, key: str) -> Value:
    """A key of the request as it was sent."""
    if machine.exchange is None:
        return Opaque("it looks at its own request")
    return Field(Doc("request", 0), key)


def getter(make: Property) -> Function:
    """A function without arguments that gives what a property has."""
    return lambda machine, host, arguments, span: make(machine, host)


def postmans(function: Callable[[Any, list[Value], Any], Value]) -> Function:
    """A function that does not ask whose it is."""
    return lambda machine, host, arguments, span: function(machine, arguments, span)
