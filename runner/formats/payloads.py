"""Bodies as importers put them into requests: JSON where it is JSON, else text with its type; parts by name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from runner.formats import json_text
from runner.formats.draft import Data, Disabled
from runner.formats.texts import Parts, spliced
from runner.formats.variables import Kinds

JSON = "application/json"
#: The keys of bodies.
BODIES = ("json", "form", "multipart", "text", "file", "graphql")


def has_body(made: Data) -> bool:
    return any(key in made for key in BODIES)


def put_json(made: Data, text: str, parts: Callable[[str], Parts], kinds: Kinds) -> None:
    """A body that is said to be JSON; comments in it are not sent."""
    plain = json_text.without_comments(text)
    try:
        made["json"] = json_text.data(parts(plain), kinds)
    except json_text.NotJsonError:
        put_text(made, spliced(parts(plain)), JSON)


def put_text(made: Data, text: str, content_type: str = "") -> None:
    """A body of text, with its type where no header says another one."""
    made["text"] = text
    if content_type:
        put_type(made, content_type)


def put_type(made: Data, content_type: str) -> None:
    """The type of a body, unless a header says one already."""
    headers = made.setdefault("headers", {})
    if not any(isinstance(name, str) and name.lower() == "content-type" for name in headers):
        headers["Content-Type"] = content_type


def add_part(parts: Data, name: str, part: Any, disabled: bool = False) -> None:
    """A part of a multipart body, or a header; those of one name are a list."""
    if disabled:
        parts[Disabled({name: part})] = None
    elif name in parts:
        parts[name] = [*_listed(parts[name]), *_listed(part)]
    else:
        parts[name] = part


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def graphql_variables(text: str, parts: Callable[[str], Parts], kinds: Kinds) -> Any:
    """The variables of GraphQL.

    Raises:
        NotJsonError: they are no JSON.
    """
    return json_text.data(parts(json_text.without_comments(text)), kinds)
