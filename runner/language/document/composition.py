"""`extends`, `include` and `for_each`: what a file takes from other files, and what it repeats.

Which file a path stands for is not known here: `Others` reads them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, Protocol

from runner.diagnostics import Diagnostic, Source
from runner.errors import InvalidError
from runner.language import template
from runner.language.document.reader import Fields
from runner.language.document.response import ResponseReader
from runner.language.model import Collection, DataFile, ForEach, Group, RequestSpec, Setting
from runner.language.syntax import Mapping as MappingNode
from runner.language.syntax import Node, Scalar, Sequence

#: How the path of a data file ends; every other text of `for_each` is an expression.
DATA_ENDINGS = (".csv", ".json", ".yaml", ".yml")


class Decoded(NamedTuple):
    """A file that was read: its collection, the names that it gives to variables, how many requests it unfolds to."""

    collection: Collection
    names: frozenset[str]
    requests: int


class Others(Protocol):
    """Reads the files that a file names. Both raise ValueError and InvalidError."""

    def extended(self, source: Source, path: str) -> Decoded: ...

    def included(self, source: Source, path: str) -> Decoded: ...


class CompositionReader(ResponseReader):
    """Reads what other files give. `as_base`: this file is read for one that extends it."""

    def __init__(self, source: Source, faults: list[Diagnostic], others: Others, *, as_base: bool) -> None:
        super().__init__(source, faults)
        self.others = others
        self.as_base = as_base
        self.others_read: dict[str, Source] = {}
        self.warnings: list[Diagnostic] = []
        self.requests_read = 0

    def path(self, node: Node, key: str) -> Setting | None:
        text = self.text(node, key)
        if template.is_template(text):
            self.fault(node, f"'{key}' cannot hold {{{{ }}}}", "the file is read before any variable has a value")
            return None
        if isinstance(node, Scalar) and node.value == "":
            self.fault(node, f"'{key}' is empty")
        return Setting(text, self.span(node)) if text else None

    def other(self, read: Callable[[Source, str], Decoded], named: Setting, key: str) -> Collection | None:
        """The collection of a file that is named here; its faults are told at their own places."""
        try:
            decoded = read(self.source, named.value)
        except ValueError as error:
            self.fault(named.span, f"'{key}': {error}")
            return None
        except InvalidError as error:
            self.faults += error.diagnostics
            return None
        self.names |= decoded.names
        self.others_read.update({source.path: source for source in decoded.collection.sources})
        if key == "include":
            self.requests_read += decoded.requests
        return decoded.collection

    def included(self, named: Setting) -> tuple[Group, ...]:
        """The requests of another file, as a group without a name that has what that file gives them."""
        other = self.other(self.others.included, named, "include")
        if other is None:
            return ()
        self.warnings += other.warnings
        for key in ("setup", "teardown"):
            if getattr(other, key):
                message = f"'{key}' of {other.source.path} is not run here: include takes its requests only"
                self.warnings.append(Diagnostic(message, named.span, severity="warning"))
        shared = ("base_url", "base_url_span", "variables", "secrets", "environments", "auth", "defaults", "tags")
        inner = {name: getattr(other, name) for name in shared}
        return (Group(name="", span=named.span, name_span=named.span, requests=other.requests, **inner),)

    def for_each(self, node: Node, key: str) -> ForEach | None:
        span = self.span(node)
        if isinstance(node, Sequence):
            return ForEach([self.value(item, key) for item in node.items], span)
        if isinstance(node, MappingNode) or not isinstance(node.value, str):
            self.wrong_type(node, key, "a list, an expression that gives one, or the path of a data file")
            return None
        if node.value.lower().endswith(DATA_ENDINGS):
            return ForEach(DataFile(self.template(node, key), span), span)
        expression = self.expression(node, key)
        return None if expression is None else ForEach(expression, span)

    def base(self, fields: Fields) -> Collection | None:
        named = fields.values.get("extends")
        return None if named is None else self.other(self.others.extended, named, "extends")

    def not_read(self, node: Node, key: str) -> tuple[RequestSpec | Group, ...]:
        """What a base's own requests are to the file that extends it."""
        return ()
