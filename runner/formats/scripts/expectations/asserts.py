"""chai's other style: `assert.equal(a, b)`, and `assert(condition, message)` as `client.assert` of JetBrains has it.

A table: function → the word of an expectation that asks the same, whether it is negated, and how many arguments it has.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from runner.formats.scripts import expectations
from runner.formats.scripts.expectations.chain import Chain
from runner.formats.scripts.loops import Loops
from runner.formats.scripts.state import OPEN
from runner.formats.scripts.terms import FALSE, NULL, Const
from runner.formats.scripts.values import Host, Value


class _Word(NamedTuple):
    """`given` is what the word is called with, if it is called; else its own arguments are."""

    word: str
    arguments: int
    negated: bool = False
    given: tuple[Value, ...] | None = None


def _type(word: str, negated: bool = False) -> _Word:
    return _Word("a", 1, negated, (Const(word),))


_PLAIN: Mapping[str, _Word] = {
    "isTrue": _Word("true", 1),
    "isFalse": _Word("false", 1),
    **dict.fromkeys(("ok", "isOk"), _Word("ok", 1)),
    **dict.fromkeys(("notOk", "isNotOk"), _Word("ok", 1, True)),
    "isNull": _Word("null", 1),
    "isNotNull": _Word("null", 1, True),
    "isUndefined": _Word("undefined", 1),
    "isDefined": _Word("undefined", 1, True),
    "exists": _Word("exist", 1),
    "notExists": _Word("exist", 1, True),
    "isEmpty": _Word("empty", 1),
    "isNotEmpty": _Word("empty", 1, True),
    **{f"is{word.capitalize()}": _type(word) for word in ("string", "number", "boolean", "array", "object")},
    **{f"isNot{word.capitalize()}": _type(word, True) for word in ("string", "number", "boolean", "array", "object")},
    **dict.fromkeys(("equal", "strictEqual", "deepEqual", "deepStrictEqual", "eql"), _Word("equal", 2)),
    **dict.fromkeys(("notEqual", "notStrictEqual", "notDeepEqual"), _Word("equal", 2, True)),
    "typeOf": _Word("a", 2),
    "notTypeOf": _Word("a", 2, True),
    **dict.fromkeys(("include", "deepInclude"), _Word("include", 2)),
    "notInclude": _Word("include", 2, True),
    "match": _Word("match", 2),
    "notMatch": _Word("match", 2, True),
    "property": _Word("property", 2),
    "notProperty": _Word("property", 2, True),
    "propertyVal": _Word("property", 3),
    "lengthOf": _Word("lengthOf", 2),
    "isAbove": _Word("above", 2),
    "isAtLeast": _Word("least", 2),
    "isBelow": _Word("below", 2),
    "isAtMost": _Word("most", 2),
    "oneOf": _Word("oneOf", 2),
    "closeTo": _Word("closeTo", 3),
}


def judge(machine: Loops, host: Host, arguments: list[Value], span: Any) -> Value:
    """`assert(condition, message)`, and `assert.name(value, …)` where `host` has that path."""
    name = host.path.removeprefix("assert").removeprefix(".")
    machine.account.setdefault(span.start, OPEN)
    if name == "fail":
        machine.check(FALSE, span)
        return NULL
    if not name:
        machine.check(arguments[0] if arguments else NULL, span, _message(arguments, 1))
        return NULL
    word = _PLAIN[name]
    chain = Chain(arguments[0] if arguments else NULL, span, word.negated, message=_message(arguments, word.arguments))
    if word.given is None and word.arguments == 1:
        expectations.word(machine, chain, word.word)
    else:
        given = list(word.given) if word.given is not None else arguments[1 : word.arguments]
        expectations.call(machine, chain, word.word, given)
    return NULL


def _message(arguments: list[Value], place: int) -> str:
    value = arguments[place] if place < len(arguments) else NULL
    return value.value if isinstance(value, Const) and isinstance(value.value, str) else ""


#: Every function of this style, by its path.
FUNCTIONS = dict.fromkeys(("assert", "assert.fail", *(f"assert.{name}" for name in _PLAIN)), judge)
