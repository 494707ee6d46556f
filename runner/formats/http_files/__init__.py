"""`.http` files of VS Code's REST Client and of JetBrains' HTTP Client → collections.

    text ─reading─▶ sections ─requests, bodies, scripts─▶ requests of a draft ◀─ captures that references ask for

A folder becomes a collection for each file.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial
from posixpath import join
from typing import Any

from runner.formats import json_text
from runner.formats.attached import Attachments
from runner.formats.bases import factor
from runner.formats.draft import Choices, Comment, Data, Foreign, ForeignFault, Imported, Names, Unique
from runner.formats.finishing import finish
from runner.formats.folders import File, each
from runner.formats.http_files import scripts
from runner.formats.http_files.context import Context
from runner.formats.http_files.environments import collect
from runner.formats.http_files.nodes import Section
from runner.formats.http_files.reading import read
from runner.formats.http_files.requests import request
from runner.formats.undefined import names_of
from runner.formats.variables import retype

#: A value that is another variable's, and of its type.
_PLACEHOLDER = re.compile(r"\{\{[^{}]*\}\}")
_BEGIN = "a request begins with a method and a URL: GET https://…"
_SHOWN = 40


def load(foreign: Foreign, choices: Choices) -> Imported:
    """The collection in a .http file, or those in all of a folder.

    Raises:
        ForeignFault: a file is none; with its line.
    """
    imported = Imported({})
    return each(foreign, (".http", ".rest"), imported, partial(_collection, foreign, choices, imported))


def _collection(foreign: Foreign, choices: Choices, imported: Imported, file: File) -> Data:
    sections = read(file.text)
    if not any(section.url for section in sections):
        stray = next((section for section in sections if section.strays), None)
        what, line = (f"{_shown(stray)} is no request", stray.line) if stray else ("there is no request in it", 0)
        raise ForeignFault(what, line, _BEGIN)
    names = Names()
    variables: Data = {}
    places = {section.name: place for place, section in enumerate(sections) if section.name}
    attachments = Attachments(foreign, imported, names, variables, file.folder)
    context = Context(
        imported, names, attachments, file.place, places, lambda path: foreign.read(join(file.folder, path))
    )
    shared, environments = collect(foreign, file.folder, choices, context)
    made: Data = {"name": file.name or "requests", "variables": variables, "secrets": {}, "environments": environments}
    variables |= shared
    changing = _file_variables(sections, variables, context)
    _kinds(sections, made, context)
    made["requests"] = list(_requests(sections, made, changing, context))
    _private(made, context)
    context.references.put(context.drafts)
    context.scripts.settle(made)
    factor(made)
    return finish(imported, made, names)


# --- variables -------------------------------------------------------------------------------------------------------

#: Variables of the file that change in it: place of the section → name and value.
Changing = dict[int, Data]


def _file_variables(sections: list[Section], variables: Data, context: Context) -> Changing:
    """Puts the file's variables into the collection; gives those that have several values, by section."""
    context.current = len(sections)  # a variable is used after it was written, and may refer to all requests
    found: dict[str, list[tuple[int, Any]]] = {}
    for place, section in enumerate(sections):
        for variable in section.variables:
            name = context.names(variable.name)
            found.setdefault(name, []).append((place, context.text(variable.value, variable.line)))
    changing: Changing = {}
    for name, values in found.items():
        if len({value for _, value in values}) == 1:
            variables[name] = values[0][1]
        else:
            for place, value in values:
                changing.setdefault(place, {})[name] = value
    return changing


def _kinds(sections: list[Section], made: Data, context: Context) -> None:
    """What is known of the types of variables: declared ones, and those that stand without quotes in JSON."""
    _drop_hidden(made, context)
    levels = [made["variables"], *made["environments"].values()]
    retype(set(_bare(sections, context)), levels)
    for level in levels:
        context.kinds.declare({name: value for name, value in level.items() if not _PLACEHOLDER.fullmatch(str(value))})
        for name, value in level.items():
            if _PLACEHOLDER.fullmatch(str(value)):
                context.kinds.add(name)
    scripts.read_all(sections, context)


def _drop_hidden(made: Data, context: Context) -> None:
    """The file's own variables win over those of environments; here it is the other way round."""
    for environment, values in made["environments"].items():
        for name in [name for name in values if name in made["variables"]]:
            del values[name]
            why = "the file has a variable of this name, which wins"
            context.imported.lose(f"environment '{environment}'", f"the value of '{name}'", why)


def _bare(sections: list[Section], context: Context) -> Iterator[str]:
    for section in sections:
        text = "\n".join(section.body)
        if text.lstrip()[:1] in ("{", "["):
            try:
                yield from json_text.bare_names(context.quietly(json_text.without_comments(text)))
            except json_text.NotJsonError:
                continue


def _private(made: Data, context: Context) -> None:
    """What stands in a private file of environments are secrets."""
    for name in context.private:
        for values in (made["variables"], *made["environments"].values()):
            if name in values:
                made["secrets"][name] = values.pop(name)


# --- requests --------------------------------------------------------------------------------------------------------


def _requests(sections: list[Section], made: Data, changing: Changing, context: Context) -> Iterator[Any]:
    unique = Unique()
    levels = [made["variables"], *made["environments"].values()]
    now: Data = {}
    for place, section in enumerate(sections):
        context.current = place
        now |= changing.get(place, {})
        yield from (Comment(text) for text in section.comments)
        for line, text in section.directives:
            context.lose(line, f"'{text}'", "other files and earlier responses are not brought in")
        if section.strays:
            context.lose(section.line, _shown(section), "it is no request, nor what follows", _BEGIN)
            yield Comment("\n".join(section.strays))
        if not section.url:
            continue
        item = request(section, unique(_name(section)), levels, context)
        if isinstance(item, dict):
            used = {name: now[name] for name in sorted(names_of(item) & set(now))}
            item |= {"variables": used} if used else {}
            context.drafts[section.name] = item
        yield item


def _name(section: Section) -> str:
    """The title, the name that others refer to, or `GET /users/{id}`."""
    titled = next((value for key, value, _ in section.settings if key == "title"), "")
    url = section.url.replace("{{", "{").replace("}}", "}")
    path = re.sub(r"^([A-Za-z][\w+.-]*://[^/?#]*|\{[^{}/]*\})", "", url).partition("?")[0]
    return section.title or titled or section.name or f"{section.method or 'GET'} {path or '/'}"


def _shown(section: Section) -> str:
    """The first line of what is no request."""
    line = section.strays[0].strip()
    return f"'{line[:_SHOWN]}…'" if len(line) > _SHOWN else f"'{line}'"
