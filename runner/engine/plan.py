"""Collection → Plan: which requests run, in which order, with which settings, and what each one waits for.

    judge every name of the file  →  select  →  add what the selected capture from  →  Steps

All faults of a file are found here before anything is sent. This file reads and sends nothing; the values of variables
are not known to it, only their names.
"""

from __future__ import annotations

import fnmatch
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from runner.diagnostics import Diagnostic, Span, did_you_mean
from runner.engine import references
from runner.engine.build import BaseUrl, merge
from runner.engine.references import Level, Need, Reference
from runner.errors import InvalidError
from runner.language.model import (
    AUTH_KEYS,
    Assertion,
    AuthSpec,
    Collection,
    Defaults,
    Expression,
    Group,
    RequestSpec,
    Template,
    Variable,
    Variables,
)
from runner.language.values import Value


@dataclass(frozen=True, slots=True)
class Step:
    """A request with all that it inherits. `name` is the full one; `skip` says why it is not sent.

    `needs` is what its names end at, `uses` the names themselves; `conditions` are its own `when` and its groups'.
    """

    name: str
    spec: RequestSpec
    groups: tuple[Group, ...] = ()
    settings: Defaults = Defaults()
    base_urls: tuple[BaseUrl, ...] = ()
    auth: AuthSpec | None = None
    asserts: tuple[Assertion, ...] = ()
    conditions: tuple[Expression, ...] = ()
    tags: frozenset[str] = frozenset()
    skip: str = ""
    needs: tuple[Need, ...] = field(default=(), repr=False)
    uses: tuple[str, ...] = ()

    def waits_for(self) -> Iterator[str]:
        """Names of captures that must have been taken."""
        return (need.name for need in self.needs if need.kind == "capture" and not need.optional)

    def reads(self) -> set[str]:
        """Names of all captures that it uses if they are there."""
        return {need.name for need in self.needs if need.kind == "capture"}


class Selection(NamedTuple):
    """What the command line picks. `names` are full names or globs, `lines` are (file, line); both unite."""

    names: tuple[str, ...] = ()
    lines: tuple[tuple[str, int], ...] = ()
    tags: frozenset[str] = frozenset()
    excluded: frozenset[str] = frozenset()

    @property
    def picks(self) -> bool:
        return bool(self.names or self.lines or self.tags)


#: The selection of a command line that picks nothing: all requests.
EVERYTHING = Selection()


@dataclass(frozen=True, slots=True)
class Plan:
    """What will be done with one collection."""

    collection: Collection
    steps: tuple[Step, ...]
    environment: Variables
    environment_name: str = ""
    overrides: Mapping[str, Value] = field(default_factory=dict)
    captured_by: Mapping[str, str] = field(default_factory=dict)
    selected: int = 0


def make(
    collection: Collection,
    *,
    environment: str = "",
    overrides: Mapping[str, Value] | None = None,
    selection: Selection = EVERYTHING,
    any_environment: bool = False,
) -> Plan:
    """The plan of a collection; without selected requests it has no steps.

    With `any_environment` a name that any environment declares counts as defined when none is chosen.

    Raises:
        InvalidError: with every fault of names in the file, selected or not.
    """
    given = overrides or {}
    steps = list(_expand(collection))
    captured_by = _captured_by(steps)
    judge = _Judge(collection, environment, given, captured_by, any_environment)
    steps = judge.steps(steps)
    if judge.faults:
        raise InvalidError(sorted(judge.faults, key=lambda fault: fault.span.start if fault.span else -1))
    chosen = _select(steps, collection, selection)
    declared = collection.environments.get(environment)
    return Plan(
        collection=collection,
        steps=tuple(step for step in steps if step.name in chosen),
        environment=declared.variables if declared else {},
        environment_name=environment if declared else "",
        overrides=given,
        captured_by=captured_by,
        selected=len(chosen),
    )


def names(collection: Collection) -> list[str]:
    """The full names of all requests, in order."""
    return [step.name for step in _expand(collection)]


