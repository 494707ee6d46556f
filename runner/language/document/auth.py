"""`auth` blocks: keys by type, required ones, choices; which values are credentials."""

from __future__ import annotations

from runner.diagnostics import Span, did_you_mean
from runner.language import template
from runner.language.document.reader import Reader
from runner.language.document.words import describe
from runner.language.model import (
    AUTH_KEYS,
    AuthField,
    AuthSpec,
    Declared,
)
from runner.language.syntax import Mapping as MappingNode
from runner.language.syntax import Node, Scalar, Sequence
from runner.language.values import duration


class AuthReader(Reader):
    """Reads `auth` blocks by the table of auth types."""

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
            shown = f"'{node.text}'" if isinstance(node, Scalar) else describe(node)
            hint = (did_you_mean(node.text, choices) if isinstance(node, Scalar) else "") or "one of " + ", ".join(
                choices
            )
            self.fault(node, f"'{name}' cannot be {shown}", hint)
