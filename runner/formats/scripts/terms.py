"""What a script computes, as terms: constants, parts of a response, variables, and what is made of them.

A term is what `writing` turns into JMESPath. The functions here make terms and simplify them on the way: what can be
known now is a constant. This file knows neither JavaScript nor YAML.
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
    """A key of the response document of one exchange: 0 is the request's own, others are sent by the script."""

    key: str
    exchange: int = 0


@dataclass(frozen=True, slots=True)
class Var:
    """A variable of the collection; `new` is its value after the script, which sets it, before its request."""

    name: str
    new: bool = False


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
class Fresh:
    """Something random: the same number is the same value, wherever it stands."""

    number: int
    term: Any


Term = (
    Const | Doc | Var | Element | Field | Index | Slice | Apply | Compare | Not | Both | Either | Truthy | Choice | Join
    | ListOf | DictOf | Selected | Quantified | Fresh
)  # fmt: skip
TERMS = (
    Const, Doc, Var, Element, Field, Index, Slice, Apply, Compare, Not, Both, Either, Truthy, Choice, Join, ListOf,
    DictOf, Selected, Quantified, Fresh,
)  # fmt: skip

TRUE, FALSE, NULL = Const(True), Const(False), Const(None)


# --- kinds ---------------------------------------------------------------------------------------------------------

_DOC_KINDS = {
    "status": "number", "text": "string", "reason": "string", "headers": "object", "elapsed_ms": "number",
    "size": "number", "cookies": "object", "url": "string",
}  # fmt: skip
_FUNCTION_KINDS = {
    **dict.fromkeys(
        ("uuid", "now", "to_string", "base64", "base64_decode", "sha256", "md5", "hmac_sha256", "url_encode",
         "url_decode", "lower", "upper", "trim", "replace", "join", "date_add", "date_format", "type"),
        "string",
    ),
    **dict.fromkeys(
        ("timestamp", "random_int", "to_number", "length", "add", "subtract", "multiply", "divide", "modulo", "sum",
         "abs", "floor", "ceil"),
        "number",
    ),
    **dict.fromkeys(("contains", "starts_with", "ends_with", "matches", "has"), "boolean"),
    **dict.fromkeys(("split", "keys", "values", "sort", "reverse", "unique", "sort_by", "map"), "array"),
}  # fmt: skip


def kind(term: Any) -> str | None:
    """The JSON type of a term's value; None where it may be any. Null may come in place of each."""
    match term:
        case Const(value):
            return _kind_of_value(value)
        case Doc(key):
            return _DOC_KINDS.get(key)
        case Field(Doc("headers" | "cookies"), _):
            return "string"
        case Apply(function):
            return _FUNCTION_KINDS.get(function)
        case Compare() | Not() | Truthy() | Quantified():
            return "boolean"
        case Both(left, right) | Either(left, right) | Choice(_, left, right):
            found = kind(left)  # asked once: chains of them are long
            return found if found is not None and kind(right) == found else None
        case Join():
            return "string"
        case Fresh(_, inner):
            return kind(inner)
        case ListOf() | Selected() | Slice():
            return "array"
        case DictOf():
            return "object"
    return None


def _kind_of_value(value: Any) -> str | None:
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, (int, float)):
        return "number"
    words: dict[type, str] = {str: "string", list: "array", dict: "object"}
    return words.get(type(value))


# --- truth ---------------------------------------------------------------------------------------------------------


