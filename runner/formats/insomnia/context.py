"""What the parts of the importer share for one workspace: its names, its texts, its losses."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from runner.formats.attached import Attachments
from runner.formats.captured import References
from runner.formats.draft import Data, Imported, Names, literal
from runner.formats.insomnia import templates
from runner.formats.jsonpath import UntranslatableError
from runner.formats.scripted import Scripts
from runner.formats.texts import Parts, literals, parts_of, spliced
from runner.formats.variables import STRING, Kinds

#: `value | dump`, the JSON of a value.
_DUMP = re.compile(r"(.+?)\s*\|\s*dump\s*(?:\(\s*\))?\s*", re.DOTALL)


class Context:
    """`requests` are the ids of requests with their places."""

    def __init__(
        self, imported: Imported, names: Names, attachments: Attachments, requests: Mapping[str, int]
    ) -> None:  # fmt: skip
        self.imported = imported
        self.names = names
        self.attachments = attachments
        self.references = References(names, requests)
        self.kinds = Kinds()
        self.scripts = Scripts("Insomnia", names, self.kinds, self.lose)
        #: The place of the request that is being translated.
        self.current = 0
        #: Every mapping of variables, and the requests by their ids.
        self.levels: list[Data] = []
        self.drafts: dict[str, Data] = {}

    def lose(self, place: str, what: str, why: str, remedy: str = "") -> None:
        self.imported.lose(place, what, why, remedy)

    def parts(self, text: str, place: str) -> Parts:
        return parts_of(text, templates.PLACEHOLDER, lambda match: self._expression(match, place))

    def text(self, text: str, place: str) -> str:
        return spliced(self.parts(text, place))

    def value(self, value: Any, place: str) -> Any:
        """A value of an environment, templates in its texts."""
        if isinstance(value, str):
            return self.text(value, place)
        if isinstance(value, list):
            return [self.value(item, place) for item in value]
        if isinstance(value, dict):
            return {literal(str(key)): self.value(item, place) for key, item in value.items()}
        return literals(value)

    def _expression(self, match: re.Match[str], place: str) -> str | None:
        inner = match["variable"] if match["variable"] is not None else match["tag"]
        if not inner:
            return None
        try:
            return self._variable(inner) if match["tag"] is None else self._tag(inner, place)
        except UntranslatableError as error:
            words = re.findall(r"[A-Za-z]\w*", inner)
            ours = self.names("_".join(words[:2]) or "value")
            self.lose(place, match[0], str(error), f"give {ours} a value")
            return ours

    def _variable(self, inner: str) -> str:
        found = templates.variable(inner, self.names)
        dumped = _DUMP.fullmatch(inner)
        if dumped:
            self.kinds.dump(found, templates.variable(dumped[1], self.names))
        return found

    def _tag(self, inner: str, place: str) -> str:
        found = templates.tag(inner, self.names)
        if found.reference is None:
            self.kinds.add(found.expression, found.kind)
            return found.expression
        request = found.reference.request
        if request not in self.references.requests:
            raise UntranslatableError(f"there is no request '{request}' in it")
        if not self.references.is_sent_before(request, self.current):
            raise UntranslatableError("the request that it refers to has not been sent when this is")
        variable = self.references.variable(found.reference)
        is_text = found.reference.expression.startswith("headers.") or found.reference.expression in ("text", "url")
        self.kinds.add(variable, STRING if is_text else "")
        return variable
