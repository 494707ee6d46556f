"""Conditions of captures and checks that say no more than what is asserted, or refused, anyway."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from runner.formats.scripts import logic, terms
from runner.formats.scripts.state import Capture, Check
from runner.formats.scripts.terms import FALSE, TRUE, Compare, Const, Doc, Field, Index, Var


def lifted(captures: list[Capture], checks: list[Check]) -> tuple[list[Capture], list[Check]]:
    """Captures and checks without conditions that are asserted anyway: where those fail, the request fails."""
    asserted: list[Any] = []
    for check in checks:
        if check.includes is None and check.schema is None:
            asserted += logic.conjuncts(logic.implies(check.condition, check.term))
    known = set(map(repr, asserted))

    def without(condition: Any) -> Any:
        kept: Any = TRUE
        for part in logic.conjuncts(condition):
            if repr(part) not in known:
                kept = logic.both(kept, part)
        return kept

    kept_checks = [check if check.term == FALSE else _lifted(check, without) for check in checks]
    return [capture._replace(term=_simplified(capture, without)) for capture in captures], kept_checks


def _lifted(check: Check, without: Callable[[Any], Any]) -> Check:
    whole = logic.implies(check.condition, check.term) if check.term is not None else None
    if whole is not None and check.condition != TRUE and isinstance(whole, Compare):
        return check
    return check._replace(condition=without(check.condition))


def _simplified(capture: Capture, without: Callable[[Any], Any]) -> Any:
    """A value that is only taken under a condition: without it where the condition follows from the value."""
    term = capture.term
    if not isinstance(term, terms.Choice) or term.no != Var(capture.name):
        return term
    condition: Any = TRUE
    for part in logic.conjuncts(without(term.test)):
        if not (_about_status(part) or _about_value(part, term.yes)):
            condition = logic.both(condition, part)
    return term.yes if condition == TRUE else terms.Choice(condition, term.yes, term.no)


def _about_status(condition: Any) -> bool:
    """A condition on the status alone: a request with another one fails, or is not what was asked for."""
    docs = [part for part in terms.inside(condition) if isinstance(part, (Doc, Var))]
    return bool(docs) and all(isinstance(part, Doc) and part.key == "status" for part in docs)


def _about_value(condition: Any, value: Any) -> bool:
    """Whether a condition asks that a value, or what it is a part of, is there: else it is null, as a capture sees."""
    match condition:
        case terms.Truthy(base) | Compare("!=", base, Const(None)):
            return _is_part(value, base)
        case terms.Apply("has", (base, Const(name))):
            return _is_part(value, Field(base, name))
        case Compare(">" | "!=", terms.Apply("length", (base,)), Const(0)):
            return _is_part(value, base)
    return False


#: Functions that give something for null.
_OF_NULL = frozenset({"to_string", "to_array", "type", "not_null"})


def _is_part(value: Any, base: Any) -> bool:
    """Whether a value is null where another one is."""
    match value:
        case _ if value == base:
            return True
        case Field(inner) | Index(inner) | terms.Slice(inner) | terms.Selected(inner):
            return _is_part(inner, base)
        case terms.Apply(function, arguments) if function not in _OF_NULL:
            return any(_is_part(argument, base) for argument in arguments)
    return False
