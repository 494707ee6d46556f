"""Results of a script → `capture`, `assert` and `schema` of a request, and what could not be written."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from runner.formats.draft import Comment, Data, literal
from runner.formats.scripts import logic, terms
from runner.formats.scripts.kinds import kind
from runner.formats.scripts.results import Exchange
from runner.formats.scripts.state import Capture, Check
from runner.formats.scripts.terms import TRUE, Apply, Both, Compare, Const, Doc, Not, Var
from runner.formats.scripts.writing import UnwritableError, Writer, data, is_data
from runner.language import query
from runner.language.model import RESPONSE_KEYS
from runner.language.values import dump_json
from runner.language.writer import scalar

#: Names of tests, and words for a failure, that say no more than the assertion does.
_TRIVIAL = re.compile(
    r"(?:response )?status(?: code)? (?:is|should be|must be|equals)(?: not)?(?: equal to)? \d{3}\W*", re.IGNORECASE
)


def captures(exchange: Exchange, number: int, lose: Any) -> Data:
    """`capture` of an exchange. `lose(span, what, why)` is told what cannot be written."""
    found: Data = {}
    for capture in exchange.captures:
        try:
            exchange.needs(capture.term)
            found[capture.name] = _capture(capture, number)
        except UnwritableError as error:
            exchange.unwritten.add(capture.name)
            lose(capture.span, "a variable that is set", str(error))
    return found


def _capture(capture: Capture, number: int) -> Any:
    term = capture.term
    if term == terms.NULL:
        return {"from": "`null`", "default": None}
    if isinstance(term, terms.Choice) and term.no == Var(capture.name):
        return _checked(Writer(number).write(terms.Choice(term.test, term.yes, term.no)))
    return _checked(Writer(number).write(term))


def _checked(text: str) -> str:
    """The expression, if our language takes it."""
    try:
        compiled = query.compile(text)
    except query.QueryFault as fault:
        raise UnwritableError(fault.message) from None
    if query.check_names(compiled, RESPONSE_KEYS, document="response"):
        raise UnwritableError("it looks at what no response has")
    return text


def assertions(exchange: Exchange, number: int, lose: Any) -> list[Any]:
    """`assert` of an exchange; the names of tests are comments."""
    items: list[Any] = []
    label = ""
    for check in exchange.checks:
        if check.schema is not None:
            continue
        try:
            exchange.needs(check.condition, *([] if check.term is None else [check.term]))
            written = list(_assertion(check, number))
        except UnwritableError as error:
            lose(check.span, "an assertion", str(error))
            continue
        name = " ".join(check.label.split())
        says_more = not _TRIVIAL.fullmatch(name) and name not in map(shown, written)
        if name and name != label and says_more:
            items.append(Comment(name))
        label = name
        items += written
    return items


def shown(item: Any) -> str:
    """An assertion in one line, as it stands in a file."""
    if isinstance(item, str):
        return " ".join(item.split())
    pairs = (f"{key}: {_in_line(wanted)}" for key, wanted in item.items() if key != "message" or "that" not in item)
    return " ".join(", ".join(pairs).split())


def _in_line(value: Any) -> str:
    return dump_json(value) if isinstance(value, (list, dict)) else scalar(value)


def _assertion(check: Check, number: int) -> Iterator[Any]:
    if check.includes is not None:
        if check.condition != TRUE:
            raise UnwritableError("it asks for parts of an object under a condition")
        subject, wanted = check.includes
        yield {"that": _checked(Writer(number).write(subject)), "includes": data(wanted)}
        return
    for term in _apart(logic.implies(check.condition, check.term)):
        written = _one(term, number)
        says_more = check.message and not _TRIVIAL.fullmatch(check.message.strip())
        yield _with_message(written, literal(check.message)) if says_more else written


def _apart(term: Any) -> Iterable[Any]:
    """Conditions that `&&` joins are assertions of their own."""
    if isinstance(term, Both):
        return [*_apart(term.left), *_apart(term.right)]
    return [term]


def _one(term: Any, number: int) -> Any:
    writer = Writer(number)
    match term:
        case Const(value):
            return "`true`" if value else "`false`"
        case Apply("contains", (Const(list() as values), Doc("status"))) if _statuses(values):
            return {"status": values}
        case Compare("==", left, right) if is_data(right) and not isinstance(left, Const) and _equates(left, right):
            return {_checked(writer.write(left)): data(right)}
        case Not(Compare(operator, left, right)) if operator in _OPPOSITES and _are_numbers(left, right):
            return _checked(writer.write(Compare(_OPPOSITES[operator], left, right)))
    return _checked(writer.write(term))


_OPPOSITES = {"<": ">=", ">": "<=", "<=": ">", ">=": "<"}


def _are_numbers(left: Any, right: Any) -> bool:
    return kind(left) == "number" and kind(right) == "number"


def _statuses(values: list[Any]) -> bool:
    return bool(values) and all(type(value) is int and 100 <= value <= 599 for value in values)


def _equates(left: Any, right: Any) -> bool:
    """Whether `key: value` says it; `status` takes nothing but a status."""
    if left == Doc("status", left.exchange if isinstance(left, Doc) else 0) and isinstance(left, Doc):
        return isinstance(right, (Const, Var)) and (isinstance(right, Var) or _statuses([right.value]))
    return True


def _with_message(written: Any, message: str) -> Any:
    if isinstance(written, str):
        return {"that": written, "message": message}
    if len(written) == 1 and not (isinstance(next(iter(written.values())), list) and "status" in written):
        key, value = next(iter(written.items()))
        return {"that": key, "equals": value, "message": message}
    return written


def schema(exchange: Exchange, number: int, lose: Any) -> Any:
    """`schema` of an exchange: one, or all of several; None without any."""
    found: list[Any] = []
    for check in exchange.checks:
        if check.schema is None:
            continue
        subject, wanted = check.schema
        if subject != Doc("body", number) or check.condition != TRUE:
            why = "`schema` judges the whole body" if check.condition == TRUE else "it holds under a condition"
            lose(check.span, "a JSON Schema", why)
        elif wanted not in found:
            found.append(wanted)
    if not found:
        return None
    return found[0] if len(found) == 1 else {"allOf": found}
