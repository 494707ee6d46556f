"""What single parts of a collection become, looked at as data; whole collections stand in tests/golden/import."""

from __future__ import annotations

import json
from typing import Any

from runner.formats import postman
from runner.formats.draft import Choices, Comment, Foreign, Imported


def script(listen: str, text: str) -> dict[str, Any]:
    """An event of a collection."""
    return {"listen": listen, "script": {"exec": text.split("\n")}}


def request(name: str, url: str = "https://api.test/things", **more: Any) -> dict[str, Any]:
    """An item with a request; `event` belongs to the item, all else to the request."""
    event = more.pop("event", [])
    return {"name": name, "event": event, "request": {"method": "GET", "url": url, **more}}


def imported(*items: dict[str, Any], **more: Any) -> Imported:
    """A collection of items, imported."""
    info = {"name": "Things", "schema": "https://schema.getpostman.com/json/collection/v2.1.0/collection.json"}
    return postman.load(Foreign("things", json.dumps({"info": info, "item": list(items), **more})), Choices())


def plain(value: Any) -> Any:
    """A draft without its comments."""
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items() if not isinstance(key, Comment)}
    return [plain(item) for item in value if not isinstance(item, Comment)] if isinstance(value, list) else value


def losses(found: Imported) -> list[tuple[str, str]]:
    """What was lost, and why."""
    return [(loss.what, loss.why) for loss in found.losses]


def test_counter() -> None:
    """What a pre-request script adds to a variable, its test script and later requests see."""
    count = script("prerequest", "pm.environment.set('n', Number(pm.environment.get('n')) + 1);")
    keep = script("test", "pm.environment.set('seen', pm.environment.get('n'));")
    found = imported(request("one", event=[count, keep]), request("two", "https://api.test/{{n}}/{{seen}}"))
    first = plain(found.collection)["requests"][0]
    assert first["variables"] == {"new_n": "{{add(to_number(n), `1`)}}"}
    assert first["capture"] == {"n": "vars.new_n", "seen": "vars.new_n"}
