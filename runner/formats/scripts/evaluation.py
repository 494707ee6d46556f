"""Expressions of a script → values: what can be known now is, what the response knows becomes a term.

A table: type of a node → method. Nothing is run: an expression is read for what it would give. What is not understood
is Opaque, with the reason.
"""

from __future__ import annotations

from abc import abstractmethod
from typing import Any

from runner.formats.scripts import logic, structures, terms, tree
from runner.formats.scripts.arithmetic import arithmetic, comparison
from runner.formats.scripts.changes import CHANGING, root_of
from runner.formats.scripts.kinds import kind
from runner.formats.scripts.names import Names, readable
from runner.formats.scripts.terms import Const
from runner.formats.scripts.values import (
    Closure,
    Expression,
    Host,
    Obj,
    Opaque,
    TypeOf,
    UntranslatableError,
    Value,
    to_term,
)

_COMPARISONS = frozenset({"==", "===", "!=", "!==", "<", ">", "<=", ">="})


class Evaluator(Names):
    """Gives the values of expressions; how functions run is the machine's (`call_closure`)."""

    @abstractmethod
    def call_closure(self, closure: Closure, arguments: list[Value]) -> Value: ...

    @abstractmethod
    def call_method(self, owner: Value, name: str, arguments: list[Value], span: tree.Span) -> Value: ...

    @abstractmethod
    def call_host(self, host: Host, arguments: list[Value], span: tree.Span) -> Value: ...

    @abstractmethod
    def change_in_place(self, owner: Value, name: str, arguments: list[Value]) -> tuple[Value, Value]: ...

    # --- expressions

    def evaluate(self, node: Any) -> Value:
        """The value of an expression."""
        method = _METHODS.get(type(node))
        return method(self, node) if method else Opaque(f"it holds {getattr(node, 'kind', 'something')} of JavaScript")

    def _literal(self, node: tree.Literal) -> Value:
        return Const(node.value)

    def _regex(self, node: tree.Regex) -> Value:
        return Expression(node.pattern, node.flags)

    def _name(self, node: tree.Name) -> Value:
        return self.look_up(node.name)

    def _template(self, node: tree.Template) -> Value:
        parts = [Const(part) if isinstance(part, str) else self.evaluate(part) for part in node.parts]
        try:
            return structures.join(map(to_term, parts))
        except UntranslatableError as error:
            return Opaque(str(error))

    def _array(self, node: tree.Array) -> Value:
        items: list[Value] = []
        for item in node.items:
            if isinstance(item, tree.Spread):
                spread = self.evaluate(item.value)
                known = self.known_items(spread)
                if known is None:
                    return Opaque("a list is spread whose items only the response knows")
                items += known
            else:
                items.append(self.evaluate(item))
        return Obj(len(self.conditions), items=items)

    def _object(self, node: tree.Object) -> Value:
        entries: dict[str, Value] = {}
        for key, value in node.entries:
            found = self.evaluate(value)
            if key is None:
                known = self.known_entries(found)
                if known is None:
                    return Opaque("an object is spread whose keys only the response knows")
                entries |= known
                continue
            name = self.evaluate(key)
            if not isinstance(name, Const):
                return Opaque("an object has a key that is computed")
            entries[structures.text_of(name.value)] = found
        return Obj(len(self.conditions), entries=entries)

    def _function(self, node: tree.Function) -> Value:
        return Closure(node, self.scope)

    def _member(self, node: tree.Member) -> Value:
        owner = self.evaluate(node.object)
        return self.member(owner, self.evaluate(node.name), node.span)

    # --- operators

    def _unary(self, node: tree.Unary) -> Value:
        value = self.evaluate(node.operand)
        if isinstance(value, Opaque):
            return value
        if node.operator == "typeof":
            return _type_of(value)
        if node.operator == "void":
            return Const(None)
        if node.operator == "!":
            return self.negated(value)
        if node.operator == "-":
            return arithmetic("-", Const(0), value) if not isinstance(value, Const) else _minus(value)
        if node.operator == "+":
            return self.call_host(Host("Number"), [value], node.span)
        return Opaque(f"it holds the operator {node.operator}")

    def _binary(self, node: tree.Binary) -> Value:
        if node.operator in ("&&", "||", "??"):
            return self._logical(node)
        left, right = self.evaluate(node.left), self.evaluate(node.right)
        if node.operator == ",":
            return right
        if node.operator in _COMPARISONS:
            return comparison(node.operator, left, right)
        if node.operator == "in":
            return self.call_method(right, "hasOwnProperty", [left], node.span)
        if node.operator == "instanceof":
            return self._instance_of(left, right)
        return self.assumed(arithmetic(node.operator, left, right, self.dialect.texts))

    def _instance_of(self, left: Value, right: Value) -> Value:
        words = {"Array": "array", "Object": "object", "String": "string"}
        wanted = words.get(right.path) if isinstance(right, Host) else None
        if wanted is None or not isinstance(left, terms.TERMS):
            return Opaque("it asks for a class of JavaScript")
        return logic.compare("==", terms.call("type", left), Const(wanted))

    def _logical(self, node: tree.Binary) -> Value:
        left = self.evaluate(node.left)
        try:
            test = logic.compare("!=", to_term(left), terms.NULL) if node.operator == "??" else self.truth_of(left)
        except UntranslatableError as error:
            return Opaque(str(error))
        if isinstance(test, Const):
            return self.evaluate(node.right) if test.value is (node.operator == "&&") else left
        with self.under(test if node.operator == "&&" else logic.negate(test)) as possible:
            right = self.evaluate(node.right) if possible else left
        try:
            return readable(_combined(node.operator, test, to_term(left), structures.folded(to_term(right))))
        except UntranslatableError as error:
            return Opaque(str(error))

    def _choice(self, node: tree.Choice) -> Value:
        test = self.condition(node.test)
        if isinstance(test, Opaque):
            return test
        if isinstance(test, Const):
            return self.evaluate(node.yes if test.value else node.no)
        with self.under(test) as possible:
            yes = self.evaluate(node.yes) if possible else Const(None)
        with self.under(logic.negate(test)) as possible:
            no = self.evaluate(node.no) if possible else Const(None)
        try:
            return readable(logic.choice(test, to_term(yes), to_term(no)))
        except UntranslatableError as error:
            return Opaque(str(error))

    def condition(self, node: Any) -> Any:
        """What an `if` asks for, as a term that is true or false; Opaque where that cannot be said."""
        value = self.evaluate(node)
        try:
            test = self.truth_of(value)
        except UntranslatableError as error:
            return Opaque(str(error))
        if test in self.conditions:
            return terms.TRUE
        return terms.FALSE if logic.negate(test) in self.conditions else test

    # --- calls

    def _call(self, node: tree.Call) -> Value:
        if isinstance(node.callee, tree.Member):
            owner = self.assumed(self.evaluate(node.callee.object))
            name = self.evaluate(node.callee.name)
            if isinstance(owner, Opaque):
                return Opaque(owner.why)
            if isinstance(name, Const) and name.value in CHANGING and isinstance(owner, terms.TERMS):
                return self._change(node.callee.object, owner, str(name.value), self.arguments(node.arguments))
            if isinstance(name, Const):
                return self.call_method(owner, str(name.value), self.arguments(node.arguments), node.span)
            return Opaque("it calls a method whose name is computed")
        return self.call(self.evaluate(node.callee), self.arguments(node.arguments), node.span)

    def _change(self, place: Any, owner: Value, name: str, arguments: list[Value]) -> Value:
        """A list that only the run knows is changed in its place: the name has a new value."""
        changed, result = self.change_in_place(owner, name, arguments)
        if isinstance(place, tree.Name) and self.scope.home(place.name) is not None:
            self.assign(place.name, changed)
            self.change(owner, Opaque("it is changed under another name"))
        elif root_of(place):
            self.spoil(root_of(place), "a list in it is changed in its place")
        return result

    def arguments(self, nodes: tuple[Any, ...]) -> list[Value]:
        found: list[Value] = []
        for node in nodes:
            if isinstance(node, tree.Spread):
                found += self.known_items(self.evaluate(node.value)) or []
            else:
                found.append(self.evaluate(node))
        return found

    def call(self, callee: Value, arguments: list[Value], span: tree.Span) -> Value:
        """The value of a call."""
        if isinstance(callee, Closure):
            return self.call_closure(callee, arguments)
        if isinstance(callee, Host):
            return self.call_host(callee, arguments, span)
        return callee if isinstance(callee, Opaque) else Opaque("it calls something that is no function")

    def _new(self, node: tree.New) -> Value:
        callee = self.evaluate(node.callee)
        if isinstance(callee, Host):
            return self.call_host(Host(f"new {callee.path}"), self.arguments(node.arguments), node.span)
        return Opaque("it makes an object of a class")

    # --- assignments

    def _assign(self, node: tree.Assign) -> Value:
        value = self.evaluate(node.value)
        if node.operator in ("||", "&&", "??"):
            value = self._logical(tree.Binary(node.span, node.operator, node.target, node.value))
        elif node.operator:
            value = arithmetic(node.operator, self.evaluate(node.target), value, self.dialect.texts)
        self.assign_to(node.target, value, node.span)
        return value

    def assign_to(self, target: Any, value: Value, span: tree.Span) -> None:
        """Gives a value to a name, a member, or the names of a pattern."""
        if isinstance(target, tree.Name):
            self.assign(target.name, value)
        elif isinstance(target, tree.Member):
            owner = self.evaluate(target.object)
            self.set_member(owner, self.evaluate(target.name), value, span)
        else:
            self.bind(target, value, self.assign)

    def bind(self, target: Any, value: Value, give: Any = None) -> None:
        """Gives the names of a pattern their values; declares them unless `give` says otherwise."""
        give = give or self.declare
        if isinstance(target, tree.Name):
            give(target.name, value)
        elif isinstance(target, tree.Default):
            missing = value == Const(None)
            self.bind(target.target, self.evaluate(target.value) if missing else value, give)
        elif isinstance(target, tree.ObjectPattern):
            for name, inner, default in target.entries:
                part = self.member(value, Const(name), target.span)
                self.bind(inner, self.evaluate(default) if default and part == Const(None) else part, give)
        elif isinstance(target, tree.ArrayPattern):
            for place, inner in enumerate(target.items):
                if inner is not None:
                    self.bind(inner, self.member(value, Const(place), target.span), give)


