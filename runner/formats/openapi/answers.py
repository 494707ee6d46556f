"""Responses → assertions: which status is a success, which headers there must be, which schema judges the body."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from runner.formats.draft import Data
from runner.formats.openapi.bodies import bare, is_json
from runner.formats.openapi.operations import Answer, Media, Operation
from runner.formats.openapi.parts import Part
from runner.formats.openapi.shapes import shape_of
from runner.language.data import path_text

#: Gives what `schema` says to judge by a schema, None where there is nothing to say.
Reference = Callable[[Part], str | None]


def expectations(operation: Operation, reference: Reference) -> Data:
    """The keys `assert`, `schema` and `follow_redirects` of an operation's request."""
    answers = successes(operation)
    asserts = _statuses([answer.status.upper() for answer in answers])
    asserts += _headers(answers[0]) if len(answers) == 1 else []
    expected: Data = {"assert": asserts or None}
    if answers and all(answer.status.startswith("3") for answer in answers):
        expected["follow_redirects"] = False
    if operation.method != "HEAD":
        expected["schema"] = _schema(answers, reference)
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


def _schema(answers: list[Answer], reference: Reference) -> str | None:
    """What judges the body; None where nothing does, which is told where a schema is lost by it."""
    media = [_judged(answer) for answer in answers]
    found = [each for each in media if each is not None]
    if not found:
        return None
    wanted = {reference(each.schema) for each in found}
    if len(wanted) == 1 and (len(found) == len(media)):
        return wanted.pop()
    statuses = " and ".join(answer.status for answer in answers)
    why = f"'schema' judges every answer, and those of {statuses} differ"
    found[0].schema.lose("the schema of a response", why, "expect one status, and name its schema")
    return None


def _judged(answer: Answer) -> Media | None:
    """The JSON of a response, which a schema can judge."""
    for media in answer.media:
        shape = shape_of(media.schema)
        if is_json(media.type) and not ("*" in media.type and (shape.is_binary or shape.type in ("string", ""))):
            return media if media.schema.value is not None else None
    for media in answer.media:
        shape = shape_of(media.schema)
        if media.schema.value is not None and shape.type not in ("", "string", "file"):
            media.part.lose(f"the schema of {bare(media.type)}", "only JSON is judged")
    return None
