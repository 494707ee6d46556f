"""Node → model: every key by a table, all faults collected, each with its place and the nearest right word.

A table names for each key of a mapping the field it fills and the function that reads it. Templates and expressions
are compiled here once, so that a fault in them is found when the file is read. This file knows no values of variables:
whether a name exists is judged later, over the whole collection.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any, NamedTuple

from runner.diagnostics import Diagnostic, Source, Span, did_you_mean, nearest
from runner.errors import InvalidError
from runner.language import query, syntax, template
from runner.language.model import (
    AUTH_KEYS,
    BODY_KEYS,
    RESERVED_NAMES,
    RESPONSE_KEYS,
    Assertion,
    AuthField,
    AuthSpec,
    Body,
    Capture,
    Collection,
    Declared,
    Defaults,
    Entry,
    Environment,
    Expression,
    Group,
    RequestSpec,
    Setting,
    Template,
    Variable,
)
from runner.language.syntax import Mapping as MappingNode
from runner.language.syntax import Node, Scalar, Sequence
from runner.language.values import duration, kind, size
from runner.redaction import Redactor

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)
_METHOD = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+", re.ASCII)  # a token, RFC 9110 § 9.1
_YAML_11_BOOLEANS = {"yes": "true", "on": "true", "y": "true", "no": "false", "off": "false", "n": "false"}
_QUOTE_ALL = "put the whole expression in quotes"


def load(source: Source) -> Collection:
    """The collection that a source declares.

    Raises:
        InvalidError: with every fault that was found.
    """
    faults: list[Diagnostic] = []
    node = syntax.parse(source, faults)
    collection = _Decoder(source, faults).collection(node)
    source.mask = Redactor(source.secrets).text
    if faults or collection is None:
        raise InvalidError(_in_order(faults))
    return collection


def _in_order(faults: list[Diagnostic]) -> list[Diagnostic]:
    unique = {(fault.message, fault.span.start if fault.span else -1): fault for fault in faults}
    return sorted(unique.values(), key=lambda fault: fault.span.start if fault.span else -1)


class Key(NamedTuple):
    """How one key is read: the field that it fills, and the decoder's method."""

    field: str
    read: Callable[[_Decoder, Node, str], Any]


Table = Mapping[str, Key]


@dataclass(slots=True, eq=False)
class _Fields:
    """What a mapping gave: fields for the model, and where each key and value stood."""

    values: dict[str, Any]
    nodes: dict[str, Node]
    keys: dict[str, Scalar]


