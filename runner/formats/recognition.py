"""What a text is, whoever wrote it: for the words in which an import refuses what is no file of its format.

It looks at beginnings and at the keys of a root, and reads no file further than that. A text of which it knows nothing
may be anything.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from runner.formats.draft import ForeignFault


class Kind(NamedTuple):
    """What a text is, in words that follow "it is"; `formats` are the imports that take it, `remedy` what to do."""

    words: str
    formats: tuple[str, ...] = ()
    remedy: str = ""

    @property
    def hint(self) -> str:
        return self.remedy or (f"try: runner import {' or '.join(self.formats)}" if self.formats else "")


def kind_of(text: str) -> Kind | None:
    """What a text is, where it is of a format that is known by name; None where it may be anything."""
    return no_text(text) or _by_root(text) or _by_lines(text)


# --- what nobody imports ---------------------------------------------------------------------------------------------

#: The beginning of a file, as it is after decoding (U+FFFD is a byte that no text has) → what it is.
_SIGNATURES = (
    ("PK\x03\x04", "a ZIP archive", "unpack it first"),
    ("\ufffdPNG\r\n", "a PNG image", ""),
    ("GIF8", "a GIF image", ""),
    ("\ufffd\ufffd\ufffd\ufffd", "binary", ""),
    ("%PDF-", "a PDF document", ""),
    ("\x7fELF", "a program", ""),
    ("SQLite format 3\0", "a SQLite database", ""),
)
_PAGE = re.compile(r"\s*(?:<!--.*?-->\s*)*<(?:!doctype\s+html|html|head|body)\b", re.IGNORECASE | re.DOTALL)
_XML = re.compile(r"\s*<\?xml\b")
#: What no text has: control characters, but for those of lines, pages and colours; and bytes that are no character.
_ODD = re.compile("[^\\x07-\\x0d\\x1b\\x20-\\ufffc\\ufffe-\\U0010ffff]")
#: So many characters are looked at; binary is what has so many odd ones, and one among so many.
_LOOKED_AT = 4096
_BINARY_LEAST = 8
_BINARY_SHARE = 8


def no_text(text: str) -> Kind | None:
    """What no format is written in: bytes that are no text, pages, XML."""
    begin = text[:_LOOKED_AT]
    for signature, words, remedy in _SIGNATURES:
        if begin.startswith(signature):
            return Kind(words, remedy=remedy)
    odd = len(_ODD.findall(begin))
    if "\0" in begin or (odd >= _BINARY_LEAST and odd * _BINARY_SHARE > len(begin)):
        return Kind("binary, and no text", remedy="a text is read as UTF-8, or as UTF-16 with a byte order mark")
    if _PAGE.match(begin):
        return Kind("an HTML page", remedy="a server may have answered with its login or error page")
    return Kind("an XML document") if _XML.match(begin) else None


# --- JSON and YAML: the keys of the root -----------------------------------------------------------------------------


_FOLDER = "name its folder: runner import bruno FOLDER"
_DUMP = "import it in Postman, and export each collection as v2.1"
_VERSION_1 = Kind(
    "a Postman collection of format v1, which Postman gave up in 2018",
    remedy="open it in Postman and export it as Collection v2.1",
)


class _Root(NamedTuple):
    """A root that has all of these keys, each with a value for which its test holds."""

    tests: Mapping[str, Callable[[Any], bool]]
    kind: Kind


def _any(value: Any) -> bool:
    return True


def _list(value: Any) -> bool:
    return isinstance(value, list)


def _mapping(value: Any) -> bool:
    return isinstance(value, Mapping)


def _begins(words: str) -> Callable[[Any], bool]:
    return lambda value: str(value).startswith(words)


def _with(key: str) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, Mapping) and isinstance(value.get(key), list)


#: The first of them counts.
_ROOTS = (
    _Root({"openapi": _begins("3.")}, Kind("an OpenAPI document", ("openapi",))),
    _Root({"swagger": _begins("2")}, Kind("an OpenAPI document", ("openapi",))),
    _Root({"swaggerVersion": _any}, Kind("Swagger 1.2", remedy="convert it to 2.0 or 3.0 first")),
    _Root({"asyncapi": _any}, Kind("an AsyncAPI document")),
    _Root({"arazzo": _any}, Kind("an Arazzo document")),
    _Root({"log": _with("entries")}, Kind("a HAR", ("har",))),
    _Root({"_type": _any, "resources": _list}, Kind("an export of Insomnia", ("insomnia",))),
    _Root({"type": lambda value: "insomnia.rest/" in str(value)}, Kind("an export of Insomnia", ("insomnia",))),
    _Root({"opencollection": _any}, Kind("an OpenCollection", ("bruno",))),
    _Root({"info": _mapping, "item": _list}, Kind("a Postman collection", ("postman",))),
    _Root({"collection": _with("item")}, Kind("a Postman collection", ("postman",))),
    _Root({"collections": _list}, Kind("a data dump of Postman with several collections", remedy=_DUMP)),
    _Root({"name": _any, "values": _list}, Kind("a Postman environment", remedy="give it with -e beside a collection")),
    _Root({"version": _any, "type": _begins("collection")}, Kind("the bruno.json of a collection", remedy=_FOLDER)),
    _Root({"order": _any, "name": _any}, _VERSION_1),
    _Root({"id": _any, "requests": _list}, _VERSION_1),
    _Root({"requests": _list}, Kind("a request file of runner", remedy="it runs as it is: runner run FILE")),
    _Root({"$schema": _any}, Kind("a JSON Schema")),
)
#: A key of such a root at the beginning of a line: then a text may be YAML of one of these.
_KEY = re.compile(
    r"^['\"]?(?:openapi|swagger|asyncapi|arazzo|_type|type|opencollection|info|requests|log)['\"]?\s*:", re.MULTILINE
)


def _by_root(text: str) -> Kind | None:
    if text.lstrip()[:1] in ("{", "["):
        return _named(_json(text))
    return _named(_yaml(text)) if _KEY.search(text) else None


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _named(root: Any) -> Kind | None:
    if not isinstance(root, Mapping):
        return None
    for tests, kind in _ROOTS:
        if all(key in root and holds(root[key]) for key, holds in tests.items()):
            return kind
    return None


def _yaml(text: str) -> Any:
    from runner.formats.foreign_yaml import read

    try:
        return read(text, "")
    except ForeignFault:
        return None


def json_kind(text: str) -> Kind | None:
    """A text that is JSON, whatever is in it; None for another one."""
    try:
        root = json.loads(text)
    except (ValueError, RecursionError):
        return Kind("JSON that is broken") if _JSON.match(text) else None
    return Kind(f"JSON, {_described(root)}")


#: How JSON begins, and no script and no request does.
_JSON = re.compile(r"\s*(?:\{\s*\"|\[\s*[{\[\"])")
#: So many keys of an object are named, and so much of each.
_KEYS = 3
_LONGEST = 30


def _described(root: Any) -> str:
    if isinstance(root, dict) and root:
        keys = [key if len(key) <= _LONGEST else f"{key[:_LONGEST]}…" for key in list(root)[:_KEYS]]
        return f"an object with {', '.join(map(repr, keys))}" + (" …" if len(root) > _KEYS else "")
    words = {dict: "an empty object", list: "a list", str: "a string", bool: json.dumps(root), type(None): "null"}
    return words.get(type(root), "a number")


# --- formats of lines ------------------------------------------------------------------------------------------------

_COMMENT = re.compile(r"\s*(?:#|//|::|rem\b)", re.IGNORECASE)
_CURL = re.compile(r"^[ \t]*(?:\$ |> )?curl(?:\.exe)?[ \t]", re.MULTILINE)
_BRU = re.compile(r"\s*meta[ \t]*\{[ \t]*\r?\n")
_HTTP = re.compile(r"^(?:@[\w.-]+\s*=|[<>]\s*\{%|(?:#|//)\s*@\w)", re.MULTILINE)
_HURL = re.compile(r"^(?:HTTP(?:/[0-9.]+)?[ \t]+(?:\d{3}|\*)|\[[A-Z][A-Za-z]+\])[ \t\r]*(?:#.*)?$", re.MULTILINE)
_REQUEST = re.compile(r"^(?:GET|POST|PUT|PATCH|DELETE|HEAD|OPTIONS)[ \t]+\S", re.MULTILINE)


def _by_lines(text: str) -> Kind | None:
    first = next((line for line in text.splitlines() if line.strip() and not _COMMENT.match(line)), "")
    if _BRU.match(text):
        return Kind("a .bru file", ("bruno",))
    has_curl, has_request = _CURL.search(text) is not None, _REQUEST.search(text) is not None
    if has_curl and has_request:  # a .http file may hold commands, and a script may hold anything
        return None
    if has_curl:
        return Kind("a script of curl commands", ("curl",))
    if not has_request:
        return None
    if _HURL.search(text) and _is_hurl(text):
        return Kind("a Hurl file", ("hurl",))
    if _HTTP.search(text):
        return Kind("a .http file", ("http",))
    return Kind("a file of requests, .http or Hurl", ("http", "hurl")) if _REQUEST.match(first) else None


def _is_hurl(text: str) -> bool:
    """Whether it says what no .http file says: these two look alike."""
    from runner.formats.hurl.reading import read

    try:
        entries, _ = read(text)
    except ForeignFault:
        return False
    return any(entry.sections or entry.response for entry in entries)
