"""The scripts of a collection, read once each: what they set, capture, assert and send, by item.

A script of the collection or of a folder is done for each request in it: its assertions become `defaults.assert`, its
captures and variables those of every request that it is about.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib.util import find_spec
from typing import Any

from runner.formats.draft import Comment
from runner.formats.postman.reading import KEPT_MARK, Item, Script
from runner.formats.postman.variables import Variables


@dataclass(slots=True, eq=False)
class Effects:
    """What the scripts of an item come to. `before` and `after` are results of each phase, in order."""

    before: list[Any] = field(default_factory=list)
    after: list[Any] = field(default_factory=list)
    kept: list[tuple[Script, str]] = field(default_factory=list)
    #: Results that became an `auth` block.
    used: set[int] = field(default_factory=set)


class Scripts:
    """Reads the scripts of all items of a collection."""

    def __init__(self, variables: Variables) -> None:
        self.variables = variables
        self.effects: dict[int, Effects] = {}
        self._parser = find_spec("tree_sitter") is not None and find_spec("tree_sitter_javascript") is not None

    def read(self, item: Item) -> None:
        """Reads the scripts of an item and of all in it."""
        self.effects[id(item)] = effects = Effects()
        for script in item.scripts:
            self._read(script, item, effects)
        for inner in item.items or ():
            self.read(inner)

    def of(self, item: Item) -> Effects:
        return self.effects[id(item)]

    def _read(self, script: Script, item: Item, effects: Effects) -> None:
        text, mark, kept = script.text.partition(KEPT_MARK)
        if mark:
            effects.kept.append((script, kept.strip("\n")))
            self._lose(script.path, "a script that an import kept", "it has no translation")
        if script.listen not in ("prerequest", "test"):
            if text.strip():
                effects.kept.append((script, text))
                self._lose(script.path, f"a script for '{script.listen}'", "Postman does not run it either")
            return
        if not text.strip():
            return
        if not self._parser:
            effects.kept.append((script, text))
            why = "reading scripts needs the packages tree-sitter and tree-sitter-javascript"
            self._lose(script.path, "a script", why, "pip install tree-sitter tree-sitter-javascript")
            return
        self._results(script, text, item, effects)

    def _results(self, script: Script, text: str, item: Item, effects: Effects) -> None:
        from runner.formats.scripts.machine import Machine
        from runner.formats.scripts.results import results
        from runner.formats.scripts.syntax import parse

        phase = "before" if script.listen == "prerequest" else "after"
        facts = {"requestName": item.name, "description": item.description}
        machine = Machine(parse(text), phase, facts)
        machine.run_script()
        found = results(machine, self.variables.names)
        found.path = script.path
        self._note(found)
        (effects.before if phase == "before" else effects.after).append(found)

    def _note(self, found: Any) -> None:
        """What kinds of values the variables get that a script sets."""
        self.variables.read |= found.read
        before = {new: own for own, new in found.renamed_ours.items()}
        for name, setting in found.variables.items():
            for each in {name, before.get(name, name)}:
                self._kinds(each, setting.term)
        for exchange in found.exchanges.values():
            for capture in exchange.captures:
                self.variables.captured.add(capture.name)
                self._kinds(capture.name, capture.term)

    def _kinds(self, name: str, term: Any) -> None:
        """What kinds a variable may have; those of another variable are known once all scripts are read."""
        from runner.formats.scripts.kinds import kind
        from runner.formats.scripts.terms import Choice, Var

        if isinstance(term, Choice):
            self._kinds(name, term.yes)
            self._kinds(name, term.no)
        elif isinstance(term, Var):
            self.variables.aliases.append((name, term.name))
        else:
            self.variables.kinds.setdefault(name, set()).add(kind(term) or "any")

    def _lose(self, path: str, what: str, why: str, remedy: str = "") -> None:
        self.variables.imported.lose(path, what, why, remedy)

    # --- what is left

    def finish(self, item: Item) -> None:
        """Tells what was lost in the scripts of an item; once everything has been written."""
        effects = self.of(item)
        for found in (*effects.before, *effects.after):
            script = next(each for each in item.scripts if each.path == found.path)
            for lost in found.losses:
                remedy = "it is kept as a comment beside its request"
                self._lose(f"{script.path}, line {lost.span.line}", lost.what, lost.why, remedy)
            if found.losses:
                effects.kept.append((script, left_of(found)))

    def comments(self, item: Item) -> Iterator[Comment]:
        """The scripts that are left, as comments."""
        for script, text in self.of(item).kept:
            word = {"prerequest": "pre-request", "test": "test"}.get(script.listen, script.listen)
            lines = text.strip("\n").split("\n")
            yield Comment("\n".join([f"Postman's {word} script, of which this has no translation:", *lines]))


def left_of(found: Any) -> str:
    """The statements of a script that hold what was lost, with the declarations that they use."""
    from runner.formats.scripts.slices import left

    return left(found.machine.script, [lost.span for lost in found.losses])
