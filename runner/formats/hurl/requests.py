"""One entry of a Hurl file → a request of a draft: URL, headers, sections, body, captures, assertions."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from hashlib import sha256
from typing import Any

from runner.engine.exchange import parse_set_cookie
from runner.formats import json_text
from runner.formats.draft import Comment, Data, Unique, literal, usable_name
from runner.formats.entries import Entry as Field
from runner.formats.entries import mapping
from runner.formats.hurl.context import Context
from runner.formats.hurl.nodes import Assert, Body, Capture, Entry, FilePart, Pair, Remark, Response, Value
from runner.formats.hurl.options import Options
from runner.formats.hurl.predicates import Judge, ReadBytes
from runner.formats.hurl.queries import term
from runner.formats.hurl.reading import decoded
from runner.formats.jsonpath import UntranslatableError
from runner.formats.payloads import add_part, has_body, put_text
from runner.formats.texts import constant, expression, literals, plain
from runner.formats.texts import name as name_of
from runner.formats.undefined import names_of
from runner.formats.variables import STRING

_TYPES = {"json": "application/json", "xml": "application/xml"}
#: Kinds of terms whose values are text.
_TEXT_KINDS = frozenset({"text", "header", "hash", "cookie"})


class Converter:
    """Translates the entries of one file, in order: options set variables for all that follow."""

    def __init__(self, context: Context, read: ReadBytes) -> None:
        self.context = context
        self.ours = context.ours
        self.text = context.text
        self.kinds = context.kinds
        self.lose = context.lose
        self.unique = Unique()
        self.judge = Judge(self.ours, self.kinds, read)
        self.options = Options(context)

    # --- requests

    def request(self, entry: Entry) -> list[Any]:
        """The request, and the comments before it."""
        made: Data = {"name": self.unique(_name(entry)), "url": squashed(self.text(entry.url))}
        self.options.apply(entry, made)
        optional = made.pop("headers", {})
        made["headers"] = self.fields(entry.headers, fold=True)
        for name, value in optional.items():
            add_part(made["headers"], name, value)
        self._sections(entry, made)
        if entry.body is not None:
            self._body(entry.body, made)
        if entry.method != ("POST" if has_body(made) else "GET"):
            made["method"] = entry.method
        if entry.response is not None:
            self._response(entry.response, made)
        self._variables(made)
        return [*map(_comment, entry.remarks), made]

    def _variables(self, made: Data) -> None:
        """The variables of options that the request uses."""
        used = names_of(made)
        found = {name: value for name, value in self.context.set.items() if name in used}
        if found:
            made["variables"] = found
        for name in made.get("capture", {}):
            self.context.set.pop(name, None)

    def fields(self, pairs: Iterable[Pair | FilePart | Remark], *, fold: bool = False) -> Data:
        remarks: list[str] = []
        found: list[Field] = []
        for pair in pairs:
            if isinstance(pair, Remark):
                remarks.append(pair.text)
            elif isinstance(pair, Pair):
                found.append(Field(self.ours(pair.name), self.ours(pair.value), comment="\n".join(remarks)))
                remarks = []
        return mapping(found, fold=fold)

    def _sections(self, entry: Entry, made: Data) -> None:
        for name in ("query", "form", "cookies"):
            if entry.sections.get(name):
                made[name] = self.fields(entry.sections[name])
        for pair in entry.sections.get("basic", ()):
            if isinstance(pair, Pair):
                made["auth"] = {"type": "basic", "username": self.text(pair.name), "password": self.text(pair.value)}
        if entry.sections.get("multipart"):
            made["multipart"] = self._multipart(entry.sections["multipart"])

    def _multipart(self, pairs: Iterable[Pair | FilePart | Remark]) -> Data:
        parts: Data = {}
        for pair in pairs:
            if isinstance(pair, Remark):
                parts[_comment(pair)] = None
                continue
            name = self.text(pair.name)
            value: Any = self._part(pair) if isinstance(pair, FilePart) else self.text(pair.value)
            add_part(parts, name, value)
        return parts

    def _part(self, part: FilePart) -> Data:
        made = {"file": self.context.file(part.path, usable_name(plain(part.name)), part.line)}
        if part.content_type:
            made["content_type"] = literal(part.content_type)
        return made

    # --- bodies

    def _body(self, body: Body, made: Data) -> None:
        if body.kind == "file":
            made["file"] = self.context.file(body.parts, "body", body.line)
        elif body.kind in ("base64", "hex"):
            self._bytes(body, made)
        elif body.kind == "graphql":
            made["graphql"] = self._graphql(body)
        else:
            self._text(body, made)

    def _text(self, body: Body, made: Data) -> None:
        if body.kind == "json":
            with suppress(json_text.NotJsonError):  # it is sent as it is written
                made["json"] = json_text.data(self.ours(body.parts), self.kinds)
                return
        put_text(made, self.text(body.parts), _TYPES.get(body.kind, ""))

    def _bytes(self, body: Body, made: Data) -> None:
        content = decoded(body.kind, plain(body.parts))
        try:
            made["text"] = literal(content.decode())
        except UnicodeDecodeError:
            made["file"] = self.context.attachments.put(made["name"], content)

    def _graphql(self, body: Body) -> Data:
        made: Data = {"query": self.text(body.parts)}
        if body.variables:
            try:
                made["variables"] = json_text.data(self.ours(body.variables), self.kinds)
            except json_text.NotJsonError as error:
                self.lose(body.line, "variables of GraphQL", f"they are no JSON: {error}")
        return made

    # --- responses

    def _response(self, response: Response, made: Data) -> None:
        captures = self._captures(response.captures)
        asserts: list[Any] = [{"status": response.status} if response.status is not None else "status >= `100`"]
        if response.version:
            asserts.append({"http_version": f"HTTP/{response.version}"})
        if response.version == "2":  # Hurl offers it to every https server
            made.setdefault("http2", True)
        asserts += self._header_asserts(response)
        asserts += self._asserts(response.asserts)
        if response.body is not None:
            asserts += self._body_assert(response.body)
        if captures:
            made["capture"] = captures
        made["assert"] = asserts
        if "save_to" in made and _looks_at_body(made):
            del made["save_to"]
            self.lose(response.line, "the option 'output'", "a body that is saved cannot be judged", "set `save_to`")

    def _captures(self, lines: Iterable[Capture | Remark]) -> Data:
        made: Data = {}
        for line in lines:
            if isinstance(line, Remark):
                made[_comment(line)] = None
                continue
            fixed = self.context.fixed(line.name)
            if fixed is None:
                self.lose(line.line, f"the capture '{plain(line.name)}'", "the name of a capture is known here")
                continue
            try:
                found = term(line.query, self.ours)
            except UntranslatableError as error:
                self.lose(line.line, f"the capture '{fixed}'", str(error), "capture it with an expression")
                continue
            name = self.context.names(fixed)
            self.kinds.add(name, STRING if found.kind in _TEXT_KINDS else found.kind if found.kind == "number" else "")
            made[name] = {"from": found.expression, "secret": True} if line.secret else found.expression
        return made

    def _asserts(self, lines: Iterable[Assert | Remark]) -> Iterator[Any]:
        for line in lines:
            if isinstance(line, Remark):
                yield _comment(line)
                continue
            try:
                yield self.judge.assertion(line)
            except UntranslatableError as error:
                self.lose(line.line, f"the assertion {line.text}", str(error), "assert it with an expression")
                yield Comment(f"{line.text}  (not translated)")

    def _header_asserts(self, response: Response) -> Iterator[Any]:
        """Headers below the status line must be there; one that comes several times must have each value."""
        for pair in response.headers:
            if isinstance(pair, Remark):
                yield _comment(pair)
                continue
            name = plain(pair.name).lower()
            if name == "set-cookie":
                yield from _set_cookie(plain(self.ours(pair.value)))
            elif sum(isinstance(other, Pair) and plain(other.name).lower() == name for other in response.headers) > 1:
                yield f"contains(headers.{name_of(name)}, {expression(self.ours(pair.value))})"
            else:
                yield {f"headers.{name_of(name)}": self.text(pair.value)}

    def _body_assert(self, body: Body) -> Iterator[Any]:
        if body.kind == "json":
            with suppress(json_text.NotJsonError):  # it is compared as it is written
                yield {"body": json_text.data(self.ours(body.parts), self.kinds)}
                return
        if body.kind in ("base64", "hex"):
            content = decoded(body.kind, plain(body.parts))
            yield {"base64(bytes)": base64.b64encode(content).decode()}
        elif body.kind == "file":
            try:
                yield {"sha256(bytes)": sha256(self.judge.file(Value("file", body.parts))).hexdigest()}
            except UntranslatableError as error:
                self.lose(body.line, "the expected body", str(error), "assert `text` or `sha256(bytes)`")
        else:
            yield {"text": self.text(body.parts)}


# --- parts of requests -----------------------------------------------------------------------------------------------


def _name(entry: Entry) -> str:
    """`GET /users/{id}`: Hurl's requests have no names."""
    path = re.sub(r"^([A-Za-z][\w+.-]*://[^/?#]*|\{[^{}/]*\})", "", plain(entry.url)).partition("?")[0]
    return f"{entry.method} {path or '/'}"


