"""Loops that look for a place: `for (let i = 0; i < list.length; i++) if (list[i] == 0) { …; break }`.

What is done there is done with the place as a number, -1 where there is none. The list is a text taken apart: of others
the place cannot be told.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from runner.formats.scripts import logic, splitting, terms, tree
from runner.formats.scripts.changes import root_of
from runner.formats.scripts.frames import Scope
from runner.formats.scripts.loops import Loops
from runner.formats.scripts.terms import Apply, Compare, Const, Element
from runner.formats.scripts.values import Key, Opaque, UntranslatableError, to_term


class Search(NamedTuple):
    """A loop that looks for a place: the name that counts, the list, the condition, and what is done there."""

    name: str
    items: Any
    test: Any
    body: tuple[Any, ...]
    #: How much the count is beyond the list's end where nothing is found.
    more: int


class Searches(Loops):
    """Runs loops that look for a place."""

    def search(self, node: tree.For) -> bool:
        """Runs a loop that looks for a place; False where it is another loop, or the place cannot be told."""
        loop = self._search_of(node)
        parts = splitting.parts_of(loop.items) if loop else None
        if loop is None or parts is None:
            return False
        start = self.look_up(loop.name)
        if start == Const(0) and not _counts_otherwise(loop):
            return False
        wanted = self._wanted(loop)
        if wanted is None or isinstance(start, Opaque):
            return False
        self._run_at(loop, parts._replace(text=self.named(parts.text)), start, wanted)
        return True

    def _run_at(self, loop: Search, parts: splitting.Parts, start: Any, wanted: str) -> None:
        outer = self.since(self.base)
        there = logic.both(outer, splitting.found(parts, start, wanted))
        place = self.fresh(logic.choice(there, splitting.place(parts, start, wanted), Const(-1)), "place")
        found = Compare(">=", place, Const(0))
        self.places[place.number] = (*self.conditions, found)
        with self.under(found):
            inner, self.scope = self.scope, Scope(self.scope)
            self.assign(loop.name, place)
            self.run_all(loop.body)
            self.scope = inner
        with self.under(logic.negate(found)):
            end = terms.call("length", loop.items)
            self.assign(loop.name, terms.call("add", end, Const(loop.more)) if loop.more else end)

    def _search_of(self, node: tree.For) -> Search | None:
        test = node.test
        if (
            not isinstance(test, tree.Binary)
            or test.operator not in ("<", "<=")
            or not isinstance(test.left, tree.Name)
        ):
            return None
        bound = self.evaluate(test.right)
        body = [each for each in _statements(node.body) if not _is_quiet(each)]
        name = test.left.name
        counted = [each for each in body if _is_count(each, name)]
        others = [each for each in body if each not in counted]
        steps = len(counted) + _is_step(node.step, name)
        if steps != 1 or len(others) != 1 or not isinstance(bound, Apply) or bound.function != "length":
            return None
        found = others[0]
        if not isinstance(found, tree.If) or found.no is not None or (counted and body[0] is not found):
            return None
        inner = tuple(_statements(found.yes))
        if not inner or not isinstance(inner[-1], tree.Leave) or inner[-1].kind != "break":
            return None
        return Search(name, bound.arguments[0], found.test, inner[:-1], 1 if test.operator == "<=" else 0)

    def _wanted(self, loop: Search) -> str | None:
        """The regular expression of the part that a search is for; None where the condition is another one."""
        number = self.number()
        outer, self.scope = self.scope, Scope(self.scope)
        try:
            self.declare(loop.name, Key(number, loop.items))
            test = to_term(self.condition(loop.test))
        except UntranslatableError:
            return None
        finally:
            self.scope = outer
        match test:
            case Compare("==", Apply("to_string", (Element(_),)), Const(str() as text)):
                return re.escape(text)
            case Compare("==", Apply("to_number"), Const(int() as value)) if loop.test.operator == "==":
                return "0?" if value == 0 else str(value)  # what is empty is 0 too
        return None


def _statements(node: Any) -> tuple[Any, ...]:
    return node.body if isinstance(node, tree.Block) else (node,)


def _is_quiet(node: Any) -> bool:
    """Whether a statement only writes to the console."""
    call = node.value if isinstance(node, tree.Evaluate) else None
    return isinstance(call, tree.Call) and root_of(call.callee) == "console"


def _is_count(node: Any, name: str) -> bool:
    return isinstance(node, tree.Evaluate) and _is_step(node.value, name)


def _is_step(node: Any, name: str) -> bool:
    """`i++`."""
    counts = isinstance(node, tree.Assign) and node.operator == "+" and node.target == tree.Name(node.target.span, name)
    return counts and isinstance(node.value, tree.Literal) and node.value.value == 1


def _counts_otherwise(loop: Search) -> bool:
    """Whether the place is asked for itself, and not only for the element that stands there."""
    return any(name.name == loop.name for each in loop.body if not _is_quiet(each) for name in _names(each))


def _names(node: Any) -> Iterator[tree.Name]:
    if isinstance(node, tree.Name):
        yield node
    elif isinstance(node, tuple) and not isinstance(node, tree.Span):
        for part in node:
            if not _is_quiet(part):
                yield from _names(part)
