"""What the printer asks of single lines and nodes: how they are written and moved, and how much room they take."""

from __future__ import annotations

import re

from runner.language.layout.parts import Block, Node, Scalar
from runner.language.writer import quoted


def shifted(line: str, columns: int) -> str:
    """A line moved to the right, or to the left as far as there is room."""
    text = line.lstrip(" ")
    return " " * max(len(line) - len(text) + columns, 0) + text if text else ""


def name_of(key: Node) -> str:
    return key.text if isinstance(key, Scalar) else ""


def in_one_line(node: Scalar) -> str:
    """A scalar in one line: its lines joined as YAML folds them, or written anew where they hold line breaks."""
    lines = node.text.split("\n")
    if len(lines) > 1 and any(not line.strip() or line.endswith("\\") for line in lines):
        return quoted(node.value)
    return " ".join(line.strip() for line in lines)


def is_tall(item: Node) -> bool:
    """Whether an item takes more than one line."""
    if isinstance(item, Block) and not item.flow:
        inner = is_long if item.mapping else is_tall
        return len(item.entries) > 1 or any(inner(entry.value) for entry in item.entries)
    return is_long(item)


def is_long(node: Node) -> bool:
    """Whether the value of a key takes lines of its own."""
    if isinstance(node, Block):
        return not node.flow
    return node.style in ("|", ">") or "\n" in node.text


def cut(line: str, style: str) -> str:
    """A line of a longer scalar without the spaces at its end, but for escaped ones in double quotes."""
    return line if style == '"' and line.endswith("\\ ") else line.rstrip()


def parent_column(line: str) -> int:
    """The column of the block that holds the block scalar which begins in this line."""
    match = re.match(r"(?: *(?:- +)*)", line)
    lead = match.group() if match else ""
    rest = line[len(lead) :]
    if lead.endswith("- ") and rest[:1] in "|>":
        return lead.rstrip(" ").rfind("-")
    return len(lead)
