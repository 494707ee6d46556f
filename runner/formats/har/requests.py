"""One call of an export → a request of a draft."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from contextlib import suppress
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from runner.formats import json_text
from runner.formats.attached import Attachments
from runner.formats.draft import Data, Imported, Names, literal, usable_name
from runner.formats.har import noise
from runner.formats.har.correlation import Repeated, Sources
from runner.formats.har.reading import Call, Pair
from runner.formats.payloads import add_part, put_text, put_type
from runner.formats.urls import split_query
from runner.formats.variables import Kinds

_JSON = re.compile(r"application/(?:[\w.+-]+\+)?json\b", re.IGNORECASE)
_FORM = "application/x-www-form-urlencoded"
_MULTIPART = re.compile(r"multipart/[\w-]+(?:.*?boundary=\"?([^\";]+))?", re.IGNORECASE)
_DISPOSITION = re.compile(r";\s*(name|filename)=\"((?:\\.|[^\"\\])*)\"")
_GRAPHQL_KEYS = {"query", "variables", "operationName", "extensions"}
_OPERATION = re.compile(r"\s*(?:query\b|mutation\b|subscription\b|fragment\b|\{|#)")
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffd]")
_DATA_URL = re.compile(r"data:[^,]*;base64,(.*)", re.DOTALL)
_STATUS_OF_CACHE = 304


class Converter:
    """Translates the calls of an export in order: what responses gave is known to those that follow."""

    def __init__(
        self, imported: Imported, names: Names, files: Attachments, sources: Sources, repeated: Repeated
    ) -> None:
        self.imported = imported
        self.names = names
        self.files = files
        self.sources = sources
        self.repeated = repeated
        self.jar: set[str] = set()

    def request(self, call: Call, name: str) -> Data:
        made: Data = {"name": name}
        made["url"], query = split_query(literal(_clean(call.url)))
        made["url"] = self._path(made["url"])
        made["query"] = {key: self._values(key, value) for key, value in query.items()}
        made["headers"] = self._headers(call)
        made["cookies"] = self._cookies(call)
        self._authorization(made)
        self._body(call, made)
        method = call.method
        if method != (
            "POST" if any(key in made for key in ("json", "form", "multipart", "text", "graphql")) else "GET"
        ):
            made["method"] = method
        if not call.follows:
            made["follow_redirects"] = False
        if call.status not in (0, _STATUS_OF_CACHE):
            made["assert"] = [{"status": call.status}]
        self.jar |= set(call.set_cookies)
        return made

    # --- values

    def value(self, text: str, like: str) -> str:
        """A value: captured before, repeated elsewhere, or as it is."""
        ours = self.sources.variable(text) or self.repeated.variable(text, like)
        return f"{{{{{ours}}}}}" if ours else literal(text)

    def _values(self, name: str, value: Any) -> Any:
        if isinstance(value, list):
            return [self.value(one.replace("\\{{", "{{"), name) for one in value]
        return self.value(value.replace("\\{{", "{{"), name)

    def _path(self, url: str) -> str:
        """The URL with variables in its path."""
        scheme, mark, rest = url.partition("://")
        host, *segments = rest.split("/")
        made = [host]
        for place, segment in enumerate(segments):
            before = segments[place - 1] if place else ""
            like = f"{before.removesuffix('s')}_id" if before.isidentifier() else "id"
            ours = self.sources.variable(segment) or self.repeated.variable(segment, like)
            made.append(f"{{{{{ours}}}}}" if ours else segment)
        return f"{scheme}{mark}{'/'.join(made)}"

    # --- headers and cookies

    def _headers(self, call: Call) -> Data:
        made: Data = {}
        keys: dict[str, str] = {}
        for header in call.headers:
            name = header.name.lower()
            if not name or noise.is_noise(name) or (name == "accept" and header.value.startswith(noise.ACCEPT)):
                continue
            if name == "content-type" and (not call.has_body or _MULTIPART.match(header.value)):
                continue
            key = keys.setdefault(name, literal(header.name))
            add_part(made, key, self._header(header))
        return made

    def _header(self, header: Pair) -> str:
        scheme, space, rest = header.value.partition(" ")
        if header.name.lower() == "authorization" and space:
            ours = self.sources.variable(rest)
            return f"{scheme} {{{{{ours}}}}}" if ours else literal(header.value)
        return self.value(header.value, header.name)

    def _cookies(self, call: Call) -> Data:
        """Cookies that no response of the export set: they came from before."""
        from_before = (c for c in call.cookies if c.name and c.name not in self.jar and not noise.COOKIES.match(c.name))
        return {literal(cookie.name): literal(cookie.value) for cookie in from_before}

    def _authorization(self, made: Data) -> None:
        """A user name and password in base64 are written as `auth`."""
        name = next((name for name in made["headers"] if name.lower() == "authorization"), "")
        scheme, _, rest = str(made["headers"].get(name, "")).partition(" ")
        if scheme.lower() != "basic":
            return
        try:
            user, colon, password = base64.b64decode(rest, validate=True).decode().partition(":")
        except ValueError:
            return
        if colon:
            made["auth"] = {"type": "basic", "username": literal(user), "password": literal(password)}
            del made["headers"][name]

    # --- bodies

    def _body(self, call: Call, made: Data) -> None:
        if not call.has_body:
            return
        multipart = _MULTIPART.match(call.mime)
        if multipart:
            self._multipart(call, multipart[1] or "", made)
        elif call.mime.partition(";")[0].strip().lower() == _FORM:
            made["form"] = self._form(call)
        elif _JSON.match(call.mime) or call.body.lstrip()[:1] in ("{", "["):
            self._json(call, made)
        else:
            self._text(call, made)

    def _text(self, call: Call, made: Data) -> None:
        if _CONTROL.search(call.body):
            self.imported.lose(
                f"{call.place}.request.postData", "a body of bytes", "an export does not keep them whole"
            )
            return
        put_text(made, literal(call.body), call.mime if not call.mime.startswith("text/plain") else "")

    def _form(self, call: Call) -> Data:
        """The fields; exports give them decoded, or as they were sent."""
        pairs = parse_qsl(call.body, keep_blank_values=True) if call.body else []
        if not pairs:
            pairs = [(unquote(field.name), unquote(field.value)) for field in call.fields]
        form: Data = {}
        for name, value in pairs:
            add_part(form, literal(name), self.value(value, name))
        return form

    def _json(self, call: Call, made: Data) -> None:
        try:
            found = json_text.data((call.body,), Kinds())
        except json_text.NotJsonError:
            self._text(call, made)
            return
        data = self._within(found, "value")
        if isinstance(data, dict) and set(data) <= _GRAPHQL_KEYS and _OPERATION.match(str(data.get("query") or "")):
            operation = {"operation": data["operationName"]} if data.get("operationName") else {}
            variables = {"variables": data["variables"]} if data.get("variables") else {}
            if not data.get("extensions"):
                made["graphql"] = {"query": data["query"], **variables, **operation}
                return
        made["json"] = data
        if not _JSON.match(call.mime):
            put_type(made, call.mime or "text/plain")

    def _within(self, value: Any, name: str) -> Any:
        if isinstance(value, dict):
            return {key: self._within(item, str(key)) for key, item in value.items()}
        if isinstance(value, list):
            return [self._within(item, name) for item in value]
        if not isinstance(value, str):
            return value
        ours = self.sources.variable(value) or self.repeated.variable(value, name)
        return f"{{{{{ours}}}}}" if ours else value

    def _multipart(self, call: Call, boundary: str, made: Data) -> None:
        parts: Data = {}
        for field in call.fields or tuple(_parts(call.body, boundary)):
            name = usable_name(field.name)
            more = {"content_type": literal(field.content_type)} if field.content_type else {}
            if field.file is not None:
                add_part(parts, literal(field.name), {"file": self._file(field, name, call), **more})
            else:
                value = self.value(field.value, field.name)
                add_part(parts, literal(field.name), {"value": value, **more} if more else value)
        made["multipart"] = parts

    def _file(self, field: Pair, name: str, call: Call) -> str:
        place = f"{call.place}.request.postData"
        stem = re.split(r"[/\\]", field.file or "")[-1] or f"{name}.bin"
        encoded = _DATA_URL.fullmatch(field.value)
        if encoded:
            with suppress(ValueError):
                return self.files.put(name, base64.b64decode(encoded[1]))
        if field.value and not _CONTROL.search(field.value):
            return self.files.put(name, field.value.encode("utf-8", "replace"))
        return self.files.missing(stem, name, place, "an export does not hold what is in files")


def _clean(url: str) -> str:
    return url.partition("#")[0]


def _parts(body: str, boundary: str) -> Iterator[Pair]:
    """The parts of a multipart text."""
    for chunk in body.replace("\r\n", "\n").split(f"--{boundary}") if boundary else []:
        head, empty, content = chunk.strip("\n").partition("\n\n")
        names = dict(_DISPOSITION.findall(head))
        if "name" in names:
            types = re.search(r"^content-type:\s*(.+)$", head, re.IGNORECASE | re.MULTILINE)
            yield Pair(
                names["name"], content if empty else "", names.get("filename"), types[1].strip() if types else ""
            )


# --- what stands in requests -----------------------------------------------------------------------------------------


def telling_values(call: Call) -> set[str]:
    """The values of a call that may stand in others, too."""
    try:
        parts = urlsplit(call.url)
    except ValueError:
        return set()
    found = set(parts.path.split("/"))
    found |= {value for _, value in parse_qsl(parts.query)}
    found |= {header.value for header in call.headers if not noise.is_noise(header.name.lower())}
    if _JSON.match(call.mime):
        with suppress(json_text.NotJsonError):
            found |= set(_texts(json_text.data((call.body,), Kinds())))
    return found


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, (dict, list)):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _texts(item)
