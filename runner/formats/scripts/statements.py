"""Statements of a script: conditions, functions, `try`, `switch`; loops stand in `loops`.

A `return` under a condition leaves the rest of its function under the opposite one.
"""

from __future__ import annotations

from abc import abstractmethod
from typing import Any

from runner.formats.scripts import logic, terms, tree
from runner.formats.scripts.changes import changes_in
from runner.formats.scripts.evaluation import Evaluator
from runner.formats.scripts.frames import Frame, Leaving, Scope
from runner.formats.scripts.terms import FALSE, NULL, TRUE, Const
from runner.formats.scripts.values import Closure, Opaque, UntranslatableError, Value, to_term

#: Calls within calls.
_DEEPEST = 30


class Statements(Evaluator):
    """Runs statements for their effects."""

    @abstractmethod
    def loop(self, node: tree.For | tree.ForEach) -> None: ...

    def run(self, node: Any) -> None:
        """One statement."""
        if node is None:
            return
        method = _STATEMENTS.get(type(node))
        if method is not None:
            method(self, node)
        elif isinstance(node, tree.Other):
            self.lose(node.span, f"a statement ({node.kind.replace('_', ' ')})", "it is not understood")
        else:
            self.evaluate(node)

    def run_all(self, nodes: tuple[Any, ...]) -> None:
        """Statements in turn; what follows a conditional `return` or `break` runs under its opposite."""
        depth = len(self.conditions)
        try:
            self._hoist(nodes)
            for place, node in enumerate(nodes):
                if self._lost_its_way():
                    self._give_up(nodes[place:])
                    break
                if not self._goes_on():
                    break
                self.run(node)
        finally:
            del self.conditions[depth:]

    def _hoist(self, nodes: tuple[Any, ...]) -> None:
        for node in nodes:
            if isinstance(node, tree.Declare) and isinstance(node.value, tree.Function) and node.value.name:
                self.declare(node.value.name, Closure(node.value, self.scope))

    def _lost_its_way(self) -> str:
        """Why it cannot be said whether the statement here is reached; empty where it can."""
        return self.frames[-1].unknown or (self.leavings[-1].unknown if self.leavings else "")

    def _give_up(self, nodes: tuple[Any, ...]) -> None:
        """What follows a `return` or `break` of which only the run knows whether it is met."""
        why = self._lost_its_way()
        self.lose_effects(nodes, why)
        self._forget(nodes, why)

    def _goes_on(self) -> bool:
        """Whether the statement here is reached at all; puts on the stack under which condition."""
        for left in (self.frames[-1].returned, self.leavings[-1].left if self.leavings else FALSE):
            if left == TRUE:
                return False
            if left != FALSE and logic.negate(left) not in self.conditions and not self.assume(logic.negate(left)):
                return False
        return True

    # --- simple ones

    def _declare(self, node: tree.Declare) -> None:
        if isinstance(node.value, tree.Function) and node.value.name:
            return
        value = self.evaluate(node.value) if node.value is not None else Const(None)
        self.bind(node.target, value)

    def _evaluate(self, node: tree.Evaluate) -> None:
        value = self.evaluate(node.value)
        if isinstance(value, Opaque) and isinstance(node.value, tree.Call):
            self.lose(node.span, f"a call of {_shown(self.script, node.value)}", value.why)

    def _block(self, node: tree.Block) -> None:
        outer, self.scope = self.scope, Scope(self.scope)
        try:
            self.run_all(node.body)
        finally:
            self.scope = outer

    def _if(self, node: tree.If) -> None:
        test = self.condition(node.test)
        if isinstance(test, Opaque):
            self.lose_inside(node, test.why)
            return
        for condition, branch in ((test, node.yes), (logic.negate(test), node.no)):
            with self.under(condition) as possible:
                if possible and branch is not None:
                    self.run(branch)

    def lose_inside(self, node: Any, why: str) -> None:
        """Everything in a part that cannot be read: nothing of it may be taken for unconditional."""
        before = len(self.losses)
        self.lose_effects(node, why)
        self._forget(node, why)
        for kind in _leaves(node, frozenset()):
            if kind in ("return", "throw"):
                self.frames[-1].unknown = why
            elif self.leavings:
                self.leavings[-1].unknown = why
        if len(self.losses) == before:
            self.lose(node.span, "a part of the script", why)

    def _forget(self, node: Any, why: str, seen: frozenset[str] = frozenset()) -> None:
        """The names that a part gives new values, or the functions that it calls, hold what cannot be known."""
        changes = changes_in(node)
        for name in changes.assigned:
            if self.scope.home(name) is not None:
                self.assign(name, Opaque(why))
        for name in changes.changed:
            self.spoil(name, why)
        for name in changes.called.keys() - seen:
            function = self.look_up(name)
            if isinstance(function, Closure):
                self._forget(function.function.body, why, seen | {name})

    @abstractmethod
    def lose_effects(self, node: Any, why: str) -> None: ...

    def _leave(self, node: tree.Leave) -> None:
        frame = self.frames[-1]
        if node.kind == "throw":
            self._throw(node)
        if node.kind in ("return", "throw"):
            condition = self.since(frame.base)
            value = self.evaluate(node.value) if node.kind == "return" and node.value is not None else Const(None)
            frame.results.append((condition, value))
            if self.turns and self.turns[-1].frame is frame:
                self.turns[-1].returned.append((self.since(self.turns[-1].base), value))
                self._leave_turn(self.turns[-1].leaving)
                return
            frame.returned = logic.either(frame.returned, condition)
        elif self.leavings:
            self._leave_turn(self.leavings[-1], broken=node.kind == "break")

    def _leave_turn(self, leaving: Leaving, *, broken: bool = True) -> None:
        leaving.left = logic.either(leaving.left, self.since(leaving.base))
        leaving.broken = leaving.broken or broken

    def _throw(self, node: tree.Leave) -> None:
        """An error fails the test that it is thrown in, or the script."""
        self.check(FALSE, node.span)

    # --- functions

    def call_closure(self, closure: Closure, arguments: list[Value]) -> Value:
        if len(self.frames) > _DEEPEST:
            return Opaque("its functions call one another without end")
        function = closure.function
        outer, self.scope = self.scope, Scope(closure.scope)
        self.frames.append(Frame(len(self.conditions)))
        leavings, self.leavings = self.leavings, []
        try:
            for place, parameter in enumerate(function.parameters):
                self.bind(parameter, arguments[place] if place < len(arguments) else Const(None))
            if isinstance(function.body, tree.Block):
                self.run_all(function.body.body)
                return self._result(self.frames[-1])
            return self.evaluate(function.body)
        finally:
            self.frames.pop()
            self.scope, self.leavings = outer, leavings

    def _result(self, frame: Frame) -> Value:
        if frame.unknown:
            return Opaque(frame.unknown)
        if not frame.results:
            return NULL
        if frame.results[0][0] == TRUE:
            return frame.results[0][1]
        value: Any = NULL
        returned: Any = FALSE
        cases: list[tuple[Any, Value]] = []
        for condition, result in frame.results:
            cases.append((logic.without(condition, logic.negate(returned)), result))
            returned = logic.either(returned, condition)
        try:
            for condition, result in reversed(cases):
                value = logic.choice(condition, to_term(result), value)
        except UntranslatableError as error:
            return Opaque(str(error))
        return value

    # --- try and switch

    def _try(self, node: tree.Try) -> None:
        self.run(node.body)
        if node.handler is not None:
            self._handler(node)
        self.run(node.finally_)

    def _handler(self, node: tree.Try) -> None:
        """What a `catch` does is done where the body is no JSON, if that is what was tried; else never."""
        parsed = _parses(node.body)
        failed = logic.compare("==", terms.Doc("body", self.exchange or 0), NULL) if parsed else FALSE
        if self.exchange is None or not parsed:
            self.skip_effects(node.handler)
            return
        with self.under(failed) as possible:
            if possible:
                outer, self.scope = self.scope, Scope(self.scope)
                self.bind(node.parameter, Opaque("it is an error of JavaScript"))
                self.run(node.handler)
                self.scope = outer

    @abstractmethod
    def skip_effects(self, node: Any) -> None: ...

    def _switch(self, node: tree.Switch) -> None:
        subject = self.evaluate(node.value)
        entered: Any = FALSE
        met: Any = FALSE  # by a case so far
        for place, (test, body) in enumerate(node.cases):
            condition = logic.negate(met) if test is None else self._case(subject, self.evaluate(test))
            if test is None and place < len(node.cases) - 1:
                condition = Opaque("it is a switch whose default is not its last case")
            if isinstance(condition, Opaque):
                rest = tuple(each for _, statements in node.cases[place:] for each in statements)
                self.lose_inside(tree.Block(node.span, rest), condition.why)
                return
            entered = logic.either(entered, condition)
            met = logic.either(met, condition)
            with self.under(entered) as possible:
                if possible:
                    self.run_all(tuple(each for each in body if not _ends(each, "break")))
            if any(_ends(each, "break", "return") for each in body):
                if entered == TRUE:
                    return
                entered = FALSE

    def _case(self, subject: Value, test: Value) -> Any:
        try:
            return logic.compare("==", to_term(subject), to_term(test))
        except UntranslatableError as error:
            return Opaque(str(error))


