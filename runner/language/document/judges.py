"""`schema` and `snapshot`: what judges a response as a whole."""

from __future__ import annotations

import json
import re

from runner.language import data, template
from runner.language.document.reader import Key, Table
from runner.language.document.response import ResponseReader
from runner.language.document.words import boolean_hint
from runner.language.model import Schema, Snapshot, Steps
from runner.language.syntax import Mapping as MappingNode
from runner.language.syntax import Node, Scalar, Sequence

_STEP = re.compile(
    r"""(?P<dot>\.)?(?:(?P<name>[A-Za-z_][A-Za-z0-9_]*)
        |(?P<quoted>"(?:\\(?:["\\/bfnrt]|u[0-9A-Fa-f]{4})|[^"\\\x00-\x1f])*"))
    |\[(?P<number>-?[0-9]{1,9}|\*)\]""",
    re.ASCII | re.VERBOSE,
)
_STEPS_HINT = 'a path is names, [n] and [*], as in body.users[*].id; other names in quotes: body."a-b"'
#: What a snapshot holds; a path that starts with another name starts in the body.
_ROOTS = ("status", "body", "text")


class JudgesReader(ResponseReader):
    """Reads `schema` and `snapshot`."""

    def schema(self, node: Node, key: str) -> Schema | None:
        if isinstance(node, MappingNode):
            return Schema(self.value(node, key), self.span(node), data.of_node(self.source, node).span)
        if isinstance(node, Scalar) and isinstance(node.value, str) and node.text.strip():
            return Schema(self.with_placeholders(node, node.text), self.span(node))
        self.wrong_type(node, key, "a file, as in user.json or api.yaml#/components/schemas/User, or a JSON Schema")
        return None

    def snapshot(self, node: Node, key: str) -> Snapshot | None:
        if isinstance(node, MappingNode):
            return Snapshot(self.span(node), **self.mapping(node, SNAPSHOT, "'snapshot'").values)
        if not isinstance(node, Scalar) or not isinstance(node.value, bool):
            self.wrong_type(node, key, "true, or {ignore: [path, …]}", boolean_hint(node))
            return None
        return Snapshot(self.span(node)) if node.value else None

    def ignored(self, node: Node, key: str) -> tuple[Steps, ...]:
        if not isinstance(node, Sequence):
            self.wrong_type(node, key, "a list of paths", 'as in [body.id, "body.users[*].created"]')
            return ()
        return tuple(filter(None, (self.steps(item, key) for item in node.items)))

    def steps(self, node: Node, key: str) -> Steps:
        text = self.plain_text(node, key)
        if not text or template.is_template(text) or not isinstance(node, Scalar):
            return ()
        steps: list[str | int | None] = []
        at = 0
        while at < len(text):
            found = _STEP.match(text, at)
            if found is None or bool(found["dot"]) != bool(at and not found["number"]):
                self.fault(self.inside(node, at, len(text)), f"'{text}' is not a path", _STEPS_HINT)
                return ()
            steps.append(_step(found))
            at = found.end()
        return tuple(steps) if steps[0] in _ROOTS else ("body", *steps)


def _step(found: re.Match[str]) -> str | int | None:
    if found["number"]:
        return None if found["number"] == "*" else int(found["number"])
    if found["name"]:
        return found["name"]
    name: str = json.loads(found["quoted"])
    return name


SNAPSHOT: Table = {"ignore": Key("ignore", JudgesReader.ignored)}
