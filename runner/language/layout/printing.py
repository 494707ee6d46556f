"""Parts → canonical text: nodes in order, each comment at its place, empty lines where they belong."""

from __future__ import annotations

import re
from bisect import bisect_right

from runner.language.layout.lines import cut, in_one_line, is_long, is_tall, name_of, parent_column, shifted
from runner.language.layout.parts import Block, Document, Entry, Node, Scalar

#: Keys whose items are set apart by empty lines.
_APART = frozenset({"requests", "setup", "teardown"})
_NO_CONTENT = re.compile(r":?(?:[ \t\n]+|#[^\n]*)*")
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

    def _end_line(self, end: int, before: int | None = None) -> None:
        """Ends the line, with the comment that follows `end` in its line of the source and stands before `before`."""
        line = self._line_of(end)
        comment = self._comments[self._next] if self._next < len(self._comments) else None
        near = comment is not None and (before is None or comment.start < before)
        if comment is not None and near and not comment.own and comment.line == line:
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
        for entry in block.entries:
            inline = previous is None and bool(self._line)
            if not inline:
                self._before_entry(entry, previous, indent, apart=apart, top=top)
            self._moved = indent - block.column
            self._entry(entry, block, indent, inline=inline)
            if isinstance(entry.value, Scalar) and not entry.value.text:  # a key alone, with comments as its value
                self._own_comments(self._content_after(self._entry_end(entry)), indent + 2, block.column + 1)
            previous = entry
        # libyaml ends a block where the next token begins: what stands before it, and as far right, belongs to it.
        self._own_comments(block.end, indent, block.column if indent else 0)

    def _before_entry(self, entry: Entry, previous: Entry | None, indent: int, *, apart: bool, top: bool) -> None:
        takes_lines = is_tall if apart else is_long
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
            self._value(entry.value, indent, indent + 2, item=True, after=entry.dash)
            return
        self._line += f"{pad}? " if entry.explicit else pad
        self._line += self._inline(entry.key)
        if entry.explicit:
            self._end_line(entry.key.end)
            self._line = " " * indent
        self._line += ":"
        self._value(entry.value, indent, indent + 2, key=name_of(entry.key), after=entry.key.end)

    def _value(
        self, node: Node, parent: int, indent: int, *, item: bool = False, key: str = "", after: int | None = None
    ) -> None:
        """A value behind what the line holds: in the line, or as a block below it."""
        properties = node.properties.strip()
        block = isinstance(node, Block) and not node.flow
        if not block and self._pending_before(node.start):  # `key:  # comment` with its value below
            self._end_line(self._comments[self._next].start, node.start)
            self._own_comments(node.start, indent)
            self._line = " " * indent
        if properties and (block or isinstance(node, Scalar)):
            self._line += f"{' ' if self._line.strip() else ''}{properties}"
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
        """Whether a comment stands between a dash and the block that is its item."""
        return self._pending_before(node.start)

    def _content_after(self, offset: int) -> int:
        """Where something stands again that is neither space nor a comment, nor the colon of a key."""
        match = _NO_CONTENT.match(self._source, offset)
        return match.end() if match else offset

    # --- scalars ---

    def _inline(self, node: Node) -> str:
        if isinstance(node, Scalar):
            properties = f"{node.properties} " if node.properties else ""
            return properties + in_one_line(node)
        return self._flow_text(node)

    def _scalar(self, node: Scalar, indent: int, after: int | None) -> None:
        if not node.text:
            self._end_line(after if after is not None else node.end)
            return
        lines = node.text.split("\n")
        self._line += f"{' ' if self._line.strip() else ''}{lines[0]}"
        for line in lines[1:]:
            self._out.append(cut(self._line, node.style))
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
        self._line += " " if self._line.strip() else ""
        self._line += f"{style}{mark}{before or behind}" + (f"  {rest}" if rest else "")
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
        return parent_column(line) + int(digit)

    def _skip_comments(self, end: int) -> None:
        while self._next < len(self._comments) and self._comments[self._next].start < end:
            self._next += 1

    # --- flow ---

    def _flow(self, node: Block, parent: int) -> None:
        self._line += " " if self._line.strip() else ""
        several = "\n" in self._source[node.start : node.end].strip()
        if not several or not node.entries or self._opening(node) == "#":
            self._line += self._flow_text(node)
            return
        opening, closing = "{}" if node.mapping else "[]"
        self._line += f"{node.properties.strip()} {opening}" if node.properties.strip() else opening
        starts = [*(entry.start for entry in node.entries), node.end]
        self._end_line(node.start, starts[0])
        for entry, following in zip(node.entries, starts[1:], strict=True):
            self._own_comments(entry.start, parent + 2)
            self._line = " " * (parent + 2)
            self._line += self._flow_entry(entry) + ("," if following != node.end else "")
            self._end_line(self._entry_end(entry), following)
        self._own_comments(node.end, parent + 2)
        self._line = " " * parent + closing

    def _opening(self, node: Block) -> str:
        """The character behind the anchor and tag: a bracket, or what stands between."""
        begin = node.start + len(node.properties)
        return self._source[begin : node.end].lstrip()[:1]

    def _holds_comment(self, start: int, end: int) -> bool:
        """Whether a comment that is not written yet stands there."""
        return any(start <= comment.start < end for comment in self._comments[self._next :])

    def _kept(self, start: int, end: int, lead: str = "") -> str:
        """A stretch of the source as it stands, its lines moved as far as its first one: there are comments within.

        `lead` stands before it.
        """
        while self._next < len(self._comments) and self._comments[self._next].start < end:
            self._next += 1
        first, *lines = self._source[start:end].split("\n")
        moved = len(self._line + lead) - (start - self._document.lines[self._line_of(start)])
        return lead + "\n".join([first, *(shifted(line, moved) for line in lines)])

    def _entry_end(self, entry: Entry) -> int:
        return max(entry.value.end, entry.key.end if entry.key else 0)

    def _flow_text(self, node: Block) -> str:
        if self._holds_comment(node.start, node.end):
            return self._kept(node.start, node.end)
        inside = ", ".join(map(self._flow_entry, node.entries))
        properties = f"{node.properties.strip()} " if node.properties.strip() else ""
        if node.mapping and self._opening(node) != "{":
            return properties + inside  # `[status: 200]`: a mapping of one entry, without braces
        return f"{properties}{{{inside}}}" if node.mapping else f"{properties}[{inside}]"

    def _flow_entry(self, entry: Entry) -> str:
        end = self._entry_end(entry)
        if self._holds_comment(entry.start, end):
            return self._kept(entry.start, end, "? " if entry.explicit else "")
        value = self._inline(entry.value)
        if entry.key is None:
            return value
        return f"{self._inline(entry.key)}: {value}" if value else f"{self._inline(entry.key)}:"
