"""What an expectation is while it is read: a chain of words with its subject, and what its last word asks.

No word of chai or Postman stands here.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from runner.formats.scripts.loops import Loops
from runner.formats.scripts.terms import NULL
from runner.formats.scripts.values import Value, to_term


class Chain(NamedTuple):
    """A subject that something is expected of; `response` where it is a response, and which."""

    subject: Value
    span: Any
    negated: bool = False
    words: frozenset[str] = frozenset()
    message: str = ""
    response: int | None = None


class Meant(NamedTuple):
    """What a chain's last word asks: a term that must be true, or more; `subject` is what the chain goes on with."""

    term: Any
    subject: Value | None = None
    includes: Any = None
    schema: Any = None


#: A check: of the machine, the chain and the arguments; None where it has no equal.
Ask = Callable[[Loops, Chain, list[Value]], "Meant | None"]


def term_of(chain: Chain) -> Any:
    """The subject of a chain as a term."""
    return to_term(chain.subject)


def wanted_of(arguments: list[Value], place: int = 0) -> Any:
    """An argument of a check as a term; null where there is none."""
    return to_term(arguments[place]) if place < len(arguments) else NULL
