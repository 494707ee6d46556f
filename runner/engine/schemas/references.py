"""From a schema to all that it refers to: every `$ref` is found, made absolute, and followed once.

    Shelf: reads each file once ──▶ Document ──▶ Node ──follow──▶ its inner schemas and what its `$ref` names

Found here, before anything is judged: a file that is missing or lies outside the root, a pointer that leads nowhere, a
`$ref` to the network, and a circle of schemas that all judge the same value. A schema that holds itself in a part of it
(a tree) is no circle. Which library judges is not known here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from posixpath import dirname, join, normpath, relpath
from typing import Any, NamedTuple
from urllib.parse import quote, unquote, urldefrag, urljoin, urlsplit

from runner.diagnostics import Source
from runner.engine.schemas.dialects import translated
from runner.engine.schemas.documents import DRAFTS, Dialect, Document, SchemaFault, pointer
from runner.engine.schemas.keywords import Steps, inner
from runner.engine.scope import Files
from runner.errors import InvalidError
from runner.language import data

_REFERENCES = ("$ref", "$dynamicRef", "$recursiveRef")
#: Drafts in which a `$ref` stands alone, whatever is beside it.
_LONELY_REFS = DRAFTS[2:]


class Node(NamedTuple):
    """A schema in a document. Two nodes of one place are one."""

    document: Document
    steps: Steps

    @property
    def schema(self) -> Any:
        return self.document.at(self.steps)

    @property
    def judged(self) -> Any:
        """The schema in the dialect in which it is judged."""
        return translated(self.schema, self.document.dialect)

    @property
    def uri(self) -> str:
        """Where the library finds it: those of OpenAPI are bundled under their pointers."""
        if self.document.dialect.is_openapi:
            return f"{self.document.uri}#/$defs/{quote(bundled_name(self.steps).replace('~', '~0').replace('/', '~1'))}"
        return f"{self.document.uri}#{pointer(self.steps)}"


class Edge(NamedTuple):
    """From a node to one that it holds or names. `here`: both judge the same value; `named`: by a `$ref`."""

    node: Node
    here: bool
    named: bool


def bundled_name(steps: Steps) -> str:
    """The name of an OpenAPI schema in the bundle of its document."""
    return pointer(steps)


class Shelf:
    """The documents of a run, each read once, and what their schemas refer to."""

    def __init__(self, files: Files) -> None:
        self._files = files
        self._documents: dict[str, Document] = {}
        self._located: dict[tuple[str, str], str] = {}
        self._edges: dict[Node, tuple[Edge, ...]] = {}
        self._extents: dict[Node, Extent] = {}
        #: Nodes from which no circle is to be found.
        self.ending: set[Node] = set()

    def open(self, name: str, path: str, wanted: str) -> Document:
        """The document in the file that `wanted` names, seen from the file `path` that people know as `name`.

        Raises:
            SchemaFault: it is missing, lies outside the root, or is neither JSON nor YAML.
        """
        try:
            found = self._located.get((path, wanted)) or self._files.locate(path, wanted)
            self._located[path, wanted] = found
            if found not in self._documents:
                shown = normpath(join(dirname(name), wanted))
                self._documents[found] = _document(Source(shown, self._files.read(found)), found)
        except ValueError as error:
            raise SchemaFault(str(error)) from None
        return self._documents[found]

    def forget(self, document: Document) -> None:
        """Drops what was kept of a document that is not used again."""
        self._edges = {node: edges for node, edges in self._edges.items() if node.document is not document}
        self._extents = {node: extent for node, extent in self._extents.items() if node.document is not document}
        self.ending = {node for node in self.ending if node.document is not document}

    def follow(self, node: Node) -> tuple[Edge, ...]:
        """What a node holds and names.

        Raises:
            SchemaFault: a `$ref` leads nowhere.
        """
        if node not in self._edges:
            self._edges[node] = tuple(self._follow(node))
        return self._edges[node]

    def extent(self, root: Node) -> Extent:
        """What a schema holds, and what is named in it; many lead to the same one, so that this is kept."""
        extent = self._extents.get(root) or _extent(self, root)
        if not extent.faults:
            self._extents[root] = extent
        return extent

    def _follow(self, node: Node) -> Iterator[Edge]:
        schema, document = node.schema, node.document
        if not isinstance(schema, dict):
            return
        named = {word: self._target(node, word, schema[word]) for word in _REFERENCES if _is_text(schema.get(word))}
        for word, found in named.items():
            if found is not None:
                yield Edge(found, here=word == "$ref", named=True)
        target = named.get("$ref")
        if target is not None:
            schema["$ref"] = target.uri  # only now: until here a fault leaves all as it was written
        if not ("$ref" in schema and _stands_alone(document)):
            for part in inner(schema):
                yield Edge(Node(document, (*node.steps, *part.steps)), part.here, named=False)

    def _target(self, node: Node, keyword: str, reference: str) -> Node | None:
        """What a reference names; None for a draft itself, which the library has."""
        document = node.document
        uri, fragment = urldefrag(urljoin(document.base(node.steps), reference))
        if uri in DRAFTS:
            return None
        try:
            home = self._home(document, uri, reference)
            known = uri if uri in home.identified.places else ""
            return Node(home, home.find(unquote(fragment), known))
        except SchemaFault as fault:
            span = fault.span or document.span((*node.steps, keyword))
            raise SchemaFault(f"{keyword}: {fault.message}", span, fault.hint) from None

    def _home(self, document: Document, uri: str, reference: str) -> Document:
        """The document that a URI is in: this one, one that was read, or a file beside this one."""
        if uri == document.uri or uri in document.identified.places:
            return document
        scheme = urlsplit(reference).scheme
        if scheme and scheme != "file":
            for other in self._documents.values():
                if uri in other.identified.places:
                    return other
            raise SchemaFault(f"'{reference}' is not in the project, and nothing is fetched", hint=_FETCH_HINT)
        return self.open(document.name, document.path, _wanted(document, uri, reference))


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _stands_alone(document: Document) -> bool:
    """Whether in this dialect whatever stands beside a `$ref` counts for nothing."""
    return document.dialect in (Dialect.OPENAPI_3_0, Dialect.SWAGGER_2_0) or document.draft in _LONELY_REFS


def _wanted(document: Document, uri: str, reference: str) -> str:
    """The path that a reference names, seen from the document's file; a relative `$id` may have moved the start."""
    moved = uri != urldefrag(urljoin(document.uri, reference)).url
    if moved and urlsplit(uri).scheme == "file":
        return relpath(unquote(urlsplit(uri).path), dirname(unquote(urlsplit(document.uri).path)))
    return unquote(urlsplit(reference).path)


