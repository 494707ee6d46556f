"""The reading of a whole script: parts of the language, the tool's own functions and the loops brought together."""

from __future__ import annotations

from typing import Any

from runner.formats.scripts import expectations, methods, postman, tree
from runner.formats.scripts.dialect import Dialect
from runner.formats.scripts.expectations.chain import Chain
from runner.formats.scripts.searching import Searches
from runner.formats.scripts.state import DONE, OPEN
from runner.formats.scripts.terms import Const
from runner.formats.scripts.values import Closure, Host, Obj, Opaque, UntranslatableError, Value


class Machine(Searches):
    """Reads a script for its effects; `run_script` once."""

    def __init__(
        self, script: tree.Script, phase: str, facts: dict[str, str] | None = None, dialect: Dialect = postman.DIALECT
    ) -> None:
        super().__init__(script, phase, facts, dialect)

    def run_script(self) -> None:
        """The whole script; afterwards its effects and losses are known."""
        for line in self.script.broken:
            self.lose(tree.Span(0, 0, line), "a part of a script", "it is no JavaScript")
        self.run_all(self.script.body)
        self.see_changes()
        for start, state in self.account.items():
            if state == OPEN:
                self.account[start] = DONE

    # --- what `names` and `evaluation` ask for

    def global_name(self, name: str) -> Value:
        return postman.global_name(self, name)

    def property_of(self, owner: Value, name: str, span: tree.Span) -> Value | None:
        if isinstance(owner, Chain):
            return expectations.word(self, owner, name)
        if isinstance(owner, Host):
            return postman.property_of(self, owner, name, span)
        if name == "length" and not (isinstance(owner, Obj) and owner.entries is not None):
            try:
                return methods.length(self, owner)
            except UntranslatableError as error:
                return Opaque(str(error))
        return None

    def call_method(self, owner: Value, name: str, arguments: list[Value], span: tree.Span) -> Value:
        if isinstance(owner, Chain):
            return expectations.call(self, owner, name, arguments)
        if isinstance(owner, Host):
            return postman.call_method(self, owner, name, arguments, span)
        if isinstance(owner, Closure) and name in ("call", "apply"):
            return self.call_closure(owner, arguments[1:])
        if isinstance(owner, Obj) and owner.entries and name in owner.entries:
            return self.call(owner.entries[name], arguments, span)
        method = methods.find(owner, name)
        if method is None:
            return Opaque(f"{name}() of it is not known")
        try:
            return method(self, owner, arguments)
        except UntranslatableError as error:
            return Opaque(str(error))

    def call_host(self, host: Host, arguments: list[Value], span: tree.Span) -> Value:
        if host.path == "validator":
            return postman.judged(self, host.data, arguments[0] if arguments else Const(None))
        return postman.call(self, host, arguments, span)

    def set_member(self, owner: Value, name: Value, value: Value, span: tree.Span) -> None:
        if isinstance(owner, Host) and owner.path == "tests":
            postman.set_test(self, name, value, span)
        elif isinstance(owner, Host):
            self.lose(span, f"a change of {owner.path}", "it is the tool's")
        else:
            super().set_member(owner, name, value, span)

    def change_in_place(self, owner: Value, name: str, arguments: list[Value]) -> tuple[Value, Value]:
        return methods.changed(self, owner, name, arguments)

    # --- what is not run

    def lose_effects(self, node: Any, why: str) -> None:
        """Every assertion and setting in a part that cannot be read."""
        for span, what in effects_in(node, self.dialect):
            self.account[span.start] = OPEN
            self.lose(span, what, why)

    def skip_effects(self, node: Any) -> None:
        """Assertions in a `catch` that is never reached: nothing is lost with them."""
        for span, _ in effects_in(node, self.dialect):
            self.account.setdefault(span.start, DONE)


_SETTERS = frozenset(
    {f"{scope}.set" for scope in ("pm.environment", "pm.collectionVariables", "pm.globals", "pm.variables")}
    | {"postman.setEnvironmentVariable", "postman.setGlobalVariable"}
)

_EXPECTATIONS = frozenset({"pm.expect", "pm.expect.fail", "assert"})
_CHAINS = frozenset({"pm.response.to", "response.to", "res.to"})


def effects_in(node: Any, dialect: Dialect = postman.DIALECT) -> list[tuple[tree.Span, str]]:
    """The assertions and settings that a part of a script holds, run or not."""
    found: list[tuple[tree.Span, str]] = []
    _collect(node, dialect, found)
    return found


def _collect(node: Any, dialect: Dialect, found: list[tuple[tree.Span, str]]) -> None:
    what = _effect(node, dialect)
    if what:
        found.append((node.span, what))
    if isinstance(node, tuple) and not isinstance(node, tree.Span):
        for part in node:
            _collect(part, dialect, found)


def _effect(node: Any, dialect: Dialect) -> str:
    """What a node does for its tool by itself; empty where it does nothing."""
    if isinstance(node, tree.Call):
        path = dialect.path_of(path_of(node.callee))
        if path in _SETTERS:
            return "a variable that is set"
        return "an assertion" if path in _EXPECTATIONS or path.startswith("assert.") else ""
    if isinstance(node, tree.Member):
        return "an assertion" if dialect.path_of(path_of(node)) in _CHAINS else ""
    is_test = isinstance(node, tree.Assign) and path_of(getattr(node.target, "object", None)) == "tests"
    return "an assertion" if is_test else ""


def path_of(node: Any) -> str:
    """`pm.environment.set` for the member that is written so; empty for anything else."""
    if isinstance(node, tree.Name):
        return node.name
    if isinstance(node, tree.Member) and isinstance(node.name, tree.Literal):
        inner = path_of(node.object)
        return f"{inner}.{node.name.value}" if inner else ""
    return ""
