"""An operation → the draft of its request.

    path ─▶ url with variables · parameters ─▶ query, headers, cookies · body · responses ─▶ assert, schema

What is required is active, what is optional stands beside it as a comment. All texts of the document are escaped here
on their way into the draft (`escaped`); what looks like a credential becomes a secret.
"""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import quote

from runner.formats.draft import REQUEST_ORDER, Comment, Data, Disabled, Names, Unique, literal, ordered
from runner.formats.openapi import answers, styles
from runner.formats.openapi.bodies import Bodies
from runner.formats.openapi.operations import Operation, Parameter
from runner.formats.openapi.security import Access
from runner.formats.openapi.servers import Server, servers_of
from runner.formats.openapi.shapes import shape_of
from runner.formats.openapi.values import Maker, active
from runner.formats.openapi.variables import Ours, Variables, parameter_name, snake
from runner.language.model import BODY_KEYS

_TEMPLATE = re.compile(r"\{([^{}]*)\}")
_LONGEST_NAME = 120
#: What has to be encoded within a part of a path (RFC 3986 § 3.3).
_UNSAFE = re.compile(r"[/?#%\[\]]")
_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+", re.ASCII)
#: Headers that come from elsewhere (OpenAPI 3.0.3 § 4.7.12.2), or that whoever sends writes itself.
_NOT_WRITTEN = frozenset({"content-type", "content-length", "host", "transfer-encoding", "connection"})
_CREDENTIAL = re.compile(
    r"(?:\w+_)?(?:password|passwd|api_?key|client_secret|private_key|subscription_key|(?:access|auth|api|refresh|id|"
    r"bearer|session|security)_token)|secret|authorization"
)


class Requests:
    """Drafts requests; what they share is in `variables`."""

    def __init__(
        self, variables: Variables, names: Names, maker: Maker, bodies: Bodies, reference: answers.Reference
    ) -> None:
        self._variables = variables
        self._names = names
        self._maker = maker
        self._bodies = bodies
        self._reference = reference

    def draft(self, operation: Operation, access: Access | None, unique: Unique) -> Data:
        """The request of an operation, without its auth."""
        description = operation.part.text("description").strip()
        name = unique(_name(operation))
        draft: Data = {
            "name": name,
            "description": description if description and description != name else None,
            "tags": _tags(operation) or None,
            "method": operation.method,
            "url": self._url(operation),
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

    # --- url

    def _url(self, operation: Operation) -> Ours:
        known = {each.name: each for each in operation.parameters if each.place == "path"}
        path, used = operation.path.partition("#")[0], set()  # a fragment tells operations apart, and is not sent
        pieces: list[str] = []
        at = 0
        for match in _TEMPLATE.finditer(path):
            used.add(match[1])
            placeholder = self._in_path(match[1], known, path[: match.start()], operation)
            pieces += [_apart(path[at : match.start()]), placeholder]
            at = match.end()
        for name in known.keys() - used:
            known[name].part.lose(f"path parameter '{name}'", f"the path {path} has no place for it")
        url = "".join([*pieces, literal(path[at:])])
        server = self._server(operation)
        return Ours(server.url + url if server is not None else url)

    def _in_path(self, written: str, known: dict[str, Parameter], before: str, operation: Operation) -> str:
        """The placeholder of a path parameter, its variable declared."""
        name = written.strip(";.*+?")
        parameter = known.get(written) or known.get(name)
        if is_credential(name):
            return self._variables.secret(name)
        if parameter is None:
            why = "the document does not declare it"
            operation.part.lose(f"path parameter '{name}'", why, "give its variable a value")
            value, kind, style, explode = name, "", "simple", False
        else:
            value = active(self._maker.sampled(parameter.samples, parameter.schema, parameter_name(name, before)))
            value = styles.as_text(value) if parameter.media else value
            shape = shape_of(parameter.schema)
            kind = repr((shape.type, shape.get("format"), shape.get("pattern"), shape.get("enum")))
            style, explode = parameter.style, parameter.explode
        front, text = styles.in_path(value, name, style, explode)
        kind = text if isinstance(value, (list, dict)) else kind
        encoded = isinstance(value, str) and not isinstance(value, Ours) and _UNSAFE.search(value) is not None
        plain = value if isinstance(value, (int, float, Ours)) else Ours(literal(text or name))
        ours = self._variables.path_parameter(parameter_name(name, before), plain, kind)
        return literal(front) + (f"{{{{url_encode({ours})}}}}" if encoded else f"{{{{{ours}}}}}")

    def _server(self, operation: Operation) -> Server | None:
        """The first of an operation's own servers."""
        if operation.servers is None:
            return None
        own = servers_of(operation.servers, self._names)
        for other in own[1:]:
            operation.servers.lose(f"server {other.url}", "a request has one URL: that of the first server is taken")
        if not own:
            return None
        for name, value in own[0].variables.items():
            if not isinstance(name, Comment):
                self._variables.plain.setdefault(name, value)
        return own[0]

    # --- parameters

    def _parameters(self, operation: Operation, access: Access | None) -> dict[str, Data]:
        found: dict[str, Data] = {"query": {}, "headers": {}, "cookies": {}}
        for each in operation.parameters:
            key = {"query": "query", "header": "headers", "cookie": "cookies"}.get(each.place)
            if key is None or _is_given(each, access) or self._is_elsewhere(each, key, access):
                continue
            entries = self._entries(each, key)
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
            value = styles.as_text(value)
        if key == "headers":
            text = styles.joined(value, "simple", parameter.explode)
            return {literal(name): self.escaped(text if isinstance(value, Ours) else " ".join(text.split()))}
        if key == "cookies" and isinstance(value, (list, dict)):
            value = styles.joined(value)
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
        key, value = next(iter(found.items()))
        is_empty = isinstance(value, dict) and not active(value)
        if not operation.needs_body and (operation.method in ("GET", "HEAD", "DELETE") or (is_empty and not value)):
            return {Disabled(found): None} if value or not is_empty else {}
        if is_empty and value and key == "json":
            whole = {name: inner for disabled in value for name, inner in disabled.value.items()}
            return {Disabled({key: whole}): None, **found, key: {}}
        return found

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


def _apart(text: str) -> str:
    """A text before a placeholder: a brace or backslash at its end would join it (RFC 3986 allows neither)."""
    end = len(text.rstrip("{\\"))
    return literal(text[:end]) + quote(text[end:])


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


def is_credential(name: str) -> bool:
    """Whether a name is one of credentials: their values do not stand in files."""
    return _CREDENTIAL.fullmatch(snake(name)) is not None if name else False


def _name(operation: Operation) -> str:
    summary = operation.part.text("summary").strip()
    if summary and "\n" not in summary and len(summary) <= _LONGEST_NAME:
        return summary
    return operation.part.text("operationId").strip() or operation.label


def _tags(operation: Operation) -> list[str]:
    """The tags beside the first, which is the group's."""
    tags = [_plain(tag) for tag in operation.tags[1:]]
    return list(dict.fromkeys(tags + (["deprecated"] if operation.part.is_true("deprecated") else [])))


def _plain(tag: str) -> str:
    return Unique()(tag)
