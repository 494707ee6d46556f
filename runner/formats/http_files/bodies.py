"""Bodies of .http files: JSON, forms, parts between boundaries, GraphQL, files with and without variables."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote_plus

from runner.formats import json_text
from runner.formats.draft import Data, usable_name
from runner.formats.entries import Entry, mapping
from runner.formats.http_files.context import Context
from runner.formats.texts import Parts, Placeholder, joined

_INPUT = re.compile(r"\s*<(@\S*)?\s+(\S.*)")
_COMMENT = re.compile(r"\s*(?:#|//)")
_JSON = re.compile(r"application/(?:[\w.+-]+\+)?json\b", re.IGNORECASE)
_FORM = re.compile(r"application/x-www-form-urlencoded\b", re.IGNORECASE)
_BOUNDARY = re.compile(r"multipart/[\w-]+\s*;.*?boundary=\"?([^\";]+)\"?", re.IGNORECASE)
_PARAMETER = re.compile(r";\s*(\w+)\*?=(?:\"((?:\\.|[^\"\\])*)\"|([^;\s]*))")


def put(
    lines: tuple[str, ...], content_type: str, operation: str | None, made: Data, context: Context, line: int
) -> None:  # fmt: skip
    """Gives a request its body; `operation` is that of GraphQL, None for other bodies."""
    if not lines:
        return
    boundary = _BOUNDARY.match(content_type)
    if operation is not None:
        _graphql(lines, operation, made, context, line)
    elif boundary:
        _multipart(lines, boundary[1], made, context, line)
    elif _INPUT.fullmatch(lines[0]) and len(lines) == 1:
        _file(lines[0], content_type, made, context, line)
    else:
        _text("\n".join(_with_files(lines, context, line)), content_type, made, context, line)


# --- text ----------------------------------------------------------------------------------------------------------


def _text(text: str, content_type: str, made: Data, context: Context, line: int) -> None:
    if _JSON.match(content_type):
        data = _json(text, context, line)
        if data is not None:
            made["json"] = data[0]
            return
    if _FORM.match(content_type):
        form = _form(text, context, line)
        if form:
            made["form"] = form
            return
    made["text"] = context.text(text, line)


def _json(text: str, context: Context, line: int) -> tuple[Any] | None:
    for form in (text, json_text.without_comments(text)):
        try:
            return (json_text.data(context.parts(form, line), context.kinds),)
        except json_text.NotJsonError:
            continue
    return None


def _form(text: str, context: Context, line: int) -> Data:
    """The fields of a form, which may stand on lines of their own; empty where it is none."""
    whole = "".join(row.strip() for row in text.split("\n"))
    pairs = [pair.partition("=") for pair in whole.split("&") if pair]
    if not all(equals for _, equals, _ in pairs):
        return {}
    entries = [Entry(_decoded(name, context, line), _decoded(value, context, line)) for name, _, value in pairs]
    return mapping(entries)


def _decoded(text: str, context: Context, line: int) -> Parts:
    parts = context.parts(text.strip(), line)
    return tuple(joined([part if isinstance(part, Placeholder) else unquote_plus(part) for part in parts]))


def _with_files(lines: tuple[str, ...], context: Context, line: int) -> Iterator[str]:
    """The lines of a body; a line that names a file becomes what is in it."""
    for row in lines:
        named = _INPUT.fullmatch(row)
        if named is None:
            yield row
            continue
        try:
            yield context.read(named[2].strip()).removesuffix("\n")
        except ValueError as error:
            context.lose(line, f"the file '{named[2].strip()}'", str(error), "put its text there")


def _file(row: str, content_type: str, made: Data, context: Context, line: int) -> None:
    """A body that is a file: as it is, or with its variables replaced."""
    named = _INPUT.fullmatch(row)
    assert named is not None
    path = named[2].strip()
    if not named[1]:
        given = "{{" in path
        made["file"] = (
            context.text(path, line) if given else context.attachments.take(path, "body", context.where(line))
        )
        return
    try:
        _text(context.read(path), content_type, made, context, line)
    except ValueError as error:
        context.lose(line, f"the file '{path}'", str(error), "put its text into the request")


# --- GraphQL -------------------------------------------------------------------------------------------------------


def _graphql(lines: tuple[str, ...], operation: str, made: Data, context: Context, line: int) -> None:
    """The query, an empty line, its variables."""
    text = "\n".join(_with_files(lines, context, line))
    query, empty, variables = text.rpartition("\n\n")
    if not empty or not variables.lstrip().startswith("{") or not query.strip():
        query, variables = text, ""
    found: Data = {"query": context.text(query.strip(), line)}
    if variables.strip():
        try:
            found["variables"] = json_text.data(context.parts(variables, line), context.kinds)
        except json_text.NotJsonError:
            found["query"] = context.text(text.strip(), line)  # a second operation, and no variables
    if operation:
        found["operation"] = context.text(operation, line)
    made["graphql"] = found


# --- parts ---------------------------------------------------------------------------------------------------------


def _multipart(lines: tuple[str, ...], boundary: str, made: Data, context: Context, line: int) -> None:
    parts: Data = {}
    for rows in _between(lines, boundary):
        name, part = _part(rows, context, line)
        if not name:
            context.lose(line, "a part of the body", "it has no name")
        elif name in parts:
            parts[name] = [*(parts[name] if isinstance(parts[name], list) else [parts[name]]), part]
        else:
            parts[name] = part
    made["multipart"] = parts


def _between(lines: tuple[str, ...], boundary: str) -> Iterator[list[str]]:
    rows: list[str] | None = None
    for row in lines:
        if row.strip() in (f"--{boundary}", f"--{boundary}--"):
            if rows is not None:
                yield rows
            rows = [] if not row.strip().endswith("--") or row.strip() == f"--{boundary}" else None
        elif rows is not None:
            rows.append(row)
    if rows:
        yield rows


def _part(rows: list[str], context: Context, line: int) -> tuple[str, Any]:
    empty = next((place for place, row in enumerate(rows) if not row.strip()), len(rows))
    headers = {name.strip().lower(): value.strip() for name, _, value in (row.partition(":") for row in rows[:empty])}
    found = {match[1]: match[2] or match[3] for match in _PARAMETER.finditer(headers.get("content-disposition", ""))}
    name = context.text(found.get("name", ""), line)
    body = rows[empty + 1 :]
    while body and not body[-1].strip():
        body.pop()
    more: Data = {}
    if "content-type" in headers:
        more["content_type"] = context.text(headers["content-type"], line)
    if len(body) == 1 and _INPUT.fullmatch(body[0]):
        return name, {**_named_file(body[0], found, context, line), **more}
    value = context.text("\n".join(_with_files(tuple(body), context, line)), line)
    if "filename" in found:
        context.lose(
            line, f"the file name '{found['filename']}'", "a part with a file name sends a file", "name a file"
        )
    return name, {"value": value, **more} if more else value


def _named_file(row: str, found: dict[str, str], context: Context, line: int) -> Data:
    named = _INPUT.fullmatch(row)
    path = named[2].strip() if named else ""
    like = usable_name(found.get("name", "part"))
    part = {
        "file": context.text(path, line) if "{{" in path else context.attachments.take(path, like, context.where(line))
    }
    filename = found.get("filename", "")
    if filename and filename != path.replace("\\", "/").rpartition("/")[2]:
        part["filename"] = context.text(filename, line)
    return part
