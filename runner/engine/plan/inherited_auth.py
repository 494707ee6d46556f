"""Which auth is in force for a request: the nearest block, with the fields that it changes of those around it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from runner.diagnostics import Diagnostic, did_you_mean
from runner.engine.auth.base import LoginSpec
from runner.engine.build import merge
from runner.engine.plan.steps import Step, base_urls_of
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
)


class InheritedAuth:
    """The auth of each request of a collection; what is wrong in it is told."""

    def __init__(self, collection: Collection, tell: Callable[[Diagnostic], None]) -> None:
        self._collection = collection
        self._tell = tell
        self._auths: dict[tuple[int, ...], tuple[AuthSpec | None, LoginSpec | None]] = {}

    def of(self, step: Step) -> tuple[AuthSpec | None, LoginSpec | None]:
        """The auth in force, and its login call; None where an Authorization header written as near wins over it."""
        chain = (self._collection.auth, *(group.auth for group in step.groups), step.spec.auth)
        identity = tuple(map(id, chain))
        if identity not in self._auths:
            auth = self._inherit(chain)
            self._auths[identity] = auth, self._login(auth, chain, step)
        auth, login = self._auths[identity]
        if auth is None or auth.type == "none":
            return None, None
        nearest_auth = max(depth for depth, spec in enumerate(chain) if spec is not None)
        return (None, None) if _header_depth(self._collection, step) >= nearest_auth else (auth, login)

    def _inherit(self, chain: Iterable[AuthSpec | None]) -> AuthSpec | None:
        current: AuthSpec | None = None
        for spec in (found for declared in chain for found in _from_base(declared)):
            if spec.type is not None:
                current = spec
            elif current is None or current.type == "none":
                self._tell(Diagnostic("auth has no type, and there is none to inherit", spec.span, "add 'type: …'"))
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
                self._tell(Diagnostic(message, declared.span, hint))
            elif known[name].choices and isinstance(declared.value, str) and declared.value not in known[name].choices:
                hint = f"one of {', '.join(known[name].choices)}"
                self._tell(Diagnostic(f"'{name}' cannot be '{declared.value}'", declared.span, hint))
            elif known[name].wants == "expression" and not isinstance(declared.value, Expression):
                fields[name] = self._as_expression(name, declared)
        changed = AuthSpec(current.type, fields, spec.span)
        for needed in lacking(current.type or "", fields):
            message, hint = lacking_words(current.type or "", needed)
            self._tell(Diagnostic(message, spec.span, hint))
        return changed

    def _as_expression(self, name: str, declared: AuthField) -> AuthField:
        """`token` is text for `bearer`: only the inherited type says that it is an expression here."""
        if not isinstance(declared.value, str):
            self._tell(Diagnostic(f"'{name}' wants an expression", declared.span))
            return declared
        faults = _expression_faults(declared.value)
        for fault in faults:
            span = declared.span.locate(declared.value, fault.start, fault.end)
            self._tell(Diagnostic(fault.message, span, fault.hint))
        return declared if faults else AuthField(Expression(declared.value, declared.span), declared.span)

    def _login(self, auth: AuthSpec | None, chain: tuple[AuthSpec | None, ...], step: Step) -> LoginSpec | None:
        """The login call of `type: request`: it inherits what its block's level has, but no auth."""
        declared = auth.fields.get("request") if auth and auth.type == "request" else None
        if declared is None or not isinstance(declared.value, RequestSpec):
            return None
        level = max(n for n, spec in enumerate(chain) if any("request" in found.fields for found in _from_base(spec)))
        owners: tuple[Collection | Group, ...] = (self._collection, *step.groups[:level])
        spec: RequestSpec = declared.value
        own = spec.auth
        if own is not None and own.type in (None, "request"):
            why = "has no type: a login call inherits none" if own.type is None else "cannot be of type 'request' again"
            self._tell(Diagnostic(f"the auth of a login call {why}", own.span))
        return LoginSpec(
            spec=spec,
            settings=merge([*(owner.defaults for owner in owners), spec.settings]),
            base_urls=tuple(base for owner in owners for base in base_urls_of(owner)),
            auth=own,
        )


def _from_base(spec: AuthSpec | None) -> Iterator[AuthSpec]:
    """A block after those of the extended files whose fields it changes."""
    if spec is not None:
        yield from _from_base(spec.base)
        yield spec


def _expression_faults(text: str) -> list[query.QueryFault]:
    try:
        compiled = query.compile(text)
    except query.QueryFault as fault:
        return [fault]
    return list(query.check_names(compiled, RESPONSE_KEYS, document="response", variables=()))


def _header_depth(collection: Collection, step: Step) -> int:
    """How near to the request an Authorization header is written; -1 where there is none."""
    if not any(entry.text.lower() == "authorization" and entry.value is not None for entry in step.settings.headers):
        return -1
    chain = (collection.defaults, *(group.defaults for group in step.groups), step.spec.settings)
    depths = (d for d, settings in enumerate(chain) if any(e.text.lower() == "authorization" for e in settings.headers))
    return max(depths, default=-1)
