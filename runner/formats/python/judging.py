"""Assertions → conditions of Python."""

from __future__ import annotations

from typing import Any

from runner.formats.python.expressions import Translator
from runner.formats.python.literals import Code, literal
from runner.formats.python.values import Values
from runner.formats.symbols import Value
from runner.language import query
from runner.language.model import MISSING, Assertion


def judged(tree: Any, assertion: Assertion, equals: Value, translator: Translator, values: Values) -> Code | None:
    if equals is MISSING:
        return translator.truth(tree)
    if assertion.one_of:
        found = translator.code(tree)
        return None if found is None else Code(f"{found} in {literal(values.code(equals))}")
    return translator.equal(tree, literal(values.code(equals)), equals)


def names_status(assertion: Assertion) -> bool:
    return any(name.text == "status" for name in query.compile(assertion.that.text).names)
