"""The tree that tree-sitter makes of a text: it reads what is right of a script that is broken in one place.

The only file that knows the parser. The names of its node types stand in the tables of `literals`, `expressions` and
`statements`.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

import tree_sitter
import tree_sitter_javascript

from runner.formats.scripts.tree import Span

_DEEPEST = 200
Parsed = tree_sitter.Node


@lru_cache(maxsize=1)
def _parser() -> tree_sitter.Parser:
    return tree_sitter.Parser(tree_sitter.Language(tree_sitter_javascript.language()))


def parsed(text: str) -> Parsed:
    """The root of a text's tree."""
    return _parser().parse(text.encode("utf-8", "replace")).root_node


def is_deep(root: Parsed) -> bool:
    """Whether a tree is deeper than anybody writes one."""
    level = [root]
    for _ in range(_DEEPEST):
        level = [child for node in level for child in node.named_children]
        if not level:
            return False
    return True


def broken_lines(root: Parsed) -> Iterator[int]:
    """The lines at which a text is no JavaScript."""
    waiting = [root]
    while waiting:
        node = waiting.pop()
        if node.is_error or node.is_missing:
            yield node.start_point[0] + 1
        elif node.has_error:
            waiting += node.children


def span_of(node: Parsed) -> Span:
    """Where a node stands."""
    return Span(node.start_byte, node.end_byte, node.start_point[0] + 1)


def text_of(node: Parsed | None) -> str:
    """The text of a node; empty for none."""
    return (node.text or b"").decode("utf-8", "replace") if node else ""


def field_of(node: Parsed, name: str) -> Parsed | None:
    """A child of a node by the name that the grammar gives it."""
    return node.child_by_field_name(name)


def parts_of(node: Parsed) -> list[Parsed]:
    """The children of a node that have names, without comments."""
    return [child for child in node.named_children if child.type not in ("comment", "html_comment")]
