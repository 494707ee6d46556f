"""Assertions in chai's language (`pm.expect(x).to.be.a('string')`) and Postman's own (`pm.response.to.have.status`).

    chain       a subject with its flags; what its last word asks
    chai        words for any value
    responses   words for responses and requests

A chain begins here, and its words lead to a check by the tables of `chai` and `responses`. What a check asks is theirs
alone to know.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from runner.formats.scripts import logic, methods, terms
from runner.formats.scripts.expectations import chai, responses
from runner.formats.scripts.expectations.chain import Ask, Chain, Meant
from runner.formats.scripts.loops import Loops
from runner.formats.scripts.state import OPEN
from runner.formats.scripts.terms import NULL, TRUE, Const, Doc
from runner.formats.scripts.values import Opaque, UntranslatableError, Value

#: Words that only read well, and those that change what follows.
_FILLERS = frozenset(
    {"to", "be", "been", "is", "that", "which", "and", "has", "have", "with", "at", "of", "same", "but", "does",
     "still", "also", "should"}
)  # fmt: skip
_FLAGS = frozenset({"deep", "nested", "own", "ordered", "any", "all", "include"})
#: `include.keys(…)`, and its other words.
_INCLUDES = frozenset({"includes", "contain", "contains"})

_METHODS: Mapping[str, Ask] = {**chai.METHODS, **responses.OTHER_METHODS}


def expect(machine: Loops, arguments: list[Value], span: Any) -> Chain:
    """`pm.expect(subject, message)`."""
    machine.account.setdefault(span.start, OPEN)
    message = arguments[1] if len(arguments) > 1 else NULL
    text = message.value if isinstance(message, Const) and isinstance(message.value, str) else ""
    return Chain(arguments[0] if arguments else NULL, span, message=text)


def of_response(machine: Loops, exchange: int, span: Any) -> Chain:
    """`pm.response.to`."""
    machine.account.setdefault(span.start, OPEN)
    return Chain(Doc("body", exchange), span, response=exchange)


def of_request(machine: Loops, span: Any) -> Chain:
    """`pm.request.to`: what was sent has headers too."""
    machine.account.setdefault(span.start, OPEN)
    return Chain(terms.Field(Doc("request", 0), "headers"), span, words=frozenset({"request"}))


def word(machine: Loops, chain: Chain, name: str) -> Value:
    """A word of a chain that is not called: a filler, a flag, or a check."""
    if name == "not":
        return chain._replace(negated=not chain.negated)
    if name in _FILLERS:
        return chain
    name = "include" if name in _INCLUDES else name
    if name in _FLAGS:
        return chain._replace(words=chain.words | {name})
    table = responses.PROPERTIES if chain.response is not None else chai.PROPERTIES
    ask = table.get(name) or chai.PROPERTIES.get(name)
    if ask is not None:
        return _asked(machine, chain, ask, [])
    if name in ("length", "lengthOf"):
        return _about(machine, chain, lambda: methods.length(machine, chain.subject))
    return chain  # a method's name, before its call


def call(machine: Loops, chain: Chain, name: str, arguments: list[Value]) -> Value:
    """A word of a chain that is called."""
    ask = (responses.METHODS.get(name) if chain.response is not None else None) or _METHODS.get(name)
    if ask is None:
        if name in chai.PROPERTIES:
            return _asked(machine, chain, chai.PROPERTIES[name], [])
        machine.lose(chain.span, "an assertion", f"'{name}' of an expectation is not known here")
        return chain
    return _asked(machine, chain, ask, arguments)


def _about(machine: Loops, chain: Chain, subject: Callable[[], Value]) -> Value:
    try:
        return chain._replace(subject=subject())
    except UntranslatableError as error:
        return chain._replace(subject=Opaque(str(error)))


def _asked(machine: Loops, chain: Chain, ask: Ask, arguments: list[Value]) -> Value:
    try:
        if isinstance(chain.subject, Opaque):
            raise UntranslatableError(chain.subject.why)
        meant = ask(machine, chain, arguments)
        if meant is None:
            raise UntranslatableError("what it asks has no equal here")
        _check(machine, chain, meant)
    except UntranslatableError as error:
        machine.lose(chain.span, "an assertion", str(error))
        return chain
    if meant.subject is not None:
        return chain._replace(subject=meant.subject, response=None)
    return chain


def _check(machine: Loops, chain: Chain, meant: Meant) -> None:
    if meant.schema is not None:
        subject, schema = meant.schema
        wanted = {"not": schema} if chain.negated else schema
        machine.check(TRUE, chain.span, chain.message, schema=(subject, wanted))
    elif meant.includes is not None:
        if chain.negated:
            raise UntranslatableError("the opposite of it cannot be asked")
        machine.check(TRUE, chain.span, chain.message, includes=meant.includes)
    else:
        term = logic.negate(logic.truth(meant.term)) if chain.negated else meant.term
        machine.check(term, chain.span, chain.message)
