"""Operators of JavaScript on values: `+` that adds or joins, comparisons strict and loose, dates, random numbers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from runner.formats.scripts import logic, positions, structures, terms
from runner.formats.scripts.kinds import kind
from runner.formats.scripts.terms import Const
from runner.formats.scripts.values import (
    Carried,
    Closure,
    Counted,
    Date,
    DatePart,
    Expression,
    Host,
    Millis,
    Obj,
    Opaque,
    Position,
    Random,
    Search,
    TypeOf,
    UntranslatableError,
    Value,
    to_term,
)
from runner.language.values import number

_FUNCTIONS = {"+": "add", "-": "subtract", "*": "multiply", "/": "divide", "%": "modulo"}
_KNOWN: dict[str, Callable[[Any, Any], Any]] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": lambda a, b: a / b if a % b else a // b,
    "%": lambda a, b: a % b,
}


def arithmetic(operator: str, left: Value, right: Value, texts: bool = True) -> Value:
    """`left operator right`; `texts`: whether variables are."""
    if operator not in _FUNCTIONS:
        return Opaque(f"it holds the operator {operator}")
    for value in (left, right):
        if isinstance(value, Opaque):
            return value
    special = _special(operator, left, right)
    if special is not None:
        return special
    try:
        return _of_terms(operator, to_term(left), to_term(right), texts)
    except UntranslatableError as error:
        return Opaque(str(error))


def _of_terms(operator: str, left: Any, right: Any, texts: bool) -> Value:
    if operator == "+" and (_is_text(left) or _is_text(right)):
        return structures.join([left, right])
    if isinstance(left, Const) and isinstance(right, Const):
        try:
            return Const(_KNOWN[operator](_number(left.value), _number(right.value)))
        except (TypeError, ZeroDivisionError):
            return Opaque("it is no number")
    if operator == "+" and not (kind(left) == "number" or kind(right) == "number"):
        if texts and (isinstance(left, terms.Var) or isinstance(right, terms.Var)):
            return structures.join([left, right])
        return _sum_or_text(left, right)
    return terms.call(_FUNCTIONS[operator], _as_number(left, operator), _as_number(right, operator))


def _sum_or_text(left: Any, right: Any) -> Any:
    """`left + right`, of which only the response knows whether they are numbers."""
    numbers = logic.both(*(of_type("==", term, "number") for term in (left, right)))
    return logic.choice(numbers, terms.call("add", left, right), structures.join([left, right]))


def _is_text(term: Any) -> bool:
    return kind(term) in ("string", "array", "object")


def _number(value: Any) -> Any:
    """A value as JavaScript counts with it."""
    if isinstance(value, str):
        found = number(value.strip() or "0")
        if found is None:
            raise TypeError
        return found
    return 0 if value is None else value


def _as_number(term: Any, operator: str) -> Any:
    if kind(term) == "number" or operator == "+":
        return term
    if isinstance(term, Const):
        return Const(_number(term.value)) if not isinstance(term.value, (dict, list)) else term
    return terms.call("to_number", term)


# --- dates and random numbers --------------------------------------------------------------------------------------


def _special(operator: str, left: Value, right: Value) -> Value | None:
    if isinstance(left, (Millis, Date)) and isinstance(right, Const) and operator in "+-":
        if isinstance(left, Date) and operator == "+":
            return structures.join([left.iso, right])
        amount = right.value if isinstance(right.value, (int, float)) else 0
        return Millis(moved(left.iso, (amount if operator == "+" else -amount) / 1000))
    if isinstance(left, Millis) and isinstance(right, Const) and operator == "/" and right.value == 1000:
        return _seconds(left)
    if isinstance(right, Millis) and isinstance(left, Const) and operator == "+" and not isinstance(left.value, str):
        return _special(operator, right, left)
    if isinstance(left, Carried) and isinstance(right, Const) and operator == "+" and kind(right) == "number":
        return Counted(left.name, right.value)
    if isinstance(left, (Search, Position)) and isinstance(right, Const) and operator == "+":
        place = positions.place_of(left)
        whole = place is not None and type(right.value) is int
        return positions.moved(place, right.value) if whole else None  # type: ignore[arg-type]
    if isinstance(left, DatePart) and isinstance(right, Const) and operator in "+-":
        return left._replace(more=left.more + (right.value if operator == "+" else -right.value))
    return _of_random(operator, left, right)


def _seconds(value: Millis) -> Any:
    now = value.iso == terms.call("now")
    return terms.call("timestamp") if now else terms.call("timestamp", value.iso)


def moved(iso: Any, seconds: float) -> Any:
    """A date moved by seconds."""
    if not seconds:
        return iso
    for size, letter in ((86_400, "d"), (3_600, "h"), (60, "m"), (1, "s")):
        if seconds % size == 0:
            return terms.call("date_add", iso, Const(f"{int(seconds // size)}{letter}"))
    return terms.call("date_add", iso, Const(seconds))


def _of_random(operator: str, left: Value, right: Value) -> Value | None:
    if isinstance(right, Random) and isinstance(left, Const) and operator in "+*":
        left, right = right, left
    if not isinstance(left, Random) or not isinstance(right, Const):
        return None
    if not isinstance(right.value, (int, float)) or isinstance(right.value, bool):
        return None
    amount = right.value
    match operator:
        case "*":
            return Random(left.scale * amount, left.offset * amount)
        case "/" if amount:
            return Random(left.scale / amount, left.offset / amount)
        case "+":
            return Random(left.scale, left.offset + amount)
        case "-":
            return Random(left.scale, left.offset - amount)
    return None


# --- comparisons ---------------------------------------------------------------------------------------------------


def comparison(operator: str, left: Value, right: Value) -> Value:
    """`left operator right`, as a term that is true or false."""
    for value in (left, right):
        if isinstance(value, Opaque):
            return value
    sign = {"===": "==", "!==": "!="}.get(operator, operator)
    if isinstance(right, (TypeOf, Search)):
        left, right = right, left
        sign = {"<": ">", ">": "<", "<=": ">=", ">=": "<="}.get(sign, sign)
    known = _never_null(sign, left, right)
    if known is not None:
        return known
    if isinstance(left, TypeOf) and isinstance(right, Const):
        return of_type(sign, left.term, right.value)
    if isinstance(left, Search):
        return _found(sign, left, right)
    try:
        first, second = to_term(left), to_term(right)
    except UntranslatableError as error:
        return Opaque(str(error))
    if operator in ("==", "!=") or sign in ("<", ">", "<=", ">="):
        first, second = _loosely(sign, first, second)
    return logic.compare(sign, first, second)


def _never_null(sign: str, left: Value, right: Value) -> Any:
    """`response !== null` and the like: what a script was given is there."""
    there = any(isinstance(value, (Host, Closure, Obj, Date, Expression)) for value in (left, right))
    if there and terms.NULL in (left, right) and sign in ("==", "!="):
        return Const(sign == "!=")
    return None


_TYPE_WORDS = {"string": "string", "number": "number", "boolean": "boolean"}


def of_type(sign: str, term: Any, word: Any) -> Any:
    """`typeof term == word`."""
    if word == "undefined":
        return logic.compare(sign, term, terms.NULL)
    found = terms.call("type", term)
    if word in _TYPE_WORDS:
        return logic.compare(sign, found, Const(_TYPE_WORDS[word]))
    if word == "object":
        test = terms.call("contains", Const(["object", "array", "null"]), found)
        return test if sign == "==" else logic.negate(test)
    return Const(sign == "!=")


def _found(sign: str, search: Search, right: Value) -> Value:
    """`list.indexOf(x) !== -1` and the like."""
    meant = {("!=", -1): True, ("==", -1): False, (">", -1): True, (">=", 0): True, ("<", 0): False}
    wanted = meant.get((sign, right.value)) if isinstance(right, Const) else None
    if wanted is None or search.start:
        return Opaque("it compares a place in a list or a text")
    test = terms.call("contains", search.subject, search.wanted)
    return test if wanted else logic.negate(test)


def _loosely(sign: str, left: Any, right: Any) -> tuple[Any, Any]:
    """Both sides of `==` and `<` brought to one type, as JavaScript does."""
    kinds = {kind(left), kind(right)}
    if "number" in kinds and len(kinds) > 1 and terms.NULL not in (left, right):
        left, right = (_numeric(term) for term in (left, right))
    elif sign in ("==", "!=") and terms.Var in (type(left), type(right)) and not kinds - {"string", None}:
        computed = not isinstance(left, Const) and not isinstance(right, Const)
        left, right = (terms.call("to_string", term) if computed else term for term in (left, right))
    return left, right


def _numeric(term: Any) -> Any:
    if kind(term) == "number":
        return term
    if isinstance(term, Const):
        found = number(term.value.strip()) if isinstance(term.value, str) else None
        return term if found is None else Const(found)
    return terms.call("to_number", term) if isinstance(term, terms.Var) or kind(term) == "string" else term
