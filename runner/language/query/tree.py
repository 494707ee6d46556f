"""An expression's tree with places: which characters of the text belong to which node.

jmespath's nodes (plain dicts, `jmespath.ast`) know no places. Text and tree both run from left to right, so
the text is split into marks (names, quotes, brackets) and a walk over the tree takes them in order. `scan` is
cheap and is done for every expression; places of nodes are computed when a message asks for them.

The lexer of jmespath is not asked: its `end` is a length for literals, one short at the end of the text, and
off by one for operators of two characters. Nothing here evaluates anything.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

Node = dict[str, Any]

#: Deeper nesting is refused: Python's stack is not ours alone.
MAX_LEVELS = 100


class Mark(NamedTuple):
    """A piece of the text that the walk takes: a name, a literal, a bracket or a prefix."""

    kind: str
    start: int
    end: int


# A quote that is never closed matches as a single character. Operators that begin like a prefix are matched
# only to be passed over.
_MARK = re.compile(
    r"""(?P<name>[A-Za-z_][A-Za-z0-9_]*|"[^"\\]*+(?:\\.[^"\\]*+)*+")"""
    r"""|(?P<literal>'[^'\\]*+(?:\\.[^'\\]*+)*+'|`[^`\\]*+(?:\\.[^`\\]*+)*+`)"""
    r"""|(?P<other>!=|&&)|(?P<sign>\[\]|\[\?|[\[\](){}@*!&'"`])""",
    re.DOTALL,
)

OPENING = {"[": "]", "[?": "]", "(": ")", "{": "}"}
CLOSING = frozenset(OPENING.values())


def scan(text: str) -> list[Mark]:
    """The marks of a text, in order. The kind of a sign is the sign itself."""
    marks: list[Mark] = []
    add, mark, new = marks.append, Mark, tuple.__new__
    for found in _MARK.finditer(text):
        kind = found.lastgroup
        if kind == "sign":
            kind = found[0]
        if kind != "other":
            add(new(mark, (kind, *found.span())))  # what Mark(…) does, at half its price
    return marks


class Tree:
    """A parsed expression: its text, its root node, and where each node stands."""

    __slots__ = ("_closing", "_marks", "_ranges", "root", "text")

    def __init__(self, text: str, root: Node) -> None:
        self.text = text
        self.root = root
        self._ranges: dict[int, tuple[int, int]] | None = None
        self._marks: Sequence[Mark] = ()
        self._closing: dict[int, int] = {}

    def span(self, node: Node) -> tuple[int, int]:
        """Start and end of a node's text; of the whole text for a node that has none."""
        return self.cover(node, node)

    def source(self, node: Node) -> str:
        """The text of a node."""
        start, end = self.span(node)
        return self.text[start:end]

    def cover(self, first: Node, last: Node) -> tuple[int, int]:
        """Start and end of the text from one node to another, brackets closed that open in it."""
        ranges = self._aligned()
        if id(first) not in ranges or id(last) not in ranges:
            return 0, len(self.text)
        begin, end = self._balanced(ranges[id(first)][0], ranges[id(last)][1])
        return self._marks[begin].start, self._marks[end].end

    def steps_to(self, node: Node) -> list[Node]:
        """The steps of the path that lead up to a step of it: a, b for the last of `a.b[0]`."""
        for each in _nodes(self.root):
            steps = path(each)
            for number, step in enumerate(steps):
                if step is node:
                    return steps[:number]
        return []

    def _aligned(self) -> dict[int, tuple[int, int]]:
        if self._ranges is None:
            aligner = _Aligner(scan(self.text))
            aligner.visit(self.root)
            self._marks, self._closing = aligner.marks, aligner.closing
            self._ranges = aligner.ranges
        return self._ranges

    def _balanced(self, begin: int, end: int) -> tuple[int, int]:
        """A range of marks widened so that no bracket in it has its partner outside."""
        for opening, closing in self._closing.items():
            if opening < begin <= closing <= end:
                begin = opening
            elif begin <= opening <= end < closing:
                end = closing
        return begin, end


def path(node: Node) -> list[Node]:
    """The steps of a value: a, b, [0] of `a.b[0]`; a, b of `a.b[*].c`; else the node itself."""
    kind, children = node["type"], node["children"]
    if kind in PROJECTIONS:
        return path(children[0])
    if kind not in _CHAINS:
        return [] if kind == "identity" else [node]
    before = [child for child in children[:-1] if child["type"] != "identity"]
    steps = [step for child in before for step in ([child] if child["type"] in PROJECTIONS else path(child))]
    return steps + path(children[-1])


PROJECTIONS = frozenset({"projection", "value_projection", "filter_projection", "flatten"})
_CHAINS = frozenset({"subexpression", "index_expression", "pipe"})


def _nodes(node: Node) -> Iterator[Node]:
    yield node
    for child in node["children"]:
        if isinstance(child, dict):  # a slice's children are numbers
            yield from _nodes(child)


def is_root(node: Node) -> bool:
    """Whether a node is `root()`."""
    return bool(node["type"] == "function_expression" and node["value"] == "root")


def is_slice(node: Node) -> bool:
    """Whether a node is `a[0:2]` as jmespath's parser puts it to the left of a projection."""
    children = node["children"]
    return node["type"] == "index_expression" and len(children) == 2 and children[1]["type"] == "slice"


def _partners(marks: Sequence[Mark]) -> dict[int, int]:
    """The number of each opening bracket's mark → that of its closing one."""
    partners, opened = {}, []
    for number, mark in enumerate(marks):
        if mark.kind in OPENING:
            opened.append(number)
        elif mark.kind in CLOSING and opened:
            partners[opened.pop()] = number
    return partners


class _Aligner:
    """One walk over a tree in the order of the text; `ranges` holds the first and last mark of each node."""

    def __init__(self, marks: Sequence[Mark]) -> None:
        self.marks = marks
        self.closing = _partners(marks)
        self.ranges: dict[int, tuple[int, int]] = {}
        self._next = 0

    def visit(self, node: Node) -> tuple[int, int] | None:
        """Gives the first and last mark of a node; None for one without text."""
        before, own, inside, after = _parts(node)
        parts = [self.visit(child) for child in before]
        if own:
            parts.append(self._take(own, inside, is_call=node["type"] == "function_expression"))
        parts += [self.visit(child) for child in after]
        taken = [part for part in parts if part is not None]
        if not taken:
            return None
        self.ranges[id(node)] = taken[0][0], taken[-1][1]
        return self.ranges[id(node)]

    def _take(self, kinds: Kinds, inside: list[Node], *, is_call: bool) -> tuple[int, int]:
        """Takes the next mark of a kind, and what its brackets hold up to the closing one."""
        while self.marks[self._next].kind not in kinds:
            self._next += 1
        first = self._next
        opening = first + 1 if is_call else first
        self._next = opening + 1
        for child in inside:
            self.visit(child)
        last = self.closing.get(opening, opening)
        self._next = max(self._next, last + 1)
        return first, last


def _parts(node: Node) -> tuple[list[Node], Kinds, list[Node], list[Node]]:
    """Children before the node's own mark, that mark's kinds, children in its brackets, children after it."""
    kind, children = node["type"], node["children"]
    if kind == "filter_projection":
        left, right, condition = children
        return [left], ("[?",), [condition], [right]
    if kind == "projection" and (children[0]["type"] == "flatten" or is_slice(children[0])):
        return children, (), [], []
    if kind in _BETWEEN:
        return children[:1], _BETWEEN[kind], [], children[1:]
    if kind in _BRACKETED:
        return [], _BRACKETED[kind], [] if kind == "slice" else children, []
    return [], _BEFORE.get(kind, ()), [], children


Kinds = tuple[str, ...]
_BETWEEN: dict[str, Kinds] = {"projection": ("[",), "value_projection": ("*",), "flatten": ("[]",)}
_BRACKETED: dict[str, Kinds] = {
    "function_expression": ("name",),
    "multi_select_list": ("[",),
    "multi_select_dict": ("{",),
    "index": ("[",),
    "slice": ("[",),
}
_BEFORE: dict[str, Kinds] = {
    "field": ("name",),
    "key_val_pair": ("name",),
    "literal": ("literal",),
    "current": ("@",),
    "not_expression": ("!",),
    "expref": ("&",),
}
