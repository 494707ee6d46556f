"""Which variables, captures and environment variables each declared thing asks for, judged before anything is sent.

A request's needs are followed through the variables that it uses: a name ends at a capture, at `env.NAME`, or nowhere,
which is a fault. Cycles of variables are found on the way. Nothing is evaluated here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from runner.diagnostics import Diagnostic, Span, nearest, undefined_variable
from runner.language import query, template
from runner.language.model import Declared, Expression, Variable
from runner.language.query import Name

ENV = "env"


class Reference(NamedTuple):
    """A name as it is used; `env` if it stands for `env.NAME`. `column` is the key that is read of a row, if it is."""

    name: str
    optional: bool
    start: int
    end: int
    text: str
    holder: Span
    env: bool = False
    column: str = ""
    column_span: Span | None = None

    @property
    def span(self) -> Span:
        return self.holder.locate(self.text, self.start, self.end)


def in_value(declared: Declared) -> Iterator[Reference]:
    """The names that a declared value uses in its templates."""
    for text in template.templates(declared):
        for placeholder in template.placeholders(text.text):
            compiled = placeholder.query
            yield from _over_variables(compiled, text.text, placeholder.start, text.span)


def in_condition(expression: Expression) -> Iterator[Reference]:
    """The names that an expression over variables (`when`) uses."""
    yield from _over_variables(query.compile(expression.text), expression.text, 0, expression.span)


def in_response_expression(expression: Expression) -> Iterator[Reference]:
    """The names below `vars` that an expression over a response uses."""
    compiled = query.compile(expression.text)
    for name in compiled.variables:
        if name.text != ENV:
            yield _reference(name, expression.text, 0, expression.span)
    for name in compiled.uses_env:
        yield _reference(name, expression.text, 0, expression.span, env=True)


def _over_variables(compiled: query.Query, text: str, offset: int, span: Span) -> Iterator[Reference]:
    for name in (*compiled.names, *compiled.variables):
        if name.text not in (ENV, "vars"):
            yield _reference(name, text, offset, span)
    for name in compiled.uses_env:
        yield _reference(name, text, offset, span, env=True)


def _reference(name: Name, text: str, offset: int, span: Span, env: bool = False) -> Reference:
    start, end = offset + name.start, offset + name.end
    if name.column is None:
        return Reference(name.text, name.optional, start, end, text, span, env)
    column, first, last = name.column
    where = span.locate(text, offset + first, offset + last)
    return Reference(name.text, name.optional, start, end, text, span, env, column, where)


class Need(NamedTuple):
    """Where a chain of references ends: at a capture, a row, `env.NAME`, or a name that nothing defines.

    `reference` is where that name stands, be it in a variable that the request uses.

    With `fallback` a capture that was not taken leaves a variable of the same name.
    """

    kind: str
    name: str
    optional: bool
    reference: Reference
    fallback: bool = False


Declarations = Mapping[str, tuple[Variable, ...]]


class Level:
    """The names that one place in a file sees: its own, then those of the level around it.

    A name may be declared more than once on a level (by several environments, when none was chosen). `own_first` is
    true for a request: its variables come before captures. `rows` are names that a row gives from this level on.
    """

    def __init__(
        self,
        declared: Declarations,
        outer: Level | None = None,
        *,
        given: Iterable[str] = (),
        captures: Mapping[str, str] | None = None,
        own_first: bool = False,
        rows: Iterable[str] = (),
    ) -> None:
        self._declared = declared
        self._outer = outer
        self._own_first = own_first
        self._rows: frozenset[str] = (outer._rows if outer else frozenset()).union(rows)
        self.given: frozenset[str] = outer.given if outer else frozenset(given)
        self.captures: Mapping[str, str] = outer.captures if outer else captures or {}
        self.cycles: list[Diagnostic] = outer.cycles if outer else []
        #: Every name that anything asked for.
        self.used: set[str] = outer.used if outer else set()
        self._closures: dict[str, tuple[Need, ...]] = {}
        self._open: list[str] = []

    def names(self) -> list[str]:
        """Every name that is seen from here, nearest first."""
        seen = dict.fromkeys([*self.given, *self._declared, *self.captures])
        if self._outer is not None:
            seen.update(dict.fromkeys(self._outer.names()))
        return list(seen)

    def needs(self, references: Iterable[Reference]) -> list[Need]:
        """What the references end at."""
        return [need for reference in references for need in self._follow(reference)]

    def _follow(self, reference: Reference) -> Iterator[Need]:
        name = reference.name
        if reference.env:
            yield Need("env", name, reference.optional, reference)
            return
        self.used.add(name)
        if name in self._rows:
            yield Need("row", name, reference.optional, reference)
        elif name not in self.given:
            home = self._home(name)
            captured = name in self.captures and not (self._own_first and home is self)
            if captured:
                yield Need("capture", name, reference.optional, reference, fallback=home is not None)
            elif home is None:
                yield Need("undefined", name, reference.optional, reference)
            if home is not None:
                yield from home.closure(name)

    def declared(self, name: str) -> tuple[tuple[Variable, ...], Level]:
        """The variables that a name stands for, and their level; none where its value comes from elsewhere."""
        home = self._home(name)
        if home is None or name in self._rows or name in self.given:
            return (), self
        captured = name in self.captures and not (self._own_first and home is self)
        return ((), self) if captured else (home._declared[name], home)

    def _home(self, name: str) -> Level | None:
        level: Level | None = self
        while level is not None and name not in level._declared:
            level = level._outer
        return level

    def closure(self, name: str) -> tuple[Need, ...]:
        """What a variable of this level ends at, however many other variables lie between."""
        found = self._closures.get(name)
        if found is not None:
            return found
        if name in self._open:
            self._cycle(name)
            return ()
        self._open.append(name)
        needs = tuple(n for variable in self._declared[name] for n in self.needs(in_value(variable.value)))
        self._open.pop()
        self._closures[name] = needs
        return needs

    def close(self) -> list[Need]:
        """What all variables of this level end at."""
        return [need for name in self._declared for need in self.closure(name)]

    def _cycle(self, name: str) -> None:
        path = " → ".join([*self._open[self._open.index(name) :], name])
        fault = Diagnostic(f"variables form a cycle: {path}", self._declared[name][0].span)
        if fault not in self.cycles:
            self.cycles.append(fault)


#: Names that only a row gives → what has none.
_ROW_HINTS = {
    "item": "it is a row of for_each, and nothing is repeated here",
    "index": "it is the number of a row of for_each, and nothing is repeated here",
    "data": "it is the row of --data FILE, which was not given",
}


def undefined(need: Need, level: Level, environments: Sequence[str] = (), why: str = "") -> Diagnostic:
    """The diagnostic for a name without value at this place.

    `environments` are those not chosen that declare it, `why` is what else is known of it.
    """
    span = need.reference.span
    why = why or _ROW_HINTS.get(need.name, "")
    if why:
        return Diagnostic(undefined_variable(need.name), span, why)
    if environments:
        hint = f"environment '{environments[0]}' declares it: choose one with --env"
        return Diagnostic(undefined_variable(need.name), span, hint)
    names = level.names()
    near = nearest(need.name, names)
    if near is not None:
        hint = f"captured by '{level.captures[near]}'" if near in level.captures else ""
    elif names:
        hint = f"defined are: {', '.join(names[:8])}{', …' if len(names) > 8 else ''}"
    else:
        hint = "declare it in 'variables', or give it with --var"
    return Diagnostic(undefined_variable(need.name, names), span, hint)


def too_late(need: Need, later: str, inherits: str = "") -> Diagnostic:
    """The diagnostic for a name that the request `later` captures, where it is wanted before.

    `inherits` is the request that wants it in the auth that it inherits.
    """
    hint = f"it is captured only later, by '{later}'"
    if inherits == later:
        hint = f"'{later}', which captures it, inherits this auth: give that request 'auth: none'"
    elif inherits:
        hint += f"; '{inherits}' inherits this auth: give that request 'auth: none'"
    return Diagnostic(f"variable '{need.name}' has no value yet", need.reference.span, hint)


def unset(need: Need) -> Diagnostic:
    """The diagnostic for an environment variable that is needed and not set."""
    message = f"environment variable '{need.name}' is not set"
    return Diagnostic(message, need.reference.span, "export it, or put it into .env")
