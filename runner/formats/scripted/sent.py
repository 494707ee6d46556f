"""Requests that scripts send (`pm.sendRequest`) → requests of their own beside the one whose script it is.

Knows the options of such calls and drafts; what is a credential, and how its tool reads JSON, the tool's importer says.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from runner.formats.draft import Data
from runner.formats.scripts import terms
from runner.formats.scripts.terms import Apply, Const, DictOf, ListOf
from runner.formats.scripts.writing import UnwritableError, data
from runner.language.values import dump_json, parse_json

#: Reads a text with placeholders as JSON; None where it is none.
ReadJson = Callable[[str], "tuple[Any] | None"]


class Values(Protocol):
    """What an importer knows of values."""

    def credential(self, header: str, value: str) -> str: ...

    def guarded(self, name: str, value: str) -> str: ...

    def lacks_scheme(self, text: str) -> bool: ...


def translate(options: Any, variables: Values, read_json: ReadJson) -> Data:
    """The draft of a request, without its name.

    Raises:
        UnwritableError: a part of it cannot be written.
    """
    given = _entries(options)
    url = _url(given.get("url", Const("")), variables)
    request: Data = {}
    method = _text(given.get("method", Const("GET"))).upper() or "GET"
    headers = _headers(given.get("header", given.get("headers")))
    body = _body(given.get("body"), headers, variables, read_json)
    if method != ("POST" if body else "GET"):
        request["method"] = method
    request["url"] = url
    for name, value in headers.items():
        request.setdefault("headers", {})[name] = variables.credential(name, value)
    return {**request, **body}


def _entries(term: Any) -> dict[str, Any]:
    if isinstance(term, Const) and isinstance(term.value, dict):
        return {name: Const(value) for name, value in term.value.items()}
    return dict(term.entries) if isinstance(term, DictOf) else {}


def _items(term: Any) -> list[Any]:
    if isinstance(term, Const) and isinstance(term.value, list):
        return list(map(Const, term.value))
    return list(term.items) if isinstance(term, ListOf) else []


def _text(term: Any) -> str:
    found = data(term)
    return found if isinstance(found, str) else _shown(found)


def _shown(value: Any) -> str:
    """A value as it stands in a header or a form."""
    return "" if value is None else dump_json(value)


def _url(term: Any, variables: Values) -> str:
    parts = _entries(term)
    given = parts.get("raw") if parts else term
    url = "" if given is None else _text(given)
    if not url:
        raise UnwritableError("its URL is put together from parts")
    if url.startswith("/"):
        raise UnwritableError("its URL has no host")
    return f"http://{url}" if variables.lacks_scheme(url) else url


def _headers(term: Any) -> dict[str, str]:
    """Headers, written as an object, as a list of pairs, or as lines."""
    found: dict[str, str] = {}
    for item in _items(term) or [term]:
        entries = _entries(item)
        if "key" in entries:
            if entries.get("disabled", Const(False)) != terms.TRUE:
                found[_text(entries["key"])] = _text(entries.get("value", Const("")))
        elif entries:
            found.update({name: _text(value) for name, value in entries.items()})
        elif item is not None and item != terms.NULL:
            name, colon, value = _text(item).partition(":")
            if colon:
                found[name.strip()] = value.strip()
    return {name: value for name, value in found.items() if name.lower() != "content-length"}


# --- body ----------------------------------------------------------------------------------------------------------


def _body(term: Any, headers: dict[str, str], variables: Values, read_json: ReadJson) -> Data:
    if term is None or term == terms.NULL:
        return {}
    entries = _entries(term)
    mode = entries.get("mode")
    if not isinstance(mode, Const):
        return _raw(term, headers, variables, read_json)
    content = entries.get(str(mode.value), entries.get("raw", Const("")))
    if mode.value == "urlencoded":
        _drop(headers, "content-type", "application/x-www-form-urlencoded")
        return {"form": _form(content, variables)}
    if mode.value == "formdata":
        _drop(headers, "content-type", "multipart/form-data")
        return {"multipart": _form(content, variables)}
    if mode.value == "graphql":
        _drop(headers, "content-type", "application/json")
        return {"graphql": data(content)}
    return _raw(content, headers, variables, read_json)


def _drop(headers: dict[str, str], name: str, value: str) -> None:
    """A header that says what goes without saying."""
    for header in [header for header in headers if header.lower() == name]:
        if headers[header].lower().startswith(value):
            del headers[header]


def _form(term: Any, variables: Values) -> Data:
    if isinstance(term, Const) and isinstance(term.value, str):
        pairs = [pair.partition("=") for pair in term.value.split("&")]
        found = [(name, value) for name, _, value in pairs if name]
    elif _items(term):
        entries = [_entries(item) for item in _items(term)]
        found = [
            (_text(entry["key"]), _text(entry.get("value", Const(""))))
            for entry in entries
            if "key" in entry and entry.get("disabled", Const(False)) != terms.TRUE
        ]
    else:
        found = [(name, _text(value)) for name, value in _entries(term).items()]
    return {name: variables.guarded(name, value) for name, value in found}


def _raw(term: Any, headers: dict[str, str], variables: Values, read_json: ReadJson) -> Data:
    content_type = next((value for name, value in headers.items() if name.lower() == "content-type"), "")
    if isinstance(term, Apply) and term.function == "to_string":
        _drop(headers, "content-type", "application/json")
        return {"json": guarded(data(term.arguments[0]), variables)}
    if isinstance(term, (DictOf, ListOf)):
        _drop(headers, "content-type", "application/json")
        return {"json": guarded(data(term), variables)}
    if isinstance(term, Const) and isinstance(term.value, dict):
        _drop(headers, "content-type", "application/json")
        return {"json": guarded(data(term), variables)}
    text = _text(term)
    if not text:
        return {}
    if content_type.startswith("application/x-www-form-urlencoded"):
        form = _parsed_form(text, variables)
        if form:
            _drop(headers, "content-type", "application/x-www-form-urlencoded")
            return {"form": form}
    if "{{" not in text:
        try:
            value = parse_json(text)
        except ValueError:
            value = None
        if isinstance(value, (dict, list)):
            _drop(headers, "content-type", "application/json")
            return {"json": guarded(value, variables)}
    elif text.lstrip()[:1] in ("{", "["):
        found = read_json(text)
        if found is not None:
            _drop(headers, "content-type", "application/json")
            return {"json": found[0]}
    return {"text": text}


def _parsed_form(text: str, variables: Values) -> Data:
    """A form that is written as text: `a=1&b={{b}}`."""
    pairs = [pair.partition("=") for pair in text.split("&")]
    if not all(equals and name for name, equals, _ in pairs) or "%" in text or "+" in text.replace("{{", ""):
        return {}
    return {name: variables.guarded(name, value) for name, _, value in pairs}


def guarded(value: Any, variables: Values, name: str = "") -> Any:
    """Data in which credentials are secrets."""
    if isinstance(value, dict):
        return {key: guarded(item, variables, str(key)) for key, item in value.items()}
    if isinstance(value, list):
        return [guarded(item, variables, name) for item in value]
    return variables.guarded(name, value) if isinstance(value, str) else value
