"""`auth` blocks: keys by type, required ones, choices; which values are credentials."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from runner.diagnostics import Span, did_you_mean
from runner.language import template
from runner.language.document.reader import Reader
from runner.language.document.settings import url_credentials
from runner.language.document.words import describe, url_fault
from runner.language.model import (
    AUTH_KEYS,
    AuthField,
    AuthKey,
    AuthSpec,
    Declared,
    holds_key,
)
from runner.language.syntax import Mapping as MappingNode
from runner.language.syntax import Node, Scalar, Sequence
from runner.language.values import duration

_Needs = tuple[tuple[str, ...], ...]

#: grant → what it needs beside a token endpoint; each is one key, or one of several.
_GRANT_NEEDS: Mapping[str, _Needs] = {
    "client_credentials": (("client_id",),),
    "password": (("client_id",), ("username",), ("password",)),
    "refresh_token": (("client_id",), ("refresh_token",)),
    "authorization_code": (("client_id",), ("authorization_url", "issuer")),
    "device_code": (("client_id",), ("device_url", "issuer")),
    "jwt_bearer": (("assertion", "private_key"),),
    "token_exchange": (("subject_token",),),
}
#: How a client authenticates → what that needs.
_CLIENT_NEEDS: Mapping[str, _Needs] = {
    "basic": (("client_id",), ("client_secret",)),
    "basic_raw": (("client_id",), ("client_secret",)),
    "private_key_jwt": (("client_id",), ("private_key", "certificate", "client_assertion", "client_assertion_file")),
    "github_actions": (("client_id",),),
}
_PROOFS = ("client_secret", "private_key", "certificate", "client_assertion", "client_assertion_file")


def lacking(auth_type: str, fields: Mapping[str, AuthField]) -> Iterator[tuple[str, ...]]:
    """The keys that an `auth` block of this type still needs, each as its alternatives."""
    if auth_type not in AUTH_KEYS:
        return
    for needed in _needs(auth_type, fields):
        if not any(name in fields for name in needed):
            yield needed


def _needs(auth_type: str, fields: Mapping[str, AuthField]) -> Iterator[tuple[str, ...]]:
    yield from ((name,) for name, row in AUTH_KEYS[auth_type].items() if row.required)
    if auth_type == "jwt":
        yield ("private_key", "secret")
    if auth_type == "oauth2":
        yield ("token_url", "issuer")
        grant = _word("grant", fields, "client_credentials")
        client = _word("client_auth", fields, "post")
        yield from _GRANT_NEEDS.get(grant, ())
        yield from _CLIENT_NEEDS.get(client, ())
        if grant == "client_credentials" and client == "post":
            yield _PROOFS


def _word(name: str, fields: Mapping[str, AuthField], default: str) -> str:
    """A key's literal value; no word at all where a template decides."""
    value = fields[name].value if name in fields else default
    return value if isinstance(value, str) else ""


def credentials(spec: AuthSpec, auth_type: str | None) -> Iterator[Declared]:
    """The values of a block that are credentials to its type, its own or the inherited one."""
    keys = AUTH_KEYS.get(auth_type or "") or _EVERY_KEY
    for name, field in spec.fields.items():
        row = keys.get(name)
        if row is not None and row.secret and (row.wants != "file" or holds_key(field.value)):
            yield field.value
        elif isinstance(field.value, str):
            yield from (part for part in url_credentials(field.value) if not template.is_template(part))


