"""A foreign file is imported, or refused: the words are the same for all formats, and say what the file is instead.

    Foreign ─is it empty, no text, of another format?─▶ load of the format ─▶ Imported, with something in it

A format's own `load` says what is wrong within a file of it. A plugin's format says all of it itself.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from runner.formats.draft import Choices, Foreign, ForeignFault, Imported, count_requests
from runner.formats.recognition import Kind, json_kind, kind_of, no_text
from runner.formats.registry import function


class _Expected(NamedTuple):
    """What a format's file is, in words that follow "this is no"; `hint` says how such a file looks or is made.

    `takes_folders`: also a folder of such files. `lines`: nearly any text can be read as one, so a text that is
    known to be something else is not tried.
    """

    thing: str
    hint: str
    likely: str
    takes_folders: bool = False
    lines: bool = False


_BEGINS = "a request begins with a method and a URL: GET https://…"
_EXPECTED: Mapping[str, _Expected] = {
    "curl": _Expected("script of curl commands", "a command begins with curl", r"\.(sh|bash|bat|cmd|ps1)$", lines=True),
    "postman": _Expected(
        "Postman collection", "export it in Postman as Collection v2.1", r"(postman|collection).*\.json$"
    ),
    "openapi": _Expected(
        "OpenAPI document",
        "such a document is JSON or YAML, and says 'openapi: 3.1.0' or 'swagger: \"2.0\"'",
        r"(openapi|swagger|api).*\.(ya?ml|json)$",
    ),
    "har": _Expected("HAR", "save it with the browser's network panel", r"\.har$"),
    "bruno": _Expected(
        "file of Bruno", "name a .bru file, an OpenCollection, or a folder of them", r"\.bru$", takes_folders=True
    ),
    "http": _Expected(".http file", _BEGINS, r"\.(http|rest)$", takes_folders=True, lines=True),
    "insomnia": _Expected(
        "export of Insomnia", "export it as Insomnia v4 JSON or v5 YAML", r"insomnia.*\.(json|ya?ml)$"
    ),
    "hurl": _Expected("Hurl file", _BEGINS, r"\.hurl$", takes_folders=True, lines=True),
}


def load(format_name: str, foreign: Foreign, choices: Choices) -> Imported:
    """What a format makes of a foreign file.

    Raises:
        ForeignFault: it is none of the format, or there is no request in it.
        UsageError: nobody knows the format.
    """
    convert = function(format_name, "load")
    expected = _EXPECTED.get(format_name)
    if expected is None:
        imported: Imported = convert(foreign, choices)
        return imported
    if not foreign.entries:
        _refuse_others(foreign.text, format_name, expected)
    try:
        imported = convert(foreign, choices)
    except ForeignFault as fault:
        raise _told(fault, foreign.text, format_name, expected) from None
    if not imported.losses and not any(map(count_requests, (imported.collection, *imported.collections.values()))):
        raise ForeignFault("there is no request in it", hint=expected.hint)
    return imported


def refuse_folder(format_name: str, names: Sequence[str]) -> None:
    """For a folder that is named where a file is; `names` are those in it.

    Raises:
        ForeignFault: the format takes no folder, or there is nothing in it.
    """
    expected = _EXPECTED.get(format_name)
    if expected is None:
        return
    if not names:
        raise ForeignFault(f"this is no {expected.thing}: it is an empty folder", hint=expected.hint)
    if not expected.takes_folders:
        likely = next((name for name in sorted(names) if re.search(expected.likely, name, re.IGNORECASE)), "")
        hint = f"did you mean the file '{likely}' in it?" if likely else "name the file in it"
        raise ForeignFault(f"this is no {expected.thing}: it is a folder", hint=hint)


def _refuse_others(text: str, format_name: str, expected: _Expected) -> None:
    if not text.strip("\ufeff \t\r\n\f\v"):
        raise ForeignFault(f"this is no {expected.thing}: it is empty", hint=expected.hint)
    kind = (kind_of(text) or json_kind(text)) if expected.lines else no_text(text)
    if kind is not None and format_name not in kind.formats:
        raise _refusal(kind, expected)


def _told(fault: ForeignFault, text: str, format_name: str, expected: _Expected) -> ForeignFault:
    """A fault of a format in words that say what the text is, where that is something else, and what was expected."""
    kind = kind_of(text) if text else None
    if kind is not None and format_name not in kind.formats:
        return _refusal(kind, expected)
    unlike = kind is None and text and not expected.lines
    return ForeignFault(fault.message, fault.line, fault.hint or (expected.hint if unlike else ""))


def _refusal(kind: Kind, expected: _Expected) -> ForeignFault:
    return ForeignFault(f"this is no {expected.thing}: it is {kind.words}", hint=kind.hint or expected.hint)
