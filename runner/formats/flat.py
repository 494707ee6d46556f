"""Steps of a plan as exporters see them: each request by itself, with all that it inherits, as far as it is known.

    Step × Scope ─flatten─▶ Flat

What a run alone knows stays a symbol (`symbols`). This file knows no foreign format.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from runner.engine import credentials
from runner.engine.build import ABSOLUTE, BaseUrl
from runner.engine.plan import Step
from runner.formats import symbols
from runner.formats.draft import usable_name
from runner.formats.symbols import SECRET, Ref, Scope, Value, changed, first_text, joined
from runner.language.document import url_credentials
from runner.language.model import (
    AUTH_KEYS,
    MISSING,
    Assertion,
    AuthSpec,
    Body,
    Capture,
    Defaults,
    Entry,
    RequestSpec,
    Setting,
)

Pairs = tuple[tuple[Value, Value], ...]
_SCALARS = ("timeout", "follow_redirects", "verify", "proxy", "http2", "max_body", "max_events")


class Auth(NamedTuple):
    """How a request authenticates. `login` is the call of `type: request`."""

    type: str
    fields: Mapping[str, Value]
    login: Flat | None = None


class Part(NamedTuple):
    """One part of a multipart body: a value, or the path of a file."""

    name: Value
    value: Value = None
    file: Value = None
    filename: Value = None
    content_type: Value = None


@dataclass(frozen=True, slots=True)
class Flat:
    """A request: URL with the base before it, lists repeated as pairs, null left out.

    `body` is the value under the key `kind`: JSON data (json), text (text), Pairs (form), Parts (multipart), a path
    (file), or a mapping with query, variables and operation, of which `query` may be `{"file": path}` (graphql).
    `scope` is what its expressions see, but for its own captures.
    """

    step: Step
    name: str
    place: str
    method: str
    url: Value
    query: Pairs = ()
    headers: Pairs = ()
    cookies: Pairs = ()
    kind: str = ""
    body: Value = None
    auth: Auth | None = None
    settings: Mapping[str, Value] = field(default_factory=dict)
    captures: tuple[Capture, ...] = ()
    asserts: tuple[tuple[Assertion, Value, Value], ...] = ()
    row: str = ""
    #: What stands before a URL of which only a run knows whether it is a whole one; None where that is known.
    open_base: Value = None
    #: Names of cookies that are held back.
    held_cookies: tuple[Value, ...] = ()
    scope: Scope | None = None

    @property
    def spec(self) -> RequestSpec:
        return self.step.spec

    def header(self, name: str) -> Value:
        """The value of a header; None where it has none."""
        return next((value for key, value in self.headers if isinstance(key, str) and key.lower() == name), None)


def flatten(step: Step, scope: Scope, row: str = "") -> Flat:
    """A step's request as its scope sees it; `row` names the row, where there is one."""
    spec = step.spec
    made = _request(step, spec, step.settings, step.base_urls, scope)
    auth = None if step.auth is None else _auth(step.auth, step, scope)
    asserts = tuple((it, _value(it.equals, scope), _value(it.includes, scope)) for it in step.asserts)
    name = f"{step.name}{row}"
    return replace(made, name=name, auth=auth, captures=spec.captures, asserts=asserts, row=row, scope=scope)


def _request(step: Step, spec: RequestSpec, settings: Defaults, base_urls: tuple[BaseUrl, ...], scope: Scope) -> Flat:
    kind, body = _body(spec.body, scope)
    return Flat(
        step=step,
        name=step.name,
        place=spec.name_span.where if spec.name_span else "",
        method=_method(spec, scope),
        url=_url(spec, base_urls, scope),
        open_base=_open_base(spec, base_urls, scope),
        query=tuple(_pairs(settings.query, scope)),
        headers=tuple(_pairs(settings.headers, scope, headers=True)),
        cookies=tuple(_pairs(spec.cookies, scope)),
        held_cookies=tuple(scope.resolve(it.name) for it in spec.cookies if scope.resolve(it.value) is None),
        kind=kind,
        body=body,
        settings=_settings(spec, settings, scope),
    )


def _value(declared: Any, scope: Scope) -> Value:
    return MISSING if declared is MISSING else scope.resolve(declared)


def _method(spec: RequestSpec, scope: Scope) -> str:
    if spec.method is None:
        return "GET" if spec.body is None else "POST"
    method = scope.resolve(spec.method)
    return method if isinstance(method, str) else "GET"


# --- URLs and entries ----------------------------------------------------------------------------------------------


def _url(spec: RequestSpec, base_urls: tuple[BaseUrl, ...], scope: Scope) -> Value:
    url = scope.resolve(spec.url)
    base = base_of(base_urls, scope)
    if not _is_absolute(url) and not _begins_open(url):
        url = _append(base, url)
    return changed(url, lambda text: text.partition("#")[0])


def _open_base(spec: RequestSpec, base_urls: tuple[BaseUrl, ...], scope: Scope) -> Value:
    if not base_urls or isinstance(spec.url, str) or not _begins_open(scope.resolve(spec.url)):
        return None
    return base_of(base_urls, scope)


def base_of(base_urls: Iterable[BaseUrl], scope: Scope) -> Value:
    """What stands before a relative URL."""
    base: Value = ""
    for level in base_urls:
        found = scope.resolve(level.url)
        base = found if _is_absolute(found) or not base else _append(base, found)
    return base


