"""Operations as requests need them, whatever the version of their document: what `v2` and `v3` make, and others read.

Examples, schemas and encodings stay parts of the document until a request is made of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import takewhile
from typing import NamedTuple

from runner.formats.openapi.parts import Part


class Parameter(NamedTuple):
    """A parameter: `place` is path, query, header or cookie; `media` the type of a value that is written as content.

    `style` is OpenAPI 3's, also for the `collectionFormat` of 2.0 (`tabDelimited` is one that only 2.0 has).
    """

    part: Part
    name: str
    place: str
    required: bool
    schema: Part
    samples: tuple[Part, ...] = ()
    style: str = "form"
    explode: bool = True
    media: str = ""


class Field(NamedTuple):
    """A field of a form, or a part of a multipart body; `is_file` where 2.0 says so."""

    name: str
    required: bool
    schema: Part
    samples: tuple[Part, ...] = ()
    encoding: Part | None = None
    style: str = ""
    explode: bool = True
    is_file: bool = False


class Media(NamedTuple):
    """A body in one of its types. `fields` are those of 2.0's forms, which have no schema of their own."""

    type: str
    part: Part
    schema: Part
    samples: tuple[Part, ...] = ()
    fields: tuple[Field, ...] | None = None


class Answer(NamedTuple):
    """A response, by its status as the document writes it: `200`, `2XX`, `default`."""

    status: str
    part: Part
    media: tuple[Media, ...]


class Operation(NamedTuple):
    """One operation. `security` is its own, `servers` what holds its own; None where it inherits."""

    part: Part
    method: str
    path: str
    parameters: tuple[Parameter, ...]
    bodies: tuple[Media, ...]
    needs_body: bool
    answers: tuple[Answer, ...]
    security: Part | None
    servers: Part | None

    @property
    def tags(self) -> list[str]:
        tags = self.part.at("tags")
        return [tag.text() for tag in tags.items() if tag.text().strip()]

    @property
    def label(self) -> str:
        return f"{self.method} {self.path}"


#: Methods that have a key of their own in a path item.
METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace", "query")


class Slot(NamedTuple):
    """An operation's place before it is read: its path item, and its own object."""

    item: Part
    part: Part
    method: str
    path: str


def slots(root: Part) -> Iterator[Slot]:
    """Every operation of a document, in its order.

    `x-ms-paths` holds paths with queries in them, which `paths` may not (AutoRest).
    """
    for holder in ("paths", "x-ms-paths"):
        for path, written in root.at(holder).entries():
            item = written.follow() if path.startswith("/") else None
            if item is not None:
                yield from _of_item(path, item, written)
            elif not path.startswith(("/", "x-")):
                written.lose(f"the path '{path}'", "a path begins with '/'")


def resources(chosen: Sequence[Slot]) -> dict[str, str]:
    """What each path is about: its first word after those that all paths begin with; nothing where there are tags."""
    if any(slot.part.at("tags").value for slot in chosen):
        return {}
    split = {slot.path: slot.path.strip("/").split("/") for slot in chosen}
    shared = len(list(takewhile(lambda words: len(set(words)) == 1, zip(*split.values(), strict=False))))
    return {path: next((word for word in words[shared:] if "{" not in word), "") for path, words in split.items()}


def _of_item(path: str, item: Part, written: Part) -> Iterator[Slot]:
    names = [*item.value] if isinstance(item.value, dict) else []
    if item is not written and isinstance(written.value, dict):  # 3.0 § 4.7.9: what stands beside a `$ref`
        names = [name for name in names if name not in written.value]
        yield from _methods(path, written, list(written.value))
    yield from _methods(path, item, names)


def _methods(path: str, item: Part, names: list[str]) -> Iterator[Slot]:
    for name in names:
        if name in METHODS:
            yield from _slot(path, item, item.at(name), name.upper())
    for name, part in item.at("additionalOperations").entries():  # OpenAPI 3.2
        yield from _slot(path, item, part, name)


def _slot(path: str, item: Part, written: Part, method: str) -> Iterator[Slot]:
    """An operation; some stand in files of their own, though OpenAPI allows that of whole path items only."""
    part = written.follow()
    if part is not None and isinstance(part.value, dict):
        yield Slot(item, part, method, path)
    elif part is not None:
        part.lose(f"{method} {path}", "an operation is a mapping")


def merged(item: Part, part: Part) -> list[Part]:
    """The parameters of a path item and of its operation; the operation's win, by name and place."""
    found: dict[tuple[str, str], Part] = {}
    for holder in (item, part):
        for written in holder.at("parameters").items():
            parameter = written.follow()
            if parameter is None:
                continue
            name, place = parameter.text("name"), parameter.text("in")
            if name and place:
                found[name, place] = parameter
            else:
                written.lose("a parameter", "it has no 'name' or no 'in'")
    return list(found.values())
