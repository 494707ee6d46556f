"""Request bodies: which of several media types is sent, and what becomes of it in our keys.

    media types ─▶ the first of: JSON, forms, multipart, text, XML, anything else ─▶ json, form, multipart, text, file

The others are told as losses: a request has one body. A part or body that is a file is sent from a small file that is
written beside the collection, to be replaced.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple
from urllib.parse import parse_qsl

from runner.formats.draft import Data, Disabled
from runner.formats.openapi import markup, styles
from runner.formats.openapi.operations import Field, Media, Operation
from runner.formats.openapi.parts import Part
from runner.formats.openapi.shapes import Shape, shape_of
from runner.formats.openapi.v3 import samples
from runner.formats.openapi.values import Maker, active, is_plain
from runner.language.document import is_media_type
from runner.language.values import is_deep

FORM = "application/x-www-form-urlencoded"
#: Nested deeper, a value could not be read back from the collection's file.
_MOST_DEPTH = 60
_JSON = re.compile(r"(?:application|text)/(?:json|[\w.-]+\+json)|application/\*|\*/\*|\*|json", re.IGNORECASE)
_XML = re.compile(r"(?:application|text)/(?:xml|[\w.-]+\+xml)", re.IGNORECASE)
_TEXT = re.compile(r"text/.*|application/(?:yaml|x-yaml|graphql|(?:x-)?(?:ndjson|jsonl)|javascript|sql)", re.IGNORECASE)
#: JSON of one value a line, and YAML, of which JSON is a part.
_LINES = re.compile(r"(?:application|text)/(?:x-)?(?:ndjson|jsonl|jsonlines)")
_YAML = re.compile(r"(?:application|text)/(?:(?:x-|vnd\.)?yaml|[\w.-]+\+yaml)")

#: The file that stands for those of the user, and what is in it.
SAMPLE = "files/sample.txt"
SAMPLE_TEXT = "A sample: put a file of your own in its place.\n"


def bare(media_type: str) -> str:
    """A media type without its parameters."""
    return media_type.partition(";")[0].strip().lower()


def is_json(media_type: str) -> bool:
    return _JSON.fullmatch(bare(media_type)) is not None


class _Kind(NamedTuple):
    """A kind of body, in the order in which it is preferred."""

    holds: Callable[[str], bool]
    write: Callable[[Bodies, Media], Data]


class Bodies:
    """Writes the bodies of requests. `file` gives the path of a file to send, None where there can be none."""

    def __init__(self, maker: Maker, file: Callable[[Part], str | None]) -> None:
        self._maker = maker
        self._file = file

    def write(self, operation: Operation) -> Data:
        """The keys of an operation's body: one of the body keys, and `headers` where its type has to be said."""
        if not operation.bodies:
            return {}
        chosen = min(range(len(operation.bodies)), key=lambda place: _rank(operation.bodies[place]))
        media = operation.bodies[chosen]
        for place, other in enumerate(operation.bodies):
            if place != chosen:
                other.part.lose(f"the body as {other.type}", f"a request has one body: {media.type} is taken")
        return _KINDS[_rank(media)].write(self, media)

    # --- one kind each

    def _json(self, media: Media) -> Data:
        if "*" in media.type and shape_of(media.schema).is_binary:
            return self._other(media)
        plain = bare(media.type) == "application/json" or "/" not in media.type or "*" in media.type
        return {"json": self._value(media), **({} if plain else _typed(media.type))}

    def _value(self, media: Media) -> Any:
        value = self._maker.sampled(media.samples, media.schema, "body")
        if isinstance(value, str) and media.schema.value is None:
            value = _parsed(value)
        if is_deep(value, _MOST_DEPTH):
            media.part.lose("the example of a body", f"it is nested deeper than {_MOST_DEPTH} levels")
            return {}
        return value

    def _form(self, media: Media) -> Data:
        entries: Data = {}
        for field, value, needed in self._fields(media):
            if isinstance(value, dict) and not field.style:
                found: Data = {field.name: styles.as_text(value)}  # OpenAPI 3.0.3 § 4.7.14.5
            else:
                found = styles.entries(field.name, value, field.style or "form", field.explode)
            entries |= found if needed or not found else {Disabled(found): None}
        return {"form": entries}

    def _multipart(self, media: Media) -> Data:
        parts: Data = {}
        for field, value, needed in self._fields(media):
            if field.style and isinstance(value, (list, dict)):
                found: Data = styles.entries(field.name, value, field.style, field.explode)
            else:
                found = {field.name: self._part(field, value)}
            parts |= found if needed or not found else {Disabled(found): None}
        if not active(parts):
            parts = {name: value for disabled in parts for name, value in disabled.value.items()}
        if not parts:
            media.part.lose("a multipart body", "the document names none of its parts", "write them by hand")
            return {}
        return {"multipart": parts, **({} if bare(media.type) == "multipart/form-data" else _typed(media.type))}

    def _part(self, field: Field, value: Any) -> Any:
        shape, content_type = shape_of(field.schema), _content_type(field)
        typed = {"content_type": content_type} if content_type else {}
        inner = shape_of(shape.words["items"]) if shape.type == "array" and "items" in shape.words else Shape()
        if field.is_file or shape.is_binary or inner.is_binary:
            file = self._file(field.schema)
            made = {**({"file": file} if file else {"value": SAMPLE_TEXT}), **typed}
            return [made] if inner.is_binary else made
        if isinstance(value, list) and not any(isinstance(item, (dict, list)) for item in value):
            return [{"value": item, **typed} for item in value] if typed else value
        return {"value": value, **typed} if isinstance(value, (dict, list)) or typed else value

    def _fields(self, media: Media) -> Iterator[tuple[Field, Any, bool]]:
        """The fields of a form, their values, and whether they are sent.

        The values are those of an example, where there is one, which may have more than the schema says.
        """
        fields = media.fields if media.fields is not None else tuple(_fields(media))
        example = next(filter(None, map(_example, media.samples)), {})
        known = example or (self._whole(media) if media.fields is None else {})
        every = not example and not any(field.required for field in fields)
        for field in fields:
            if not field.name:
                field.schema.lose("a field of a form", "it has no name")
                continue
            value = known[field.name] if field.name in known else self._field_value(field)
            yield field, value, field.required or field.name in example or (every and is_plain(value))
        names = {field.name for field in fields}
        for name in (name for name in known if name and name not in names):
            yield Field(name, True, media.schema.at("additionalProperties")), known[name], True

    def _field_value(self, field: Field) -> Any:
        return active(self._maker.sampled(field.samples, field.schema, field.name))

    def _whole(self, media: Media) -> Data:
        value = active(self._maker.value(media.schema, "body"))
        return value if isinstance(value, dict) else {}

    def _text(self, media: Media) -> Data:
        value = self._maker.sampled(media.samples, media.schema, "text")
        exact = {} if bare(media.type) == "text/plain" else _typed(media.type)
        return {"text": _as_text(active(value), media), **exact}

    def _xml(self, media: Media) -> Data:
        text = next((part.value for part in media.samples if isinstance(part.value, str)), None)
        if text is None:
            value = next((part.value for part in media.samples if isinstance(part.value, (dict, list))), None)
            made = active(self._maker.value(media.schema, "body")) if value is None else value
            text = made if isinstance(made, str) and made.lstrip().startswith("<") else markup.write(made, media.schema)
        return {"text": text} | _typed(media.type)

    def _other(self, media: Media) -> Data:
        shape = shape_of(media.schema)
        if shape.type not in ("", "string", "file") and not shape.is_binary:
            return {"text": _as_text(active(self._value(media)), media)} | _typed(media.type)
        file = self._file(media.part)
        exact = {} if "*" in media.type else _typed(media.type)
        return {"file": file, **exact} if file else {"text": SAMPLE_TEXT, **exact}


