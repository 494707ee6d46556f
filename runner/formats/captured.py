"""Values of other requests' responses, to which a foreign file refers: captures that those requests have to take."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from runner.formats.draft import Data, Names


class Reference(NamedTuple):
    """`request` identifies the one referred to, `expression` is over its response, `like` says what it is."""

    request: str
    expression: str
    like: str


class References:
    """The captures that references ask for, by request.

    `requests` are the foreign names of requests with their places in the order in which they are sent.
    """

    def __init__(self, names: Names, requests: Mapping[str, int]) -> None:
        self.names = names
        self.requests = requests
        self.captures: dict[str, dict[str, str]] = {}

    def is_sent_before(self, request: str, place: int) -> bool:
        return self.requests[request] < place

    def variable(self, reference: Reference) -> str:
        """The variable that holds what is referred to."""
        taken = self.captures.setdefault(reference.request, {})
        for variable, expression in taken.items():
            if expression == reference.expression:
                return variable
        variable = self.names.fresh(reference.like)
        taken[variable] = reference.expression
        return variable

    def put(self, drafts: Mapping[str, Data]) -> None:
        """Gives the requests their captures; `drafts` are the requests by their foreign names."""
        for request, captures in self.captures.items():
            if request in drafts:
                drafts[request]["capture"] = {**drafts[request].get("capture", {}), **captures}
