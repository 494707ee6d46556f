"""Insomnia's scripts, which are never run: what each is, for those who read them."""

from __future__ import annotations

import re

from runner.formats.insomnia.context import Context
from runner.formats.insomnia.nodes import Group, Request
from runner.formats.scripted import Code
from runner.formats.scripts.insomnia import DIALECT, TESTS

#: The phases of Insomnia in the order in which they come.
PHASES = ("pre-request", "after-response", "test")
_SETS = re.compile(
    r"(?:insomnia|pm)\.(?:environment|baseEnvironment|collectionVariables|variables|globals|baseGlobals)\.set\(\s*"
    r"(['\"`])(.*?)\1"
)


def read_all(group: Group, place: str, context: Context) -> None:
    """Reads every script of a group and of all in it."""
    for item in group.items:
        here = f"{place} / {item.name}" if place else item.name
        _read(item, here, context)
        if isinstance(item, Group):
            read_all(item, here, context)


def _read(item: Group | Request, place: str, context: Context) -> None:
    facts = (("requestName", item.name), ("id", item.id)) if isinstance(item, Request) else ()
    codes = [
        Code(each.code, each.phase, place, each.phase == PHASES[0], TESTS if each.phase == "test" else DIALECT, facts)
        for each in item.scripts
    ]
    context.scripts.read(item, codes)
    for script in item.scripts:
        for match in _SETS.finditer(script.code):
            context.kinds.note(context.names(match[2]))
