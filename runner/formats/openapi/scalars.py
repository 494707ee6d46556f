"""Numbers and texts that a schema allows, by its format, its pattern and its bounds; and values that differ.

This file knows no object and no array.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

from runner.formats.openapi.patterns import text_for
from runner.formats.openapi.shapes import Shape

#: The most values that differ.
MOST_ITEMS = 20
_MOST_TEXT = 2_000

#: A text of each format.
FORMATS = {
    "date": "2025-01-31", "date-time": "2025-01-31T12:00:00Z", "time": "12:00:00Z", "duration": "P1D",
    "uuid": "11111111-1111-4111-8111-111111111111", "guid": "11111111-1111-4111-8111-111111111111",
    "email": "user@example.com", "idn-email": "user@example.com", "hostname": "example.com",
    "idn-hostname": "example.com", "ipv4": "192.0.2.1", "ipv6": "2001:db8::1", "uri": "https://example.com/",
    "url": "https://example.com/", "iri": "https://example.com/", "uri-reference": "/", "iri-reference": "/",
    "uri-template": "/{id}", "json-pointer": "/a", "relative-json-pointer": "0/a", "regex": "a+", "byte": "dGV4dA==",
    "int32": "1", "int64": "1", "float": "1.5", "double": "1.5", "decimal": "1.50", "char": "a",
}  # fmt: skip


def number(shape: Shape) -> int | float:
    """A number within its bounds, 1 where that is."""
    low = _bound(shape, "minimum", "exclusiveMinimum", 1)
    high = _bound(shape, "maximum", "exclusiveMaximum", -1)
    value: int | float = 1
    if low is not None and low > 1:
        value = low
    elif high is not None and high < 1:
        value = high
    step = shape.number("multipleOf") or 0
    if step > 0:
        steps = math.ceil(value / step)
        value = (steps if high is None or steps * step <= high else math.floor(value / step)) * step
    if shape.type == "integer" or value == int(value):
        return math.ceil(value) if high is None or math.ceil(value) <= high else math.floor(value)
    return value


def _bound(shape: Shape, word: str, exclusive: str, inward: int) -> int | float | None:
    """A bound that may be reached; exclusive ones as 2.0 and 3.0 write them (true), and as 3.1 does (a number)."""
    bound, open_bound = shape.number(word), shape.number(exclusive)
    if shape.is_true(exclusive):
        bound, open_bound = None, bound
    if open_bound is None:
        return bound
    step = inward if shape.type == "integer" or open_bound == int(open_bound) else inward * 0.5
    opened = open_bound + step
    return opened if bound is None else (max if inward > 0 else min)(bound, opened)


def text(shape: Shape, name: str) -> str:
    """A text of its format, for its pattern, or its name, as long as it must be."""
    least, most = shape.count("minLength", 0), shape.count("maxLength", _MOST_TEXT)
    pattern = shape.text("pattern")
    if pattern:
        found = text_for(pattern, least, most)
        if found is not None:
            return found
        why = "no text that fits it was found"
        shape.words["pattern"].lose(f"the pattern {pattern}", why, "write one into the request")
    plain = FORMATS.get(shape.text("format"), "")
    if plain and not least <= len(plain) <= most:
        plain = ""
    plain = plain or name or "text"
    return plain[:most] if len(plain) > most else plain.ljust(min(least, _MOST_TEXT), "x")


def variants(value: object, shape: Shape) -> Iterator[object]:
    """Values that differ, where an array allows none twice; as many as there are."""
    if shape.allowed is not None:
        yield from shape.allowed
        return
    yield value
    for place in range(2, MOST_ITEMS + 1):
        if isinstance(value, str) and shape.text("pattern"):
            yield text_for(shape.text("pattern"), len(value) + place) or value
        elif isinstance(value, str):
            yield f"{value}{place}"
        elif isinstance(value, (int, float)) and not isinstance(value, bool):
            yield value + place