def missing_environment(plan: Plan, present: Mapping[str, str]) -> list[Diagnostic]:
    """A diagnostic for each `env.NAME` that a request to be sent needs and that is not set."""
    found: dict[str, Diagnostic] = {}
    for step in plan.steps:
        for need in () if step.skip else step.needs:
            if need.kind == "env" and not need.optional and need.name not in present:
                found.setdefault(need.name, references.unset(need))
    return list(found.values())


# --- expansion -----------------------------------------------------------------------------------------------------


def _expand(collection: Collection) -> Iterator[Step]:
    outer = Step(
        name="",
        spec=RequestSpec(),
        settings=merge([collection.defaults]),
        base_urls=_base_urls(collection),
        tags=frozenset(collection.tags),
    )
    yield from _expand_items(collection.requests, outer)


def _base_urls(owner: Collection | Group) -> tuple[BaseUrl, ...]:
    return () if owner.base_url is None else (BaseUrl(owner.base_url, owner.base_url_span),)


def _expand_items(items: Iterable[RequestSpec | Group], outer: Step) -> Iterator[Step]:
    for item in items:
        inherited = replace(
            outer,
            name=f"{outer.name} / {item.name}" if outer.name else item.name,
            tags=outer.tags | frozenset(item.tags),
            skip=outer.skip or _skip_reason(item),
            conditions=(*outer.conditions, item.when) if item.when else outer.conditions,
        )
        if isinstance(item, Group):
            yield from _expand_items(
                item.requests,
                replace(
                    inherited,
                    groups=(*outer.groups, item),
                    settings=_merged(outer.settings, item.defaults),
                    base_urls=outer.base_urls + _base_urls(item),
                ),
            )
        else:
            settings = _merged(outer.settings, item.settings)
            yield replace(inherited, spec=item, settings=settings, asserts=(*item.asserts, *settings.asserts))


def _merged(outer: Defaults, inner: Defaults) -> Defaults:
    return outer if inner == Defaults() else merge([outer, inner])


def _skip_reason(item: RequestSpec | Group) -> str:
    return "skip: true" if item.skip is True else str(item.skip or "")


def _captured_by(steps: Iterable[Step]) -> dict[str, str]:
    """Captured names, each with the first request that captures it."""
    found: dict[str, str] = {}
    for step in steps:
        for capture in step.spec.captures:
            found.setdefault(capture.name, step.name)
    return found


# --- judging names -------------------------------------------------------------------------------------------------