def _minus(value: Const) -> Value:
    number = value.value
    return Const(-number) if isinstance(number, (int, float)) else Opaque("it is the negative of a text")


def _type_of(value: Value) -> Value:
    if isinstance(value, Const):
        word = kind(value) or "undefined"
        return Const("object" if word == "array" else word)
    if isinstance(value, Closure):
        return Const("function")
    if isinstance(value, Obj):
        return Const("object")
    return TypeOf(value) if isinstance(value, terms.TERMS) else Opaque("its type is not known")


def _combined(operator: str, test: Any, left: Any, right: Any) -> Any:
    """`left && right` and its kin as a value."""
    if operator == "&&":
        if kind(left) == "boolean" and kind(right) == "boolean":
            return logic.both(left, right)
        return logic.choice(test, right, left if kind(left) == "boolean" else terms.NULL)
    if kind(left) == "boolean" and kind(right) == "boolean":
        return logic.either(left, right)
    if right == Const({}) and operator == "||":
        return left  # what is missing has no parts, with and without it
    return terms.Either(left, right) if _agree(left, right) else logic.choice(test, left, right)


def _agree(left: Any, right: Any) -> bool:
    """Whether JMESPath's `||` chooses as JavaScript's does: of texts, and where the other way gives the same."""
    return kind(left) == "string" or kind(right) == "string" or right in (Const([]), Const({}))


_METHODS: dict[type, Any] = {
    tree.Literal: Evaluator._literal,
    tree.Regex: Evaluator._regex,
    tree.Name: Evaluator._name,
    tree.Template: Evaluator._template,
    tree.Array: Evaluator._array,
    tree.Object: Evaluator._object,
    tree.Function: Evaluator._function,
    tree.Member: Evaluator._member,
    tree.Unary: Evaluator._unary,
    tree.Binary: Evaluator._binary,
    tree.Choice: Evaluator._choice,
    tree.Call: Evaluator._call,
    tree.New: Evaluator._new,
    tree.Assign: Evaluator._assign,
}
