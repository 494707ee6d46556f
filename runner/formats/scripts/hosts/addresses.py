"""URLs and query strings taken apart, as the modules `url` and `querystring` do."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from runner.formats.scripts import structures, terms
from runner.formats.scripts.calls import Function, argument
from runner.formats.scripts.terms import Const
from runner.formats.scripts.values import Host, Opaque, Value, to_term

_ORIGIN = "^(?:[A-Za-z][A-Za-z0-9+.-]*:)?(?://[^/?#]*)?"
#: Parts of a URL: the regular expression whose group is the part.
_PARTS: Mapping[str, str] = {
    "query": "[?]([^#]*)",
    "search": "([?][^#]*)",
    "pathname": _ORIGIN + "([^?#]*)",
    "path": _ORIGIN + "([^#]*)",
    "hash": "(#.*)",
    "host": "//(?:[^/?#@]*@)?([^/?#]*)",
    "protocol": "^([A-Za-z][A-Za-z0-9+.-]*:)",
    "href": "(.*)",
}


def _parsed(path: str) -> Function:
    return lambda machine, arguments, span: Host(path, data=to_term(argument(arguments)))


def part_of(address: Host, name: str) -> Value:
    """A part of a URL, or an entry of a query string."""
    if address.path == "parsed query":
        found = _group(address.data, f"(?:^|&){re.escape(name)}=([^&]*)")
        return terms.call("url_decode", terms.call("replace", found, Const("+"), Const(" ")))
    pattern = _PARTS.get(name)
    return _group(address.data, pattern) if pattern else Opaque(f"'{name}' of a URL is not known")


def _group(text: Any, pattern: str) -> Any:
    return structures.index(terms.call("match", text, Const(pattern)), 1)


FUNCTIONS: Mapping[str, Function] = {
    "url.parse": _parsed("parsed url"),
    "querystring.parse": _parsed("parsed query"),
    "querystring.decode": _parsed("parsed query"),
}
