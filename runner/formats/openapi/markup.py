"""Values as XML, by a schema's `xml` objects (OpenAPI 3.0.3 § 4.7.26).

This file makes text of values; which value it is, others say.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from runner.formats.openapi.parts import Part
from runner.formats.openapi.shapes import Shape, shape_of
from runner.formats.openapi.styles import as_text


def write(value: Any, schema: Part) -> str:
    """The XML text of a value."""
    shape = shape_of(schema)
    named = next((part.name for part in shape.chosen if part.steps[-2:-1] in (("schemas",), ("definitions",))), "root")
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', *_element(_name(shape, named), value, shape, 0)]
    return "\n".join(lines) + "\n"


def _told(shape: Shape, key: str) -> Any:
    told = shape.get("xml")
    return told.get(key) if isinstance(told, dict) else None


def _name(shape: Shape, otherwise: str) -> str:
    told = _told(shape, "name")
    prefix = _told(shape, "prefix")
    name = told if isinstance(told, str) and told else otherwise
    return f"{prefix}:{name}" if isinstance(prefix, str) and prefix else name


def _element(name: str, value: Any, shape: Shape, depth: int) -> Iterator[str]:
    """An element with its attributes, its inner elements on lines of their own."""
    pad = "  " * depth
    attributes, inner = _namespace(shape), []
    if isinstance(value, dict):
        for key, item in value.items():
            part = shape.properties.get(key)
            its = shape_of(part) if part is not None else Shape()
            if _told(its, "attribute") is True:
                attributes += f" {_name(its, key)}={quoteattr(as_text(item))}"
            else:
                inner += list(_property(key, item, its, depth + 1))
    elif isinstance(value, list):
        inner += list(_items(name, value, shape, depth + 1))
    elif value is not None and value != "":
        yield f"{pad}<{name}{attributes}>{escape(as_text(value))}</{name}>"
        return
    if not inner:
        yield f"{pad}<{name}{attributes}/>"
        return
    yield f"{pad}<{name}{attributes}>"
    yield from inner
    yield f"{pad}</{name}>"


def _property(key: str, value: Any, shape: Shape, depth: int) -> Iterator[str]:
    """A property: arrays repeat their items, within an element of their own only where `wrapped` says so."""
    if not isinstance(value, list) or _told(shape, "wrapped") is True:
        yield from _element(_name(shape, key), value, shape, depth)
    else:
        yield from _items(_name(shape, key), value, shape, depth)


def _items(name: str, value: list[Any], shape: Shape, depth: int) -> Iterator[str]:
    part = shape.words.get("items")
    its = shape_of(part) if part is not None else Shape()
    for item in value:
        yield from _element(_name(its, name), item, its, depth)


def _namespace(shape: Shape) -> str:
    told, prefix = _told(shape, "namespace"), _told(shape, "prefix")
    if not isinstance(told, str):
        return ""
    return f" xmlns{f':{prefix}' if isinstance(prefix, str) and prefix else ''}={quoteattr(told)}"
