"""Loops: over what is known they are unrolled; over a list of the response they become filters, `all` and `any`.

One turn of such a loop is read with its element standing for all of them. An assertion in it must hold for all
elements; a variable that it sets has the value of the last element that met the conditions (of the first, after
a `break`); a counter counts them.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from typing import Any

from runner.formats.scripts import logic, splitting, structures, terms, tree
from runner.formats.scripts.changes import changes_in
from runner.formats.scripts.frames import Leaving, Scope, Turn
from runner.formats.scripts.state import Check, Effect, Setting
from runner.formats.scripts.statements import Statements
from runner.formats.scripts.terms import FALSE, NULL, TRUE, Apply, Const, Element
from runner.formats.scripts.values import (
    Carried,
    Conditional,
    Counted,
    Key,
    Opaque,
    UntranslatableError,
    Value,
    to_term,
)

_MOST_TURNS = 300
_MOST_LOOPS = 2


class Loops(Statements):
    """Runs loops for their effects."""

    @abstractmethod
    def search(self, node: tree.For) -> bool: ...

    def loop(self, node: tree.For | tree.ForEach) -> None:
        outer, self.scope = self.scope, Scope(self.scope)
        depth = len(self.conditions)
        try:
            if isinstance(node, tree.ForEach):
                self._for_each(node)
            else:
                for start in node.start.body if isinstance(node.start, tree.Block) else (node.start,):
                    self.run(start)
                self._turns(node)
        finally:
            self.scope = outer
            del self.conditions[depth:]

    # --- for (const x of list), for (const i in list)

    def _for_each(self, node: tree.ForEach) -> None:
        values = self.assumed(self.evaluate(node.values))
        items = self.known_items(values)
        if node.kind == "in":
            entries = None if values == NULL or items is not None else self.known_entries(values)
            names = list(entries) if entries is not None else map(str, range(len(items))) if items is not None else None
            items = None if names is None else list(map(Const, names))
        if items is None:
            self.over(values, lambda element, key: self._turn_of(node, element if node.kind == "of" else key), node)
            return
        for item in items[:_MOST_TURNS]:
            if self._leaves(lambda item=item: self._turn_of(node, item), node):  # type: ignore[misc]
                return

    def _turn_of(self, node: tree.ForEach, item: Value) -> None:
        self.bind(node.target, item)
        self.run(node.body)

    def _leaves(self, turn: Callable[[], None], node: tree.For | tree.ForEach) -> bool:
        """A turn of a loop that is unrolled; whether it was the last one for sure."""
        if not self._goes_on():
            return True
        outer, self.scope = self.scope, Scope(self.scope)
        leaving = Leaving(len(self.conditions))
        self.leavings.append(leaving)
        try:
            turn()
        finally:
            self.leavings.pop()
            self.scope = outer
        unknown = leaving.unknown or self.frames[-1].unknown
        if unknown:
            self.lose_inside(node.body, unknown)
            return True
        if leaving.broken and leaving.left not in (TRUE, FALSE):
            self.assume(logic.negate(leaving.left))
        return leaving.broken and leaving.left == TRUE

    # --- for (let i = 0; i < n; i++), while

    def _turns(self, node: tree.For) -> None:
        for _ in range(_MOST_TURNS):
            test = TRUE if node.test is None else self.condition(node.test)
            if test == FALSE:
                return
            if test != TRUE:
                self._symbolic(node)
                return
            if self._leaves(lambda: self.run(node.body), node):
                return
            if node.step is not None:
                self.evaluate(node.step)
        self.lose_inside(node, "it is a loop whose end cannot be seen")

    def _symbolic(self, node: tree.For) -> None:
        """`i < list.length`, from 0: a loop over the list."""
        if self.search(node):
            return
        test = node.test
        counts = isinstance(test, tree.Binary) and test.operator in ("<", "<=", "!==", "!=")
        if counts and isinstance(test.left, tree.Name) and self.look_up(test.left.name) == Const(0):
            bound = self.evaluate(test.right)
            name = test.left.name
            if isinstance(bound, Apply) and bound.function == "length":
                self.over(bound.arguments[0], lambda _, key: self._turn_with(name, key, node.body), node)
                return
        self.lose_inside(node, "it is a loop whose turns depend on values that only the run knows")

    def _turn_with(self, name: str, key: Value, body: Any) -> None:
        self.declare(name, key)
        self.run(body)

    # --- over a list of the response

    def over(self, values: Value, turn: Callable[[Value, Value], Any], node: Any) -> None:
        """One turn with the element of a list that only the response knows."""
        try:
            items = to_term(values)
        except UntranslatableError as error:
            self.lose_inside(node, str(error))
            return
        if len(self.turns) >= _MOST_LOOPS:
            self.lose_inside(node, "its loops are nested too deep")
            return
        here = Turn(self.number(), items, len(self.conditions), self.frames[-1])
        self._carry(here, node)
        self.turns.append(here)
        self.leavings.append(here.leaving)
        base, self.base = self.base, here.base
        outer, self.scope = self.scope, Scope(self.scope)
        try:
            turn(splitting.element(here.loop, items), Key(here.loop, items))
        finally:
            self.turns.pop()
            self.leavings.pop()
            self.base, self.scope = base, outer
        if here.returned and not self._return(here):
            self.lose_inside(node, "it returns from a loop in more than one way")
            return
        self._bring(here)
        for effect in here.pending:
            self._after_loop(effect, here)

    def _return(self, turn: Turn) -> bool:
        """What a function returns from a loop: of the first element that meets a condition, if there is one."""
        del turn.frame.results[turn.results :]
        if len(turn.returned) > 1:
            return False
        ((condition, value),) = turn.returned
        try:
            term = to_term(value)
        except UntranslatableError:
            return False
        if any(part == Element(turn.loop) for part in terms.inside(term)):
            term = structures.index(structures.selected(turn.items, turn.loop, condition, term), 0)
        there = structures.quantified("any", turn.items, turn.loop, condition)
        whole = logic.both(self.since(turn.frame.base), there)
        turn.frame.results.append((whole, term))
        turn.frame.returned = logic.either(turn.frame.returned, whole)
        return True

    def _carry(self, turn: Turn, node: Any) -> None:
        for name in changes_in(node).assigned:
            home = self.scope.home(name)
            if home is not None:
                value, level = home.names[name]
                turn.carried[name] = home, value
                home.names[name] = Carried(name), level

    def _bring(self, turn: Turn) -> None:
        """Gives names their values after the loop."""
        for name, (home, old) in turn.carried.items():
            value, level = home.names[name]
            home.names[name] = _after_turns(value, name, old, turn), level

    def _after_loop(self, effect: Effect, turn: Turn) -> None:
        if isinstance(effect, Check) and effect.includes is None and effect.schema is None:
            if turn.leaving.broken:
                self._of_first(effect, turn)
                return
            whole = structures.quantified("all", turn.items, turn.loop, logic.implies(effect.condition, effect.term))
            outer = self.since(self.base)
            self.emit(effect._replace(exchange=self.owner(whole, outer), condition=outer, term=whole))
        elif isinstance(effect, Setting):
            value = _last(effect.condition, effect.term, self.variable(effect.name), turn)
            self.set(Const(effect.name), value, effect.span)
        else:
            self.lose(effect.span, "what a loop does", "it cannot be done once for each element")

    def _of_first(self, check: Check, turn: Turn) -> None:
        """A check in a loop that is left by the element that it is about: of the first of these, if there is one."""
        if check.condition != turn.leaving.left:
            self.lose(check.span, "an assertion", "it is done until the loop is left")
            return
        first = structures.index(structures.selected(turn.items, turn.loop, check.condition, Element(turn.loop)), 0)
        there = structures.quantified("any", turn.items, turn.loop, check.condition)
        outer = logic.both(self.since(self.base), there)
        term = terms.replaced(check.term, lambda part: first if part == Element(turn.loop) else None)
        self.emit(check._replace(exchange=self.owner(term, outer), condition=outer, term=term))


def _after_turns(value: Value, name: str, old: Value, turn: Turn) -> Value:
    """What a variable holds after the loop, from what one turn gives it."""
    if value == Carried(name):
        return old
    condition: Any = TRUE
    if isinstance(value, Conditional):
        condition, value = value.test, value.yes
    try:
        if isinstance(value, Counted) and value.name == name:
            return _counted(value, condition, to_term(old), turn)
        return _last(condition, to_term(value), to_term(old), turn)
    except UntranslatableError as error:
        return Opaque(str(error))


def _counted(value: Counted, condition: Any, old: Any, turn: Turn) -> Any:
    number = terms.call("length", structures.selected(turn.items, turn.loop, condition, Element(turn.loop)))
    times = number if value.amount == 1 else terms.call("multiply", number, Const(value.amount))
    return times if old == Const(0) else terms.call("add", old, times)


def _last(condition: Any, term: Any, old: Any, turn: Turn) -> Any:
    """The value of the last element that meets a condition; of the first, where `break` follows.

    Where there is none it is null, which a capture refuses, and not what it was before.
    """
    if any(part == Element(turn.loop) for part in terms.inside(term)):
        chosen = structures.selected(turn.items, turn.loop, condition, term)
        value = structures.index(chosen, 0 if turn.leaving.broken else -1)
        if old == NULL or isinstance(old, terms.Var):
            return value
        return logic.choice(structures.quantified("any", turn.items, turn.loop, condition), value, old)
    return logic.choice(structures.quantified("any", turn.items, turn.loop, condition), term, old)
