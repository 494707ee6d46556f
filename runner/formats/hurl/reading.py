"""Hurl text → entries. Follows https://hurl.dev/docs/grammar.html; this file knows the format and nothing of ours."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from runner.diagnostics import did_you_mean
from runner.formats.draft import ForeignFault
from runner.formats.hurl.nodes import (
    Assert,
    Body,
    Capture,
    Entry,
    FilePart,
    Filter,
    Pair,
    Query,
    Remark,
    Response,
    Value,
)
from runner.formats.hurl.scanning import Scanner, unescaped
from runner.formats.texts import Parts, plain
from runner.language.values import number

#: A section as it is written → its name.
_REQUEST_SECTIONS = {
    "QueryStringParams": "query", "Query": "query", "FormParams": "form", "Form": "form", "Options": "options",
    "MultipartFormData": "multipart", "Multipart": "multipart", "Cookies": "cookies", "BasicAuth": "basic",
}  # fmt: skip
_RESPONSE_SECTIONS = {"Captures": "captures", "Asserts": "asserts"}
_SECTION = re.compile(r"\[([A-Z][A-Za-z]*)\](?=[ \t]*(?:#|\n|$))")
_METHOD = re.compile(r"([A-Z][A-Z0-9_-]*)[ \t]+(?=\S)")
_STATUS = re.compile(r"(HTTP(?:/[0-9.]+)?)[ \t]+(\d+|\*)")
_VERSION = re.compile(r"HTTP\b")
_WORD = re.compile(r"[A-Za-z][A-Za-z0-9]*")
_OPERATOR = re.compile(r"==|!=|>=|<=|>|<|[A-Za-z][A-Za-z0-9]*")
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?")
_BYTES = re.compile(r"(base64|hex),([^;]*);", re.DOTALL)

#: Languages of a text between ``` that say what is sent.
_LANGUAGES = frozenset({"json", "xml", "hex", "base64"})
_GRAPHQL_VARIABLES = re.compile(r"^[ \t]*variables(?=\s*\{)", re.MULTILINE)

#: What is looked at → how many arguments it has.
QUERIES = {
    "status": 0, "version": 0, "url": 0, "ip": 0, "header": 1, "certificate": 1, "cookie": 1, "body": 0, "rawbytes": 0,
    "xpath": 1, "jsonpath": 1, "regex": 1, "variable": 1, "duration": 0, "bytes": 0, "sha256": 0, "md5": 0,
    "redirects": 0,
}  # fmt: skip
FILTERS = {
    "base64Decode": 0, "base64Encode": 0, "base64UrlSafeDecode": 0, "base64UrlSafeEncode": 0, "charsetDecode": 1,
    "count": 0, "dateFormat": 1, "daysAfterNow": 0, "daysBeforeNow": 0, "decode": 1, "first": 0, "format": 1,
    "htmlEscape": 0, "htmlUnescape": 0, "jsonpath": 1, "last": 0, "location": 0, "nth": 1, "regex": 1, "replace": 2,
    "replaceRegex": 2, "split": 1, "toDate": 1, "toFloat": 0, "toHex": 0, "toInt": 0, "toString": 0, "urlDecode": 0,
    "urlEncode": 0, "urlQueryParam": 1, "utf8Decode": 0, "utf8Encode": 0, "xpath": 1,
}  # fmt: skip
PREDICATES = {
    "==": 1, "!=": 1, ">": 1, ">=": 1, "<": 1, "<=": 1, "equals": 1, "notEquals": 1, "greaterThan": 1,
    "greaterThanOrEquals": 1, "lessThan": 1, "lessThanOrEquals": 1, "startsWith": 1, "endsWith": 1, "contains": 1,
    "includes": 1, "matches": 1, "exists": 0, "isBoolean": 0, "isCollection": 0, "isDate": 0, "isEmpty": 0,
    "isFloat": 0, "isInteger": 0, "isIpv4": 0, "isIpv6": 0, "isIsoDate": 0, "isList": 0, "isNumber": 0, "isObject": 0,
    "isString": 0, "isUuid": 0,
}  # fmt: skip


def read(text: str) -> tuple[tuple[Entry, ...], tuple[Remark, ...]]:
    """The entries of a file, and the comments after the last.

    Raises:
        ForeignFault: it is no Hurl file; with the line.
    """
    return _Reader(text).file()


class _Reader:
    def __init__(self, text: str) -> None:
        self.scan = Scanner(text)

    def file(self) -> tuple[tuple[Entry, ...], tuple[Remark, ...]]:
        entries: list[Entry] = []
        self.scan.lines()
        while not self.scan.done:
            entries.append(self.entry())
        return tuple(entries), self.remarks()

    def remarks(self) -> tuple[Remark, ...]:
        """The comments since the last time."""
        found = tuple(Remark(text) for text in self.scan.comments)
        self.scan.comments.clear()
        return found

    # --- requests

    def entry(self) -> Entry:
        line = self.scan.line
        remarks = self.remarks()
        method = self.scan.match(_METHOD)
        if method is None:
            raise self._no_entry()
        url = self.scan.value_string()
        if not plain(url).strip():
            raise self.scan.fault("the URL is missing after the method")
        self.scan.end_of_line()
        headers = self.pairs()
        sections = self.sections()
        body = self.body()
        self.scan.lines()
        response = self.response() if self.scan.at("HTTP") and self.scan.match(_VERSION_AHEAD) is not None else None
        return Entry(line, remarks, method[1], url, headers, sections, body, response)

    def _no_entry(self) -> ForeignFault:
        found = self.scan.rest_of_line.strip()
        shown = found[:40] + ("…" if len(found) > 40 else "")
        if self.scan.at("["):
            known = {**_REQUEST_SECTIONS, **_RESPONSE_SECTIONS}
            hint = did_you_mean(found.strip("[]"), known) or f"there are: {', '.join(known)}"
            return self.scan.fault(f"'{shown}' is no section that can stand here", hint)
        return self.scan.fault(f"'{shown}' is no request", "a request begins with a method and a URL: GET https://…")

    def pairs(self, part: Callable[[int, Parts], Any] | None = None) -> tuple[Any, ...]:
        """Lines `name: value`, with the comments between them."""
        found: list[Any] = []
        while True:
            self.scan.lines()
            line = self.scan.line
            name = self.scan.key_string()
            if not name:
                return tuple(found)
            made = part(line, name) if part else Pair(line, name, self.scan.value_string())
            self.scan.end_of_line()
            found += [*self.remarks(), made]

    def sections(self) -> dict[str, tuple[Any, ...]]:
        found: dict[str, tuple[Any, ...]] = {}
        while True:
            self.scan.lines()
            start = self.scan.position
            section = self.scan.match(_SECTION)
            name = _REQUEST_SECTIONS.get(section[1]) if section else None
            if name is None:
                self.scan.position = start
                return found
            self.scan.end_of_line()
            pairs = self.pairs(self._part if name == "multipart" else None)
            found[name] = (*found.get(name, ()), *pairs)

    def _part(self, line: int, name: Parts) -> Pair | FilePart:
        if not self.scan.take("file,"):
            return Pair(line, name, self.scan.value_string())
        path = self.scan.filename()
        self.scan.spaces()
        return FilePart(line, name, path, plain(self.scan.value_string()))

    # --- bodies

    def body(self) -> Body | None:
        self.scan.lines()
        scan, line = self.scan, self.scan.line
        if scan.done or scan.match(_VERSION_AHEAD) or scan.match(_METHOD_AHEAD) or scan.match(_SECTION_AHEAD):
            return None
        found = self._body(line)
        if found is not None:
            self.scan.end_of_line()
        return found

    def _body(self, line: int) -> Body | None:
        scan = self.scan
        if scan.at("```"):
            return self._fenced(line)
        if scan.at("`"):
            return Body(line, "text", scan.oneline())
        if scan.take("file,"):
            return Body(line, "file", scan.filename())
        encoded = scan.match(_BYTES)
        if encoded:
            return Body(line, encoded[1], (encoded[2],))
        if scan.at("<"):
            return Body(line, "xml", (scan.xml(),))
        if scan.at("{") or scan.at("[") or scan.at('"') or scan.match(_JSON_AHEAD):
            return Body(line, "json", scan.templates(scan.json()))
        return None

    def _fenced(self, line: int) -> Body:
        attributes, text = self.scan.fenced()
        words = [word.strip() for word in attributes.split(",") if word.strip()]
        language = words[0] if words and words[0] not in ("escape", "novariable") else ""
        if "escape" in words:
            text = unescaped(text)
        parts = self.scan.templates if "novariable" not in words else lambda literal: (literal,)
        if language == "graphql":
            query, _, variables = _GRAPHQL_VARIABLES.sub("\0", text, count=1).partition("\0")
            return Body(line, language, parts(query.strip()), parts(variables.strip()))
        return Body(line, language if language in _LANGUAGES else "text", parts(text))

    # --- responses

    def response(self) -> Response:
        line = self.scan.line
        status = self.scan.match(_STATUS)
        if status is None:
            raise self.scan.fault("a status, or *, must follow HTTP", "write HTTP 200")
        self.scan.end_of_line()
        headers = self.pairs()
        captures: list[Any] = []
        asserts: list[Any] = []
        while True:
            self.scan.lines()
            start = self.scan.position
            section = self.scan.match(_SECTION)
            if section is None or section[1] not in _RESPONSE_SECTIONS:
                self.scan.position = start
                break
            self.scan.end_of_line()
            if section[1] == "Captures":
                captures += self.captures()
            else:
                asserts += self.asserts()
        body = self.body()
        self.scan.lines()
        version = status[1].partition("/")[2]
        code = None if status[2] == "*" else int(status[2])
        return Response(line, version, code, headers, tuple(captures), tuple(asserts), body)

    def captures(self) -> tuple[Any, ...]:
        return self.pairs(self._capture)

    def _capture(self, line: int, name: Parts) -> Capture:
        query = self.query()
        self.scan.spaces()
        secret = self.scan.match(re.compile(r"redact\b")) is not None
        return Capture(line, name, query, secret)

    def asserts(self) -> list[Any]:
        found: list[Any] = []
        while True:
            self.scan.lines()
            word = _WORD.match(self.scan.text, self.scan.position)
            if word is None or word[0] not in QUERIES or self.scan.rest_of_line[len(word[0]) :].startswith(","):
                self._refuse_query(word)
                return found
            made = self._assert()
            self.scan.end_of_line()
            found += [*self.remarks(), made]

    def _refuse_query(self, word: re.Match[str] | None) -> None:
        """A word that begins nothing that may follow is a query that does not exist."""
        scan = self.scan
        start = scan.position
        begins = word and not (_METHOD_AHEAD.match(scan.text, start) or _JSON_AHEAD.match(scan.text, start))
        if word and begins and not scan.at("HTTP") and not re.match(r"(?:file|hex|base64),", scan.rest_of_line):
            hint = did_you_mean(word[0], QUERIES) or f"there are: {', '.join(QUERIES)}"
            raise scan.fault(f"'{word[0]}' is nothing that can be asserted", hint)

    def _assert(self) -> Assert:
        line, text = self.scan.line, self.scan.rest_of_line.strip()
        query = self.query()
        self.scan.spaces()
        negated = self.scan.match(re.compile(r"not\b[ \t]*")) is not None
        operator = self.scan.match(_OPERATOR)
        if operator is None or operator[0] not in PREDICATES:
            shown = operator[0] if operator else self.scan.rest_of_line
            hint = did_you_mean(shown, {**PREDICATES, **FILTERS}) or f"there are: {', '.join(PREDICATES)}"
            raise self.scan.fault(f"'{shown}' is no predicate" if shown else "a predicate is missing", hint)
        value = self.value() if PREDICATES[operator[0]] else None
        return Assert(line, query, negated, operator[0], value, text)

    def query(self) -> Query:
        line = self.scan.line
        self.scan.spaces()
        word = self.scan.match(_WORD)
        if word is None or word[0] not in QUERIES:
            shown = word[0] if word else self.scan.rest_of_line
            hint = did_you_mean(shown, QUERIES) or f"there are: {', '.join(QUERIES)}"
            raise self.scan.fault(f"'{shown}' is nothing that can be looked at", hint)
        argument = self.value() if QUERIES[word[0]] else None
        return Query(line, word[0], argument, tuple(self.filters()))

    def filters(self) -> list[Filter]:
        found: list[Filter] = []
        while True:
            start = self.scan.position
            self.scan.spaces()
            word = self.scan.match(_WORD)
            if word is None or word[0] not in FILTERS:
                self.scan.position = start
                return found
            found.append(Filter(word[0], tuple(self.value() for _ in range(FILTERS[word[0]]))))

    def value(self) -> Value:
        self.scan.spaces()
        scan = self.scan
        if scan.at('"'):
            return Value("text", scan.quoted())
        if scan.at("```"):
            return Value("text", self._fenced(scan.line).parts)
        if scan.at("`"):
            return Value("text", scan.oneline())
        if scan.at("/"):
            return Value("regex", (scan.regex(),))
        if scan.take("file,"):
            return Value("file", scan.filename())
        encoded = scan.match(_BYTES)
        if encoded:
            return Value("bytes", value=decoded(encoded[1], encoded[2], scan))
        if scan.at("{{"):
            return Value("placeholder", scan.templates(scan.json()))
        return self._constant()

    def _constant(self) -> Value:
        found = self.scan.match(_NUMBER)
        if found is not None:
            return Value("constant", value=self._number(found[0]))
        for word, value in (("true", True), ("false", False), ("null", None)):
            if self.scan.match(re.compile(rf"{word}\b")):
                return Value("constant", value=value)
        raise self.scan.fault(f"a value is missing before '{self.scan.rest_of_line}'" if self.scan.rest_of_line.strip()
                              else "a value is missing at the end of the line")  # fmt: skip

    def _number(self, text: str) -> int | float:
        value = number(text)
        if value is None:
            raise self.scan.fault(f"{text} is no number that JSON has")
        return value


_VERSION_AHEAD = re.compile(r"(?=HTTP(?:/[0-9.]+)?[ \t]+\S)")
_METHOD_AHEAD = re.compile(r"(?=[A-Z][A-Z0-9_-]*[ \t]+\S)")
_SECTION_AHEAD = re.compile(r"(?=\[[A-Z][A-Za-z]*\][ \t]*(?:#|\n|$))")
_JSON_AHEAD = re.compile(r"(?=(?:true|false|null|-?\d[\d.eE+-]*)[ \t]*(?:#|\n|$))")


def decoded(encoding: str, text: str, scan: Scanner | None = None) -> bytes:
    """The bytes of `hex,…;` or `base64,…;`."""
    import base64

    compact = "".join(text.split())
    try:
        return bytes.fromhex(compact) if encoding == "hex" else base64.b64decode(compact, validate=True)
    except ValueError:
        message = f"this is no {encoding}: '{compact[:40]}'"
        raise scan.fault(message) if scan else ForeignFault(message) from None
