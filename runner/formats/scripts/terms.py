"""What a script computes, as terms: constants, parts of a response, variables, and what is made of them.

A term is what `writing` turns into JMESPath. Here are the shapes alone and how one walks through them; `structures`
and `logic` make terms and simplify them on the way. This file knows neither JavaScript nor YAML.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import islice
from typing import Any

from runner.language.values import equal


@dataclass(frozen=True, slots=True, eq=False)
class Const:
    """A JSON value; JavaScript's undefined is null. `true` is not `1`."""

    value: Any

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Const) and equal(self.value, other.value)

    def __hash__(self) -> int:
        return hash(repr(self.value))


@dataclass(frozen=True, slots=True)
class Doc:
    """A key of the response document of one exchange: 0 is the request's own, others are sent by the script.

    The key `content` is the body where it is JSON, and else its text.
    """

    key: str
    exchange: int = 0


@dataclass(frozen=True, slots=True)
class Var:
    """A variable of the collection.

    `new` is its value once its script, before the request, has set it so many times; 0 is the one that it had before.
    """

    name: str
    new: int = 0


@dataclass(frozen=True, slots=True)
class Env:
    """A name of the process environment."""

    name: str


@dataclass(frozen=True, slots=True)
class Element:
    """The element that a loop over a list looks at."""

    loop: int


@dataclass(frozen=True, slots=True)
class Field:
    base: Any
    name: str


@dataclass(frozen=True, slots=True)
class Index:
    base: Any
    place: int


@dataclass(frozen=True, slots=True)
class Slice:
    base: Any
    start: int | None
    stop: int | None


@dataclass(frozen=True, slots=True)
class Apply:
    """A function of JMESPath, or of ours, on arguments."""

    function: str
    arguments: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Compare:
    operator: str
    left: Any
    right: Any


@dataclass(frozen=True, slots=True)
class Not:
    term: Any


@dataclass(frozen=True, slots=True)
class Both:
    left: Any
    right: Any


@dataclass(frozen=True, slots=True)
class Either:
    left: Any
    right: Any


@dataclass(frozen=True, slots=True)
class Truthy:
    """Whether JavaScript takes a value for true."""

    term: Any


@dataclass(frozen=True, slots=True)
class Choice:
    test: Any
    yes: Any
    no: Any


@dataclass(frozen=True, slots=True)
class Join:
    """Texts and other values as one text."""

    parts: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class ListOf:
    items: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class DictOf:
    entries: tuple[tuple[str, Any], ...]


@dataclass(frozen=True, slots=True)
class Selected:
    """Of each element of a list that meets the condition (None: of all) the result."""

    items: Any
    loop: int
    condition: Any
    result: Any


@dataclass(frozen=True, slots=True)
class Quantified:
    """`all` or `any` of the elements of a list."""

    word: str
    items: Any
    loop: int
    condition: Any


@dataclass(frozen=True, slots=True)
class Flat:
    """Lists one after the other as one list; null is left out."""

    lists: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Fresh:
    """A value that is computed once, as what is random: the same number is the same value, wherever it stands."""

    number: int
    term: Any
    name: str = "random_value"


Term = (
    Const | Doc | Var | Env | Element | Field | Index | Slice | Apply | Compare | Not | Both | Either | Truthy | Choice
    | Join | ListOf | DictOf | Selected | Quantified | Flat | Fresh
)  # fmt: skip
TERMS = (
    Const, Doc, Var, Env, Element, Field, Index, Slice, Apply, Compare, Not, Both, Either, Truthy, Choice, Join, ListOf,
    DictOf, Selected, Quantified, Flat, Fresh,
)  # fmt: skip

TRUE, FALSE, NULL = Const(True), Const(False), Const(None)


def call(function: str, *arguments: Any) -> Apply:
    return Apply(function, arguments)


# --- walking -------------------------------------------------------------------------------------------------------


def inside(term: Any) -> Iterable[Any]:
    """The terms that a term is made of, itself first."""
    yield term
    for part in _parts(term):
        yield from _terms_in(part)


#: A term of more parts than this has no expression that anybody could read.
_MOST_PARTS = 1_500


def is_long(term: Any) -> bool:
    """Whether a term has too many parts; choices repeat theirs, so that a chain of them grows fast."""
    return sum(1 for _ in islice(inside(term), _MOST_PARTS)) == _MOST_PARTS


def _parts(term: Any) -> list[Any]:
    return [getattr(term, name) for name in term.__match_args__]


def _terms_in(part: Any) -> Iterable[Any]:
    if isinstance(part, TERMS):
        yield from inside(part)
    elif isinstance(part, tuple):
        for each in part:
            yield from _terms_in(each)


def replaced(term: Any, change: Callable[[Any], Any]) -> Any:
    """The term with parts changed: `change` gives what stands for a term, or None to look inside it."""
    found = change(term)
    if found is not None:
        return found
    return type(term)(*(_part_replaced(part, change) for part in _parts(term)))


def _part_replaced(part: Any, change: Callable[[Any], Any]) -> Any:
    if isinstance(part, TERMS):
        return replaced(part, change)
    if isinstance(part, tuple):
        return tuple(_part_replaced(each, change) for each in part)
    return part