class _Decoder:
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
        self.fault(node, f"'{key}' wants {wanted}, not {_describe(node)}", hint)

    # --- mappings by table ---

    def mapping(self, node: Node, table: Table, what: str, ignore: frozenset[str] = frozenset()) -> _Fields:
        fields = _Fields({}, {}, {})
        if not isinstance(node, MappingNode):
            self.fault(node, f"{what} must be a mapping, not {_describe(node)}", _mapping_hint(node))
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
        self.wrong_type(node, key, "text", _quote_hint(node))
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
            hint = _QUOTE_ALL if isinstance(node, Sequence) or node.flow else ""
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
        """First names that the response does not have; last, when all names of variables are known."""
        for text, spans in self.over_response.items():
            try:
                compiled = query.compile(text)
            except query.QueryFault:
                continue  # told where it stands
            for fault in query.check_names(compiled, RESPONSE_KEYS, document="response", variables=self.names):
                for span in spans:
                    self.fault(span.locate(text, fault.start, fault.end), fault.message, fault.hint)

    def compile(self, node: Scalar, text: str) -> None:
        try:
            query.compile(text)
        except query.QueryFault as fault:
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
            elif isinstance(entry.name, str) and not _METHOD.fullmatch(entry.name):
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
        hint = _boolean_hint(node) if "true" in rule.wanted else ""
        shown = f"'{node.text}'" if isinstance(node, Scalar) and isinstance(node.value, str) else _describe(node)
        self.fault(node, f"'{key}' wants {rule.wanted}, not {shown}", hint)
        return None

    def method(self, node: Node, key: str) -> str | Template:
        method = self.template(node, key)
        if isinstance(method, str) and method and not _METHOD.fullmatch(method):
            self.fault(node, f"'{method}' is not a method")
        return method

    def skip(self, node: Node, key: str) -> str | bool:
        if isinstance(node, Scalar) and isinstance(node.value, bool):
            return node.value
        if isinstance(node, Scalar) and isinstance(node.value, str):
            if hint := _boolean_hint(node):
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

    # --- auth ---

    def auth(self, node: Node, key: str) -> AuthSpec | None:
        if isinstance(node, Scalar):
            if node.value == "none":
                return AuthSpec("none", {}, self.span(node))
            hint = did_you_mean(node.text, AUTH_KEYS) if isinstance(node.value, str) else ""
            self.wrong_type(node, key, "'none', or a mapping with a type", hint or "write {type: …}")
            return None
        if not isinstance(node, MappingNode):
            self.wrong_type(node, key, "'none', or a mapping with a type")
            return None
        declared = self.auth_type(node)
        return AuthSpec(declared, self.auth_fields(node, declared), self.span(node))

    def auth_type(self, node: MappingNode) -> str | None:
        found = next((value for name, value in node.entries if name.text == "type"), None)
        if found is None:
            return None
        declared = self.text(found, "type")
        if declared and declared not in AUTH_KEYS:
            hint = did_you_mean(declared, AUTH_KEYS) or f"known types: {', '.join(AUTH_KEYS)}"
            self.fault(found, f"unknown auth type '{declared}'", hint)
        return declared

    def auth_fields(self, node: MappingNode, declared: str | None) -> dict[str, AuthField]:
        known = (
            AUTH_KEYS.get(declared, {}) if declared else {k: v for keys in AUTH_KEYS.values() for k, v in keys.items()}
        )
        what = f"auth of type '{declared}'" if declared else "auth"
        fields = {}
        for name, value in node.entries:
            if name.text == "type":
                continue
            if name.text not in known:
                if declared is None or declared in AUTH_KEYS:
                    self.unknown_key(name, {"type": None, **known}, what)
                continue
            fields[name.text] = AuthField(self.auth_value(name.text, value), self.span(value).first_line())
            if declared:  # without a type, the inherited one decides
                self.check_choice(name.text, value, known[name.text].choices)
            if known[name.text].secret:
                self.source.secrets.append(fields[name.text].value)
        for name_, row in known.items():
            if declared and row.required and name_ not in fields:
                self.fault(self.auth_place(node), f"{what} has no '{name_}'", row.doc.rstrip("."))
        return fields

    def auth_place(self, node: MappingNode) -> Span:
        key, value = next((k, v) for k, v in node.entries if k.text == "type")
        return Span(self.source, key.start, value.end)

    def auth_value(self, name: str, node: Node) -> Declared:
        if name == "extra" and not isinstance(node, MappingNode):
            self.wrong_type(node, name, "a mapping of form fields")
        elif isinstance(node, MappingNode) and name != "extra":
            self.wrong_type(node, name, "text")
        elif isinstance(node, Scalar) and name == "leeway" and not template.is_template(node.text):
            if duration(node.value) is None:
                self.wrong_type(node, name, "a duration such as 30s")
        elif name == "refresh_on":
            self.check_statuses(node, name)
        return self.value(node, name)

    def check_statuses(self, node: Node, name: str) -> None:
        items = node.items if isinstance(node, Sequence) else [node]
        for item in items:
            if not (isinstance(item, Scalar) and type(item.value) is int and 100 <= item.value <= 599):
                self.wrong_type(item, name, "a list of statuses such as [401, 403]")

    def check_choice(self, name: str, node: Node, choices: tuple[str, ...]) -> None:
        if not choices or (isinstance(node, Scalar) and template.is_template(node.text)):
            return
        if not isinstance(node, Scalar) or node.value not in choices:
            shown = f"'{node.text}'" if isinstance(node, Scalar) else _describe(node)
            hint = (did_you_mean(node.text, choices) if isinstance(node, Scalar) else "") or "one of " + ", ".join(
                choices
            )
            self.fault(node, f"'{name}' cannot be {shown}", hint)

    # --- captures and assertions ---

    def captures(self, node: Node, key: str) -> tuple[Capture, ...]:
        if not isinstance(node, MappingNode):
            self.wrong_type(node, key, "a mapping of names to expressions")
            return ()
        captures = []
        for name, value in node.entries:
            self.check_name(name, "a capture")
            capture = self.capture(name, value)
            if capture is not None:
                captures.append(capture)
        return tuple(captures)

    def capture(self, name: Scalar, node: Node) -> Capture | None:
        if not isinstance(node, MappingNode):
            source = self.response_expression(node, name.text)
            return Capture(name.text, source, span=self.span(name)) if source else None
        fields = self.mapping(node, CAPTURE, f"capture '{name.text}'")
        if "from" not in fields.keys:
            self.fault(name, f"capture '{name.text}' has no 'from'", "the expression to take the value with")
        if fields.values.get("source") is None:
            return None
        return Capture(name=name.text, span=self.span(name), **fields.values)

    def boolean(self, node: Node, key: str) -> bool:
        if isinstance(node, Scalar) and isinstance(node.value, bool):
            return node.value
        self.wrong_type(node, key, "true or false", _boolean_hint(node))
        return False

    def assertions(self, node: Node, key: str) -> tuple[Assertion, ...]:
        if isinstance(node, Scalar):
            self.wrong_type(node, key, "a list", "start the line below with '- '")
            return ()
        items = node.items if isinstance(node, Sequence) else [node]
        if isinstance(node, Sequence) and node.flow and self.cut_flow(node):
            return ()
        return tuple(assertion for item in items for assertion in self.assertion(item))

    def cut_flow(self, node: Sequence) -> bool:
        """`[contains(a, b)]` without quotes is two items to YAML: their brackets do not match."""
        for item in node.items:
            if isinstance(item, Scalar) and item.plain and item.text.count("(") != item.text.count(")"):
                self.fault(node, "YAML cuts this expression at the comma", _QUOTE_ALL)
                return True
        return False

    def assertion(self, node: Node) -> list[Assertion]:
        if isinstance(node, Sequence):
            hint = _QUOTE_ALL if node.flow else "each '- ' is one assertion"
            self.fault(node, "an assertion is text or a mapping, not a list", hint)
            return []
        if isinstance(node, Scalar):
            that = self.response_expression(node, "assert")
            return [Assertion(that, span=that.span)] if that else []
        if any(name.text == "that" for name, _ in node.entries):
            return self.long_assertion(node)
        return [found for name, value in node.entries for found in self.equation(name, value)]

    def equation(self, name: Scalar, node: Node) -> list[Assertion]:
        if self.cut_mapping(name, node):
            return []
        self.compile(name, name.text)
        self.over_response.setdefault(name.text, []).append(self.span(name))
        expected = self.value(node, name.text)
        one_of = name.text == "status" and isinstance(expected, list)
        if name.text == "status":
            self.check_status(node)
        span = self.span(name)
        return [Assertion(Expression(name.text, span), expected, one_of=one_of, span=span)]

    def check_status(self, node: Node) -> None:
        for item in node.items if isinstance(node, Sequence) else [node]:
            if isinstance(item, Scalar) and template.is_template(item.text):
                continue
            if not isinstance(item, Scalar) or isinstance(item.value, bool) or not isinstance(item.value, int):
                hint = f"write {item.text} without quotes" if isinstance(item, Scalar) and item.text.isdigit() else ""
                self.wrong_type(item, "status", "a number such as 200, or a list of them", hint)

    def cut_mapping(self, name: Scalar, node: Node) -> bool:
        """`x == 'a: b'` without quotes is a key and a value to YAML: a quote stays open in the key."""
        text = re.sub(r"'(?:\\.|[^'\\])*'|\"(?:\\.|[^\"\\])*\"|`(?:\\.|[^`\\])*`", "", name.text)
        if not name.plain or not (set("'\"`") & set(text) or text.count("(") != text.count(")")):
            return False
        span = Span(self.source, name.start, max(node.end, name.end)).first_line()
        self.fault(span, "YAML cuts this expression at ': '", _QUOTE_ALL)
        return True

    def long_assertion(self, node: MappingNode) -> list[Assertion]:
        fields = self.mapping(node, ASSERTION, "an assertion")
        that = fields.values.get("that")
        if "equals" in fields.keys and "includes" in fields.keys:
            self.fault(fields.keys["includes"], "an assertion has 'equals' or 'includes', not both")
        if that is None:
            return []
        return [Assertion(span=that.span, **fields.values)]

    # --- requests, groups, the collection ---

    def url(self, node: Node, key: str) -> str | Template:
        url = self.template(node, key)
        if isinstance(url, str) and (problem := _url_fault(url)):
            self.fault(node, f"'{url}' is not a URL: {problem}")
        return url

    def requests(self, node: Node, key: str) -> tuple[RequestSpec | Group, ...]:
        if not isinstance(node, Sequence):
            self.wrong_type(node, key, "a list", "start each request with '- '")
            return ()
        items = [item for item in map(self.request_or_group, node.items) if item is not None]
        self.check_unique(items)
        return tuple(items)

    def check_unique(self, items: list[RequestSpec | Group]) -> None:
        seen: dict[str, RequestSpec | Group] = {}
        for item in items:
            if item.name and item.name in seen:
                hint = f"the first is in line {seen[item.name].name_span.line}"
                self.fault(item.name_span, f"two requests are named '{item.name}'", hint)
            seen.setdefault(item.name, item)

    def request_or_group(self, node: Node) -> RequestSpec | Group | None:
        if not isinstance(node, MappingNode):
            self.fault(node, f"a request must be a mapping, not {_describe(node)}", _mapping_hint(node))
            return None
        if any(name.text == "requests" for name, _ in node.entries):
            return self.group(node)
        return self.request(node)

    def named(self, node: MappingNode, fields: _Fields, what: str) -> dict[str, Any]:
        if "name" not in fields.keys:
            self.fault(self.head(node), f"{what} has no 'name'")
        name = fields.nodes.get("name")
        return {
            "span": self.span(node),
            "name_span": self.span(name) if name is not None else self.head(node),
            "end": node.end,
        }

    def head(self, node: MappingNode) -> Span:
        first = node.entries[0][0] if node.entries else node
        return self.span(first)

    def group(self, node: MappingNode) -> Group:
        fields = self.mapping(node, GROUP, "a group")
        places = self.named(node, fields, "a group")
        if "base_url" in fields.nodes:
            places["base_url_span"] = self.span(fields.nodes["base_url"])
        return Group(**places, **fields.values)

    def request(self, node: MappingNode) -> RequestSpec:
        fields = self.mapping(node, REQUEST, "a request")
        places = self.named(node, fields, "a request")
        for required in ("url",):
            if required not in fields.keys:
                self.fault(self.head(node), f"a request has no '{required}'", "the path, or a whole URL")
        for name in ("method", "url"):
            if name in fields.nodes:
                places[f"{name}_span"] = self.span(fields.nodes[name])
        settings = {name: fields.values.pop(name) for name in _SETTING_FIELDS if name in fields.values}
        body = self.body(fields)
        return RequestSpec(**places, **fields.values, body=body, settings=Defaults(**settings))

    def body(self, fields: _Fields) -> Body | None:
        found = [name for name in BODY_KEYS if name in fields.keys]
        if len(found) > 1:
            self.fault(fields.keys[found[1]], f"a request has one body: '{found[0]}' or '{found[1]}', not both")
        values = {name: fields.values.pop(f"body_{name}", None) for name in found}
        if not found:
            return None
        return Body(found[0], values[found[0]], self.span(fields.keys[found[0]]))

    def body_text(self, node: Node, key: str) -> Declared:
        return self.template(node, key)

    def defaults(self, node: Node, key: str) -> Defaults:
        if isinstance(node, Scalar) and node.value is None and node.plain:
            return Defaults()
        return Defaults(**self.mapping(node, DEFAULTS, "defaults").values)

    def collection(self, node: Node | None) -> Collection | None:
        if node is None:
            self.faults.append(Diagnostic("the file is empty", Span(self.source, 0, 0), "a collection has 'requests'"))
            return None
        fields = self.mapping(node, COLLECTION, "a collection")
        if isinstance(node, MappingNode) and "requests" not in fields.keys:
            self.fault(self.head(node), "a collection has no 'requests'")
        self.check_secrets(fields)
        self.note_secrets(fields)
        self.check_response_names()
        values = {"name": PurePath(self.source.path).stem, **fields.values}
        if "base_url" in fields.nodes:
            values["base_url_span"] = self.span(fields.nodes["base_url"])
        return Collection(source=self.source, **values)

    def note_secrets(self, fields: _Fields) -> None:
        """Values that an environment gives to a secret are secret, too."""
        names = fields.values.get("secrets", ())
        for environment in fields.values.get("environments", {}).values():
            self.source.secrets += [v.value for name, v in environment.variables.items() if name in names]

    def check_secrets(self, fields: _Fields) -> None:
        both = set(fields.values.get("variables", ())) & set(fields.values.get("secrets", ()))
        secrets = fields.nodes.get("secrets")
        for name, _ in secrets.entries if isinstance(secrets, MappingNode) else ():
            if name.text in both:
                self.fault(name, f"'{name.text}' stands in both 'variables' and 'secrets'", "keep it in 'secrets'")


