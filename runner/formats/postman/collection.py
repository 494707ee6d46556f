"""A Postman collection and its environments → the draft of a collection, or of several with a shared base.

read ─▶ variables, scripts ─▶ logins ─▶ requests, folder by folder ─▶ base URL, names without value, order
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from runner.formats.draft import (
    COLLECTION_ORDER,
    GROUP_ORDER,
    REQUEST_ORDER,
    Choices,
    Data,
    Disabled,
    Foreign,
    ForeignFault,
    Imported,
    Unique,
    ordered,
    safe_stem,
)
from runner.formats.postman import bodies, examples, logins, reading, schemes
from runner.formats.postman.behaviour import behaviour
from runner.formats.postman.finishing import finish, hoist_auth, relative_urls, without_needless_none
from runner.formats.postman.reading import FOLDERS, Item
from runner.formats.postman.requests import Around, Requests
from runner.formats.postman.scripts import Scripts
from runner.formats.postman.variables import PLACEHOLDER, Variables
from runner.language.document.words import url_fault


def load(foreign: Foreign, choices: Choices) -> Imported:
    """The draft of a Postman collection, v2.0 or v2.1.

    Raises:
        ForeignFault: it is none, or an environment is none.
    """
    root = reading.read(foreign.text)
    return _Import(root, foreign, choices).imported_collection()


class _Import:
    """One import."""

    def __init__(self, root: Item, foreign: Foreign, choices: Choices) -> None:
        self.root = root
        self.choices = choices
        self.imported = Imported({})
        self.variables = Variables(self.imported, foreign)
        self.scripts = Scripts(self.variables)
        self._requests: list[Data] = []

    def imported_collection(self) -> Imported:
        self._declare()
        self.scripts.read(self.root)
        for item in logins.items(self.root):
            names = bodies.bare_names(item.request.get("body"))
            self.variables.bare_names |= {self.variables.names(name) for name in names}
        self.variables.settle()
        self.logins = logins.find(self.root, self.variables, self.scripts)
        self.requests = Requests(self.variables, self.scripts, self._taken())
        draft = self._collection()
        self.imported.collection = draft
        if self.choices.split:
            self._split(draft)
        examples.settle(self.imported)
        return self.imported

    def _declare(self) -> None:
        self.variables.declare(self.root.variables)
        names = Unique()
        for stem, text in self.choices.environments:
            data = reading.parse(text)
            if not isinstance(data, dict) or not isinstance(data.get("values"), list):
                hint = "an environment is a JSON object with 'name' and 'values'"
                raise ForeignFault(f"{stem} is not a Postman environment", hint=hint)
            found = reading.entries(data["values"])
            if data.get("_postman_variable_scope") == "globals":
                self.variables.declare(found)
            else:
                self.variables.declare(found, names(reading.plain(data.get("name")), stem))

    def _taken(self) -> set[str]:
        """Every name that means a variable somewhere."""
        captured = self.variables.captured
        taken = {name for name, ours in self.variables.names.given.items() if ours in captured}
        for item in logins.items(self.root):
            taken |= {name.strip() for name in PLACEHOLDER.findall(reading.plain(dict(item.request)))}
        taken |= {entry.name for entry in self.root.variables}
        return taken | {name for name, ours in self.variables.names.given.items() if self._is_declared(ours)}

    def _is_declared(self, ours: str) -> bool:
        return ours in self.variables.declared or any(ours in values for values in self.variables.environments.values())

    # --- collection and folders

    def _collection(self) -> Data:
        auth = self._auth(self.root)
        around = self._around(self.root, Around(auth))
        setup, own = self._once_before(self.root)
        draft: Data = {
            "name": Unique()(self.root.name, "Postman collection"),
            "description": self.root.description or None,
        }
        draft["auth"] = auth
        draft["defaults"] = self._defaults(self.root) or None
        parts = self._parts(around)
        draft["setup"] = [*setup, *parts["setup"]] or None
        draft["teardown"] = parts["teardown"] or None
        requests = parts["requests"]
        self.scripts.finish(self.root)
        for comment in self.scripts.comments(self.root):
            draft[comment] = None
        draft["requests"] = requests
        self.variables.declared |= own
        hoist_auth(draft)
        without_needless_none(draft)
        relative_urls(draft, self.variables)
        finish(draft, self.variables, self.logins.gone)
        return ordered(draft, COLLECTION_ORDER)

    def _parts(self, around: Around) -> dict[str, list[Any]]:
        """The items of the collection; folders that an export has made of `setup` and `teardown` are these again."""
        found: dict[str, list[Any]] = {"setup": [], "requests": [], "teardown": []}
        rest: list[Item] = []
        for item in self.root.items or ():
            if item.items and FOLDERS.get(item.name) == item.description:
                found[item.name] += self._items(item.items, around)
            else:
                rest.append(item)
        found["requests"] += self._items(rest, around)
        return found

    def _items(self, items: Iterable[Item], around: Around) -> Iterator[Any]:
        unique = Unique()
        for item in items:
            if item.items is not None:
                yield self._group(item, around, unique)
            elif not item.request:
                self.imported.lose(item.path, f"'{item.name}'", "it has no request")
            else:
                yield from self._request(item, around, unique)

    def _group(self, item: Item, around: Around, unique: Unique) -> Data:
        auth = self._auth(item)
        inner = self._around(item, around if auth is None else around._replace(auth=auth))
        first, own = self._once_before(item)
        entries = (entry for entry in item.variables if entry.name and not _is_asked_for(entry))
        values = {self.variables.names(entry.name): self.variables.text(entry.value or "") for entry in entries}
        draft: Data = {
            "name": unique(item.name, "Folder"),
            "description": item.description or None,
            "variables": {**values, **own} or None,
            "auth": auth,
            "defaults": self._defaults(item) or None,
        }
        requests = list(self._items(item.items or (), inner))
        self.scripts.finish(item)
        for comment in self.scripts.comments(item):
            draft[comment] = None
        draft["requests"] = [*first, *requests]
        return ordered(draft, GROUP_ORDER)

    def _request(self, item: Item, around: Around, unique: Unique) -> Iterator[Any]:
        made = self.requests.draft(item, around, unique)
        self.scripts.finish(item)
        draft = made.draft
        if id(item) in self.logins.auth:
            draft["auth"] = self.logins.auth[id(item)]
        if id(item) in self.logins.headers:
            headers = {n: v for n, v in (draft.get("headers") or {}).items() if str(n).lower() != "authorization"}
            draft["headers"] = headers or None
        if self.choices.examples:
            draft["snapshot"] = examples.example(item)
        fault = url_fault(made.origin)
        if fault and "{{" not in made.origin:
            what = f"a request to '{made.origin}'"
            self.imported.lose(f"{item.path}.request.url", what, f"that is no URL of the web: {fault}")
            yield Disabled(ordered({**draft, "url": made.origin + made.rest}, REQUEST_ORDER))
            return
        draft["url"] = made.origin + made.rest
        comments = list(self.scripts.comments(item))
        yield from made.before
        whole: Data = dict.fromkeys(comments)
        yield ordered({**draft, **whole}, REQUEST_ORDER)
        yield from made.after

    def _auth(self, item: Item) -> Any:
        if id(item) in self.logins.auth:
            return self.logins.auth[id(item)]
        return schemes.translate(item.auth, self.variables, f"{item.path}.auth" if item.path else "auth")

    # --- scripts of folders

    def _defaults(self, item: Item) -> Data:
        """Settings, and the assertions of a folder's test scripts."""
        from_scripts: list[Any] = []
        for found in self.scripts.of(item).after:
            if not _is_for_each(found):
                from_scripts += self._asserts(found)
        return {**behaviour(item, self.variables), **({"assert": from_scripts} if from_scripts else {})}

    def _asserts(self, found: Any) -> list[Any]:
        from runner.formats.scripts import drafts

        return drafts.assertions(found.exchange(0), 0, found.machine.lose)

    def _around(self, item: Item, outer: Around) -> Around:
        """What the scripts of a folder add to each request in it."""
        effects = self.scripts.of(item)
        before = [found for found in effects.before if found.variables or found.headers or found.skips]
        after = [found for found in effects.after if _is_for_each(found)]
        return outer._replace(before=(*outer.before, *before), after=(*after, *outer.after))

    def _once_before(self, item: Item) -> tuple[list[Data], Data]:
        """Requests that a folder's script sends before each of its requests, done once before the first."""
        first: list[Data] = []
        unique = Unique()
        for found in self.scripts.of(item).before:
            for each in found.sent:
                made = self.requests.sent_alone(found, each, item.name, unique)
                if made is not None:
                    first.append(made)
                    why = "it is sent once before all of them here, and not before each request"
                    self.imported.lose(found.path, "a request that a folder's script sends", why)
            found.sent = []
        return first, {}

    # --- several files

    def _split(self, draft: Data) -> None:
        """One file for each top folder, and what they share in `_base.yaml`."""
        base = {key: value for key, value in draft.items() if key not in ("requests", "setup")}
        groups = [item for item in draft["requests"] if isinstance(item, dict) and "requests" in item]
        if not groups:
            return
        shared = {key: base.pop(key) for key in list(base) if key in ("name", "description")}
        self.imported.collections["_base.yaml"] = ordered({**base, "requests": []}, COLLECTION_ORDER)
        stems = Unique()
        for group in groups:
            own = {key: value for key, value in group.items() if key != "requests"}
            data = {"extends": "_base.yaml", **own, "requests": group["requests"]}
            self.imported.collections[f"{stems(safe_stem(group['name']))}.yaml"] = ordered(data, COLLECTION_ORDER)
        rest = [item for item in draft["requests"] if not (isinstance(item, dict) and "requests" in item)]
        first = {**shared, "extends": "_base.yaml", "setup": draft.get("setup"), "requests": rest}
        self.imported.collection = ordered(first, COLLECTION_ORDER)


def _is_asked_for(entry: reading.Entry) -> bool:
    """Whether a variable is a secret without a value, which comes from outside."""
    return entry.data.get("type") == "secret" and not entry.value


def _is_for_each(found: Any) -> bool:
    """Whether a test script does more than assert: that is done by each request itself."""
    exchange = found.exchange(0)
    return bool(found.sent or exchange.captures or any(check.schema is not None for check in exchange.checks))
