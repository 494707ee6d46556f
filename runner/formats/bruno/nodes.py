"""What a Bruno collection holds, as records, whatever its language: .bru files or OpenCollection YAML."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

_NOTHING: Mapping[str, str] = {}


class Pair(NamedTuple):
    """`name: value`. `kind` is number, boolean or object for typed variables, path or query for parameters.

    `files` are those of a part, `content_type` its type.
    """

    name: str
    value: str
    enabled: bool = True
    description: str = ""
    kind: str = ""
    files: tuple[str, ...] = ()
    content_type: str = ""


class Extra(NamedTuple):
    """A parameter that OAuth 2.0 sends with a request: `request` is authorization, token or refresh.

    `where` is header, query or body.
    """

    request: str
    where: str
    name: str
    value: str


class Auth(NamedTuple):
    """`mode` is Bruno's name; `fields` are named as in .bru files."""

    mode: str
    fields: Mapping[str, str] = _NOTHING
    extras: tuple[Extra, ...] = ()


class Body(NamedTuple):
    """`mode` is json, text, xml, sparql, graphql, form, multipart or file; `variables` those of GraphQL, as text."""

    mode: str
    text: str = ""
    pairs: tuple[Pair, ...] = ()
    variables: str = ""


class Script(NamedTuple):
    """`phase` is pre-request, post-response or tests."""

    phase: str
    code: str


class Shared(NamedTuple):
    """What collections, folders and requests have alike."""

    headers: tuple[Pair, ...] = ()
    auth: Auth | None = None
    variables: tuple[Pair, ...] = ()
    captures: tuple[Pair, ...] = ()
    scripts: tuple[Script, ...] = ()
    docs: str = ""


class Request(NamedTuple):
    """A request; `kind` is http, graphql, grpc, ws, app or what else stands there. `left_out` names what is unknown."""

    name: str
    path: str
    kind: str = "http"
    seq: float = 1
    tags: tuple[str, ...] = ()
    method: str = "GET"
    url: str = ""
    params: tuple[Pair, ...] = ()
    body: Body | None = None
    shared: Shared = Shared()
    asserts: tuple[Pair, ...] = ()
    settings: Mapping[str, str] = _NOTHING
    examples: int = 0
    left_out: tuple[str, ...] = ()


class Folder(NamedTuple):
    """A folder with what is in it, in order."""

    name: str
    path: str
    seq: float = 0
    shared: Shared = Shared()
    items: tuple[Folder | Request, ...] = ()


class Environment(NamedTuple):
    """Variables by name; `secret` ones have no value in the file."""

    name: str
    variables: tuple[Pair, ...] = ()
    secret: tuple[str, ...] = ()
    external: tuple[str, ...] = ()


class Config(NamedTuple):
    """What `bruno.json` says about connections."""

    proxy: str = ""
    certificates: tuple[dict[str, str], ...] = ()
    verify: bool = True


class Collection(NamedTuple):
    """A collection; `folder` is where it lies in the foreign one, `broken` the files that are none, and why."""

    name: str
    folder: str
    root: Folder
    environments: tuple[Environment, ...] = ()
    config: Config = Config()
    broken: tuple[tuple[str, str], ...] = ()
