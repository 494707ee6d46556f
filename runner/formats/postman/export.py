"""A request file → a Postman collection, v2.1: https://schema.postman.com/collection/json/v2.1.0/docs/index.html

    plan ─▶ draft with its comments ─▶ folders and requests, with scripts ─▶ JSON; an environment is a file of its own

What `load` of this package makes of it is the same request file again, as far as that came from Postman. Secrets have
no value here: the reader sets them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from runner.engine.credentials import holds_credential
from runner.engine.plan import Plan
from runner.formats import declared
from runner.formats.draft import Comment, Data, Disabled, Names
from runner.formats.exported import Exported
from runner.formats.postman import pieces, schemes_out, scripts_out, told
from runner.formats.postman.inherited import Around, joined, listed, merged, with_auth, with_implied
from runner.formats.postman.javascript.trees import Node, tree_of
from runner.formats.postman.reading import FOLDERS
from runner.formats.postman.spelling import Spelling
from runner.formats.postman.usage import used
from runner.formats.postman.variables_out import OUTSIDE, VariablesOut, looked_into
from runner.formats.sealing import Vault, seal
from runner.language import template

Json = dict[str, Any]
SCHEMA = "https://schema.getpostman.com/json/collection/v2.1.0/collection.json"
_WITHOUT_BODY = frozenset({"GET", "COPY", "HEAD", "PURGE", "UNLOCK"})
#: A placeholder with a text in it: what holds where there is no value.
_DEFAULT = re.compile(r"\{\{[^{}]*'[^{}]*\}\}")
_REQUEST_LISTS = ("setup", "requests", "teardown")


def dump(plan: Plan) -> Exported:
    """The collection of a plan, and its environments as files beside it."""
    return _Export(plan).exported()


class _Export:
    def __init__(self, plan: Plan) -> None:
        chosen = {(step.spec.span.source.path, step.spec.span.start) for step in plan.steps}
        self.plan = plan
        self.draft = declared.read(plan.collection, lambda source, start: (source.path, start) in chosen)
        self.result = Exported("")
        self.place = ""
        self.variables: Data = dict(self.draft.get("variables") or {})
        self.variables |= {name: value for name, value in plan.overrides.items() if name in self.variables}
        self.environments: dict[str, Data] = self.draft.get("environments") or {}
        self.place = self.plan.collection.source.path
        self._seal()
        requests = list(_requests(self.draft))
        captured = {name: _tree(request, source) for request in requests for name, source in _captures(request)}
        self.spelling = Spelling([self.variables, *self.environments.values()], captured, self.lose)
        self._known = {*self.variables, *(self.draft.get("secrets") or {}), *captured}
        self._used = [used({**request, "variables": {}}).names for request in requests]
        around = used({key: value for key, value in self.draft.items() if key not in _REQUEST_LISTS}).names
        #: Name → the requests that look at it, or give it a value; None for what all of them share.
        self._lookers: dict[str, set[int | None]] = {name: {None} for name in around}
        for request, names in zip(requests, self._used, strict=True):
            for name in names | set(request.get("capture") or {}):
                self._lookers.setdefault(name, set()).add(id(request))
        parts = frozenset(name for request in requests for name in looked_into(request))
        awaited = self._lookers.keys() - captured.keys()
        self.variables_out = VariablesOut(self.spelling, parts, awaited, self.lose)

    def _seal(self) -> None:
        """Credentials that stand in the file go no further: they become secrets, which have no value in the export."""
        declared_here = {key: self.draft.pop(key) for key in ("variables", "environments") if key in self.draft}
        names = Names()
        for values in (self.variables, *self.environments.values(), self.draft.get("secrets") or {}):
            for name in values:
                if isinstance(name, str):
                    names(name)
        for request in _requests(self.draft):
            for name in request.get("variables") or ():
                if isinstance(name, str):
                    names(name)
        secrets = self.draft.setdefault("secrets", {})
        known = dict(secrets)
        vault = Vault(names, secrets)
        seal(self.draft, vault)
        _seal_defaults(self.draft, vault)
        for name, value in secrets.items():
            if isinstance(name, str) and known.get(name) != value:
                what = "the value of the secret" if name in known else "a credential that stands in the file, now"
                self.lose(f"{what} '{name}'", OUTSIDE, "set it in Postman")
        self.draft.update(declared_here)

    def lose(self, what: str, why: str, remedy: str = "") -> None:
        self.result.lose(self.place, what, why, remedy)

    # --- the collection

    def exported(self) -> Exported:
        draft = self.draft
        self.place = self.plan.collection.source.path
        info = {"name": draft.get("name") or self.plan.collection.name, "schema": SCHEMA}
        if draft.get("description"):
            info["description"] = draft["description"]
        around = self._around(draft, Around())
        found: Json = {"info": info, "item": list(self._parts(draft, around))}
        self.place = self.plan.collection.source.path
        self.spelling.computed.clear()
        self.spelling.own = {}
        self.spelling.once = True
        variables = list(self.variables_out.all(self.variables, self.draft.get("secrets") or {}))
        found |= self._shared(self._with_base(draft, around.base))
        if variables:
            found["variable"] = variables
        self.result.text = json.dumps(found, ensure_ascii=False, indent=2) + "\n"
        self.result.files.update(self.variables_out.environments(self.environments))
        return self.result

    def _parts(self, draft: Data, around: Around) -> Iterator[Json]:
        """The requests of a collection; setup and teardown are folders."""
        for part in _REQUEST_LISTS:
            items = list(self._items(draft.get(part) or (), around))
            if part == "requests":
                yield from items
            elif items:
                yield {"name": part, "description": FOLDERS[part], "item": items}
                if part == "teardown":
                    self.lose("that teardown always runs", "a folder runs in its turn", "run it by itself")

    def _items(self, items: Any, around: Around) -> Iterator[Json]:
        for item in items:
            given = item.value if isinstance(item, Disabled) else item
            if not isinstance(given, dict):
                continue
            self.place = f"{around.place} / {given.get('name', '')}".removeprefix(" / ")
            if "requests" in given:
                yield self._folder(given, around._replace(place=self.place))
            elif "url" in given:
                yield self._request(given, around)

    def _folder(self, given: Data, around: Around) -> Json:
        given = with_auth(given, around.auth)
        found: Json = {"name": given.get("name", "")}
        if given.get("description"):
            found["description"] = given["description"]
        self.spelling.own = {}
        found["item"] = list(self._items(given["requests"], self._around(given, around)))
        self.place = around.place
        self.spelling.computed.clear()
        self.spelling.own = {}
        values = pieces.pairs(given.get("variables") or {}, self.spelling)
        found |= self._shared(self._with_base(given, self._around(given, around).base))
        values += [
            self.variables_out.secret(name, value)
            for name, value in (given.get("secrets") or {}).items()
            if _is_real(name)
        ]
        if values:
            self.lose("the variables of a group", "Postman has none for a folder", "move them to the collection")
        return {**found, "variable": values} if values else found

    def _with_base(self, given: Data, base: str) -> Data:
        """The same, with the whole URL of a login call that is written below `base_url`: scripts know no such thing."""
        auth = given.get("auth")
        if not isinstance(auth, dict) or auth.get("type") != "request":
            return given
        url = joined(base, auth["request"]["url"], self.variables)
        return {**given, "auth": {**auth, "request": {**auth["request"], "url": url}}}

    def _around(self, given: Data, outer: Around) -> Around:
        defaults = given.get("defaults") or {}
        return outer._replace(
            own=(*outer.own, *(name for name in given.get("variables") or () if isinstance(name, str) and outer.place)),
            asserts=(*outer.asserts, *listed(defaults.get("assert"))),
            auth=with_auth(given, outer.auth).get("auth", outer.auth),
            base=joined(outer.base, given.get("base_url"), self.variables),
            headers=(*outer.headers, *(defaults.get("headers") or {}).items()),
            query=(*outer.query, *(defaults.get("query") or {}).items()),
        )

    def _shared(self, given: Data) -> Json:
        """Auth, scripts and settings of a collection or folder."""
        defaults = given.get("defaults") or {}
        found: Json = {}
        auth = schemes_out.auth(given.get("auth"), self.spelling, self.lose)
        if auth is not None:
            found["auth"] = auth
        own = {key: given[key] for key in given if key in ("auth", "skip", "when") or isinstance(key, Comment)}
        events = scripts_out.events({**own, "assert": defaults.get("assert")}, self.spelling, {}, (), self.lose)
        if events:
            found["event"] = events
        settings = self._settings(defaults)
        if settings:
            found["protocolProfileBehavior"] = settings
        shared = {key: given[key] for key in ("tags", "for_each", "overlap") if key in given}
        told.tell({**defaults, **shared}, self.lose)
        return found

    # --- requests

    def _request(self, given: Data, around: Around) -> Json:
        self.spelling.computed.clear()
        self.spelling.jsons.clear()
        self.spelling.own = given.get("variables") or {}
        body = pieces.declared_body(given)
        method = str(given.get("method") or ("POST" if body and not body[2] else "GET"))
        place = id(given)
        url = joined(around.base, given["url"], self.variables)
        if around.base and url == given["url"] and url.startswith("{{"):
            why = "only a run knows whether it is a whole one: it is taken for one"
            self.lose("the URL", why, "write the base before it where it is relative")
        values = self._path_values(url, given)
        request: Json = {"method": self.spelling.text(method)}
        given = self._with_base(with_auth(given, around.auth), around.base)
        auth = schemes_out.auth(given.get("auth"), self.spelling, self.lose)
        if auth is not None:
            request["auth"] = auth
        headers = self._headers(given, around)
        content_type = _content_type(headers) if body and body[0] in ("json", "text") else ""
        if body and body[0] == "json" and content_type == "text/plain":
            headers = {name: value for name, value in headers.items() if str(name).lower() != "content-type"}
        request["header"] = pieces.pairs(headers, self.spelling)
        if body and body[0] == "graphql" and not isinstance(body[1]["query"], str):
            self.lose("the GraphQL document in a file", "Postman keeps its text in the request", "paste it there")
        if body:
            request["body"] = pieces.body(body[0], body[1], content_type, self.spelling)
            if body[2] and method not in _WITHOUT_BODY:
                request["body"]["disabled"] = True
        query = merged(around.query, given.get("query"), same_case=True)
        request["url"] = pieces.url(url, query, values, self.spelling)
        if given.get("description"):
            request["description"] = given["description"]
        if isinstance(given.get("proxy"), str):
            request["proxy"] = _proxy(self.spelling.text(given["proxy"]))
        needs_body = bool(body and not body[2] and method in _WITHOUT_BODY)
        told.tell_of_overridden(given, around.own, (self.variables, *self.environments.values()), self.lose)
        given = with_implied(given, around)
        return self._item(given, place, request, values, needs_body=needs_body)

    def _item(self, given: Data, place: int, request: Json, values: Mapping[str, str], *, needs_body: bool) -> Json:
        settings = self._settings(given) | ({"disableBodyPruning": True} if needs_body else {})
        item: Json = {"name": given.get("name", "")}
        if settings:
            item["protocolProfileBehavior"] = settings
        elsewhere = {name for name, lookers in self._lookers.items() if lookers - {place}}
        events = scripts_out.events(given, self.spelling, values, elsewhere, self.lose)
        if events:
            item["event"] = events
        told.tell(given, self.lose)
        return {**item, "request": request, "response": []}

    def _path_values(self, url: str, given: Data) -> dict[str, str]:
        """The variables of a request that only its path has."""
        candidates = {name: value for name, value in (given.get("variables") or {}).items() if isinstance(name, str)}
        found = pieces.path_values(url, candidates)
        rest = used({key: value for key, value in given.items() if key not in ("url", "variables")}).names
        return {n: v for n, v in found.items() if n not in self._known and n not in rest and self._uses(n) <= 1}

    def _uses(self, name: str) -> int:
        return sum(name in names for names in self._used)

    def _headers(self, given: Data, around: Around) -> Data:
        headers = merged(around.headers, given.get("headers"), same_case=False)
        cookies = given.get("cookies") or {}
        sent = [f"{name}={value}" for name, value in cookies.items() if isinstance(name, str) and value is not None]
        return {**headers, "Cookie": "; ".join(sent)} if sent else headers

    def _settings(self, given: Data) -> Json:
        found: Json = {}
        follow = given.get("follow_redirects")
        if isinstance(follow, bool):
            found["followRedirects"] = follow
        elif follow is not None:
            found["maxRedirects"] = follow
        verify = given.get("verify")
        if isinstance(verify, bool):
            found["strictSSL"] = verify
        elif verify is not None:
            self.lose("the CA file of 'verify'", "certificates are settings of Postman", "add it in Settings")
        return found


# --- plain things --------------------------------------------------------------------------------------------------


def _requests(draft: Data) -> Iterator[Data]:
    for part in _REQUEST_LISTS:
        for item in draft.get(part) or ():
            if isinstance(item, dict):
                yield from _requests(item) if "requests" in item else (item,)


def _seal_defaults(value: Any, vault: Vault) -> None:
    """`"{{env.PASSWORD || 'secret'}}"` in an `auth`: what stands for want of a value is a credential, too."""
    if isinstance(value, dict):
        auth = value["auth"] if isinstance(value.get("auth"), dict) else {}
        for key, given in auth.items():
            if isinstance(given, str) and holds_credential(str(key)) and _DEFAULT.fullmatch(given):
                auth[key] = vault.put(given, key)
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        _seal_defaults(inner, vault)


def _is_real(name: Any) -> bool:
    return not isinstance(name, (Comment, Disabled))


def _tree(request: Data, source: str) -> Node:
    """The tree of what a capture takes: of a variable of its request, the tree of its value."""
    value = (request.get("variables") or {}).get(source.removeprefix("vars.")) if source.startswith("vars.") else None
    if value is None:
        return tree_of(source)
    parts = template.parse(value) if isinstance(value, str) else ()
    if len(parts) == 1 and not isinstance(parts[0], str):
        return parts[0].query.tree.root
    return {"type": "literal", "value": value, "children": []}


def _captures(request: Data) -> Iterator[tuple[str, str]]:
    for name, given in (request.get("capture") or {}).items():
        if isinstance(name, str):
            yield name, given["from"] if isinstance(given, Mapping) else given


def _content_type(headers: Data) -> str:
    found = [str(value) for name, value in headers.items() if isinstance(name, str) and name.lower() == "content-type"]
    return found[-1].lower() if found else ""


def _proxy(text: str) -> Json:
    host, _, port = text.rpartition("://")[2].rpartition(":")
    return {"host": host, "port": int(port)} if port.isdigit() else {"host": text.rpartition("://")[2]}
