"""URLs of flattened requests, encoded as the run encodes them."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import quote

from runner.formats.flat import Flat
from runner.formats.symbols import Value, changed, first_text, is_known, joined, literal_text, pieces
from runner.language.values import as_text
from runner.redaction import URL_READABLE

#: What may stand in a URL as it is (RFC 3986), and `%`.
_URL_SAFE = "%:/?#[]@!$&'()*+,;=-._~"
#: And in an entry of the query; without `$`, which a reader might take for a variable.
_QUERY_SAFE = URL_READABLE.replace("$", "")


def address(flat: Flat) -> Value:
    """The URL of a request, with its query where all of that is known."""
    url = _encoded(flat.url)
    if not flat.query or not has_known_query(flat):
        return url
    pairs = [f"{in_query(name)}={quote(as_text(value), safe=_QUERY_SAFE)}" for name, value in flat.query]
    return joined(url, query_mark(url) + "&".join(pairs))


def has_known_query(flat: Flat) -> bool:
    """Whether all entries of the query are known before a run."""
    return all(is_known(name) and is_known(value) for name, value in flat.query)


def query_mark(url: Value) -> str:
    """What stands between a URL and a further entry of its query."""
    text = literal_text(url)
    return "?" if "?" not in text else "" if text.endswith(("?", "&")) else "&"


def in_query(name: Any) -> str:
    """A name, in which a `$` at the beginning (OData) stays readable."""
    text = as_text(name)
    first = "$" if text.startswith("$") else ""
    return first + quote(text[len(first) :], safe=_QUERY_SAFE)


def _encoded(url: Value) -> Value:
    """Everything behind the host; the host may be an IDN."""
    scheme = re.match(r"[A-Za-z][A-Za-z0-9+.-]*://[^/?#]*", first_text(url))
    if scheme is None:
        return changed(url, lambda text: quote(text, safe=_URL_SAFE))
    behind = joined(first_text(url)[scheme.end() :], *pieces(url)[1:])
    return joined(scheme.group(), changed(behind, lambda text: quote(text, safe=_URL_SAFE)))
