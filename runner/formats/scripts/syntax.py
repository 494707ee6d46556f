"""JavaScript text → nodes, through tree-sitter, which reads what is right of a script that is broken in one place.

The only file that knows the parser: a table of its node types, each with the function that makes a node of ours.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import lru_cache, reduce
from typing import Any

import tree_sitter
import tree_sitter_javascript

from runner.formats.scripts import tree
from runner.formats.scripts.tree import Span
from runner.language.values import number

_DEEPEST = 200
Parsed = tree_sitter.Node


@lru_cache(maxsize=1)
def _parser() -> tree_sitter.Parser:
    return tree_sitter.Parser(tree_sitter.Language(tree_sitter_javascript.language()))


@lru_cache(maxsize=4096)
def parse(text: str) -> tree.Script:
    """The script of a text; what is no JavaScript in it is left out and its lines are named."""
    root = _parser().parse(text.encode("utf-8", "replace")).root_node
    if _is_deep(root):
        return tree.Script(text, (), (1,))
    broken = tuple(sorted(set(_broken(root)))) if root.has_error else ()
    return tree.Script(text, tuple(_statements(root)), broken)


def _is_deep(root: Parsed) -> bool:
    level = [root]
    for _ in range(_DEEPEST):
        level = [child for node in level for child in node.named_children]
        if not level:
            return False
    return True


def _broken(root: Parsed) -> Iterator[int]:
    waiting = [root]
    while waiting:
        node = waiting.pop()
        if node.is_error or node.is_missing:
            yield node.start_point[0] + 1
        elif node.has_error:
            waiting += node.children


def _span(node: Parsed) -> Span:
    return Span(node.start_byte, node.end_byte, node.start_point[0] + 1)


def _text(node: Parsed | None) -> str:
    return (node.text or b"").decode("utf-8", "replace") if node else ""


def _field(node: Parsed, name: str) -> Parsed | None:
    return node.child_by_field_name(name)


def _made(node: Parsed | None) -> Any:
    """The node of ours; None for none."""
    if node is None:
        return None
    make = _NODES.get(node.type)
    return make(node) if make else tree.Other(_span(node), node.type)


def _parts(node: Parsed) -> list[Parsed]:
    return [child for child in node.named_children if child.type not in ("comment", "html_comment")]


def _statements(node: Parsed) -> Iterator[Any]:
    for child in _parts(node):
        if child.type in ("lexical_declaration", "variable_declaration"):
            yield from _declarations(child)
        elif child.type != "empty_statement":
            yield _made(child)


def _declarations(node: Parsed) -> Iterator[Any]:
    for child in _parts(node):
        if child.type == "variable_declarator":
            value = _field(child, "value")
            yield tree.Declare(_span(child), _pattern(_field(child, "name")), _made(value))


def _one_statement(node: Parsed | None) -> Any:
    """A statement; several declarations in one are a block."""
    if node is None or node.type == "empty_statement":
        return None
    if node.type in ("lexical_declaration", "variable_declaration"):
        return tree.Block(_span(node), tuple(_declarations(node)))
    return _made(node)


# --- literals ------------------------------------------------------------------------------------------------------

_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "v": "\v", "0": "\0"}


def _unescaped(text: str) -> str:
    inner = text[1:]
    if inner[:1] in "xu":
        digits = re.sub(r"[^0-9A-Fa-f]", "", inner[1:])
        return chr(int(digits, 16)) if digits and int(digits, 16) < 0x110000 else inner
    if inner[:1] in "\r\n":
        return ""
    return _ESCAPES.get(inner, inner)


def _string(node: Parsed) -> Any:
    parts = (_unescaped(_text(c)) if c.type == "escape_sequence" else _text(c) for c in node.named_children)
    joined = "".join(parts)
    return tree.Literal(_span(node), joined.encode("utf-16", "surrogatepass").decode("utf-16", "replace"))


def _number(node: Parsed) -> Any:
    text = _text(node).replace("_", "")
    for prefix, base in (("0x", 16), ("0o", 8), ("0b", 2)):
        if text.lower().startswith(prefix):
            return tree.Literal(_span(node), int(text, base))
    text = text.removesuffix("n")
    text = f"0{text}" if text.startswith(".") else text
    value = number(text.removesuffix("."))
    return tree.Literal(_span(node), value) if value is not None else tree.Other(_span(node), "number")


def _template(node: Parsed) -> Any:
    parts: list[Any] = []
    for child in node.named_children:
        if child.type == "template_substitution":
            inner = _parts(child)
            parts.append(_made(inner[0]) if inner else tree.Other(_span(child), "template_substitution"))
        else:
            parts.append(_unescaped(_text(child)) if child.type == "escape_sequence" else _text(child))
    return tree.Template(_span(node), tuple(parts))


def _regex(node: Parsed) -> Any:
    return tree.Regex(_span(node), _text(_field(node, "pattern")), _text(_field(node, "flags")))


_CONSTANTS = {"true": True, "false": False, "null": None, "undefined": None}


def _constant(node: Parsed) -> Any:
    return tree.Literal(_span(node), _CONSTANTS[node.type])


def _name(node: Parsed) -> Any:
    text = _text(node)
    return tree.Literal(_span(node), None) if text == "undefined" else tree.Name(_span(node), text)


def _key(node: Parsed) -> Any:
    """The key of an object, or the name after a dot, as an expression."""
    if node.type == "computed_property_name":
        inner = _parts(node)
        return _made(inner[0]) if inner else tree.Other(_span(node), node.type)
    if node.type in ("string", "number"):
        made = _made(node)
        return tree.Literal(made.span, str(made.value)) if isinstance(made, tree.Literal) else made
    return tree.Literal(_span(node), _text(node))


# --- expressions ---------------------------------------------------------------------------------------------------


def _array(node: Parsed) -> Any:
    return tree.Array(_span(node), tuple(map(_made, _parts(node))))


def _object(node: Parsed) -> Any:
    return tree.Object(_span(node), tuple(map(_object_entry, _parts(node))))


def _object_entry(node: Parsed) -> tuple[Any, Any]:
    if node.type == "pair":
        key = _field(node, "key")
        return (_key(key) if key else tree.Other(_span(node), "pair")), _made(_field(node, "value"))
    if node.type == "shorthand_property_identifier":
        return tree.Literal(_span(node), _text(node)), tree.Name(_span(node), _text(node))
    if node.type == "spread_element":
        inner = _parts(node)
        return None, _made(inner[0]) if inner else tree.Other(_span(node), node.type)
    if node.type == "method_definition" and (name := _field(node, "name")):
        return _key(name), _function(node)
    return tree.Other(_span(node), node.type), tree.Other(_span(node), node.type)


def _function(node: Parsed) -> Any:
    single = _field(node, "parameter")
    given = _field(node, "parameters")
    parameters = [single] if single else _parts(given) if given else []
    body = _field(node, "body")
    name = _field(node, "name")
    return tree.Function(_span(node), tuple(map(_pattern, parameters)), _made(body), _text(name))


def _member(node: Parsed) -> Any:
    name = _field(node, "property")
    return tree.Member(_span(node), _made(_field(node, "object")), tree.Literal(_span(name or node), _text(name)))


def _subscript(node: Parsed) -> Any:
    return tree.Member(_span(node), _made(_field(node, "object")), _made(_field(node, "index")))


def _call(node: Parsed) -> Any:
    given = _field(node, "arguments")
    callee = _made(_field(node, "function"))
    if given is not None and given.type == "template_string":
        return tree.Other(_span(node), "tagged template")
    return tree.Call(_span(node), callee, tuple(map(_made, _parts(given))) if given else ())


def _new(node: Parsed) -> Any:
    given = _field(node, "arguments")
    arguments = tuple(map(_made, _parts(given))) if given else ()
    return tree.New(_span(node), _made(_field(node, "constructor")), arguments)


def _unary(node: Parsed) -> Any:
    return tree.Unary(_span(node), _text(_field(node, "operator")), _made(_field(node, "argument")))


def _update(node: Parsed) -> Any:
    one = tree.Literal(_span(node), 1)
    return tree.Assign(_span(node), _text(_field(node, "operator"))[:1], _made(_field(node, "argument")), one)


def _binary(node: Parsed) -> Any:
    left, right = _made(_field(node, "left")), _made(_field(node, "right"))
    return tree.Binary(_span(node), _text(_field(node, "operator")), left, right)


def _choice(node: Parsed) -> Any:
    test, yes, no = (_made(_field(node, name)) for name in ("condition", "consequence", "alternative"))
    return tree.Choice(_span(node), test, yes, no)


def _assign(node: Parsed) -> Any:
    left = _field(node, "left")
    pattern = left is not None and left.type in ("object_pattern", "array_pattern")
    operator = _text(_field(node, "operator")).removesuffix("=")
    target = _pattern(left) if pattern else _made(left)
    return tree.Assign(_span(node), operator, target, _made(_field(node, "right")))


def _inner(node: Parsed) -> Any:
    """What stands in parentheses, or after `await`."""
    inner = _parts(node)
    return _made(inner[0]) if len(inner) == 1 else tree.Other(_span(node), node.type)


def _spread(node: Parsed) -> Any:
    return tree.Spread(_span(node), _inner(node))


def _sequence(node: Parsed) -> Any:
    first, *rest = map(_made, _parts(node))
    return reduce(lambda left, right: tree.Binary(_span(node), ",", left, right), rest, first)


# --- patterns ------------------------------------------------------------------------------------------------------


def _pattern(node: Parsed | None) -> Any:
    if node is None:
        return None
    make = _PATTERNS.get(node.type)
    return make(node) if make else _made(node)


def _object_pattern(node: Parsed) -> Any:
    return tree.ObjectPattern(_span(node), tuple(entry for child in _parts(node) for entry in _pattern_entry(child)))


def _pattern_entry(node: Parsed) -> Iterator[tuple[str, Any, Any]]:
    if node.type == "shorthand_property_identifier_pattern":
        yield _text(node), tree.Name(_span(node), _text(node)), None
    elif node.type == "object_assignment_pattern":
        left = _field(node, "left")
        yield _text(left), tree.Name(_span(node), _text(left)), _made(_field(node, "right"))
    elif node.type == "pair_pattern":
        key, value = _field(node, "key"), _pattern(_field(node, "value"))
        name = _key(key) if key else None
        if isinstance(name, tree.Literal):
            yield str(name.value), value, None


def _array_pattern(node: Parsed) -> Any:
    items: list[Any] = []
    last_was_comma = True
    for child in node.children:
        if child.type == ",":
            if last_was_comma:
                items.append(None)
            last_was_comma = True
        elif child.is_named and child.type != "comment":
            items.append(_pattern(child))
            last_was_comma = False
    return tree.ArrayPattern(_span(node), tuple(items))


def _default(node: Parsed) -> Any:
    return tree.Default(_span(node), _pattern(_field(node, "left")), _made(_field(node, "right")))


# --- statements ----------------------------------------------------------------------------------------------------


def _evaluate(node: Parsed) -> Any:
    inner = _parts(node)
    return tree.Evaluate(_span(node), _made(inner[0])) if inner else tree.Other(_span(node), node.type)


def _block(node: Parsed) -> Any:
    return tree.Block(_span(node), tuple(_statements(node)))


def _declared_function(node: Parsed) -> Any:
    function = _function(node)
    return tree.Declare(_span(node), tree.Name(_span(node), function.name), function)


def _if(node: Parsed) -> Any:
    otherwise = _field(node, "alternative")
    inner = _parts(otherwise) if otherwise else []
    yes = _one_statement(_field(node, "consequence"))
    return tree.If(_span(node), _made(_field(node, "condition")), yes, _one_statement(inner[0] if inner else None))


def _for(node: Parsed) -> Any:
    start = _one_statement(_field(node, "initializer"))
    test, step = _field(node, "condition"), _field(node, "increment")
    body = _one_statement(_field(node, "body"))
    made = _made(test)
    return tree.For(_span(node), start, made.value if isinstance(made, tree.Evaluate) else made, _made(step), body)


def _while(node: Parsed) -> Any:
    body = _one_statement(_field(node, "body"))
    return tree.For(_span(node), None, _made(_field(node, "condition")), None, body)


def _for_in(node: Parsed) -> Any:
    kind = _text(_field(node, "operator"))
    target, values = _pattern(_field(node, "left")), _made(_field(node, "right"))
    return tree.ForEach(_span(node), kind, target, values, _one_statement(_field(node, "body")))


def _leave(node: Parsed) -> Any:
    inner = _parts(node)
    return tree.Leave(_span(node), node.type.removesuffix("_statement"), _made(inner[0]) if inner else None)


def _try(node: Parsed) -> Any:
    handler, finally_ = _field(node, "handler"), _field(node, "finalizer")
    return tree.Try(
        _span(node),
        _made(_field(node, "body")),
        _pattern(_field(handler, "parameter")) if handler else None,
        _made(_field(handler, "body")) if handler else None,
        _made(_field(finally_, "body")) if finally_ else None,
    )


def _switch(node: Parsed) -> Any:
    body = _field(node, "body")
    cases = tuple(map(_case, _parts(body))) if body else ()
    return tree.Switch(_span(node), _made(_field(node, "value")), cases)


def _case(node: Parsed) -> tuple[Any, tuple[Any, ...]]:
    value = _field(node, "value")
    inner = [child for child in _parts(node) if value is None or child.id != value.id]
    statements = [made for child in inner if (made := _one_statement(child)) is not None]
    return (tree.Literal(_span(node), None) if value is None and node.type == "switch_case" else _made(value)), tuple(
        statements
    )


_PATTERNS: dict[str, Callable[[Parsed], Any]] = {
    "object_pattern": _object_pattern,
    "array_pattern": _array_pattern,
    "assignment_pattern": _default,
}

_NODES: dict[str, Callable[[Parsed], Any]] = {
    "string": _string,
    "number": _number,
    "template_string": _template,
    "regex": _regex,
    **dict.fromkeys(_CONSTANTS, _constant),
    "identifier": _name,
    "array": _array,
    "object": _object,
    "arrow_function": _function,
    "function_expression": _function,
    "generator_function": _function,
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
