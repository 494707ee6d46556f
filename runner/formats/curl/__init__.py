"""curl commands ↔ collections: https://curl.se/docs/manpage.html

    text ─dialects─▶ script ─scripts─▶ commands ─options, requests─▶ requests of a draft ─shared─▶ collection
    plan ─script_out─▶ a script of a POSIX shell

A script of bash (or another POSIX shell), of cmd or of PowerShell; from a terminal, a document, or a browser's "copy
as cURL".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from runner.formats.bases import factor
from runner.formats.curl.dialects import READERS, dialect, repaired
from runner.formats.curl.helpers import without_helpers
from runner.formats.curl.requests import Converter
from runner.formats.curl.scripts import Reader
from runner.formats.curl.shared import share
from runner.formats.curl.values import Values
from runner.formats.draft import Choices, Comment, Data, Foreign, ForeignFault, Imported
from runner.formats.finishing import finish

if TYPE_CHECKING:
    from runner.engine.plan import Plan
    from runner.formats.exported import Exported


def load(foreign: Foreign, choices: Choices) -> Imported:
    """The collection of the curl commands in a file.

    Raises:
        ForeignFault: a quote is never closed, or there is no curl command in it.
    """
    if "curl" not in foreign.text.lower():  # else prose with an apostrophe in it is a quote that is never closed
        raise _none()
    imported = Imported({})
    text, change = repaired(without_helpers(foreign.text))
    if change:
        imported.lose("the file", "its notation", f"{change}, as in a document", "compare the result with it")
    variables: Data = {}
    secrets: Data = {}
    values = Values(imported, variables, secrets)
    reader = Reader(Converter(foreign, values))
    reader.read(READERS[dialect(text)](text))
    if not reader.found:
        raise _none()
    made = _collection(foreign.name, variables, secrets, reader.items)
    imported.collection = finish(imported, made, values.names)
    imported.losses = list(dict.fromkeys(imported.losses))  # several URLs of a command lose the same
    return imported


def _none() -> ForeignFault:
    return ForeignFault("there is no curl command in it", hint="a command begins with curl")


def dump(plan: Plan) -> Exported:
    """The shell script that sends the requests of a plan."""
    from runner.formats.curl.script_out import script

    return script(plan)


def _collection(name: str, variables: Data, secrets: Data, items: list[Any]) -> Data:
    made: Data = {"name": name or "requests", "variables": variables, "secrets": secrets, "requests": items}
    while items and isinstance(items[-1], Comment):  # nothing comes after them
        items.pop()
    factor(made)
    share(made)
    return made
