"""Parts of documents: what stands there, where that is, and what a `$ref` means, within and across files.

    text ─▶ Document ─▶ Part(document, steps, value) ─follow─▶ Part

What leads nowhere is told once, and is None. Nothing is fetched from the network. This file knows no key of OpenAPI
but `$ref`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from posixpath import dirname, join, normpath
from typing import Any
from urllib.parse import quote, unquote, urldefrag, urlsplit

from runner.formats.draft import Foreign, ForeignFault, Loss
from runner.formats.openapi.reading import read

Steps = tuple[str | int, ...]


@dataclass(slots=True, eq=False)
class Document:
    """A file: `path` is relative to the folder of the document that is imported, whose own is empty.

    `kept` is for what is made of its mappings, by their identity: no two places share one.
    """

    path: str
    value: Any
    documents: Library
    kept: dict[int, Any] = field(default_factory=dict)


@dataclass(slots=True, eq=False)
class Part:
    """A part of a document; `value` is None where nothing stands there. Made by the million, so not frozen."""

    document: Document
    steps: Steps
    value: Any

    @property
    def pointer(self) -> str:
        """Its place as a reference says it (RFC 6901): `#/paths/~1users/get`, with the file in front."""
        return f"{self.document.path}#{pointer(self.steps)}"

    @property
    def key(self) -> tuple[str, Steps]:
        """What tells parts apart."""
        return self.document.path, self.steps

    @property
    def name(self) -> str:
        """The last step that leads to it."""
        return str(self.steps[-1]) if self.steps else ""

    def at(self, *steps: str | int) -> Part:
        """The part below, step by step."""
        value = self.value
        for step in steps:
            value = value.get(step) if type(value) is dict else _below(value, step)
        return Part(self.document, (*self.steps, *steps), value)

    def text(self, *steps: str | int) -> str:
        """A text or number below, as text; empty where there is none."""
        value = self.value
        for step in steps:
            value = value.get(step) if type(value) is dict else _below(value, step)
        return str(value) if isinstance(value, (str, int, float)) and not isinstance(value, bool) else ""

    def is_true(self, key: str) -> bool:
        return isinstance(self.value, dict) and self.value.get(key) is True

    def has(self, key: str) -> bool:
        return isinstance(self.value, dict) and key in self.value

    def entries(self) -> Iterator[tuple[str, Part]]:
        """The entries of a mapping; what is none has none, and is told."""
        if self._is_a(dict, "a mapping"):
            yield from ((name, self.at(name)) for name in self.value)

    def items(self) -> Iterator[Part]:
        """The items of a list; what is none has none, and is told."""
        if self._is_a(list, "a list"):
            yield from (self.at(place) for place in range(len(self.value)))

    def _is_a(self, wanted: type, words: str) -> bool:
        if self.value is not None and not isinstance(self.value, wanted):
            self.lose(f"'{self.name}'", f"OpenAPI has {words} here")
        return isinstance(self.value, wanted)

    def follow(self) -> Part | None:
        """The part itself, or what its `$ref` names, at the end of all of them; None where that leads nowhere."""
        if type(self.value) is not dict or "$ref" not in self.value:
            return self
        return self.document.documents.follow(self)

    def lose(self, what: str, why: str, remedy: str = "") -> None:
        """Tells that something of this part could not be translated."""
        self.document.documents.lose(self.pointer, what, why, remedy)


def _below(value: Any, step: str | int) -> Any:
    if isinstance(value, dict):
        return value.get(step)
    if isinstance(value, list) and isinstance(step, int):
        return value[step] if step < len(value) else None
    return None


def pointer(steps: Steps) -> str:
    """The JSON pointer of some steps, as the fragment of a URI (RFC 6901 § 6); braces stay readable."""
    tokens = (str(step).replace("~", "~0").replace("/", "~1") for step in steps)
    return "".join("/" + quote(token, safe="~{}$@:,;=+!()*") for token in tokens)


class Library:
    """The documents of an import, each read once, and all that was lost."""

    def __init__(self, foreign: Foreign) -> None:
        self._foreign = foreign
        self._documents: dict[str, Document | str] = {}
        self._followed: dict[tuple[str, Steps], Part | None] = {}
        self._targets: dict[tuple[str, str], Part] = {}
        self._losses: dict[Loss, None] = {}
        self.root = Part(self._read("", foreign.text), (), None)
        self.root = Part(self.root.document, (), self.root.document.value)

    @property
    def losses(self) -> list[Loss]:
        return list(self._losses)

    def lose(self, path: str, what: str, why: str, remedy: str = "") -> None:
        self._losses[Loss(path, what, why, remedy)] = None

    def follow(self, part: Part) -> Part | None:
        """See `Part.follow`."""
        seen: list[Part] = []
        while isinstance(part.value, dict) and isinstance(part.value.get("$ref"), str):
            if part.key in self._followed:
                return self._followed[part.key]
            if any(part.key == other.key for other in seen):
                part.lose(f"$ref '{part.value['$ref']}'", "it leads back to itself")
                return self._remember(seen, None)
            seen.append(part)
            target = self._target(part)
            if target is None:
                return self._remember(seen, None)
            part = target
        return self._remember(seen, part)

    def _remember(self, seen: list[Part], found: Part | None) -> Part | None:
        self._followed.update({part.key: found for part in seen})
        return found

    def _target(self, part: Part) -> Part | None:
        reference = part.value["$ref"]
        key = part.document.path, reference
        if key in self._targets:
            return self._targets[key]
        try:
            self._targets[key] = self._find(part.document, reference)
            return self._targets[key]
        except ValueError as error:
            part.lose(f"$ref '{reference}'", str(error), _REMEDIES.get(str(error), ""))
            return None

    def _find(self, document: Document, reference: str) -> Part:
        """What a reference names. Raises ValueError with the reason where it is nothing."""
        path, fragment = urldefrag(reference)
        target = self._open(document, unquote(path)) if path else document
        part = Part(target, (), target.value)
        if fragment and not fragment.startswith("/"):
            raise ValueError("anchors are not followed")
        for token in unquote(fragment).split("/")[1:]:
            name = token.replace("~1", "/").replace("~0", "~")
            step = int(name) if isinstance(part.value, list) and name.isascii() and name.isdigit() else name
            part = part.at(step)
            if part.value is None:
                raise ValueError(f"it leads nowhere: there is no '{name}'")
        return part

    def _open(self, document: Document, wanted: str) -> Document:
        if urlsplit(wanted).scheme or wanted.startswith("/"):
            raise ValueError(_FETCHED)
        path = normpath(join(dirname(document.path), wanted))
        if path not in self._documents:
            self._documents[path] = self._read_beside(path)
        found = self._documents[path]
        if isinstance(found, str):
            raise ValueError(found)
        return found

    def _read_beside(self, path: str) -> Document | str:
        try:
            return self._read(path, self._foreign.read(path))
        except ForeignFault as fault:
            where = f"{path}:{fault.line}" if fault.line else path
            return f"{where}: {fault.message}"
        except ValueError as error:
            return str(error)

    def _read(self, path: str, text: str) -> Document:
        def tell(place: str, what: str, why: str) -> None:
            self.lose(" ".join(filter(None, [path, place])), what, why)

        return Document(path, read(text, tell), self)


_FETCHED = "it lies elsewhere: only files beside the document are read"
_REMEDIES = {_FETCHED: "save it beside the document, and name that file"}
