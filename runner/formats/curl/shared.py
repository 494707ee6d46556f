"""What all requests of a draft say alike, said once: settings and headers in `defaults`, `auth` in the collection."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from runner.formats.draft import Data

_SETTINGS = ("timeout", "verify", "client_cert", "proxy", "http2", "retry", "max_body")


def share(collection: Data) -> None:
    """Moves what every request has into the collection, where there are at least two."""
    requests = list(_requests(collection["requests"]))
    if len(requests) < 2:
        return
    defaults: Data = {}
    _redirects(requests, defaults)
    for key in _SETTINGS:
        if _alike([item.get(key) for item in requests]):
            defaults[key] = requests[0][key]
            for item in requests:
                del item[key]
    _headers(requests, defaults)
    if _alike([item.get("auth") for item in requests]):
        collection["auth"] = requests[0]["auth"]
        for item in requests:
            del item["auth"]
    if defaults:
        collection["defaults"] = defaults


def _requests(items: list[Any]) -> Iterator[Data]:
    for item in items:
        if isinstance(item, dict):
            yield from _requests(item["requests"]) if "requests" in item else [item]


def _redirects(requests: list[Data], defaults: Data) -> None:
    """curl follows none unless it is told to: that is said once, where it is true of most."""
    none = [item for item in requests if item.get("follow_redirects") is False]
    if 2 * len(none) <= len(requests):
        return
    defaults["follow_redirects"] = False
    for item in requests:
        if item.get("follow_redirects", True) is False:
            del item["follow_redirects"]
        else:
            item.setdefault("follow_redirects", True)


def _alike(values: list[Any]) -> bool:
    return values[0] is not None and all(type(value) is type(values[0]) and value == values[0] for value in values)


def _headers(requests: list[Data], defaults: Data) -> None:
    """Headers of all requests, but for Content-Type, which says what one body is."""
    for name in list(requests[0].get("headers", {})):
        values = [item.get("headers", {}).get(name) for item in requests]
        if isinstance(name, str) and name.lower() != "content-type" and _alike(values):
            defaults.setdefault("headers", {})[name] = values[0]
            for item in requests:
                del item["headers"][name]
