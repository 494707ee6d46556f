"""Request bodies: every mode of Postman → one body key of ours, with the Content-Type that Postman would send.

A raw body that is JSON becomes `json`, also with placeholders that stand unquoted and with comments, which Postman
strips. What is not JSON stays `text`, letter by letter.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from runner.engine.credentials import holds_code, holds_credential
from runner.formats.draft import Data, Disabled
from runner.formats.postman.reading import Entry, Json, entries, mapping, plain
from runner.formats.postman.variables import Variables, is_harmless, snake
from runner.language.values import dump_json, parse_json

#: The language of a raw body → its Content-Type (as Postman's runtime has it).
_LANGUAGES = {
    "html": "text/html",
    "text": "text/plain",
    "json": "application/json",
    "javascript": "application/javascript",
    "xml": "application/xml",
}
_JSON_TYPE = re.compile(r"application/(?:[\w.+-]+\+)?json\b", re.IGNORECASE)


class Body(NamedTuple):
    """A body: its key and value, and the Content-Type that goes with it."""

    key: str
    value: Any
    content_type: str = ""


def translate(body: Json, written_type: str, variables: Variables, path: str) -> Body | None:
    """The body of a request; `written_type` is the value of its own Content-Type header, if it has one.

    None where nothing is sent, be it that all entries are disabled.
    """
    data = mapping(body)
    mode = plain(data.get("mode"))
    read = _MODES.get(mode)
    if read is None:
        if mode not in ("", "none"):
            variables.imported.lose(path, f"a body of mode '{mode}'", "Postman itself does not send it")
        return None
    return read(data, written_type, variables, path)


# --- raw -----------------------------------------------------------------------------------------------------------


def _raw(data: Mapping[str, Json], written_type: str, variables: Variables, path: str) -> Body | None:
    raw = plain(data.get("raw"))
    if not raw:
        return None
    language = plain(mapping(mapping(data.get("options")).get("raw")).get("language")) or "text"
    implied = _LANGUAGES.get(language, "text/plain")
    is_json = bool(_JSON_TYPE.match(written_type)) if written_type else language == "json"
    if is_json or (not written_type and language == "text" and raw.lstrip()[:1] in ("{", "[")):
        found = None if variables.whole(raw) else read_json(raw, variables, path)
        if found is not None:
            return Body("json", found[0], "" if implied == "application/json" else implied)
    text = without_comments(raw) if is_json else raw
    content_type = "application/json" if is_json else implied
    return Body("text", variables.text(text, path), "" if content_type == "text/plain" else content_type)


def read_json(raw: str, variables: Variables, path: str) -> tuple[Any] | None:
    """The draft of a JSON text with placeholders, in a tuple; None where it is not JSON."""
    names: list[str] = []
    try:
        value = parse_json(_with_marks(raw, names))
    except ValueError:
        return None
    try:
        return (_json(value, names, variables, path),)
    except _NotJsonError:
        return None


def bare_names(body: Json) -> Iterator[str]:
    """The foreign names of placeholders that stand unquoted in a JSON body."""
    names: list[str] = []
    data = mapping(body)
    raw = plain(data.get("raw")) if data.get("mode") == "raw" else ""
    if raw.lstrip()[:1] in ("{", "["):
        _with_marks(raw, names)
        yield from names


_TOKEN = re.compile(
    r'"(?:\\.|[^"\\])*"|//[^\n]*|/\*.*?\*/|\{\{([^{}]*?)\}\}', re.DOTALL
)  # a string, a comment, a placeholder
_MARK = "\ue000{}\ue001"
_MARKED = re.compile("\ue000(\\d+)\ue001")


def _with_marks(raw: str, names: list[str]) -> str:
    """The text without comments, in which strings stand for placeholders outside of strings."""

    def replaced(match: re.Match[str]) -> str:
        if match[1] is None or not match[1].strip():
            return "" if match.group().startswith("/") else match.group()
        names.append(match[1].strip())
        return f'"{_MARK.format(len(names) - 1)}"'

    return _TOKEN.sub(replaced, raw)


def without_comments(raw: str) -> str:
    """A text without JavaScript's comments, as Postman strips them from JSON."""
    return _TOKEN.sub(lambda match: "" if match.group().startswith("/") else match.group(), raw)


class _NotJsonError(Exception):
    """What parses as JSON and cannot be written as a draft."""


def _json(value: Json, names: list[str], variables: Variables, path: str, name: str = "") -> Any:
    if isinstance(value, dict):
        if any(_MARK[0] in key for key in value):
            raise _NotJsonError
        return {variables.text(key, path): _json(item, names, variables, path, key) for key, item in value.items()}
    if isinstance(value, list):
        return [_json(item, names, variables, path, name) for item in value]
    if isinstance(value, int) and holds_code(snake(name), str(value)):
        return f"{{{{to_number({variables.secret(str(value), name)[2:-2]})}}}}"
    if not isinstance(value, str):
        return value
    _refuse_surrogates(value)
    mark = _MARKED.fullmatch(value)
    if mark is not None:
        return variables.bare(names[int(mark[1])], path)
    if _is_credential(name, value):
        return variables.secret(value, name)
    return variables.quoted(value, path)


