"""Hurl files → collections: https://hurl.dev/docs/hurl-file.html

    text ─reading─▶ entries ─requests, options, predicates◀queries─▶ requests of a draft

A folder becomes a collection for each file, since each Hurl file has variables and cookies of its own.
"""

from __future__ import annotations

from functools import partial
from posixpath import join
from typing import Any

from runner.formats.attached import Attachments
from runner.formats.bases import factor
from runner.formats.draft import Choices, Comment, Data, Foreign, Imported, Names
from runner.formats.finishing import finish
from runner.formats.folders import File, each
from runner.formats.hurl.context import Context
from runner.formats.hurl.environments import environments, shared
from runner.formats.hurl.reading import read
from runner.formats.hurl.requests import Converter


def load(foreign: Foreign, choices: Choices) -> Imported:
    """The collection in a Hurl file, or those in all of a folder.

    Raises:
        ForeignFault: a file is no Hurl file; with its line.
    """
    imported = Imported({})
    return each(foreign, (".hurl",), imported, partial(_collection, foreign, choices, imported))


def _collection(foreign: Foreign, choices: Choices, imported: Imported, file: File) -> Data:
    entries, remarks = read(file.text)
    names = Names()
    environs = environments(choices, names)
    variables = {name: value for name, value in shared(entries, file.text, names).items() if not _has(environs, name)}
    attachments = Attachments(foreign, imported, names, variables, file.folder)
    context = Context(imported, names, dict(variables), attachments, file.place)
    for values in environs.values():
        context.kinds.declare(values)
    converter = Converter(context, lambda path: foreign.content(join(file.folder, path)))
    requests: list[Any] = [item for entry in entries for item in converter.request(entry)]
    requests += [Comment(remark.text) for remark in remarks]
    made: Data = {
        "name": file.name or "requests",
        "variables": variables,
        "environments": environs,
        "defaults": {"follow_redirects": False},
        "requests": requests,
    }
    factor(made)
    return finish(imported, made, names)


def _has(environs: dict[str, Data], name: str) -> bool:
    return any(name in values for values in environs.values())
