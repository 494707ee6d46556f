"""OpenAPI 3.0, 3.1 and 3.2 → operations."""

from __future__ import annotations

from collections.abc import Iterator

from runner.formats.openapi.operations import Answer, Media, Operation, Parameter, Slot, merged
from runner.formats.openapi.parts import Part

#: Place of a parameter → the style of its values where it names none (OpenAPI 3.0.3 § 4.7.12.1).
_STYLES = {"path": "simple", "query": "form", "header": "simple", "cookie": "form"}
#: What an operation may say that is no request of ours.
_NO_REQUESTS = {
    "callbacks": "a callback is a request that the API sends",
    "x-webhooks": "a webhook is a request that the API sends",
}


def operation(slot: Slot) -> Operation:
    """The operation at a place."""
    part = slot.part
    for key, why in _NO_REQUESTS.items():
        for name, found in part.at(key).entries():
            found.lose(f"{key.removeprefix('x-').removesuffix('s')} '{name}'", why)
    body = part.at("requestBody").follow()
    servers = next((holder for holder in (part, slot.item) if holder.at("servers").value), None)
    return Operation(
        part=part,
        method=slot.method,
        path=slot.path,
        parameters=tuple(found for each in merged(slot.item, part) for found in _parameter(each)),
        bodies=media(body) if body is not None else (),
        needs_body=body is not None and body.is_true("required"),
        answers=tuple(_answers(part.at("responses"))),
        security=part.at("security") if part.has("security") else None,
        servers=servers,
    )


def _parameter(part: Part) -> Iterator[Parameter]:
    place = part.text("in")
    if place == "querystring":
        part.lose(f"parameter '{part.text('name')}'", "a whole query string as one value (OpenAPI 3.2)", _BY_HAND)
        return
    if place not in _STYLES:
        part.lose(f"parameter '{part.text('name')}'", f"'{place}' is no place of a parameter")
        return
    style = part.text("style") or _STYLES[place]
    explode = part.is_true("explode") if part.has("explode") else style in ("form", "cookie")
    content = next((found for _, found in part.at("content").entries()), None)
    yield Parameter(
        part=part,
        name=part.text("name"),
        place=place,
        required=part.is_true("required") or place == "path",
        schema=part.at("schema") if content is None else content.at("schema"),
        samples=tuple(samples(part)) if content is None else (*samples(part), *samples(content)),
        style=style,
        explode=explode,
        media="" if content is None else content.name,
    )


_BY_HAND = "write the entries of 'query' by hand"


def samples(part: Part) -> Iterator[Part]:
    """The examples of a parameter or a media type, the most telling first."""
    if part.has("example"):
        yield part.at("example")
    found = part.at("examples")
    if isinstance(found.value, list):  # a mistake that many make
        yield from found.items()
        return
    for name, written in found.entries():
        example = written.follow()
        if example is not None:
            yield from _sample(name, example)


def _sample(name: str, example: Part) -> Iterator[Part]:
    for key in ("value", "dataValue", "serializedValue"):  # the last two are OpenAPI 3.2's
        if example.has(key):
            yield example.at(key)
            return
    if example.has("externalValue"):
        what = f"the example '{name}'"
        example.lose(what, "it lies in a file of its own, and nothing is fetched", "copy its text into the request")
    elif isinstance(example.value, dict) and not {"summary", "description"} & set(example.value):
        yield example  # another mistake: the value stands where its holder should


def media(body: Part, *, sampled: bool = True) -> tuple[Media, ...]:
    """The types of a body, in the document's order; `sampled`: with their examples, which no response needs."""
    found = []
    for name, written in body.at("content").entries():
        part = written.follow()
        if part is not None:
            schema = part.at("schema" if part.has("schema") or not part.has("itemSchema") else "itemSchema")
            found.append(Media(name.strip(), part, schema, tuple(samples(part)) if sampled else ()))
    return tuple(found)


def _answers(responses: Part) -> Iterator[Answer]:
    for status, written in responses.entries():
        part = written.follow()
        if part is None or status.startswith("x-"):
            continue
        for name, link in part.at("links").entries():
            why = "a link says which request could follow, not that it does"
            link.lose(f"link '{name}'", why, "capture what it needs, as in `capture: {user_id: body.id}`")
        yield Answer(status, part, media(part, sampled=False))
