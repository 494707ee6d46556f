"""Judges every name that a file uses, request by request; all faults are collected."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import NamedTuple

from runner.diagnostics import Diagnostic, did_you_mean
from runner.engine import references
from runner.engine.auth.base import LoginSpec
from runner.engine.build import declared_values
from runner.engine.plan.inherited_auth import InheritedAuth
from runner.engine.plan.steps import Condition, Loop, Step, asking_again
from runner.engine.references import Level, Need, Reference
from runner.language import query
from runner.language.model import (
    ITEMS_KEY,
    AuthSpec,
    Collection,
    DataFile,
    Declared,
    Environment,
    Expression,
    Group,
    RequestSpec,
    Variable,
)

#: What a row of `for_each` gives.
ROW_NAMES = ("item", "index")


class Given(NamedTuple):
    """What is known beside the file: names of `--var` and columns of `--data`; those that a run always has.

    `any_environment`: when none is chosen, a name that any of them declares counts as defined. `missing` says why a row
    of `--data` does not give a name.
    """

    names: frozenset[str] = frozenset()
    always: frozenset[str] = frozenset()
    environment: str = ""
    any_environment: bool = False
    missing: Callable[[str], str] = lambda name: ""


class Judge:
    """Judges every name that a file uses, request by request, and gives each step its needs."""

    def __init__(self, collection: Collection, given: Given, captured_by: Mapping[str, str]) -> None:
        self.faults: list[Diagnostic] = []
        self._given = given
        self._captured_by = captured_by
        self._environments: list[Environment] = []
        self._names: set[str] = set()
        self._auth = InheritedAuth(collection, self._add)
        declared = self._declared(collection)
        self._root = Level(declared, given=given.names, captures=captured_by, rows=given.always)
        self._levels: dict[tuple[int, ...], Level] = {(): self._root}
        self._loops: dict[int, Loop] = {}

    @property
    def has_environment(self) -> bool:
        """Whether the file, or one that it includes, has the environment that was chosen."""
        return any(environment.name == self._given.environment for environment in self._environments)

    @property
    def known(self) -> frozenset[str]:
        """Every name that anything in the file declares or asks for."""
        in_environments = (name for environment in self._environments for name in environment.variables)
        return frozenset(self._root.used).union(self._names, self._captured_by, in_environments)

    def _declared(self, owner: Collection | Group) -> dict[str, tuple[Variable, ...]]:
        """The variables of a file, covered by its chosen environment; by any of them when none is chosen."""
        chosen, any_of_them = self._given.environment, self._given.any_environment
        self._environments += owner.environments.values()
        if chosen and owner.environments and chosen not in owner.environments:
            hint = did_you_mean(chosen, owner.environments) or f"it has: {', '.join(owner.environments)}"
            first = next(iter(owner.environments.values()))
            self._add(Diagnostic(f"unknown environment '{chosen}'", first.span, hint))
        visible = [e for name, e in owner.environments.items() if name == chosen or (any_of_them and not chosen)]
        declared: dict[str, tuple[Variable, ...]] = {n: (variable,) for n, variable in _both(owner).items()}
        self._names.update(declared)
        covered: dict[str, tuple[Variable, ...]] = {}
        for environment in visible:
            for name, variable in environment.variables.items():
                covered[name] = (*covered.get(name, ()), variable)
        for name, variables in covered.items():
            declared[name] = variables if chosen else (*variables, *declared.get(name, ()))
        return declared

    def steps(self, steps: list[Step]) -> list[Step]:
        judged = []
        taken: set[str] = set()
        for step in steps:
            judged.append(self._step(step, taken))
            taken |= {capture.name for capture in step.spec.captures}
        self._unused()
        self.faults += self._root.cycles
        return judged

    def _unused(self) -> None:
        """Variables that no request uses are judged too: what is wrong in them will be wrong one day."""
        levels = list(self._levels.values())
        for level in levels:
            for need in level.close():
                self._check(need, level, None)

    def _step(self, step: Step, taken: set[str]) -> Step:
        loops = tuple(self._loop(loop, step, taken) for loop in step.loops)
        level = self._own_level(step, ROW_NAMES if loops and not loops[-1].of_group else ())
        if step.spec.variables:
            for need in level.close():
                self._check(need, level, taken)
        auth, login = self._auth.of(step)
        used = list(_over_variables(step, login))
        of_auth = list(_over_auth(auth, login))
        needs = self._needs(level, used, taken) + self._needs(level, of_auth, taken, step)
        used += of_auth
        for loop in loops:
            needs += loop.needs
            used += _over_rows(loop.for_each.over)
        needs += self._of_conditions(step.conditions, step, level, taken, used)
        needs += self._over_response(step, level, taken)
        self._judge_body(step)
        self._items(step, auth)
        names = tuple(dict.fromkeys(reference.name for reference in used if not reference.env))
        return step._replace(auth=auth, login=login, loops=loops, needs=tuple(needs), uses=names)

    def _needs(self, level: Level, used: Iterable[Reference], taken: set[str], step: Step | None = None) -> list[Need]:
        """What names end at, seen from a level; `step` is given for those of its auth."""
        needs = level.needs(used)
        for need in needs:
            self._check(need, level, taken, step)
        return needs

    def _own_level(self, step: Step, rows: Iterable[str]) -> Level:
        level = self._level(step.groups)
        if not step.spec.variables and not rows:
            return level
        own = {name: (variable,) for name, variable in step.spec.variables.items()}
        self._names.update(own)
        return Level(own, level, own_first=True, rows=rows)

    def _of_conditions(
        self, conditions: Iterable[Condition], step: Step, own: Level, taken: set[str], used: list[Reference]
    ) -> list[Need]:
        """The needs of conditions, whose names are added to `used`: a group's condition sees what the group sees."""
        needs: list[Need] = []
        for expression, depth in conditions:
            level = own if depth > len(step.groups) else self._level(step.groups[:depth])
            names = list(references.in_condition(expression))
            needs += self._needs(level, names, taken)
            used += names
        return needs

    def _loop(self, loop: Loop, step: Step, taken: set[str]) -> Loop:
        """A loop with what its list and the conditions around it need: there is no row of it yet."""
        judged = self._loops.get(id(loop))
        if judged is None:
            level = self._without_row(loop, step)
            needs = self._needs(level, _over_rows(loop.for_each.over), taken)
            needs += self._of_conditions(loop.conditions, step, level, taken, [])
            judged = self._loops[id(loop)] = replace(loop, needs=tuple(needs))
        return judged

    def _without_row(self, loop: Loop, step: Step) -> Level:
        """What the owner of a loop sees before there is a row."""
        if not loop.of_group:
            return self._own_level(step, ())
        *outer, owner = step.groups[: loop.depth]
        return Level(self._declared_by(owner), self._level(tuple(outer)))

    def _judge_body(self, step: Step) -> None:
        body = step.spec.body
        if step.spec.save_to is not None or (body is not None and body.kind == "multipart"):
            from runner.engine.plan import bodies  # few files have one

            for fault in bodies.faults(step):
                self._add(fault)

    def _over_response(self, step: Step, level: Level, taken: set[str]) -> list[Need]:
        """What captures and assertions need beside the request's own captures."""
        captured = {capture.name for capture in step.spec.captures}
        over_captures = level.needs(self._over_captures(step))
        over_asserts = level.needs(self._over_asserts(step))
        for need in (*over_captures, *over_asserts):
            self._check(need, level, taken | captured)
        earlier = [need for need in over_captures if need.name not in captured - taken]
        return earlier + [need for need in over_asserts if need.name not in captured]  # taken anew before them

    def _items(self, step: Step, auth: AuthSpec | None) -> None:
        """`items` is a key of the response only where `paginate` joins them, and not yet for its own expressions."""
        self._no_items(asking_again(step), "write body.items")
        if auth is not None:
            fields = (found.value for found in auth.fields.values())
            self._no_items((value for value in fields if isinstance(value, Expression)), "write body.items")
        paginate = step.spec.paginate
        if paginate is None or paginate.items is None:
            looking = [capture.source for capture in step.spec.captures] + [it.that for it in step.asserts]
            self._no_items(looking, "write body.items, or name them in the 'items' of 'paginate'")

    def _no_items(self, expressions: Iterable[Expression], hint: str) -> None:
        for expression in expressions:
            for name in query.compile(expression.text).names if ITEMS_KEY in expression.text else ():
                if name.text == ITEMS_KEY:
                    span = expression.span.locate(expression.text, name.start, name.end)
                    self._add(Diagnostic("'items' is there only for pages that 'paginate' has joined", span, hint))

    def _level(self, groups: tuple[Group, ...]) -> Level:
        identity = tuple(map(id, groups))
        level = self._levels.get(identity)
        if level is None:
            rows = ROW_NAMES if groups[-1].for_each else ()
            level = Level(self._declared_by(groups[-1]), self._level(groups[:-1]), rows=rows)
            self._levels[identity] = level
        return level

    def _declared_by(self, group: Group) -> dict[str, tuple[Variable, ...]]:
        """A group's variables; one that stands for an included file has also that file's secrets and environments."""
        self._names.update(group.variables)
        if group.name:
            return {name: (variable,) for name, variable in group.variables.items()}
        return self._declared(group)

    def _check(self, need: Need, level: Level, taken: set[str] | None, step: Step | None = None) -> None:
        """Tells what is wrong with a need; `step` is given where it is one of its auth."""
        if need.kind == "undefined" and not need.optional:
            why = self._given.missing(need.name)
            self._add(references.undefined(need, level, environments=self._declaring(need.name), why=why))
        elif need.kind == "capture" and not (need.optional or need.fallback or taken is None or need.name in taken):
            later = self._captured_by[need.name]
            inherits = step is not None and step.spec.auth is None
            self._add(references.too_late(need, later, inherits=step.name if step is not None and inherits else ""))

    def _declaring(self, name: str) -> list[str]:
        """The environments that declare a name."""
        return [environment.name for environment in self._environments if name in environment.variables]

    def _add(self, fault: Diagnostic) -> None:
        if fault not in self.faults:
            self.faults.append(fault)

    def _over_captures(self, step: Step) -> Iterator[Reference]:
        for capture in step.spec.captures:
            yield from references.in_response_expression(capture.source)
            yield from references.in_value(capture.default)

    def _over_asserts(self, step: Step) -> Iterator[Reference]:
        for assertion in step.asserts:
            yield from references.in_response_expression(assertion.that)
            yield from references.in_value([assertion.equals, assertion.includes, assertion.message])
        if step.spec.schema is not None:
            yield from references.in_value(step.spec.schema.value)


