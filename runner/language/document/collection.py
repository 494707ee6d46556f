"""Requests, groups and the collection: the tables of their keys, and what must be there."""

from __future__ import annotations

from pathlib import PurePath
from typing import Any

from runner.diagnostics import Diagnostic, Span
from runner.language import template
from runner.language.document import repeats
from runner.language.document.auth import credentials
from runner.language.document.bodies import BodyReader
from runner.language.document.composition import CompositionReader, Decoded
from runner.language.document.inheritance import complete
from runner.language.document.judges import JudgesReader
from runner.language.document.reader import Fields, Key, Table
from runner.language.document.settings import url_credentials
from runner.language.document.words import describe, mapping_hint, url_fault
from runner.language.model import (
    BODY_KEYS,
    AuthKey,
    AuthSpec,
    Body,
    ClientCert,
    Collection,
    Defaults,
    Group,
    RequestSpec,
    Setting,
    Template,
)
from runner.language.syntax import Mapping as MappingNode
from runner.language.syntax import Node, Scalar, Sequence


class Decoder(BodyReader, JudgesReader, CompositionReader):
    """Reads requests, groups and the collection."""

    def decode(self, node: Node | None) -> Decoded | None:
        collection = self.collection(node)
        return None if collection is None else Decoded(collection, frozenset(self.names), self.requests_read)

    def url(self, node: Node, key: str) -> str | Template:
        self.note_password(node)
        url = self.template(node, key)
        if isinstance(url, str) and (problem := url_fault(url)):
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
            self.fault(node, f"a request must be a mapping, not {describe(node)}", mapping_hint(node))
            return None
        if any(name.text in ("requests", "include") for name, _ in node.entries):
            return self.group(node)
        return self.request(node)

    def named(self, node: MappingNode, fields: Fields, what: str) -> dict[str, Any]:
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
        if "include" in fields.keys and "requests" in fields.keys:
            self.fault(fields.keys["include"], "a group has 'requests' or 'include', not both")
        elif fields.values.get("include") is not None:
            places["requests"] = self.included(fields.values["include"])
        return Group(**places, **fields.values)

    def request(self, node: MappingNode) -> RequestSpec:
        fields = self.mapping(node, REQUEST, "a request")
        places = self.named(node, fields, "a request")
        for required in ("url",):
            if required not in fields.keys:
                self.fault(self.head(node), f"a request has no '{required}'", "the path, or a whole URL")
        self.requests_read += 1
        repeats.check_repeats(self, fields)
        return self.request_of(node, fields, places)

    def request_of(self, node: Node, fields: Fields, places: dict[str, Any]) -> RequestSpec:
        for name in ("method", "url"):
            if name in fields.nodes:
                places[f"{name}_span"] = self.span(fields.nodes[name])
        settings = {name: fields.values.pop(name) for name in _SETTING_FIELDS if name in fields.values}
        body = self.body(fields)
        return RequestSpec(**places, **fields.values, body=body, settings=Defaults(**settings))

    def body(self, fields: Fields) -> Body | None:
        found = [name for name in BODY_KEYS if name in fields.keys]
        if len(found) > 1:
            self.fault(fields.keys[found[1]], f"a request has one body: '{found[0]}' or '{found[1]}', not both")
        values = {name: fields.values.pop(f"body_{name}", None) for name in found}
        if not found:
            return None
        return Body(found[0], values[found[0]], self.span(fields.keys[found[0]]))

    def auth_value(self, name: str, node: Node, row: AuthKey) -> Any:
        return self.login(node) if row.wants == "request" else super().auth_value(name, node, row)

    def login(self, node: Node) -> RequestSpec:
        """The login call of `auth: {type: request}`: a request without name, captures and assertions."""
        fields = self.mapping(node, LOGIN, "the request of auth")
        if isinstance(node, MappingNode) and "url" not in fields.keys:
            self.fault(self.head(node) if node.entries else node, "the request of auth has no 'url'")
        return self.request_of(node, fields, {"name": "login", "span": self.span(node), "name_span": self.span(node)})

    def client_cert(self, node: Node, key: str) -> ClientCert | None:
        fields = self.mapping(node, CLIENT_CERT, f"'{key}'")
        if isinstance(node, MappingNode) and "cert" not in fields.keys:
            self.fault(
                self.head(node) if node.entries else node, f"'{key}' has no 'cert'", "the certificate's PEM file"
            )
        if fields.values.get("password") is not None:
            self.source.secrets.append(fields.values["password"].value)
        return ClientCert(**fields.values) if fields.values.get("cert") else None

    def proxy(self, node: Node, key: str) -> Setting | None:
        self.note_password(node)
        return self.setting(node, key)

    def note_password(self, node: Node) -> None:
        """The password in a URL is a secret by itself."""
        if isinstance(node, Scalar) and isinstance(node.value, str):
            self.source.secrets += [part for part in url_credentials(node.value) if not template.is_template(part)]

    def file(self, node: Node, key: str) -> Setting | None:
        text = self.template(node, key)
        return Setting(text, self.span(node)) if text else None

    def defaults(self, node: Node, key: str) -> Defaults:
        if isinstance(node, Scalar) and node.value is None and node.plain:
            return Defaults()
        return Defaults(**self.mapping(node, DEFAULTS, "defaults").values)

    def collection(self, node: Node | None) -> Collection | None:
        if node is None:
            self.faults.append(Diagnostic("the file is empty", Span(self.source, 0, 0), "a collection has 'requests'"))
            return None
        if (key := _openapi(node)) is not None:
            hint = "a folder leaves it out if its name begins with _"
            self.fault(key, "this is an OpenAPI document, not a collection", hint)
            return None
        fields = self.mapping(node, BASE if self.as_base else COLLECTION, "a collection")
        base = self.base(fields)
        if isinstance(node, MappingNode) and "requests" not in fields.keys and not self.as_base:
            hint = "those of the file that it extends are not inherited" if "extends" in fields.keys else ""
            self.fault(self.head(node), "a collection has no 'requests'", hint)
        self.check_secrets(fields, base)
        values = {"name": PurePath(self.source.path).stem, **fields.values}
        if "base_url" in fields.nodes:
            values["base_url_span"] = self.span(fields.nodes["base_url"])
        if base is not None:
            values = complete(values, base)
        collection = Collection(
            source=self.source, **values, others=tuple(self.others_read.values()), warnings=tuple(self.warnings)
        )
        self.note_secrets(collection)
        inherited = base.auth.type if base is not None and base.auth is not None else None
        everything = (*collection.setup, *collection.requests, *collection.teardown)
        self.note_credentials(collection.auth, everything, inherited)
        self.check_response_names()
        return collection

    def note_secrets(self, collection: Collection) -> None:
        """Values that an environment gives to a secret are secret, too, each in the file that it stands in."""
        for environment in collection.environments.values():
            for name, variable in environment.variables.items():
                if name in collection.secrets:
                    variable.span.source.secrets.append(variable.value)

    def note_credentials(
        self, auth: AuthSpec | None, items: tuple[RequestSpec | Group, ...], inherited: str | None = None
    ) -> None:
        """Literal credentials of `auth` blocks. Of one without a type only the inherited one can say what they are."""
        if auth is not None:
            inherited = auth.type or inherited
            self.source.secrets += credentials(auth, inherited)
            for field in auth.fields.values():
                if isinstance(field.value, RequestSpec):
                    self.note_credentials(field.value.auth, ())
        for item in items:
            self.note_credentials(item.auth, item.requests if isinstance(item, Group) else (), inherited)

    def check_secrets(self, fields: Fields, base: Collection | None) -> None:
        own = fields.values.get("variables", {})
        for name in self.names_in(fields, "secrets"):
            if name.text in own:
                self.fault(name, f"'{name.text}' stands in both 'variables' and 'secrets'", "keep it in 'secrets'")
        inherited = base.secrets if base is not None else {}
        for name in self.names_in(fields, "variables"):
            if name.text in inherited:
                where = inherited[name.text].span.source.path
                self.fault(name, f"'{name.text}' is one of the secrets of {where}", "keep it in 'secrets'")

    def names_in(self, fields: Fields, key: str) -> list[Scalar]:
        node = fields.nodes.get(key)
        return [name for name, _ in node.entries] if isinstance(node, MappingNode) else []


