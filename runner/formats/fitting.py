"""What a foreign file may hold and a request file may not: taken out of a draft, and told as losses.

Names of headers that are none, entries without a name, URLs that are none, halves of characters. Every importer relies
on this, so that whatever stands in a foreign file, what is written passes `check`.
"""

from __future__ import annotations

import re
from typing import Any

from runner.engine.bodies import header_fault
from runner.formats.draft import Comment, Data, Disabled, Imported, literal
from runner.formats.payloads import BODIES, add_part
from runner.language import template
from runner.language.document.settings import METHOD, SETTINGS
from runner.language.document.words import url_fault

_MEDIA_TYPE = re.compile(r"[\w!#$&^.+-]+/[\w!#$&^.+-]+\s*(?:;|$)", re.ASCII)
_HALF = re.compile("[\ud800-\udfff]")
#: In bytes.
_LONGEST_NAME = 255
_ENTRIES = ("headers", "query", "cookies", "form", "multipart")
#: Keys with expressions below them, in which braces have a meaning of their own.
_JUDGING = frozenset({"assert", "capture", "when", "for_each", "poll", "paginate"})


def fit(imported: Imported, collection: Data) -> None:
    """Takes out of a draft what a request file cannot hold."""
    _Fitter(imported).item(collection, "")


def _content_types(headers: Data) -> list[str]:
    return [name for name in headers if isinstance(name, str) and name.lower() == "content-type"]


def _is_path(path: str) -> bool:
    parts = path.encode("utf-8", "replace").split(b"/")
    return path != "" and "\0" not in path and all(len(part) <= _LONGEST_NAME for part in parts)


def _escaped(text: str) -> str:
    """A text with placeholders; one whose braces are none was meant as it stands."""
    if "{{" not in text:
        return text
    try:
        template.parse(text)
    except template.TemplateFault:
        return literal(text.replace("\\{{", "{{"))
    return text