def _ends(node: Any, *words: str) -> bool:
    """Whether a statement of a case leaves it for sure."""
    if isinstance(node, tree.Block):
        return any(_ends(each, *words) for each in node.body)
    return isinstance(node, tree.Leave) and node.kind in words


def _shown(script: tree.Script, node: tree.Call) -> str:
    text = " ".join(script.source(node.callee.span).split())
    return f"{text[:57]}…()" if len(text) > 60 else f"{text}()"


def _parses(node: Any) -> bool:
    """Whether a part of the script reads JSON."""
    if isinstance(node, tree.Call) and isinstance(node.callee, tree.Member):
        name = node.callee.name
        if isinstance(name, tree.Literal) and name.value in ("json", "parse"):
            return True
    return isinstance(node, tuple) and any(map(_parses, node))


def _leaves(node: Any, kept: frozenset[str]) -> set[str]:
    """How a part of a script may leave what it stands in; `kept` are the words that a loop in it takes for its own."""
    if isinstance(node, tree.Function):
        return set()
    if isinstance(node, tree.Leave):
        return {node.kind} - kept
    if isinstance(node, (tree.For, tree.ForEach)):
        kept = kept | {"break", "continue"}
    elif isinstance(node, tree.Switch):
        kept = kept | {"break"}
    found: set[str] = set()
    if isinstance(node, tuple) and not isinstance(node, tree.Span):
        for part in node:
            found |= _leaves(part, kept)
    return found


_STATEMENTS: dict[type, Any] = {
    tree.Declare: Statements._declare,
    tree.Evaluate: Statements._evaluate,
    tree.Block: Statements._block,
    tree.If: Statements._if,
    tree.Leave: Statements._leave,
    tree.Try: Statements._try,
    tree.Switch: Statements._switch,
    tree.For: lambda machine, node: machine.loop(node),
    tree.ForEach: lambda machine, node: machine.loop(node),
}
