"""What many requests have in common → the collection and its groups: auth, headers, parameters, a certificate.

    requests, each with its access ─▶ auth of most ─▶ collection, groups, what is left ─▶ the requests
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from typing import NamedTuple

from runner.formats.draft import GROUP_ORDER, REQUEST_ORDER, Data, ordered
from runner.formats.openapi import security
from runner.formats.openapi.requests import put
from runner.formats.openapi.security import Access


class Made(NamedTuple):
    """A request and what it needs to get in; `tag` is its group's, empty where it has none."""

    tag: str
    draft: Data
    access: Access | None


def auth(items: list[Data], made: list[Made]) -> Data | None:
    """Moves the auth that most have to the collection, and what most of a group have to the group; gives the first."""
    own = {id(each.draft): each.access.auth if each.access is not None else None for each in made}
    common = _most(list(own.values()))
    for item in items:
        inner = item.get("requests")
        if inner is None:
            _write_auth(item, own[id(item)], common, REQUEST_ORDER)
            continue
        above = _above([own[id(request)] for request in inner], common)
        _write_auth(item, above, common, GROUP_ORDER)
        for request in inner:
            _write_auth(request, own[id(request)], above, REQUEST_ORDER)
    return common


def _most(auths: list[Data | None]) -> Data | None:
    """The auth that most requests have."""
    counted = Counter(map(repr, auths))
    return next(auth for auth in auths if repr(auth) == counted.most_common(1)[0][0])


def _above(auths: list[Data | None], common: Data | None) -> Data | None:
    """What a group writes: the auth of the collection, or its own where that saves a line."""
    counted = Counter(map(repr, auths))
    most = _most(auths)
    return most if counted[repr(most)] > counted[repr(common)] + 1 or len(counted) == 1 else common


def _write_auth(item: Data, auth: Data | None, above: Data | None, order: tuple[str, ...]) -> None:
    """Writes an auth where it is another one than that above."""
    if repr(auth) == repr(above):
        return
    item["auth"] = security.settled(auth) if auth is not None else "none"
    again = ordered(item, order)
    item.clear()
    item.update(again)


def _without(draft: Data, key: str, names: Collection[str]) -> None:
    """Takes away what all have under a key, in place: what stands around it stays there."""
    entries = list(draft.items())
    draft.clear()
    for own, value in entries:
        if own == key:
            put(draft, own, {name: inner for name, inner in value.items() if name not in names})
        else:
            draft[own] = value


def defaults(made: list[Made]) -> Data:
    """What all requests have, for `defaults`: the type to accept that most name, keys beside `auth`, a certificate."""
    found: Data = {}
    accepts = Counter(each.draft["headers"]["Accept"] for each in made if "Accept" in each.draft.get("headers", {}))
    if accepts:
        most = accepts.most_common(1)[0][0]
        found["headers"] = {"Accept": most}
        for each in made:
            if each.draft.get("headers", {}).get("Accept") == most:
                _without(each.draft, "headers", ("Accept",))
    for key in ("headers", "query"):
        entries = [each.access.entries.get(key, {}) if each.access is not None else {} for each in made]
        common = {name: value for name, value in entries[0].items() if all(name in each for each in entries)}
        if common:
            found[key] = found.get(key, {}) | common
            for each in made:
                _without(each.draft, key, common)
    certificates = {repr(each.draft.get("client_cert")) for each in made}
    if len(certificates) == 1 and made[0].draft.get("client_cert"):
        found["client_cert"] = made[0].draft["client_cert"]
        for each in made:
            del each.draft["client_cert"]
    return found