def _is_credential(name: str, value: str) -> bool:
    return not is_harmless(value) and "{{" not in value and holds_credential(snake(name), value)


def _refuse_surrogates(text: str) -> None:
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError:
            raise _NotJsonError from None


# --- forms ---------------------------------------------------------------------------------------------------------


def _urlencoded(data: Mapping[str, Json], written_type: str, variables: Variables, path: str) -> Body | None:
    given = data.get("urlencoded")
    if isinstance(given, str):
        pairs = [pair.partition("=") for pair in given.split("&")]
        found = [Entry(name, value, False, {}) for name, _, value in pairs if name]
    else:
        found = list(entries(given))
    form = fields(found, variables, f"{path}.urlencoded")
    return Body("form", form) if _sent(form) else None


def fields(found: list[Entry], variables: Variables, path: str) -> Data:
    """Entries of a form: repeated names as lists, disabled ones as comments, credentials as secrets."""
    form: Data = {}
    for number, entry in enumerate(found):
        name, value = variables.text(entry.name, path), entry.value or ""
        if not entry.name:
            if value and not entry.disabled:
                why = "a form field without a name cannot be written"
                variables.imported.lose(f"{path}[{number}]", f"the value '{value}'", why)
            continue
        ours = variables.secret(value, entry.name) if _is_credential(entry.name, value) else variables.text(value, path)
        if entry.disabled:
            form[Disabled({name: ours})] = None
        elif name in form:
            form[name] = [*(form[name] if isinstance(form[name], list) else [form[name]]), ours]
        else:
            form[name] = ours
    return form


def _sent(form: Data) -> bool:
    return any(not isinstance(name, Disabled) for name in form)


def _formdata(data: Mapping[str, Json], written_type: str, variables: Variables, path: str) -> Body | None:
    parts: Data = {}
    for number, entry in enumerate(entries(data.get("formdata"))):
        if not entry.name:
            if not entry.disabled:
                why = "a part without a name cannot be written"
                variables.imported.lose(f"{path}.formdata[{number}]", "a part of the form", why)
            continue
        name = variables.text(entry.name, path)
        for part in _part(entry, variables, f"{path}.formdata[{number}]"):
            if entry.disabled:
                parts[Disabled({name: part})] = None
            else:
                parts[name] = (
                    [*(parts[name] if isinstance(parts[name], list) else [parts[name]]), part]
                    if (name in parts)
                    else part
                )
    return Body("multipart", parts) if _sent(parts) else None


def _part(entry: Entry, variables: Variables, path: str) -> Iterator[Any]:
    content_type = plain(entry.data.get("contentType"))
    more = {"content_type": variables.text(content_type, path)} if content_type else {}
    if entry.data.get("type") != "file":
        value = entry.value or ""
        ours = variables.secret(value, entry.name) if _is_credential(entry.name, value) else variables.text(value, path)
        yield {"value": ours, **more} if more else ours
        return
    filename = plain(entry.data.get("fileName"))
    if filename:
        more = {"filename": variables.text(filename, path), **more}
    source = entry.data.get("src")
    for each in map(plain, source or [""]) if isinstance(source, list) else [plain(source)]:
        yield {"file": variables.file(each, entry.name, path), **more}


def _one_file(data: Mapping[str, Json], written_type: str, variables: Variables, path: str) -> Body | None:
    file = data.get("file")
    source = plain(mapping(file).get("src")) if isinstance(file, Mapping) else plain(file)
    content = plain(mapping(file).get("content"))
    if content and not source:
        return Body("text", variables.text(content, path))
    if not source:
        return None
    return Body("file", variables.file(source, "body", f"{path}.file"))


# --- GraphQL -------------------------------------------------------------------------------------------------------


def _graphql(data: Mapping[str, Json], written_type: str, variables: Variables, path: str) -> Body | None:
    given = mapping(data.get("graphql"))
    query = plain(given.get("query"))
    if not query.strip():
        return None
    graphql: Data = {"query": variables.text(query, path)}
    values = given.get("variables")
    raw = plain(values).strip()
    found = read_json(raw, variables, path) if raw else None
    if raw and (found is None or not (found[0] is None or isinstance(found[0], (dict, str)))):
        text = f'{{"query":{dump_json(query)},"variables":{raw}}}'
        variables.imported.lose(path, "variables of GraphQL", "they are not JSON; the body is kept as text")
        return Body("text", variables.text(text, path), "application/json")
    if found is not None and found[0]:
        graphql["variables"] = found[0]
    operation = plain(given.get("operationName"))
    if operation:
        graphql["operation"] = variables.text(operation, path)
    return Body("graphql", graphql)


_MODES = {
    "raw": _raw,
    "urlencoded": _urlencoded,
    "formdata": _formdata,
    "file": _one_file,
    "graphql": _graphql,
}
