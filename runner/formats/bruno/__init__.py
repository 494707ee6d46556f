"""Bruno collections → collections: folders of .bru files, and OpenCollection YAML.

    files ─tree─▶ collections ◀─bru, bru_files, opencollection─ nodes ─requests, auth, assertions─▶ a draft

https://docs.usebruno.com/bru-lang/overview, https://spec.opencollection.com
"""

from __future__ import annotations

from collections.abc import Iterator
from posixpath import join
from typing import Any

from runner.formats import json_text
from runner.formats.attached import Attachments
from runner.formats.bruno import auth, scripts
from runner.formats.bruno.context import Context
from runner.formats.bruno.nodes import Collection, Environment, Folder, Request, Shared
from runner.formats.bruno.requests import headers, request, variables
from runner.formats.bruno.tree import collections
from runner.formats.draft import Choices, Comment, Data, Foreign, Imported, Names, Unique, safe_stem
from runner.formats.finishing import finish
from runner.formats.scripted import Read
from runner.formats.sealing import from_environment
from runner.formats.variables import retype


def load(foreign: Foreign, choices: Choices) -> Imported:
    """The collections in a folder of Bruno's files, or in one file.

    Raises:
        ForeignFault: there is none; with the line where a single file is broken.
    """
    imported = Imported({})
    found = [(collection, _draft(collection, foreign, imported)) for collection in collections(foreign)]
    imported.collection = found[0][1]
    for collection, data in found[1:]:
        imported.collections[_path(collection, imported)] = data
    return imported


def _path(collection: Collection, imported: Imported) -> str:
    stem, number = safe_stem(collection.name), 2
    path = join(collection.folder, f"{stem}.yaml")
    while path in imported.collections:
        path, number = join(collection.folder, f"{stem}-{number}.yaml"), number + 1
    return path


def _draft(collection: Collection, foreign: Foreign, imported: Imported) -> Data:
    names = Names()
    made: Data = {"name": collection.name, "variables": {}, "secrets": {}, "environments": {}}
    files = Attachments(foreign, imported, names, made["variables"], collection.folder)
    context = Context(imported, names, files, set(_declared(collection)))
    for path, why in collection.broken:
        context.lose(path, "a file", why, "mend it, and import again")
    _environments(collection, made, context)
    _note_kinds(collection, context)
    root = collection.root
    made["description"] = root.shared.docs
    made["variables"] |= variables(root.shared.variables, context, "collection")
    context.levels += [made["variables"], *made["environments"].values()]
    retype(set(_bare(collection, context)), context.levels)
    for level in context.levels:
        context.kinds.declare(level)
    made["auth"] = auth.block(root.shared.auth, False, context, "collection")
    made["defaults"] = {
        **_connection(collection, context),
        "headers": headers(root.shared.headers, context, "collection"),
    }
    around = context.scripts.for_all(root.shared, made["defaults"])
    requests = _items(root, isinstance(made["auth"], dict), around, context)
    made |= dict.fromkeys(_left(root.shared, context, "collection"))
    made["requests"] = requests
    context.scripts.settle(made)
    return finish(imported, made, names)


# --- what is known before -------------------------------------------------------------------------------------------


def _requests(folder: Folder) -> Iterator[Request]:
    for item in folder.items:
        if isinstance(item, Request):
            yield item
        else:
            yield from _requests(item)


def _shared(folder: Folder) -> Iterator[Shared]:
    yield folder.shared
    for item in folder.items:
        if isinstance(item, Request):
            yield item.shared
        else:
            yield from _shared(item)


def _declared(collection: Collection) -> Iterator[str]:
    """The foreign names of all variables, wherever they get a value."""
    for environment in collection.environments:
        yield from (pair.name for pair in environment.variables)
        yield from (*environment.secret, *environment.external)
    for shared in _shared(collection.root):
        yield from (pair.name for pair in (*shared.variables, *shared.captures))
        yield from (name for script in shared.scripts for name in scripts.names_set(script))


