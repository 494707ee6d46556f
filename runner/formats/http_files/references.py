"""`{{login.response.body.token}}`: a value of another request's response, which becomes a capture there."""

from __future__ import annotations

import re
from collections.abc import Container, Mapping
from typing import NamedTuple

from runner.formats import jsonpath
from runner.formats.draft import Names, usable_name
from runner.formats.jsonpath import UntranslatableError
from runner.formats.texts import name

_REFERENCE = re.compile(r"([A-Za-z_]\w*)\.(response|request)\.(body|headers)(?:\.(.+)|(\[.+))?", re.ASCII)

#: httpYac's way: the name alone is the body.
_SHORT = re.compile(r"([A-Za-z_]\w*)(?:\.|(?=\[))(.+)", re.ASCII)


class Reference(NamedTuple):
    """`request` is the name of the one referred to, `expression` is over its response, `like` says what it is."""

    request: str
    expression: str
    like: str


def find(inner: str, requests: Container[str]) -> Reference | None:
    """The reference in a placeholder; None where it is none. `requests` are the names of requests.

    Raises:
        UntranslatableError: it is one for which there is no expression.
    """
    match = _REFERENCE.fullmatch(inner)
    if match is None:
        short = _SHORT.fullmatch(inner)
        return _in_body(short[1], "", short[2]) if short and short[1] in requests else None
    request, side, part, path = match[1], match[2], match[3], match[4] or match[5] or ""
    before = "request." if side == "request" else ""
    if part == "headers":
        if not path:
            raise UntranslatableError("all headers together are no value")
        return Reference(request, f"{before}headers.{name(path.strip().lower())}", f"{request}_{usable_name(path)}")
    if path in ("", "*"):
        return Reference(request, f"{before}body" if before else "text", f"{request}_body")
    if path.startswith(("/", "[@")):
        raise UntranslatableError("XPath has no counterpart; `xml(text)` gives the document as an object")
    return _in_body(request, before, path)


def _in_body(request: str, before: str, path: str) -> Reference:
    """A reference to a part of a body, by JSONPath, with or without its `$.`."""
    written = path if path.startswith("$") else f"${'' if path.startswith('[') else '.'}{path}"
    found = jsonpath.translate((written,), f"{before}body")
    last = re.findall(r"[A-Za-z_]\w*", path)
    return Reference(request, found.expression, f"{request}_{last[-1] if last else 'body'}")


class References:
    """The captures that references ask for, by the name of the request that has to take them.

    `requests` are the names of requests with their places in the file.
    """

    def __init__(self, names: Names, requests: Mapping[str, int]) -> None:
        self.names = names
        self.requests = requests
        self.captures: dict[str, dict[str, str]] = {}

    def variable(self, reference: Reference) -> str:
        """The variable that holds what is referred to."""
        taken = self.captures.setdefault(reference.request, {})
        for variable, expression in taken.items():
            if expression == reference.expression:
                return variable
        variable = self.names.fresh(reference.like)
        taken[variable] = reference.expression
        return variable