def _over_variables(step: Step, login: LoginSpec | None) -> Iterator[Reference]:
    for _, declared in declared_values(step.spec, step.settings, step.base_urls):
        yield from references.in_value(declared)
    for expression in asking_again(step):
        yield from references.in_response_expression(expression)
    if login is not None:
        for _, declared in declared_values(login.spec, login.settings, login.base_urls):
            yield from references.in_value(declared)


def _over_auth(auth: AuthSpec | None, login: LoginSpec | None) -> Iterator[Reference]:
    for block in (auth, login.auth if login is not None else None):
        if block is not None:
            yield from _in_auth(block)


def _over_rows(over: list[Declared] | Expression | DataFile) -> Iterator[Reference]:
    """The names that the list of a `for_each` uses."""
    if isinstance(over, Expression):
        yield from references.in_condition(over)
    else:
        yield from references.in_value(over.path if isinstance(over, DataFile) else over)


def _in_auth(auth: AuthSpec) -> Iterator[Reference]:
    """The names that an `auth` block uses, but for those of its login call."""
    for found in auth.fields.values():
        if isinstance(found.value, Expression):
            yield from references.in_response_expression(found.value)
        elif not isinstance(found.value, RequestSpec):
            yield from references.in_value(found.value)


def _both(owner: Collection | Group) -> dict[str, Variable]:
    return {**owner.variables, **owner.secrets}
