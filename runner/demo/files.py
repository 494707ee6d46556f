"""Files in and out: what came in is told by name, type, size and digest; nothing is kept.

What each route answers is listed in the head of `server`.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote

from runner.demo.messages import Call, Reply, Route, json_reply

#: In bytes, of `/download`.
_LARGEST = 100_000_000
_BLOCK = bytes(range(256))
_PARAMETER = re.compile(r';\s*(\w+)="([^"]*)"')
_BOUNDARY = re.compile(r'boundary=(?:"([^"]+)"|([^\s;]+))')


class Files:
    """The routes."""

    def routes(self) -> list[Route]:
        return [
            Route("POST", "/upload", _upload),
            Route("PUT", "/files/{name}", _put),
            Route("GET", "/download/{size}", _download),
        ]


def _upload(call: Call) -> Reply:
    if call.media_type != "multipart/form-data":
        return json_reply({"error": "this wants multipart/form-data"}, 415)
    found = _BOUNDARY.search(call.headers["content-type"])
    if found is None:
        return json_reply({"error": "Content-Type names no boundary"}, 400)
    return json_reply({"parts": list(_parts(call.body, (found[1] or found[2]).encode()))})


def _parts(body: bytes, boundary: bytes) -> Iterator[dict[str, Any]]:
    """The parts of a multipart body (RFC 7578): a field by its text, a file by what it is."""
    for part in (b"\r\n" + body).split(b"\r\n--" + boundary)[1:]:
        head, divider, content = part.partition(b"\r\n\r\n")
        if divider:
            yield _part(head.decode("utf-8", "replace"), content)


def _part(head: str, content: bytes) -> dict[str, Any]:
    lines = (line.partition(":") for line in head.strip().split("\r\n"))
    headers = {name.lower(): value.strip() for name, _, value in lines}
    # As browsers write them: only quotes and line breaks are encoded.
    named = {name: unquote(value) for name, value in _PARAMETER.findall(headers.get("content-disposition", ""))}
    told = {"name": named.get("name"), "type": headers.get("content-type")}
    if "filename" in named:
        return told | {"filename": named["filename"], **_facts(content)}
    return told | {"value": content.decode("utf-8", "replace")}


def _put(call: Call, name: str) -> Reply:
    return json_reply({"name": name, "type": call.headers.get("content-type"), **_facts(call.body)})


def _facts(content: bytes) -> dict[str, Any]:
    return {"size": len(content), "sha256": hashlib.sha256(content).hexdigest()}


def _download(call: Call, size: str) -> Reply:
    wanted = int(size) if size.isascii() and size.isdigit() and len(size) < 10 else _LARGEST + 1
    if wanted > _LARGEST:
        return json_reply({"error": f"a download has 0 to {_LARGEST} bytes"}, 400)
    return Reply(200, (_BLOCK * (wanted // len(_BLOCK) + 1))[:wanted], (("Content-Type", "application/octet-stream"),))
