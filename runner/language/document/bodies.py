"""Bodies of several values: the parts of `multipart`, the keys of `graphql`, and paths of files."""

from __future__ import annotations

import re
from collections.abc import Iterator

from runner.language import template
from runner.language.document.reader import Key, Table
from runner.language.document.response import ResponseReader
from runner.language.document.words import describe
from runner.language.model import MISSING, Declared, GraphQL, Part, Setting, Template
from runner.language.syntax import Mapping as MappingNode
from runner.language.syntax import Node, Scalar, Sequence

_TOKEN = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
_MEDIA_TYPE = rf"{_TOKEN}/{_TOKEN}(?:[ \t]*;[^\r\n]*)?"
_QUERY_HINT = "write it below `query: |`, or in quotes"


def is_media_type(text: str) -> bool:
    """Whether a text is a media type (RFC 9110 § 8.3.1); its parameters are the user's."""
    return re.fullmatch(_MEDIA_TYPE, text, re.ASCII) is not None  # not compiled before somebody needs it


class BodyReader(ResponseReader):
    """Reads `multipart`, `file`, `graphql` and `save_to`."""

    def named_text(self, node: Node, key: str) -> Setting | None:
        """A path, a name, a type: text that must say something."""
        text = self.template(node, key)
        if isinstance(node, Scalar) and node.value == "":
            self.fault(node, f"'{key}' is empty")
        return Setting(text, self.span(node)) if text else None

    # --- multipart ---

    def multipart(self, node: Node, key: str) -> tuple[Part, ...]:
        if not isinstance(node, MappingNode):
            self.wrong_type(node, key, "a mapping of part names to values")
            return ()
        return tuple(part for name, value in node.entries for part in self.parts(name, value))

    def parts(self, name: Scalar, node: Node) -> Iterator[Part]:
        if not name.text:
            self.fault(name, "an empty name in 'multipart'")
        for item in node.items if isinstance(node, Sequence) else [node]:
            part = self.part(name, item)
            if part is not None:
                yield part

    def part(self, name: Scalar, node: Node) -> Part | None:
        declared = self.with_placeholders(name, name.text)
        if isinstance(node, Scalar):
            return Part(declared, self.span(node), self.span(name), value=self.value(node, name.text))
        if isinstance(node, Sequence):
            self.fault(node, f"part '{name.text}' has a list within its list")
            return None
        fields = self.mapping(node, PART, f"part '{name.text}'")
        given = [key for key in ("file", "value") if key in fields.keys]
        if len(given) == 2:
            self.fault(fields.keys[given[1]], f"part '{name.text}' has a 'file' or a 'value', not both")
        elif not given:
            hint = "to send a mapping as JSON, write {value: {…}}"
            self.fault(name, f"part '{name.text}' has neither 'file' nor 'value'", hint)
        if not fields.values.get("file") and fields.values.get("value", MISSING) is MISSING:
            return None
        return Part(declared, self.span(node), self.span(name), **fields.values, long=True)

    def content_type(self, node: Node, key: str) -> Setting | None:
        found = self.named_text(node, key)
        if found is not None and isinstance(found.value, str) and not is_media_type(found.value):
            self.fault(node, f"'{found.value}' is not a media type", "write one such as text/csv or application/json")
        return found

    # --- graphql ---

    def graphql(self, node: Node, key: str) -> GraphQL:
        if isinstance(node, Scalar):
            self.fault(node, f"'{key}' must be a mapping, not {describe(node)}", "write {query: …}")
            return GraphQL(self.span(node))
        fields = self.mapping(node, GRAPHQL, f"'{key}'")
        query = fields.values.pop("query", None)
        if isinstance(node, MappingNode) and "query" not in fields.keys:
            self.fault(self.span(node), f"'{key}' has no 'query'", "the GraphQL document, or {file: …}")
        if isinstance(query, Setting):
            return GraphQL(self.span(node), file=query, **fields.values)
        return GraphQL(self.span(node), query or "", **fields.values)

    def graphql_query(self, node: Node, key: str) -> str | Template | Setting | None:
        """A text, or `{file: path}`. A document that YAML took for a mapping of its own is told apart."""
        if isinstance(node, MappingNode) and any(name.text == "file" for name, _ in node.entries):
            found: Setting | None = self.mapping(node, FILE, f"'{key}'").values.get("file")
            return found
        if not isinstance(node, Scalar):
            self.fault(node, f"'{key}' wants text or {{file: …}}, not {describe(node)}", _QUERY_HINT)
            return None
        text = self.template(node, key)
        if isinstance(node.value, str) and not node.value.strip():
            self.fault(node, f"'{key}' is empty")
        return text

    def graphql_variables(self, node: Node, key: str) -> Declared:
        value = self.value(node, key)
        whole = isinstance(value, Template) and len(template.parse(value.text)) == 1
        if not (whole or value is None or isinstance(value, dict)):
            self.wrong_type(node, key, "a mapping of names to values")
        return value


PART: Table = {
    "file": Key("file", BodyReader.named_text),
    "value": Key("value", BodyReader.value),
    "filename": Key("filename", BodyReader.named_text),
    "content_type": Key("content_type", BodyReader.content_type),
}

GRAPHQL: Table = {
    "query": Key("query", BodyReader.graphql_query),
    "variables": Key("variables", BodyReader.graphql_variables),
    "operation": Key("operation", BodyReader.named_text),
}

FILE: Table = {"file": Key("file", BodyReader.named_text)}