_DOT_SEGMENT = re.compile(r"/(?:\.|(?!\.\.?(?:/|$))[^/?#{}]+/\.\.)(?=/|$)")


def squashed(url: str) -> str:
    """A URL without the segments `.` and `..` of its path, which curl takes out (RFC 3986 § 5.2.4)."""
    path, mark, query = url.partition("?")
    before = ""
    while before != path:
        before, path = path, _DOT_SEGMENT.sub("", path, count=1)
    return path + mark + query


def _comment(remark: Remark) -> Comment:
    return Comment(remark.text)


def _set_cookie(value: str) -> Iterator[Any]:
    """An expected Set-Cookie header: the cookie's value and each attribute that is written."""
    cookie = parse_set_cookie(value)
    for attribute, expected in (cookie or {}).items():
        if cookie and attribute == "value":
            yield {f"cookies.{name_of(cookie['name'])}": literals(expected)}
        elif cookie and attribute != "name":
            one = f"set_cookies[?name == {constant(cookie['name'])}] | [0].{attribute}"
            yield {one: literals(expected)}


_BODY_WORD = re.compile(r"\b(?:body|text|bytes)\b")


def _looks_at_body(made: Data) -> bool:
    captures = [given["from"] if isinstance(given, dict) else given for given in made.get("capture", {}).values()]
    asserts = [key for item in made["assert"] for key in ([item] if isinstance(item, str) else _keys(item))]
    return any(_BODY_WORD.search(text) for text in [*captures, *asserts] if text)


def _keys(item: Any) -> list[str]:
    return list(item) if isinstance(item, dict) else []
