"""Texts, lists and objects as terms, made so that what can be known now is a constant.

`folded`, `join`, `field`, `index` and their kin take terms and give terms. What is true of them is `logic`'s matter.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from runner.formats.scripts.terms import (
    FALSE,
    NULL,
    TRUE,
    Compare,
    Const,
    DictOf,
    Doc,
    Element,
    Field,
    Index,
    Join,
    ListOf,
    Quantified,
    Selected,
    call,
    replaced,
)


def folded(term: Any) -> Any:
    """A structure whose parts are all constants, as a constant."""
    if isinstance(term, ListOf):
        items = [folded(item) for item in term.items]
        if all(isinstance(item, Const) for item in items):
            return Const([item.value for item in items])
        return ListOf(tuple(items))
    if isinstance(term, DictOf):
        entries = [(name, folded(item)) for name, item in term.entries]
        if all(isinstance(item, Const) for _, item in entries):
            return Const({name: item.value for name, item in entries})
        return DictOf(tuple(entries))
    return term


def join(parts: Iterable[Any]) -> Any:
    """One text of several values; neighbouring constants become one."""
    joined: list[Any] = []
    for part in parts:
        for piece in part.parts if isinstance(part, Join) else (part,):
            if isinstance(piece, Const) and joined and isinstance(joined[-1], Const):
                joined[-1] = Const(joined[-1].value + text_of(piece.value))
            elif isinstance(piece, Const):
                joined.append(Const(text_of(piece.value)))
            else:
                joined.append(piece)
    kept = [part for part in joined if part != Const("")]
    if len(kept) == 1 and isinstance(kept[0], Const):
        return kept[0]
    return Join(tuple(kept)) if kept else Const("")


def text_of(value: Any) -> str:
    """A value as JavaScript makes text of it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return ",".join("" if item is None else text_of(item) for item in value)
    if isinstance(value, dict):
        return "[object Object]"
    return "undefined" if value is None else str(value)


def parsed(term: Any) -> Any:
    """A term that is looked at as JSON: of what a response holds, that is the body."""
    return Doc("body", term.exchange) if isinstance(term, Doc) and term.key == "content" else term


def field(base: Any, name: str) -> Any:
    """A member of a value by its name; names of headers are in lower case."""
    base = parsed(folded(base))
    if isinstance(base, Const):
        return Const(base.value.get(name)) if isinstance(base.value, dict) else NULL
    if isinstance(base, DictOf):
        return dict(base.entries).get(name, NULL)
    return Field(base, name.lower() if _is_headers(base) else name)


def _is_headers(term: Any) -> bool:
    """Whether a term is the headers of a response, or those that were sent."""
    match term:
        case Doc("headers") | Field(Doc("request"), "headers"):
            return True
    return False


def index(base: Any, place: int) -> Any:
    """An element of a list by its place."""
    if isinstance(base, Const):
        items = base.value if isinstance(base.value, (list, str)) else []
        return Const(items[place]) if -len(items) <= place < len(items) else NULL
    if isinstance(base, ListOf):
        return base.items[place] if -len(base.items) <= place < len(base.items) else NULL
    return Index(parsed(base), place)


def selected(items: Any, loop: int, condition: Any, result: Any) -> Any:
    """The results for the elements that meet a condition; the list itself where that is what it is."""
    items = parsed(items)
    if condition in (None, TRUE) and result == Element(loop):
        return items
    if condition in (None, TRUE) and isinstance(items, Selected) and items.result == Element(items.loop):
        inner = replaced(result, lambda part: Element(items.loop) if part == Element(loop) else None)
        return Selected(items.items, items.loop, items.condition, inner)
    return Selected(items, loop, None if condition == TRUE else condition, result)


def quantified(word: str, items: Any, loop: int, condition: Any) -> Any:
    """`all` and `any`; where the condition is known, the list's length decides."""
    items = parsed(items)
    if condition in (TRUE, FALSE):
        if (word == "all") is condition.value:
            return condition
        return Compare("==" if word == "all" else ">", call("length", items), Const(0))
    return Quantified(word, items, loop, condition)
