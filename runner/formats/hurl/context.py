"""What the parts of the importer share for one file: its names, its texts, its variables so far, its losses."""

from __future__ import annotations

from typing import Any

from runner.formats.attached import Attachments
from runner.formats.draft import Data, Imported, Names
from runner.formats.hurl.nodes import Pair
from runner.formats.texts import Parts, Placeholder, spliced
from runner.formats.variables import Kinds

_FUNCTIONS = {"newUuid": "uuid()", "newDate": "now()"}


class Context:
    """`shared` are variables of options that stand in the collection, `place` is how the file is named."""

    def __init__(self, imported: Imported, names: Names, shared: Data, attachments: Attachments, place: str) -> None:
        self.imported = imported
        self.names = names
        self.shared = shared
        self.attachments = attachments
        self.place = place
        self.kinds = Kinds()
        self.kinds.declare(shared)
        #: What `variable:` options said, by name, until a capture of the name.
        self.set: dict[str, Any] = {}

    def where(self, line: int) -> str:
        return f"{self.place}:{line}"

    def lose(self, line: int, what: str, why: str, remedy: str = "") -> None:
        self.imported.lose(self.where(line), what, why, remedy)

    def ours(self, parts: Parts) -> Parts:
        """Parts with our expressions in their placeholders."""
        return tuple(Placeholder(self.expression(p.expression)) if isinstance(p, Placeholder) else p for p in parts)

    def expression(self, foreign: str) -> str:
        return _FUNCTIONS.get(foreign) or self.names(foreign)

    def text(self, parts: Parts) -> str:
        return spliced(self.ours(parts))

    def fixed(self, parts: Parts) -> str | None:
        """The text of parts that are known now: variables of options among them."""
        found = ""
        for part in parts:
            value: Any = part
            if isinstance(part, Placeholder):
                name = self.expression(part.expression)
                value = self.set.get(name, self.shared.get(name))
            if value is None or isinstance(value, bool):
                return None
            found += str(value)
        return found

    # --- files

    def file(self, path: Parts, like: str, line: int) -> str:
        """The path of a file that is sent."""
        fixed = self.fixed(path)
        return self.text(path) if fixed is None else self.attachments.take(fixed, like, self.where(line))

    def credential_file(self, pair: Pair, like: str) -> str:
        """The path of a certificate, a key or a CA."""
        fixed = self.fixed(pair.value)
        return self.text(pair.value) if fixed is None else self.attachments.outside(fixed, like, self.where(pair.line))
