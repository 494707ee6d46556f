"""OpenAPI 2.0 (Swagger) → operations."""

from __future__ import annotations

from collections.abc import Iterator

from runner.formats.openapi.operations import Answer, Field, Media, Operation, Parameter, Slot, merged
from runner.formats.openapi.parts import Part
from runner.formats.openapi.shapes import shape_of

#: `collectionFormat` → style and explode of OpenAPI 3 (2.0 § Parameter Object; csv is the default).
_STYLES = {
    "csv": ("form", False),
    "ssv": ("spaceDelimited", False),
    "tsv": ("tabDelimited", False),
    "pipes": ("pipeDelimited", False),
    "multi": ("form", True),
}
_PLACES = ("path", "query", "header")
_JSON = "application/json"
_FORM = "application/x-www-form-urlencoded"
_MULTIPART = "multipart/form-data"


def operation(slot: Slot) -> Operation:
    """The operation at a place."""
    part, root = slot.part, slot.part.document.documents.root
    found = merged(slot.item, part)
    for each in found:
        if each.text("in") not in (*_PLACES, "body", "formData"):
            each.lose(f"parameter '{each.text('name')}'", f"'{each.text('in')}' is no place of a parameter")
    bodies, needed = _bodies(found, _types(part, root, "consumes"))
    return Operation(
        part=part,
        method=slot.method,
        path=slot.path,
        parameters=tuple(_parameter(each) for each in found if each.text("in") in _PLACES),
        bodies=bodies,
        needs_body=needed,
        answers=tuple(_answers(part.at("responses"), _types(part, root, "produces"))),
        security=part.at("security") if part.has("security") else None,
        servers=part if part.at("schemes").value else None,
    )


def _types(part: Part, root: Part, key: str) -> list[str]:
    holder = part if part.has(key) else root
    return [item.text().strip() for item in holder.at(key).items() if item.text().strip()]


def _parameter(part: Part) -> Parameter:
    style, explode = _STYLES.get(part.text("collectionFormat"), ("form", False))
    return Parameter(
        part=part,
        name=part.text("name"),
        place=part.text("in"),
        required=part.is_true("required") or part.text("in") == "path",
        schema=part.at("schema") if part.has("schema") and not part.has("type") else part,
        samples=tuple(_samples(part)),
        style="simple" if part.text("in") != "query" and style == "form" else style,
        explode=explode,
    )


def _samples(part: Part) -> Iterator[Part]:
    """2.0 knows no example of a parameter: these are what its users write."""
    yield from (part.at(key) for key in ("example", "x-example") if part.has(key))
    found = part.at("x-examples")
    if isinstance(found.value, dict):
        yield from (sample for _, sample in found.entries())


def _bodies(found: list[Part], consumes: list[str]) -> tuple[tuple[Media, ...], bool]:
    body = next((each for each in found if each.text("in") == "body"), None)
    if body is not None:
        samples = tuple(_samples(body))
        types = consumes or [_JSON]
        return tuple(Media(name, body, body.at("schema"), samples) for name in types), body.is_true("required")
    form = [each for each in found if each.text("in") == "formData"]
    if not form:
        return (), False
    fields = tuple(_field(each) for each in form)
    media = Media(_form_type(fields, consumes), form[0], form[0].at("schema"), (), fields)
    return (media,), any(field.required for field in fields)


def _form_type(fields: tuple[Field, ...], consumes: list[str]) -> str:
    """2.0: files go as multipart only; of both types the plain one is the default."""
    if any(field.is_file for field in fields):
        return _MULTIPART
    return next((name for name in consumes if name in (_FORM, _MULTIPART)), _FORM)


def _field(part: Part) -> Field:
    style, explode = _STYLES.get(part.text("collectionFormat"), ("form", False))
    return Field(
        name=part.text("name"),
        required=part.is_true("required"),
        schema=part,
        samples=tuple(_samples(part)),
        style=style,
        explode=explode,
        is_file=part.text("type") == "file",
    )


def _answers(responses: Part, produces: list[str]) -> Iterator[Answer]:
    for status, written in responses.entries():
        part = written.follow()
        if part is not None and not status.startswith("x-"):
            schema = part.at("schema")
            unsaid = [] if shape_of(schema).is_binary else [_JSON]
            types = [*dict.fromkeys([*produces, *_keys(part.at("examples"))])] or unsaid
            media = tuple(Media(name, part, schema) for name in types) if schema.value is not None else ()
            yield Answer(status, part, media)


def _keys(part: Part) -> list[str]:
    return list(part.value) if isinstance(part.value, dict) else []