def truth(term: Any) -> Any:
    """Whether JavaScript takes a term's value for true, as a term that is true or false."""
    match term:
        case Const(value):
            return Const(value is True or (value not in (None, False, "") and value != 0) or value in ({}, []))
        case Compare() | Not() | Truthy() | Quantified():
            return term
        case Both(left, right):
            return both(truth(left), truth(right))
        case Either(left, right):
            return either(truth(left), truth(right))
        case Choice(test, yes, no):
            return either(both(test, truth(yes)), both(negate(test), truth(no)))
        case ListOf() | DictOf() | Selected():
            return TRUE
        case Index(Selected() | Apply("match")) | Apply("match"):
            return Compare("!=", term, NULL)
        case Apply(_) if kind(term) == "boolean":
            return term
        case Apply(_) | Join() if kind(term) == "string":
            return compare("!=", term, Const(""))
        case Apply(_) | Doc(_) if kind(term) == "number":
            return compare("!=", term, Const(0))
    return Truthy(term)


_OPPOSITES = {"==": "!=", "!=": "=="}


def negate(term: Any) -> Any:
    match term:
        case Const(value):
            return Const(not value)
        case Not(inner):
            return inner
        case Compare("==" | "!=" as operator, left, right):
            return Compare(_OPPOSITES[operator], left, right)
    return Not(term)


def both(left: Any, right: Any) -> Any:
    """`left && right` of truths; what the other side asks for anyway is left out."""
    if left == FALSE or right == FALSE:
        return FALSE
    if left in (TRUE, right):
        return right
    if right == TRUE:
        return left
    if isinstance(left, Truthy) and _needs(right, left.term):
        return right
    if isinstance(left, Both) and isinstance(left.right, Truthy) and _needs(right, left.right.term):
        return both(left.left, right)
    return Both(left, right)


def _needs(term: Any, base: Any) -> bool:
    """Whether a condition can only hold where a value has parts: it looks at one of them."""
    match term:
        case Truthy(inner):
            return _is_below(inner, base)
        case Compare("==", inner, Const(value)) if value is not None:
            return _is_below(inner, base)
        case Both(left, _):
            return _needs(left, base)
    return False


def _is_below(term: Any, base: Any) -> bool:
    while isinstance(term, (Field, Index)):
        term = term.base
        if term == base:
            return True
    return False


def either(left: Any, right: Any) -> Any:
    if left == TRUE or right == TRUE:
        return TRUE
    if left in (FALSE, right):
        return right
    if right == negate(left):
        return TRUE
    return left if right == FALSE else Either(left, right)


def implies(condition: Any, term: Any) -> Any:
    """`term` where `condition` holds, and true elsewhere."""
    if condition == TRUE:
        return term
    if condition == FALSE:
        return TRUE
    return negate(condition) if term == FALSE else either(negate(condition), term)


def choice(test: Any, yes: Any, no: Any) -> Any:
    if isinstance(test, Const):
        return yes if test.value else no
    if yes == no:
        return yes
    if (yes, no) == (TRUE, FALSE):
        return test
    return negate(test) if (yes, no) == (FALSE, TRUE) else Choice(test, yes, no)


# --- comparisons ---------------------------------------------------------------------------------------------------

_ORDER: dict[str, Callable[[Any, Any], bool]] = {
    "<": lambda a, b: bool(a < b),
    ">": lambda a, b: bool(a > b),
    "<=": lambda a, b: bool(a <= b),
    ">=": lambda a, b: bool(a >= b),
}
_MIRRORED = {"<": ">", ">": "<", "<=": ">=", ">=": "<="}


def compare(operator: str, left: Any, right: Any) -> Any:
    """A comparison; a constant goes to the right."""
    left, right = folded(left), folded(right)
    if isinstance(left, Const) and isinstance(right, Const):
        found = _known(operator, left.value, right.value)
        if found is not None:
            return Const(found)
    if isinstance(left, Const) and not isinstance(right, Const):
        left, right, operator = right, left, _MIRRORED.get(operator, operator)
    if operator in _OPPOSITES and right == Const("undefined") and isinstance(left, Apply) and left.function == "type":
        return Compare(operator, left.arguments[0], NULL)  # what is missing is null here
    if operator in _OPPOSITES and right in (TRUE, FALSE) and kind(left) == "boolean":
        return left if right.value is (operator == "==") else negate(left)
    if operator in _OPPOSITES and right == NULL and isinstance(left, (ListOf, DictOf, Join)):
        return Const(operator == "!=")
    return Compare(operator, left, right)


