"""Hurl files → collections: https://hurl.dev/docs/hurl-file.html

    text ─reading─▶ entries ─requests, options, predicates◀queries─▶ requests of a draft

A folder becomes a collection for each file, since each Hurl file has variables and cookies of its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from posixpath import basename, dirname, join
from typing import Any

from runner.formats.attached import Attachments
from runner.formats.bases import factor
from runner.formats.draft import Choices, Comment, Data, Foreign, ForeignFault, Imported, Names, safe_stem
from runner.formats.finishing import finish
from runner.formats.hurl.environments import environments, shared
from runner.formats.hurl.reading import read
from runner.formats.hurl.requests import Converter

_ENDING = ".hurl"


def load(foreign: Foreign, choices: Choices) -> Imported:
    """The collections in a Hurl file, or in all of a folder.

    Raises:
        ForeignFault: a file is no Hurl file; with its line.
    """
    if not foreign.entries:
        imported = Imported({})
        imported.collection = _collection(foreign, foreign.name, foreign.text, "", choices, imported)
        return imported
    paths = [path for path in foreign.entries if path.endswith(_ENDING)]
    if not paths:
        raise ForeignFault(f"there is no file {_ENDING} in it")
    imported = Imported({})
    collections = dict(_of_folder(foreign, paths, choices, imported))
    first = next(iter(collections))
    imported.collection = collections.pop(first)
    imported.collections = collections
    return imported


def _of_folder(foreign: Foreign, paths: list[str], choices: Choices, imported: Imported) -> Iterator[tuple[str, Data]]:
    taken: set[str] = set()
    for path in paths:
        name = basename(path).removesuffix(_ENDING)
        own, number = join(dirname(path), f"{safe_stem(name)}.yaml"), 2
        while own in taken:
            own, number = join(dirname(path), f"{safe_stem(name)}-{number}.yaml"), number + 1
        taken.add(own)
        try:
            yield own, _collection(foreign, name, foreign.read(path), dirname(path), choices, imported, path)
        except ForeignFault as fault:
            raise ForeignFault(f"{path}: {fault.message}", fault.line, fault.hint) from None
        except ValueError as error:
            raise ForeignFault(f"{path}: {error}") from None


def _collection(
    foreign: Foreign, name: str, text: str, folder: str, choices: Choices, imported: Imported, path: str = ""
) -> Data:
    entries, remarks = read(text)
    names = Names()
    environs = environments(choices, names)
    variables = {name: value for name, value in shared(entries, text, names).items() if not _has(environs, name)}
    attachments = Attachments(foreign, imported, names, variables, folder)
    place = path or f"{foreign.name}{_ENDING}"
    read_file = partial(_beside, foreign, folder)
    converter = Converter(imported, names, dict(variables), attachments, read_file, place)
    for values in environs.values():
        converter.kinds.declare(values)
    requests: list[Any] = [item for entry in entries for item in converter.request(entry)]
    requests += [Comment(remark.text) for remark in remarks]
    made: Data = {
        "name": name or "requests",
        "variables": variables,
        "environments": environs,
        "defaults": {"follow_redirects": False},
        "requests": requests,
    }
    factor(made)
    return finish(imported, made, names)


def _has(environs: dict[str, Data], name: str) -> bool:
    return any(name in values for values in environs.values())


def _beside(foreign: Foreign, folder: str, path: str) -> bytes:
    return foreign.content(join(folder, path))
