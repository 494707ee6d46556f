"""What a script sets before a request, later requests see too: it is captured after it, if any of them looks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from runner.formats.draft import Data
from runner.formats.undefined import names_of, names_of_texts, names_of_values


def hand_on(collection: Data, given: Iterable[tuple[Data, Mapping[str, str]]]) -> None:
    """Adds the captures.

    `given` are requests with the names to which a script gives a value before them, each with the name that the value
    has in the request: another one, where the new value looks at the old.
    """
    own_names: dict[int, dict[str, str]] = {}
    for draft, names in given:
        own_names.setdefault(id(draft), {}).update(names)
    later = set(_around(collection))
    for request in reversed(list(_requests(collection))):
        own = request.get("variables") or {}
        captured = request.get("capture") or {}
        names = own_names.get(id(request), {})
        more = {name: f"vars.{names[name]}" for name in sorted(names) if name in later and names[name] in own}
        if more:
            request["capture"] = {**more, **captured}
        used = {*names_of(request), *names_of_values(own)}
        later = (later - set(request.get("capture") or {})) | (used - set(own))


def used_in_texts(collection: Data) -> set[str]:
    """The names that stand in the texts of a collection."""
    return {*_around(collection), *(name for request in _requests(collection) for name in names_of_texts(request))}


def _requests(data: Data) -> Iterator[Data]:
    """The requests of a draft, in the order in which they run."""
    for item in data.get("requests", ()):
        if isinstance(item, dict):
            yield from _requests(item) if "requests" in item else (item,)


def _around(data: Data) -> Iterator[str]:
    """The names that a collection and its groups use for all of their requests."""
    for level in (data.get("variables") or {}, *(data.get("environments") or {}).values()):
        yield from names_of_values(level)
    shared = {key: data[key] for key in ("base_url", "auth") if data.get(key)}
    yield from names_of({**(data.get("defaults") or {}), **shared})
    for item in data.get("requests", ()):
        if isinstance(item, dict) and "requests" in item:
            yield from _around(item)
