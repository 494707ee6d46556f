"""The mappings of the file: which keys each has, where their doc texts stand, and which of them it must have.

Keys come from the decoder's tables, doc texts from the model; a key that lacks one raises `MissingRow`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from typing import Any, NamedTuple, get_type_hints

from runner.language.document.bodies import FILE, GRAPHQL, PART
from runner.language.document.collection import CLIENT_CERT, COLLECTION, DEFAULTS, GROUP, LOGIN, REQUEST
from runner.language.document.judges import SNAPSHOT
from runner.language.document.reader import Table
from runner.language.document.repeats import PAGINATE, POLL, RETRY
from runner.language.document.response import ASSERTION, CAPTURE
from runner.language.model import (
    BODY_KEYS,
    Assertion,
    Capture,
    ClientCert,
    Collection,
    Defaults,
    GraphQL,
    Group,
    Paginate,
    Part,
    Poll,
    RequestSpec,
    Retry,
    Snapshot,
)
from runner.language.schema.values import MissingRow, Schema, value


class Block(NamedTuple):
    """A mapping of the file. `models` are the classes whose fields carry the doc texts, the nearest first."""

    title: str
    doc: str
    table: Table
    models: tuple[type, ...]
    required: tuple[str, ...] = ()


#: Definition → block, in the order of the reference. A collection may do without `requests`: others may extend it.
BLOCKS: Mapping[str, Block] = {
    "collection": Block("Collection", "One file of requests.", COLLECTION, (Collection,)),
    "group": Block("Group", "Requests that share settings.", GROUP, (Group,), ("name",)),
    "request": Block("Request", "One HTTP request.", REQUEST, (RequestSpec, Defaults), ("name", "url")),
    "defaults": Block("Defaults", "Settings that requests inherit.", DEFAULTS, (Defaults,)),
    "retry": Block("Retry", "When a request is tried again after a fault.", RETRY, (Retry,)),
    "poll": Block("Poll", "A request that is repeated until it is done.", POLL, (Poll,)),
    "paginate": Block("Paginate", "A request that goes on to the next pages.", PAGINATE, (Paginate,), ("next",)),
    "part": Block("Part of multipart", "A value or a file, with what is told of it.", PART, (Part,)),
    "graphql": Block("GraphQL", "A GraphQL operation.", GRAPHQL, (GraphQL,), ("query",)),
    "graphql_file": Block("GraphQL document", "A file with a GraphQL document.", FILE, (GraphQL,), ("file",)),
    "snapshot": Block("Snapshot", "What is compared with what was kept.", SNAPSHOT, (Snapshot,)),
    "client_cert": Block("Client certificate", "What the client shows in TLS.", CLIENT_CERT, (ClientCert,), ("cert",)),
    "capture": Block(
        "Capture", "The long form of a capture; the short one is the expression.", CAPTURE, (Capture,), ("from",)
    ),
    "assertion": Block(
        "Assertion",
        "The long form of an assertion; the short ones are an expression that must be true, and a key with its value.",
        ASSERTION,
        (Assertion,),
        ("that",),
    ),
    "login": Block("Login call", "The request of `auth: {type: request}`.", LOGIN, (RequestSpec, Defaults), ("url",)),
}

#: What makes an item of `requests` a group: one of these keys.
GROUP_BY = ("requests", "include")

#: Key → what a person might write. With one example a key is completed with it.
_EXAMPLES: Mapping[str, list[Any]] = {
    "url": ["/users/{{user_id}}", "https://api.example.com/health"],
    "base_url": ["https://api.example.com/v1"],
    "skip": ["the server is being moved"],
    "when": ["role == 'admin'"],
    "query": [{"page": 1}],
    "headers": [{"Accept": "application/json"}],
    "cookies": [{"theme": "dark"}],
    "form": [{"user": "ada"}],
    "json": [{"name": "Ada"}],
    "variables": [{"api": "https://api.example.com"}],
    "environments": [{"local": {"api": "http://127.0.0.1:8765"}}],
    "capture": [{"user_id": "body.value[0].id"}],
    "timeout": ["10s"],
    "delay": ["2s"],
    "max_body": ["10MB"],
}


def shapes(blocks: Mapping[str, Block]) -> dict[str, Schema]:
    """Definition → the object of its block.

    Raises:
        MissingRow: keys have no shape or no doc text; all of them are told.
    """
    missing: dict[str, None] = {}
    found = {name: _object(block, missing) for name, block in blocks.items()}
    if missing:
        raise MissingRow("\n".join(missing))
    return found


def _object(block: Block, missing: dict[str, None]) -> Schema:
    properties: dict[str, Schema] = {key: {} for key in block.table}
    for key in block.table:
        for part in (_described, _shaped):
            try:
                properties[key] |= part(block, key)
            except MissingRow as error:
                missing[str(error)] = None
    return {
        "title": block.title,
        "description": block.doc,
        "type": "object",
        "properties": properties,
        "required": list(block.required),
        "additionalProperties": False,
    }


def _described(block: Block, key: str) -> Schema:
    return {"description": doc(block, key)}


def _shaped(block: Block, key: str) -> Schema:
    # The keys of GraphQL have names of others, and other values.
    examples = {"examples": _EXAMPLES[key]} if key in _EXAMPLES and block.table is not GRAPHQL else {}
    return {**value(key, block.table[key].read), **examples}


def doc(block: Block, key: str) -> str:
    """The doc text of a key.

    Raises:
        MissingRow: the field that it fills has none.
    """
    field = block.table[key].field
    if field == f"body_{key}":
        found, where = BODY_KEYS.get(key, ""), "BODY_KEYS"
    else:
        found = next((text for name, text in _docs(block) if name == field), "")
        where = f"the field '{field}' of {' or '.join(model.__name__ for model in block.models)}"
    if not found:
        raise MissingRow(f"'{key}' of '{block.title}' has no doc text: {where} in runner/language/model.py wants one")
    return found


def _docs(block: Block) -> Iterator[tuple[str, str]]:
    """Field → doc text, of each of a block's models."""
    for model in block.models:
        if is_dataclass(model):
            yield from ((field.name, field.metadata.get("doc", "")) for field in fields(model))
        else:
            hints = get_type_hints(model, include_extras=True)
            yield from ((name, hint.__metadata__[0]) for name, hint in hints.items() if hasattr(hint, "__metadata__"))
