"""Writes `docs/reference.md` from the JSON Schema of request files: `python docs/reference.py`.

What a key means stands in runner/language/model.py, which keys there are in runner/language/document. No part of the
package.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from runner.language.model import AUTH_KEYS, AUTH_TYPES, RESPONSE_KEYS
from runner.language.schema import BLOCKS, generate

PAGE = Path(__file__).with_name("reference.md")
HEAD = """\
# Reference: every key

What each block of a request file may hold. [The request file](language.md) says how these work together.
A text may hold `{{ }}` unless it is called plain; an expression is [JMESPath](language.md#expressions).
"""
FOOT = "Written by `python docs/reference.py`; do not edit."
SCHEMA = generate()
#: Definitions that are no blocks → the section that tells about them.
MORE = {"auth": "Auth", "assertions": "Assertion"}


def page() -> str:
    """The whole page."""
    parts = [HEAD]
    for name, block in BLOCKS.items():
        parts.append(section(block.title, block.doc, definition(name)))
    parts += [*auth(), response(), FOOT]
    return "\n".join(parts) + "\n"


def definition(name: str) -> dict[str, Any]:
    return SCHEMA if name == "collection" else SCHEMA["definitions"][name]


def section(title: str, text: str, shape: dict[str, Any], level: int = 2) -> str:
    """A heading, a sentence, and a table of the keys."""
    head = f"{'#' * level} {title}\n\n{text}\n"
    rows = [row(key, value, key in shape["required"]) for key, value in shape["properties"].items() if value]
    return head + table("key", "value", "meaning", rows=rows) if rows else head


def table(*heads: str, rows: list[tuple[str, ...]]) -> str:
    lines = [heads, ("---",) * len(heads), *rows]
    cells = [[cell.replace("|", r"\|") for cell in line] for line in lines]
    return "\n" + "".join(f"| {' | '.join(line)} |\n" for line in cells)


def row(key: str, shape: dict[str, Any], required: bool) -> tuple[str, str, str]:
    return f"`{key}`{' (required)' if required else ''}", kind(shape), shape["description"]


def kind(shape: dict[str, Any]) -> str:
    """What a value is, in words, with a link where a section tells more."""
    words = choices(shape) or shape["title"]
    for name in re.findall(r"#/definitions/(\w+)", str(shape)):
        if title := BLOCKS[name].title if name in BLOCKS else MORE.get(name):
            return f"[{words}](#{title.lower().replace(' ', '-')})"
    return words


def choices(shape: dict[str, Any]) -> str:
    """The words that a value may be, where nothing else is taken."""
    found = [inner["enum"] for inner in shape.get("anyOf", ()) if "enum" in inner]
    return ", ".join(f"`{choice}`" for choice in found[0]) if found and "title" not in shape else ""


def auth() -> Iterator[str]:
    """One section for each type."""
    yield (
        "## Auth\n\n`none`, or a mapping with a `type` and its keys. Without `type` it changes keys of the inherited "
        "one. [Auth](auth.md) tells more.\n"
    )
    by_type = {rule["if"]["properties"]["type"].get("const"): rule["then"] for rule in auth_rules()}
    for name in AUTH_KEYS:
        yield section(f"Auth: {name}", AUTH_TYPES[name], by_type[name], level=3)


def auth_rules() -> list[Any]:
    block = SCHEMA["definitions"]["auth"]["anyOf"][0]
    return [rule for rule in block["allOf"] if rule["if"]["properties"]["type"]]


def response() -> str:
    rows = [(f"`{key}`", meaning) for key, meaning in RESPONSE_KEYS.items()]
    head = "## Response\n\nWhat the expressions of `assert` and `capture` look at.\n"
    return head + table("key", "meaning", rows=rows)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
