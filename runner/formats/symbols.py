"""Declared values as far as they are known before a run: what only a run knows stays a symbol.

    declared ─resolve─▶ JSON data in which a leaf may be
        Ref        a value of the run: env.NAME, a secret, a capture, a row; with the path that is read of it
        Computed   an expression over such values, or one that is new each time (uuid())
        Text       literal texts and symbols, one after the other

What exporters write from. This file knows no foreign format, evaluates nothing that is secret, and sends nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from runner.engine import credentials
from runner.engine.plan import Plan, Step
from runner.errors import EvaluationError
from runner.language import query, template
from runner.language.model import DataFile, Expression, Group, Template, Variables
from runner.language.query import Query
from runner.language.values import as_text

#: What a Ref may stand for. A `variable` has no value that is known: only environments declare it.
ENV, SECRET, CAPTURE, ROW, VARIABLE = "env", "secret", "capture", "row", "variable"
#: Functions that give another value each time.
_IMPURE = frozenset({"uuid", "now", "timestamp", "random_int"})
_ROW_NAMES = frozenset({"item", "index", "data", "iteration"})
#: Names of steps, and numbers of elements.
Path = tuple[str | int, ...]


class Ref(NamedTuple):
    """A value that a run has; `path` leads into it."""

    kind: str
    name: str
    path: Path = ()


class Computed(NamedTuple):
    """An expression; `values` are what its names stand for.

    `once` is the name of a variable that is worked out once, however often it is used; its value is in `values`.
    """

    expression: str
    values: tuple[tuple[str, Any], ...] = ()
    once: str = ""


class Text(NamedTuple):
    """A text in which values of the run stand."""

    pieces: tuple[str | Ref | Computed, ...]


Symbol = Ref | Computed | Text
#: JSON data that may hold symbols.
Value = Any


def is_known(value: Value) -> bool:
    """Whether there is no symbol in a value."""
    return not any(True for _ in symbols(value))


def symbols(value: Value) -> Iterator[Ref | Computed]:
    """The Refs and Computeds in a value, those within expressions too."""
    if isinstance(value, Ref):
        yield value
    elif isinstance(value, Computed):
        yield value
        yield from (inner for _, one in value.values for inner in symbols(one))
    elif isinstance(value, Text):
        yield from (inner for piece in value.pieces for inner in symbols(piece))
    elif isinstance(value, dict):
        yield from (inner for pair in value.items() for one in pair for inner in symbols(one))
    elif isinstance(value, list):
        yield from (inner for one in value for inner in symbols(one))


# --- texts -----------------------------------------------------------------------------------------------------------


def pieces(value: Value) -> tuple[str | Ref | Computed, ...]:
    """A value as it stands in a text."""
    if isinstance(value, Text):
        return value.pieces
    if isinstance(value, (Ref, Computed)):
        return (value,)
    return (as_text(value),)


def joined(*values: Value) -> Value:
    """The texts one after the other: a str where all is known."""
    found: list[str | Ref | Computed] = []
    for piece in (piece for value in values for piece in pieces(value)):
        if isinstance(piece, str) and found and isinstance(found[-1], str):
            found[-1] += piece
        elif piece != "":
            found.append(piece)
    if all(isinstance(piece, str) for piece in found):
        return "".join(piece for piece in found if isinstance(piece, str))
    return Text(tuple(found))


def first_text(value: Value) -> str:
    """The literal text at the beginning of a text."""
    first = pieces(value)[:1]
    return first[0] if first and isinstance(first[0], str) else ""


def literal_text(value: Value) -> str:
    """The literal parts of a text."""
    return "".join(piece for piece in pieces(value) if isinstance(piece, str))


def changed(value: Value, function: Callable[[str], str]) -> Value:
    """A text with each literal part of it changed."""
    return joined(*(function(piece) if isinstance(piece, str) else piece for piece in pieces(value)))


# --- scopes ----------------------------------------------------------------------------------------------------------


@dataclass(slots=True, eq=False)
class Scope:
    """What one place sees: layers of variables from the nearest out, the names that rows give, and captures so far."""

    layers: tuple[Variables, ...]
    secrets: frozenset[str]
    overrides: Mapping[str, Any]
    captured: frozenset[str] = frozenset()
    rows: Mapping[str, Any] = field(default_factory=dict)
    #: How many layers are those of the request, which come before captures.
    own: int = 0

    def resolve(self, declared: Any) -> Value:
        """Declared data with what is known in place of its templates."""
        if isinstance(declared, Template):
            return self._template(declared)
        if isinstance(declared, dict):
            return {self.resolve(name): self.resolve(value) for name, value in declared.items()}
        if isinstance(declared, list):
            return [self.resolve(value) for value in declared]
        return declared

    def _template(self, text: Template) -> Value:
        parts = [part if isinstance(part, str) else self.expression(part.query) for part in template.parse(text.text)]
        if len(parts) == 1:
            return parts[0]
        try:
            return joined(*(("" if part is None else part) for part in parts))
        except ValueError:  # a list or an object within text: the run says so
            return Computed(text.text)

    def condition(self, expression: Expression) -> Value:
        """The value of an expression over variables."""
        return self.expression(query.compile(expression.text))

    def expression(self, compiled: Query) -> Value:
        """The value of an expression, or what stands for it."""
        names = [name.text for name in (*compiled.names, *compiled.variables) if name.text not in ("env", "vars")]
        values: dict[str, Value] = {name: self.name(name) for name in dict.fromkeys(names)}
        values |= {f"env.{name.text}": Ref(ENV, name.text) for name in compiled.uses_env}
        path = path_of(compiled)
        if path is not None and (found := _along(path, values)) is not None:
            return found
        if compiled.uses_env or _calls(compiled.tree.root, _IMPURE) or not all(map(is_known, values.values())):
            return Computed(compiled.text, tuple(values.items()))
        try:
            return compiled.evaluate({**values, "vars": values}, strict=True)
        except EvaluationError:
            return Computed(compiled.text, tuple(values.items()))

    def name(self, name: str) -> Value:
        """The value of a variable."""
        if name in self.overrides:
            return Ref(SECRET, name) if name in self.secrets else self.overrides[name]
        if name in self.rows:
            return self.rows[name]
        if name in _ROW_NAMES:
            return Ref(ROW, name)
        for depth, layer in enumerate(self.layers):
            if depth >= self.own and name in self.captured:
                break
            if name in layer:
                return self._declared(name, layer, depth)
        return Ref(CAPTURE if name in self.captured else VARIABLE, name)

    def _declared(self, name: str, layer: Variables, depth: int) -> Value:
        outer = Scope(self.layers[depth:], self.secrets, self.overrides, self.captured, self.rows)
        value = outer.resolve(layer[name].value)
        if any(_is_new_each_time(symbol) for symbol in symbols(value)):
            return Computed(name, ((name, value),), name)
        is_token = isinstance(value, str) and credentials.holds_token(value)
        if (not is_token and name not in self.secrets) or (isinstance(value, Ref) and value.kind in (ENV, SECRET)):
            return value
        return Ref(SECRET, name)


def path_of(compiled: Query) -> Path | None:
    """The steps of an expression that is a path; None for another one."""
    return tuple(_steps(compiled.tree.root)) if compiled.is_path else None


def _steps(node: Any) -> Iterator[str | int]:
    if node["type"] in ("field", "index"):
        yield node["value"]
    for child in node["children"]:
        yield from _steps(child)


def _along(path: Path, values: Mapping[str, Value]) -> Value:
    """What a path leads to, from the name that it begins with; None where nothing can be said."""
    if path[0] == "env" and len(path) == 2:
        return values.get(f"env.{path[1]}")
    rest = path[1:] if path[0] == "vars" else path
    if not rest or rest[0] not in values:
        return None
    found = values[str(rest[0])]
    for place, step in enumerate(rest[1:], 1):
        if isinstance(found, Ref):
            return Ref(found.kind, found.name, (*found.path, *rest[place:]))
        if not isinstance(found, (dict, list)):
            return None
        try:
            found = found[step]  # type: ignore[index]
        except (KeyError, IndexError, TypeError):
            return None
    return found


def _is_new_each_time(symbol: Ref | Computed) -> bool:
    """Whether an expression has another value each time it is worked out."""
    if not isinstance(symbol, Computed) or symbol.once:
        return False
    parts = template.parse(symbol.expression) if "{{" in symbol.expression else [symbol.expression]
    compiled = [query.compile(part) if isinstance(part, str) else part.query for part in parts]
    return any(_calls(one.tree.root, _IMPURE) for one in compiled)


def _calls(node: Any, functions: frozenset[str]) -> bool:
    if node["type"] == "function_expression" and node["value"] in functions:
        return True
    return any(_calls(child, functions) for child in node["children"] if isinstance(child, dict))


def scope_of(plan: Plan, step: Step, captured: frozenset[str], rows: Mapping[str, Any]) -> Scope:
    """What a step sees after some captures were taken, in a row where there is one."""
    collection = plan.collection
    groups = [layer for group in reversed(step.groups) for layer in _layers(group, plan.environment_name)]
    secrets = {*collection.secrets, *(name for group in step.groups for name in group.secrets)}
    layers = (step.spec.variables, *groups, plan.environment, {**collection.variables, **collection.secrets})
    return Scope(layers, frozenset(secrets), plan.overrides, captured, rows, own=1)


def _layers(group: Group, environment: str) -> Iterator[Variables]:
    """What a group declares; an included file has environments of its own."""
    if environment in group.environments:
        yield group.environments[environment].variables
    yield {**group.variables, **group.secrets}


def known_rows(plan: Plan, step: Step, scope: Scope) -> list[Any] | None:
    """The rows of a step's loops, as far as they are known: those of one loop, whose list stands in the file."""
    if len(step.loops) != 1:
        return None
    over = step.loops[0].for_each.over
    if isinstance(over, DataFile):
        found = plan.rows.get((over.span.source.path, over.path))
        return None if found is None else list(found)
    value = scope.condition(over) if isinstance(over, Expression) else scope.resolve(over)
    return value if isinstance(value, list) and is_known(value) else None
