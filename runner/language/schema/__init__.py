"""JSON Schema (draft 7) of a request file, for completion, hover and checks in editors: `runner schema`.

Nothing is told twice. Which keys a block has, and which method reads each, stands in the decoder's tables; what a key
means stands in the model. Here is only what ties them together: the blocks, and the shapes of what the decoder's
methods read. A new key of a known kind appears by itself; anything else raises `MissingRow`, which says what is missing
and where it goes.

    tables of document ─┐
    doc texts of model ─┼─▶ blocks ─┐
    values ─────────────┘           ├─▶ generate ─▶ schema/collection.json, docs/reference.md
    values · auth ─▶ parts ─────────┘

Besides draft 7 it has what editors with a YAML language server know: `defaultSnippets`, `enumDescriptions` and
`patternErrorMessage`; other tools pass over them.
"""

from __future__ import annotations

import json

from runner.language.schema.blocks import BLOCKS, Block, shapes
from runner.language.schema.parts import parts
from runner.language.schema.values import MissingRow, Schema

__all__ = ["BLOCKS", "Block", "MissingRow", "generate", "json_text"]


def generate() -> Schema:
    """The whole schema, a new object each time.

    Raises:
        MissingRow: a key has no shape or no doc text.
    """
    definitions = shapes(BLOCKS)
    root = definitions.pop("collection")
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "$comment": "Written by `runner schema`; do not edit.",
        **root,
        "definitions": {**definitions, **parts()},
    }


def json_text() -> str:
    """The schema as JSON, in ASCII alone, so that every terminal and pipe can take it.

    Raises:
        MissingRow: a key has no shape or no doc text.
    """
    return json.dumps(generate(), indent=2) + "\n"
