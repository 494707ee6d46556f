"""What an Insomnia export holds, as records, whatever its version."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

_NOTHING: Mapping[str, Any] = {}


class Field(NamedTuple):
    """A header, a parameter, a field of a form. `file` is the path of a part that is a file."""

    name: str
    value: str
    disabled: bool = False
    description: str = ""
    file: str | None = None


class Script(NamedTuple):
    """`phase` is pre-request, after-response or test."""

    phase: str
    code: str


class Request(NamedTuple):
    """A request; `kind` is http, grpc, websocket or another. `settings` are named as in version 5."""

    id: str
    name: str
    kind: str = "http"
    description: str = ""
    method: str = "GET"
    url: str = ""
    parameters: tuple[Field, ...] = ()
    path_parameters: tuple[Field, ...] = ()
    headers: tuple[Field, ...] = ()
    auth: Mapping[str, Any] = _NOTHING
    body: Mapping[str, Any] = _NOTHING
    scripts: tuple[Script, ...] = ()
    settings: Mapping[str, Any] = _NOTHING


class Group(NamedTuple):
    """A folder; `variables` are those of its environment."""

    name: str
    description: str = ""
    variables: Mapping[str, Any] = _NOTHING
    headers: tuple[Field, ...] = ()
    auth: Mapping[str, Any] = _NOTHING
    scripts: tuple[Script, ...] = ()
    items: tuple[Group | Request, ...] = ()


class Environment(NamedTuple):
    name: str
    variables: Mapping[str, Any] = _NOTHING


class Workspace(NamedTuple):
    """What becomes a collection: `base` is the environment that all others stand on."""

    name: str
    root: Group
    base: Mapping[str, Any] = _NOTHING
    environments: tuple[Environment, ...] = ()
    cookies: int = 0
    others: tuple[tuple[str, str], ...] = ()
