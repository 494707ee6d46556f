"""Names that a draft uses and nothing in it defines: their values come from the environment.

Foreign tools take such values from their command line, from a person, or from a script that was not translated. Here
every name has a source, so `variables` says that it is `{{env.NAME}}`. Variables that go round in a circle get one.

    requests in order ─▶ names in their texts ─▶ through the variables that they use ─▶ captures so far, or nothing
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from runner.engine.credentials import holds_credential
from runner.formats.draft import Comment, Data, Disabled, Imported
from runner.formats.sealing import from_environment, snake
from runner.language import query, template

#: Keys of a request that hold no variables, or are looked at by themselves.
_APART = frozenset(
    {"name", "description", "tags", "skip", "variables", "requests", "defaults", "capture", "assert", "schema",
     "snapshot"}
)  # fmt: skip
_OVER_RESPONSE = frozenset({"until", "next", "items", "token", "expires_in", "expires_at"})
_LONGEST_CHAIN = 100
_GIVEN = frozenset({"env", "vars", "item", "index", "data", "iteration"})
_FILES = (".csv", ".json", ".yaml", ".yml")


class Level(NamedTuple):
    """The variables of one place in the file, and the level around it; `places` are the mappings that hold them."""

    places: tuple[Data, ...]
    outer: Level | None = None

    def values(self, name: str) -> list[Any]:
        return [place[name] for place in self.places if name in place]


def define(imported: Imported, collection: Data) -> None:
    """Gives every name of a draft a source."""
    outermost = (collection.get("variables", {}), collection.get("secrets", {}))
    walk = _Walk(imported)
    walk.collection(collection, Level((*outermost, *collection.get("environments", {}).values())))
    for name in walk.missing:
        key = "secrets" if holds_credential(snake(name)) else "variables"
        collection.setdefault(key, {})[name] = from_environment(name)


def names_of(request: Data) -> set[str]:
    """The names of variables that a request uses."""
    judged = _in_assertions(request.get("assert", ()))
    return {*_in_request(request), *_in_captures(request.get("capture", {})), *judged}


def names_of_values(values: Data) -> set[str]:
    """The names of variables that the templates of declared values use."""
    return set(_in_value(values))


def names_of_texts(request: Data) -> set[str]:
    """The names that a request has in its texts; what only conditions and expressions look at is none."""
    plain = {key: value for key, value in request.items() if key not in ("when", "for_each")}
    wanted = [value for item in request.get("assert", ()) for _, value in _equations(item)]
    return {*_in_request(plain), *_in_value(request.get("variables", {})), *_in_value(wanted)}


class _Shared(NamedTuple):
    """The names that a collection and groups hand to their requests; those of the nearest `auth` apart."""

    names: tuple[str, ...] = ()
    auth: tuple[str, ...] = ()

    def within(self, item: Data) -> _Shared:
        shared = {key: item[key] for key in ("base_url", "when", "for_each") if key in item}
        defaults = item.get("defaults", {})
        names = (*_in_request({**defaults, **shared}), *_in_assertions(defaults.get("assert", ())))
        return _Shared((*self.names, *names), _in_auth(item) if "auth" in item else self.auth)


def _in_auth(item: Data) -> tuple[str, ...]:
    return tuple(_in_request({"auth": item["auth"]}))


class _Walk:
    def __init__(self, imported: Imported) -> None:
        self.imported = imported
        self.captured: set[str] = set()
        self.missing: dict[str, None] = {}
        #: Variables that were followed for the request at hand.
        self._seen: set[tuple[str, int]] = set()

    def collection(self, data: Data, level: Level) -> None:
        for key in ("setup", "requests", "teardown"):
            self._items(data.get(key, ()), level, _Shared().within(data))
        self._rest(data, level)

    def _rest(self, data: Data, level: Level) -> None:
        """Variables that no request uses, and what is shared with none; they are judged, too."""
        self._seen.clear()
        shared = _Shared().within(data)
        for name in (*shared.names, *shared.auth):
            self._follow(name, level, ())
        for place in level.places:
            for name in [name for name in place if isinstance(name, str)]:
                self._follow(name, level, ())
        for item in data.get("requests", ()):
            if isinstance(item, dict):
                self._rest(item, Level((item.get("variables", {}),), level))

    def _items(self, items: Iterable[Any], level: Level, shared: _Shared) -> None:
        for item in items:
            if not isinstance(item, dict):
                continue
            inner = Level((item.get("variables", {}),), level)
            if "requests" in item:
                self._items(item["requests"], inner, shared.within(item))
            else:
                self._request(item, inner, shared)

    def _request(self, item: Data, level: Level, shared: _Shared) -> None:
        self._seen.clear()
        for name in (*shared.names, *(() if "auth" in item else shared.auth), *_in_request(item)):
            self._follow(name, level, ())
        for captured, given in item.get("capture", {}).items():
            for name in _in_captures({captured: given}):
                self._follow(name, level, ())
            self.captured.add(captured)
        for name in _in_assertions(item.get("assert", ())):
            self._follow(name, level, ())

    def _follow(self, name: str, level: Level, opened: tuple[tuple[str, int], ...]) -> None:
        home: Level | None = level
        while home is not None and not home.values(name):
            home = home.outer
        if name in self.captured and (home is not level or not level.values(name)):
            return
        if home is None:
            self.missing[name] = None
            return
        here = (name, id(home.places[0]))
        if here in opened or len(opened) > _LONGEST_CHAIN:
            self._break(name, home)
        elif here not in self._seen:
            self._seen.add(here)
            for inner in list(_in_value(home.values(name))):
                self._follow(inner, home, (*opened, here))

    def _break(self, name: str, home: Level) -> None:
        """A variable that needs itself gets its value from outside, or from the level around it."""
        itself = f"{{{{{name}}}}}"
        for place in home.places:
            if place.get(name) == itself and _is_known(name, home.outer):
                del place[name]
            elif name in place:
                place[name] = from_environment(name)
                why = "its value needs itself, in a circle"
                self.imported.lose("variables", f"the value of '{name}'", why, f"set {place[name][6:-2]}")


def _is_known(name: str, level: Level | None) -> bool:
    while level is not None:
        if level.values(name):
            return True
        level = level.outer
    return False


# --- names in drafts -----------------------------------------------------------------------------------------------


def _in_request(item: Data) -> Iterator[str]:
    for key, value in item.items():
        if isinstance(key, (Comment, Disabled)) or key in _APART:
            continue
        if key in ("when", "for_each"):
            yield from _in_condition(value)
        elif key == "auth" and isinstance(value, dict) and value.get("type") == "request":
            yield from _in_request(value.get("request", {}))
        elif key in ("poll", "paginate", "auth") and isinstance(value, dict):
            yield from _in_block(key, value)
        else:
            yield from _in_value(value)


def _in_block(key: str, block: Data) -> Iterator[str]:
    for name, value in block.items():
        if key != "auth" and name in _OVER_RESPONSE:
            yield from _below_vars(value)
        elif not isinstance(name, (Comment, Disabled)):
            yield from _in_value(value)


def _in_condition(value: Any) -> Iterator[str]:
    if isinstance(value, str) and not value.endswith(_FILES):
        yield from _of_query(query.compile(value))
    elif isinstance(value, list):
        yield from _in_value(value)


def _in_value(value: Any) -> Iterator[str]:
    """The names in the templates of declared data."""
    if isinstance(value, str):
        if "{{" in value:
            for placeholder in template.placeholders(value):
                yield from _of_query(placeholder.query)
    elif isinstance(value, list):
        for item in value:
            yield from _in_value(item)
    elif isinstance(value, dict):
        for name, item in value.items():
            if not isinstance(name, (Comment, Disabled)):
                yield from _in_value(name)
                yield from _in_value(item)


def _in_captures(captures: Data) -> Iterator[str]:
    for name, given in captures.items():
        if not isinstance(name, (Comment, Disabled)):
            yield from _below_vars(given["from"] if isinstance(given, dict) else given)


def _in_assertions(items: Iterable[Any]) -> Iterator[str]:
    for item in items:
        for expression, wanted in _equations(item):
            yield from _below_vars(expression)
            yield from _in_value(wanted)


def _equations(item: Any) -> Iterable[tuple[str, Any]]:
    """The expressions of an assertion, each with what it is compared with."""
    if isinstance(item, str):
        return [(item, None)]
    if not isinstance(item, dict):
        return []
    return [(item["that"], item.get("equals", item.get("includes")))] if "that" in item else item.items()


def _of_query(compiled: query.Query) -> Iterator[str]:
    for name in (*compiled.names, *compiled.variables):
        if not name.optional and name.text not in _GIVEN:
            yield name.text


def _below_vars(text: str) -> Iterator[str]:
    return (name.text for name in query.compile(text).variables if name.text not in _GIVEN)