def _known(operator: str, left: Any, right: Any) -> bool | None:
    if operator in _OPPOSITES:
        return equal(left, right) is (operator == "==")
    try:
        return _ORDER[operator](left, right)
    except TypeError:
        return None


# --- texts and structures ------------------------------------------------------------------------------------------


def folded(term: Any) -> Any:
    """A structure whose parts are all constants, as a constant."""
    if isinstance(term, ListOf):
        items = [folded(item) for item in term.items]
        if all(isinstance(item, Const) for item in items):
            return Const([item.value for item in items])
        return ListOf(tuple(items))
    if isinstance(term, DictOf):
        entries = [(name, folded(item)) for name, item in term.entries]
        if all(isinstance(item, Const) for _, item in entries):
            return Const({name: item.value for name, item in entries})
        return DictOf(tuple(entries))
    return term


def join(parts: Iterable[Any]) -> Any:
    """One text of several values; neighbouring constants become one."""
    joined: list[Any] = []
    for part in parts:
        for piece in part.parts if isinstance(part, Join) else (part,):
            if isinstance(piece, Const) and joined and isinstance(joined[-1], Const):
                joined[-1] = Const(joined[-1].value + text_of(piece.value))
            elif isinstance(piece, Const):
                joined.append(Const(text_of(piece.value)))
            else:
                joined.append(piece)
    kept = [part for part in joined if part != Const("")]
    if len(kept) == 1 and isinstance(kept[0], Const):
        return kept[0]
    return Join(tuple(kept)) if kept else Const("")


def text_of(value: Any) -> str:
    """A value as JavaScript makes text of it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return ",".join("" if item is None else text_of(item) for item in value)
    if isinstance(value, dict):
        return "[object Object]"
    return "undefined" if value is None else str(value)


def field(base: Any, name: str) -> Any:
    """A member of a value by its name."""
    base = folded(base)
    if isinstance(base, Const):
        return Const(base.value.get(name)) if isinstance(base.value, dict) else NULL
    if isinstance(base, DictOf):
        return dict(base.entries).get(name, NULL)
    return Field(base, name)


def index(base: Any, place: int) -> Any:
    """An element of a list by its place."""
    if isinstance(base, Const):
        items = base.value if isinstance(base.value, (list, str)) else []
        return Const(items[place]) if -len(items) <= place < len(items) else NULL
    if isinstance(base, ListOf):
        return base.items[place] if -len(base.items) <= place < len(base.items) else NULL
    return Index(base, place)


def selected(items: Any, loop: int, condition: Any, result: Any) -> Any:
    """The results for the elements that meet a condition; the list itself where that is what it is."""
    if condition in (None, TRUE) and result == Element(loop):
        return items
    if condition in (None, TRUE) and isinstance(items, Selected) and items.result == Element(items.loop):
        inner = replaced(result, lambda part: Element(items.loop) if part == Element(loop) else None)
        return Selected(items.items, items.loop, items.condition, inner)
    return Selected(items, loop, None if condition == TRUE else condition, result)


def quantified(word: str, items: Any, loop: int, condition: Any) -> Any:
    """`all` and `any`; where the condition is known, the list's length decides."""
    if condition in (TRUE, FALSE):
        if (word == "all") is condition.value:
            return condition
        return Compare("==" if word == "all" else ">", call("length", items), Const(0))
    return Quantified(word, items, loop, condition)


def call(function: str, *arguments: Any) -> Apply:
    return Apply(function, arguments)


def conjuncts(term: Any) -> list[Any]:
    """The conditions that `&&` joins."""
    if isinstance(term, Both):
        return [*conjuncts(term.left), *conjuncts(term.right)]
    return [] if term == TRUE else [term]


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
