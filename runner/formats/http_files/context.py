"""What the parts of the importer share for one file: its names, its texts, its losses."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from runner.formats.attached import Attachments
from runner.formats.captured import References
from runner.formats.draft import Data, Imported, Names
from runner.formats.http_files import references, system
from runner.formats.jsonpath import UntranslatableError
from runner.formats.scripted import Scripts
from runner.formats.texts import Parts, call, parts_of, spliced
from runner.formats.variables import STRING, Kinds

_PLACEHOLDER = re.compile(r"\{\{([^{}\n]+)\}\}")
#: What may be the name of a variable; anything else is code.
_NAME = re.compile(r"[\w.-]+")


class Context:
    """`place` is how the file is named, `requests` are the names of its requests with their places."""

    def __init__(
        self, imported: Imported, names: Names, attachments: Attachments, place: str, requests: Mapping[str, int],
        read: Callable[[str], str],
    ) -> None:  # fmt: skip
        self.imported = imported
        self.names = names
        self.attachments = attachments
        self.place = place
        self.kinds = Kinds()
        self.scripts = Scripts("The file", names, self.kinds, imported.lose)
        self.references = References(names, requests)
        #: Reads a file by its path relative to this one; raises ValueError.
        self.read = read
        #: Variables of private files: their values stay out.
        self.private: set[str] = set()
        #: Requests by the names that others refer to them by.
        self.drafts: dict[str, Data] = {}
        #: The place of the request that is being translated.
        self.current = 0

    def where(self, line: int) -> str:
        return f"{self.place}:{line}"

    def lose(self, line: int, what: str, why: str, remedy: str = "") -> None:
        self.imported.lose(self.where(line), what, why, remedy)

    def parts(self, text: str, line: int) -> Parts:
        return parts_of(text, _PLACEHOLDER, lambda match: self.expression(match[1].strip(), line))

    def quietly(self, text: str) -> Parts:
        """Parts in which only variables count; nothing is told."""

        def ours(match: re.Match[str]) -> str:
            inner = match[1].strip()
            return self.names(inner) if inner.isidentifier() else "uuid()"

        return parts_of(text, _PLACEHOLDER, ours)

    def text(self, text: str, line: int) -> str:
        return spliced(self.parts(text, line))

    def expression(self, inner: str, line: int) -> str:
        """The expression for what a placeholder holds."""
        if inner.startswith("%") and len(inner) > 1:  # percent-encoded
            return call("url_encode", call("to_string", self.expression(inner[1:].strip(), line)))
        if inner.startswith("$"):
            return self._made_up(inner, line)
        try:
            reference = references.find(inner, self.references.requests)
        except UntranslatableError as error:
            return self._from_outside(inner, str(error), line)
        if reference is None and _NAME.fullmatch(inner):
            return self.names(inner)
        if reference is None:
            return self._from_outside(inner, "it is more than the name of a variable", line)
        if reference.request not in self.references.requests:
            return self._from_outside(inner, f"no request here is named '{reference.request}'", line)
        if not self.references.is_sent_before(reference.request, self.current):
            why = f"'{reference.request}' has not been sent when this is"
            return self._from_outside(inner, why, line)
        variable = self.references.variable(reference)
        self.kinds.add(variable, STRING if "headers." in reference.expression or reference.expression == "text" else "")
        return variable

    def _made_up(self, inner: str, line: int) -> str:
        found = system.find(inner[1:])
        if found is None:
            return self._from_outside(inner, "there is no such value here", line)
        self.kinds.add(*found)
        return found[0]

    def _from_outside(self, inner: str, why: str, line: int) -> str:
        ours = self.names(inner.replace("$", ""))
        self.lose(line, f"{{{{{inner}}}}}", why, f"give {ours} a value")
        return ours
