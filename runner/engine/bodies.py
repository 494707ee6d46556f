"""Declared bodies that are more than one value → what goes out: `multipart`, `file` and `graphql`.

Imported when a request has one. Files are found here (their sizes are looked up) and read when they are sent.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import PurePath

from runner.engine.media_types import media_type
from runner.engine.payload import Body, BodyFile, BodyPart, Multipart
from runner.engine.scope import Scope, resolve
from runner.engine.texts import json_bytes, rendered
from runner.errors import ResolveError
from runner.language import model
from runner.language.document import is_media_type
from runner.language.model import MISSING, GraphQL, Part, Setting
from runner.language.values import Value, as_text, kind

#: RFC 2046 § 5.1.1: 1 to 70 characters, the last of which is no space.
_BOUNDARY = re.compile(r"[0-9A-Za-z'()+_,\-./:=? ]{0,69}[0-9A-Za-z'()+_,\-./:=?]", re.ASCII)
_PARAMETER = re.compile(r";\s*boundary\s*=\s*(?:\"((?:\\.|[^\"\\])*)\"|([^\s;]*))", re.IGNORECASE)
#: What to do about a Content-Type header that does not fit.
HEADER_HINT = "leave it out: it is made with the body; `Content-Type: null` removes an inherited one"


def _file(body: model.Body, scope: Scope) -> tuple[Body, str]:
    file = _upload(body.value, scope)
    return file, media_type(file.name)


def _upload(path: Setting, scope: Scope) -> BodyFile:
    name = rendered(path.value, "file", path.span, scope)
    try:
        return scope.shared.files.upload(path.span.source.path, name, path.span)
    except ValueError as error:
        raise ResolveError(f"'file': {error}", path.span) from None


# --- multipart -----------------------------------------------------------------------------------------------------


def _multipart(body: model.Body, scope: Scope) -> tuple[Body, str]:
    """RFC 7578; the boundary is random, so that no content can hold it."""
    parts = tuple(made for part in body.value for made in _parts(part, scope))
    boundary = f"----request-runner-{os.urandom(16).hex()}"
    return Multipart(boundary, parts), f"multipart/form-data; boundary={boundary}"


def _parts(part: Part, scope: Scope) -> Iterator[BodyPart]:
    """A part, or several of one name where its value is a list; none where it is null."""
    name = rendered(part.name, "name", part.name_span, scope)
    filename, content_type = _optional(part.filename, "filename", scope), _content_type(part.content_type, scope)
    if part.file is not None:
        file = _upload(part.file, scope)
        filename = filename or PurePath(file.name).name
        yield BodyPart(name, file, filename, content_type or media_type(filename))
        return
    value = resolve(part.value, scope)
    for item in value if isinstance(value, list) and not part.long else [value]:
        if item is not None:
            guessed = "application/json" if isinstance(item, (dict, list)) else ""
            yield BodyPart(name, _written(item, part), filename, content_type or guessed)


def _written(value: Value, part: Part) -> bytes:
    try:
        return as_text(value).encode()
    except ValueError as error:
        raise ResolveError(f"'{part.text}': {error}", part.span) from None


def _optional(declared: Setting | None, name: str, scope: Scope) -> str:
    return rendered(declared.value, name, declared.span, scope) if declared else ""


def _content_type(declared: Setting | None, scope: Scope) -> str:
    found = _optional(declared, "content_type", scope)
    if declared is not None and not is_media_type(found):
        raise ResolveError(f"'content_type': '{found}' is not a media type", declared.span)
    return found


def as_written(body: Multipart, header: str) -> tuple[Multipart, str]:
    """A multipart body under a Content-Type header that the user wrote, and that header with the boundary in it.

    Raises:
        ValueError: the header is not that of a multipart body.
    """
    fault = header_fault(header)
    if fault:
        raise ValueError(fault)
    boundary = _boundary(header)
    if boundary is None:
        return body, f"{header.rstrip('; ')}; boundary={body.boundary}"
    return body._replace(boundary=boundary), header


def header_fault(header: str) -> str:
    """Why a Content-Type header cannot be that of a multipart body; empty where it can."""
    if not header.strip().lower().startswith("multipart/"):
        return f"the header Content-Type says '{header}', and the body is multipart"
    boundary = _boundary(header)
    if boundary is not None and not _BOUNDARY.fullmatch(boundary):
        return f"'{boundary}' cannot be a boundary: it has 1 to 70 letters, digits and '()+_,-./:=?"
    return ""


def _boundary(header: str) -> str | None:
    """The boundary that a Content-Type header names, if it names one."""
    found = _PARAMETER.search(header)
    if found is None:
        return None
    return found[2] if found[1] is None else re.sub(r"\\(.)", r"\1", found[1])


# --- graphql -------------------------------------------------------------------------------------------------------


def _graphql(body: model.Body, scope: Scope) -> tuple[Body, str]:
    """The members of a GraphQL request (GraphQL over HTTP § 5.1); what is not given is left out."""
    declared: GraphQL = body.value
    sent: dict[str, Value] = {"query": _document(declared, scope)}
    variables = None if declared.variables is MISSING else resolve(declared.variables, scope)
    if not (variables is None or isinstance(variables, dict)):
        raise ResolveError(f"'variables' of graphql wants a mapping, not {kind(variables)}", declared.span)
    if variables is not None:
        sent["variables"] = variables
    if declared.operation is not None:
        sent["operationName"] = _optional(declared.operation, "operation", scope)
    return json_bytes(sent, "graphql", body.span), "application/json"


def _document(declared: GraphQL, scope: Scope) -> str:
    """The text of the document; that of a file goes as it is."""
    if declared.file is None:
        return rendered(declared.query, "query", declared.span, scope)
    path, span = rendered(declared.file.value, "file", declared.file.span, scope), declared.file.span
    try:
        return scope.shared.files.read(scope.shared.files.locate(span.source.path, path))
    except ValueError as error:
        raise ResolveError(f"'file': {error}", span) from None


#: The key that a body stands under → the function that makes it, with the Content-Type that it has.
BODIES: Mapping[str, Callable[[model.Body, Scope], tuple[Body, str]]] = {
    "file": _file,
    "multipart": _multipart,
    "graphql": _graphql,
}
