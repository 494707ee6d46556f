"""Names of a script and parts of values: what they hold, what they are given, what counts as true.

A value that is set under a condition is a choice of two from there on. This file knows no syntax: which expression a
name or a part stands in is `evaluation`'s matter.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

from runner.formats.scripts import logic, places, splitting, structures, terms
from runner.formats.scripts.kinds import kind
from runner.formats.scripts.state import State
from runner.formats.scripts.terms import Const
from runner.formats.scripts.tree import Span
from runner.formats.scripts.values import (
    Carried,
    Closure,
    Conditional,
    Date,
    Entries,
    Expression,
    Host,
    Key,
    Obj,
    Opaque,
    UntranslatableError,
    Value,
    from_json,
    to_term,
)

#: A list of which one element is chosen at run time has no more than these.
_MOST_CHOICES = 30


class Names(State, ABC):
    """Gives the values of names and of parts; what the tool's own have is the machine's (`property_of`)."""

    @abstractmethod
    def property_of(self, owner: Value, name: str, span: Span) -> Value | None: ...

    @abstractmethod
    def global_name(self, name: str) -> Value: ...

    # --- names

    def look_up(self, name: str) -> Value:
        home = self.scope.home(name)
        if home is None:
            return self.global_name(name)
        return self.assumed(home.names[name][0])

    def declare(self, name: str, value: Value) -> None:
        self.scope.names[name] = value, len(self.conditions)

    def assign(self, name: str, value: Value) -> None:
        """Gives a new value to a name: under conditions that came after its declaration, both are possible."""
        home = self.scope.home(name)
        if home is None:
            scope = self.scope
            while scope.outer is not None:
                scope = scope.outer
            scope.names[name] = self._either_of(value, Const(None), 0), 0
            return
        old, level = home.names[name]
        base = max([level, *(turn.base for turn in self.turns if turn.base >= level)])
        home.names[name] = self._either_of(value, old, base), level

    def _either_of(self, value: Value, old: Value, base: int) -> Value:
        condition = self.since(base)
        if condition == terms.TRUE:
            return value
        if isinstance(old, Carried):
            return Conditional(condition, value, old)
        if isinstance(old, Conditional):
            return self._otherwise(condition, value, old)
        try:
            return readable(logic.choice(condition, to_term(value), _old_term(old)))
        except UntranslatableError as error:
            return Opaque(str(error))

    def spoil(self, name: str, why: str) -> None:
        """What a name holds has been changed in its place, and cannot be known."""
        home = self.scope.home(name)
        value = home.names[name][0] if home else None
        if isinstance(value, Obj):
            value.why = value.why or why
        elif home is not None:
            self.assign(name, Opaque(why))

    def _otherwise(self, condition: Any, value: Value, old: Conditional) -> Value:
        """A name that a turn of a loop gives one value under a condition, and another under the opposite one."""
        if condition != logic.negate(old.test):
            return Opaque("it goes from one turn of a loop to the next")
        try:
            return readable(logic.choice(old.test, to_term(old.yes), to_term(value)))
        except UntranslatableError as error:
            return Opaque(str(error))

    # --- parts

    def known_items(self, value: Value) -> list[Value] | None:
        """The items of a list that is known; None of another."""
        if isinstance(value, Obj) and value.items is not None and not value.why:
            return value.items
        if isinstance(value, Const) and isinstance(value.value, (list, str)):
            return [Const(item) for item in value.value]
        if isinstance(value, terms.ListOf):
            return list(value.items)
        return None

    def known_entries(self, value: Value) -> dict[str, Value] | None:
        """The entries of an object that is known; None of another."""
        if isinstance(value, Obj) and value.entries is not None and not value.why:
            return value.entries
        if isinstance(value, Const) and isinstance(value.value, dict):
            return {name: from_json(item, len(self.conditions)) for name, item in value.value.items()}
        if isinstance(value, terms.DictOf):
            return dict(value.entries)
        return {} if value == Const(None) else None

    def member(self, owner: Value, name: Value, span: Span) -> Value:
        """`owner.name` and `owner[name]`."""
        owner = self.assumed(owner)
        if isinstance(name, Key):
            return (
                splitting.element(name.loop, name.items)
                if _same_list(owner, name.items)
                else Opaque("it takes elements of two lists")
            )
        if not isinstance(name, Const):
            return self._one_of(owner, name)
        if isinstance(owner, Opaque):
            return owner
        text = structures.text_of(name.value)
        found = self.property_of(owner, text, span)
        if found is not None:
            return found
        return self._part(owner, name.value, text)

    def _one_of(self, owner: Value, name: Value) -> Value:
        """`list[n]` of a list that is known, with a place that is computed."""
        items = self.known_items(owner)
        if items and len(items) <= _MOST_CHOICES and kind(name) == "number":
            try:
                chosen = to_term(items[-1])
                for place, item in reversed(list(enumerate(items[:-1]))):
                    chosen = logic.choice(logic.compare("==", name, Const(place)), to_term(item), chosen)
                return chosen
            except UntranslatableError as error:
                return Opaque(str(error))
        try:
            return self._at(to_term(owner), to_term(name))
        except UntranslatableError as error:
            return Opaque(str(error))

    def _at(self, items: Any, place: Any) -> Value:
        """`list[n]` of another list: by the few places that the conditions leave, or of a text that is taken apart."""
        known = places.possible(place, self.conditions)
        if known:
            (_, last), *others = reversed(known)
            chosen = structures.index(items, last)
            for test, number in others:
                chosen = logic.choice(test, structures.index(items, number), chosen)
            return chosen
        parts = splitting.parts_of(items)
        if parts and kind(place) == "number":
            return splitting.at(parts, place)
        return Opaque("it looks at a key that is computed")

    def _part(self, owner: Value, name: Any, text: str) -> Value:
        if isinstance(owner, Obj):
            if owner.why:
                return Opaque(owner.why)
            if owner.items is None:
                return (owner.entries or {}).get(text, Const(None))
        items = self.known_items(owner)
        if items is not None:
            return items[int(text)] if text.isdigit() and int(text) < len(items) else Const(None)
        if isinstance(owner, Entries) and owner.what == "keys":
            return structures.index(to_term(owner), int(text)) if text.isdigit() else Opaque(f"keys have no '{text}'")
        if not isinstance(owner, terms.TERMS):
            return Opaque(f"'{text}' of it is not known")
        if isinstance(name, (int, float)) or (text.isdigit() and not isinstance(owner, terms.DictOf)):
            return structures.index(owner, int(name))
        return structures.field(owner, text)

    def set_member(self, owner: Value, name: Value, value: Value, span: Span) -> None:
        if not isinstance(owner, Obj):
            return
        if not isinstance(name, Const):
            owner.why = "one of its keys is computed"
        elif self.since(owner.level) != terms.TRUE or self.turns:
            owner.why = "it changes under a condition"
        elif owner.entries is not None:
            owner.entries[structures.text_of(name.value)] = value
        elif owner.items is not None and isinstance(name.value, int) and name.value <= len(owner.items):
            owner.items[name.value : name.value + 1] = [value]

    # --- truth

    def truth_of(self, value: Value) -> Any:
        """Whether JavaScript takes a value for true.

        Raises:
            UntranslatableError: that cannot be said.
        """
        if isinstance(value, (Closure, Host, Date, Expression)) or (isinstance(value, Obj) and not value.why):
            return terms.TRUE
        return logic.truth(to_term(value))

    def negated(self, value: Value) -> Value:
        try:
            return logic.negate(self.truth_of(value))
        except UntranslatableError as error:
            return Opaque(str(error))


def readable(term: Any) -> Value:
    """A term that somebody could read; Opaque where it is too long."""
    return Opaque("the expression would be too long to read") if terms.is_long(term) else term


def _old_term(old: Value) -> Any:
    return terms.NULL if isinstance(old, Opaque) else to_term(old)


def _same_list(owner: Value, items: Any) -> bool:
    try:
        return bool(to_term(owner) == items)
    except UntranslatableError:
        return False
