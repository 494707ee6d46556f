"""Bruno's scripts, which are never run: what each is, for those who read them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from runner.formats.bruno.context import Context
from runner.formats.bruno.nodes import Collection, Folder, Request, Script, Shared
from runner.formats.scripted import Code
from runner.formats.scripts.bruno import DIALECT

_SETS = re.compile(r"bru\.set(?:Env|GlobalEnv|Collection|Request)?Var\(\s*(['\"`])(.*?)\1")
#: The phases of Bruno in the order in which they come.
PHASES = ("pre-request", "post-response", "tests")
_Facts = tuple[tuple[str, str], ...]


def names_set(script: Script) -> Iterator[str]:
    """The names of variables that a script gives a value."""
    return (match[2] for match in _SETS.finditer(script.code))


def read_all(collection: Collection, context: Context) -> None:
    """Reads every script of a collection."""
    _read_folder(collection.root, "collection", (("collectionName", collection.name),), context)


def _read_folder(folder: Folder, place: str, facts: _Facts, context: Context) -> None:
    _read(folder.shared, place, facts, context)
    for item in folder.items:
        if isinstance(item, Request):
            _read(item.shared, item.path, (*facts, *_facts(item)), context)
        else:
            _read_folder(item, item.path, facts, context)


def _facts(item: Request) -> Iterator[tuple[str, str]]:
    """What scripts see of their request before it is sent."""
    yield "requestName", item.name
    yield "method", item.method
    yield "url", item.url
    if item.body is not None and item.body.mode in ("json", "text", "xml"):
        yield "body", item.body.text


def _read(shared: Shared, place: str, facts: _Facts, context: Context) -> None:
    known = [script for script in shared.scripts if script.phase in PHASES]
    codes = [Code(each.code, each.phase, place, each.phase == PHASES[0], DIALECT, facts) for each in known]
    context.scripts.read(shared, codes)
    for script in shared.scripts:
        for name in names_set(script):
            context.kinds.note(context.names(name))
