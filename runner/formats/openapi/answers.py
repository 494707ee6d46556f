"""Responses → assertions: which status is a success, which headers there must be, which schema judges the body."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

from runner.formats.draft import Data
from runner.formats.openapi.bodies import bare, is_json
from runner.formats.openapi.operations import Answer, Operation
from runner.formats.openapi.parts import Part
from runner.formats.openapi.shapes import shape_of
from runner.language.data import path_text

#: Gives what `schema` says to judge by any of several schemas, of which None allows no body; None where it would let
#: everything pass. The text is what they are of.
Reference = Callable[[Sequence[Part | None], str], str | None]


def expectations(operation: Operation, reference: Reference) -> Data:
    """The keys `assert`, `schema` and `follow_redirects` of an operation's request."""
    answers = successes(operation)
    asserts = _statuses([answer.status.upper() for answer in answers])
    asserts += _headers(answers[0]) if len(answers) == 1 else []
    expected: Data = {"assert": asserts or None}
    if answers and all(answer.status.startswith("3") for answer in answers):
        expected["follow_redirects"] = False
    if operation.method != "HEAD":
        expected["schema"] = _schema(answers, reference, operation.part.text("operationId") or operation.label)
    return expected


def successes(operation: Operation) -> list[Answer]:
    """The responses that a request hopes for: 2xx, else 3xx, else the only one that there is, `default`."""
    for first in "23":
        found = [answer for answer in operation.answers if re.fullmatch(rf"{first}(\d\d|XX)", answer.status.upper())]
        if found:
            return found
    return [answer for answer in operation.answers if answer.status == "default" and len(operation.answers) == 1]


def accepted(operation: Operation) -> str:
    """The media type to ask for: JSON where a success has it, else the first one; empty where none is named."""
    types = [media.type for answer in successes(operation) for media in answer.media]
    return next((name for name in types if is_json(name) and "*" not in name), next(iter(types), ""))


def _statuses(statuses: list[str]) -> list[Any]:
    if any(status.endswith("XX") for status in statuses):
        first = statuses[0][0]
        return [f"status >= `{first}00` && status < `{int(first) + 1}00`"]
    numbers = [int(status) for status in statuses if status.isdigit()]
    return [{"status": numbers[0] if len(numbers) == 1 else numbers}] if numbers else []


def _headers(answer: Answer) -> list[str]:
    """Headers that are always there."""
    found = []
    for name, written in answer.part.at("headers").entries():
        header = written.follow()
        if header is not None and header.is_true("required") and name.lower() != "content-type":
            found.append(f"{path_text(('headers', name.lower()))} != `null`")
    return found


def _schema(answers: list[Answer], reference: Reference, name: str) -> str | None:
    """What judges the body: the schema of any success; None where one may be anything, by which others are lost."""
    schemas = [_judged(answer) for answer in answers]
    found = [schema for schema in schemas if schema is not None]
    wanted = reference(schemas, name) if found else None
    open_ = next((part for part in found if part.value is None), None)
    if wanted is None and open_ is not None:
        for part in (part for part in found if part.value is not None):
            part.lose("the schema of a response", f"another answer, {open_.pointer}, may be anything")
    return wanted


def _judged(answer: Answer) -> Part | None:
    """The schema of a response's JSON; None where it has no JSON."""
    for media in answer.media:
        shape = shape_of(media.schema)
        if shape.is_binary:
            continue
        if is_json(media.type) and not ("*" in media.type and shape.type in ("string", "")):
            return media.schema
    for media in answer.media:
        shape = shape_of(media.schema)
        if media.schema.value is not None and shape.type not in ("", "string", "file"):
            media.part.lose(f"the schema of {bare(media.type)}", "only JSON is judged")
    return None
