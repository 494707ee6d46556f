"""What a request inherits in an export: base URL, headers, query, auth and assertions of what it stands in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from runner.formats.draft import Comment, Data, Disabled
from runner.formats.postman.finishing import IMPLIED, looks_at_status
from runner.language.values import as_text


class Around(NamedTuple):
    """What a request inherits: its base URL, headers, query entries and auth, and the names of its folders."""

    base: str = ""
    headers: tuple[tuple[Any, Any], ...] = ()
    query: tuple[tuple[Any, Any], ...] = ()
    place: str = ""
    #: Variables of its folders.
    own: tuple[str, ...] = ()
    auth: Any = None
    asserts: tuple[Any, ...] = ()


def listed(asserts: Any) -> list[Any]:
    """Assertions as a list: a mapping of them is one each."""
    return [{name: value} for name, value in asserts.items()] if isinstance(asserts, Mapping) else asserts or []


def with_implied(given: Data, around: Around) -> Data:
    """A request none of whose assertions looks at the status, with the one to which it is held then."""
    own = listed(given.get("assert"))
    real = [each for each in (*around.asserts, *own) if not isinstance(each, (Comment, Disabled))]
    if given.get("snapshot") or any(map(looks_at_status, real)):
        return given
    return {**given, "assert": [IMPLIED, *own]}


def with_auth(given: Data, inherited: Any) -> Data:
    """A request or group whose `auth` changes fields of the inherited one, with all of its fields."""
    auth = given.get("auth")
    if not isinstance(auth, Mapping) or "type" in auth or not isinstance(inherited, Mapping):
        return given
    return {**given, "auth": {**inherited, **auth}}


def joined(base: str, url: Any, variables: Mapping[Any, Any]) -> str:
    """A URL below a base URL; an absolute one stays as it is."""
    text = "" if url is None else as_text(url)
    if not base or not text or _is_absolute(text, variables):
        return text or base
    if text.startswith("?"):
        return base + text
    return f"{base.rstrip('/')}/{text.lstrip('/')}"


def _is_absolute(url: str, variables: Mapping[Any, Any]) -> bool:
    if not url.startswith("{{"):
        return "://" in url.partition("{{")[0]
    value = variables.get(url[2:].partition("}}")[0].strip())
    return not isinstance(value, str) or not value or "://" in value or value.startswith("{{")


def merged(outer: tuple[tuple[Any, Any], ...], own: Any, *, same_case: bool) -> Data:
    """Entries by name, the nearest one wins; null takes an inherited one away."""
    found: Data = {}
    places: dict[Any, Any] = {}
    for name, value in (*outer, *(own or {}).items()):
        key = name if same_case or not isinstance(name, str) else name.lower()
        found.pop(places.get(key), None)
        places[key] = name
        if value is not None or not isinstance(name, str):
            found[name] = value
    return found
