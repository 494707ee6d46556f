"""What a foreign file may hold and a request file may not: taken out of a draft, and told as losses.

Names of headers that are none, entries without a name, URLs that are none, halves of characters. Every importer relies
on this, so that whatever stands in a foreign file, what is written passes `check`.
"""

from __future__ import annotations

import re
from typing import Any

from runner.formats.draft import Comment, Data, Disabled, Imported
from runner.language.document.settings import METHOD
from runner.language.document.words import url_fault

_HALF = re.compile("[\ud800-\udfff]")
_ENTRIES = ("headers", "query", "cookies", "form", "multipart")


def fit(imported: Imported, collection: Data) -> None:
    """Takes out of a draft what a request file cannot hold."""
    _Fitter(imported).item(collection, "")


class _Fitter:
    def __init__(self, imported: Imported) -> None:
        self.imported = imported

    def item(self, data: Data, place: str) -> None:
        self._texts(data, place or "the file")
        for holder in (data, data.get("defaults", {})):
            for key in _ENTRIES:
                if key in holder:
                    self._entries(holder[key], key, place)
        for key in ("setup", "requests", "teardown"):
            if key in data:
                data[key] = [self._inner(item, place) for item in data[key]]

    def _inner(self, item: Any, place: str) -> Any:
        if not isinstance(item, dict):
            return item
        name = f"{place} / {item['name']}" if place else str(item["name"])
        self.item(item, name)
        return item if "requests" in item else self._request(item, name)

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
        for name in list(entries):
            if isinstance(name, (Comment, Disabled)):
                continue
            if not name or (key == "headers" and "{{" not in name and not METHOD.fullmatch(name)):
                what = f"the entry '{name}' of {key}" if name else f"an entry without a name in {key}"
                why = "it is no name of a header" if name else "nothing can be sent without a name"
                self.imported.lose(place or "defaults", what, why)
                del entries[name]

    def _texts(self, data: Any, place: str) -> None:
        """Replaces halves of characters, which no file can hold, within a mapping; requests have their own turn."""
        for key, value in list(data.items()):
            if key in ("setup", "requests", "teardown"):
                continue
            data[key] = self._text(value, place)
            if isinstance(key, str) and _HALF.search(key):
                data[_HALF.sub("\ufffd", key)] = data.pop(key)

    def _text(self, value: Any, place: str) -> Any:
        if isinstance(value, str) and _HALF.search(value):
            self.imported.lose(place, "half of a character", "no file can hold it", "a replacement stands in its place")
            return _HALF.sub("\ufffd", value)
        if isinstance(value, dict):
            self._texts(value, place)
        elif isinstance(value, list):
            return [self._text(item, place) for item in value]
        return value
