"""Lists that are a text taken apart (`text.split(',')`): what stands at a place that only the run knows.

JMESPath takes an element by a number that is written; of a text, a regular expression can count to one that is
computed. This file makes terms; it knows no script.
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from runner.formats.scripts import structures, terms
from runner.formats.scripts.kinds import kind
from runner.formats.scripts.terms import NULL, Apply, Choice, Const, Element, Flat, Fresh, ListOf, Slice


class Parts(NamedTuple):
    """A text and the letter that its parts stand between."""

    text: Any
    separator: str

    @property
    def one(self) -> str:
        """The regular expression of a part with the letter after it."""
        return f"[^{re.escape(self.separator)}]*{re.escape(self.separator)}"


def parts_of(items: Any) -> Parts | None:
    """The text that a list is the parts of; None for another list."""
    match items:
        case Fresh(term=inner):
            return parts_of(inner)
        case Apply("split", (text, Const(str() as separator))) if len(separator) == 1:
            return Parts(text, separator)
        case Choice(_, yes, no) if no == NULL:
            return parts_of(yes)
        case Choice(test, yes, no):
            first, second = parts_of(yes), parts_of(no)
            if first and second and first.separator == second.separator:
                return Parts(structures.folded(Choice(test, first.text, second.text)), first.separator)
        case Flat((Slice(Apply("split", (before, Const(str() as letter))), None, -1), ListOf((new,)), Slice(after, 1))):
            rest = parts_of(after)
            if rest and rest.separator == letter:
                return Parts(structures.join([before, _one_part(new, letter), rest.text]), letter)
    return None


def element(loop: int, items: Any) -> Any:
    """The element that a loop looks at: a text, where the list is a text taken apart."""
    found = Element(loop)
    return found if parts_of(items) is None else terms.call("to_string", found)


def _one_part(value: Any, separator: str) -> Any:
    """A value as one part of a text; what is asked of the parts is not asked of the letter in it."""
    text = value if kind(value) == "string" else terms.call("to_string", value)
    if isinstance(value, Const):
        return Const(structures.text_of(value.value).replace(separator, " "))
    return terms.call("replace", text, Const(separator), Const(" "))


def at(parts: Parts, place: Any) -> Any:
    """The part at a place."""
    return _group(parts, place, f"([^{re.escape(parts.separator)}]*)")


def replaced(parts: Parts, place: Any, value: Any) -> Any:
    """The list with another value at a place; null where it has no such place."""
    separator = Const(parts.separator)
    before = terms.call("split", _group(parts, place, "", whole=True), separator)
    after = terms.call("split", _group(parts, place, f"[^{re.escape(parts.separator)}]*(.*)"), separator)
    there = value if isinstance(value, Const) and value != NULL else terms.call("not_null", value, Const(""))
    whole = Flat((Slice(before, None, -1), ListOf((there,)), Slice(after, 1, None)))
    return Choice(terms.call("matches", parts.text, _counted(parts, place, "")), whole, NULL)


def found(parts: Parts, start: Any, wanted: str) -> Any:
    """Whether a part from `start` on is `wanted`, a regular expression."""
    end = f"(?:{re.escape(parts.separator)}|$)"
    return terms.call("matches", parts.text, _counted(parts, start, f"{_others(parts, wanted)}{wanted}{end}"))


def place(parts: Parts, start: Any, wanted: str) -> Any:
    """The place of the first part from `start` on that is `wanted`; `found` says whether there is one."""
    before = _group(parts, start, _others(parts, wanted), whole=True)
    pieces = terms.call("split", before, Const(parts.separator))
    return terms.call("subtract", terms.call("length", pieces), Const(1))


def _others(parts: Parts, wanted: str) -> str:
    """Parts that are not what is wanted."""
    return f"(?:(?!{wanted}(?:{re.escape(parts.separator)}|$)){parts.one})*"


def _group(parts: Parts, place: Any, pattern: str, *, whole: bool = False) -> Any:
    found = terms.call("match", parts.text, _counted(parts, place, pattern))
    return structures.index(found, 0 if whole else 1)


def _counted(parts: Parts, count: Any, pattern: str) -> Any:
    """The regular expression of so many parts, and of what follows."""
    if count == Const(0):
        return Const(f"(?s)^{pattern}")
    return structures.join([Const(f"(?s)^(?:{parts.one}){{"), count, Const(f"}}{pattern}")])
