"""The document: info, servers, tags, paths with their operations, and security schemes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any

from runner.engine.media_types import media_type
from runner.engine.plan import Plan
from runner.formats import symbols
from runner.formats.exported import Exported
from runner.formats.flat import Flat, Part, base_of
from runner.formats.flat_plan import Repeated, flat_steps
from runner.formats.openapi_export.paths import Place, parameters, place
from runner.formats.openapi_export.security import Scheme, scheme, url_text
from runner.formats.openapi_export.shapes import described, pairs, schema
from runner.formats.symbols import Value, is_known, literal_text

_METHODS = frozenset({"GET", "PUT", "POST", "DELETE", "OPTIONS", "HEAD", "PATCH", "TRACE"})
_STATUSES = range(100, 600)
_ONE_CALL = "OpenAPI describes calls, one by one"
_LOST = ("poll", "paginate", "snapshot", "delay", "save_to")


def document(plan: Plan, exported: Exported) -> dict[str, Any]:
    """The document of a plan, as plain data."""
    return _Document(plan, exported).data()


class _Document:
    def __init__(self, plan: Plan, exported: Exported) -> None:
        self.plan = plan
        self.exported = exported
        self.place = ""
        self.schemes: dict[str, dict[str, Any]] = {}
        self.ids: set[str] = set()
        self.paths: dict[str, dict[str, Any]] = {}
        #: The places of the paths by their shapes.
        self.known: dict[tuple[str, str], Place] = {}

    def lose(self, what: str, why: str, remedy: str = "") -> None:
        self.exported.lose(self.place, what, why, remedy)

    def data(self) -> dict[str, Any]:
        collection = self.plan.collection
        servers = self._servers()
        for item in flat_steps(self.plan):
            self._add(item.flat if isinstance(item, Repeated) else item, servers[0]["url"] if servers else "")
        tags = dict.fromkeys(step.groups[0].name for step in self.plan.steps if step.groups and step.groups[0].name)
        info = {"title": collection.name, "version": "1.0.0"}
        made: dict[str, Any] = {"openapi": "3.1.0", "info": info}
        if collection.description:
            info["description"] = collection.description
        made["servers"] = servers
        made["tags"] = [{"name": name} for name in tags]
        made["paths"] = self.paths
        if self.schemes:
            made["components"] = {"securitySchemes": self.schemes}
        return {name: value for name, value in made.items() if value or name == "paths"}

    def _servers(self) -> list[dict[str, Any]]:
        """The base URL as each environment has it, the chosen one first."""
        collection, plan = self.plan.collection, self.plan
        if collection.base_url is None or not plan.steps:
            return []
        found: dict[str, str] = {}
        layers = {"": plan.environment, **{name: it.variables for name, it in collection.environments.items()}}
        for name, layer in layers.items():
            scope = symbols.scope_of(plan, plan.steps[0], frozenset(), {})
            scope.layers = (layer, {**collection.variables, **collection.secrets})
            url = url_text(base_of(plan.steps[0].base_urls[:1], scope))
            found.setdefault(url, name or plan.environment_name)
        return [_server(url.rstrip("/") or "/", name) for url, name in found.items()]

    # --- operations

    def _add(self, flat: Flat, server: str) -> None:
        self.place = flat.name
        self._tell(flat)
        if flat.method not in _METHODS:
            self.lose(f"the method '{flat.method}'", "OpenAPI 3.1 has no word for it")
            return
        at = place(flat, server)
        at = self.known.setdefault((at.server, at.shape), at)._replace(query=at.query)
        item = self.paths.setdefault(at.path, {})
        if at.server and at.server != server:
            item.setdefault("servers", [_server(at.server, "")])
        operation = self._operation(flat, at)
        before = item.get(flat.method.lower())
        item[flat.method.lower()] = operation if before is None else _merged(before, operation)

    def _operation(self, flat: Flat, at: Place) -> dict[str, Any]:
        spec, auth = flat.spec, scheme(flat, self.lose)
        held = frozenset() if auth is None else frozenset({str(auth.definition.get("name", "")).lower()})
        made: dict[str, Any] = {
            "summary": spec.name,
            "description": spec.description,
            "operationId": self._id(spec.name),
            "tags": [group.name for group in flat.step.groups[:1] if group.name],
            "parameters": parameters(flat, at, held),
            "requestBody": self._body(flat),
        }
        made = {name: value for name, value in made.items() if value}
        made["responses"] = self._responses(flat)
        if auth is not None:
            made["security"] = [{self._scheme(auth): list(auth.scopes)}]
        return made

    def _id(self, name: str) -> str:
        like = re.sub(r"[^A-Za-z0-9]+", "_", name).strip("_").lower() or "request"
        found, number = like, 2
        while found in self.ids:
            found, number = f"{like}_{number}", number + 1
        self.ids.add(found)
        return found

    def _scheme(self, wanted: Scheme) -> str:
        """The name of a scheme; that with more scopes is the same one."""
        name, number = wanted.name, 2
        while name in self.schemes and not _is_same(self.schemes[name], wanted.definition):
            name, number = f"{wanted.name}_{number}", number + 1
        self.schemes.setdefault(name, wanted.definition)
        return name

    def _responses(self, flat: Flat) -> dict[str, Any]:
        made: dict[str, Any] = {}
        for assertion, equals, _ in flat.asserts:
            if assertion.that.text == "status" and is_known(equals):
                allowed = equals if isinstance(equals, list) else [equals]
                made |= {str(it): {"description": _reason(it)} for it in allowed if it in _STATUSES}
        made = made or {"2XX": {"description": "Success"}}
        judged = None if flat.spec.schema is None or flat.scope is None else flat.scope.resolve(flat.spec.schema.value)
        if isinstance(judged, dict) and is_known(judged):
            next(iter(made.values()))["content"] = {"application/json": {"schema": judged}}
        elif judged is not None:
            self.lose("'schema'", "it is in a file of its own", "put it into `components`")
        return made

    def _tell(self, flat: Flat) -> None:
        for assertion, _, _ in flat.asserts:
            if assertion.that.text != "status":
                self.lose("an assertion", "OpenAPI describes an API, and does not judge it")
        for name in _LOST:
            if getattr(flat.spec, name) is not None:
                self.lose(f"'{name}'", _ONE_CALL)
        if flat.spec.captures:
            self.lose("'capture'", _ONE_CALL)
        if flat.step.conditions:
            self.lose("'when'", _ONE_CALL)
        if flat.step.loops:
            self.lose("'for_each'", _ONE_CALL)

    # --- bodies

    def _body(self, flat: Flat) -> dict[str, Any]:
        if not flat.kind:
            return {}
        written = flat.header("content-type")
        kind, content = _content(flat)
        if isinstance(written, str):
            kind = written.partition(";")[0].strip() or kind
        return {"required": True, "content": {kind: content}}


def _content(flat: Flat) -> tuple[str, dict[str, Any]]:
    """The media type of a body, and what OpenAPI says of it."""
    body = flat.body
    if flat.kind == "form":
        return "application/x-www-form-urlencoded", described(pairs(body))
    if flat.kind == "multipart":
        return "multipart/form-data", _parts(body)
    if flat.kind == "file":
        return media_type(literal_text(body)) or "application/octet-stream", {}
    if flat.kind == "text":
        return "text/plain", described(body)
    if flat.kind == "graphql":
        names = {"query": "query", "variables": "variables", "operation": "operationName"}
        body = {names[name]: value for name, value in body.items()}
    return "application/json", described(body)


def _parts(parts: Iterable[Part]) -> dict[str, Any]:
    """A multipart body: its parts by name, those of one name as a list, and their types where they are written."""
    named: dict[str, list[Part]] = {}
    for part in parts:
        named.setdefault(url_text(part.name), []).append(part)
    fields = {name: _part(found[0]) for name, found in named.items()}
    lists = {name: {"type": "array", "items": fields[name]} for name, found in named.items() if len(found) > 1}
    made: dict[str, Any] = {"schema": {"type": "object", "properties": fields | lists}}
    examples = {name: [part.value for part in found] for name, found in named.items() if found[0].file is None}
    known = {name: values if name in lists else values[0] for name, values in examples.items() if is_known(values)}
    types = {name: found[0].content_type for name, found in named.items() if isinstance(found[0].content_type, str)}
    made |= {"example": known} if known else {}
    return made | ({"encoding": {name: {"contentType": kind} for name, kind in types.items()}} if types else {})


def _part(part: Part) -> dict[str, Any]:
    if part.file is None:
        return schema(part.value)
    kind = part.content_type if isinstance(part.content_type, str) else media_type(literal_text(part.file))
    return {"type": "string", "contentMediaType": kind or "application/octet-stream"}


# --- pieces ----------------------------------------------------------------------------------------------------------


def _server(url: str, name: str) -> dict[str, Any]:
    variables = {hole: {"default": hole} for hole in re.findall(r"\{([^{}]*)\}", url)}
    made: dict[str, Any] = {"url": url, "description": name, "variables": variables}
    return {key: value for key, value in made.items() if value}


def _reason(status: Value) -> str:
    try:
        return HTTPStatus(status).phrase
    except (ValueError, TypeError):
        return str(status)


def _is_same(known: dict[str, Any], wanted: dict[str, Any]) -> bool:
    """Whether two schemes differ in scopes at most; these are put together then."""
    first, second = (it.get("flows", {}) for it in (known, wanted))
    if not first or first.keys() != second.keys():
        return known == wanted
    for flow, more in second.items():
        if {**first[flow], "scopes": {}} != {**more, "scopes": {}}:
            return False
        first[flow]["scopes"] |= more["scopes"]
    return True


def _key(parameter: Mapping[str, Any]) -> tuple[str, str]:
    """What tells parameters apart: place and name, of headers without regard to case."""
    name, place = parameter["name"], parameter["in"]
    return place, name.lower() if place == "header" else name


def _merged(first: dict[str, Any], second: Mapping[str, Any]) -> dict[str, Any]:
    """One operation of two requests: what the second has and the first has not is added."""
    names = {_key(it) for it in first.get("parameters", ())}
    more = [it for it in second.get("parameters", ()) if _key(it) not in names]
    if more:
        first.setdefault("parameters", []).extend(more)
    if "requestBody" in second:
        body = first.setdefault("requestBody", second["requestBody"])
        body["content"] = {**second["requestBody"]["content"], **body["content"]}
    first["responses"] = {**first["responses"], **second["responses"]}
    security = [one for one in second.get("security", [{}]) if one not in first.get("security", [{}])]
    if security:
        first["security"] = [*first.get("security", [{}]), *security]
    return first
