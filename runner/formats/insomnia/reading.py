"""Insomnia exports → workspaces: version 4 (JSON, a flat list of resources) and version 5 (YAML, a tree).

This file knows the shape of the foreign format and nothing of ours.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from runner.formats import foreign_json
from runner.formats.draft import ForeignFault
from runner.formats.foreign_yaml import mapping, read, sequence, text
from runner.formats.insomnia.nodes import Environment, Field, Group, Request, Script, Workspace

_DEEPEST = 40
_EXPORT = "export it as Insomnia v4 JSON or v5 YAML"
#: Beginnings of ids → kinds of requests.
_KINDS = {"greq_": "grpc", "ws-req_": "websocket", "socketio-req_": "socketio", "mcp-req_": "mcp"}
_TYPES = {"grpc_request": "grpc", "websocket_request": "websocket", "socket_io_request": "socketio"}
#: Settings of requests in version 4 → in version 5.
_SETTINGS = {
    "settingFollowRedirects": "followRedirects", "settingEncodeUrl": "encodeUrl", "settingSendCookies": "send",
    "settingStoreCookies": "store",
}  # fmt: skip
_ENVIRONMENT_FILE = "environment.insomnia.rest/"


def workspaces(content: str, name: str) -> list[Workspace]:
    """The workspaces in an export; `name` is that of the file.

    Raises:
        ForeignFault: it is none.
    """
    data = _read(content, name)
    if not isinstance(data, dict):
        raise ForeignFault("this is no export of Insomnia: those are objects", hint=_EXPORT)
    if isinstance(data.get("resources"), list):
        return _Resources(data["resources"], name).workspaces()
    kind = text(data.get("type"))
    if kind.startswith(_ENVIRONMENT_FILE):
        raise ForeignFault("this is an environment of Insomnia, not a collection", hint="give it with -e beside one")
    if "insomnia.rest/" in kind:
        if not isinstance(data.get("collection"), list):
            raise ForeignFault("this export of Insomnia has no list 'collection'", hint=_EXPORT)
        return [_version_5(data, name)]
    raise ForeignFault(
        "this is no export of Insomnia: it has neither 'resources' nor a type of Insomnia's", hint=_EXPORT
    )


def environment(content: str, name: str) -> list[Environment]:
    """The environments in a file of the command line: an exported one, or plain names and values.

    Raises:
        ForeignFault: it is none.
    """
    data = _read(content, name)
    found = mapping(data)
    if not found:
        raise ForeignFault(f"{name} is no environment")
    if text(found.get("type")).startswith(_ENVIRONMENT_FILE):
        base, environments = _environments(mapping(found.get("environments")))
        return [Environment(name, base), *environments] if base else list(environments)
    return [Environment(name, mapping(found.get("data")) or found)]


def _read(content: str, name: str) -> Any:
    return foreign_json.read(content) if content.lstrip().startswith("{") else read(content, name)


# --- parts that both versions share ---------------------------------------------------------------------------------


def _entries(value: Any) -> list[dict[str, Any]]:
    return [entry for entry in sequence(value) if isinstance(entry, dict)]


def fields(value: Any) -> tuple[Field, ...]:
    """Headers, parameters, or the fields of a form."""
    return tuple(map(_field, _entries(value)))


def _field(entry: dict[str, Any]) -> Field:
    is_file = entry.get("type") == "file" or ("fileName" in entry and not entry.get("value"))
    return Field(
        text(entry.get("name")),
        text(entry.get("value")),
        entry.get("disabled") is True,
        text(entry.get("description")),
        text(entry.get("fileName")) if is_file else None,
    )


def _scripts(before: Any, after: Any) -> tuple[Script, ...]:
    found = (("pre-request", text(before)), ("after-response", text(after)))
    return tuple(Script(phase, code) for phase, code in found if code.strip())


# --- version 5 -----------------------------------------------------------------------------------------------------


def _version_5(data: dict[str, Any], name: str) -> Workspace:
    base, environments = _environments(mapping(data.get("environments")))
    tests = _tests(data.get("testSuites"))
    items = tuple(_items(data["collection"], tests, 0))
    cookies = len(sequence(mapping(data.get("cookieJar")).get("cookies")))
    description = text(mapping(data.get("meta")).get("description"))
    return Workspace(text(data.get("name")) or name, Group(name, description, items=items), base, environments, cookies)


def _environments(found: dict[str, Any]) -> tuple[Mapping[str, Any], tuple[Environment, ...]]:
    inner = tuple(
        Environment(text(entry.get("name"), f"environment {number}"), mapping(entry.get("data")))
        for number, entry in enumerate(_entries(found.get("subEnvironments")), 1)
    )
    return mapping(found.get("data")), inner


def _tests(suites: Any) -> dict[str, list[Script]]:
    """The code of tests by the request that they are about."""
    found: dict[str, list[Script]] = {}
    for suite in _entries(suites):
        for test in _entries(suite.get("tests")):
            found.setdefault(text(test.get("requestId")), []).append(Script("test", text(test.get("code"))))
    return found


def _items(entries: Any, tests: dict[str, list[Script]], depth: int) -> Iterator[Group | Request]:
    if depth > _DEEPEST:
        raise ForeignFault(f"folders are nested deeper than {_DEEPEST} levels")
    for entry in sorted(_entries(entries), key=lambda entry: _sort_key(mapping(entry.get("meta")).get("sortKey"))):
        meta, scripts = mapping(entry.get("meta")), mapping(entry.get("scripts"))
        ours = _scripts(scripts.get("preRequest"), scripts.get("afterResponse"))
        if "children" in entry:
            yield Group(
                text(entry.get("name")),
                text(meta.get("description")),
                mapping(entry.get("environment")),
                fields(entry.get("headers")),
                mapping(entry.get("authentication")),
                ours,
                tuple(_items(entry["children"], tests, depth + 1)),
            )
        else:
            yield _request_5(entry, meta, (*ours, *tests.get(text(meta.get("id")), ())))


def _sort_key(value: Any) -> float:
    return float(value) if isinstance(value, (int, float)) else 0.0


def _request_5(entry: dict[str, Any], meta: dict[str, Any], scripts: tuple[Script, ...]) -> Request:
    settings = mapping(entry.get("settings"))
    identifier = text(meta.get("id"))
    kind = next((kind for begin, kind in _KINDS.items() if identifier.startswith(begin)), "http")
    return Request(
        identifier,
        text(entry.get("name")),
        kind,
        text(meta.get("description")),
        text(entry.get("method"), "GET"),
        text(entry.get("url")),
        fields(entry.get("parameters")),
        fields(entry.get("pathParameters")),
        fields(entry.get("headers")),
        mapping(entry.get("authentication")),
        mapping(entry.get("body")),
        scripts,
        {**settings, **mapping(settings.get("cookies"))},
    )


# --- version 4 -----------------------------------------------------------------------------------------------------


class _Resources:
    def __init__(self, resources: list[Any], name: str) -> None:
        self.name = name
        self.children: dict[str, list[dict[str, Any]]] = {}
        self.all = [entry for entry in resources if isinstance(entry, dict)]
        for entry in self.all:
            self.children.setdefault(text(entry.get("parentId")), []).append(entry)
        self.tests: dict[str, list[Script]] = {}
        for entry in self._of_type("unit_test"):
            self.tests.setdefault(text(entry.get("requestId")), []).append(Script("test", text(entry.get("code"))))

    def _of_type(self, wanted: str) -> list[dict[str, Any]]:
        return [entry for entry in self.all if entry.get("_type") == wanted]

    def workspaces(self) -> list[Workspace]:
        found = [entry for entry in self._of_type("workspace") if self._has_requests(text(entry.get("_id")), 0)]
        if not found and not any(entry.get("_type") == "request" for entry in self.all):
            raise ForeignFault("there is no request in this export of Insomnia")
        return list(map(self._workspace, found)) or [self._loose()]

    def _has_requests(self, parent: str, depth: int) -> bool:
        inner = self.children.get(parent, ())
        return depth <= _DEEPEST and any(
            entry.get("_type") in ("request", *_TYPES) or self._has_requests(text(entry.get("_id")), depth + 1)
            for entry in inner
        )

    def _loose(self) -> Workspace:
        """Requests without a workspace, as single ones are copied."""
        known = {text(entry.get("_id")) for entry in self.all}
        roots = [entry for entry in self.all if text(entry.get("parentId")) not in known]
        self.children["\0"] = roots
        return Workspace(self.name, Group(self.name, items=tuple(self._items("\0", 0))))

    def _workspace(self, entry: dict[str, Any]) -> Workspace:
        identifier = text(entry.get("_id"))
        base = next((e for e in self.children.get(identifier, ()) if e.get("_type") == "environment"), {})
        inner = sorted(self._environments(base), key=lambda entry: _sort_key(entry.get("metaSortKey")))
        cookies = [e for e in self.children.get(identifier, ()) if e.get("_type") == "cookie_jar"]
        name = text(entry.get("name")) or self.name
        return Workspace(
            name,
            Group(name, text(entry.get("description")), items=tuple(self._items(identifier, 0))),
            mapping(base.get("data")),
            tuple(Environment(text(e.get("name"), "environment"), mapping(e.get("data"))) for e in inner),
            sum(len(sequence(jar.get("cookies"))) for jar in cookies),
            tuple(self._others(identifier)),
        )

    def _environments(self, base: dict[str, Any]) -> list[dict[str, Any]]:
        return [e for e in self.children.get(text(base.get("_id"), "\0"), ()) if e.get("_type") == "environment"]

    def _others(self, identifier: str) -> Iterator[tuple[str, str]]:
        """Things of other types: name and type."""
        known = {"request", "request_group", "environment", "cookie_jar", "unit_test_suite", "unit_test", *_TYPES}
        for entry in self.children.get(identifier, ()):
            is_empty = entry.get("_type") == "api_spec" and not entry.get("contents")  # there is always one
            if entry.get("_type") not in known and not is_empty:
                yield text(entry.get("name") or entry.get("fileName")), text(entry.get("_type"))

    def _items(self, parent: str, depth: int) -> Iterator[Group | Request]:
        if depth > _DEEPEST:
            raise ForeignFault(f"folders are nested deeper than {_DEEPEST} levels")
        found = [e for e in self.children.get(parent, ()) if e.get("_type") in ("request", "request_group", *_TYPES)]
        for entry in sorted(found, key=lambda entry: _sort_key(entry.get("metaSortKey"))):
            scripts = _scripts(entry.get("preRequestScript"), entry.get("afterResponseScript"))
            identifier = text(entry.get("_id"))
            if entry["_type"] == "request_group":
                yield Group(
                    text(entry.get("name")),
                    text(entry.get("description")),
                    mapping(entry.get("environment")),
                    fields(entry.get("headers")),
                    mapping(entry.get("authentication")),
                    scripts,
                    tuple(self._items(identifier, depth + 1)),
                )
            else:
                yield self._request(entry, identifier, (*scripts, *self.tests.get(identifier, ())))

    def _request(self, entry: dict[str, Any], identifier: str, scripts: tuple[Script, ...]) -> Request:
        return Request(
            identifier,
            text(entry.get("name")),
            _TYPES.get(entry["_type"], "http"),
            text(entry.get("description")),
            text(entry.get("method"), "GET"),
            text(entry.get("url")),
            fields(entry.get("parameters")),
            fields(entry.get("pathParameters")),
            fields(entry.get("headers")),
            mapping(entry.get("authentication")),
            mapping(entry.get("body")),
            scripts,
            {ours: entry[theirs] for theirs, ours in _SETTINGS.items() if theirs in entry},
        )