_FETCH_HINT = "save it beside this file, and name that file"


def _document(source: Source, path: str) -> Document:
    try:
        found = data.read(source)
    except InvalidError as error:
        first = error.diagnostics[0]
        raise SchemaFault(first.message, first.span, first.hint) from None
    names = any(word in source.text for word in ("$id", "nchor", "draft-04"))
    uri = "file://" + quote(path if path.startswith("/") else f"/{path}")
    return Document(source.path, path, uri, found.value, lambda steps, key: found.span(steps, key=key), names)


class Extent(NamedTuple):
    """A schema with all that it holds, none of it behind a `$ref`; what its `$ref`s name; those that lead nowhere."""

    nodes: tuple[Node, ...]
    named: tuple[Node, ...]
    faults: dict[Node, SchemaFault]


def _extent(shelf: Shelf, root: Node) -> Extent:
    found: dict[Node, None] = {}
    named: dict[Node, None] = {}
    faults: dict[Node, SchemaFault] = {}
    waiting = [root]
    while waiting:
        node = waiting.pop()
        found[node] = None
        try:
            edges = shelf.follow(node)
        except SchemaFault as fault:
            faults[node] = fault
            continue
        named.update({edge.node: None for edge in edges if edge.named})
        waiting += [edge.node for edge in edges if not edge.named]
    return Extent(tuple(found), tuple(named), faults)


class Reached(NamedTuple):
    """All that judging a schema may come to; `named` are those that a `$ref` names, and where it began."""

    extents: tuple[Extent, ...]
    named: tuple[Node, ...]
    faults: tuple[SchemaFault, ...]


def reach(shelf: Shelf, start: Node) -> Reached:
    """Follows everything from a schema on; a file of JSON Schemas whole, as the library reads it whole, too."""
    found: dict[Node, Extent] = {}
    named: dict[Node, None] = {start: None}
    broken: dict[Node, SchemaFault] = {}
    waiting = [start]
    while waiting:
        root = waiting.pop()
        if root in found:
            continue
        extent = found[root] = shelf.extent(root)
        if not root.document.dialect.is_openapi:
            waiting.append(Node(root.document, ()))
        broken.update(extent.faults)
        named.update(dict.fromkeys(extent.named))
        waiting += extent.named
    extents = tuple(found.values())
    faults = list(broken.values()) or list(_rings(shelf, extents))
    return Reached(extents, tuple(named), tuple(faults))


def _rings(shelf: Shelf, extents: Iterable[Extent]) -> Iterator[SchemaFault]:
    """Schemas that come back to themselves over schemas that all judge the same value: that would never end."""
    done: set[Node] = set()
    endless = False
    for start in (node for extent in extents if extent.nodes[0] not in shelf.ending for node in extent.nodes):
        trail: list[Node] = []
        waiting: list[tuple[Node, int]] = [(start, 0)]
        while waiting:
            node, depth = waiting.pop()
            del trail[depth:]
            if node in trail:
                endless = True
                yield _ring(trail[trail.index(node) :])
            if node in done or node in shelf.ending:
                continue
            done.add(node)
            trail.append(node)
            waiting += [(edge.node, depth + 1) for edge in shelf.follow(node) if edge.here]
    if not endless:
        shelf.ending |= done


def _ring(nodes: Sequence[Node]) -> SchemaFault:
    circle = (*nodes, nodes[0])
    shown = [f"#{unquote(pointer(node.steps))}" for node in circle]
    for place, (before, node) in enumerate(pairwise(circle), 1):
        if before.document is not node.document:
            shown[place] = node.document.name + shown[place]
    last = nodes[-1]
    named = isinstance(last.schema, dict) and "$ref" in last.schema
    span = last.document.span((*last.steps, "$ref") if named else last.steps)
    return SchemaFault(f"schemas go in a circle: {' → '.join(shown)}", span, "a schema may hold itself in a part only")
