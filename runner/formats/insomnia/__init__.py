"""Insomnia exports → collections: version 4 (JSON) and version 5 (YAML).

    text ─reading─▶ workspaces ─requests, auth, templates─▶ drafts ◀─ captures that response tags ask for

https://docs.insomnia.rest/insomnia/import-export-data
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from runner.formats import json_text
from runner.formats.attached import Attachments
from runner.formats.draft import Choices, Data, Foreign, Imported, Names, Unique, safe_stem
from runner.formats.finishing import finish
from runner.formats.foreign_yaml import text
from runner.formats.insomnia import auth, scripts
from runner.formats.insomnia.context import Context
from runner.formats.insomnia.nodes import Environment, Group, Request, Workspace
from runner.formats.insomnia.reading import environment, workspaces
from runner.formats.insomnia.requests import headers, request
from runner.formats.scripted import Read
from runner.formats.variables import retype


def load(foreign: Foreign, choices: Choices) -> Imported:
    """The collections in an export, one for each workspace with requests.

    Raises:
        ForeignFault: it is none.
    """
    imported = Imported({})
    given = [found for name, content in choices.environments for found in environment(content, name)]
    drafts = [_draft(workspace, given, foreign, imported) for workspace in workspaces(foreign.text, foreign.name)]
    imported.collection = drafts[0]
    for draft in drafts[1:]:
        imported.collections[_path(str(draft["name"]), imported)] = draft
    return imported


def _path(name: str, imported: Imported) -> str:
    stem = safe_stem(name)
    path, number = f"{stem}.yaml", 2
    while path in imported.collections or path == f"{safe_stem(str(imported.collection['name']))}.yaml":
        path, number = f"{stem}-{number}.yaml", number + 1
    return path


def _draft(workspace: Workspace, given: list[Environment], foreign: Foreign, imported: Imported) -> Data:
    names = Names()
    name = Unique()(workspace.name, "Insomnia collection")
    made: Data = {"name": name, "description": workspace.root.description, "variables": {}}
    places = {item.id: place for place, item in enumerate(_requests(workspace.root))}
    context = Context(imported, names, Attachments(foreign, imported, names, made["variables"]), places)
    context.current = len(places)  # variables are used after all
    made["variables"] |= _variables(workspace.base, context, "base environment")
    environments = [*workspace.environments, *given]
    made["environments"] = {
        name: _variables(found.variables, context, f"environment '{name}'") for name, found in _named(environments)
    }
    context.levels += [made["variables"], *made["environments"].values()]
    retype(set(_bare(workspace, context)), context.levels)
    for level in context.levels:
        _note_kinds(level, context)
    scripts.read_all(workspace.root, "", context)
    made["requests"] = _items(workspace.root, "", False, [], context)
    context.references.put(context.drafts)
    context.scripts.settle(made)
    _tell(workspace, context)
    return finish(imported, made, names)


def _tell(workspace: Workspace, context: Context) -> None:
    if workspace.cookies:
        why = "a cookie jar begins empty, and is filled by responses"
        context.lose("cookie jar", "what is in it", why, "set `cookies` on the requests that need them")
    for name, kind in workspace.others:
        context.lose(name or kind, f"a thing of type '{kind}'", "there is nothing for it in a request file")


# --- what is known before -------------------------------------------------------------------------------------------


def _requests(group: Group) -> Iterator[Request]:
    for item in group.items:
        if isinstance(item, Request):
            yield item
        else:
            yield from _requests(item)


def _bare(workspace: Workspace, context: Context) -> Iterator[str]:
    """The variables that stand without quotes in JSON bodies."""
    quiet = Context(Imported({}), context.names, context.attachments, {})
    for item in _requests(workspace.root):
        content = text(item.body.get("text"))
        if content.lstrip()[:1] in ("{", "["):
            try:
                yield from json_text.bare_names(quiet.parts(json_text.without_comments(content), ""))
            except json_text.NotJsonError:
                continue


def _named(environments: list[Environment]) -> Iterator[tuple[str, Environment]]:
    unique = Unique()
    return ((unique(found.name, "environment"), found) for found in environments)


def _variables(found: Any, context: Context, place: str) -> Data:
    return {context.names(str(name)): context.value(value, place) for name, value in found.items()}


def _note_kinds(level: Data, context: Context) -> None:
    """A value that is a template may be anything."""
    for name, value in level.items():
        if isinstance(value, str) and value.startswith("{{"):
            context.kinds.add(name)
        else:
            context.kinds.declare({name: value})


# --- parts ---------------------------------------------------------------------------------------------------------


def _items(group: Group, place: str, has_auth: bool, around: list[Read], context: Context) -> list[Any]:
    unique = Unique()
    made: list[Any] = []
    for item in group.items:
        here = f"{place} / {item.name}" if place else item.name
        if isinstance(item, Group):
            made.append(_group(item, unique(item.name, "Folder"), here, has_auth, around, context))
            continue
        context.current = context.references.requests[item.id]
        made += context.scripts.with_sent(request(item, unique, here, has_auth, around, context))
    return made


def _group(group: Group, name: str, place: str, has_auth: bool, around: list[Read], context: Context) -> Data:
    made: Data = {"name": name, "description": group.description}
    made["variables"] = _variables(group.variables, context, place)
    context.levels.append(made["variables"])
    _note_kinds(made["variables"], context)
    made["auth"] = auth.block(group.auth, has_auth, context, place)
    made["defaults"] = {"headers": headers(group.headers, context, place)}
    inherits = isinstance(made["auth"], dict) or (has_auth and made["auth"] is None)
    around = [*around, *context.scripts.for_all(group, made["defaults"])]
    requests = _items(group, place, inherits, around, context)
    made |= dict.fromkeys(context.scripts.left_of(group))
    made["requests"] = requests
    return made
