"""Captures, assertions, variables, waits and conditions of a request → its scripts, and scripts that an import kept."""

from __future__ import annotations

import re
from collections.abc import Container, Iterator, Mapping
from typing import Any

from runner.formats.declared import SCRIPT_MARK
from runner.formats.draft import Comment, Data
from runner.formats.postman import checks, schemes_out
from runner.formats.postman.javascript.literals import UnsayableError, literal
from runner.formats.postman.javascript.translator import expression
from runner.formats.postman.reading import KEPT_MARK
from runner.formats.postman.spelling import Lose, Spelling
from runner.language.values import duration

_KEPT = re.compile(rf"Postman's (.+) {re.escape(SCRIPT_MARK)}\n?")
_LISTEN = {"pre-request": "prerequest"}


def events(
    given: Data, spelling: Spelling, path_values: Mapping[str, str], elsewhere: Container[str], lose: Lose
) -> list[dict[str, Any]]:
    """The scripts of a request, folder or collection.

    `path_values` are variables that its URL has, `elsewhere` are names that other requests look at.
    """
    found = {
        "prerequest": list(_before(given, spelling, path_values, lose)),
        "test": [*_after(given, lose), *_taken_away(given, path_values, elsewhere)],
    }
    for listen, text in _kept(given):
        found.setdefault(listen, []).append(f"{KEPT_MARK}\n{text}")
    return [
        {"listen": listen, "script": {"type": "text/javascript", "exec": "\n\n".join(parts).split("\n")}}
        for listen, parts in found.items()
        if parts
    ]


def _before(given: Data, spelling: Spelling, path_values: Mapping[str, str], lose: Lose) -> Iterator[str]:
    if given.get("skip"):
        reason = f" // {' '.join(str(given['skip']).split())}" if isinstance(given["skip"], str) else ""
        yield f"pm.execution.skipRequest();{reason}"
    if given.get("when"):
        try:
            condition = expression(str(given["when"]), over_response=False)
            yield f"if (!({condition})) {{\n    pm.execution.skipRequest();\n}}"
        except UnsayableError as error:
            lose("'when'", str(error))
    if schemes_out.is_call(given.get("auth")):
        yield from filter(None, [schemes_out.script(given["auth"], spelling, lose)])
    seconds = duration(given["delay"]) if given.get("delay") is not None else None
    if seconds:
        yield f"setTimeout(function () {{}}, {round(seconds * 1000)});"
    variables = _own(given, path_values)
    lines = list(checks.settings(variables, [name for name in variables if _is_kept(given, name)], lose))
    lines += _computed(spelling, lose)
    if lines:
        yield "\n".join(lines)


def _own(given: Data, path_values: Mapping[str, str]) -> Data:
    """The variables that a request sets by its script."""
    return {name: value for name, value in (given.get("variables") or {}).items() if name not in path_values}


def _is_kept(given: Data, name: str) -> bool:
    """Whether later requests see what a request sets before it is sent."""
    return bool((given.get("capture") or {}).get(name) == f"vars.{name}")


def _taken_away(given: Data, path_values: Mapping[str, str], elsewhere: Container[str]) -> Iterator[str]:
    """A variable of a request alone: in Postman it is there until the run ends."""
    own = [name for name in _own(given, path_values) if isinstance(name, str) and not _is_kept(given, name)]
    lines = [f"pm.variables.unset({literal(name)});" for name in own if name in elsewhere]
    if lines:
        yield "\n".join(lines)


def _computed(spelling: Spelling, lose: Lose) -> Iterator[str]:
    """What stood in the texts of the request and is more than a variable."""
    for name, text in spelling.computed.items():
        try:
            line = f"pm.variables.set({literal(name)}, {expression(text, over_response=False)});"
            yield f"if (!pm.variables.has({literal(name)})) {{\n    {line}\n}}" if spelling.once else line
        except UnsayableError as error:
            lose(f"the expression {text}", str(error))
    for name, text in spelling.jsons.items():
        try:
            made = expression(text, over_response=False)
            yield f"pm.variables.set({literal(name)}, JSON.stringify({made}));"
        except UnsayableError as error:
            lose(f"the expression {text}", str(error))
    spelling.computed.clear()
    spelling.jsons.clear()


def _after(given: Data, lose: Lose) -> Iterator[str]:
    kept = given.get("variables") or {}  # what was set before the request is set already
    given_captures = (given.get("capture") or {}).items()
    captured = {name: source for name, source in given_captures if name not in kept or source != f"vars.{name}"}
    captures = list(checks.captures(captured, lose))
    if captures:
        yield "\n".join(captures)
    asserts = given.get("assert") or ()
    if isinstance(asserts, Mapping):
        asserts = [{name: value} for name, value in asserts.items()]
    yield from checks.tests(asserts, lose)
    schema = given.get("schema")
    if isinstance(schema, Mapping):
        name = 'pm.test("schema", function () {'
        yield f"{name}\n    pm.response.to.have.jsonSchema({checks.value(schema)});\n}});"
    elif schema is not None:
        lose("'schema'", "it is a file, and scripts read none", "write the schema into the request file")


def _kept(given: Data) -> Iterator[tuple[str, str]]:
    """The scripts that an import left as comments."""
    for key in given:
        match = _KEPT.match(key.text) if isinstance(key, Comment) else None
        if match is not None and isinstance(key, Comment):
            yield _LISTEN.get(match[1], match[1]), key.text[match.end() :]
