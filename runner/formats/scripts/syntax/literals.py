"""Literals of JavaScript, names, and the keys of objects → nodes.

A table: type of the parser's node → function.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from runner.formats.scripts import tree
from runner.formats.scripts.syntax.parsed import Parsed, field_of, parts_of, span_of, text_of
from runner.formats.scripts.syntax.reader import Make, Reader
from runner.language.values import number

_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "v": "\v", "0": "\0"}


def _unescaped(text: str) -> str:
    inner = text[1:]
    if inner[:1] in "xu":
        digits = re.sub(r"[^0-9A-Fa-f]", "", inner[1:])
        return chr(int(digits, 16)) if digits and int(digits, 16) < 0x110000 else inner
    if inner[:1] in "\r\n":
        return ""
    return _ESCAPES.get(inner, inner)


def _string(reader: Reader, node: Parsed) -> Any:
    parts = (_unescaped(text_of(c)) if c.type == "escape_sequence" else text_of(c) for c in node.named_children)
    joined = "".join(parts)
    return tree.Literal(span_of(node), joined.encode("utf-16", "surrogatepass").decode("utf-16", "replace"))


def _number(reader: Reader, node: Parsed) -> Any:
    text = text_of(node).replace("_", "")
    for prefix, base in (("0x", 16), ("0o", 8), ("0b", 2)):
        if text.lower().startswith(prefix):
            return tree.Literal(span_of(node), int(text, base))
    text = text.removesuffix("n")
    text = f"0{text}" if text.startswith(".") else text
    value = number(text.removesuffix("."))
    return tree.Literal(span_of(node), value) if value is not None else tree.Other(span_of(node), "number")


def _template(reader: Reader, node: Parsed) -> Any:
    parts: list[Any] = []
    for child in node.named_children:
        if child.type == "template_substitution":
            inner = parts_of(child)
            parts.append(reader.made(inner[0]) if inner else tree.Other(span_of(child), "template_substitution"))
        else:
            parts.append(_unescaped(text_of(child)) if child.type == "escape_sequence" else text_of(child))
    return tree.Template(span_of(node), tuple(parts))


def _regex(reader: Reader, node: Parsed) -> Any:
    return tree.Regex(span_of(node), text_of(field_of(node, "pattern")), text_of(field_of(node, "flags")))


_CONSTANTS = {"true": True, "false": False, "null": None, "undefined": None}


def _constant(reader: Reader, node: Parsed) -> Any:
    return tree.Literal(span_of(node), _CONSTANTS[node.type])


def _name(reader: Reader, node: Parsed) -> Any:
    text = text_of(node)
    return tree.Literal(span_of(node), None) if text == "undefined" else tree.Name(span_of(node), text)


def key_of(reader: Reader, node: Parsed) -> Any:
    """The key of an object, or the name after a dot, as an expression."""
    if node.type == "computed_property_name":
        inner = parts_of(node)
        return reader.made(inner[0]) if inner else tree.Other(span_of(node), node.type)
    if node.type in ("string", "number"):
        made = reader.made(node)
        return tree.Literal(made.span, str(made.value)) if isinstance(made, tree.Literal) else made
    return tree.Literal(span_of(node), text_of(node))


LITERALS: Mapping[str, Make] = {
    "string": _string,
    "number": _number,
    "template_string": _template,
    "regex": _regex,
    **dict.fromkeys(_CONSTANTS, _constant),
    "identifier": _name,
}
