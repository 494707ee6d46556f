"""Headers, queries, forms, cookies of foreign files → mappings of a draft.

Repeated names become lists, entries that are switched off become comments at their place. This file knows no foreign
format.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from runner.formats.draft import Comment, Data, Disabled
from runner.formats.texts import Parts, spliced


class Entry(NamedTuple):
    """A name with its value; `comment` stands before it."""

    name: Parts
    value: Parts
    disabled: bool = False
    comment: str = ""


def mapping(entries: Iterable[Entry], *, fold: bool = False) -> Data:
    """The entries by name; with `fold` names are the same whatever their case, as those of headers are."""
    made: Data = {}
    keys: dict[str, str] = {}
    for entry in entries:
        if entry.comment:
            made[Comment(entry.comment)] = None
        name, value = spliced(entry.name), spliced(entry.value)
        if entry.disabled:
            made[Disabled({name: value})] = None
            continue
        key = keys.setdefault(name.lower() if fold else name, name)
        if key in made:
            made[key] = [*(made[key] if isinstance(made[key], list) else [made[key]]), value]
        else:
            made[key] = value
    return made


def is_sent(made: Data) -> bool:
    """Whether anything is in a mapping but comments."""
    return any(not isinstance(key, (Comment, Disabled)) for key in made)
