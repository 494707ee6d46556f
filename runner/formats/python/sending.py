"""The statements that send a request: once, again after a fault that may pass (`retry`), until it is done (`poll`)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from runner.formats import symbols
from runner.formats.flat import Flat
from runner.formats.python.calls import call
from runner.formats.python.expressions import Translator
from runner.formats.python.judging import judged, names_status
from runner.formats.python.literals import Code
from runner.formats.python.values import Values
from runner.formats.symbols import Value
from runner.language import query
from runner.language.document.settings import SETTINGS
from runner.language.model import MISSING, Assertion

#: Methods that are sent again, and statuses that may pass, where a file says nothing of them.
_IDEMPOTENT = frozenset({"GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"})
_PASSING = frozenset({429, 502, 503, 504})
#: Characters of a call in one line.
_LONGEST = 90


def sent(flat: Flat, token: Value, values: Values, indent: int) -> Iterator[str]:
    """The statements that send a request, again where it is retried or polled."""
    start, request = " " * indent, call(flat, values, token)
    retry, poll = _retry(flat, values), _poll(flat, values)
    if not retry and not poll:
        yield request.written("response = ", indent)
        return
    yield f"{start}def send():\n{request.written('return ', indent + 4)}\n"
    found = f"send_again(send, {retry})" if retry else "send()"
    if poll:
        done, times = poll
        parts = [f"lambda response: {done}", f"lambda: {found}" if retry else "send", *times]
        found = f"send_until({', '.join(parts)})"
        if len(found) > _LONGEST:
            inner = "".join(f"{start}    {part},\n" for part in parts)
            found = f"send_until(\n{inner}{start})"
    yield f"{start}response = {found}\n"


def _retry(flat: Flat, values: Values) -> str:
    """The arguments of `send_again()`; nothing where a request is sent once."""
    given = flat.settings.get("retry")
    if given is None:
        return ""
    if not symbols.is_known(given):
        values.lose("'retry'", "its numbers are known in a run only", "a loop around it")
        return ""
    attempts = given.get("attempts", 3)
    if attempts < 2 or flat.method not in _any_of(given, "methods", _IDEMPOTENT):
        return ""
    statuses = sorted(_any_of(given, "statuses", _PASSING))
    delay, backoff = values.seconds(given.get("delay", 1)), given.get("backoff", 2)
    return f"attempts={attempts}, delay={delay}, backoff={backoff}, statuses={statuses}"


def _poll(flat: Flat, values: Values) -> tuple[str, list[str]] | None:
    """What is waited for, and how often and how long; None where nothing is."""
    poll = flat.spec.poll
    if poll is None or flat.scope is None:
        return None
    translator = values.of_response(flat.scope, waiting=True)
    asked = dict(values.asked)
    if poll.until is not None:
        found = [translator.truth(query.compile(poll.until.text).tree.root)]
    else:
        found = [_waited_for(given, translator, values) for given in flat.asserts]
        if not any(names_status(assertion) for assertion, _, _ in flat.asserts):
            found.insert(0, Code("response.status_code < 400"))
    if None in found or values.asked != asked:
        values.asked = asked
        why = "what it waits for has no translation: the request is sent once"
        values.lose("'poll'", why, "a loop around it")
        return None
    scope = flat.scope
    interval, timeout = (
        values.seconds(default if given is None else scope.resolve(given.value))
        for given, default in ((poll.interval, 1), (poll.timeout, 60))
    )
    return " and ".join(map(str, found)), [f"interval={interval}", f"timeout={timeout}"]


def _waited_for(given: tuple[Assertion, Value, Value], translator: Translator, values: Values) -> Code | None:
    assertion, equals, includes = given
    tree = query.compile(assertion.that.text).tree.root
    return judged(tree, assertion, equals, translator, values) if includes is MISSING else None


def _any_of(given: Mapping[str, Any], name: str, default: frozenset[Any]) -> frozenset[Any]:
    """The statuses or methods of a `retry`: one, or a list of them, each of them read already or not."""
    if name not in given:
        return default
    read = SETTINGS[name].read
    return frozenset().union(*(one if isinstance(one, frozenset) else read(one) or () for one in given[name]))
