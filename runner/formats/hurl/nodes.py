"""What a Hurl file holds, as records. Texts are parts; a placeholder holds Hurl's own expression."""

from __future__ import annotations

from typing import Any, NamedTuple

from runner.formats.texts import Parts


class Remark(NamedTuple):
    """A comment at its place among other lines."""

    text: str


class Pair(NamedTuple):
    """`name: value`."""

    line: int
    name: Parts
    value: Parts


class FilePart(NamedTuple):
    """`name: file,path; type` of a multipart section."""

    line: int
    name: Parts
    path: Parts
    content_type: str


class Body(NamedTuple):
    """A body: `kind` is json, xml, text, graphql, base64, hex or file; `parts` its content, or the file's path.

    `variables` are those of GraphQL.
    """

    line: int
    kind: str
    parts: Parts
    variables: Parts = ()


class Value(NamedTuple):
    """What a filter or predicate is given.

    `kind` is constant (a number, a truth value, null: `value` is it), text, placeholder, regex, bytes or file.
    """

    kind: str
    parts: Parts = ()
    value: Any = None


class Filter(NamedTuple):
    name: str
    arguments: tuple[Value, ...]


class Query(NamedTuple):
    """What is looked at: `argument` is what stands after the name, then filters from left to right."""

    line: int
    name: str
    argument: Value | None
    filters: tuple[Filter, ...]


class Capture(NamedTuple):
    line: int
    name: Parts
    query: Query
    secret: bool


class Assert(NamedTuple):
    """`text` is the line as it was written."""

    line: int
    query: Query
    negated: bool
    predicate: str
    value: Value | None
    text: str


class Response(NamedTuple):
    """`status` is None for `*`, `version` empty where any will do."""

    line: int
    version: str
    status: int | None
    headers: tuple[Pair | Remark, ...]
    captures: tuple[Capture | Remark, ...]
    asserts: tuple[Assert | Remark, ...]
    body: Body | None


class Entry(NamedTuple):
    """A request with what is said of its response. `sections` are those of the request by canonical name."""

    line: int
    remarks: tuple[Remark, ...]
    method: str
    url: Parts
    headers: tuple[Pair | Remark, ...]
    sections: dict[str, tuple[Pair | FilePart | Remark, ...]]
    body: Body | None
    response: Response | None
