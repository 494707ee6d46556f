"""The beginning that all URLs of a draft share, as `base_url`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from runner.formats.draft import Data, Disabled

#: An origin, or a variable that holds one; what follows is a path, a query, or nothing.
_BASE = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*://[^/?#{}\\@]+|\{\{[A-Za-z_][A-Za-z0-9_]*\}\})(?=/(?!/)|\?|$)")


def factor(collection: Data) -> None:
    """Moves the origin of all requests into `base_url`, where they have one and the same."""
    requests = list(_requests(collection.get("requests", ())))
    found = [_BASE.match(item["url"]) for item in requests]
    bases = {match[1] if match else "" for match in found}
    if len(requests) < 2 or len(bases) != 1 or "" in bases or "base_url" in collection:
        return
    collection["base_url"] = base = bases.pop()
    for item in requests:
        item["url"] = item["url"].removeprefix(base)


def _requests(items: Any) -> Iterator[Data]:
    for item in items:
        inner = item.value if isinstance(item, Disabled) else item
        if isinstance(inner, dict):
            yield from _requests(inner["requests"]) if "requests" in inner else [inner]
