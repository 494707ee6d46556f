"""Expressions of JavaScript, and patterns that take values apart → nodes.

Two tables: type of the parser's node → function. What a function's body holds is `statements`' matter.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import reduce
from typing import Any

from runner.formats.scripts import tree
from runner.formats.scripts.syntax.literals import key_of
from runner.formats.scripts.syntax.parsed import Parsed, field_of, parts_of, span_of, text_of
from runner.formats.scripts.syntax.reader import Make, Reader


def _array(reader: Reader, node: Parsed) -> Any:
    return tree.Array(span_of(node), tuple(map(reader.made, parts_of(node))))


def _object(reader: Reader, node: Parsed) -> Any:
    return tree.Object(span_of(node), tuple(_object_entry(reader, child) for child in parts_of(node)))


def _object_entry(reader: Reader, node: Parsed) -> tuple[Any, Any]:
    if node.type == "pair":
        key = field_of(node, "key")
        return (key_of(reader, key) if key else tree.Other(span_of(node), "pair")), reader.made(field_of(node, "value"))
    if node.type == "shorthand_property_identifier":
        return tree.Literal(span_of(node), text_of(node)), tree.Name(span_of(node), text_of(node))
    if node.type == "spread_element":
        inner = parts_of(node)
        return None, reader.made(inner[0]) if inner else tree.Other(span_of(node), node.type)
    if node.type == "method_definition" and (name := field_of(node, "name")):
        return key_of(reader, name), function_of(reader, node)
    return tree.Other(span_of(node), node.type), tree.Other(span_of(node), node.type)


def function_of(reader: Reader, node: Parsed) -> Any:
    """A function, however it is written."""
    single = field_of(node, "parameter")
    given = field_of(node, "parameters")
    parameters = [single] if single else parts_of(given) if given else []
    body = field_of(node, "body")
    name = field_of(node, "name")
    return tree.Function(span_of(node), tuple(map(reader.pattern, parameters)), reader.made(body), text_of(name))


def _member(reader: Reader, node: Parsed) -> Any:
    name = field_of(node, "property")
    return tree.Member(
        span_of(node), reader.made(field_of(node, "object")), tree.Literal(span_of(name or node), text_of(name))
    )


def _subscript(reader: Reader, node: Parsed) -> Any:
    return tree.Member(span_of(node), reader.made(field_of(node, "object")), reader.made(field_of(node, "index")))


def _call(reader: Reader, node: Parsed) -> Any:
    given = field_of(node, "arguments")
    callee = reader.made(field_of(node, "function"))
    if given is not None and given.type == "template_string":
        return tree.Other(span_of(node), "tagged template")
    return tree.Call(span_of(node), callee, tuple(map(reader.made, parts_of(given))) if given else ())


def _new(reader: Reader, node: Parsed) -> Any:
    given = field_of(node, "arguments")
    arguments = tuple(map(reader.made, parts_of(given))) if given else ()
    return tree.New(span_of(node), reader.made(field_of(node, "constructor")), arguments)


def _unary(reader: Reader, node: Parsed) -> Any:
    return tree.Unary(span_of(node), text_of(field_of(node, "operator")), reader.made(field_of(node, "argument")))


def _update(reader: Reader, node: Parsed) -> Any:
    one = tree.Literal(span_of(node), 1)
    return tree.Assign(
        span_of(node), text_of(field_of(node, "operator"))[:1], reader.made(field_of(node, "argument")), one
    )


def _binary(reader: Reader, node: Parsed) -> Any:
    left, right = reader.made(field_of(node, "left")), reader.made(field_of(node, "right"))
    return tree.Binary(span_of(node), text_of(field_of(node, "operator")), left, right)


def _choice(reader: Reader, node: Parsed) -> Any:
    test, yes, no = (reader.made(field_of(node, name)) for name in ("condition", "consequence", "alternative"))
    return tree.Choice(span_of(node), test, yes, no)


def _assign(reader: Reader, node: Parsed) -> Any:
    left = field_of(node, "left")
    pattern = left is not None and left.type in ("object_pattern", "array_pattern")
    operator = text_of(field_of(node, "operator")).removesuffix("=")
    target = reader.pattern(left) if pattern else reader.made(left)
    return tree.Assign(span_of(node), operator, target, reader.made(field_of(node, "right")))


def _inner(reader: Reader, node: Parsed) -> Any:
    """What stands in parentheses, or after `await`."""
    inner = parts_of(node)
    return reader.made(inner[0]) if len(inner) == 1 else tree.Other(span_of(node), node.type)


def _spread(reader: Reader, node: Parsed) -> Any:
    return tree.Spread(span_of(node), _inner(reader, node))


def _sequence(reader: Reader, node: Parsed) -> Any:
    first, *rest = map(reader.made, parts_of(node))
    return reduce(lambda left, right: tree.Binary(span_of(node), ",", left, right), rest, first)


EXPRESSIONS: Mapping[str, Make] = {
    "array": _array,
    "object": _object,
    "arrow_function": function_of,
    "function_expression": function_of,
    "generator_function": function_of,
    "member_expression": _member,
    "subscript_expression": _subscript,
    "call_expression": _call,
    "new_expression": _new,
    "unary_expression": _unary,
    "update_expression": _update,
    "binary_expression": _binary,
    "ternary_expression": _choice,
    "assignment_expression": _assign,
    "augmented_assignment_expression": _assign,
    "parenthesized_expression": _inner,
    "await_expression": _inner,
    "spread_element": _spread,
    "sequence_expression": _sequence,
}


# --- patterns ------------------------------------------------------------------------------------------------------


def _object_pattern(reader: Reader, node: Parsed) -> Any:
    return tree.ObjectPattern(
        span_of(node), tuple(entry for child in parts_of(node) for entry in _pattern_entry(reader, child))
    )


def _pattern_entry(reader: Reader, node: Parsed) -> Iterator[tuple[str, Any, Any]]:
    if node.type == "shorthand_property_identifier_pattern":
        yield text_of(node), tree.Name(span_of(node), text_of(node)), None
    elif node.type == "object_assignment_pattern":
        left = field_of(node, "left")
        yield text_of(left), tree.Name(span_of(node), text_of(left)), reader.made(field_of(node, "right"))
    elif node.type == "pair_pattern":
        key, value = field_of(node, "key"), reader.pattern(field_of(node, "value"))
        name = key_of(reader, key) if key else None
        if isinstance(name, tree.Literal):
            yield str(name.value), value, None


def _array_pattern(reader: Reader, node: Parsed) -> Any:
    items: list[Any] = []
    last_was_comma = True
    for child in node.children:
        if child.type == ",":
            if last_was_comma:
                items.append(None)
            last_was_comma = True
        elif child.is_named and child.type != "comment":
            items.append(reader.pattern(child))
            last_was_comma = False
    return tree.ArrayPattern(span_of(node), tuple(items))


def _default(reader: Reader, node: Parsed) -> Any:
    return tree.Default(span_of(node), reader.pattern(field_of(node, "left")), reader.made(field_of(node, "right")))


PATTERNS: Mapping[str, Make] = {
    "object_pattern": _object_pattern,
    "array_pattern": _array_pattern,
    "assignment_pattern": _default,
}
