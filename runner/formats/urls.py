"""URLs of drafts: the query taken apart, and the scheme that foreign tools add by themselves."""

from __future__ import annotations

import re
from collections.abc import Iterable

from runner.formats.draft import Data, Disabled

_PLACEHOLDER = re.compile(r"\{\{.*?\}\}")
_MARK = re.compile("\ue000(\\d+)\ue001")
#: What would be written in another way as an entry of `query`: encoded characters, and what ends or splits one.
_AS_WRITTEN = re.compile(r"[%+#;]")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")
_DEEPEST = 5


def split_query(url: str) -> tuple[str, Data]:
    """The URL without its query, and the query as a mapping; the URL as it is where that would send another one."""
    found: list[str] = []

    def hide(match: re.Match[str]) -> str:
        found.append(match.group())
        return f"\ue000{len(found) - 1}\ue001"

    def shown(text: str) -> str:
        return _MARK.sub(lambda match: found[int(match[1])], text)

    path, mark, query = _PLACEHOLDER.sub(hide, url).partition("?")
    entries = [part.partition("=") for part in query.split("&")] if query else []
    if not mark or _AS_WRITTEN.search(query) or not all(name and equals for name, equals, _ in entries):
        return url, {}
    made: Data = {}
    last = ""
    for name, _, value in entries:
        if name in made and name != last:  # a list would send them side by side
            return url, {}
        made.setdefault(name, []).append(shown(value))
        last = name
    return shown(path), {shown(name): values[0] if len(values) == 1 else values for name, values in made.items()}


def add_disabled(query: Data, entries: Iterable[tuple[str, str]]) -> Data:
    """The query with entries that were switched off, as comments after the others."""
    return {**query, **{Disabled({name: value}): None for name, value in entries}}


def with_scheme(url: str, levels: Iterable[Data]) -> str:
    """The URL with `http://` before it, where it has no scheme and no variable that gives one."""
    return f"http://{url}" if url and _lacks_scheme(url, list(levels), 0) else url


def _lacks_scheme(text: str, levels: list[Data], depth: int) -> bool:
    if not text.startswith("{{"):
        return _SCHEME.match(text) is None and not text.startswith("/")
    name = text[2:].partition("}}")[0]
    sources = [level[name] for level in levels if level.get(name)]
    return depth < _DEEPEST and any(_lacks_scheme(str(value), levels, depth + 1) for value in sources)
