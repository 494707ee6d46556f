"""What is asked of the tree of an expression: whether it is a choice, a question for what counts as false, a structure.

This file knows JMESPath, and no JavaScript.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from runner.language import query

Node = Mapping[str, Any]
_BOOLEAN = frozenset({"contains", "starts_with", "ends_with", "has", "matches", "all", "any"})
#: Keys of the response, and functions, that give a text, a number, true or false.
_SCALARS = frozenset({"status", "reason", "text", "size", "elapsed_ms", "url", "http_version"})
_SCALAR_FUNCTIONS = _BOOLEAN | {
    "length", "type", "to_string", "to_number", "lower", "upper", "trim", "join", "replace", "uuid", "now", "timestamp",
    "random_int", "base64", "base64_decode", "sha256", "md5", "hmac_sha256", "url_encode", "url_decode", "date_add",
    "date_format", "add", "subtract", "multiply", "divide", "modulo", "sum", "avg", "abs", "floor", "ceil",
}  # fmt: skip
_FALSE_VALUES = [None, False, 0, ""]


def tree_of(text: str) -> Node:
    """The tree of an expression."""
    root: Node = query.compile(text).tree.root
    return root


def is_boolean(node: Node) -> bool:
    """Whether a part of an expression gives true or false, whatever it looks at."""
    kind = node["type"]
    if kind in ("comparator", "not_expression"):
        return True
    if kind in ("and_expression", "or_expression"):
        return all(map(is_boolean, node["children"]))
    if kind == "literal":
        return isinstance(node["value"], bool)
    return kind == "function_expression" and node["value"] in _BOOLEAN


def first_field(node: Node) -> Node | None:
    """The field that a step begins with."""
    if node["type"] == "field":
        return node
    children = node["children"]
    if node["type"] == "index_expression" and len(children) == 2 and children[0]["type"] == "field":
        return children[0]  # type: ignore[no-any-return]
    return None


def choice_in(node: Node) -> tuple[Node, Node, Node] | None:
    """`(test && [yes] || [no])[0]`: a choice in which no value is taken for false."""
    base, *steps = node["children"]
    if base["type"] != "or_expression" or [step.get("value") for step in steps] != [0]:
        return None
    first, no = base["children"]
    if first["type"] != "and_expression" or no["type"] != "multi_select_list":
        return None
    test, yes = first["children"]
    return (test, yes["children"][0], no["children"][0]) if yes["type"] == "multi_select_list" else None


def falsy(node: Node) -> Node | None:
    """What is asked whether JavaScript takes it for false."""
    if node["type"] != "function_expression" or node["value"] != "contains":
        return None
    values, subject = node["children"]
    return subject if values["type"] == "literal" and values["value"] == _FALSE_VALUES else None


def is_null(node: Node) -> bool:
    return node["type"] == "literal" and node["value"] is None


def is_structure(node: Node) -> bool:
    """Whether a part of an expression gives a list or an object, whatever it looks at."""
    if node["type"] in ("multi_select_list", "multi_select_dict"):
        return True
    return node["type"] == "literal" and isinstance(node["value"], (list, dict))


def may_be_structure(node: Node) -> bool:
    """Whether only the run knows that a part of an expression gives neither a list nor an object."""
    if node["type"] == "literal":
        return isinstance(node["value"], (list, dict))
    if node["type"] == "field":
        return node["value"] not in _SCALARS
    if node["type"] == "function_expression":
        return node["value"] not in _SCALAR_FUNCTIONS
    return not is_boolean(node)
