"""Reading a node: its place, its type, its text with placeholders, its entries; every fault is collected.

This file knows no key by name; tables (`Key`) say which key is read by which method.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from runner.diagnostics import Diagnostic, Source, Span, did_you_mean
from runner.language import query, syntax, template
from runner.language.document.settings import METHOD, SETTINGS, standard_method
from runner.language.document.words import boolean_hint, describe, is_cut, mapping_hint, quote_hint
from runner.language.model import (
    ITEMS_KEY,
    RESERVED_NAMES,
    RESPONSE_KEYS,
    Declared,
    Entry,
    Environment,
    Expression,
    Setting,
    Template,
    Variable,
)
from runner.language.syntax import QUOTE_ALL, Node, Scalar, Sequence
from runner.language.syntax import Mapping as MappingNode

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)
_COMMENT = re.compile(r"[ \t]+#[^\n]*[^\s]")


class Key(NamedTuple):
    """How one key is read: the field that it fills, and the decoder's method."""

    field: str
    read: Callable[[Any, Node, str], Any]


Table = Mapping[str, Key]


@dataclass(slots=True, eq=False)
class Fields:
    """What a mapping gave: fields for the model, and where each key and value stood."""

    values: dict[str, Any]
    nodes: dict[str, Node]
    keys: dict[str, Scalar]