class _Fitter:
    def __init__(self, imported: Imported) -> None:
        self.imported = imported

    def item(self, data: Data, place: str, inherited: str = "") -> None:
        """`inherited` is the Content-Type that is around it."""
        self._texts(data, place or "the file")
        for holder in (data, data.get("defaults", {})):
            for key in _ENTRIES:
                if key in holder:
                    self._entries(holder[key], key, place)
        given = data.get("defaults", {}).get("headers", {})
        shared = next((given[name] for name in _content_types(given)), inherited)
        for key in ("setup", "requests", "teardown"):
            if key in data:
                data[key] = [self._inner(item, place, shared) for item in data[key]]

    def _inner(self, item: Any, place: str, inherited: str) -> Any:
        if not isinstance(item, dict):
            return self._text(item, place)
        name = f"{place} / {item['name']}" if place else str(item["name"])
        self.item(item, name, inherited)
        if "requests" in item:
            return item
        self._settings(item, name)
        self._one_body(item, name)
        self._paths(item, name)
        if "multipart" in item:
            self._parts(item["multipart"], name)
            self._multipart_type(item, name, inherited)
        if "assert" in item:
            item["assert"] = [self._assertion(one, name) for one in item["assert"]]
        return self._request(item, name)

    def _settings(self, item: Data, name: str) -> None:
        """Settings whose values are none: `timeout: soon`."""
        for key, rule in SETTINGS.items():
            value = item.get(key)
            if key in item and not (isinstance(value, str) and "{{" in value) and rule.read(value) is None:
                self.imported.lose(name, f"'{key}: {value}'", f"it wants {rule.wanted}", f"set `{key}`")
                del item[key]

    def _one_body(self, item: Data, name: str) -> None:
        _, *others = [key for key in BODIES if key in item] or [""]
        for key in others:
            self.imported.lose(name, f"a further body: {key}", "a request has one", "write a request of its own")
            del item[key]

    def _multipart_type(self, item: Data, name: str, inherited: str) -> None:
        """A Content-Type that is not that of a multipart body: one of its own is lost, an inherited one held off."""
        headers = item.setdefault("headers", {})
        for key in _content_types(headers):
            fault = "" if "{{" in str(headers[key]) else header_fault(str(headers[key]))
            if fault:
                self.imported.lose(name, f"the header '{key}'", fault, "it is made with the body")
                del headers[key]
        if inherited and not _content_types(headers) and header_fault(str(inherited)):
            headers["Content-Type"] = None

    def _paths(self, holder: Data, place: str) -> None:
        """Paths that no system can name."""
        for key in ("file", "save_to"):
            path = holder.get(key)
            if isinstance(path, str) and not _is_path(path):
                self.imported.lose(place, f"the path in '{key}'", "no system has such a path", f"set `{key}`")
                del holder[key]

    def _parts(self, parts: Data, place: str) -> None:
        for part in parts.values():
            for one in part if isinstance(part, list) else [part]:
                if isinstance(one, dict):
                    self._part(one, place)

    def _part(self, part: Data, place: str) -> None:
        self._paths(part, place)
        if "file" not in part:
            part.setdefault("value", "")
        kind = part.get("content_type", "")
        if "{{" in kind or _MEDIA_TYPE.match(kind):
            return
        if kind:
            self.imported.lose(place, f"the type '{kind}' of a part", "it is no media type")
        part.pop("content_type", None)

    def _assertion(self, item: Any, place: str) -> Any:
        """A status is a number: what is compared with something else can never hold."""
        status = item.get("status") if isinstance(item, dict) else None
        for one in status if isinstance(status, list) else [status]:
            if one is not None and type(one) is not int and not (isinstance(one, str) and "{{" in one):
                self.imported.lose(place, f"the assertion 'status: {status}'", "a status is a number", "assert one")
                return Comment(f"status: {status}  (not translated)")
        return item

    def _request(self, item: Data, name: str) -> Any:
        method, url = item.get("method"), item["url"]
        if isinstance(method, str) and "{{" not in method and not METHOD.fullmatch(method):
            self.imported.lose(name, f"the method '{method}'", "it is none", "write one")
            del item["method"]
        fault = url_fault(url) if "{{" not in url else ""
        if fault:
            self.imported.lose(name, "the request", f"'{url}' is not a URL: {fault}", "it is kept as a comment")
            return Disabled(item)
        return item

    def _entries(self, entries: Data, key: str, place: str) -> None:
        seen: dict[str, str] = {}
        for name in list(entries):
            if isinstance(name, (Comment, Disabled)):
                continue
            if not name or (key == "headers" and "{{" not in name and not METHOD.fullmatch(name)):
                what = f"the entry '{name}' of {key}" if name else f"an entry without a name in {key}"
                why = "it is no name of a header" if name else "nothing can be sent without a name"
                self.imported.lose(place or "defaults", what, why)
                del entries[name]
            elif key == "headers" and name.lower() in seen:  # names of headers ignore case
                add_part(entries, seen[name.lower()], entries.pop(name))
            seen.setdefault(name.lower(), name)

    def _texts(self, data: Any, place: str, *, judging: bool = False) -> None:
        """Makes every text within a mapping one that can be written; requests have their own turn."""
        for key, value in list(data.items()):
            whole = self._text(key, place, judging=judging)
            if whole is not key:  # one that is changed goes to the end
                data[whole] = data.pop(key)
            if key not in ("setup", "requests", "teardown"):
                data[whole] = self._text(value, place, judging=judging or key in _JUDGING)

    def _text(self, value: Any, place: str, *, judging: bool = False) -> Any:
        if isinstance(value, (Comment, Disabled)):
            return self._aside(value, place)
        if isinstance(value, str):
            return self._whole(value, place) if judging else _escaped(self._whole(value, place))
        if isinstance(value, dict):
            self._texts(value, place, judging=judging)
        elif isinstance(value, list):
            return [self._text(item, place, judging=judging) for item in value]
        return value

    def _whole(self, text: str, place: str) -> str:
        """Halves of characters, which no file can hold, are replaced."""
        if not _HALF.search(text):
            return text
        self.imported.lose(place, "half of a character", "no file can hold it", "a replacement stands in its place")
        return _HALF.sub("\ufffd", text)

    def _aside(self, value: Comment | Disabled, place: str) -> Comment | Disabled:
        if isinstance(value, Disabled):
            self._text(value.value, place)
            return value
        text = self._text(value.text, place)
        return value if text is value.text else Comment(text)
