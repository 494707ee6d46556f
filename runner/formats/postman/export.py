"""A request file → a Postman collection, v2.1: https://schema.postman.com/collection/json/v2.1.0/docs/index.html

    plan ─▶ draft with its comments ─▶ folders and requests, with scripts ─▶ JSON; an environment is a file of its own

What `load` of this package makes of it is the same request file again, as far as that came from Postman. Secrets have
no value here: the reader sets them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from runner.engine.credentials import holds_credential
from runner.engine.plan import Plan
from runner.formats import declared
from runner.formats.draft import Comment, Data, Disabled, Names, Unique, safe_stem
from runner.formats.exported import Exported
from runner.formats.postman import pieces, schemes_out, scripts_out
from runner.formats.postman.finishing import IMPLIED, looks_at_status
from runner.formats.postman.javascript.trees import Node, tree_of
from runner.formats.postman.reading import FOLDERS
from runner.formats.postman.spelling import Spelling
from runner.formats.postman.usage import used
from runner.formats.postman.variables import AS_JSON, env_name, is_harmless, snake
from runner.formats.sealing import Vault, seal
from runner.language import template
from runner.language.values import SpelledFloat, as_text

Json = dict[str, Any]
SCHEMA = "https://schema.getpostman.com/json/collection/v2.1.0/collection.json"
#: Keys of a request that hold words for people.
_WORDS = ("name", "description", "skip", "tags")
#: Keys of a request in which a variable is put into text.
_AS_TEXT = ("url", "query", "headers", "cookies", "form", "multipart", "text")
#: Whole numbers beyond it are rounded by JavaScript.
_EXACT = 2**53
_WITHOUT_BODY = frozenset({"GET", "COPY", "HEAD", "PURGE", "UNLOCK"})
_WHOLE_ENV = re.compile(r"\{\{\s*env\.(\w+)\s*\}\}", re.ASCII)
#: A placeholder with a text in it: what holds where there is no value.
_DEFAULT = re.compile(r"\{\{[^{}]*'[^{}]*\}\}")
_OUTSIDE = "secrets are not written to a file"
_REQUEST_LISTS = ("setup", "requests", "teardown")
#: Keys of a request or group for which a collection has no words: why, and what to do.
_LOST: Mapping[str, tuple[str, str]] = {
    "tags": ("Postman has no labels for requests", "run a folder"),
    "for_each": ("it is sent once", "give the rows to the collection runner as a data file"),
    "timeout": ("it is a setting of Postman, not of a request", "set it in Settings, or with --timeout-request"),
    "client_cert": ("certificates are settings of Postman", "add it in Settings / Certificates"),
    "http2": ("it is a setting of Postman", "choose it in the request's settings"),
    "retry": ("a request is sent once", ""),
    "max_body": ("it is a setting of Postman", "set it in Settings"),
    "max_events": ("Postman reads a stream until it is stopped", ""),
    "poll": ("a request is sent once", "pm.setNextRequest in its test script repeats it"),
    "paginate": ("only the first page is fetched", "pm.setNextRequest in its test script repeats it"),
    "snapshot": ("Postman does not compare with what was kept", "write assertions"),
    "overlap": ("Postman sends one request after the other", ""),
    "save_to": ("a person saves a response in Postman", "Send and Download"),
}


def dump(plan: Plan) -> Exported:
    """The collection of a plan, and its environments as files beside it."""
    return _Export(plan).exported()


class Around(NamedTuple):
    """What a request inherits: its base URL, headers, query entries and auth, and the names of its folders."""

    base: str = ""
    headers: tuple[tuple[Any, Any], ...] = ()
    query: tuple[tuple[Any, Any], ...] = ()
    place: str = ""
    #: Variables of its folders.
    own: tuple[str, ...] = ()
    auth: Any = None
    asserts: tuple[Any, ...] = ()


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
        self._captured = frozenset(captured)
        self._looked_into = frozenset(name for request in requests for name in _looked_into(request))
        self._known = {*self.variables, *(self.draft.get("secrets") or {}), *captured}
        self._used = [used({**request, "variables": {}}).names for request in requests]
        around = used({key: value for key, value in self.draft.items() if key not in _REQUEST_LISTS}).names
        #: Name → the requests that look at it, or give it a value; None for what all of them share.
        self._lookers: dict[str, set[int | None]] = {name: {None} for name in around}
        for request, names in zip(requests, self._used, strict=True):
            for name in names | set(request.get("capture") or {}):
                self._lookers.setdefault(name, set()).add(id(request))

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
                self.lose(f"{what} '{name}'", _OUTSIDE, "set it in Postman")
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
        variables = list(self._variables())
        found |= self._shared(self._with_base(draft, around.base))
        if variables:
            found["variable"] = variables
        self.result.text = json.dumps(found, ensure_ascii=False, indent=2) + "\n"
        self._environments()
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
        given = _with_auth(given, around.auth)
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
        values += [self._secret(name, value) for name, value in (given.get("secrets") or {}).items() if _is_real(name)]
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
            asserts=(*outer.asserts, *_listed(defaults.get("assert"))),
            auth=_with_auth(given, outer.auth).get("auth", outer.auth),
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
        self._tell({**defaults, **{key: given[key] for key in ("tags", "for_each", "overlap") if key in given}})
        return found

    # --- variables

    def _variables(self) -> Iterator[Json]:
        for name, value in self.variables.items():
            if isinstance(name, Disabled):
                yield from ({**self._variable(key, given), "disabled": True} for key, given in name.value.items())
            elif not isinstance(name, Comment) and value is not None:
                yield self._variable(name, value)
            elif isinstance(name, str) and name not in self._captured and name in self._lookers:
                self.lose(f"the null of '{name}'", "Postman has no null, and leaves {{" + name + "}} as it is")
        for name, value in (self.draft.get("secrets") or {}).items():
            if not isinstance(name, Comment):
                yield self._secret(name, value)
        for name in self.spelling.asked:
            if name not in self.variables:
                yield {"key": name, "value": "", "description": f"The runner reads it from {{{{env.{name}}}}}"}

    def _variable(self, name: str, value: Any) -> Json:
        whole = _WHOLE_ENV.fullmatch(value) if isinstance(value, str) else None
        if whole is not None:
            return {"key": name, "value": "", "description": f"The runner reads it from {{{{env.{whole[1]}}}}}"}
        if isinstance(value, (bool, int, float)):
            self._tell_of_number(name, value)
            return {"key": name, "value": value}
        if _is_credential(name, value):
            self.lose(f"the value of '{name}'", _OUTSIDE, "set it in Postman")
            return {"key": name, "value": "", "type": "secret"}
        if isinstance(value, (dict, list)):
            if name in self._looked_into:
                self.lose(
                    f"what is looked at in '{name}'", "a list or object is a text in Postman", "use JSON.parse there"
                )
            return {"key": name, "value": self.spelling.json(value, indent=None), "description": AS_JSON}
        return {"key": name, "value": self._text(value)}

    def _tell_of_number(self, name: str, value: Any) -> None:
        is_rounded = isinstance(value, SpelledFloat) or (type(value) is int and abs(value) > _EXACT)
        if is_rounded and str(value) != _of_javascript(value):
            why = "Postman keeps a number, not how it is written"
            self.lose(f"the spelling of '{name}', {value}", why, "put it in quotes")

    def _text(self, value: Any) -> str:
        return "" if value is None else self.spelling.text(value)

    def _secret(self, name: str, value: Any) -> Json:
        found: Json = {"key": name, "value": "", "type": "secret"}
        whole = _WHOLE_ENV.fullmatch(value) if isinstance(value, str) else None
        if whole is None:
            self.lose(f"the value of the secret '{name}'", _OUTSIDE, "set it in Postman")
        elif whole[1] != env_name(name):
            found["description"] = f"The runner reads it from {{{{env.{whole[1]}}}}}"
        return found

    def _environments(self) -> None:
        stems = Unique()
        for name, given in self.environments.items():
            values = []
            for key, value, disabled in pieces.entries(given):
                entry = {**self._variable(key, value), "enabled": not disabled} if value is not None else {"key": key}
                values.append(entry)
            text = json.dumps({"name": name, "values": values, "_postman_variable_scope": "environment"}, indent=2)
            self.result.files[f"{stems(safe_stem(name))}.postman_environment.json"] = text + "\n"

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
        given = self._with_base(_with_auth(given, around.auth), around.base)
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
        query = _merged(around.query, given.get("query"), same_case=True)
        request["url"] = pieces.url(url, query, values, self.spelling)
        if given.get("description"):
            request["description"] = given["description"]
        if isinstance(given.get("proxy"), str):
            request["proxy"] = _proxy(self.spelling.text(given["proxy"]))
        needs_body = bool(body and not body[2] and method in _WITHOUT_BODY)
        self._tell_of_overridden(given, around)
        given = _with_implied(given, around)
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
        self._tell(given)
        return {**item, "request": request, "response": []}

    def _tell_of_overridden(self, given: Data, around: Around) -> None:
        """A variable of the collection sees those of the collection; in Postman it sees the request's own, too."""
        own = {*around.own, *(name for name in given.get("variables") or () if isinstance(name, str))}
        for name in sorted(used({**given, "variables": {}}).names - own):
            for values in (self.variables, *self.environments.values()):
                inner = sorted(used(values.get(name)).names & own)
                if inner:
                    why = f"Postman puts the '{inner[0]}' of the request into it"
                    self.lose(f"the variable '{name}'", why, "give it another name")
                    break

    def _path_values(self, url: str, given: Data) -> dict[str, str]:
        """The variables of a request that only its path has."""
        candidates = {name: value for name, value in (given.get("variables") or {}).items() if isinstance(name, str)}
        found = pieces.path_values(url, candidates)
        rest = used({key: value for key, value in given.items() if key not in ("url", "variables")}).names
        return {n: v for n, v in found.items() if n not in self._known and n not in rest and self._uses(n) <= 1}

    def _uses(self, name: str) -> int:
        return sum(name in names for names in self._used)

    def _headers(self, given: Data, around: Around) -> Data:
        headers = _merged(around.headers, given.get("headers"), same_case=False)
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

    def _tell(self, given: Data) -> None:
        for key in given:
            if isinstance(key, str) and key in _LOST and given[key] not in (None, False):
                self.lose(f"'{key}'", *_LOST[key])
        if given.get("proxy") is False:
            self.lose("that no proxy is used", "proxies are settings of Postman", "turn them off in Settings / Proxy")
        for name, value in (given.get("cookies") or {}).items():
            if isinstance(name, str) and value is None:
                self.lose(f"that the cookie '{name}' is held back", "Postman sends its whole jar", "remove it there")
        for name, capture in (given.get("capture") or {}).items():
            if isinstance(capture, Mapping) and capture.get("secret") and not holds_credential(snake(str(name))):
                self.lose(f"that '{name}' is secret", "Postman shows what a script sets")


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


