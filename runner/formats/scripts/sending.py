"""`pm.sendRequest`: a request of its own, before or after the one whose script sends it.

What its callback checks and sets belongs to the exchange of that request.
"""

from __future__ import annotations

import re
from typing import Any

from runner.formats.scripts import structures, terms
from runner.formats.scripts.kinds import kind
from runner.formats.scripts.loops import Loops
from runner.formats.scripts.state import Sent
from runner.formats.scripts.terms import NULL, Const
from runner.formats.scripts.values import Closure, Host, Obj, Opaque, UntranslatableError, Value, to_term

_PLACEHOLDER = re.compile(r"\{\{([^{}]*?)\}\}")


def send(machine: Loops, arguments: list[Value], span: Any) -> Value:
    """`pm.sendRequest(options, callback)`; gives the response, as a promise does."""
    try:
        options = _options(machine, arguments[0] if arguments else NULL)
    except UntranslatableError as error:
        machine.lose(span, "a request that the script sends", str(error))
        _lose_callback(machine, arguments, "it is done after a request that cannot be sent")
        return Opaque(f"it is the response of a request that is not known: {error}")
    if machine.turns:
        machine.lose(span, "a request that a loop sends", "it cannot be sent once for each element")
        _lose_callback(machine, arguments, "it is done after a request that a loop sends")
        return Opaque("it is the response of a request in a loop")
    machine.exchanges += 1
    number = machine.exchanges
    machine.emit(Sent(number, machine.since(machine.base), options, machine.delay, span))
    response = Host("response", number)
    callback = arguments[1] if len(arguments) > 1 else NULL
    if isinstance(callback, Closure):
        _call_back(machine, callback, response, span)
    return response


def _options(machine: Loops, given: Value) -> Any:
    """URL, method, headers and body as terms; texts with `{{ }}` in them are read."""
    if isinstance(given, Const) and isinstance(given.value, str):
        return terms.DictOf((("url", with_placeholders(machine, given.value)),))
    term = structures.folded(to_term(given))
    if kind(term) == "string" or isinstance(term, terms.Var):
        return terms.DictOf((("url", term),))
    if isinstance(term, Const) and isinstance(term.value, dict):
        return _read(machine, term.value)
    if isinstance(term, terms.DictOf):
        return terms.replaced(term, lambda part: _text(machine, part))
    raise UntranslatableError("what it sends is computed")


def _text(machine: Loops, part: Any) -> Any:
    if isinstance(part, Const):
        return _read(machine, part.value)
    if isinstance(part, terms.Join):
        return structures.join(_text(machine, piece) or piece for piece in part.parts)
    return None


def _read(machine: Loops, value: Any) -> Any:
    if isinstance(value, str):
        return with_placeholders(machine, value)
    if isinstance(value, dict):
        return terms.DictOf(tuple((name, _read(machine, item)) for name, item in value.items()))
    if isinstance(value, list):
        return terms.ListOf(tuple(_read(machine, item) for item in value))
    return Const(value)


def with_placeholders(machine: Loops, text: str) -> Any:
    """A text of the script in which `{{name}}` is a variable."""
    parts: list[Any] = []
    position = 0
    for match in _PLACEHOLDER.finditer(text):
        parts += [Const(text[position : match.start()]), _variable(machine, match[1].strip())]
        position = match.end()
    return structures.join([*parts, Const(text[position:])]) if parts else Const(text)


#: Dynamic variables of the tool that have an equal.
_DYNAMIC = {
    "$guid": terms.call("uuid"),
    "$randomUUID": terms.call("uuid"),
    "$timestamp": terms.call("timestamp"),
    "$isoTimestamp": terms.call("now"),
    "$randomInt": terms.call("random_int", Const(0), Const(1000)),
}


def _variable(machine: Loops, name: str) -> Any:
    if not name.startswith("$"):
        return to_term(machine.dialect.variable(machine, name))
    if name not in _DYNAMIC:
        raise UntranslatableError(f"{{{{{name}}}}} has no equal here")
    return machine.fresh(_DYNAMIC[name])


def _lose_callback(machine: Loops, arguments: list[Value], why: str) -> None:
    for callback in arguments[1:2]:
        if isinstance(callback, Closure):
            machine.lose_effects(callback.function, why)


def _call_back(machine: Loops, callback: Closure, response: Host, span: Any) -> None:
    """Runs a callback: its conditions are looked at after its own response."""
    outer = machine.exchange, machine.base, machine.delay, machine.label
    machine.exchange, machine.base, machine.delay, machine.label = response.exchange, len(machine.conditions), 0.0, ""
    try:
        jar = Obj(0, entries={"cookies": Host("cookies", response.exchange)})
        machine.call(callback, [NULL, response, jar], span)
    finally:
        machine.exchange, machine.base, machine.delay, machine.label = outer
