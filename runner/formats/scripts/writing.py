"""Terms → JMESPath over a response or over the variables, and → data of a request file with placeholders.

    response    `body.id`, `vars.user_id`     for captures and assertions
    variables   `user_id`                     for templates and `when`

Within a filter or an expression of a function only the element is seen, so the document is read through `root()`.
"""

from __future__ import annotations

import json
import re
from typing import Any

from runner.formats.draft import literal
from runner.formats.scripts import structures, terms
from runner.formats.scripts.kinds import kind
from runner.formats.scripts.terms import (
    Apply,
    Both,
    Choice,
    Compare,
    Const,
    DictOf,
    Doc,
    Either,
    Element,
    Env,
    Field,
    Flat,
    Fresh,
    Index,
    Join,
    ListOf,
    Not,
    Quantified,
    Selected,
    Slice,
    Truthy,
    Var,
)
from runner.language.values import dump_json

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)
# How tightly an expression holds together, JMESPath's grammar.
PIPE, OR, AND, COMPARE, NOT, PATH = range(6)
_FALSE_VALUES = '`[null, false, 0, ""]`'
_LONGEST = 4_000
#: Functions that look at a value as JSON.
_OF_OBJECTS = frozenset({"has", "keys", "values", "sort", "reverse", "unique", "sort_by", "map"})


class UnwritableError(Exception):
    """A term for which there is no expression; the message says why."""


class Writer:
    """Writes terms over the response of one exchange, or over the variables (`exchange` None)."""

    def __init__(self, exchange: int | None) -> None:
        self.exchange = exchange
        self._loops: list[int] = []

    def write(self, term: Any) -> str:
        """The expression.

        Raises:
            UnwritableError: there is none.
        """
        text = self._write(term, PIPE)
        if len(text) > _LONGEST:
            raise UnwritableError("the expression would be too long to read")
        return text

    def _write(self, term: Any, least: int) -> str:
        text, tightness = self._made(term)
        return text if tightness >= least else f"({text})"

    def _made(self, term: Any) -> tuple[str, int]:
        match term:
            case Const(value):
                return constant(value), PATH
            case Doc() | Var() | Element():
                return self._start(term), PATH
            case Env(name):
                return f"{self._start(Var('env'))}.{name}", PATH
            case Fresh(term=inner):
                return self._made(inner)
            case Field(base, name):
                return self._field(base, name), PATH
            case Index(base, place):
                return self._step(base, f"[{place}]")
            case Slice(base, start, stop):
                bounds = f"{'' if start is None else start}:{'' if stop is None else stop}"
                return self._step(base, f"[{bounds}]")
            case Apply(function, arguments):
                seen = map(structures.parsed, arguments) if function in _OF_OBJECTS else arguments
                return self._call(function, *(self._write(argument, PIPE) for argument in seen)), PATH
            case Compare(operator, left, right):
                return f"{self._write(left, NOT)} {operator} {self._write(right, NOT)}", COMPARE
            case Not(Truthy(inner)):
                return self._call("contains", _FALSE_VALUES, self._write(inner, PIPE)), PATH
            case Not(inner):
                return self._negated(inner), NOT
            case Truthy(inner):
                return f"!{self._call('contains', _FALSE_VALUES, self._write(inner, PIPE))}", NOT
        return self._combined(term)

    def _combined(self, term: Any) -> tuple[str, int]:
        match term:
            case Both(left, right):
                return f"{self._write(left, AND)} && {self._write(right, AND)}", AND
            case Either(left, right):
                return f"{self._write(left, OR)} || {self._write(right, OR)}", OR
            case Choice(test, yes, no):
                return self._choice(test, yes, no)
            case Join(parts):
                pieces = ", ".join(self._write(_as_text(part), PIPE) for part in parts)
                return self._call("join", "''", f"[{pieces}]"), PATH
            case ListOf(items):
                return f"[{', '.join(self._write(item, PIPE) for item in items)}]", PATH
            case Flat(lists):
                return f"[{', '.join(self._write(each, PIPE) for each in lists)}][]", PIPE
            case DictOf(entries):
                inner = ", ".join(f"{quoted_name(name)}: {self._write(value, PIPE)}" for name, value in entries)
                return f"{{{inner}}}", PATH
            case Selected():
                return self._selected(term)
            case Quantified(word, items, loop, condition):
                return self._call(word, self._write(items, PIPE), f"&{self._in_loop(loop, condition, OR)}"), PATH
        raise UnwritableError(f"there is no expression for {type(term).__name__.lower()}")

    def _call(self, function: str, *arguments: str) -> str:
        return f"{function}({', '.join(arguments)})"

    # --- paths

    def _start(self, term: Any) -> str:
        if isinstance(term, Element):
            if not self._loops or self._loops[-1] != term.loop:
                raise UnwritableError("an expression sees the innermost element only")
            return "@"
        if isinstance(term, Doc):
            if term.exchange != self.exchange:
                raise UnwritableError("it is of another response")
            if term.key == "content":
                return self._call("not_null", *(self._start(Doc(key, term.exchange)) for key in ("body", "text")))
            name = term.key
        else:
            name = term.name if self.exchange is None else f"vars.{term.name}"
        return f"root().{name}" if self._loops else name

    def _field(self, base: Any, name: str) -> str:
        if isinstance(base, Element) and self._start(base) == "@":
            return quoted_name(name)
        return f"{self._write(base, PATH)}.{quoted_name(name)}"

    def _step(self, base: Any, step: str) -> tuple[str, int]:
        if isinstance(base, Selected):
            return f"{self._write(base, PIPE)} | {step}", PIPE
        if isinstance(base, Element) and self._start(base) == "@":
            return step, PATH
        return f"{self._write(base, PATH)}{step}", PATH

    def _selected(self, term: Selected) -> tuple[str, int]:
        items = self._write(term.items, PATH if not isinstance(term.items, Selected) else PIPE)
        if isinstance(term.items, Selected):
            items = f"{items} | "
        condition = (
            "*" if term.condition in (None, terms.TRUE) else f"?{self._in_loop(term.loop, term.condition, PIPE)}"
        )
        if term.result == Element(term.loop):
            return f"{items}[{condition}]", PIPE
        path = self._in_loop(term.loop, term.result, PIPE)
        if _is_path(term.result):
            dot = "" if path.startswith("[") else "."
            return f"{items}[{condition}]{dot}{path}", PIPE
        mapped = f"map(&{self._in_loop(term.loop, term.result, OR)}, {items}[{condition}])"
        return mapped, PATH

    def _in_loop(self, loop: int, term: Any, least: int) -> str:
        self._loops.append(loop)
        try:
            return self._write(term, least)
        finally:
            self._loops.pop()

    # --- logic

    def _negated(self, inner: Any) -> str:
        text, tightness = self._made(inner)
        simple = tightness == PATH and (isinstance(inner, (Apply, Quantified)) or _NAME.fullmatch(text))
        return f"!{text}" if simple else f"!({text})"

    def _choice(self, test: Any, yes: Any, no: Any) -> tuple[str, int]:
        if no == terms.NULL or no == terms.FALSE or _is_true(yes):
            wanted = f"{self._write(test, AND)} && {self._write(yes, AND)}"
            if no == terms.FALSE and kind(yes) == "boolean":
                return wanted, AND
            return f"{wanted} || {self._write(no, OR)}", OR
        # In a list of one no value is taken for false.
        chosen = [f"{self._write(test, AND)} && [{self._write(yes, PIPE)}]"]
        while isinstance(no, Choice):
            chosen.append(f"{self._write(no.test, AND)} && [{self._write(no.yes, PIPE)}]")
            no = no.no
        return f"({' || '.join([*chosen, f'[{self._write(no, PIPE)}]'])})[0]", PATH


