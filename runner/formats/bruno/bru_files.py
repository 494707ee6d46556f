"""Blocks of .bru files → requests, folders and environments."""

from __future__ import annotations

import re
from collections.abc import Iterable

from runner.formats.bruno.bru import Block, Line, blocks
from runner.formats.bruno.nodes import Auth, Body, Environment, Extra, Pair, Request, Script, Shared

_METHODS = frozenset({"get", "post", "put", "delete", "patch", "options", "head", "connect", "trace"})
_TYPES = ("number", "boolean", "object")
_CONTENT_TYPE = re.compile(r"(.*?)\s*@contentType\((.*?)\)\s*", re.DOTALL)
_FILE = re.compile(r"@file\((.*)\)", re.DOTALL)
#: `body:…` → the mode of the body.
_BODIES = {
    "body": "json", "body:json": "json", "body:text": "text", "body:xml": "xml", "body:sparql": "sparql",
    "body:graphql": "graphql", "body:form-urlencoded": "form", "body:multipart-form": "multipart", "body:file": "file",
}  # fmt: skip
#: What `body:` of the request says → the mode.
_CHOSEN = {
    "formUrlEncoded": "form",
    "multipartForm": "multipart",
    "form-urlencoded": "form",
    "multipart-form": "multipart",
}
_REQUESTS = {"auth_req": "authorization", "access_token_req": "token", "refresh_token_req": "refresh"}
_PLACES = {"headers": "header", "queryparams": "query", "body": "body"}
_KNOWN = frozenset(
    {"meta", "http", "params:query", "params:path", "query", "headers", "auth", "vars:pre-request",
     "vars:post-response", "assert", "settings", "docs", "example", "body:graphql:vars", "tests", "script:pre-request",
     "script:post-response"}
)  # fmt: skip


def request(text: str, path: str) -> Request:
    """The request in a file.

    Raises:
        ForeignFault: it is no .bru; with the line.
    """
    found = blocks(text)
    meta = _values(_pairs(found, "meta"))
    call = next((block for block in found if block.name in _METHODS or block.name == "http"), None)
    said = _values(call.pairs) if call else {}
    kind = meta.get("type", "http")
    tags = next((line.items for line in _pairs(found, "meta") if line.name == "tags"), ())
    left_out = tuple(block.name for block in found if not _is_known(block.name))
    return Request(
        name=meta.get("name", ""),
        path=path,
        kind=kind if call or kind not in ("http", "graphql") else "empty",
        seq=_number(meta.get("seq", "1"), 1),
        tags=tags,
        method=said.get("method", call.name).upper() if call else "GET",
        url=said.get("url", ""),
        params=_params(found),
        body=_body(found, said.get("body", "none")),
        shared=_shared(found, said.get("auth", "none")),
        asserts=tuple(_pair(line) for line in _pairs(found, "assert")),
        settings=_values(_pairs(found, "settings")),
        examples=sum(block.name == "example" for block in found),
        left_out=left_out,
    )


def folder(text: str) -> tuple[str, float, Shared]:
    """Name and place of a folder, or of a collection, and what its requests share.

    Raises:
        ForeignFault: it is no .bru; with the line.
    """
    found = blocks(text)
    meta = _values(_pairs(found, "meta"))
    mode = _values(_pairs(found, "auth")).get("mode", "none")
    return meta.get("name", ""), _number(meta.get("seq", "0"), 0), _shared(found, mode)


def environment(text: str, name: str) -> Environment:
    """The environment in a file.

    Raises:
        ForeignFault: it is no .bru; with the line.
    """
    found = blocks(text)
    secret = [name for block in found if block.name == "vars:secret" for name in (*block.items, *_names(block))]
    return Environment(name, tuple(map(_variable, _pairs(found, "vars"))), tuple(secret))


# --- parts ---------------------------------------------------------------------------------------------------------


def _is_known(name: str) -> bool:
    return name in _KNOWN or name in _METHODS or name in _BODIES or name.startswith("auth:")


def _names(block: Block) -> Iterable[str]:
    return (line.name for line in block.pairs)


def _number(text: str, otherwise: float) -> float:
    try:
        return float(text)
    except ValueError:
        return otherwise


def _pairs(found: list[Block], name: str) -> tuple[Line, ...]:
    return tuple(line for block in found if block.name == name for line in block.pairs)


def _text(found: list[Block], name: str) -> str:
    return "\n".join(block.text for block in found if block.name == name)


def _values(pairs: Iterable[Line]) -> dict[str, str]:
    return {line.name: line.value for line in pairs if line.enabled}


def _pair(line: Line) -> Pair:
    return Pair(line.name, line.value, line.enabled, line.annotations.get("description", ""))


def _variable(line: Line) -> Pair:
    kind = next((name for name in _TYPES if name in line.annotations), "")
    return _pair(line)._replace(name=line.name.removeprefix("@"), kind=kind)


def _params(found: list[Block]) -> tuple[Pair, ...]:
    query = (*_pairs(found, "query"), *_pairs(found, "params:query"))
    return (
        *(_pair(line)._replace(kind="query") for line in query),
        *(_pair(line)._replace(kind="path") for line in _pairs(found, "params:path")),
    )


def _shared(found: list[Block], mode: str) -> Shared:
    scripts = (("pre-request", "script:pre-request"), ("post-response", "script:post-response"), ("tests", "tests"))
    return Shared(
        headers=tuple(map(_pair, _pairs(found, "headers"))),
        auth=_auth(found, mode),
        variables=tuple(map(_variable, _pairs(found, "vars:pre-request"))),
        captures=tuple(map(_variable, _pairs(found, "vars:post-response"))),
        scripts=tuple(Script(phase, _text(found, name)) for phase, name in scripts if _text(found, name).strip()),
        docs=_text(found, "docs"),
    )


def _auth(found: list[Block], mode: str) -> Auth:
    extras = []
    for block in found:
        _, mark, rest = block.name.partition("additional_params:")
        request_, _, where = rest.partition(":")
        if mark and request_ in _REQUESTS and where in _PLACES:
            extras += [Extra(_REQUESTS[request_], _PLACES[where], p.name, p.value) for p in block.pairs if p.enabled]
    return Auth(mode, _values(_pairs(found, f"auth:{mode}")), tuple(extras))


def _body(found: list[Block], chosen: str) -> Body | None:
    mode = _CHOSEN.get(chosen, chosen)
    names = [name for name, its_mode in _BODIES.items() if its_mode == mode]
    if not names:
        return None
    text = "\n".join(_text(found, name) for name in names).strip("\n")
    pairs = tuple(_part(line) for name in names for line in _pairs(found, name))
    return Body(mode, text, pairs, _text(found, "body:graphql:vars"))


def _part(line: Line) -> Pair:
    pair = _pair(line)
    typed = _CONTENT_TYPE.fullmatch(pair.value)
    value = typed[1] if typed else pair.value
    file = _FILE.fullmatch(value.strip())
    files = tuple(part for part in file[1].split("|") if part) if file else ()
    return pair._replace(
        value="" if file else value, files=files, content_type=typed[2].strip() if typed else "",
        kind="file" if file else "",
    )  # fmt: skip