class Reader:
    """Reads the parts that all mappings share: places, faults, texts, templates, values, settings, variables."""

    def __init__(self, source: Source, faults: list[Diagnostic]) -> None:
        self.source = source
        self.faults = faults
        #: Names that variables and captures have, for the hints of `check_names`.
        self.names: set[str] = set()
        self.over_response: dict[str, list[Span]] = {}

    # --- places and faults ---

    def span(self, node: Node) -> Span:
        """The node's own text: without quotes, and of a block only its first line."""
        start, end = node.start, node.end
        if isinstance(node, Scalar):
            if not node.plain and self.source.text[start : start + 1] in ("'", '"') and end - start >= 2:
                start, end = start + 1, end - 1
            return Span(self.source, start, max(end, start + 1) if not node.text else end)
        line_end = self.source.text.find("\n", start)
        return Span(self.source, start, end if line_end < 0 else min(end, line_end))

    def inside(self, node: Scalar, start: int, end: int) -> Span:
        """The place of a part of a scalar's text."""
        return self.span(node).locate(node.text, start, end)

    def fault(self, where: Node | Span, message: str, hint: str = "") -> None:
        if isinstance(where, Scalar) and where.value is syntax.BROKEN:
            return
        span = where if isinstance(where, Span) else self.span(where).first_line()
        self.faults.append(Diagnostic(message, span, hint))

    def wrong_type(self, node: Node, key: str, wanted: str, hint: str = "") -> None:
        self.fault(node, f"'{key}' wants {wanted}, not {describe(node)}", hint)

    # --- mappings by table ---

    def mapping(self, node: Node, table: Table, what: str, ignore: frozenset[str] = frozenset()) -> Fields:
        fields = Fields({}, {}, {})
        if not isinstance(node, MappingNode):
            self.fault(node, f"{what} must be a mapping, not {describe(node)}", mapping_hint(node))
            return fields
        for key, value in node.entries:
            name = key.text
            fields.keys[name], fields.nodes[name] = key, value
            row = table.get(name)
            if row is None:
                if name not in ignore:
                    self.unknown_key(key, table, what)
                continue
            fields.values[row.field] = row.read(self, value, name)
        return fields

    def unknown_key(self, key: Scalar, table: Mapping[str, Any], what: str) -> None:
        hint = did_you_mean(key.text, table) or f"known keys: {', '.join(table)}"
        self.fault(key, f"unknown key '{key.text}' in {what}", hint)

    # --- texts, templates, expressions ---

    def text(self, node: Node, key: str) -> str:
        if isinstance(node, Scalar) and isinstance(node.value, str):
            return node.value
        self.wrong_type(node, key, "text", quote_hint(node))
        return ""

    def plain_text(self, node: Node, key: str) -> str:
        text = self.text(node, key)
        if isinstance(node, Scalar) and template.is_template(text):
            self.fault(node, f"'{key}' is plain text: it cannot hold {{{{ }}}}")
        elif isinstance(node, Scalar) and isinstance(node.value, str) and not text.strip():
            self.fault(node, f"'{key}' is empty")
        return text

    def template(self, node: Node, key: str) -> str | Template:
        text = self.text(node, key)
        return self.with_placeholders(node, text) if isinstance(node, Scalar) else text

    def with_placeholders(self, node: Scalar, text: str) -> str | Template:
        if not template.is_template(text):
            return text
        try:
            template.parse(text)
        except template.TemplateFault as fault:
            self.fault(self.inside(node, fault.start, fault.end), fault.message, fault.hint)
        return Template(text, self.span(node))

    def expression(self, node: Node, key: str) -> Expression | None:
        if not isinstance(node, Scalar):
            hint = QUOTE_ALL if isinstance(node, Sequence) or node.flow else ""
            self.wrong_type(node, key, "an expression", hint)
            return None
        if not isinstance(node.value, str):
            self.wrong_type(node, key, "an expression", f'write "`{node.text}`"' if node.text else "")
            return None
        self.compile(node, node.value)
        return Expression(node.value, self.span(node))

    def response_expression(self, node: Node, key: str) -> Expression | None:
        expression = self.expression(node, key)
        if expression is not None:
            self.over_response.setdefault(expression.text, []).append(expression.span)
        return expression

    def check_response_names(self) -> None:
        """First names that the response does not have; last, when all names of variables are known.

        Whether pages are joined is judged request by request, when it is known what each inherits.
        """
        known = (*RESPONSE_KEYS, ITEMS_KEY)
        for text, spans in self.over_response.items():
            try:
                compiled = query.compile(text)
            except query.QueryFault:
                continue  # told where it stands
            for fault in query.check_names(compiled, known, document="response", variables=self.names):
                for span in spans:
                    self.fault(span.locate(text, fault.start, fault.end), fault.message, fault.hint)

    def compile(self, node: Scalar, text: str) -> None:
        try:
            query.compile(text)
        except query.QueryFault as fault:
            comment = _COMMENT.match(self.source.text, node.end) if is_cut(node) else None
            if comment is not None:
                whole = Span(self.source, node.start, comment.end())
                self.fault(whole, "YAML takes ' #' for the beginning of a comment", QUOTE_ALL)
                return
            self.fault(self.inside(node, fault.start, fault.end), fault.message, fault.hint)

    # --- declared values: JSON data that may hold templates ---

    def value(self, node: Node, key: str) -> Declared:
        if isinstance(node, Scalar):
            return self.with_placeholders(node, node.value) if isinstance(node.value, str) else node.value
        if isinstance(node, Sequence):
            return [self.value(item, key) for item in node.items]
        return {self.with_placeholders(k, k.text): self.value(v, key) for k, v in node.entries}

    def entries(self, node: Node, key: str) -> tuple[Entry, ...]:
        if isinstance(node, Scalar) and node.value is None and node.plain:
            return ()
        if not isinstance(node, MappingNode):
            self.wrong_type(node, key, "a mapping of names to values")
            return ()
        return tuple(self.entry(name, value, key) for name, value in node.entries)

    def entry(self, name: Scalar, node: Node, key: str) -> Entry:
        if isinstance(node, MappingNode):
            self.fault(node, f"'{name.text}' in '{key}' wants a single value, not a mapping")
        elif isinstance(node, Sequence) and any(not isinstance(item, Scalar) for item in node.items):
            self.fault(node, f"'{name.text}' in '{key}' wants a flat list")
        if not name.text:
            self.fault(name, f"an empty name in '{key}'")
        declared = self.with_placeholders(name, name.text)
        return Entry(declared, self.value(node, key), self.span(node), self.span(name))

    def headers(self, node: Node, key: str) -> tuple[Entry, ...]:
        entries = self.entries(node, key)
        seen: dict[str, Entry] = {}
        for entry in entries:
            name = entry.text.lower()
            if name in seen:
                self.fault(entry.name_span, f"duplicate header '{entry.text}'", "header names ignore case")
            elif isinstance(entry.name, str) and not METHOD.fullmatch(entry.name):
                self.fault(entry.name_span, f"'{entry.name}' is not a header name")
            seen[name] = entry
        return entries

    # --- scalars with a rule ---

    def setting(self, node: Node, key: str) -> Setting | None:
        rule = SETTINGS[key]
        if isinstance(node, Scalar):
            if isinstance(node.value, str) and template.is_template(node.value):
                return Setting(self.with_placeholders(node, node.value), self.span(node))
            value = rule.read(node.value)
            if value is not None:
                return Setting(value, self.span(node))
        hint = boolean_hint(node) if "false" in rule.wanted else ""
        shown = f"'{node.text}'" if isinstance(node, Scalar) and isinstance(node.value, str) else describe(node)
        self.fault(node, f"'{key}' wants {rule.wanted}, not {shown}", hint)
        return None

    def method(self, node: Node, key: str) -> str | Template:
        method = self.template(node, key)
        is_text = isinstance(node, Scalar) and isinstance(node.value, str)
        if is_text and isinstance(method, str) and not METHOD.fullmatch(method):
            self.fault(node, f"'{method}' is not a method")
        return standard_method(method) if isinstance(method, str) else method

    def skip(self, node: Node, key: str) -> str | bool:
        if isinstance(node, Scalar) and isinstance(node.value, bool):
            return node.value
        if isinstance(node, Scalar) and isinstance(node.value, str):
            if hint := boolean_hint(node):
                self.wrong_type(node, key, "true or a reason", hint)
            return self.plain_text(node, key)
        self.wrong_type(node, key, "true or a reason")
        return False

    def tags(self, node: Node, key: str) -> tuple[str, ...]:
        items = node.items if isinstance(node, Sequence) else [node]
        if isinstance(node, MappingNode):
            self.wrong_type(node, key, "a list of texts")
            return ()
        return tuple(self.plain_text(item, key) for item in items)

    # --- variables ---

    def variables(self, node: Node, key: str) -> dict[str, Variable]:
        if isinstance(node, Scalar) and node.value is None and node.plain:
            return {}
        if not isinstance(node, MappingNode):
            self.wrong_type(node, key, "a mapping of names to values")
            return {}
        declared = {}
        for name, value in node.entries:
            self.check_name(name, "a variable")
            declared[name.text] = Variable(name.text, self.value(value, key), self.span(value).first_line())
        return declared

    def secrets(self, node: Node, key: str) -> dict[str, Variable]:
        declared = self.variables(node, key)
        self.source.secrets += [variable.value for variable in declared.values()]
        return declared

    def check_name(self, name: Scalar, what: str) -> None:
        self.names.add(name.text)
        if name.text in RESERVED_NAMES:
            self.fault(name, f"'{name.text}' is taken: it cannot name {what}")
        elif not _NAME.fullmatch(name.text):
            better = re.sub(r"\W", "_", name.text, flags=re.ASCII).lstrip("0123456789")
            hint = f"letters, digits and _ only, as in '{better}'" if better else "letters, digits and _ only"
            self.fault(name, f"'{name.text}' cannot name {what}", hint)

    def environments(self, node: Node, key: str) -> dict[str, Environment]:
        if not isinstance(node, MappingNode):
            self.wrong_type(node, key, "a mapping of environment names to variables")
            return {}
        return {
            name.text: Environment(name.text, self.variables(value, name.text), self.span(name))
            for name, value in node.entries
        }
