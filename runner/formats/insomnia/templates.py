"""Insomnia's templates, which are Nunjucks: `{{ _.user.name | upper }}`, `{% response 'body', 'req_1', '$.id' %}`.

Variables, a few filters, and the tags for which there is an expression or a capture. Nothing is run.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Mapping
from typing import NamedTuple

from runner.formats import dynamic, jsonpath
from runner.formats.captured import Reference
from runner.formats.draft import usable_name
from runner.formats.jsonpath import UntranslatableError
from runner.formats.texts import call, constant, name

PLACEHOLDER = re.compile(r"\{\{-?\s*(?P<variable>.*?)\s*-?\}\}|\{%-?\s*(?P<tag>.*?)\s*-?%\}", re.DOTALL)
_HEAD = re.compile(r"(?:_\s*(?:\.\s*|(?=\[)))?(?:([A-Za-z_$][\w$-]*)|\[\s*(?:'([^']*)'|\"([^\"]*)\")\s*\])")
_STEP = re.compile(r"\s*(?:\.\s*([A-Za-z_$][\w$]*)|\[\s*(?:(-?\d+)|'([^']*)'|\"([^\"]*)\")\s*\])")
_FILTER = re.compile(r"\s*\|\s*([A-Za-z_]\w*)\s*(?:\(\s*(.*?)\s*\))?")
_ARGUMENT = re.compile(r"\s*('(?:\\.|[^'\\])*'|\"(?:\\.|[^\"\\])*\"|[^,'\"]+)\s*(?:,|$)")
_BASE64 = re.compile(r"b64::(.*?)::46b", re.DOTALL)
_FILTERS = {"upper": "upper", "lower": "lower", "trim": "trim", "urlencode": "url_encode", "length": "length",
            "string": "to_string", "dump": "to_string", "int": "to_number", "float": "to_number"}  # fmt: skip
_HASHES = {"sha256": "sha256", "md5": "md5"}
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")

#: Expression of a variable by its foreign name.
Variable = Callable[[str], str]


def variable(inner: str, ours: Variable) -> str:
    """The expression for what stands in `{{ }}`.

    Raises:
        UntranslatableError: it is more than a path with filters.
    """
    literal = _constant(inner)
    if literal is not None:
        return literal
    head = _HEAD.match(inner)
    if head is None:
        raise UntranslatableError("it is more than the name of a variable")
    written = ours(head[1] or head[2] or head[3])
    position = head.end()
    while step := _STEP.match(inner, position):
        key = step[1] or step[3] or step[4]
        written += f"[{step[2]}]" if step[2] else f".{name(key)}"
        position = step.end()
    while found := _FILTER.match(inner, position):
        written = _filtered(written, found[1], found[2], ours)
        position = found.end()
    if inner[position:].strip():
        raise UntranslatableError(f"'{inner[position:].strip()[:40]}' is not understood")
    return written


def _filtered(expression: str, filter_: str, argument: str | None, ours: Variable) -> str:
    if filter_ == "default" and argument:
        return f"{expression} || {_value(argument, ours)}"
    if filter_ not in _FILTERS or argument:
        raise UntranslatableError(f"there is no filter '{filter_}' here")
    return call(_FILTERS[filter_], expression)


def _constant(text: str) -> str | None:
    text = text.strip()
    if len(text) > 1 and text[0] == text[-1] and text[0] in "'\"":
        return constant(_unescaped(text[1:-1]))
    if _NUMBER.fullmatch(text) or text in ("true", "false"):
        return f"`{text}`"
    return None


def _unescaped(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text)


def _value(text: str, ours: Variable) -> str:
    return variable(text.strip(), ours)


# --- tags ----------------------------------------------------------------------------------------------------------


class Tag(NamedTuple):
    """What a tag comes to: an expression with the type of its value, or a reference to another request's response."""

    expression: str = ""
    kind: str = "string"
    reference: Reference | None = None


