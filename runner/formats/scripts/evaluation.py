"""Expressions of a script → values: what can be known now is, what the response knows becomes a term.

Nothing is run: an expression is read for what it would give. What is not understood is Opaque, with the reason.
"""

from __future__ import annotations

from typing import Any

from runner.formats.scripts import logic, structures, terms, tree
from runner.formats.scripts.arithmetic import arithmetic, comparison
from runner.formats.scripts.kinds import kind
from runner.formats.scripts.state import State
from runner.formats.scripts.terms import Const, Element
from runner.formats.scripts.values import (
    Carried,
    Closure,
    Conditional,
    Date,
    Entries,
    Expression,
    Host,
    Key,
    Obj,
    Opaque,
    TypeOf,
    UntranslatableError,
    Value,
    from_json,
    to_term,
)

#: A list of which one element is chosen at run time has no more than these.
_MOST_CHOICES = 30
_COMPARISONS = frozenset({"==", "===", "!=", "!==", "<", ">", "<=", ">="})


class Evaluator(State):
    """Gives the values of expressions; how functions run is the machine's (`call_closure`)."""

    def call_closure(self, closure: Closure, arguments: list[Value]) -> Value:
        raise NotImplementedError

    def host_property(self, host: Host, name: str, span: tree.Span) -> Value:
        raise NotImplementedError

    def call_method(self, owner: Value, name: str, arguments: list[Value], span: tree.Span) -> Value:
        raise NotImplementedError

    def call_host(self, host: Host, arguments: list[Value], span: tree.Span) -> Value:
        raise NotImplementedError

    def property_of(self, owner: Value, name: str, span: tree.Span) -> Value | None:
        raise NotImplementedError

    def global_name(self, name: str) -> Value:
        raise NotImplementedError

    # --- names

    def look_up(self, name: str) -> Value:
        home = self.scope.home(name)
        if home is None:
            return self.global_name(name)
        return self.assumed(home.names[name][0])

    def declare(self, name: str, value: Value) -> None:
        self.scope.names[name] = value, len(self.conditions)

    def assign(self, name: str, value: Value) -> None:
        """Gives a new value to a name: under conditions that came after its declaration, both are possible."""
        home = self.scope.home(name)
        if home is None:
            scope = self.scope
            while scope.outer is not None:
                scope = scope.outer
            scope.names[name] = self._either_of(value, Const(None), 0), 0
            return
        old, level = home.names[name]
        base = max([level, *(turn.base for turn in self.turns if turn.base >= level)])
        home.names[name] = self._either_of(value, old, base), level

    def _either_of(self, value: Value, old: Value, base: int) -> Value:
        condition = self.since(base)
        if condition == terms.TRUE:
            return value
        if isinstance(old, Carried):
            return Conditional(condition, value, old)
        try:
            return _readable(logic.choice(condition, to_term(value), _old_term(old)))
        except UntranslatableError as error:
            return Opaque(str(error))

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

    def known_items(self, value: Value) -> list[Value] | None:
        """The items of a list that is known; None of another."""
        if isinstance(value, Obj) and value.items is not None and not value.why:
            return value.items
        if isinstance(value, Const) and isinstance(value.value, (list, str)):
            return [Const(item) for item in value.value]
        if isinstance(value, terms.ListOf):
            return list(value.items)
        return None

    def known_entries(self, value: Value) -> dict[str, Value] | None:
        """The entries of an object that is known; None of another."""
        if isinstance(value, Obj) and value.entries is not None and not value.why:
            return value.entries
        if isinstance(value, Const) and isinstance(value.value, dict):
            return {name: from_json(item, len(self.conditions)) for name, item in value.value.items()}
        if isinstance(value, terms.DictOf):
            return dict(value.entries)
        return {} if value == Const(None) else None

    def _function(self, node: tree.Function) -> Value:
        return Closure(node, self.scope)

    def _member(self, node: tree.Member) -> Value:
        owner = self.evaluate(node.object)
        return self.member(owner, self.evaluate(node.name), node.span)

    def member(self, owner: Value, name: Value, span: tree.Span) -> Value:
        """`owner.name` and `owner[name]`."""
        owner = self.assumed(owner)
        if isinstance(name, Key):
            return Element(name.loop) if _same_list(owner, name.items) else Opaque("it takes elements of two lists")
        if not isinstance(name, Const):
            return self._one_of(owner, name)
        if isinstance(owner, Opaque):
            return owner
        text = structures.text_of(name.value)
        found = self.property_of(owner, text, span)
        if found is not None:
            return found
        return self._part(owner, name.value, text)

    def _one_of(self, owner: Value, name: Value) -> Value:
        """`list[n]` of a list that is known, with a place that is computed."""
        items = self.known_items(owner)
        if items and len(items) <= _MOST_CHOICES and kind(name) == "number":
            try:
                chosen = to_term(items[-1])
                for place, item in reversed(list(enumerate(items[:-1]))):
                    chosen = logic.choice(logic.compare("==", name, Const(place)), to_term(item), chosen)
                return chosen
            except UntranslatableError as error:
                return Opaque(str(error))
        return Opaque("it looks at a key that is computed")

    def _part(self, owner: Value, name: Any, text: str) -> Value:
        if isinstance(owner, Obj):
            if owner.why:
                return Opaque(owner.why)
            if owner.items is None:
                return (owner.entries or {}).get(text, Const(None))
        items = self.known_items(owner)
        if items is not None:
            return items[int(text)] if text.isdigit() and int(text) < len(items) else Const(None)
        if isinstance(owner, Entries) and owner.what == "keys":
            return structures.index(to_term(owner), int(text)) if text.isdigit() else Opaque(f"keys have no '{text}'")
        if not isinstance(owner, terms.TERMS):
            return Opaque(f"'{text}' of it is not known")
        if isinstance(name, (int, float)) or (text.isdigit() and not isinstance(owner, terms.DictOf)):
            return structures.index(owner, int(name))
        return structures.field(owner, text)

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

    def truth_of(self, value: Value) -> Any:
        """Whether JavaScript takes a value for true.

        Raises:
            UntranslatableError: that cannot be said.
        """
        if isinstance(value, (Closure, Host, Date, Expression)) or (isinstance(value, Obj) and not value.why):
            return terms.TRUE
        return logic.truth(to_term(value))

    def negated(self, value: Value) -> Value:
        try:
            return logic.negate(self.truth_of(value))
        except UntranslatableError as error:
            return Opaque(str(error))

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
        return arithmetic(node.operator, left, right)

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
            return _readable(_combined(node.operator, test, to_term(left), structures.folded(to_term(right))))
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
            return _readable(logic.choice(test, to_term(yes), to_term(no)))
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
            if isinstance(name, Const):
                return self.call_method(owner, str(name.value), self.arguments(node.arguments), node.span)
            return Opaque("it calls a method whose name is computed")
        return self.call(self.evaluate(node.callee), self.arguments(node.arguments), node.span)

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

    def _assign(self, node: tree.Assign) -> Value:
        value = self.evaluate(node.value)
        if node.operator in ("||", "&&", "??"):
            value = self._logical(tree.Binary(node.span, node.operator, node.target, node.value))
        elif node.operator:
            value = arithmetic(node.operator, self.evaluate(node.target), value)
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

    def set_member(self, owner: Value, name: Value, value: Value, span: tree.Span) -> None:
        if not isinstance(owner, Obj):
            return
        if not isinstance(name, Const):
            owner.why = "one of its keys is computed"
        elif self.since(owner.level) != terms.TRUE or self.turns:
            owner.why = "it changes under a condition"
        elif owner.entries is not None:
            owner.entries[structures.text_of(name.value)] = value
        elif owner.items is not None and isinstance(name.value, int) and name.value <= len(owner.items):
            owner.items[name.value : name.value + 1] = [value]

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


def _readable(term: Any) -> Value:
    return Opaque("the expression would be too long to read") if terms.is_long(term) else term


def _old_term(old: Value) -> Any:
    return terms.NULL if isinstance(old, Opaque) else to_term(old)


def _same_list(owner: Value, items: Any) -> bool:
    try:
        return bool(to_term(owner) == items)
    except UntranslatableError:
        return False


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