# --- tables --------------------------------------------------------------------------------------------------------


class SettingRule(NamedTuple):
    """A scalar setting: what it wants in words, and the function that gives its value or None."""

    wanted: str
    read: Callable[[Any], Any]


def read_timeout(value: Any) -> float | None:
    """A positive duration in seconds."""
    seconds = duration(value)
    return seconds if seconds else None


def read_redirects(value: Any) -> int | None:
    """How many redirects to follow."""
    if isinstance(value, bool):
        return 10 if value else 0
    return value if isinstance(value, int) and value >= 0 else None


def read_verify(value: Any) -> bool | str | None:
    """true, false or the path of a CA file."""
    if isinstance(value, str):
        return value if value and value.lower() not in _YAML_11_BOOLEANS else None
    return value if isinstance(value, bool) else None


SETTINGS: Mapping[str, SettingRule] = {
    "timeout": SettingRule("a duration such as 500ms, 10s or 2m", read_timeout),
    "delay": SettingRule("a duration such as 500ms, 10s or 2m", duration),
    "follow_redirects": SettingRule("true, false or a number", read_redirects),
    "verify": SettingRule("true, false or a CA file", read_verify),
    "max_body": SettingRule("a size such as 10MB, or a number of bytes", size),
}

_SETTING_KEYS: Table = {
    "headers": Key("headers", _Decoder.headers),
    "query": Key("query", _Decoder.entries),
    "timeout": Key("timeout", _Decoder.setting),
    "follow_redirects": Key("follow_redirects", _Decoder.setting),
    "verify": Key("verify", _Decoder.setting),
    "max_body": Key("max_body", _Decoder.setting),
}
_SETTING_FIELDS = tuple(row.field for row in _SETTING_KEYS.values())

