"""Schemas that judge bodies: from `schema:` in a request to a compiled one, all faults found before anything is sent.

    Schema ──▶ Shelf: documents, `$ref`s ──▶ check: rules of the draft, misspelt keywords ──▶ Compiled ──▶ Violations

    keywords     where schemas stand within a schema
    documents    a file or an inline schema: its dialect, its parts, their places
    references   `$ref` across files; what leads nowhere, to the network, or in a circle
    dialects     OpenAPI 2.0 and 3.0 as JSON Schema
    rules        keywords in words
    compiled     the library that judges

Nothing here is imported before a file uses `schema`.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from typing import Any, NamedTuple
from urllib.parse import quote, unquote, urlsplit

from runner.diagnostics import Diagnostic, Span, did_you_mean, excerpt
from runner.engine.results import Violation
from runner.engine.schemas.compiled import Compiled, Compiler, Judged
from runner.engine.schemas.documents import DRAFTS, Document, SchemaFault, pointer
from runner.engine.schemas.keywords import Steps, misspelt
from runner.engine.schemas.references import Node, Reached, Shelf, reach
from runner.engine.schemas.rules import rule_words
from runner.engine.scope import Files, Scope, resolve
from runner.errors import ResolveError
from runner.language import template
from runner.language.data import bare
from runner.language.model import Schema
from runner.language.values import Value, dump_json, kind, show

__all__ = ["Compiled", "Judged", "Schemas", "rule_words"]

#: Faults of one schema that are told.
_MOST_FAULTS = 10
#: More schemas than this are compiled as one to see that they can be, and each by itself when it is used.
_MANY = 50
#: Compiled schemas that are kept, of 100 kB each where they are many: more are made again, in less than a millisecond.
_MOST_KEPT = 1_000
#: What schemas stand under in an OpenAPI document.
_HOLDERS = frozenset({"schemas", "schema", "definitions", "$defs"})


class _Invalid(Exception):
    """A schema that cannot be used, with everything that is wrong with it."""

    def __init__(self, faults: Iterable[SchemaFault]) -> None:
        self.faults = tuple(faults)[:_MOST_FAULTS]
        super().__init__(self.faults[0].message)


class _Inline(NamedTuple):
    """The last schema that stood at one place of a request file: templates in it may give another each time."""

    text: str
    document: Document
    compiled: Compiled


class Schemas:
    """The schemas of a run: each file is read once, each schema compiled once. Threads may ask at once."""

    def __init__(self, files: Files) -> None:
        self._lock = threading.Lock()
        self._shelf = Shelf(files)
        self._compiler = Compiler()
        self._compiled: dict[Node, Compiled] = {}
        self._inline: dict[Span, _Inline] = {}
        self._told: set[tuple[str, Span]] = set()
        self._sound: set[Node] = set()
        #: Schemas of files, as they are named and where, that were compiled together with others.
        self._tried: set[tuple[str, str]] = set()

    def faults(self, schema: Schema) -> list[Diagnostic]:
        """What is wrong with the schema of a request; of one with templates nothing is known before a run."""
        if any(True for _ in template.templates(schema.value)):
            return []
        if _is_file(schema) and (schema.value, schema.span.source.path) in self._tried:
            return []
        try:
            self._ready(schema, schema.value)
        except _Invalid as invalid:
            return [_diagnostic(fault, schema.span) for fault in invalid.faults if self._is_new(fault)]
        return []

    def faults_of(self, schemas: Sequence[Schema]) -> list[Diagnostic]:
        """What is wrong with the schemas of all requests."""
        if len(schemas) > _MANY:
            self._try(dict.fromkeys((schema.value, schema.span.source.path) for schema in schemas if _is_file(schema)))
        return [fault for schema in schemas for fault in self.faults(schema)]

    def _try(self, wanted: Iterable[tuple[Any, str]]) -> None:
        """Compiles those of many schemas that are sound as one, to see that the library takes them."""
        starts: dict[Node, tuple[str, str]] = {}
        named: dict[Node, None] = {}
        for place in wanted:
            with suppress(_Invalid, SchemaFault):  # which `faults` tells
                start = self._find(*place)
                named.update(dict.fromkeys(self._examined(start)))
                starts[start] = place
        if self._compiler.takes(starts, named):
            self._tried.update(starts.values())

    def get(self, schema: Schema, scope: Scope) -> Compiled:
        """The compiled schema of a request.

        Raises:
            ResolveError: a template in it cannot be rendered, or makes it one that cannot be used.
        """
        value = resolve(schema.value, scope)
        try:
            return self._ready(schema, value)
        except _Invalid as invalid:
            first = invalid.faults[0]
            place = f" ({first.span.where})" if first.span is not None else ""
            raise ResolveError(first.message + place, schema.span, first.hint) from None

    def _is_new(self, fault: SchemaFault) -> bool:
        """Whether a fault was not told already of another request that uses the same file."""
        if fault.span is None:
            return True
        known = (fault.message, fault.span) in self._told
        self._told.add((fault.message, fault.span))
        return not known

    def _ready(self, schema: Schema, value: Value) -> Compiled:
        file = schema.span.source.path
        with self._lock:
            try:
                return self._of_file(value, file) if isinstance(value, str) else self._of_inline(schema, value, file)
            except SchemaFault as fault:
                raise _Invalid([fault]) from None

    def _of_file(self, wanted: str, file: str) -> Compiled:
        start = self._find(wanted, file)
        compiled = self._compiled.get(start) or self._compile(start)
        if len(self._compiled) < _MOST_KEPT:
            self._compiled[start] = compiled
        return compiled

    def _of_inline(self, schema: Schema, value: Value, file: str) -> Compiled:
        if not isinstance(value, dict):
            raise SchemaFault(f"'schema' wants a file or a JSON Schema, this is {kind(value)}")
        try:
            text = dump_json(value)
        except ValueError as error:  # a template gave bytes
            raise SchemaFault(f"this is no JSON Schema: {error}") from None
        last = self._inline.get(schema.span)
        if last is not None and last.text == text:
            return last.compiled
        if last is not None:
            self._shelf.forget(last.document)
        document = _inline_document(schema, value, file)
        self._inline[schema.span] = _Inline(text, document, self._compile(Node(document, ())))
        return self._inline[schema.span].compiled

    def _find(self, wanted: str, file: str) -> Node:
        """The schema that `file.json#/pointer` names."""
        path, _, fragment = wanted.partition("#")
        if urlsplit(path).scheme in ("http", "https"):
            raise SchemaFault("a schema is a file of the project: nothing is fetched", hint="save it beside this file")
        if not path:
            raise SchemaFault(f"'{wanted}' names no file", hint="write it before the '#'")
        document = self._shelf.open(file, file, path)
        steps = document.find(unquote(fragment))
        if document.dialect.is_openapi and not _HOLDERS & set(steps):
            raise _no_openapi_schema(document, steps, path)
        if not isinstance(document.at(steps), (dict, bool)):
            raise SchemaFault(f"no schema stands there: it is {_a(kind(document.at(steps)))}", document.span(steps))
        return Node(document, steps)

    def _compile(self, start: Node) -> Compiled:
        return self._compiler.compile(start, self._examined(start))

    def _examined(self, start: Node) -> Sequence[Node]:
        """All schemas that a `$ref` names on the way from one, itself among them; each is sound."""
        reached = reach(self._shelf, start)
        faults = [*reached.faults, *self._invalid(reached.named), *_misspelt(reached)]
        if faults:
            raise _Invalid(faults)
        # Many schemas of one OpenAPI document lead to the same others.
        self._sound.update(node for node in reached.named if node.document.dialect.is_openapi)
        return reached.named

    def _invalid(self, named: Iterable[Node]) -> Iterator[SchemaFault]:
        """What the drafts say against the schemas, each fault once."""
        roots = (Node(node.document, ()) for node in named if not node.document.dialect.is_openapi)
        told: set[tuple[Document, Steps]] = set()
        for node in dict.fromkeys((*roots, *named)):
            if node in self._sound:
                continue
            if not node.document.draft:
                yield _unknown_draft(node.document)
                return
            for steps, violation in self._compiler.invalid(node.judged, node.document.draft):
                place = (node.document, (*node.steps, *steps))
                if place not in told:
                    told.add(place)
                    yield _invalid_fault(violation, node.document, place[1])


def _is_file(schema: Schema) -> bool:
    return isinstance(schema.value, str)


def _inline_document(schema: Schema, value: Value, file: str) -> Document:
    place = schema.place
    uri = f"file://inline/{quote(file)}/{schema.span.start}"

    def span(steps: Steps, key: bool) -> Span:
        return schema.span if place is None else place(steps, key=key)

    return Document(file, file, uri, bare(value), span)


def _no_openapi_schema(document: Document, steps: Steps, path: str) -> SchemaFault:
    first = next((f"{path}#{pointer(place)}" for place, _ in document.schemas()), f"{path}#/components/schemas/User")
    what = f"what stands at '#{pointer(steps)}'" if steps else f"'{path}' is an OpenAPI document, which"
    return SchemaFault(f"{what} is no schema", hint=f"name one, as in {first}")


def _unknown_draft(document: Document) -> SchemaFault:
    found = show(document.at(("$schema",)))
    known = ", ".join(DRAFTS[:2]) + ", and the drafts 7, 6 and 4"
    return SchemaFault(f"the draft {found} is not known", document.span(("$schema",)), f"known: {known}")


def _invalid_fault(violation: Violation, document: Document, steps: Steps) -> SchemaFault:
    """What the draft says against a part of a schema, with the nearest right word."""
    name = next((f"'{step}'" for step in reversed(steps) if isinstance(step, str)), "it")
    found = violation.actual[0] if violation.actual else None
    message = f"the schema is not valid: {name} {rule_words(violation.keyword, violation.wanted)}"
    if not isinstance(found, (dict, list)):
        message += f", not {show(found)}"
    options = violation.wanted[0] if violation.keyword == "enum" and isinstance(found, str) else ()
    return SchemaFault(message, document.span(steps), did_you_mean(str(found), map(str, options)))


def _misspelt(reached: Reached) -> Iterator[SchemaFault]:
    """Keywords that let everything pass, as nobody knows them: in schemas of one's own they are mistakes."""
    own = (extent.nodes for extent in reached.extents if not extent.nodes[0].document.dialect.is_openapi)
    for node in dict.fromkeys(node for nodes in own for node in nodes):
        schema = node.schema
        for keyword in schema if isinstance(schema, dict) else ():
            better = misspelt(keyword)
            if better:
                span = node.document.span((*node.steps, keyword), key=True)
                yield SchemaFault(f"unknown keyword '{keyword}' in the schema", span, f"did you mean '{better}'?")


def _diagnostic(fault: SchemaFault, wish: Span) -> Diagnostic:
    """A fault at the request that wants the schema, and in the schema's file."""
    if fault.span is None or fault.span.source is wish.source:
        return Diagnostic(fault.message, fault.span or wish, fault.hint)
    return Diagnostic(fault.message, wish, notes=(fault.span.where, *excerpt(fault.span, fault.hint)))


def _a(name: str) -> str:
    return f"{'an' if name[0] in 'aeiou' else 'a'} {name}"