def _openapi(node: Node) -> Scalar | None:
    """The key that says so, where a file is an OpenAPI document: schemas of one are named beside collections."""
    keys = [name for name, _ in node.entries] if isinstance(node, MappingNode) else []
    if any(key.text == "requests" for key in keys):
        return None
    return next((key for key in keys if key.text in ("openapi", "swagger")), None)


_SETTING_KEYS: Table = {
    "headers": Key("headers", Decoder.headers),
    "query": Key("query", Decoder.entries),
    "timeout": Key("timeout", Decoder.setting),
    "follow_redirects": Key("follow_redirects", Decoder.setting),
    "verify": Key("verify", Decoder.setting),
    "proxy": Key("proxy", Decoder.proxy),
    "http2": Key("http2", Decoder.setting),
    "max_body": Key("max_body", Decoder.setting),
    "max_events": Key("max_events", Decoder.setting),
    "client_cert": Key("client_cert", Decoder.client_cert),
}
#: Not for login calls: a token is asked for once.
_RETRY: Table = {"retry": Key("retry", repeats.retry)}
_SETTING_FIELDS = tuple(row.field for row in (*_SETTING_KEYS.values(), *_RETRY.values()))

DEFAULTS: Table = {**_SETTING_KEYS, **_RETRY, "assert": Key("asserts", Decoder.assertions)}