def _listed(asserts: Any) -> list[Any]:
    return [{name: value} for name, value in asserts.items()] if isinstance(asserts, Mapping) else asserts or []


def _with_implied(given: Data, around: Around) -> Data:
    """A request none of whose assertions looks at the status, with the one to which it is held then."""
    own = _listed(given.get("assert"))
    real = [each for each in (*around.asserts, *own) if not isinstance(each, (Comment, Disabled))]
    if given.get("snapshot") or any(map(looks_at_status, real)):
        return given
    return {**given, "assert": [IMPLIED, *own]}


def _with_auth(given: Data, inherited: Any) -> Data:
    """A request or group whose `auth` changes fields of the inherited one, with all of its fields."""
    auth = given.get("auth")
    if not isinstance(auth, Mapping) or "type" in auth or not isinstance(inherited, Mapping):
        return given
    return {**given, "auth": {**inherited, **auth}}


def _of_javascript(value: Any) -> str:
    """A number as JavaScript makes text of it."""
    number = float(value)
    return str(int(number)) if number.is_integer() and abs(number) < 1e21 else repr(number)


def _looked_into(value: Any) -> Iterator[str]:
    """Names of variables that more is asked of than their value: in expressions, and in placeholders beside others."""
    if isinstance(value, str) and "{{" in value:
        for placeholder in template.placeholders(value):
            if placeholder.query.tree.root["type"] != "field":
                yield from (name.text for name in (*placeholder.query.names, *placeholder.query.variables))
    elif isinstance(value, Mapping):
        expressions = {key: value[key] for key in ("assert", "capture", "when") if key in value}
        yield from used(expressions).expressions
        yield from used({key: value[key] for key in _AS_TEXT if key in value}).texts
        for name, item in value.items():
            if name not in expressions and name not in _WORDS:
                yield from _looked_into(item)
    elif isinstance(value, list):
        for item in value:
            yield from _looked_into(item)


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


