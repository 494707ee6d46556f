"""Bruno's scripts, which are never run: read once each, in the order in which Bruno runs them.

A script of a folder or collection is done for each request in it: what it only asserts becomes `defaults.assert`, the
rest is put into every request.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from runner.formats.bruno.context import Context
from runner.formats.bruno.nodes import Collection, Folder, Request, Script, Shared
from runner.formats.draft import Comment, Data
from runner.formats.scripted import Code, Read
from runner.formats.scripts.bruno import DIALECT

_SETS = re.compile(r"bru\.set(?:Env|GlobalEnv|Collection|Request)?Var\(\s*(['\"`])(.*?)\1")
#: The phases of Bruno in the order in which they come.
_PHASES = ("pre-request", "post-response", "tests")


def names_set(script: Script) -> Iterator[str]:
    """The names of variables that a script gives a value."""
    return (match[2] for match in _SETS.finditer(script.code))


def read_all(collection: Collection, context: Context) -> None:
    """Reads every script of a collection."""
    facts = (("collectionName", collection.name),)
    _read_folder(collection.root, "collection", facts, context)


def _read_folder(folder: Folder, place: str, facts: tuple[tuple[str, str], ...], context: Context) -> None:
    _read(folder.shared, place, facts, context)
    for item in folder.items:
        if isinstance(item, Request):
            _read(item.shared, item.path, (*facts, ("requestName", item.name)), context)
        else:
            _read_folder(item, item.path, facts, context)


def _read(shared: Shared, place: str, facts: tuple[tuple[str, str], ...], context: Context) -> None:
    reads = [
        context.scripts.read(
            Code(script.code, "before" if phase == "pre-request" else "after", phase, place, facts), DIALECT
        )
        for phase in _PHASES
        for script in shared.scripts
        if script.phase == phase and script.code.strip()
    ]
    context.reads[id(shared)] = reads
    for script in shared.scripts:
        for name in names_set(script):
            context.kinds.note(context.names(name))


def _when(phase: str) -> str:
    return "before" if phase == "pre-request" else "after"


def done_around(shared: Shared, around: tuple[Read, ...], context: Context) -> tuple[Read, ...]:
    """The scripts that are done for a request: those around it that go before, its own, and those that come after."""
    own = context.reads[id(shared)]
    before = [read for read in around if read.is_before]
    after = [read for read in reversed(around) if not read.is_before]
    return (*before, *sorted((*own, *after), key=lambda read: _PHASES.index(read.code.word)))


def shared_by_all(shared: Shared, made: Data, context: Context) -> tuple[Read, ...]:
    """Puts what a folder's scripts only assert into its defaults; gives those that are put into each request."""
    own = context.reads[id(shared)]
    made["defaults"]["assert"] = context.scripts.judged(read for read in own if read.only_asserts)
    return tuple(read for read in own if not read.only_asserts)


def left_of(shared: Shared, context: Context) -> Iterator[Comment]:
    """What is left of the scripts of a folder or request."""
    return context.scripts.rest(context.reads[id(shared)])