def _is_true(term: Any) -> bool:
    """Whether JMESPath takes the value for true, whatever it is."""
    if isinstance(term, Const):
        return term.value not in (None, False, "", [], {}) or (term.value == 0 and term.value is not False)
    term = term.term if isinstance(term, Fresh) else term
    return isinstance(term, Apply) and term.function in ("uuid", "now", "timestamp", "random_int", "date_format")


def _is_path(term: Any) -> bool:
    """Whether a term is a path from the element: it can follow a projection."""
    while isinstance(term, (Field, Index)):
        term = term.base
    return isinstance(term, Element)


def _as_text(term: Any) -> Any:
    return term if kind(term) == "string" else Apply("to_string", (term,))


def quoted_name(name: str) -> str:
    """The name of a key as JMESPath writes it."""
    return name if _NAME.fullmatch(name) else json.dumps(name, ensure_ascii=False)


def constant(value: Any) -> str:
    """A constant: text as a raw string where it can be one, everything else as JSON in backticks."""
    if isinstance(value, str) and not re.search(r"['\\\x00-\x1f\x7f\u2028\u2029]", value):
        return f"'{value}'"
    try:
        text = dump_json(value)
    except ValueError as error:
        raise UnwritableError(str(error)) from None
    return f"`{text.replace('`', chr(92) + 'u0060')}`"


# --- data ----------------------------------------------------------------------------------------------------------


def data(term: Any) -> Any:
    """A term over the variables as data of a request file: texts with placeholders, structures of them.

    Raises:
        UnwritableError: there is no expression for it.
    """
    term = structures.folded(term)
    match term:
        case Const(value):
            return literals(value)
        case Join(parts):
            return "".join(
                literal(part.value) if isinstance(part, Const) else placeholder(part) for part in _apart(parts)
            )
        case ListOf(items):
            return [data(item) for item in items]
        case DictOf(entries):
            return {literal(name): data(value) for name, value in entries}
    return placeholder(term)


def _apart(parts: tuple[Any, ...]) -> tuple[Any, ...]:
    """A text whose end would join the `{{` after it becomes a placeholder of its own."""
    last = len(parts) - 1
    return tuple(
        Apply("to_string", (part,))
        if place < last and isinstance(part, Const) and part.value[-1:] in _JOINING
        else part
        for place, part in enumerate(parts)
    )


_JOINING = ("{", "\\")


def placeholder(term: Any) -> str:
    return f"{{{{{Writer(None).write(term)}}}}}"


def literals(value: Any) -> Any:
    """A constant as data: its texts are meant literally."""
    if isinstance(value, str):
        return literal(value)
    if isinstance(value, list):
        return [literals(item) for item in value]
    if isinstance(value, dict):
        return {literal(name): literals(item) for name, item in value.items()}
    return value


def is_data(term: Any) -> bool:
    """Whether a term can stand as the value of `key: value`: no part of a response is in it."""
    return not any(isinstance(part, (Doc, Element, Selected, Quantified)) for part in terms.inside(term))
