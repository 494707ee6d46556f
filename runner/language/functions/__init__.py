"""The functions of the expression language: JMESPath's own and ours, in one table.

    signature   what a function is, and how it is called
    standard    JMESPath's own
    texts · dates · lists · markup   ours

`FUNCTIONS` serves the check at load (names and numbers of arguments), the interpreter and the documentation.
"""

from __future__ import annotations

from runner.language.functions import dates, lists, markup, standard, texts
from runner.language.functions.signature import (
    Expression,
    Function,
    Parameter,
    Refused,
    is_false,
    make,
    ordinal,
)
from runner.language.functions.texts import regex_fault


def _root() -> None:
    """The whole document, also from inside a filter."""
    raise Refused("is read by the interpreter itself")


#: Every function by its name.
FUNCTIONS: dict[str, Function] = {
    each.name: each
    for module in (standard, texts, dates, lists, markup)
    for each in vars(module).values()
    if isinstance(each, Function)
} | {"root": make("root", _root, ())}


__all__ = [
    "FUNCTIONS",
    "Expression",
    "Function",
    "Parameter",
    "Refused",
    "is_false",
    "ordinal",
    "regex_fault",
]
