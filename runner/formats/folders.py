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

    Raises:
        ForeignFault: there is no such file, or one is none of the format.
    """
    if not foreign.entries:
        imported.collection = convert(File(foreign.name, foreign.text, "", f"{foreign.name}{endings[0]}"))
        return imported
    found = dict(_converted(foreign, endings, convert))
    if not found:
        raise ForeignFault(f"there is no file {' or '.join(endings)} in it")
    first = next(iter(found))
    imported.collection = found.pop(first)
    imported.collections = found
    return imported


def _converted(
    foreign: Foreign, endings: tuple[str, ...], convert: Callable[[File], Data]
) -> Iterator[tuple[str, Data]]:  # fmt: skip
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
            raise ForeignFault(f"{path}: {fault.message}", fault.line, fault.hint) from None
        except ValueError as error:
            raise ForeignFault(f"{path}: {error}") from None
