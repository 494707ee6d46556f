"""The data of a command → one body: `json`, `graphql`, `form`, `multipart`, `file` or `text`.

The body that reads best is taken among those that send the same; a Content-Type header that it makes by itself goes.
"""

from __future__ import annotations

import re
from typing import Any

from runner.formats import json_text
from runner.formats.curl.command import Given
from runner.formats.curl.context import Context
from runner.formats.curl.forms import multipart
from runner.formats.curl.options import Option
from runner.formats.curl.urls import entries
from runner.formats.curl.values import label, split, without
from runner.formats.draft import Data
from runner.formats.texts import Part, Parts, joined, spliced
from runner.formats.variables import Kinds

FORM = "application/x-www-form-urlencoded"
_JSON = re.compile(r"(?:application|text)/(?:[\w.-]+\+)?json\b", re.IGNORECASE)
_PLAIN = "text/plain; charset=utf-8"
_GRAPHQL = frozenset({"query", "variables", "operationName"})


def put_body(given: Given, made: Data, context: Context) -> None:
    """Puts the body of a command into its request, whose headers are there."""
    uploads = given.every("upload-file")
    _conflict(given, context)
    if given.data and given.data[0].name == "json":
        made["headers"] = {**_default(made, "Content-Type"), **_default(made, "Accept"), **made["headers"]}
    if given.forms:
        made["multipart"] = multipart(given.forms, context)
        _bare_multipart(made["headers"])
    elif uploads and not given.data:
        path = context.file(uploads[0], "body")
        made["text" if path is None else "file"] = spliced(context.input()) if path is None else path
    elif given.data and not given.is_on("get"):
        _data(given, made, context)


def _conflict(given: Given, context: Context) -> None:
    """A command that curl refuses: it says two bodies, or one with HEAD."""
    data = given.data and not given.is_on("get")
    found = {"-d": data, "-F": given.forms, "-T": given.every("upload-file"), "-I": given.is_on("head")}
    said = [option for option, there in found.items() if there]
    if len(said) > 1:
        context.lose(f"{' with '.join(said)}", "curl refuses them together", "write `method` and one body")


def _bare_multipart(headers: Data) -> None:
    """A header of multipart/form-data is made with the body; curl puts a boundary of its own behind it, too."""
    for name in _named(headers, "content-type"):
        kind, _, parameters = str(headers[name]).partition(";")
        if kind.strip().lower() == "multipart/form-data":
            del headers[name]
        elif "boundary" in parameters:
            headers[name] = kind.strip()


def _named(headers: Data, wanted: str) -> list[Any]:
    return [name for name in headers if isinstance(name, str) and name.lower() == wanted]


def content_type(made: Data) -> str | None:
    """The Content-Type header of a request, in lower case."""
    found = _named(made["headers"], "content-type")
    return str(made["headers"][found[0]]).lower() if found else None


def _without_type(made: Data, implied: str) -> None:
    """Drops the Content-Type header that the body makes by itself."""
    for name in _named(made["headers"], "content-type"):
        if str(made["headers"][name]).lower() == implied:
            del made["headers"][name]


def _data(given: Given, made: Data, context: Context) -> None:
    pieces = [(option, context.data_parts(option)) for option in given.data]
    if len(pieces) == 1 and pieces[0][1] is None:
        _file(given.data[0], made, context)
        return
    whole = _joined([(option, inline(option, parts, context)) for option, parts in pieces])
    kind = content_type(made)
    if kind is not None and _JSON.match(kind) and _json(whole, made, context):
        return
    if kind is None or kind.partition(";")[0].strip() == FORM:
        found = entries(split(whole, "&"), form=True) if whole else None
        if found:
            made["form"] = found
            _without_type(made, FORM)
            return
        if kind is None:
            made["headers"]["Content-Type"] = FORM
    made["text"] = spliced(whole)
    _without_type(made, _PLAIN)


def _default(made: Data, name: str) -> Data:
    return {} if _named(made["headers"], name.lower()) else {name: "application/json"}


def _joined(pieces: list[tuple[Option, Parts]]) -> Parts:
    """All data as one text: with `&` between, JSON as it is."""
    found: list[Part] = []
    for option, parts in pieces:
        found += ["&"] if found and option.name != "json" else []
        found += parts
    return tuple(joined(found))


def inline(option: Option, parts: Parts | None, context: Context) -> Parts:
    """The parts of data, or the text of the file that it names."""
    if parts is not None:
        return parts
    text = context.text_of_file(option.value)
    if text is None:
        name = label(option.value)
        context.lose(f"the data {name}", "its file cannot be read, and more data is joined to it", "write it out")
        return ()
    return (text,) if option.name != "data" else (re.sub(r"[\r\n\0]", "", text),)


def _file(option: Option, made: Data, context: Context) -> None:
    """Data that is a file and nothing else."""
    text = context.text_of_file(option.value)
    if option.name == "data" and text is not None and re.search(r"[\r\n]", text) and not _is_json(text):
        path = label(option.value)[1:]
        context.lose(f"the file '{path}'", "curl takes its line breaks out, here it goes as it is", "--data-binary")
    made["file"] = context.path(without(context.values.parts(option.value), 1), "body")
    if content_type(made) is None:
        made["headers"]["Content-Type"] = FORM


def _is_json(text: str) -> bool:
    try:
        json_text.data((text,), Kinds())
    except json_text.NotJsonError:
        return False
    return True


def _json(whole: Parts, made: Data, context: Context) -> bool:
    try:
        data = json_text.data(whole, context.kinds())
    except json_text.NotJsonError:
        return False
    if data is None:  # in a draft it is a body that is not there
        return False
    if isinstance(data, dict) and isinstance(data.get("query"), str) and "{" in data["query"] and set(data) <= _GRAPHQL:
        made["graphql"] = _graphql(data)
    else:
        made["json"] = data
    _without_type(made, "application/json")
    return True


def _graphql(data: Data) -> Data:
    made = {"query": data["query"]}
    if data.get("variables"):
        made["variables"] = data["variables"]
    if data.get("operationName"):
        made["operation"] = data["operationName"]
    return made