class _Judge:
    """Judges every name that a file uses, request by request, and gives each step its needs."""

    def __init__(
        self,
        collection: Collection,
        environment: str,
        given: Mapping[str, Value],
        captured_by: Mapping[str, str],
        any_environment: bool,
    ) -> None:
        self.collection = collection
        self.faults: list[Diagnostic] = []
        self._captured_by = captured_by
        environments = self._environments(environment, any_environment)
        self._root = Level(environments, given=given, captures=captured_by)
        self._levels: dict[tuple[int, ...], Level] = {(): self._root}
        self._auths: dict[tuple[int, ...], AuthSpec | None] = {}

    def _environments(self, chosen: str, any_of_them: bool) -> dict[str, tuple[Variable, ...]]:
        """The collection's variables, covered by the chosen environment; by any of them when none is chosen."""
        collection = self.collection
        if chosen and collection.environments and chosen not in collection.environments:
            hint = did_you_mean(chosen, collection.environments) or f"it has: {', '.join(collection.environments)}"
            first = next(iter(collection.environments.values()))
            self.faults.append(Diagnostic(f"unknown environment '{chosen}'", first.span, hint))
        visible = [e for name, e in collection.environments.items() if name == chosen or (any_of_them and not chosen)]
        declared: dict[str, tuple[Variable, ...]] = {n: (variable,) for n, variable in _both(collection).items()}
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
        level = self._level(step.groups)
        if step.spec.variables:
            own = {name: (variable,) for name, variable in step.spec.variables.items()}
            level = Level(own, level, own_first=True)
            for need in level.close():
                self._check(need, level, taken)
        auth = self._auth(step)
        used = list(self._over_variables(step, auth))
        needs = level.needs(used)
        for need in needs:
            self._check(need, level, taken)
        after = taken | {capture.name for capture in step.spec.captures}
        over_captures = level.needs(self._over_captures(step))
        over_asserts = level.needs(self._over_asserts(step))
        for need in (*over_captures, *over_asserts):
            self._check(need, level, after)
        own = after - taken
        needs += [need for need in over_captures if need.name not in own]
        own = {capture.name for capture in step.spec.captures}  # taken anew before the assertions
        needs += [need for need in over_asserts if need.name not in own]
        names = tuple(dict.fromkeys(reference.name for reference in used if not reference.env))
        return replace(step, auth=auth, needs=tuple(needs), uses=names)

    def _level(self, groups: tuple[Group, ...]) -> Level:
        identity = tuple(map(id, groups))
        level = self._levels.get(identity)
        if level is None:
            declared = {name: (variable,) for name, variable in groups[-1].variables.items()}
            level = self._levels[identity] = Level(declared, self._level(groups[:-1]))
        return level

    def _check(self, need: Need, level: Level, taken: set[str] | None) -> None:
        if need.kind == "undefined" and not need.optional:
            self._add(references.undefined(need, level, environments=self._declaring(need.name)))
        elif need.kind == "capture" and not (need.optional or need.fallback or taken is None or need.name in taken):
            self._add(references.undefined(need, level, later=self._captured_by[need.name]))

    def _declaring(self, name: str) -> list[str]:
        """The environments that declare a name."""
        return [e.name for e in self.collection.environments.values() if name in e.variables]

    def _add(self, fault: Diagnostic) -> None:
        if fault not in self.faults:
            self.faults.append(fault)

    def _over_variables(self, step: Step, auth: AuthSpec | None) -> Iterator[Reference]:
        for condition in step.conditions:
            yield from references.in_condition(condition)
        for declared in _declared(step):
            yield from references.in_value(declared)
        if auth is not None:
            for found in auth.fields.values():
                yield from references.in_value(found.value)

    def _over_captures(self, step: Step) -> Iterator[Reference]:
        for capture in step.spec.captures:
            yield from references.in_response_expression(capture.source)
            yield from references.in_value(capture.default)

    def _over_asserts(self, step: Step) -> Iterator[Reference]:
        for assertion in step.asserts:
            yield from references.in_response_expression(assertion.that)
            yield from references.in_value([assertion.equals, assertion.includes, assertion.message])

    # --- auth ---

    def _auth(self, step: Step) -> AuthSpec | None:
        """The auth in force; None where an Authorization header that is written as near wins over it."""
        chain = (self.collection.auth, *(group.auth for group in step.groups), step.spec.auth)
        identity = tuple(map(id, chain))
        if identity not in self._auths:
            self._auths[identity] = self._inherit(chain)
        auth = self._auths[identity]
        if auth is None or auth.type == "none":
            return None
        nearest_auth = max(depth for depth, spec in enumerate(chain) if spec is not None)
        return None if _header_depth(self.collection, step) >= nearest_auth else auth

    def _inherit(self, chain: Iterable[AuthSpec | None]) -> AuthSpec | None:
        current: AuthSpec | None = None
        for spec in chain:
            if spec is None:
                continue
            if spec.type is not None:
                current = spec
            elif current is None or current.type == "none":
                self._add(Diagnostic("auth has no type, and there is none to inherit", spec.span, "add 'type: …'"))
            else:
                current = self._changed(current, spec)
        return current

    def _changed(self, current: AuthSpec, spec: AuthSpec) -> AuthSpec:
        known = AUTH_KEYS[current.type or "none"]
        for name, declared in spec.fields.items():
            if name not in known:
                hint = did_you_mean(name, known) or f"known keys: {', '.join(known)}"
                message = f"unknown key '{name}' in the inherited auth of type '{current.type}'"
                self._add(Diagnostic(message, declared.span, hint))
            elif known[name].choices and isinstance(declared.value, str) and declared.value not in known[name].choices:
                hint = f"one of {', '.join(known[name].choices)}"
                self._add(Diagnostic(f"'{name}' cannot be '{declared.value}'", declared.span, hint))
        return AuthSpec(current.type, {**current.fields, **spec.fields}, spec.span)


