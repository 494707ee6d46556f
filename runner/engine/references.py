"""Which variables, captures and environment variables each declared thing asks for, judged before anything is sent.

A request's needs are followed through the variables that it uses: a name ends at a capture, at `env.NAME`, or nowhere,
which is a fault. Cycles of variables are found on the way. Nothing is evaluated here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from runner.diagnostics import Diagnostic, Span, did_you_mean, nearest
from runner.language import query, template
from runner.language.model import Declared, Expression, Template, Variable, Variables
from runner.language.query import Name

ENV = "env"


@dataclass(frozen=True, slots=True)
class Reference:
    """A name as it is used; `env` if it stands for `env.NAME`."""

    name: str
    optional: bool
    start: int
    end: int
    text: str
    holder: Span
    env: bool = False

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
            yield _reference(name, expression.text, 0, expression.span, optional=True)
    for name in compiled.uses_env:
        yield _reference(name, expression.text, 0, expression.span, env=True)


def _over_variables(compiled: query.Query, text: str, offset: int, span: Span) -> Iterator[Reference]:
    for name in (*compiled.names, *compiled.variables):
        if name.text not in (ENV, "vars"):
            yield _reference(name, text, offset, span)
    for name in compiled.uses_env:
        yield _reference(name, text, offset, span, env=True)


def _reference(name: Name, text: str, offset: int, span: Span, env: bool = False, optional: bool = False) -> Reference:
    start, end = offset + name.start, offset + name.end
    return Reference(name.text, name.optional or optional, start, end, text, span, env)


@dataclass(frozen=True, slots=True)
class Need:
    """Where a chain of references ends: at a capture, at `env.NAME`, or at a name that nothing defines.

    `via` is the reference in the request that started the chain.
    """

    kind: str
    name: str
    optional: bool
    reference: Reference
    fallback: bool = False


class Names:
    """The names that one place in a file sees, layer by layer, from the nearest to the outermost."""

    def __init__(
        self,
        given: Iterable[str],
        above_captures: Variables,
        below_captures: tuple[Mapping[str, tuple[Variable, ...]], ...],
        captured: Mapping[str, str],
        inner: Names | None = None,
    ) -> None:
        self.given = frozenset(given)
        self.above_captures = above_captures
        self.below_captures = below_captures
        self.captured = captured
        self.lexical = inner or self
        self._closures: dict[str, tuple[Need, ...]] = {}
        self._open: list[str] = []
        self.cycles: list[Diagnostic] = []

    def all(self) -> list[str]:
        """Every name that is seen, nearest layer first."""
        names = [*self.given, *self.above_captures, *self.captured]
        for layer in self.below_captures:
            names += layer
        return list(dict.fromkeys(names))

    def needs(self, references: Iterable[Reference]) -> list[Need]:
        """What the references end at."""
        return [need for reference in references for need in self._follow(reference)]

    def _follow(self, reference: Reference) -> Iterator[Need]:
        if reference.env:
            yield Need("env", reference.name, reference.optional, reference)
            return
        name = reference.name
        if name in self.given:
            return
        own = self.above_captures.get(name)
        if own is not None:
            yield from self._closure(name, (own,))
            return
        declared = self._below(name)
        if name in self.captured:
            yield Need("capture", name, reference.optional, reference, bool(declared))
        elif not declared:
            yield Need("undefined", name, reference.optional, reference)
        if declared:
            yield from self._closure(name, declared)

    def _below(self, name: str) -> tuple[Variable, ...]:
        for layer in self.below_captures:
            if name in layer:
                return layer[name]
        return ()

    def _closure(self, name: str, declared: tuple[Variable, ...]) -> tuple[Need, ...]:
        found = self._closures.get(name)
        if found is not None:
            return found
        if name in self._open:
            self._cycle(name, declared[0])
            return ()
        self._open.append(name)
        needs = tuple(need for variable in declared for need in self._of_variable(variable))
        self._open.pop()
        self._closures[name] = needs
        return needs

    def _of_variable(self, variable: Variable) -> list[Need]:
        return self.needs(in_value(variable.value))

    def _cycle(self, name: str, variable: Variable) -> None:
        path = " → ".join([*self._open[self._open.index(name) :], name])
        self.cycles.append(Diagnostic(f"variables form a cycle: {path}", variable.span))


def undefined(need: Need, names: Names, later: Mapping[str, str]) -> Diagnostic:
    """The diagnostic for a name that nothing defines at this place."""
    name, span = need.name, need.reference.span
    if name in later:
        hint = f"it is captured only later, by '{later[name]}'"
        return Diagnostic(f"variable '{name}' has no value yet", span, hint)
    hint = did_you_mean(name, names.all())
    near = nearest(name, names.all())
    if hint and near in names.captured:
        hint += f" (captured by '{names.captured[near]}')"
    if not hint:
        seen = names.all()
        shown = ", ".join(seen[:8]) + (", …" if len(seen) > 8 else "")
        hint = f"defined are: {shown}" if seen else "declare it in 'variables', or give it with --var"
    return Diagnostic(f"undefined variable '{name}'", span, hint)


def unset(need: Need) -> Diagnostic:
    """The diagnostic for an environment variable that is needed and not set."""
    message = f"environment variable '{need.name}' is not set"
    return Diagnostic(message, need.reference.span, "export it, or put it into .env")


def holders(*declared: Any) -> Iterator[Declared]:
    """Those of the given values that are there."""
    return (value for value in declared if isinstance(value, (Template, dict, list)))
