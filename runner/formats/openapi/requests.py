"""An operation → the draft of its request.

    path ─▶ url with variables · parameters ─▶ query, headers, cookies · body · responses ─▶ assert, schema

What is required is active, what is optional stands beside it as a comment. All texts of the document are escaped here
on their way into the draft (`escaped`); what looks like a credential becomes a secret.
"""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlencode

from runner.formats.draft import REQUEST_ORDER, Data, Disabled, Unique, literal, ordered
from runner.formats.openapi import answers, styles
from runner.formats.openapi.bodies import FORM, Bodies, bare, is_json
from runner.formats.openapi.operations import Operation, Parameter
from runner.formats.openapi.security import Access
from runner.formats.openapi.urls import Urls
from runner.formats.openapi.values import Maker, active
from runner.formats.openapi.variables import Ours, Variables, is_credential
from runner.language.model import BODY_KEYS

_LONGEST_NAME = 120
_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+", re.ASCII)
#: Headers that come from elsewhere (OpenAPI 3.0.3 § 4.7.12.2), or that whoever sends writes itself.
_NOT_WRITTEN = frozenset({"content-type", "content-length", "host", "transfer-encoding", "connection"})


class Requests:
    """Drafts requests; what they share is in `variables`."""

    def __init__(
        self, variables: Variables, urls: Urls, maker: Maker, bodies: Bodies, reference: answers.Reference
    ) -> None:
        self._variables = variables
        self._urls = urls
        self._maker = maker
        self._bodies = bodies
        self._reference = reference

    def draft(self, operation: Operation, access: Access | None, unique: Unique) -> Data:
        """The request of an operation, without its auth."""
        description = operation.part.text("description").strip()
        name = _name(operation, unique)
        draft: Data = {
            "name": name,
            "description": description if description and description != name else None,
            "tags": _tags(operation) or None,
            "method": operation.method,
            "url": self._urls.url(operation),
        }
        parameters = self._parameters(operation, access)
        body = self._body(operation)
        for key in ("query", "headers", "cookies"):
            entries = parameters[key] | (access.entries.get(key, {}) if access is not None else {})
            entries |= self._further(key, operation, body) if key == "headers" else {}
            put(draft, key, entries)
        draft |= {key: value for key, value in body.items() if key != "headers"}
        if operation.method == "GET" and not any(key in BODY_KEYS for key in body):
            del draft["method"]  # it is what a request without a body has
        draft |= answers.expectations(operation, self._reference)
        draft["client_cert"] = access.client_cert if access is not None else None
        return ordered(draft, REQUEST_ORDER)

    # --- parameters

    def _parameters(self, operation: Operation, access: Access | None) -> dict[str, Data]:
        found: dict[str, Data] = {"query": {}, "headers": {}, "cookies": {}}
        for each in operation.parameters:
            key = {"query": "query", "header": "headers", "cookie": "cookies"}.get(each.place)
            if key is None or _is_given(each, access) or self._is_elsewhere(each, key, access):
                continue
            entries = self._entries(each, key)
            if each.required and not entries:
                each.part.lose(f"parameter '{each.name}'", "its schema names no value", "write an entry by hand")
            found[key] |= entries if each.required and entries else {Disabled(entries): None} if entries else {}
        return found

    def _is_elsewhere(self, parameter: Parameter, key: str, access: Access | None) -> bool:
        """Whether a header is none of the request's own: written with the body, by auth, or by whoever sends it."""
        name = parameter.name.lower()
        if key != "headers":
            return False
        if not _HEADER_NAME.fullmatch(name):
            parameter.part.lose(f"header '{name}'", "that is no name of a header")
            return True
        has_auth = access is not None and access.auth is not None and access.auth["type"] != "api_key"
        return name in _NOT_WRITTEN or name == "accept" or (name == "authorization" and has_auth)

    def _entries(self, parameter: Parameter, key: str) -> Data:
        """The entries that a parameter's value becomes, escaped."""
        name = parameter.name
        value = active(self._maker.sampled(parameter.samples, parameter.schema, name))
        if is_credential(name) and isinstance(value, str):
            return {literal(name): self._variables.secret(name)}
        if parameter.media:
            value = _as_content(value, parameter)
        _tell(value, parameter)
        if key == "headers":
            text = styles.joined(value, parameter.style, parameter.explode)
            return {literal(name): self.escaped(text if isinstance(value, Ours) else " ".join(text.split()))}
        if key == "cookies" and isinstance(value, (list, dict)) and parameter.style != "cookie":
            value = styles.joined(value)  # of several entries 3.0 and 3.1 say nothing that cookies could hold
        entries: Data = self.escaped(styles.entries(name, value, parameter.style, parameter.explode))
        return entries

    def _further(self, key: str, operation: Operation, body: Data) -> Data:
        """The headers that say what is sent and what is wanted."""
        accept = answers.accepted(operation)
        declared = next((each for each in operation.parameters if each.name.lower() == "accept"), None)
        if declared is not None:
            accept = styles.as_text(self._maker.sampled(declared.samples, declared.schema, accept))
        wanted: Data = {"Accept": literal(" ".join(accept.split()))} if accept and accept != "*/*" else {}
        return wanted | (self.escaped(body["headers"]) if "headers" in body else {})

    # --- body

    def _body(self, operation: Operation) -> Data:
        """The keys of the body; as a comment where a method that seldom has one does not need it.

        A JSON object of comments alone would be null: it is a comment as a whole, beside the empty object.
        """
        found: Data = {key: self.escaped(value) for key, value in self._bodies.write(operation).items()}
        if not found:
            return {}
        typed = {"headers": found.pop("headers")} if "headers" in found else {}
        key, value = next(iter(found.items()))
        is_empty = isinstance(value, dict) and not active(value)
        if not operation.needs_body and (operation.method in ("GET", "HEAD", "DELETE") or (is_empty and not value)):
            typed = {"headers": {Disabled(inner): None for inner in typed.values()}} if typed else {}
            return {Disabled(found): None, **typed} if value or not is_empty else {}
        if is_empty and value and key == "json":
            whole = {name: inner for disabled in value for name, inner in disabled.value.items()}
            return {Disabled({key: whole}): None, **found, key: {}, **typed}
        return found | typed

    # --- texts

    def escaped(self, value: Any, name: str = "") -> Any:
        """A value of the document as our language spells it; what stands under the name of a credential is a secret."""
        if isinstance(value, Ours):
            return value
        if isinstance(value, str):
            return self._variables.secret(name) if value and is_credential(name) else literal(value)
        if isinstance(value, dict):
            return dict(self._entry(key, inner) for key, inner in value.items())
        return [self.escaped(item, name) for item in value] if isinstance(value, list) else value

    def _entry(self, key: Any, value: Any) -> tuple[Any, Any]:
        if isinstance(key, Disabled):
            return Disabled(self.escaped(key.value)), None
        return literal(str(key)), self.escaped(value, str(key))


