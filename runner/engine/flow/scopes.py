"""The layers of variables that each request of a collection sees, and the state that a run begins with."""

from __future__ import annotations

from runner.engine.flow.session import Session, State
from runner.engine.plan import Plan, Step
from runner.engine.scope import Declarations, Layer, Scope, Shared, Values


def start(plan: Plan, session: Session) -> State:
    collection = plan.collection
    captured_secrets = {c.name for step in plan.steps for c in step.spec.captures if c.secret}
    shared = Shared(
        env=session.env,
        secret_names=set(collection.secrets) | captured_secrets,
        redactor=session.redactor,
        path=collection.source.path,
        files=session.files,
    )
    given = Values(dict(plan.overrides), "--var")
    captures = Values({}, "captured")
    environment = Declarations(plan.environment, f"environment '{plan.environment_name}'")
    own = Declarations({**collection.variables, **collection.secrets}, "collection")
    outer: tuple[Layer, ...] = (given, captures, environment, own)
    environment.scope = own.scope = Scope(outer, shared)
    for name, value in plan.overrides.items():
        if name in shared.secret_names:
            session.redactor.add(value)
    return State(plan, session, shared, outer, captures)


def scope_of(step: Step, state: State) -> Scope:
    given, captures, *around = state.outer
    layers = (given, captures, *_group_layers(step, state), *around)
    if not step.spec.variables:
        return Scope(layers, state.shared)
    own = Declarations(step.spec.variables, "request")
    scope = Scope((given, own, *layers[1:]), state.shared)
    own.scope = scope
    return scope


def _group_layers(step: Step, state: State) -> tuple[Layer, ...]:
    """The layers of a step's groups, nearest first; each is evaluated once for the run of its collection."""
    layers: tuple[Layer, ...] = ()
    for depth, group in enumerate(step.groups, 1):
        identity = tuple(map(id, step.groups[:depth]))
        if identity not in state.groups:
            own = Declarations(group.variables, f"group '{group.name}'")
            given, captures, *around = state.outer
            own.scope = Scope((given, captures, own, *layers, *around), state.shared)
            state.groups[identity] = (own, *layers)
        layers = state.groups[identity]
    return layers
