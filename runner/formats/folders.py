"""A folder of foreign files, each of which becomes a collection of its own; or a single file."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from posixpath import basename, dirname, join, splitext
from typing import NamedTuple

from runner.formats.draft import Data, Foreign, ForeignFault, Imported, safe_stem


class File(NamedTuple):
    """A foreign file: `folder` is where it lies, `place` how it is named to people."""

    name: str
    text: str
    folder: str
    place: str


def each(foreign: Foreign, endings: tuple[str, ...], imported: Imported, convert: Callable[[File], Data]) -> Imported:
    """Gives `imported` a collection for each file of these endings; the first is the one that is named.

    In a folder a file that is none of the format is a loss; the others are imported.

    Raises:
        ForeignFault: there is no such file, or none is of the format.
    """
    if not foreign.entries:
        imported.collection = convert(File(foreign.name, foreign.text, "", f"{foreign.name}{endings[0]}"))
        return imported
    broken: list[ForeignFault] = []
    found = dict(_converted(foreign, endings, convert, broken))
    if not found:
        raise broken[0] if broken else ForeignFault(f"there is no file {' or '.join(endings)} in it")
    for fault in broken:
        imported.lose(fault.hint, "a file", fault.message, "mend it, and import again")
    first = next(iter(found))
    imported.collection = found.pop(first)
    imported.collections = found
    return imported


def _converted(
    foreign: Foreign, endings: tuple[str, ...], convert: Callable[[File], Data], broken: list[ForeignFault]
) -> Iterator[tuple[str, Data]]:  # fmt: skip
    """Each collection with its path; faults with the place in their hint."""
    taken: set[str] = set()
    for path in foreign.entries:
        name, ending = splitext(basename(path))
        if ending not in endings:
            continue
        own, number = join(dirname(path), f"{safe_stem(name)}.yaml"), 2
        while own in taken:
            own, number = join(dirname(path), f"{safe_stem(name)}-{number}.yaml"), number + 1
        taken.add(own)
        try:
            yield own, convert(File(name, foreign.read(path), dirname(path), path))
        except ForeignFault as fault:
            broken.append(ForeignFault(fault.message, fault.line, f"{path}:{fault.line}" if fault.line else path))
        except ValueError as error:
            broken.append(ForeignFault(str(error), 0, path))
