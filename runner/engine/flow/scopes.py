"""The layers of variables that each request of a collection sees, and the state that a run begins with."""

from __future__ import annotations

from runner.engine.flow.session import Session, State
from runner.engine.plan import Iteration, Plan, Step
from runner.engine.scope import Declarations, Layer, Row, Scope, Shared, Values
from runner.language.model import Group


def start(plan: Plan, session: Session, iteration: Iteration) -> State:
    collection = plan.collection
    shared = Shared(
        env=session.env,
        secret_names=_secret_names(plan),
        redactor=session.redactor,
        path=collection.source.path,
        files=session.files,
    )
    given = Values(dict(plan.overrides), "--var")
    run = Values(iteration.variables, iteration.origin)
    captures = Values({}, "captured")
    environment = Declarations(plan.environment, f"environment '{plan.environment_name}'")
    own = Declarations({**collection.variables, **collection.secrets}, "collection")
    around = (environment, own)
    environment.scope = own.scope = Scope((given, run, captures, *around), shared)
    for layer in (given, run):
        session.redactor.add([value for name, value in layer.values.items() if name in shared.secret_names])
    return State(plan, session, shared, iteration, given, run, captures, around, idle=session.stopped)


def _secret_names(plan: Plan) -> set[str]:
    """Names whose values are secret: those of all files, and captures that say so."""
    names = set(plan.collection.secrets)
    for step in plan.steps:
        names.update(capture.name for capture in step.spec.captures if capture.secret)
        names.update(name for group in step.groups for name in group.secrets)
    return names


def scope_of(step: Step, rows: tuple[Row, ...], state: State) -> Scope:
    """What a request sees in a row of each of its loops."""
    return scope_at(step, rows, len(step.groups) + 1, state)


def scope_at(step: Step, rows: tuple[Row, ...], depth: int, state: State) -> Scope:
    """What the group at a depth sees, or below all groups the request itself."""
    visible = tuple(row for row in rows if row.depth <= depth)
    groups = _group_layers(step.groups[:depth], visible, state)
    before = (state.given, *reversed(visible), state.run)
    after = (state.captures, *groups, *state.around)
    if depth <= len(step.groups) or not step.spec.variables:
        return Scope((*before, *after), state.shared)
    own = Declarations(step.spec.variables, "request")
    scope = Scope((*before, own, *after), state.shared)
    own.scope = scope
    return scope


def _group_layers(groups: tuple[Group, ...], rows: tuple[Row, ...], state: State) -> tuple[Layer, ...]:
    """The layers of groups, nearest first; each is evaluated once for the run of its collection, or for its row."""
    layers: tuple[Layer, ...] = ()
    for depth, group in enumerate(groups, 1):
        identity = tuple(map(id, groups[:depth]))
        visible = tuple(row for row in rows if row.depth <= depth)
        known = state.groups.get(identity)
        if known is None or known[0] != visible:
            known = state.groups[identity] = visible, (*_own_layers(group, layers, visible, state), *layers)
        layers = known[1]
    return layers


def _own_layers(group: Group, outer: tuple[Layer, ...], rows: tuple[Row, ...], state: State) -> tuple[Layer, ...]:
    own = Declarations({**group.variables, **group.secrets}, f"group '{group.name}'" if group.name else "included file")
    layers: tuple[Declarations, ...] = (own,)
    environment = group.environments.get(state.plan.environment_name)
    if environment is not None:
        layers = (Declarations(environment.variables, f"environment '{environment.name}'"), own)
    before = (state.given, *reversed(rows), state.run, state.captures)
    for layer in layers:
        layer.scope = Scope((*before, *layers, *outer, *state.around), state.shared)
    return layers