def _example(part: Part) -> Data:
    """The fields of an example: an object, or a form as it is sent."""
    if not isinstance(part.value, str):
        return part.value if isinstance(part.value, dict) else {}
    found: dict[str, list[str]] = {}
    for name, value in parse_qsl(part.value.strip(), keep_blank_values="=" in part.value):
        found.setdefault(name, []).append(value)
    return {name: values if len(values) > 1 else values[0] for name, values in found.items()}


def _content_type(field: Field) -> str:
    """The type of a part, where its encoding says one, of several the first; else what its schema says of bytes."""
    if field.encoding is None:
        told = shape_of(field.schema).text("contentMediaType")
        return told if is_media_type(told) and "*" not in told else ""
    for name, header in field.encoding.at("headers").entries():
        header.lose(f"the header '{name}' of a part", "parts have no headers of their own")
    named = field.encoding.text("contentType").partition(",")[0].strip()
    return named if is_media_type(named) and "*" not in named else ""


def _as_text(value: Any, media: Media) -> str:
    """The text of a body: of a list a line each where its type has lines of JSON."""
    if isinstance(value, list) and _LINES.fullmatch(bare(media.type)):
        return "".join(f"{styles.as_text(item)}\n" for item in value)
    if isinstance(value, (dict, list)) and not _YAML.fullmatch(bare(media.type)):
        media.part.lose(f"the body as {media.type}", "it is written as JSON", "write its text, or name a file with it")
    return styles.as_text(value)


def _parsed(text: str) -> Any:
    """The value of an example that was written as text."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def _typed(media_type: str) -> Data:
    return {"headers": {"Content-Type": media_type}}


def _fields(media: Media) -> list[Field]:
    """The fields of 3.x's forms: the properties of their schema."""
    shape = shape_of(media.schema)
    encodings = media.part.at("encoding")
    written = {name: part for name, part in shape.properties.items() if not shape_of(part).is_true("readOnly")}
    return [_field(name, part, shape, encodings) for name, part in written.items()]


def _field(name: str, part: Part, shape: Shape, encodings: Part) -> Field:
    encoding = encodings.at(name)
    style = encoding.text("style")
    explode = encoding.is_true("explode") if encoding.has("explode") else style in ("", "form")
    known = encoding if encoding.value is not None else None
    return Field(name, name in shape.required, part, tuple(samples(part)), known, style, explode)


#: What a media type is sent as, the first one first.
_KINDS = (
    _Kind(is_json, Bodies._json),
    _Kind(lambda name: bare(name) == FORM, Bodies._form),
    _Kind(lambda name: bare(name).startswith("multipart/"), Bodies._multipart),
    _Kind(lambda name: _XML.fullmatch(bare(name)) is not None, Bodies._xml),
    _Kind(lambda name: _TEXT.fullmatch(bare(name)) is not None, Bodies._text),
    _Kind(lambda name: True, Bodies._other),
)


def _rank(media: Media) -> int:
    return next(rank for rank, kind in enumerate(_KINDS) if kind.holds(media.type))
