"""What makes our nodes of the parser's: a table of node types, another for what stands where a name is given a value.

This file knows no node type; the tables are brought together in `syntax` itself.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from runner.formats.scripts import tree
from runner.formats.scripts.syntax.parsed import Parsed, span_of

Make = Callable[["Reader", Parsed], Any]


@dataclass(frozen=True, slots=True)
class Reader:
    """Makes nodes by the tables: type of the parser's node → function of the reader and the node."""

    nodes: Mapping[str, Make]
    patterns: Mapping[str, Make]

    def made(self, node: Parsed | None) -> Any:
        """The node of ours; None for none."""
        if node is None:
            return None
        make = self.nodes.get(node.type)
        return make(self, node) if make else tree.Other(span_of(node), node.type)

    def pattern(self, node: Parsed | None) -> Any:
        """What is given a value: a name, a member, or a pattern of them."""
        if node is None:
            return None
        make = self.patterns.get(node.type)
        return make(self, node) if make else self.made(node)
