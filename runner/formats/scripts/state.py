"""What reading a script comes to: its effects in order, under which conditions, and what could not be understood.

Conditions are a stack: a check under `if (a) { if (b) …` holds wherever `a && b` does. A script may send requests of
its own; what happens in their callbacks belongs to their exchange. This file knows no syntax.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from runner.formats.scripts import logic, terms
from runner.formats.scripts.dialect import Dialect
from runner.formats.scripts.frames import Frame, Leaving, Scope, Turn
from runner.formats.scripts.terms import FALSE, TRUE, Compare, Const, Doc, Either, Var
from runner.formats.scripts.tree import Script, Span
from runner.formats.scripts.values import Host, Obj, Opaque, UntranslatableError, Value, to_term

OPEN, DONE, LOST = "open", "done", "lost"


class Lost(NamedTuple):
    """Something that has no translation: where it stands, what it is, and why."""

    span: Span
    what: str
    why: str


class Check(NamedTuple):
    """An assertion on the response of an exchange; `includes` and `schema` ask more than a term can."""

    exchange: int
    condition: Any
    term: Any
    label: str
    message: str
    span: Span
    includes: Any = None
    schema: Any = None


class Setting(NamedTuple):
    """A variable that is set: after an exchange, or before the request (`exchange` None)."""

    exchange: int | None
    condition: Any
    name: str
    term: Any
    span: Span


class Capture(NamedTuple):
    """A variable that an exchange gives a value."""

    name: str
    term: Any
    span: Any = None


class Sent(NamedTuple):
    """A request that the script sends; `options` are terms, `delay` is in seconds."""

    number: int
    condition: Any
    options: Any
    delay: float
    span: Span


class Header(NamedTuple):
    """A header that the script adds to its request."""

    name: str
    term: Any
    span: Span


class Change(NamedTuple):
    """A key of its request that the script writes: header, url, method, body, timeout (milliseconds) and the like."""

    key: str
    term: Any
    span: Span


class Waiting(NamedTuple):
    """A wait that the script makes, in seconds."""

    delay: float
    span: Span


class Unset(NamedTuple):
    """A variable that is taken away after the request."""

    name: str
    span: Span


class Skipped(NamedTuple):
    """The request is not sent, under a condition."""

    condition: Any
    span: Span


Effect = Check | Setting | Sent | Header | Change | Waiting | Skipped | Unset


class State:
    """The reading of one script. `phase` is `before` or `after` the request."""

    def __init__(self, script: Script, phase: str, facts: dict[str, str] | None, dialect: Dialect) -> None:
        self.script = script
        self.dialect = dialect
        self.phase = phase
        #: What is known of the request, such as its name.
        self.facts = facts or {}
        self.effects: list[Effect] = []
        self.losses: list[Lost] = []
        #: Start of each assertion and setting → whether it was translated.
        self.account: dict[int, str] = {}
        self.conditions: list[Any] = []
        self.base = 0
        self.exchange: int | None = None if phase == "before" else 0
        self.exchanges = 0
        self.delay = 0.0
        self.label = ""
        self.turns: list[Turn] = []
        self.leavings: list[Leaving] = []
        self.frames: list[Frame] = [Frame(0)]
        self.scope = Scope()
        #: Variables as this script has set them so far: the exchange after which, and the value.
        self.store: dict[str, tuple[int | None, Any]] = {}
        #: How many times a variable was set before the request.
        self.versions: dict[str, int] = {}
        #: Lists and objects that variables were set to, as they were then: a script may change them later.
        self.handed: list[tuple[Span, Value, Any]] = []
        #: Places that a loop has looked for: what holds where there is one.
        self.places: dict[int, tuple[Any, ...]] = {}
        self._numbers = 0

    def fresh(self, term: Any, name: str = "random_value") -> terms.Fresh:
        """Something random, or long: it stays the same value, wherever the script uses it."""
        return terms.Fresh(self.number(), term, name)

    def named(self, term: Any) -> Any:
        """A value that is asked for more than once, under a name of its own."""
        return term if isinstance(term, (Var, terms.Fresh)) else self.fresh(term, "parts")

    def number(self) -> int:
        self._numbers += 1
        return self._numbers

    def change(self, old: Value, new: Value) -> None:
        """A date, or a list that only the run knows, that is changed in its place: under every name that it has."""
        scope: Scope | None = self.scope
        while scope is not None:
            for name, (value, level) in scope.names.items():
                if value is old:
                    certain = not self.turns and self.since(level) == TRUE
                    scope.names[name] = new if certain else Opaque("it changes in its place under a condition"), level
            scope = scope.outer

    # --- conditions

    def assume(self, condition: Any) -> bool:
        """Puts a condition on the stack; False where it cannot hold beside those that do."""
        if condition == FALSE or logic.negate(condition) in self.conditions:
            return False
        self.conditions.append(condition)
        return True

    @contextmanager
    def under(self, condition: Any) -> Iterator[bool]:
        """The part of a script that runs under a condition; gives whether it can run at all."""
        depth = len(self.conditions)
        try:
            yield self.assume(condition)
        finally:
            del self.conditions[depth:]

    def since(self, base: int) -> Any:
        """All conditions from a place in the stack on, as one."""
        found: Any = TRUE
        conditions = self.conditions[base:]
        implied = [each for condition in conditions for each in self._implied(condition)]
        for condition in conditions:
            if condition not in implied:
                found = logic.both(found, condition)
        return found

    def _implied(self, condition: Any) -> tuple[Any, ...]:
        """What holds anyway where a place that a loop has looked for is a certain one."""
        match condition:
            case Either(left, right):
                found = self._implied(left)
                return found if found == self._implied(right) else ()
            case Compare("==" | ">=" as operator, terms.Fresh(number), Const(int() as value)) if value >= 0:
                known = self.places.get(number, ())
                return known if operator == "==" else known[:-1]
        return ()

    def assumed(self, value: Value) -> Value:
        """A value where the conditions of this place decide a choice in it."""
        while isinstance(value, terms.Choice):
            if value.test in self.conditions:
                value = value.yes
            elif logic.negate(value.test) in self.conditions:
                value = value.no
            else:
                break
        return value

    # --- effects

    def lose(self, span: Span, what: str, why: str) -> None:
        lost = Lost(span, what, why)
        if lost not in self.losses:  # a function that is called twice
            self.losses.append(lost)
        if span.start in self.account:
            self.account[span.start] = LOST

    def settle(self, span: Span) -> None:
        """An assertion or a setting that is translated, so far."""
        if self.account.get(span.start) != LOST:
            self.account[span.start] = DONE

    def emit(self, effect: Effect) -> None:
        (self.turns[-1].pending if self.turns else self.effects).append(effect)

    def check(self, value: Value, span: Span, message: str = "", **more: Any) -> None:
        """An assertion: the value must be true."""
        self.account.setdefault(span.start, OPEN)
        if isinstance(value, Host) and value.path == "judged":
            more = {"schema": value.data}
        try:
            term = TRUE if more else logic.truth(to_term(value))
        except UntranslatableError as error:
            self.lose(span, "an assertion", str(error))
            return
        self.settle(span)
        condition = self.since(self.base)
        if not more and logic.implies(condition, term) == TRUE:
            return
        self.emit(Check(self.owner(term, condition), condition, term, self.label, message, span, **more))

    def set(self, name: Value, value: Value, span: Span) -> None:
        """A variable is given a value."""
        self.account.setdefault(span.start, OPEN)
        try:
            term = to_term(value)
            named = to_term(name)
        except UntranslatableError as error:
            self.lose(span, "a variable that is set", str(error))
            self.lose_variable(name, str(error))
            return
        if not isinstance(named, Const) or not str(named.value).strip():
            self.lose(span, "a variable that is set", "its name is computed")
            return
        self.settle(span)
        foreign = str(named.value).strip()
        if isinstance(value, Obj):
            self.handed.append((span, value, term))
        condition = self.since(self.base)
        latest = self.owner(term, condition)
        owner = latest if self.exchange is not None or latest else None
        self.emit(Setting(owner, condition, foreign, term, span))
        if self.turns:
            self.store.pop(foreign, None)
        else:
            before = self.variable(foreign)
            if not isinstance(before, Opaque):
                self.store[foreign] = owner, logic.choice(condition, term, before)
            elif condition == TRUE:
                self.store[foreign] = owner, term
            self.versions[foreign] = self.versions.get(foreign, 0) + (owner is None)

    def lose_variable(self, name: Value, why: str) -> None:
        """What a variable holds is not known any more, in this script."""
        if isinstance(name, Const):
            self.store[str(name.value).strip()] = None, Opaque(why)

    def see_changes(self) -> None:
        """A variable holds the list itself: what the script has done to it later, it has done to the variable."""
        for span, value, term in self.handed:
            try:
                now = to_term(value)
            except UntranslatableError as error:
                self.lose(span, "a variable that is set", f"it is changed later: {error}")
                self.effects = [effect for effect in self.effects if effect.span != span]
                continue
            if now != term:
                self.effects = [_with_value(effect, span, now) for effect in self.effects]

    def variable(self, foreign: str) -> Any:
        """What reading a variable gives here: a term, or Opaque."""
        found = self.store.get(foreign)
        if found is None:
            return Var(foreign)
        owner, term = found
        if isinstance(term, Opaque):
            return term
        if isinstance(term, Const) or (owner is not None and owner == self.exchange):
            return self.assumed(term)
        if owner is None:
            return Var(foreign, self.versions[foreign])
        return Var(foreign)  # what an earlier exchange set is a variable by now

    def owner(self, *found: Any) -> int:
        """The exchange to which an effect belongs: the latest of those that it looks at."""
        seen = [part.exchange for term in found for part in terms.inside(term) if isinstance(part, Doc)]
        return max([*seen, self.exchange or 0])


def _with_value(effect: Effect, span: Span, term: Any) -> Effect:
    """The setting at a place with another value; other effects as they are."""
    return effect._replace(term=term) if isinstance(effect, Setting) and effect.span == span else effect