def joined(base: str, url: Any, variables: Mapping[Any, Any]) -> str:
    """A URL below a base URL; an absolute one stays as it is."""
    text = "" if url is None else as_text(url)
    if not base or not text or _is_absolute(text, variables):
        return text or base
    if text.startswith("?"):
        return base + text
    return f"{base.rstrip('/')}/{text.lstrip('/')}"


def _is_absolute(url: str, variables: Mapping[Any, Any]) -> bool:
    if not url.startswith("{{"):
        return "://" in url.partition("{{")[0]
    value = variables.get(url[2:].partition("}}")[0].strip())
    return not isinstance(value, str) or not value or "://" in value or value.startswith("{{")


def _merged(outer: tuple[tuple[Any, Any], ...], own: Any, *, same_case: bool) -> Data:
    """Entries by name, the nearest one wins; null takes an inherited one away."""
    found: Data = {}
    places: dict[Any, Any] = {}
    for name, value in (*outer, *(own or {}).items()):
        key = name if same_case or not isinstance(name, str) else name.lower()
        found.pop(places.get(key), None)
        places[key] = name
        if value is not None or not isinstance(name, str):
            found[name] = value
    return found


def _is_credential(name: str, value: Any) -> bool:
    """Whether a variable is a literal credential."""
    literal = isinstance(value, str) and "{{" not in value and not is_harmless(value)
    return literal and holds_credential(snake(name), value)


def _content_type(headers: Data) -> str:
    found = [str(value) for name, value in headers.items() if isinstance(name, str) and name.lower() == "content-type"]
    return found[-1].lower() if found else ""


def _proxy(text: str) -> Json:
    host, _, port = text.rpartition("://")[2].rpartition(":")
    return {"host": host, "port": int(port)} if port.isdigit() else {"host": text.rpartition("://")[2]}