_COMMON: Table = {
    "name": Key("name", Decoder.plain_text),
    "description": Key("description", Decoder.text),
    "variables": Key("variables", Decoder.variables),
    "auth": Key("auth", Decoder.auth),
    "tags": Key("tags", Decoder.tags),
}

COLLECTION: Table = {
    **_COMMON,
    "base_url": Key("base_url", Decoder.url),
    "secrets": Key("secrets", Decoder.secrets),
    "environments": Key("environments", Decoder.environments),
    "defaults": Key("defaults", Decoder.defaults),
    "overlap": Key("overlap", Decoder.boolean),
    "extends": Key("extends", Decoder.path),
    "setup": Key("setup", Decoder.requests),
    "requests": Key("requests", Decoder.requests),
    "teardown": Key("teardown", Decoder.requests),
}

#: What a file reads of the one that it extends.
BASE: Table = {**COLLECTION, **{name: Key(name, Decoder.not_read) for name in ("setup", "requests", "teardown")}}

GROUP: Table = {
    **_COMMON,
    "base_url": Key("base_url", Decoder.url),
    "defaults": Key("defaults", Decoder.defaults),
    "skip": Key("skip", Decoder.skip),
    "when": Key("when", Decoder.expression),
    "for_each": Key("for_each", Decoder.for_each),
    "include": Key("include", Decoder.path),
    "requests": Key("requests", Decoder.requests),
}

CLIENT_CERT: Table = {
    "cert": Key("cert", Decoder.file),
    "key": Key("key", Decoder.file),
    "password": Key("password", Decoder.file),
}

#: What says how a request goes out.
_SENT: Table = {
    "method": Key("method", Decoder.method),
    "url": Key("url", Decoder.url),
    **_SETTING_KEYS,
    "cookies": Key("cookies", Decoder.entries),
    "json": Key("body_json", Decoder.value),
    "form": Key("body_form", Decoder.entries),
    "multipart": Key("body_multipart", Decoder.multipart),
    "text": Key("body_text", Decoder.template),
    "file": Key("body_file", Decoder.named_text),
    "graphql": Key("body_graphql", Decoder.graphql),
}

LOGIN: Table = {"description": _COMMON["description"], "auth": _COMMON["auth"], **_SENT}

REQUEST: Table = {
    **_COMMON,
    "skip": Key("skip", Decoder.skip),
    "when": Key("when", Decoder.expression),
    "for_each": Key("for_each", Decoder.for_each),
    **_SENT,
    **_RETRY,
    "poll": Key("poll", repeats.poll),
    "paginate": Key("paginate", repeats.paginate),
    "delay": Key("delay", Decoder.setting),
    "capture": Key("captures", Decoder.captures),
    "assert": Key("asserts", Decoder.assertions),
    "schema": Key("schema", Decoder.schema),
    "snapshot": Key("snapshot", Decoder.snapshot),
    "save_to": Key("save_to", Decoder.named_text),
}
