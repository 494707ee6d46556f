"""The library that judges: schemas are compiled once, and what it finds becomes Violations.

The only door to jsonschema-rs. It never fetches anything: all documents are handed to it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, NamedTuple

import jsonschema_rs
from jsonschema_rs import ValidationError

from runner.engine.results import Violation
from runner.engine.schemas.documents import DRAFTS, SchemaFault
from runner.engine.schemas.keywords import Steps, holds_schemas
from runner.engine.schemas.references import Node, bundled_name
from runner.language.data import bare, part, path_text
from runner.language.values import Value

#: What the library raises for a schema that it cannot use; its ValidationError is a ValueError.
_REFUSED = (ValueError, jsonschema_rs.ReferencingError)
#: Violations that a person reads; all are counted up to the bound.
MOST_SHOWN = 20
_MOST_COUNTED = 1_000


class Judged(NamedTuple):
    """The violations of a body, and how many more there are; `bounded` if there are even more than that."""

    violations: tuple[Violation, ...]
    unshown: int = 0
    bounded: bool = False


class Compiled:
    """A schema that is ready to judge bodies, on any thread."""

    def __init__(self, validator: jsonschema_rs.Validator) -> None:
        self._validator = validator

    def judge(self, body: Value) -> Judged:
        """What a body breaks."""
        try:
            errors = list(islice(self._validator.iter_errors(body), _MOST_COUNTED))
        except ValueError:  # rare: see `_ordinary`
            errors = list(islice(self._validator.iter_errors(_ordinary(body)), _MOST_COUNTED))
        found = [violation for error in errors[:MOST_SHOWN] for _, violation in _violations(error, body)]
        unshown = len(found[MOST_SHOWN:]) + len(errors[MOST_SHOWN:])
        return Judged(tuple(found[:MOST_SHOWN]), unshown, len(errors) == _MOST_COUNTED)


def _ordinary(value: Value) -> Value:
    """A value without what the library refuses: numbers that remember their spelling, halves of characters."""
    if isinstance(value, str):
        return value if value.isascii() else value.encode("utf-8", "replace").decode()
    if isinstance(value, dict):
        return {_ordinary(name): _ordinary(inner) for name, inner in value.items()}
    return [_ordinary(inner) for inner in value] if isinstance(value, list) else bare(value)


class Compiler:
    """Makes schemas ready; the drafts themselves are compiled once, to judge schemas."""

    def __init__(self) -> None:
        self._drafts: dict[str, jsonschema_rs.Validator] = {}
        self._bundled: dict[Node, tuple[str, Any]] = {}

    def compile(self, start: Node, named: Iterable[Node]) -> Compiled:
        """The schema at `start`; `named` are all that it may come to by a `$ref`, itself among them.

        Raises:
            SchemaFault: the library cannot use it, although it is valid.
        """
        try:
            return Compiled(self._validator({"$ref": start.uri}, tuple(named)))
        except _REFUSED as error:
            message = getattr(error, "message", str(error))
            raise SchemaFault(f"the schema cannot be used: {message}", start.document.span(start.steps)) from None

    def takes(self, starts: Iterable[Node], named: Iterable[Node]) -> bool:
        """Whether the library can use all of several schemas."""
        try:
            self._validator({"anyOf": [True, *({"$ref": start.uri} for start in starts)]}, tuple(named))
        except _REFUSED:
            return False
        return True

    def _validator(self, schema: dict[str, Any], nodes: Sequence[Node]) -> jsonschema_rs.Validator:
        formats = _late_formats() if any(node.document.draft != DRAFTS[0] for node in nodes) else None
        registry = jsonschema_rs.Registry(self._resources(nodes).items())
        whole = {"$schema": DRAFTS[0], **schema}
        return jsonschema_rs.validator_for(
            whole, registry=registry, formats=formats, validate_formats=True, offline=True
        )

    def _resources(self, nodes: Iterable[Node]) -> dict[str, Any]:
        """What the library is given: JSON Schemas whole, of OpenAPI the schemas that are named."""
        resources: dict[str, Any] = {}
        for node in nodes:
            document = node.document
            if not document.dialect.is_openapi:
                resources[document.uri] = document.value
                continue
            if node not in self._bundled:
                self._bundled[node] = bundled_name(node.steps), node.judged
            bundle = resources.setdefault(document.uri, {"$schema": DRAFTS[0], "$defs": {}})
            name, schema = self._bundled[node]
            bundle["$defs"][name] = schema
        return resources

    def invalid(self, schema: Any, draft: str) -> Iterator[tuple[Steps, Violation]]:
        """What is wrong with a schema by the rules of its draft, each with the steps to it."""
        if draft not in self._drafts:
            whole = {"$schema": draft, "$ref": draft if draft in DRAFTS[:2] else f"{draft}#"}
            self._drafts[draft] = jsonschema_rs.validator_for(
                whole, validate_formats=True, offline=True, formats={"regex": _is_pattern}
            )
        seen = set()
        for error in self._drafts[draft].iter_errors(_ordinary(schema)):
            for steps, violation in _violations(error, schema):
                if (steps, violation.keyword) not in seen:
                    seen.add((steps, violation.keyword))
                    yield steps, violation


#: Formats that came with later drafts; a schema of an older one that names them means them.
_LATE_FORMATS = (
    "date", "time", "duration", "uuid", "idn-email", "idn-hostname", "uri-reference", "uri-template", "iri",
    "iri-reference", "json-pointer", "relative-json-pointer", "regex",
)  # fmt: skip


def _late_formats() -> dict[str, Callable[[Any], bool]]:
    return {
        name: jsonschema_rs.validator_for({"format": name}, validate_formats=True, offline=True).is_valid
        for name in _LATE_FORMATS
    }


def _is_pattern(text: str) -> bool:
    """Whether the library takes a regular expression: more than ECMA-262 allows, such as `(?i)`, which many write."""
    try:
        jsonschema_rs.validator_for({"pattern": text}, offline=True)
    except ValidationError:
        return False
    return True


# --- from the library's errors to ours -----------------------------------------------------------------------------


def _violations(error: ValidationError, body: Value) -> Iterator[tuple[Steps, Violation]]:
    """One or more violations of one error, each with the steps to what is judged."""
    kind, steps = error.kind.name, tuple(error.instance_path)
    details = error.kind.as_dict()
    found = part(body, steps)
    if kind in ("anyOf", "oneOf"):
        yield from _of_choices(kind, details["context"], steps, body)
    elif kind == "required":
        path = _path((*steps, details["property"]))
        yield steps, Violation(path, _keyword(error), (details["property"],), (_keys(found),))
    elif _keyword(error) in ("additionalProperties", "unevaluatedProperties"):
        for name in details.get("unexpected", _keys(found)):
            yield steps, Violation(_path((*steps, name)), _keyword(error), (), (part(found, (name,)),))
    elif kind == "propertyNames":
        for _, inner in _violations(details["error"], details["error"].instance):
            path = _path((*steps, details["error"].instance))
            yield steps, inner._replace(path=path, keyword=f"{kind}/{inner.keyword}")
    else:
        yield steps, Violation(_path(steps), _keyword(error), tuple(details.values())[:1], (found,))


def _path(steps: Sequence[str | int]) -> str:
    return path_text(("body", *steps))


def _keys(value: Value) -> list[str]:
    return list(value) if isinstance(value, dict) else []


def _keyword(error: ValidationError) -> str:
    """The keyword; the library calls `false` and some others by what they do."""
    if error.kind.name not in ("required", "contains", "falseSchema"):
        return error.kind.name
    *before, last = ["", *map(str, error.schema_path)]
    if error.kind.name == "falseSchema":
        return "false" if before[-1:] == ["properties"] or not holds_schemas(last) else last
    return last


def _of_choices(
    kind: str, choices: list[list[ValidationError]], steps: Steps, body: Value
) -> Iterator[tuple[Steps, Violation]]:
    """Why none of several schemas fits, or more than one: what the nearest one finds, if it can be told."""
    found, fitting = part(body, steps), sum(not errors for errors in choices)
    near = [errors for errors in choices if errors and not _other_types(errors, steps)]
    near = [errors for errors in near if not _is_another(errors, len(steps))] or near
    if not near and not fitting:
        types = [name for errors in choices for name in _other_types(errors, steps)]
        yield steps, Violation(_path(steps), f"{kind}/type", (list(dict.fromkeys(types)),), (found,))
        return
    if fitting or len(near) > 1:
        yield steps, Violation(_path(steps), kind, (len(choices), fitting), (found,))
    for error in () if fitting else min(near, key=lambda errors: (_is_another(errors, len(steps) + 1), len(errors))):
        yield from _violations(error, body)


def _other_types(errors: list[ValidationError], steps: Steps) -> list[str]:
    """The types that a schema asks for instead of the one that is there."""
    return [
        name
        for error in errors
        if error.kind.name == "type" and tuple(error.instance_path) == steps
        for name in error.kind.as_dict()["types"]
    ]


def _is_another(errors: list[ValidationError], depth: int) -> bool:
    """Whether a schema is for something else: a constant in it differs (`type: cat`)."""
    return any(error.kind.name in ("const", "enum") and len(error.instance_path) <= depth for error in errors)