DEFAULTS: Table = {**_SETTING_KEYS, "assert": Key("asserts", _Decoder.assertions)}

_COMMON: Table = {
    "name": Key("name", _Decoder.plain_text),
    "description": Key("description", _Decoder.text),
    "variables": Key("variables", _Decoder.variables),
    "auth": Key("auth", _Decoder.auth),
    "tags": Key("tags", _Decoder.tags),
}

COLLECTION: Table = {
    **_COMMON,
    "base_url": Key("base_url", _Decoder.url),
    "secrets": Key("secrets", _Decoder.secrets),
    "environments": Key("environments", _Decoder.environments),
    "defaults": Key("defaults", _Decoder.defaults),
    "requests": Key("requests", _Decoder.requests),
}

GROUP: Table = {
    **_COMMON,
    "base_url": Key("base_url", _Decoder.url),
    "defaults": Key("defaults", _Decoder.defaults),
    "skip": Key("skip", _Decoder.skip),
    "when": Key("when", _Decoder.expression),
    "requests": Key("requests", _Decoder.requests),
}

REQUEST: Table = {
    **_COMMON,
    "skip": Key("skip", _Decoder.skip),
    "when": Key("when", _Decoder.expression),
    "method": Key("method", _Decoder.method),
    "url": Key("url", _Decoder.url),
    **_SETTING_KEYS,
    "cookies": Key("cookies", _Decoder.entries),
    "json": Key("body_json", _Decoder.value),
    "form": Key("body_form", _Decoder.entries),
    "text": Key("body_text", _Decoder.body_text),
    "delay": Key("delay", _Decoder.setting),
    "capture": Key("captures", _Decoder.captures),
    "assert": Key("asserts", _Decoder.assertions),
}