class AuthReader(Reader):
    """Reads `auth` blocks by the table of auth types."""

    def auth(self, node: Node, key: str) -> AuthSpec | None:
        if isinstance(node, Scalar):
            if node.value == "none":
                return AuthSpec("none", {}, self.span(node))
            hint = _as_block(node.text) or (did_you_mean(node.text, AUTH_KEYS) if isinstance(node.value, str) else "")
            self.wrong_type(node, key, "'none', or a mapping with a type", hint or "write {type: …}, or none")
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
        known = AUTH_KEYS.get(declared, {}) if declared else _EVERY_KEY
        what = f"auth of type '{declared}'" if declared else "auth"
        fields = {}
        for name, value in node.entries:
            if name.text == "type":
                continue
            row = known.get(name.text)
            if row is None:
                if declared is None or declared in AUTH_KEYS:
                    block = "" if declared else _as_block(name.text)
                    self.unknown_key(name, {"type": None, **known}, what, block)
                continue
            fields[name.text] = AuthField(self.auth_value(name.text, value, row), self.span(value).first_line())
            if declared:  # without a type, the inherited one decides
                self.check_choice(name.text, value, row.choices)
        for needed in lacking(declared, fields) if declared else ():
            self.fault(self.auth_place(node), *lacking_words(declared or "", needed))
        return fields

    def auth_place(self, node: MappingNode) -> Span:
        key, value = next((k, v) for k, v in node.entries if k.text == "type")
        return Span(self.source, key.start, value.end)

    def auth_value(self, name: str, node: Node, row: AuthKey) -> Any:
        if row.wants == "expression":
            return self.response_expression(node, name)
        _CHECKS[row.wants](self, node, name)
        return self.value(node, name)

    def check_text(self, node: Node, name: str) -> None:
        if not isinstance(node, Scalar):
            self.wrong_type(node, name, "text")

    def check_url(self, node: Node, name: str) -> None:
        self.check_text(node, name)
        url = _literal(node)
        problem = url_fault(url) if "://" in url else url and "it does not begin with https:// or http://"
        if problem:
            self.fault(node, f"'{url}' is not a URL: {problem}")

    def check_path(self, node: Node, name: str) -> None:
        self.check_text(node, name)
        path = _literal(node)
        if re.search(r"[?#]", path):
            self.fault(node, f"'{name}' wants a path without ? and #, not '{path}'")

    def check_texts(self, node: Node, name: str) -> None:
        if isinstance(node, MappingNode):
            self.wrong_type(node, name, "text or a list of texts")

    def check_mapping(self, node: Node, name: str) -> None:
        if not isinstance(node, MappingNode):
            self.wrong_type(node, name, "a mapping of form fields" if name == "extra" else "a mapping")

    def check_duration(self, node: Node, name: str) -> None:
        is_template = isinstance(node, Scalar) and template.is_template(node.text)
        if not is_template and not (isinstance(node, Scalar) and duration(node.value) is not None):
            self.wrong_type(node, name, "a duration such as 30s")

    def check_port(self, node: Node, name: str) -> None:
        if isinstance(node, Scalar) and template.is_template(node.text):
            return
        if not (isinstance(node, Scalar) and type(node.value) is int and 0 < node.value < 65536):
            self.wrong_type(node, name, "a port from 1 to 65535")

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


def _as_block(name: str) -> str:
    """How a block of a type is written, where somebody writes the type alone, or as a key; empty if it is none."""
    if name not in AUTH_KEYS or name == "none":
        return ""
    keys = AUTH_KEYS[name]
    required = [f"{key}: …" for key, row in keys.items() if row.required] or ["…"][: len(keys)]
    return f"write {{{', '.join([f'type: {name}', *required])}}}"


def _literal(node: Node) -> str:
    """The text that stands there as it is; empty where a template gives it."""
    found = node.value if isinstance(node, Scalar) else None
    return found if isinstance(found, str) and not template.is_template(found) else ""


def lacking_words(auth_type: str, needed: tuple[str, ...]) -> tuple[str, str]:
    """The message and the hint for a key that is needed, or for its alternatives."""
    first, *others = needed
    named = f"'{first}' or '{others[0]}'" if len(others) == 1 else f"'{first}'"
    instead = f"; or, in its place, {', '.join(others)}" if len(others) > 1 else ""
    return f"auth of type '{auth_type}' has no {named}", AUTH_KEYS[auth_type][first].doc.rstrip(".") + instead


#: What a key's value may be → the method that says so.
_CHECKS: Mapping[str, Callable[[AuthReader, Node, str], None]] = {
    "text": AuthReader.check_text,
    "file": AuthReader.check_text,
    "url": AuthReader.check_url,
    "path": AuthReader.check_path,
    "texts": AuthReader.check_texts,
    "mapping": AuthReader.check_mapping,
    "duration": AuthReader.check_duration,
    "port": AuthReader.check_port,
    "statuses": AuthReader.check_statuses,
}

#: For a block without type: its keys are judged by the type that it inherits. `token` is text for one, an expression
#: for another; it is read as text here.
_EVERY_KEY: Mapping[str, AuthKey] = {
    name: row for keys in reversed(list(AUTH_KEYS.values())) for name, row in keys.items()
}