def _note_kinds(collection: Collection, context: Context) -> None:
    """Captures may be anything; of what scripts set they tell."""
    for shared in _shared(collection.root):
        for pair in shared.captures:
            context.kinds.add(context.names(pair.name))
    scripts.read_all(collection, context)


def _bare(collection: Collection, context: Context) -> Iterator[str]:
    """The variables that stand without quotes in JSON bodies."""
    quiet = Context(Imported({}), context.names, context.attachments, context.declared)
    for item in _requests(collection.root):
        if item.body is not None and item.body.mode == "json":
            try:
                yield from json_text.bare_names(quiet.parts(json_text.without_comments(item.body.text), item.path))
            except json_text.NotJsonError:
                continue


# --- parts ---------------------------------------------------------------------------------------------------------


def _environments(collection: Collection, made: Data, context: Context) -> None:
    for environment in collection.environments:
        place = f"environment '{environment.name}'"
        made["environments"][environment.name] = variables(environment.variables, context, place)
        _secret(environment, made, context, place)


def _secret(environment: Environment, made: Data, context: Context, place: str) -> None:
    for name in environment.secret:
        ours = context.names(name)
        made["secrets"].setdefault(ours, from_environment(ours))
    for name in environment.external:
        ours = context.names(name)
        made["secrets"].setdefault(ours, from_environment(ours))
        context.lose(
            place, f"the store of the secret '{name}'", "secrets come from the environment", f"set {ours.upper()}"
        )


def _connection(collection: Collection, context: Context) -> Data:
    config = collection.config
    made: Data = {"proxy": context.text(config.proxy, "bruno.json")} if config.proxy else {}
    if len(config.certificates) > 1:
        why = "a request file has one certificate for all hosts, or one for each request"
        context.lose(
            "bruno.json", "client certificates by host", why, "set `client_cert` on the requests that need one"
        )
    elif config.certificates:
        made["client_cert"] = _certificate(config.certificates[0], context)
    return made


def _certificate(certificate: dict[str, str], context: Context) -> Data:
    take = context.attachments.outside
    found = {
        "cert": certificate.get("certFilePath")
        or certificate.get("certificateFilePath")
        or certificate.get("pfxFilePath"),
        "key": certificate.get("keyFilePath") or certificate.get("privateKeyFilePath"),
    }
    made: Data = {key: take(path, f"client_{key}", "bruno.json") for key, path in found.items() if path}
    if certificate.get("passphrase"):
        made["password"] = context.text(certificate["passphrase"], "bruno.json")
    return made


def _items(folder: Folder, has_auth: bool, around: list[Read], context: Context) -> list[Any]:
    unique = Unique()
    made: list[Any] = []
    for item in folder.items:
        if isinstance(item, Request):
            made += context.scripts.with_sent(request(item, unique, has_auth, around, context))
        else:
            made.append(_group(item, unique(item.name, "Folder"), has_auth, around, context))
    return made


def _group(folder: Folder, name: str, has_auth: bool, around: list[Read], context: Context) -> Data:
    shared = folder.shared
    made: Data = {
        "name": name,
        "description": shared.docs,
        "variables": variables(shared.variables, context, folder.path),
    }
    context.levels.append(made["variables"])
    context.kinds.declare(made["variables"])
    block = auth.block(shared.auth, False, context, folder.path)
    made["auth"] = block
    made["defaults"] = {"headers": headers(shared.headers, context, folder.path)}
    around = [*around, *context.scripts.for_all(shared, made["defaults"])]
    requests = _items(folder, has_auth or isinstance(block, dict), around, context)
    made |= dict.fromkeys(_left(shared, context, folder.path))
    made["requests"] = requests
    return made


def _left(shared: Shared, context: Context, place: str) -> Iterator[Comment]:
    """What is left of the scripts of a folder or collection, which Bruno runs for each request in it."""
    yield from context.scripts.left_of(shared)
    for pair in shared.captures:
        if pair.enabled:
            why = "a capture is one of a request, not of all in a folder"
            context.lose(place, f"the capture '{pair.name}: {pair.value}'", why, "capture it where the response has it")