CAPTURE: Table = {
    "from": Key("source", _Decoder.response_expression),
    "secret": Key("secret", _Decoder.boolean),
    "default": Key("default", _Decoder.value),
}

ASSERTION: Table = {
    "that": Key("that", _Decoder.response_expression),
    "equals": Key("equals", _Decoder.value),
    "includes": Key("includes", _Decoder.value),
    "message": Key("message", _Decoder.template),
}


# --- words ---------------------------------------------------------------------------------------------------------


def _describe(node: Node) -> str:
    if isinstance(node, Sequence):
        return "a list"
    if isinstance(node, MappingNode):
        return "a mapping"
    names = {"null": "nothing" if not node.text else "null", "string": "text", "number": "a number"}
    described = names.get(kind(node.value), f"{node.text}")
    return f"the number {node.text}" if described == "a number" else described


def _quote_hint(node: Node) -> str:
    if isinstance(node, Scalar) and node.text and node.value is not None:
        return f"to send it as text, write '{node.text}' with the quotes"
    return ""


def _mapping_hint(node: Node) -> str:
    if isinstance(node, Scalar) and node.plain and re.search(r":\S", node.text):
        return "a ':' needs a space after it"
    return ""


def _boolean_hint(node: Node) -> str:
    if isinstance(node, Scalar) and node.text.lower() in _YAML_11_BOOLEANS:
        return f"write {_YAML_11_BOOLEANS[node.text.lower()]}"
    return ""


_IPV6 = re.compile(r"\[[0-9A-Fa-f:.]+\]")  # RFC 3986 § 3.2.2, without its future versions


def _url_fault(url: str) -> str:
    scheme, separator, rest = url.partition("://")
    if not separator or not re.fullmatch(r"[A-Za-z][A-Za-z0-9+.-]*", scheme):
        return ""
    if scheme.lower() not in ("http", "https"):
        near = nearest(scheme, ("http", "https"))
        return f"unknown scheme '{scheme}'" + (f", did you mean '{near}'?" if near else "; http and https are known")
    authority = re.split(r"[/?#]", rest, maxsplit=1)[0].rpartition("@")[2]
    host, _, port = authority.rpartition(":") if re.search(r":[^\]]*$", authority) else (authority, "", "")
    if not host or any(c.isspace() for c in host):
        return "it has no host"
    if re.search(r"[\[\]]", host) and not _IPV6.fullmatch(host):
        return f"'{host}' is not an IPv6 address"
    if port and not (port.isascii() and port.isdigit() and int(port) < 65_536):
        return f"'{port}' is not a port"
    return ""
