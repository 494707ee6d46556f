"""What scripts do once a request has its response: captures, assertions and schemas of its draft."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from runner.engine.credentials import holds_credential
from runner.formats.draft import Comment, Data
from runner.formats.scripts import drafts
from runner.formats.scripts.results import Results
from runner.formats.sealing import snake


def judge(found: Results, draft: Data, number: int = 0) -> None:
    """Puts what is captured and asserted after an exchange into its draft; what cannot be written is lost."""
    exchange = found.exchange(number)
    captures = drafts.captures(exchange, number, found.machine.lose)
    asserts = drafts.assertions(exchange, number, found.machine.lose)
    schema = drafts.schema(exchange, number, found.machine.lose)
    draft["capture"] = {**(draft.get("capture") or {}), **{name: _hidden(name, captures[name]) for name in captures}}
    known = draft.get("assert") or []
    draft["assert"] = [*known, *_not_in(known, asserts)]
    if schema is not None:
        draft["schema"] = {"allOf": [draft["schema"], schema]} if draft.get("schema") else schema


def _hidden(name: str, value: Any) -> Any:
    """A captured credential is a secret."""
    return {"from": value, "secret": True} if isinstance(value, str) and holds_credential(snake(name)) else value


def _not_in(known: Iterable[Any], items: Iterable[Any]) -> Iterator[Any]:
    """The assertions that are none of those known, each with the name of its test before it."""
    names: list[Any] = []
    for item in items:
        if isinstance(item, Comment):
            names = [item]
        elif item not in known:
            yield from (*names, item)
            names = []
