"""What a script holds while it is read: terms, and what is more than a term: structures, functions, dates, hosts.

`Opaque` is a value that we cannot know; it spreads through whatever is made of it, with the reason.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from runner.formats.scripts import structures, terms, tree
from runner.formats.scripts.terms import Const, DictOf, ListOf

Value = Any


class UntranslatableError(Exception):
    """A value for which there is no term; the message says why."""


class Opaque(NamedTuple):
    """A value that cannot be known."""

    why: str


class Obj:
    """An object or an array while it is being built: its parts may be anything.

    `level` is how many conditions held when it was made; a change under more of them makes it opaque.
    """

    __slots__ = ("entries", "items", "level", "why")

    def __init__(self, level: int, entries: dict[str, Value] | None = None, items: list[Value] | None = None) -> None:
        self.level = level
        self.entries = entries
        self.items = items
        self.why = ""


class Closure(NamedTuple):
    """A function of the script with the names that it sees."""

    function: tree.Function
    scope: Any


class Host(NamedTuple):
    """A thing that the tool or the language gives, by its path; `exchange` is that of a response, `data` what else."""

    path: str
    exchange: int = 0
    data: Any = None


class Date(NamedTuple):
    """A date; `iso` is the term of its text."""

    iso: Any


class Millis(NamedTuple):
    """A date as milliseconds."""

    iso: Any


class DatePart(NamedTuple):
    """`date.getDate()` and the like, with what was added to it."""

    iso: Any
    part: str
    more: float = 0


class Random(NamedTuple):
    """`Math.random()`, scaled and moved; `floored` once it is whole."""

    scale: float = 1
    offset: float = 0


class RandomText(NamedTuple):
    """`Math.random().toString(36)` and what was cut from it."""

    length: int = 11


class Fixed(NamedTuple):
    """`number.toFixed(digits)`."""

    term: Any
    digits: int


class Expression(NamedTuple):
    """A regular expression."""

    pattern: str
    flags: str


class Key(NamedTuple):
    """The place of the element of a loop in its list."""

    loop: int
    items: Any


class Carried(NamedTuple):
    """What a variable held before a turn of a loop."""

    name: str


class Counted(NamedTuple):
    """What a variable held before a turn of a loop, and a number added to it."""

    name: str
    amount: float


class Conditional(NamedTuple):
    """What a turn of a loop gives a variable: under a condition `yes`, else what it held before."""

    test: Any
    yes: Any
    no: Carried


class TypeOf(NamedTuple):
    """`typeof term`."""

    term: Any


class Search(NamedTuple):
    """`subject.indexOf(wanted)`: what it is compared with says what is meant.

    `start` is the regular expression of what stands before the place where the search begins; `last` says that it goes
    from the end.
    """

    subject: Any
    wanted: Any
    start: str = ""
    last: bool = False


class Position(NamedTuple):
    """A place in a text: the regular expression of what stands before it, and the text that follows.

    `first` says that it is -1 where there is none.
    """

    subject: Any
    before: str
    ahead: str = ""
    first: bool = False


class Entries(NamedTuple):
    """`Object.keys(term)` and the like, over what only the response knows."""

    term: Any
    what: str


def to_term(value: Value) -> Any:
    """The term of a value.

    Raises:
        UntranslatableError: there is none.
    """
    if isinstance(value, terms.TERMS):
        return value
    if isinstance(value, Opaque):
        raise UntranslatableError(value.why)
    if isinstance(value, Host) and value.path == "moment()":
        return value.data
    make = _TERMS.get(type(value))
    if make is None:
        raise UntranslatableError(_REASONS.get(type(value), "it is a function or an object of the tool"))
    return make(value)


_REASONS: dict[type, str] = {
    **dict.fromkeys((Carried, Counted, Conditional), "it goes from one turn of a loop to the next"),
    Key: "the number of a turn cannot be named here",
    Fixed: "it is a number written with a fixed count of digits",
    DatePart: "it is a part of a date that is computed",
    **dict.fromkeys((Search, Position), "it is the number of a place in a text"),
}


def _of_object(value: Obj) -> Any:
    if value.why:
        raise UntranslatableError(value.why)
    if value.items is not None:
        return structures.folded(ListOf(tuple(map(to_term, value.items))))
    return structures.folded(DictOf(tuple((name, to_term(item)) for name, item in (value.entries or {}).items())))


def _of_random(value: Random) -> Any:
    step = 1_000_000
    whole = terms.call("random_int", Const(0), Const(step - 1))
    scaled = terms.call("divide", terms.call("multiply", whole, Const(value.scale)), Const(step))
    return terms.call("add", scaled, Const(value.offset)) if value.offset else scaled


def _of_random_text(value: RandomText) -> Any:
    plain = terms.call("replace", terms.call("uuid"), Const("-"), Const(""))
    length = min(max(value.length, 1), 32)
    return structures.index(terms.call("match", plain, Const(f"^.{{{length}}}")), 0)


def _of_millis(value: Millis) -> Any:
    moment = terms.call("timestamp") if value.iso == NOW else terms.call("timestamp", value.iso)
    return terms.call("multiply", moment, Const(1000))


NOW = terms.call("now")

_TERMS: dict[type, Any] = {
    Obj: _of_object,
    Date: lambda value: value.iso,
    Millis: _of_millis,
    Random: _of_random,
    RandomText: _of_random_text,
    TypeOf: lambda value: terms.call("type", value.term),
    Entries: lambda value: terms.call(value.what, value.term),
}


def from_json(value: Any, level: int) -> Value:
    """A constant as a value whose parts can be looked at and changed."""
    if isinstance(value, dict):
        return Obj(level, entries={name: from_json(item, level) for name, item in value.items()})
    if isinstance(value, list):
        return Obj(level, items=[from_json(item, level) for item in value])
    return Const(value)