def _both(collection: Collection) -> dict[str, Variable]:
    return {**collection.variables, **collection.secrets}


def _header_depth(collection: Collection, step: Step) -> int:
    """How near to the request an Authorization header is written; -1 where there is none."""
    if not any(entry.text.lower() == "authorization" and entry.value is not None for entry in step.settings.headers):
        return -1
    chain = (collection.defaults, *(group.defaults for group in step.groups), step.spec.settings)
    depths = (d for d, settings in enumerate(chain) if any(e.text.lower() == "authorization" for e in settings.headers))
    return max(depths, default=-1)


def _declared(step: Step) -> Iterator[object]:
    """Every declared value that is rendered to build the request."""
    spec, settings = step.spec, step.settings
    yield spec.url
    yield spec.method
    relative = not isinstance(spec.url, str) or "://" not in spec.url
    for base in step.base_urls if relative else ():
        yield base.url
    for entry in (*settings.query, *settings.headers, *spec.cookies):
        yield entry.name
        yield entry.value
    for setting in (
        settings.timeout,
        settings.follow_redirects,
        settings.verify,
        settings.max_body,
        spec.delay,
    ):
        if setting is not None and isinstance(setting.value, Template):
            yield setting.value
    if spec.body is not None:
        if spec.body.kind == "form":
            for entry in spec.body.value or ():
                yield entry.name
                yield entry.value
        else:
            yield spec.body.value


# --- selection -----------------------------------------------------------------------------------------------------


def _select(steps: list[Step], collection: Collection, selection: Selection) -> set[str]:
    """Full names of the steps to run: those picked, and what they capture from."""
    allowed = [step for step in steps if not step.tags & selection.excluded]
    if not selection.picks:
        return {step.name for step in allowed}
    picked = [step for step in allowed if _picked(step, steps, collection, selection)]
    chosen = {step.name for step in picked}
    order = {step.name: number for number, step in enumerate(steps)}
    waiting = list(picked)
    while waiting:
        step = waiting.pop()
        for name in step.reads():
            source = _source(name, allowed, order, step)
            if source is not None and source.name not in chosen:
                chosen.add(source.name)
                waiting.append(source)
    return chosen


def _source(name: str, steps: list[Step], order: Mapping[str, int], reader: Step) -> Step | None:
    """The nearest request before `reader` that captures a name."""
    before = (step for step in steps if order[step.name] < order[reader.name])
    captures = [step for step in before if any(capture.name == name for capture in step.spec.captures)]
    return captures[-1] if captures else None


def _picked(step: Step, steps: list[Step], collection: Collection, selection: Selection) -> bool:
    if selection.tags and not step.tags & selection.tags:
        return False
    if not selection.names and not selection.lines:
        return True
    return any(_named(step, steps, name) for name in selection.names) or any(
        _same_file(collection.source.path, path) and _on_line(step, line) for path, line in selection.lines
    )


def _named(step: Step, steps: list[Step], name: str) -> bool:
    if step.name == name or step.name.startswith(name + " / "):
        return True
    if any(other.name == name or other.name.startswith(name + " / ") for other in steps):
        return False  # an exact name, but another one
    return fnmatch.fnmatchcase(step.name, name)


def _same_file(path: str, wanted: str) -> bool:
    wanted = wanted.removeprefix("./")
    return path == wanted or path.endswith("/" + wanted)


def _on_line(step: Step, line: int) -> bool:
    span = step.spec.span
    last = Span(span.source, max(step.spec.end - 1, span.start), step.spec.end)
    return span.line <= line <= last.line