def tag(inner: str, ours: Variable) -> Tag:
    """What stands in `{% %}`.

    Raises:
        UntranslatableError: there is nothing like it here.
    """
    word, _, rest = inner.partition(" ")
    make = _TAGS.get(word)
    if make is None:
        raise UntranslatableError(f"there is nothing like the tag '{word}'")
    return make([match[1].strip() for match in _ARGUMENT.finditer(rest) if match[1].strip()], ours)


def _text(arguments: list[str], place: int, otherwise: str = "") -> str:
    """An argument that is a text, as it was meant: Insomnia hides some in base64."""
    if place >= len(arguments):
        return otherwise
    argument = arguments[place]
    if not (len(argument) > 1 and argument[0] == argument[-1] and argument[0] in "'\""):
        raise UntranslatableError("an argument of it comes from a variable")
    found = _unescaped(argument[1:-1])
    hidden = _BASE64.fullmatch(found)
    if hidden is None:
        return found
    try:
        return base64.b64decode(hidden[1]).decode()
    except ValueError:
        raise UntranslatableError("an argument of it is no base64") from None


def _response(arguments: list[str], ours: Variable) -> Tag:
    part, request, path = (_text(arguments, place) for place in range(3))
    if not request:
        raise UntranslatableError("it names no request")
    like = re.findall(r"[A-Za-z_]\w*", path)
    name_ = usable_name(f"{like[-1] if like else part}")
    if part == "header":
        return Tag(reference=Reference(request, f"headers.{name(path.strip().lower())}", name_))
    if part == "url":
        return Tag(reference=Reference(request, "url", "response_url"))
    if part == "raw" or not path.strip():
        return Tag(reference=Reference(request, "text", "response_text"))
    if path.lstrip().startswith("/"):
        raise UntranslatableError("XPath has no counterpart; `xml(text)` gives the document as an object")
    found = jsonpath.translate((path.strip(),), "body")
    expression = f"{found.expression} | [0]" if found.is_list else found.expression  # the first is taken
    return Tag(reference=Reference(request, expression, name_))


def _uuid(arguments: list[str], ours: Variable) -> Tag:
    return Tag("uuid()")


def _now(arguments: list[str], ours: Variable) -> Tag:
    form = _text(arguments, 0, "iso-8601")
    if form == "iso-8601":
        return Tag("now()")
    if form == "unix":
        return Tag("timestamp()", "number")
    if form == "millis":
        return Tag("multiply(timestamp(), `1000`)", "number")
    raise UntranslatableError(f"the form '{form}' of a time; `date_format(now(), '…')` writes one")


def _base64(arguments: list[str], ours: Variable) -> Tag:
    action = _text(arguments, 0)
    if len(arguments) < 3 or action not in ("encode", "decode") or _text(arguments, 1) == "hex":
        raise UntranslatableError("this base64 is none that is known here")
    return Tag(call("base64" if action == "encode" else "base64_decode", _value(arguments[2], ours)))


def _hash(arguments: list[str], ours: Variable) -> Tag:
    algorithm, encoding = _text(arguments, 0), _text(arguments, 1)
    if algorithm not in _HASHES or encoding != "hex" or len(arguments) < 3:
        raise UntranslatableError(f"there is no {algorithm} in {encoding} here")
    return Tag(call(_HASHES[algorithm], _value(arguments[2], ours)))


def _jsonpath(arguments: list[str], ours: Variable) -> Tag:
    if len(arguments) < 2:
        raise UntranslatableError("its path is missing")
    found = jsonpath.translate((_text(arguments, 1),), call("parse_json", _value(arguments[0], ours)))
    return Tag(f"{found.expression} | [0]" if found.is_list else found.expression, "")


def _faker(arguments: list[str], ours: Variable) -> Tag:
    found = dynamic.find(_text(arguments, 0))
    if found is None:
        raise UntranslatableError("there is no such random word here")
    return Tag(*found)


_TAGS: Mapping[str, Callable[[list[str], Variable], Tag]] = {
    "response": _response,
    "uuid": _uuid,
    "now": _now,
    "timestamp": _now,
    "base64": _base64,
    "hash": _hash,
    "jsonpath": _jsonpath,
    "faker": _faker,
}
