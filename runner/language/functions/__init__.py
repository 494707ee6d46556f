"""The functions of the expression language: JMESPath's own and ours, in one table.

    signature   what a function is, and how it is called
    standard    JMESPath's own
    texts · dates · lists   ours

`FUNCTIONS` serves the check at load (names and numbers of arguments), the interpreter and the documentation.
A name that is not in it is asked of the loader that `load_with` sets: plugins are looked up only then.
"""

from __future__ import annotations

from collections.abc import Callable

from runner.language.functions import dates, lists, standard, texts
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
from runner.language.values import Value


def _root() -> Value:
    """The whole document, also from inside a filter."""
    raise Refused("is read by the interpreter itself")


#: Every function by its name.
FUNCTIONS: dict[str, Function] = {
    each.name: each
    for module in (standard, texts, dates, lists)
    for each in vars(module).values()
    if isinstance(each, Function)
} | {"root": make("root", _root, ())}

Loader = Callable[[str], Function | None]


def _nobody(name: str) -> Function | None:
    return None


_loader: Loader = _nobody


def load_with(loader: Loader | None) -> None:
    """Sets who is asked for a function that is not in the table; None for nobody."""
    global _loader
    _loader = loader or _nobody


def find(name: str) -> Function | None:
    """The function of that name, a plugin's too; None where there is none."""
    known = FUNCTIONS.get(name)
    if known is None:
        known = _loader(name)
        if known is not None:
            FUNCTIONS[name] = known
    return known


def from_callable(name: str, call: Callable[..., Value]) -> Function:
    """A Function out of a plain callable, as plugins give it: its parameters take any value."""
    from inspect import Parameter as P
    from inspect import signature

    kinds = []
    for each in signature(call).parameters.values():
        if each.kind in (P.KEYWORD_ONLY, P.VAR_KEYWORD):
            continue
        optional = "?" if each.default is not P.empty else ""
        kinds.append("any..." if each.kind is P.VAR_POSITIONAL else f"any{optional}")
    return make(name, call, kinds)


__all__ = [
    "FUNCTIONS",
    "Expression",
    "Function",
    "Parameter",
    "Refused",
    "find",
    "from_callable",
    "is_false",
    "load_with",
    "ordinal",
    "regex_fault",
]
