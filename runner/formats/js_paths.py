"""Simple JavaScript over a response (`res.body.items[0].id`) → expressions of ours.

Members, indexes, `.length` and a few methods without surprises; whatever else JavaScript can say is not for this file.
Each tool says in a table what its names mean.

    text ─▶ steps ─▶ the longest name that the table knows ─▶ expression
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import NamedTuple

from runner.formats.jsonpath import UntranslatableError
from runner.formats.texts import call, constant, name

_STEP = re.compile(
    r"\s*(?:(?P<dot>\??\.)?(?P<name>[A-Za-z_$][\w$]*)|(?:\?\.)?\[\s*(?:(?P<index>-?\d+)|(?P<quoted>'[^'\\]*'|\"[^\"\\]*\"))\s*\]"
    r"|\(\s*(?P<argument>'[^'\\]*'|\"[^\"\\]*\")?\s*\))"
)
_METHODS = {"toString": "to_string", "toLowerCase": "lower", "toUpperCase": "upper", "trim": "trim"}


class Value(NamedTuple):
    """An expression; `kind` is text, number, json or headers. `parent` and `last` where it ends in a key."""

    expression: str
    kind: str = "json"
    parent: str = ""
    last: str = ""


#: Name with dots → what it is; one that ends in `()` takes a text.
Roots = Mapping[str, Value]
Step = tuple[str, str]
#: The expression of a variable; None where there is no such.
Variable = Callable[[str], str | None]


def translate(text: str, roots: Roots, variable: Variable = lambda name: None) -> Value:
    """The expression for a JavaScript expression.

    Raises:
        UntranslatableError: it is more than a path.
    """
    steps = _steps(text.strip())
    for length in range(len(steps), 0, -1):
        found = _root(steps[:length], roots)
        if found is not None:
            return _walk(found, steps[length:])
    first = steps[0][1] if steps else ""
    expression = variable(first)
    if not steps or expression is None:
        raise UntranslatableError(f"'{first or text}' is nothing that is known here")
    return _walk(Value(expression), steps[1:])


def _steps(text: str) -> list[Step]:
    steps: list[Step] = []
    position = 0
    while position < len(text):
        match = _STEP.match(text, position)
        if match is None or (match["name"] and bool(match["dot"]) != bool(steps)):
            raise UntranslatableError(f"it is more than a path: '{text[position:]}'")
        if match["name"]:
            steps.append(("name", match["name"]))
        elif match["index"]:
            steps.append(("index", match["index"]))
        elif match["quoted"]:
            steps.append(("name", match["quoted"][1:-1]))
        else:
            steps.append(("call", (match["argument"] or "")[1:-1]))
        position = match.end()
    return steps


def _root(steps: list[Step], roots: Roots) -> Value | None:
    if steps[-1][0] == "call":
        found = roots.get(".".join(text for _, text in steps[:-1]) + "()")
        return _named(found, steps[-1][1]) if found is not None and steps[-1][1] else found
    return roots.get(".".join(text for kind, text in steps if kind == "name")) if _only_names(steps) else None


def _only_names(steps: list[Step]) -> bool:
    return all(kind == "name" for kind, _ in steps)


def _walk(found: Value, steps: list[Step]) -> Value:
    place = 0
    while place < len(steps):
        kind, text = steps[place]
        following = steps[place + 1][0] if place + 1 < len(steps) else ""
        if following == "call":
            found = _method(found, text, steps[place + 1][1])
            place += 1
        elif kind == "call":
            raise UntranslatableError("it calls a function")
        elif kind == "index":
            found = Value(f"{found.expression}[{text}]")
        elif text == "length":
            found = Value(call("length", found.expression), "number")
        else:
            found = _named(found, text)
        place += 1
    return found


def _method(found: Value, method: str, argument: str) -> Value:
    if method not in _METHODS or argument:
        raise UntranslatableError(f"it calls '{method}'")
    return Value(call(_METHODS[method], found.expression), "text")


def _named(found: Value, key: str) -> Value:
    if found.kind == "headers":
        return Value(f"{found.expression}.{name(key.lower())}", "text")
    return Value(f"{found.expression}.{name(key)}", "json", found.expression, key)


def present(found: Value, wanted: bool) -> str | dict[str, None]:
    """The assertion that a value is there, null or not; or that it is not."""
    if not found.last:
        return f"{found.expression} != `null`" if wanted else {found.expression: None}
    parent = found.parent if wanted or found.parent == "body" else f"not_null({found.parent}, `{{}}`)"
    return ("" if wanted else "!") + call("has", parent, constant(found.last))
