"""Operations → groups by tag, what they share moved up, and one collection or several.

operations ─▶ requests, each with its access ─▶ groups ─▶ auth and headers that most have move up ─▶ Imported
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase
from typing import Any

from runner.diagnostics import did_you_mean
from runner.formats.draft import (
    COLLECTION_ORDER,
    GROUP_ORDER,
    Choices,
    Data,
    Foreign,
    ForeignFault,
    Imported,
    Names,
    Unique,
    ordered,
    safe_stem,
)
from runner.formats.openapi import bodies, operations, security, servers, sharing, v2, v3
from runner.formats.openapi.operations import Operation, Slot
from runner.formats.openapi.parts import Library, Part
from runner.formats.openapi.requests import Requests
from runner.formats.openapi.schemas import Copy
from runner.formats.openapi.security import Access
from runner.formats.openapi.sharing import Made
from runner.formats.openapi.urls import Urls
from runner.formats.openapi.values import Maker
from runner.formats.openapi.variables import Variables

_BASE = "_base.yaml"
#: More operations than this are grouped by their paths, where no tag groups them.
_MANY = 30


class Draft:
    """One import."""

    def __init__(self, documents: Library, foreign: Foreign, choices: Choices) -> None:
        root = documents.root
        self.root = root
        self.documents = documents
        self.choices = choices
        self.result = Imported({})
        self.title = Unique()(root.text("info", "title"), foreign.name or "OpenAPI")
        self.names = Names()
        self.servers = servers.servers_of(root, self.names) or [servers.without_host()]
        self.variables = Variables()
        self.variables.plain |= {"base_url": self.servers[0].url, **self.servers[0].variables}
        self.schemes = security.Schemes(root, self.variables, self.servers[0].url)
        self.copy = Copy(documents, f"{safe_stem(self.title)}.schemas.json")
        self.unjudged = 0
        maker = Maker(self.variables.secret)
        written = bodies.Bodies(maker, self._file)
        urls = Urls(self.variables, self.names, maker, self.servers)
        self.requests = Requests(self.variables, urls, maker, written, self._reference)
        self._unique: dict[str, Unique] = {}

    def imported(self) -> Imported:
        """The result.

        Raises:
            ForeignFault: the document has no operation, or none of those that were asked for.
        """
        chosen = self._slots()
        resources = operations.resources(chosen) if len(chosen) > _MANY else {}
        made = [self._made(slot, resources.get(slot.path, "")) for slot in chosen]
        if not self.choices.operations:
            self._webhooks()
        if self.unjudged:
            why = "they are a file of their own, and standard output is one"
            self.documents.lose("#", "the schemas of responses", why, "name a folder with -o")
        items = self._groups(made)
        draft = self._collection(items, made)
        if self.choices.split:
            self._split(draft)
        else:
            self.result.collection = draft
        if text := self.copy.text():
            self.result.files[self.copy.name] = text
        self.result.losses = self.documents.losses
        return self.result

    # --- operations

    def _slots(self) -> list[Slot]:
        """The operations that were asked for."""
        every = list(operations.slots(self.root))
        if not every:
            raise ForeignFault("the document has no operations", hint=self._why_none())
        for pattern in self.choices.operations:
            if not any(_matches(slot, pattern) for slot in every):
                names = [name for slot in every for name in _names(slot)]
                raise ForeignFault(f"no operation matches '{pattern}'", hint=did_you_mean(pattern, names))
        chosen = self.choices.operations
        return [slot for slot in every if not chosen or any(_matches(slot, pattern) for pattern in chosen)]

    def _why_none(self) -> str:
        first = next(iter(self.documents.losses), None)
        if first is not None:
            return f"{first.path}: {first.what}: {first.why}"
        return "webhooks are requests that the API sends" if self.root.has("webhooks") else "'paths' is empty"

    def _made(self, slot: Slot, resource: str) -> Made:
        read = v2.operation if self.root.has("swagger") else v3.operation
        operation = read(slot)
        tag = next(iter(operation.tags), resource)
        access = self._access(operation)
        unique = self._unique.setdefault(tag, Unique())
        return Made(tag, self.requests.draft(operation, access, unique), access)

    def _access(self, operation: Operation) -> Access | None:
        if operation.security is not None:
            return self.schemes.access(operation.security)
        return self.schemes.access(self.root.at("security")) if self.root.has("security") else None

    def _webhooks(self) -> None:
        for key in ("webhooks", "x-webhooks"):
            for name, part in self.root.at(key).entries():
                part.lose(f"webhook '{name}'", "a webhook is a request that the API sends")

    def _file(self, part: Part) -> str | None:
        """The file that stands for those that requests send."""
        if self.choices.alone:
            part.lose("a file that is sent", "standard output is one file", "name a folder with -o")
            return None
        self.result.files[bodies.SAMPLE] = bodies.SAMPLE_TEXT
        return bodies.SAMPLE

    def _reference(self, schemas: Sequence[Part | None], name: str) -> str | None:
        if self.choices.alone:
            self.unjudged += 1
            return None
        return self.copy.either(schemas, name)

    # --- groups

    def _groups(self, made: list[Made]) -> list[Data]:
        """A group for each tag, in the document's order of tags; what has no tag stands beside them."""
        described = {tag.text("name"): tag for tag in self.root.at("tags").items()}
        tags = sorted({each.tag: None for each in made}, key=_order(described, made))
        unique = Unique()
        items: list[Data] = []
        for tag in tags:
            inner = [each for each in made if each.tag == tag]
            items += [self._group(tag, described.get(tag), inner, unique)] if tag else [each.draft for each in inner]
        return items

    def _group(self, tag: str, described: Part | None, made: list[Made], unique: Unique) -> Data:
        name = unique(tag, "Group")
        group = {
            "name": name,
            "description": (described.text("description").strip() or None) if described is not None else None,
            "tags": [name],
            "requests": [each.draft for each in made],
        }
        return ordered(group, GROUP_ORDER)

    def _collection(self, items: list[Data], made: list[Made]) -> Data:
        auth = sharing.auth(items, made)
        draft = {
            "name": self.title,
            "description": self.root.text("info", "description").strip() or None,
            "base_url": "{{base_url}}",
            "variables": self.variables.plain,
            "secrets": self.variables.secrets or None,
            "environments": servers.environments(self.servers) or None,
            "auth": security.settled(auth) if auth else None,
            "defaults": sharing.defaults(made) or None,
            "requests": items,
        }
        return ordered(draft, COLLECTION_ORDER)

    # --- several files

    def _split(self, draft: Data) -> None:
        """A file for each tag, one for what has none, and what they share in `_base.yaml`."""
        base = {key: value for key, value in draft.items() if key not in ("name", "description", "requests")}
        groups = [item for item in draft["requests"] if "requests" in item]
        rest = [item for item in draft["requests"] if "requests" not in item]
        if rest or not groups:
            groups.append({"name": draft["name"], "requests": rest})
        drafts = [ordered({"extends": _BASE, **group}, COLLECTION_ORDER) for group in groups]
        self.result.collection = drafts[0]
        taken = {safe_stem(drafts[0]["name"])}
        for each in drafts[1:]:
            self.result.collections[f"{_free(safe_stem(each['name']), taken)}.yaml"] = each
        self.result.collections[_BASE] = ordered(base, COLLECTION_ORDER)


def _free(stem: str, taken: set[str]) -> str:
    """A file name, without ending, that no other collection has."""
    found, number = stem, 2
    while found in taken:
        found, number = f"{stem}-{number}", number + 1
    taken.add(found)
    return found


def _matches(slot: Slot, pattern: str) -> bool:
    return any(fnmatchcase(name, pattern) for name in _names(slot))


def _names(slot: Slot) -> Iterator[str]:
    """What an operation is chosen by: its id, its path, and its method with the path."""
    if slot.part.text("operationId"):
        yield slot.part.text("operationId")
    yield slot.path
    yield f"{slot.method} {slot.path}"


def _order(described: dict[str, Part], made: list[Made]) -> Any:
    """Tags in the order in which the document describes them, then as they come."""
    places = {tag: place for place, tag in enumerate(described)}
    first = {tag: place for place, tag in reversed(list(enumerate(each.tag for each in made)))}
    return lambda tag: (places.get(tag, len(places)), first[tag])
