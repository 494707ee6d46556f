"""Parts → canonical text: nodes in order, each comment at its place, empty lines where they belong."""

from __future__ import annotations

import re
from bisect import bisect_right

from runner.language.layout.parts import Block, Document, Entry, Node, Scalar
from runner.language.writer import quoted

#: Keys whose items are set apart by empty lines.
_APART = frozenset({"requests", "setup", "teardown"})
_HEADER = re.compile(r"([|>])([+-]?)([1-9]?)([+-]?)")


class Printer:
    """Writes a document once. `_at` is the offset of the source up to which everything was written."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._source = document.text
        self._comments = document.comments
        self._next = 0
        self._out: list[str] = []
        self._line = ""
        self._moved = 0

    def text(self) -> str:
        """The whole text; it ends with a line break."""
        if self._document.head:
            self._out.append(self._document.head)
        root = self._document.root
        if isinstance(root, Block) and not root.flow:
            if root.properties.strip():
                self._out.append(root.properties.strip())
            self._block(root, 0, "", top=True)
        else:
            self._own_comments(root.start, 0)
            self._value(root, 0, 0)
            self._end_line(root.end)
        self._own_comments(len(self._source) + 1, 0)
        return "\n".join(self._out).strip("\n") + "\n"

    # --- lines and comments ---

    def _end_line(self, end: int) -> None:
        """Ends the line, with the comments that follow `end` in its line of the source."""
        line = self._line_of(end)
        comment = self._comments[self._next] if self._next < len(self._comments) else None
        if comment is not None and not comment.own and comment.line == line:
            aligned = self._is_aligned(self._next)
            distance = comment.column + self._moved - len(self._line) if aligned else comment.distance
            self._line += " " * max(distance, 1) + comment.text
            self._next += 1
        if self._line.strip():
            self._out.append(self._line.rstrip())
        self._line = ""

    def _is_aligned(self, number: int) -> bool:
        """Whether a comment stands right below or above another one, so that it keeps its column."""
        comment = self._comments[number]
        return any(
            not other.own and abs(other.line - comment.line) == 1 and other.column == comment.column
            for other in self._comments[max(0, number - 1) : number + 2]
        )

    def _line_of(self, offset: int) -> int:
        return bisect_right(self._document.lines, offset) - 1

    def _own_comments(self, before: int, indent: int, least: int = 0) -> None:
        """Writes the comments that stand before an offset; those left of column `least` are left to the outer block."""
        while self._next < len(self._comments):
            comment = self._comments[self._next]
            if comment.start >= before or (comment.own and comment.column < least):
                return
            self._next += 1
            self._keep_empty(comment.start)
            self._out.append(" " * indent + comment.text)

    def _keep_empty(self, start: int) -> None:
        """An empty line where one stood before this offset, but not two, and none at the start of a block."""
        line = self._line_of(start)
        empty = line > 0 and not self._text_of(line - 1).strip()
        if empty and self._out and self._out[-1].strip():
            self._out.append("")

    def _text_of(self, line: int) -> str:
        starts = self._document.lines
        end = starts[line + 1] if line + 1 < len(starts) else len(self._source)
        return self._source[starts[line] : end]

    # --- blocks ---

    def _block(self, block: Block, indent: int, key: str, *, top: bool = False) -> None:
        """A block, its first entry in the line that is begun already, if one is."""
        apart = not block.mapping and key in _APART
        previous: Entry | None = None
        for number, entry in enumerate(block.entries):
            inline = previous is None and bool(self._line)
            if not inline:
                self._before_entry(entry, previous, indent, apart=apart, top=top)
            self._moved = indent - block.column
            self._entry(entry, block, indent, inline=inline)
            if entry.key is not None and _is_missing(entry.value):  # all that was below the key is switched off
                following = block.entries[number + 1 :]
                self._own_comments(following[0].start if following else block.end, indent + 2, block.column + 1)
            previous = entry
        # libyaml ends a block where the next token begins: what stands before it, and as far right, belongs to it.
        self._own_comments(block.end, indent, block.column if indent else 0)

    def _before_entry(self, entry: Entry, previous: Entry | None, indent: int, *, apart: bool, top: bool) -> None:
        takes_lines = _is_tall if apart else _is_long
        long = previous is not None and (takes_lines(previous.value) or takes_lines(entry.value))
        if long and (apart or top) and self._out[-1]:
            self._out.append("")
        self._own_comments(entry.start, indent)
        if previous is not None or not indent:
            self._keep_empty(entry.start)

    def _entry(self, entry: Entry, block: Block, indent: int, *, inline: bool) -> None:
        pad = "" if inline else " " * indent
        if entry.key is None:
            self._line += pad + "-"
            self._value(entry.value, indent, indent + 2, item=True)
            return
        if entry.explicit:
            self._line += f"{pad}? {self._inline(entry.key)}"
            self._end_line(entry.key.end)
            self._line = " " * indent + ":"
        else:
            self._line += f"{pad}{self._inline(entry.key)}:"
        self._value(entry.value, indent, indent + 2, key=_name(entry.key), after=entry.key.end)

    def _value(
        self, node: Node, parent: int, indent: int, *, item: bool = False, key: str = "", after: int | None = None
    ) -> None:
        """A value behind what the line holds: in the line, or as a block below it."""
        properties = node.properties.strip()
        if properties:
            self._line += f"{' ' if self._line else ''}{properties}"
        if isinstance(node, Block) and not node.flow:
            if item and not properties and not self._comment_follows(node):
                self._line += " "
            else:
                self._end_line(after if after is not None else node.start)
            self._block(node, indent, key)
        elif isinstance(node, Block):
            self._flow(node, parent)
            self._end_line(node.end)
        elif node.style in ("|", ">"):
            self._literal(node, parent)
        else:
            self._scalar(node, indent, after)

    def _comment_follows(self, node: Block) -> bool:
        """Whether a comment stands between a dash and the first entry of the block that is its item."""
        return self._pending_before(node.entries[0].start if node.entries else node.end)

    # --- scalars ---

    def _inline(self, node: Node) -> str:
        if isinstance(node, Scalar):
            properties = f"{node.properties} " if node.properties else ""
            return properties + _in_one_line(node)
        return self._flow_text(node)

    def _scalar(self, node: Scalar, indent: int, after: int | None) -> None:
        if not node.text:
            self._end_line(after if after is not None else node.end)
            return
        if after is not None and self._pending_before(node.start):
            self._end_line(after)  # `key:  # comment` with its value below
            self._own_comments(node.start, indent)
            self._line = " " * indent
        lines = node.text.split("\n")
        self._line += f"{' ' if self._line.strip() else ''}{lines[0]}"
        for line in lines[1:]:
            self._out.append(_cut(self._line, node.style))
            self._line = " " * indent + line.strip(" \t") if line.strip() else ""
        self._end_line(node.end)

    def _pending_before(self, start: int) -> bool:
        return self._next < len(self._comments) and self._comments[self._next].start < start

    def _literal(self, node: Scalar, parent: int) -> None:
        """A block scalar: its header, and its lines moved to two spaces below the block that holds it."""
        header, _, body = node.text.partition("\n")
        match = _HEADER.match(header)
        assert match is not None, "libyaml says that this is a block scalar"
        style, before, digit, behind = match.groups()
        lines = body.split("\n")
        old = self._old_indent(node, lines, digit)
        rest = header[match.end() :].strip()
        mark = "2" if digit else ""
        self._line += f" {style}{mark}{before or behind}" + (f"  {rest}" if rest else "")
        self._out.append(self._line)
        self._line = ""
        keeps = "+" in (before, behind)
        lines = [line[old:] for line in lines]
        while lines and not lines[-1] and not keeps:
            lines.pop()
        if keeps and lines and not lines[-1]:
            lines.pop()
        self._out += [" " * (parent + 2) + line if line else "" for line in lines]
        self._skip_comments(node.end)

    def _old_indent(self, node: Scalar, lines: list[str], digit: str) -> int:
        filled = [line for line in lines if line.strip(" ")]
        if not digit:
            return len(filled[0]) - len(filled[0].lstrip(" ")) if filled else 0
        line = self._text_of(self._line_of(node.start))
        return _parent_column(line) + int(digit)

    def _skip_comments(self, end: int) -> None:
        while self._next < len(self._comments) and self._comments[self._next].start < end:
            self._next += 1

    # --- flow ---

    def _flow(self, node: Block, parent: int) -> None:
        space = " " if self._line.strip() else ""
        several = "\n" in self._source[node.start : node.end].strip()
        if not several or not node.entries:
            self._line += space + self._flow_text(node)
            return
        opening, closing = "{}" if node.mapping else "[]"
        self._line += space + opening
        self._end_line(node.start)
        for number, entry in enumerate(node.entries):
            self._own_comments(entry.start, parent + 2)
            self._line = " " * (parent + 2) + self._flow_entry(entry)
            self._line += "," if number < len(node.entries) - 1 else ""
            self._end_line(self._entry_end(entry))
        self._own_comments(node.end, parent + 2)
        self._line = " " * parent + closing

    def _entry_end(self, entry: Entry) -> int:
        return max(entry.value.end, entry.key.end if entry.key else 0)

    def _flow_text(self, node: Block) -> str:
        inside = ", ".join(map(self._flow_entry, node.entries))
        properties = f"{node.properties.strip()} " if node.properties.strip() else ""
        if node.mapping and self._source[node.start + len(node.properties)] != "{":
            return properties + inside  # `[status: 200]`: a mapping of one entry, without braces
        return f"{properties}{{{inside}}}" if node.mapping else f"{properties}[{inside}]"

    def _flow_entry(self, entry: Entry) -> str:
        value = self._inline(entry.value)
        if entry.key is None:
            return value
        return f"{self._inline(entry.key)}: {value}" if value else f"{self._inline(entry.key)}:"


def _name(key: Node) -> str:
    return key.text if isinstance(key, Scalar) else ""


def _in_one_line(node: Scalar) -> str:
    """A scalar in one line: its lines joined as YAML folds them, or written anew where they hold line breaks."""
    lines = node.text.split("\n")
    if len(lines) > 1 and any(not line.strip() or line.endswith("\\") for line in lines):
        return quoted(node.value)
    return " ".join(line.strip() for line in lines)


def _is_tall(item: Node) -> bool:
    """Whether an item takes more than one line."""
    if isinstance(item, Block) and not item.flow:
        inner = _is_long if item.mapping else _is_tall
        return len(item.entries) > 1 or any(inner(entry.value) for entry in item.entries)
    return _is_long(item)


def _is_missing(node: Node) -> bool:
    """Whether nothing is written where a value could be."""
    return isinstance(node, Scalar) and not node.text and not node.properties


def _is_long(node: Node) -> bool:
    """Whether the value of a key takes lines of its own."""
    if isinstance(node, Block):
        return not node.flow
    return node.style in ("|", ">") or "\n" in node.text


def _cut(line: str, style: str) -> str:
    """A line of a longer scalar without the spaces at its end, but for escaped ones in double quotes."""
    return line if style == '"' and line.endswith("\\ ") else line.rstrip()


def _parent_column(line: str) -> int:
    """The column of the block that holds the block scalar which begins in this line."""
    match = re.match(r"(?: *(?:- +)*)", line)
    lead = match.group() if match else ""
    rest = line[len(lead) :]
    if lead.endswith("- ") and rest[:1] in "|>":
        return lead.rstrip(" ").rfind("-")
    return len(lead)
