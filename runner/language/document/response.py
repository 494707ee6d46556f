"""Captures and assertions: expressions over the response, and the ways in which YAML cuts them in two."""

from __future__ import annotations

from runner.diagnostics import Span
from runner.language import template
from runner.language.document.auth import AuthReader
from runner.language.document.reader import Key, Table
from runner.language.document.words import boolean_hint, is_cut
from runner.language.model import (
    Assertion,
    Capture,
    Expression,
    Template,
)
from runner.language.syntax import QUOTE_ALL, Node, Scalar, Sequence
from runner.language.syntax import Mapping as MappingNode


class ResponseReader(AuthReader):
    """Reads `capture` and `assert`."""

    def captures(self, node: Node, key: str) -> tuple[Capture, ...]:
        if not isinstance(node, MappingNode):
            self.wrong_type(node, key, "a mapping of names to expressions")
            return ()
        captures = []
        for name, value in node.entries:
            self.check_name(name, "a capture")
            capture = self.capture(name, value)
            if capture is not None:
                captures.append(capture)
        return tuple(captures)

    def capture(self, name: Scalar, node: Node) -> Capture | None:
        if not isinstance(node, MappingNode):
            source = self.response_expression(node, name.text)
            return Capture(name.text, source, span=self.span(name)) if source else None
        fields = self.mapping(node, CAPTURE, f"capture '{name.text}'")
        if "from" not in fields.keys:
            self.fault(name, f"capture '{name.text}' has no 'from'", "the expression to take the value with")
        if fields.values.get("source") is None:
            return None
        return Capture(name=name.text, span=self.span(name), **fields.values)

    def boolean(self, node: Node, key: str) -> bool:
        if isinstance(node, Scalar) and isinstance(node.value, bool):
            return node.value
        self.wrong_type(node, key, "true or false", boolean_hint(node))
        return False

    def assertions(self, node: Node, key: str) -> tuple[Assertion, ...]:
        if isinstance(node, Scalar):
            self.wrong_type(node, key, "a list", "start the line below with '- '")
            return ()
        items = node.items if isinstance(node, Sequence) else [node]
        if isinstance(node, Sequence) and node.flow and self.cut_flow(node):
            return ()
        return tuple(assertion for item in items for assertion in self.assertion(item))

    def cut_flow(self, node: Sequence) -> bool:
        """`[contains(a, b)]` or `[a == 'b, c']` without quotes is two items to YAML: both are cut."""
        for item in node.items[:-1]:
            if isinstance(item, Scalar) and is_cut(item):
                self.fault(node, "YAML cuts this expression at the comma", QUOTE_ALL)
                return True
        return False

    def assertion(self, node: Node) -> list[Assertion]:
        if isinstance(node, Sequence):
            hint = QUOTE_ALL if node.flow else "each '- ' is one assertion"
            self.fault(node, "an assertion is text or a mapping, not a list", hint)
            return []
        if isinstance(node, Scalar):
            that = self.response_expression(node, "assert")
            return [Assertion(that, span=that.span)] if that else []
        if any(name.text == "that" for name, _ in node.entries):
            return self.long_assertion(node)
        return [found for name, value in node.entries for found in self.equation(name, value)]

    def equation(self, name: Scalar, node: Node) -> list[Assertion]:
        if self.cut_mapping(name, node):
            return []
        if name.text in ASSERTION:
            self.fault(name, f"'{name.text}' belongs to a 'that'", "write {that: …, " + name.text + ": …} as one item")
            return []
        self.compile(name, name.text)
        self.over_response.setdefault(name.text, []).append(self.span(name))
        expected = self.value(node, name.text)
        one_of = name.text == "status" and isinstance(expected, (list, Template))
        if name.text == "status":
            self.check_status(node)
        span = self.span(name)
        return [Assertion(Expression(name.text, span), expected, one_of=one_of, span=span)]

    def check_status(self, node: Node) -> None:
        for item in node.items if isinstance(node, Sequence) else [node]:
            if isinstance(item, Scalar) and template.is_template(item.text):
                continue
            if not isinstance(item, Scalar) or isinstance(item.value, bool) or not isinstance(item.value, int):
                hint = f"write {item.text} without quotes" if isinstance(item, Scalar) and item.text.isdigit() else ""
                self.wrong_type(item, "status", "a number such as 200, or a list of them", hint)

    def cut_mapping(self, name: Scalar, node: Node) -> bool:
        """`x == 'a: b'` without quotes is a key and a value to YAML: a quote stays open in the key."""
        if not is_cut(name):
            return False
        span = Span(self.source, name.start, max(node.end, name.end)).first_line()
        self.fault(span, "YAML cuts this expression at ': '", QUOTE_ALL)
        return True

    def long_assertion(self, node: MappingNode) -> list[Assertion]:
        fields = self.mapping(node, ASSERTION, "an assertion")
        that = fields.values.get("that")
        if "equals" in fields.keys and "includes" in fields.keys:
            self.fault(fields.keys["includes"], "an assertion has 'equals' or 'includes', not both")
        if that is None:
            return []
        return [Assertion(span=that.span, **fields.values)]


CAPTURE: Table = {
    "from": Key("source", ResponseReader.response_expression),
    "secret": Key("secret", ResponseReader.boolean),
    "default": Key("default", ResponseReader.value),
}

ASSERTION: Table = {
    "that": Key("that", ResponseReader.response_expression),
    "equals": Key("equals", ResponseReader.value),
    "includes": Key("includes", ResponseReader.value),
    "message": Key("message", ResponseReader.template),
}
