"""Statements of JavaScript → nodes; a declaration of several names is several.

A table: type of the parser's node → function.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from runner.formats.scripts import tree
from runner.formats.scripts.syntax.expressions import function_of
from runner.formats.scripts.syntax.parsed import Parsed, field_of, parts_of, span_of, text_of
from runner.formats.scripts.syntax.reader import Make, Reader


def statements_of(reader: Reader, node: Parsed) -> Iterator[Any]:
    """The statements that a node holds, in order."""
    for child in parts_of(node):
        if child.type in ("lexical_declaration", "variable_declaration"):
            yield from _declarations(reader, child)
        elif child.type != "empty_statement":
            yield reader.made(child)


def _declarations(reader: Reader, node: Parsed) -> Iterator[Any]:
    for child in parts_of(node):
        if child.type == "variable_declarator":
            value = field_of(child, "value")
            yield tree.Declare(span_of(child), reader.pattern(field_of(child, "name")), reader.made(value))


def _one_statement(reader: Reader, node: Parsed | None) -> Any:
    """A statement; several declarations in one are a block."""
    if node is None or node.type == "empty_statement":
        return None
    if node.type in ("lexical_declaration", "variable_declaration"):
        return tree.Block(span_of(node), tuple(_declarations(reader, node)))
    return reader.made(node)


def _evaluate(reader: Reader, node: Parsed) -> Any:
    inner = parts_of(node)
    return tree.Evaluate(span_of(node), reader.made(inner[0])) if inner else tree.Other(span_of(node), node.type)


def _block(reader: Reader, node: Parsed) -> Any:
    return tree.Block(span_of(node), tuple(statements_of(reader, node)))


def _declared_function(reader: Reader, node: Parsed) -> Any:
    function = function_of(reader, node)
    return tree.Declare(span_of(node), tree.Name(span_of(node), function.name), function)


def _if(reader: Reader, node: Parsed) -> Any:
    otherwise = field_of(node, "alternative")
    inner = parts_of(otherwise) if otherwise else []
    yes = _one_statement(reader, field_of(node, "consequence"))
    return tree.If(
        span_of(node),
        reader.made(field_of(node, "condition")),
        yes,
        _one_statement(reader, inner[0] if inner else None),
    )


def _for(reader: Reader, node: Parsed) -> Any:
    start = _one_statement(reader, field_of(node, "initializer"))
    test, step = field_of(node, "condition"), field_of(node, "increment")
    body = _one_statement(reader, field_of(node, "body"))
    made = reader.made(test)
    return tree.For(
        span_of(node), start, made.value if isinstance(made, tree.Evaluate) else made, reader.made(step), body
    )


def _while(reader: Reader, node: Parsed) -> Any:
    body = _one_statement(reader, field_of(node, "body"))
    return tree.For(span_of(node), None, reader.made(field_of(node, "condition")), None, body)


def _for_in(reader: Reader, node: Parsed) -> Any:
    kind = text_of(field_of(node, "operator"))
    target, values = reader.pattern(field_of(node, "left")), reader.made(field_of(node, "right"))
    return tree.ForEach(span_of(node), kind, target, values, _one_statement(reader, field_of(node, "body")))


def _leave(reader: Reader, node: Parsed) -> Any:
    inner = parts_of(node)
    return tree.Leave(span_of(node), node.type.removesuffix("_statement"), reader.made(inner[0]) if inner else None)


def _try(reader: Reader, node: Parsed) -> Any:
    handler, finally_ = field_of(node, "handler"), field_of(node, "finalizer")
    return tree.Try(
        span_of(node),
        reader.made(field_of(node, "body")),
        reader.pattern(field_of(handler, "parameter")) if handler else None,
        reader.made(field_of(handler, "body")) if handler else None,
        reader.made(field_of(finally_, "body")) if finally_ else None,
    )


def _switch(reader: Reader, node: Parsed) -> Any:
    body = field_of(node, "body")
    cases = tuple(_case(reader, child) for child in parts_of(body)) if body else ()
    return tree.Switch(span_of(node), reader.made(field_of(node, "value")), cases)


def _case(reader: Reader, node: Parsed) -> tuple[Any, tuple[Any, ...]]:
    value = field_of(node, "value")
    inner = [child for child in parts_of(node) if value is None or child.id != value.id]
    statements = [made for child in inner if (made := _one_statement(reader, child)) is not None]
    return (
        tree.Literal(span_of(node), None) if value is None and node.type == "switch_case" else reader.made(value)
    ), tuple(statements)


STATEMENTS: Mapping[str, Make] = {
    "expression_statement": _evaluate,
    "statement_block": _block,
    "function_declaration": _declared_function,
    "if_statement": _if,
    "for_statement": _for,
    "while_statement": _while,
    "for_in_statement": _for_in,
    "return_statement": _leave,
    "throw_statement": _leave,
    "break_statement": _leave,
    "continue_statement": _leave,
    "try_statement": _try,
    "switch_statement": _switch,
}
