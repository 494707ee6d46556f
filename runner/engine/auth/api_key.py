"""`type: api_key`: a key in a header, in the query or in a cookie."""

from __future__ import annotations

from runner.engine.auth.base import Fields, Scheme, put_cookie, put_header, put_query

_PLACES = {"header": put_header, "query": put_query, "cookie": put_cookie}


def prepare(fields: Fields) -> Scheme:
    """Sends the key under its name, in the place that `in` says."""
    name, value = fields.text("name"), fields.text("value")
    put = _PLACES[fields.text("in", "header")]
    return Scheme(lambda request, _: put(request, name, value))
