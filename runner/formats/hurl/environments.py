"""Files of variables (`name=value` lines) as environments; variables of options that are the same for a whole file."""

from __future__ import annotations

import re
from collections.abc import Mapping

from runner.formats.draft import Choices, Data, ForeignFault, Names
from runner.formats.hurl.nodes import Capture, Entry, Pair
from runner.formats.hurl.options import cut, inferred
from runner.formats.texts import Parts, is_literal, plain


def environments(choices: Choices, names: Names) -> dict[str, Data]:
    """An environment for each file of variables that the command line names.

    Raises:
        ForeignFault: a line of it is no `name=value`.
    """
    return {name: dict(_variables(name, text, names)) for name, text in choices.environments}


def _variables(file: str, text: str, names: Names) -> Mapping[str, object]:
    found: Data = {}
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip() and not line.lstrip().startswith("#"):
            name, equals, value = line.partition("=")
            if not equals or not name.strip():
                raise ForeignFault(f"{file}, line {number}: '{line.strip()}' is no variable", 0, "write name=value")
            found[names(name.strip())] = inferred((value.strip(),))
    return found


def shared(entries: tuple[Entry, ...], text: str, names: Names) -> Data:
    """Variables that one option sets, before they are used: they may as well stand in the collection."""
    captured = {plain(line.name) for entry in entries for line in _captures(entry)}
    places: dict[str, list[tuple[int, Parts]]] = {}
    for entry in entries:
        for pair in entry.sections.get("options", ()):
            if isinstance(pair, Pair) and plain(pair.name) == "variable":
                name, value = cut(pair.value, "=")
                places.setdefault(plain(name).strip(), []).append((entry.line, value))
    lines = text.splitlines()
    return {
        names(name): inferred(found[0][1])
        for name, found in places.items()
        if len(found) == 1
        and name not in captured
        and is_literal(found[0][1])
        and not _is_used(name, lines[: found[0][0] - 1])
    }


def _captures(entry: Entry) -> list[Capture]:
    return [line for line in entry.response.captures if isinstance(line, Capture)] if entry.response else []


def _is_used(name: str, lines: list[str]) -> bool:
    use = re.compile(rf"\{{\{{\s*{re.escape(name)}\s*\}}\}}|variable\s+\"{re.escape(name)}\"")
    return any(use.search(line) for line in lines)