def _begins_open(url: Value) -> bool:
    return first_text(url) == "" and url != ""


def _is_absolute(url: Value) -> bool:
    return ABSOLUTE.match(first_text(url)) is not None


def _append(base: Value, url: Value) -> Value:
    """As the run joins them: one slash between, and what begins with `?` or is empty as it is."""
    first = first_text(url)
    if base == "" or url == "" or first[:1] in ("?", "#"):
        return joined(base, url)
    pieces = list(symbols.pieces(base))
    if isinstance(pieces[-1], str):
        pieces[-1] = pieces[-1].rstrip("/")
    rest = list(symbols.pieces(url))
    if isinstance(rest[0], str):
        rest[0] = rest[0].lstrip("/")
    return joined(*pieces, "/", *rest)


def _pairs(entries: Iterable[Entry], scope: Scope, *, headers: bool = False) -> Iterator[tuple[Value, Value]]:
    for entry in entries:
        value, name = scope.resolve(entry.value), scope.resolve(entry.name)
        for one in value if isinstance(value, list) else [value]:
            if one is not None:
                yield name, _sealed(entry.text, one, headers)


def _sealed(name: str, value: Value, header: bool) -> Value:
    """An entry's value; a credential that stands in the file goes no further."""
    if not isinstance(value, str) or not credentials.is_credential(name, value, header=header):
        return value
    word, space, rest = value.partition(" ")
    secret = Ref(SECRET, usable_name(name).lower())
    return joined(word, space, secret) if header and rest and name.lower().endswith("authorization") else secret


# --- bodies --------------------------------------------------------------------------------------------------------


def _body(body: Body | None, scope: Scope) -> tuple[str, Value]:
    if body is None:
        return "", None
    if body.kind == "form":
        return "form", tuple(_pairs(body.value, scope))
    if body.kind == "multipart":
        return "multipart", tuple(_parts(body, scope))
    if body.kind == "file":
        return "file", scope.resolve(body.value.value)
    if body.kind == "graphql":
        return "graphql", _graphql(body, scope)
    return body.kind, scope.resolve(body.value)


def _parts(body: Body, scope: Scope) -> Iterator[Part]:
    for part in body.value:
        name = scope.resolve(part.name)
        more = {
            key: scope.resolve(found.value)
            for key, found in (("filename", part.filename), ("content_type", part.content_type))
            if found is not None
        }
        if part.file is not None:
            yield Part(name, file=scope.resolve(part.file.value), **more)
            continue
        value = scope.resolve(part.value)
        for one in value if isinstance(value, list) and not part.long else [value]:
            if one is not None:
                guessed = {"content_type": "application/json"} if isinstance(one, (dict, list)) else {}
                yield Part(name, one, **{**guessed, **more})


def _graphql(body: Body, scope: Scope) -> Value:
    declared = body.value
    made: dict[str, Value] = {}
    made["query"] = scope.resolve(declared.query) if declared.file is None else {"file": _text(declared.file, scope)}
    if declared.variables is not MISSING:
        made["variables"] = scope.resolve(declared.variables)
    if declared.operation is not None:
        made["operation"] = _text(declared.operation, scope)
    return made


def _text(setting: Setting, scope: Scope) -> Value:
    return scope.resolve(setting.value)


# --- settings and auth ---------------------------------------------------------------------------------------------


def _settings(spec: RequestSpec, settings: Defaults, scope: Scope) -> Mapping[str, Value]:
    scalars = {name: getattr(settings, name) for name in _SCALARS}
    scalars |= {"save_to": spec.save_to, "delay": spec.delay}
    found = {name: _text(setting, scope) for name, setting in scalars.items() if setting is not None}
    if isinstance(found.get("proxy"), str) and any(url_credentials(found["proxy"])):
        found["proxy"] = Ref(SECRET, "proxy")
    if settings.client_cert is not None:
        parts = settings.client_cert._asdict().items()
        found["client_cert"] = {name: _text(part, scope) for name, part in parts if part is not None}
    if settings.retry is not None:
        found["retry"] = _retry(settings.retry, scope)
    return found


def _retry(retry: Any, scope: Scope) -> Value:
    found: dict[str, Value] = {}
    for name, given in retry._asdict().items():
        if isinstance(given, Setting):
            found[name] = _text(given, scope)
        elif given is not None:
            found[name] = [_text(one, scope) for one in given]
    return found


def _auth(spec: AuthSpec, step: Step, scope: Scope) -> Auth | None:
    if spec.type in (None, "none"):
        return None
    fields = {
        name: _credential(spec.type or "", name, scope.resolve(found.value))
        for name, found in spec.fields.items()
        if name != "request"
    }
    login = None
    if step.login is not None:
        call = step.login
        login = _request(step, call.spec, call.settings, call.base_urls, scope)
        inner = None if call.auth is None else _auth(call.auth, step._replace(login=None), scope)
        login = replace(login, name=f"Log in for {step.name}", auth=inner)
    return Auth(spec.type or "none", fields, login)


def _credential(kind: str, name: str, value: Value) -> Value:
    """A field's value; a credential that stands in the file goes no further."""
    row = AUTH_KEYS[kind].get(name)
    return Ref(SECRET, name) if row is not None and row.secret and isinstance(value, str) and value else value
