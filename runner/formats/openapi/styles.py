"""Values of parameters as they travel: OpenAPI's styles (3.1 § Style Values, after RFC 6570).

    value, style, explode ─▶ text, or entries of query, form and cookies

Nothing is percent-encoded here: `runner` does that when it sends.
"""

from __future__ import annotations

from typing import Any

from runner.language.values import dump_json

#: What stands between the items of an array that is one text.
_SEPARATORS = {"spaceDelimited": " ", "pipeDelimited": "|", "tabDelimited": "\t", "label": ".", "matrix": ","}


def as_text(value: Any) -> str:
    """A value within text."""
    if isinstance(value, str):
        return value
    return "" if value is None else dump_json(value)


def joined(value: Any, style: str = "simple", explode: bool = False) -> str:
    """An array or object as one text; another value as it is."""
    separator = _SEPARATORS.get(style, ",")
    if isinstance(value, list):
        return separator.join(map(as_text, value))
    if isinstance(value, dict):
        pairs = [(as_text(name), as_text(inner)) for name, inner in value.items()]
        return separator.join(f"{name}={inner}" if explode else f"{name}{separator}{inner}" for name, inner in pairs)
    return as_text(value)


def clashes(value: Any, style: str, explode: bool) -> bool:
    """Whether an item of a list that is one text holds what stands between its items."""
    separator = _SEPARATORS.get(style, ",")
    is_one_text = isinstance(value, list) and style != "deepObject" and not (explode and style in ("form", "cookie"))
    return is_one_text and any(isinstance(item, str) and separator in item for item in value)


def in_path(value: Any, name: str, style: str, explode: bool) -> tuple[str, str]:
    """What stands before a path parameter's value, and the value."""
    if style == "label":
        return ".", joined(value, "label" if explode else "simple", explode)
    if style != "matrix":
        return "", joined(value, style, explode)
    if explode and isinstance(value, list):
        return ";", ";".join(f"{name}={as_text(item)}" for item in value)
    if explode and isinstance(value, dict):
        return ";", ";".join(f"{key}={as_text(inner)}" for key, inner in value.items())
    return f";{name}=", joined(value)


def entries(name: str, value: Any, style: str, explode: bool) -> dict[str, Any]:
    """The entries of a query, a form or cookies that a value becomes; a list is an entry repeated."""
    if style == "deepObject" and isinstance(value, (dict, list)):
        return _deep(name, value)
    if isinstance(value, list):
        return {name: _flat(value) if explode else joined(value, style)}
    if isinstance(value, dict):
        if explode and style in ("form", "cookie"):
            return {key: _flat(inner) for key, inner in value.items()}
        return {name: joined(value, style)}
    return {name: value}


def _deep(name: str, value: Any) -> dict[str, Any]:
    """`filter[name]=ada`; what is deeper goes on like it, as the standard leaves open."""
    if isinstance(value, dict):
        found: dict[str, Any] = {}
        for key, inner in value.items():
            found |= _deep(f"{name}[{key}]", inner)
        return found
    if isinstance(value, list):
        if any(isinstance(item, (dict, list)) for item in value):
            return _deep(name, {str(place): item for place, item in enumerate(value)})
        return {f"{name}[]": list(value)}
    return {name: value}


def _flat(value: Any) -> Any:
    """What an entry may hold: a scalar or a list of them; what is deeper goes as JSON."""
    if isinstance(value, list):
        return [dump_json(item) if isinstance(item, (dict, list)) else item for item in value]
    return dump_json(value) if isinstance(value, dict) else value
