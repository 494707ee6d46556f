"""What an expression reads of a document: the paths in it that begin at the root, with their values."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from runner.language.query.compiled import Query
from runner.language.query.interpreter import Interpreter, plain
from runner.language.query.tree import PROJECTIONS, Node, path
from runner.language.values import Value

#: Nodes whose children all look at what the node itself looks at.
_SIDE_BY_SIDE = frozenset(
    {
        "function_expression",
        "or_expression",
        "and_expression",
        "not_expression",
        "comparator",
        "multi_select_list",
        "multi_select_dict",
        "key_val_pair",
    }
)
#: Nodes of which only the first child does: the others look at its value.
_ONE_BEHIND_ANOTHER = frozenset({"subexpression", "index_expression", "pipe", *PROJECTIONS})


def inputs(query: Query, document: Value, names: Collection[str]) -> Iterator[Value]:
    """The value of each path in an expression whose first name is one of these; null for one that leads nowhere.

    Filters and projections are not looked into: what they are applied to stands for them.
    """
    interpreter = Interpreter(query.tree, document)
    for node in _paths(query.tree.root):
        if path(node)[0]["value"] in names:
            yield plain(interpreter.visit(node, document))


def _paths(node: Node) -> Iterator[Node]:
    if _is_path(node):
        yield node
        return
    kind, children = node["type"], node["children"]
    looking = children if kind in _SIDE_BY_SIDE else children[:1] if kind in _ONE_BEHIND_ANOTHER else ()
    for child in looking:
        yield from _paths(child)


def _is_path(node: Node) -> bool:
    """Whether a node is names and indexes and nothing else, a name first."""
    if node["type"] in PROJECTIONS:
        return False
    steps = path(node)
    return bool(steps) and steps[0]["type"] == "field" and all(step["type"] in ("field", "index") for step in steps)