def _as_content(value: Any, parameter: Parameter) -> str:
    """The text of a value that a parameter's `content` has as a media type (3.0.3 § 4.7.12.1)."""
    if bare(parameter.media) == FORM and isinstance(value, dict):
        return urlencode({name: styles.as_text(inner) for name, inner in value.items()})
    if isinstance(value, (dict, list)) and not is_json(parameter.media):
        parameter.part.lose(f"'{parameter.name}' as {parameter.media}", "it is written as JSON", "write it by hand")
    return styles.as_text(value)


#: What is encoded in a query, and stays as it is where `allowReserved` says so (RFC 3986 § 2.2).
_RESERVED = frozenset("?#[]!'()*+&=")


def _tell(value: Any, parameter: Parameter) -> None:
    """Tells what of a value does not travel as the document says."""
    if parameter.part.is_true("allowReserved") and not _RESERVED.isdisjoint(styles.joined(value)):
        why = "queries are sent with ? # [ ] ! ' ( ) * + & = encoded"
        parameter.part.lose(f"'allowReserved' of '{parameter.name}'", why, "write it into 'url'")
    if styles.clashes(value, parameter.style, parameter.explode):
        why = "an item has the character in it that stands between the items"
        parameter.part.lose(f"the items of '{parameter.name}'", why, "write them with url_encode()")


def put(draft: Data, key: str, entries: Data) -> None:
    """Puts entries under their key; as one comment where none of them is active."""
    if all(isinstance(name, Disabled) for name in entries):
        whole: Data = {name: value for disabled in entries for name, value in disabled.value.items()}
        draft |= {Disabled({key: whole}): None} if whole else {}
    else:
        draft[key] = entries


def _is_given(parameter: Parameter, access: Access | None) -> bool:
    """Whether `auth` writes a parameter already."""
    auth = access.auth if access is not None else None
    if auth is None or auth["type"] != "api_key":
        return False
    same_place = auth.get("in", "header") == parameter.place
    return bool(same_place and auth["name"].lower() == parameter.name.lower())


def _name(operation: Operation, unique: Unique) -> str:
    """The first of an operation's names that no other of its group has; of the last one there may be several."""
    summary = operation.part.text("summary").strip()
    short = summary if "\n" not in summary and len(summary) <= _LONGEST_NAME else ""
    names = [name for name in (short, operation.part.text("operationId").strip(), operation.label) if name]
    return unique(next(filter(unique.is_free, names), names[0]))


def _tags(operation: Operation) -> list[str]:
    """The tags beside the first, which is the group's."""
    tags = [_plain(tag) for tag in operation.tags[1:]]
    return list(dict.fromkeys(tags + (["deprecated"] if operation.part.is_true("deprecated") else [])))


def _plain(tag: str) -> str:
    return Unique()(tag)
