"""Truth, logic and comparisons as terms, made so that what can be known now is a constant.

Truth is JavaScript's: what counts as true there, JMESPath has to say in full. This file knows no script and no value
that is more than a term.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from runner.formats.scripts.kinds import kind
from runner.formats.scripts.structures import folded, parsed
from runner.formats.scripts.terms import (
    FALSE,
    NULL,
    TRUE,
    Apply,
    Both,
    Choice,
    Compare,
    Const,
    DictOf,
    Doc,
    Either,
    Field,
    Flat,
    Index,
    Join,
    ListOf,
    Not,
    Quantified,
    Selected,
    Truthy,
)
from runner.language.values import equal


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
        case ListOf() | DictOf() | Selected() | Flat():
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
    if isinstance(no, Choice) and no.test in (test, negate(test)):
        return choice(test, yes, no.no if no.test == test else no.yes)
    if yes == no:
        return yes
    if (yes, no) == (TRUE, FALSE):
        return test
    return negate(test) if (yes, no) == (FALSE, TRUE) else Choice(test, yes, no)


def where(condition: Any, term: Any, old: Any) -> Any:
    """`term` where `condition` holds, and `old` elsewhere; choices that the condition is made of are one chain."""
    if condition == TRUE:
        return term
    if isinstance(condition, Either) and isinstance(term, Choice) and term.test == condition.right:
        return Choice(term.test, term.yes, where(condition.left, term.no, old))
    return Choice(condition, term, old)


def chained(condition: Any, term: Any, chain: Any) -> Any:
    """A chain of choices with one more: at its end, if that is for all other cases."""
    links: list[Choice] = []
    node = chain
    while isinstance(node, Choice):
        links.append(node)
        node = node.no
    met = {repr(test) for link in links for test in disjuncts(link.test)}
    if not links or set(map(repr, disjuncts(negate(condition)))) != met:
        return Choice(condition, term, chain)
    for link in reversed(links):
        term = Choice(link.test, link.yes, term)
    return term


def conjuncts(term: Any) -> list[Any]:
    """The conditions that `&&` joins."""
    if isinstance(term, Both):
        return [*conjuncts(term.left), *conjuncts(term.right)]
    return [] if term == TRUE else [term]


def without(condition: Any, known: Any) -> Any:
    """A condition where another one is known to hold."""
    found: Any = TRUE
    for part in conjuncts(condition):
        if part != known:
            found = both(found, part)
    return found


def disjuncts(term: Any) -> list[Any]:
    """The conditions that `||` joins."""
    if isinstance(term, Either):
        return [*disjuncts(term.left), *disjuncts(term.right)]
    return [] if term == FALSE else [term]


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
    if isinstance(right, Const) and not isinstance(right.value, str):
        left = parsed(left)
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
