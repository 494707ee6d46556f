"""A folder of files → Bruno's collections in it, each with its folders, requests and environments in Bruno's order."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from posixpath import basename, dirname, join
from typing import Any

from runner.formats.bruno import bru_files, opencollection
from runner.formats.bruno.nodes import Collection, Config, Environment, Folder, Request, Shared
from runner.formats.draft import Foreign, ForeignFault
from runner.formats.foreign_yaml import mapping, read, sequence, text

_CONFIG = "bruno.json"
_OPEN = "opencollection.yml"
_IGNORED = ("node_modules", ".git")
#: The line that opens a block of a .bru file: `meta {`, `auth:bearer {`, `vars:secret [`.
_BLOCK = re.compile(r"[a-z][\w:-]*[ \t]*[{\[][ \t]*$", re.MULTILINE)


@dataclass(slots=True, eq=False)
class _Place:
    """What lies in a folder of the disk."""

    folders: dict[str, _Place] = field(default_factory=dict)
    files: list[str] = field(default_factory=list)


def collections(foreign: Foreign) -> list[Collection]:
    """The collections in a foreign folder, or in a single file.

    Raises:
        ForeignFault: there is none.
    """
    if not foreign.entries:
        return [_single(foreign)]
    entries = [path for path in foreign.entries if not set(path.split("/")) & set(_IGNORED)]
    roots = sorted({dirname(path) for path in entries if basename(path) in (_CONFIG, _OPEN)})
    if not roots:
        if not any(path.endswith(".bru") for path in entries):
            raise ForeignFault(f"there is no collection of Bruno in it: no {_CONFIG}, no {_OPEN}, no file .bru")
        roots = [""]
    return [_collection(foreign, root, _below(entries, root, roots)) for root in roots]


def _below(entries: list[str], root: str, roots: list[str]) -> list[str]:
    """The files of a collection, without those of collections within it."""
    inner = [other for other in roots if other != root and _is_in(other, root)]
    return [path for path in entries if _is_in(path, root) and not any(_is_in(path, other) for other in inner)]


def _is_in(path: str, folder: str) -> bool:
    return not folder or path.startswith(f"{folder}/")


def _single(foreign: Foreign) -> Collection:
    """The collection in one file: OpenCollection with all in it, or a request alone."""
    begin = foreign.text.lstrip()
    if begin.startswith("{"):
        raise ForeignFault("this is JSON, not .bru and not OpenCollection YAML", hint="name the collection's folder")
    if _BLOCK.match(begin):
        request = bru_files.request(foreign.text, f"{foreign.name}.bru")
        if request.kind == "empty":
            raise ForeignFault("there is no request in this file", hint="name the collection's folder")
        return Collection(foreign.name, "", Folder(foreign.name, "", items=(_named(request, foreign.name),)))
    data = mapping(read(foreign.text, foreign.name))
    if not opencollection.is_one(data):
        raise ForeignFault("this is no file of Bruno", hint="name a .bru file, an OpenCollection, or a folder of them")
    found = opencollection.item(data, "")
    if isinstance(found, Request):
        found = Folder(foreign.name, "", items=(_named(found, foreign.name),))
    environs = sequence(mapping(data.get("config")).get("environments"))
    environments = tuple(opencollection.environment(entry, f"environment {n}") for n, entry in enumerate(environs, 1))
    return Collection(found.name or foreign.name, "", found, environments, _open_config(mapping(data.get("config"))))


def _named(request: Request, name: str) -> Request:
    return request if request.name else request._replace(name=name)


# --- folders -------------------------------------------------------------------------------------------------------


def _collection(foreign: Foreign, root: str, entries: list[str]) -> Collection:
    is_open = join(root, _OPEN) in entries
    reader = _Reader(foreign, root, ".yml" if is_open else ".bru", is_open)
    place = _Place()
    for path in entries:
        here = place
        relative = path[len(root) :].lstrip("/")
        *folders, file = relative.split("/")
        for name in folders:
            here = here.folders.setdefault(name, _Place())
        here.files.append(file)
    environs = place.folders.pop("environments", _Place())
    settings = reader.config() if not is_open else {}
    tree = reader.folder(place, "", is_root=True)
    environments = [reader.environment(file) for file in sorted(environs.files) if file.endswith(reader.ending)]
    name = text(settings.get("name")) or tree.name or basename(root) or foreign.name
    config = _open_config(mapping(reader.open_config)) if is_open else _config(settings)
    found = tuple(environment for environment in environments if environment is not None)
    return Collection(name, root, tree, found, config, tuple(reader.broken))


class _Reader:
    def __init__(self, foreign: Foreign, root: str, ending: str, is_open: bool) -> None:
        self.foreign = foreign
        self.root = root
        self.ending = ending
        self.is_open = is_open
        self.broken: list[tuple[str, str]] = []
        self.open_config: Any = {}

    def _read(self, path: str, function: Callable[[str], Any]) -> Any:
        """What a file holds; None for one that cannot be read, which is noted."""
        try:
            return function(self.foreign.read(join(self.root, path)))
        except ForeignFault as fault:
            self.broken.append((f"{path}:{fault.line}" if fault.line else path, fault.message))
        except ValueError as error:
            self.broken.append((path, str(error)))
        return None

    def config(self) -> dict[str, Any]:
        return mapping(self._read(_CONFIG, json.loads)) if join(self.root, _CONFIG) in self.foreign.entries else {}

    def folder(self, place: _Place, path: str, *, is_root: bool = False) -> Folder:
        """A folder: first those in it, then its requests, as Bruno runs them."""
        own = "collection.bru" if is_root else "folder.bru"
        if self.is_open:
            own = _OPEN if is_root else "folder.yml"
        name, seq, shared = self._shared(place, join(path, own))
        folders = [self.folder(inner, join(path, inner_name)) for inner_name, inner in place.folders.items()]
        kept = [folder for folder in folders if folder.items]
        files = [file for file in place.files if file.endswith(self.ending) and file != own]
        requests = [found for file in sorted(files) if (found := self._item(join(path, file))) is not None]
        items: tuple[Folder | Request, ...] = (*_in_order(kept), *sorted(requests, key=lambda request: request.seq))
        return Folder(name or basename(path), path, seq, shared, items)

    def _shared(self, place: _Place, path: str) -> tuple[str, float, Shared]:
        nothing = ("", 0.0, Shared())
        if basename(path) not in place.files:
            return nothing
        if not self.is_open:
            found: tuple[str, float, Shared] | None = self._read(path, bru_files.folder)
            return found or nothing
        data = mapping(self._read(path, lambda content: read(content, path)))
        self.open_config = data.get("config") if path == _OPEN else self.open_config
        folder = opencollection.folder({**data, "items": []}, path)
        return folder.name, folder.seq, folder.shared

    def _item(self, path: str) -> Request | None:
        name = basename(path).removesuffix(self.ending)
        if self.is_open:
            data = self._read(path, lambda content: read(content, path))
            found = opencollection.item(data, path) if isinstance(data, dict) else None
            return _named(found, name) if isinstance(found, Request) else None
        request: Request | None = self._read(path, lambda content: bru_files.request(content, path))
        return _named(request, name) if request is not None else None

    def environment(self, file: str) -> Environment | None:
        path, name = join("environments", file), file.removesuffix(self.ending)
        if self.is_open:
            data = self._read(path, lambda content: read(content, path))
            return opencollection.environment(data, name) if data is not None else None
        found: Environment | None = self._read(path, lambda content: bru_files.environment(content, name))
        return found


def _in_order(folders: list[Folder]) -> list[Folder]:
    """By name, and those with a place of their own at it."""
    by_name = sorted(folders, key=lambda folder: folder.name.lower())
    placed = sorted((folder for folder in by_name if folder.seq >= 1), key=lambda folder: folder.seq)
    ordered = [folder for folder in by_name if folder.seq < 1]
    for folder in placed:
        ordered.insert(int(folder.seq) - 1, folder)
    return ordered


# --- settings ------------------------------------------------------------------------------------------------------


def _config(settings: dict[str, Any]) -> Config:
    certificates = mapping(settings.get("clientCertificates"))
    certs = sequence(certificates.get("certs")) if certificates.get("enabled") is not False else []
    found = tuple({name: text(value) for name, value in mapping(cert).items()} for cert in certs)
    return Config(_proxy(mapping(settings.get("proxy"))), found)


def _open_config(config: dict[str, Any]) -> Config:
    certs = tuple({n: text(v) for n, v in mapping(cert).items()} for cert in sequence(config.get("clientCertificates")))
    return Config(_proxy(mapping(config.get("proxy"))), certs)


def _proxy(proxy: dict[str, Any]) -> str:
    """The proxy's URL, where one is switched on; the system's proxy is ours, too."""
    config = mapping(proxy.get("config")) or proxy
    on = proxy.get("enabled") is True or (proxy.get("inherit") is False and proxy.get("disabled") is not True)
    host = text(config.get("hostname"))
    if not on or not host:
        return ""
    auth = mapping(config.get("auth"))
    user = (
        f"{text(auth.get('username'))}:{text(auth.get('password'))}@"
        if auth.get("disabled") is not True and auth
        else ""
    )
    port = f":{text(config.get('port'))}" if config.get("port") else ""
    return f"{text(config.get('protocol'), 'http')}://{user}{host}{port}"
