"""Judges every name that a file uses, request by request, and which auth is in force; all faults are collected."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from runner.diagnostics import Diagnostic, did_you_mean
from runner.engine import references
from runner.engine.auth.base import LoginSpec
from runner.engine.build import declared_values, merge
from runner.engine.plan.steps import Step, base_urls_of
from runner.engine.references import Level, Need, Reference
from runner.language import query
from runner.language.document import lacking, lacking_words
from runner.language.model import (
    AUTH_KEYS,
    RESPONSE_KEYS,
    AuthField,
    AuthSpec,
    Collection,
    Expression,
    Group,
    RequestSpec,
    Variable,
)
from runner.language.values import Value


class Judge:
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
        self._auths: dict[tuple[int, ...], tuple[AuthSpec | None, LoginSpec | None]] = {}

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
        auth, login = self._auth(step)
        used = list(self._over_variables(step, auth, login))
        needs = level.needs(used)
        for need in needs:
            self._check(need, level, taken)
        needs += self._over_response(step, level, taken)
        self._judge_body(step)
        names = tuple(dict.fromkeys(reference.name for reference in used if not reference.env))
        return replace(step, auth=auth, login=login, needs=tuple(needs), uses=names)

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

    def _over_variables(self, step: Step, auth: AuthSpec | None, login: LoginSpec | None) -> Iterator[Reference]:
        for condition in step.conditions:
            yield from references.in_condition(condition)
        for _, declared in declared_values(step.spec, step.settings, step.base_urls):
            yield from references.in_value(declared)
        if auth is not None:
            yield from _in_auth(auth)
        if login is not None:
            for _, declared in declared_values(login.spec, login.settings, login.base_urls):
                yield from references.in_value(declared)
            yield from _in_auth(login.auth) if login.auth else ()

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

    # --- auth ---

    def _auth(self, step: Step) -> tuple[AuthSpec | None, LoginSpec | None]:
        """The auth in force, and its login call; None where an Authorization header written as near wins over it."""
        chain = (self.collection.auth, *(group.auth for group in step.groups), step.spec.auth)
        identity = tuple(map(id, chain))
        if identity not in self._auths:
            auth = self._inherit(chain)
            self._auths[identity] = auth, self._login(auth, chain, step)
        auth, login = self._auths[identity]
        if auth is None or auth.type == "none":
            return None, None
        nearest_auth = max(depth for depth, spec in enumerate(chain) if spec is not None)
        return (None, None) if _header_depth(self.collection, step) >= nearest_auth else (auth, login)

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
        fields = dict(current.fields)
        for name, declared in spec.fields.items():
            fields[name] = declared
            if name not in known:
                hint = did_you_mean(name, known) or f"known keys: {', '.join(known)}"
                message = f"unknown key '{name}' in the inherited auth of type '{current.type}'"
                self._add(Diagnostic(message, declared.span, hint))
            elif known[name].choices and isinstance(declared.value, str) and declared.value not in known[name].choices:
                hint = f"one of {', '.join(known[name].choices)}"
                self._add(Diagnostic(f"'{name}' cannot be '{declared.value}'", declared.span, hint))
            elif known[name].wants == "expression" and not isinstance(declared.value, Expression):
                fields[name] = self._as_expression(name, declared)
        changed = AuthSpec(current.type, fields, spec.span)
        for needed in lacking(current.type or "", fields):
            message, hint = lacking_words(current.type or "", needed)
            self._add(Diagnostic(message, spec.span, hint))
        return changed

    def _as_expression(self, name: str, declared: AuthField) -> AuthField:
        """`token` is text for `bearer`: only the inherited type says that it is an expression here."""
        if not isinstance(declared.value, str):
            self._add(Diagnostic(f"'{name}' wants an expression", declared.span))
            return declared
        faults = _expression_faults(declared.value)
        for fault in faults:
            span = declared.span.locate(declared.value, fault.start, fault.end)
            self._add(Diagnostic(fault.message, span, fault.hint))
        return declared if faults else AuthField(Expression(declared.value, declared.span), declared.span)

    def _login(self, auth: AuthSpec | None, chain: tuple[AuthSpec | None, ...], step: Step) -> LoginSpec | None:
        """The login call of `type: request`: it inherits what its block's level has, but no auth."""
        declared = auth.fields.get("request") if auth and auth.type == "request" else None
        if declared is None or not isinstance(declared.value, RequestSpec):
            return None
        level = max(depth for depth, spec in enumerate(chain) if spec is not None and "request" in spec.fields)
        owners: tuple[Collection | Group, ...] = (self.collection, *step.groups[:level])
        spec: RequestSpec = declared.value
        own = spec.auth
        if own is not None and own.type in (None, "request"):
            why = "has no type: a login call inherits none" if own.type is None else "cannot be of type 'request' again"
            self._add(Diagnostic(f"the auth of a login call {why}", own.span))
        return LoginSpec(
            spec=spec,
            settings=merge([*(owner.defaults for owner in owners), spec.settings]),
            base_urls=tuple(base for owner in owners for base in base_urls_of(owner)),
            auth=own,
        )


def _expression_faults(text: str) -> list[query.QueryFault]:
    try:
        compiled = query.compile(text)
    except query.QueryFault as fault:
        return [fault]
    return list(query.check_names(compiled, RESPONSE_KEYS, document="response", variables=()))


def _in_auth(auth: AuthSpec) -> Iterator[Reference]:
    """The names that an `auth` block uses, but for those of its login call."""
    for found in auth.fields.values():
        if isinstance(found.value, Expression):
            yield from references.in_response_expression(found.value)
        elif not isinstance(found.value, RequestSpec):
            yield from references.in_value(found.value)


def _both(collection: Collection) -> dict[str, Variable]:
    return {**collection.variables, **collection.secrets}


def _header_depth(collection: Collection, step: Step) -> int:
    """How near to the request an Authorization header is written; -1 where there is none."""
    if not any(entry.text.lower() == "authorization" and entry.value is not None for entry in step.settings.headers):
        return -1
    chain = (collection.defaults, *(group.defaults for group in step.groups), step.spec.settings)
    depths = (d for d, settings in enumerate(chain) if any(e.text.lower() == "authorization" for e in settings.headers))
    return max(depths, default=-1)
