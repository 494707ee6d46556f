"""The effects of a script, made ready to be written: what is captured where, what is asserted, what is sent.

Names are ours from here on. What one exchange needs of an earlier one is captured there; what is random and used more
than once becomes a variable; conditions that are asserted anyway are left out of other assertions.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from runner.formats.draft import Names
from runner.formats.scripts import logic, structures, terms
from runner.formats.scripts.conditions import lifted
from runner.formats.scripts.machine import Machine
from runner.formats.scripts.state import (
    Capture,
    Change,
    Check,
    Effect,
    Header,
    Lost,
    Sent,
    Setting,
    Skipped,
    Unset,
    Waiting,
)
from runner.formats.scripts.terms import FALSE, TRUE, Compare, Doc, Element, Field, Fresh, Index, Var
from runner.formats.scripts.writing import UnwritableError


@dataclass(slots=True, eq=False)
class Exchange:
    """What happens after one exchange."""

    captures: list[Capture] = field(default_factory=list)
    checks: list[Check] = field(default_factory=list)
    #: Names that could not be written: what needs their new value cannot be, either.
    unwritten: set[str] = field(default_factory=set)

    def needs(self, *found: Any) -> None:
        """Raises UnwritableError where a term needs a value that could not be written."""
        for part in (part for term in found for part in terms.inside(term)):
            if isinstance(part, Var) and part.new and part.name in self.unwritten:
                raise UnwritableError(f"it needs '{part.name}', for which there is no expression")


@dataclass(slots=True, eq=False)
class Results:
    """What one script comes to. `variables` are set before the request; exchange 0 is the request's own.

    `renamed` are variables whose new value looks at the old one: a foreign name, and the name of the new value.
    """

    machine: Machine
    path: str = ""
    variables: dict[str, Setting] = field(default_factory=dict)
    renamed: dict[str, str] = field(default_factory=dict)
    renamed_ours: dict[str, str] = field(default_factory=dict)
    exchanges: dict[int, Exchange] = field(default_factory=dict)
    before: Exchange = field(default_factory=Exchange)
    sent: list[Sent] = field(default_factory=list)
    headers: list[Header] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)
    waits: list[float] = field(default_factory=list)
    skips: list[Skipped] = field(default_factory=list)
    #: Variables that are taken away after the request, by our names.
    unset: list[Unset] = field(default_factory=list)
    read: set[str] = field(default_factory=set)

    @property
    def losses(self) -> list[Lost]:
        return self.machine.losses

    def after_names(self, new: dict[str, str]) -> Results:
        """The results where variables have had new values, under names of their own, before the request."""

        def change(part: Any) -> Any:
            if isinstance(part, Var):
                return part if part.new else Var(new.get(part.name, part.name))
            return None

        exchanges = {
            number: Exchange(
                [_mapped_capture(capture, change) for capture in exchange.captures],
                [_mapped(check, change) for check in exchange.checks],
            )
            for number, exchange in self.exchanges.items()
        }
        sent = [_mapped(each, change) for each in self.sent]
        return replace(self, exchanges=exchanges, sent=sent)

    def exchange(self, number: int) -> Exchange:
        return self.exchanges.setdefault(number, Exchange())


def results(machine: Machine, names: Names) -> Results:
    """The results of a machine that has run its script."""
    found = Results(machine)
    effects = _with_own_names(machine, names, found)
    effects = _with_shared_values(effects, names, machine.phase)
    effects = _with_values_of_others(effects, names, found)
    for effect in effects:
        _sort_in(effect, found)
    for exchange in found.exchanges.values():
        exchange.captures, exchange.checks = lifted(exchange.captures, exchange.checks)
        _keep_old_values(exchange, names)
    return found


def _sort_in(effect: Effect, found: Results) -> None:
    match effect:
        case Setting(None, _, name, _, _):
            found.variables[name] = _later(effect, found.variables.pop(name, None))
        case Setting(int() as number, condition, name, term, span):
            _capture(found.exchange(number), name, condition, term, span)
        case Check(number):
            found.exchange(number).checks.append(effect)
        case Sent():
            found.sent.append(effect)
            found.exchange(effect.number)
        case Header():
            found.headers.append(effect)
        case Change():
            found.changes.append(effect)
        case Skipped():
            found.skips.append(effect)
        case Unset():
            found.unset.append(effect)
        case Waiting(delay):
            found.waits.append(delay)


def _later(setting: Setting, earlier: Setting | None) -> Setting:
    """A variable that is set again, and under which condition it has been set at all."""
    if earlier is None or setting.condition == TRUE:
        return setting
    term = logic.choice(setting.condition, setting.term, earlier.term)
    return setting._replace(condition=logic.either(earlier.condition, setting.condition), term=term)


def _capture(exchange: Exchange, name: str, condition: Any, term: Any, span: Any) -> None:
    """A later setting wins over an earlier one of the same name, under its condition."""
    earlier = next((capture for capture in exchange.captures if capture.name == name), None)
    old = earlier.term if earlier else Var(name)
    if earlier is not None:
        exchange.captures.remove(earlier)
    value = term if condition == TRUE else logic.chained(condition, term, old)
    exchange.captures.append(Capture(name, value, span))


# --- names ---------------------------------------------------------------------------------------------------------


def _with_own_names(machine: Machine, names: Names, found: Results) -> list[Effect]:
    """Variables by our names; a new value that looks at the old one has a name of its own."""
    effects = _with_last_values(machine.effects)
    fresh = {effect.name for effect in effects if isinstance(effect, Setting) and effect.exchange is None}
    old = {part.name for effect in effects for part in _parts(effect) if isinstance(part, Var) and not part.new}
    old |= _kept_names(effects)
    for foreign in sorted(fresh & old):
        found.renamed[foreign] = names.fresh(f"new_{names(foreign)}")
        found.renamed_ours[names(foreign)] = found.renamed[foreign]
    found.read = {names(name) for name in old}

    def own(part: Any) -> Any:
        if not isinstance(part, Var):
            return None
        ours = found.renamed.get(part.name) if part.new else None
        return Var(ours or names(part.name), min(part.new, 1))

    renamed = [_mapped(effect, own) for effect in effects]
    return [_named(effect, found, names) for effect in renamed]


def _with_last_values(effects: list[Effect]) -> list[Effect]:
    """The effects, in which only the last value that a script gives a variable is looked at by name."""
    times = Counter(effect.name for effect in effects if isinstance(effect, Setting) and effect.exchange is None)
    values: dict[tuple[str, int], Any] = {}

    def change(part: Any) -> Any:
        if isinstance(part, Var) and 0 < part.new < times[part.name]:
            return values.get((part.name, part.new))
        if isinstance(part, terms.Join):
            return structures.join(terms.replaced(piece, change) for piece in part.parts)
        return None

    changed: list[Effect] = []
    for effect in effects:
        mapped = _mapped(effect, change)
        changed.append(mapped)
        if isinstance(mapped, Setting) and mapped.exchange is None:
            number = 1 + max((place for name, place in values if name == mapped.name), default=0)
            old = values.get((mapped.name, number - 1), Var(mapped.name))
            values[mapped.name, number] = logic.choice(mapped.condition, mapped.term, old)
    return changed


def _kept_names(effects: list[Effect]) -> set[str]:
    """Variables that keep their old value under some condition."""
    covered: dict[str, Any] = {}
    for effect in effects:
        if isinstance(effect, Setting) and effect.exchange is None:
            covered[effect.name] = logic.either(covered.get(effect.name, FALSE), effect.condition)
    return {name for name, condition in covered.items() if condition != TRUE}


def _named(effect: Effect, found: Results, names: Names) -> Effect:
    if isinstance(effect, Unset):
        return effect._replace(name=names(effect.name))
    if not isinstance(effect, Setting):
        return effect
    own = found.renamed.get(effect.name) if effect.exchange is None else None
    return effect._replace(name=own or names(effect.name))


def _parts(effect: Effect) -> Iterable[Any]:
    for value in effect:
        if isinstance(value, terms.TERMS):
            yield from terms.inside(value)
        elif isinstance(value, tuple) and not hasattr(value, "line"):
            yield from (part for each in value if isinstance(each, terms.TERMS) for part in terms.inside(each))


def _mapped(effect: Effect, change: Callable[[Any], Any]) -> Any:
    def mapped(value: Any) -> Any:
        if isinstance(value, terms.TERMS):
            return terms.replaced(value, change)
        if isinstance(value, tuple) and not hasattr(value, "line"):
            return tuple(map(mapped, value))
        return value

    return type(effect)(*(mapped(value) for value in effect))


# --- what is used more than once -----------------------------------------------------------------------------------


def _with_shared_values(effects: list[Effect], names: Names, phase: str) -> list[Effect]:
    """Something random that is used twice becomes a variable: the first that is set to it, or one of its own."""
    uses: dict[int, int] = {}
    for effect in effects:
        for part in _parts(effect):
            if isinstance(part, Fresh):
                uses[part.number] = uses.get(part.number, 0) + 1
    for number in [number for number, times in uses.items() if times > 1]:
        effects = _shared(number, effects, names, phase)
    return effects


def _shared(number: int, effects: list[Effect], names: Names, phase: str) -> list[Effect]:
    first = next(place for place, effect in enumerate(effects) if _holds(effect, number))
    value = next(part for part in _parts(effects[first]) if isinstance(part, Fresh) and part.number == number)
    exact = next((e for e in effects if isinstance(e, Setting) and e.term == value and e.condition == TRUE), None)
    if phase == "after" and effects[first] is not exact:
        exact = None  # captures are taken in order
    name = exact.name if isinstance(exact, Setting) else names.fresh(value.name)
    given = exact.exchange if isinstance(exact, Setting) else (None if phase == "before" else 0)

    def change(part: Any) -> Any:
        return Var(name, new=True) if isinstance(part, Fresh) and part.number == number else None

    changed = [effect if effect is exact else _mapped(effect, change) for effect in effects]
    if exact is None:
        changed.insert(first, Setting(given, TRUE, name, value, effects[first].span))
    return changed


def _holds(effect: Effect, number: int) -> bool:
    return any(isinstance(part, Fresh) and part.number == number for part in _parts(effect))


# --- what one exchange needs of another ----------------------------------------------------------------------------


def _with_values_of_others(effects: list[Effect], names: Names, found: Results) -> list[Effect]:
    """Parts of earlier responses become captures of their exchange."""
    taken: dict[str, str] = {}
    changed: list[Effect] = []
    for effect in effects:
        if found.machine.phase == "before" and _needs_own_response(effect):
            found.machine.lose(effect.span, _WORDS.get(type(effect), "a part of a script"), "there is no response yet")
            continue
        own = _owner(effect)

        def change(part: Any, own: int | None = own) -> Any:
            others = _foreign_exchange(part, own)
            if others is None:
                return None
            key = repr(part)
            if key not in taken:
                known = next((e.name for e in changed if isinstance(e, Setting) and e.term == part), None)
                taken[key] = known or names.fresh(_suggested(part))
                if known is None:
                    changed.append(Setting(others, TRUE, taken[key], part, effect.span))  # noqa: B023
            return Var(taken[key])

        mapped = _mapped(effect, change)
        changed.append(mapped)
    return changed


#: What effects are called where they are lost.
_WORDS: dict[type, str] = {
    Check: "an assertion",
    Setting: "a variable that is set",
    Sent: "a request that the script sends",
    Header: "a header that is added",
}


def _needs_own_response(effect: Effect) -> bool:
    return any(isinstance(part, Doc) and part.exchange == 0 and part.key != "request" for part in _parts(effect))


def _owner(effect: Effect) -> int | None:
    """The exchange whose response an effect sees; -1 for those that are done before any."""
    match effect:
        case Check(number) | Setting(int() as number):
            return number
    return -1


def _foreign_exchange(term: Any, own: int | None) -> int | None:
    """The one other exchange that all of a term is about; None where it is about several, its own, or put together."""
    if isinstance(term, (terms.DictOf, terms.ListOf, terms.Join)):
        return None
    docs = {part.exchange for part in terms.inside(term) if isinstance(part, Doc)}
    if len(docs) != 1 or own in docs or any(isinstance(part, Element) for part in terms.inside(term)):
        return None
    return docs.pop()


def _suggested(term: Any) -> str:
    while True:
        match term:
            case Field(_, name):
                return name
            case Index(base, _):
                term = base
            case Doc(key):
                return f"response_{key}"
            case Compare():
                return "goes_on"
            case _:
                return "value"


# --- in order ------------------------------------------------------------------------------------------------------


def _keep_old_values(exchange: Exchange, names: Names) -> None:
    """Captures are taken in order, and before assertions: who needs a value of before gets it first."""
    given = {capture.name for capture in exchange.captures}
    kept = _kept_before(exchange.captures)
    needed: dict[str, str] = {}

    def change(part: Any) -> Any:
        if isinstance(part, Var) and part.new:
            return part
        if isinstance(part, Var) and part.name in kept:
            return Var(kept[part.name])
        if isinstance(part, Var) and part.name in given:
            if part.name not in needed:
                needed[part.name] = names.fresh(f"{part.name}_before")
            return Var(needed[part.name])
        return None

    exchange.checks = [_mapped(check, change) for check in exchange.checks]
    seen: set[str] = set()
    captures: list[Capture] = []
    for capture in exchange.captures:
        late = {part.name for part in terms.inside(capture.term) if isinstance(part, Var) and not part.new} & seen
        captures.append(_mapped_capture(capture, change) if late else capture)
        seen.add(capture.name)
    first = [Capture(name, Var(old)) for old, name in needed.items()]
    exchange.captures = [*first, *captures]


def _kept_before(captures: list[Capture]) -> dict[str, str]:
    """Names whose old value the script itself keeps before it sets them, with the names that have it."""
    found: dict[str, str] = {}
    seen: set[str] = set()
    for capture in captures:
        if isinstance(capture.term, Var) and capture.term.name not in seen:
            found.setdefault(capture.term.name, capture.name)
        seen.add(capture.name)
    return {old: name for old, name in found.items() if old in seen and old != name}


def _mapped_capture(capture: Capture, change: Callable[[Any], Any]) -> Capture:
    return capture._replace(term=terms.replaced(capture.term, change))
