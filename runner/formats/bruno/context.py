"""What the parts of the importer share for one collection: its names, its texts, its losses."""

from __future__ import annotations

import re

from runner.formats import dynamic
from runner.formats.attached import Attachments
from runner.formats.draft import Data, Imported, Names
from runner.formats.scripted import Scripts
from runner.formats.texts import Parts, parts_of, spliced
from runner.formats.texts import name as name_of
from runner.formats.variables import Kinds
from runner.language.values import number

_PLACEHOLDER = re.compile(r"\{\{([^{}]+)\}\}")
_HEAD = re.compile(r"[^.\[\]]+")
_STEP = re.compile(r"\.([^.\[\]]+)|\[(-?\d+)\]|\[(?:'([^']*)'|\"([^\"]*)\")\]")
_PROCESS = re.compile(r"process\.env\.([A-Za-z_]\w*)", re.ASCII)


class Context:
    """`declared` are the foreign names of variables that have a value somewhere; some of them hold dots."""

    def __init__(self, imported: Imported, names: Names, attachments: Attachments, declared: set[str]) -> None:
        self.imported = imported
        self.names = names
        self.attachments = attachments
        self.declared = declared
        self.kinds = Kinds()
        self.scripts = Scripts("Bruno", names, self.kinds, self.lose)
        #: Every mapping of variables, for what is known of their values.
        self.levels: list[Data] = []

    def lose(self, place: str, what: str, why: str, remedy: str = "") -> None:
        self.imported.lose(place, what, why, remedy)

    def parts(self, text: str, place: str) -> Parts:
        return parts_of(text, _PLACEHOLDER, lambda match: self.expression(match[1].strip(), place))

    def text(self, text: str, place: str) -> str:
        return spliced(self.parts(text, place))

    def expression(self, inner: str, place: str) -> str | None:
        """The expression for what a placeholder holds."""
        process = _PROCESS.fullmatch(inner)
        if process:
            return f"env.{process[1]}"
        if inner in self.declared:
            return self.names(inner)
        if inner.startswith("$"):
            return self._made_up(inner, place)
        head = _HEAD.match(inner.removeprefix("?"))
        if head is None:
            return None
        steps = self._steps(inner.removeprefix("?")[head.end() :])
        return self.names(inner) if steps is None else self.names(head[0].strip()) + steps

    def is_numeric(self, name: str) -> bool:
        """Whether every known value of a variable is a text that spells a number."""
        values = [level[name] for level in self.levels if name in level]
        return bool(values) and all(isinstance(value, str) and number(value) is not None for value in values)

    def _steps(self, text: str) -> str | None:
        """`.foo[0]` of an object's variable; None where it is no path."""
        written, position = "", 0
        while position < len(text):
            step = _STEP.match(text, position)
            if step is None:
                return None
            key = step[1] or step[3] or step[4]
            written += f"[{step[2]}]" if step[2] else f".{name_of(key)}"
            position = step.end()
        return written

    def _made_up(self, inner: str, place: str) -> str:
        found = dynamic.find(inner[1:])
        if found is not None:
            self.kinds.add(*found)
            return found[0]
        ours = self.names(inner.replace("$", ""))
        self.lose(place, f"{{{{{inner}}}}}", "there is no such value here", f"give {ours} a value")
        return ours
