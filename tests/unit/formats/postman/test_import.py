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


def test_relative_token_url() -> None:
    """A script that fetches its token from a URL without a host is a loss: Postman would not send it, either."""
    token = """pm.sendRequest({url: '/oauth/token', method: 'POST', body: {mode: 'urlencoded', urlencoded: [
        {key: 'grant_type', value: 'client_credentials'}]}},
        (error, response) => { pm.environment.set('token', response.json().access_token); });"""
    auth = {"type": "bearer", "bearer": [{"key": "token", "value": "{{token}}"}]}
    found = imported(request("one", event=[script("prerequest", token)], auth=auth))
    assert ("a request that the script sends", "its URL has no host") in losses(found)
    assert ("a variable that is set", "its URL has no host") in losses(found)
    (only,) = plain(found.collection)["requests"]
    assert only["auth"] == {"type": "bearer", "token": "{{token}}"}


def test_settings_that_are_on_again() -> None:
    """A request may turn on again what its folder turns off: redirects that are followed, certificates that are judged."""
    off = {"followRedirects": False, "strictSSL": False}
    on = {"followRedirects": True, "strictSSL": True}
    inner = {**request("on"), "protocolProfileBehavior": on}
    found = imported({"name": "F", "protocolProfileBehavior": off, "item": [inner, request("off")]})
    folder = plain(found.collection)["requests"][0]
    assert folder["defaults"] == {"follow_redirects": False, "verify": False}
    first, second = folder["requests"]
    assert (first["follow_redirects"], first["verify"]) == (True, True)
    assert not {"follow_redirects", "verify"} & second.keys()


def test_secret_of_a_folder() -> None:
    """A folder's secret without a value comes from the environment."""
    folder = {
        "name": "F",
        "variable": [{"key": "pw", "value": "", "type": "secret"}, {"key": "user", "value": "ada"}],
        "item": [request("one", header=[{"key": "X", "value": "{{pw}} of {{user}}"}])],
    }
    found = plain(imported(folder).collection)
    assert found["requests"][0]["variables"] == {"user": "ada"}
    assert found["variables"] == {"pw": "{{env.PW}}"}


def test_taken_away_after_the_request() -> None:
    """A variable that a request sets and takes away is its own; one that it does not set is a loss."""
    before = script("prerequest", "pm.variables.set('user', 'grace');")
    after = script("test", "pm.variables.unset('user'); pm.environment.unset('other');")
    found = imported(
        request("one", "https://api.test/{{user}}", event=[before, after]), request("two", "https://api.test/{{user}}")
    )
    first = plain(found.collection)["requests"][0]
    assert first["variables"] == {"user": "grace"}
    assert not first.get("capture")
    assert [what for what, _ in losses(found)] == ["a variable that is taken away"]


def test_words_for_dynamic_variables() -> None:
    """A word that stands for a random one is written as it is, and told; what can be random stays so."""
    body = {"mode": "raw", "raw": '{"first": "{{$randomFirstName}}", "mail": "{{$randomEmail}}", "id": "{{$guid}}"}'}
    found = imported(request("one", "https://api.test/{{$randomColor}}-{{x}}", method="POST", body=body))
    only = plain(found.collection)["requests"][0]
    assert only["url"] == "https://api.test/blue-{{x}}"
    assert only["json"]["first"] == "Ada"
    assert only["json"]["id"] == "{{uuid()}}"
    assert only["json"]["mail"].startswith("{{join('', ['user-', ")
    assert [what for what, _ in losses(found)] == ["{{$randomColor}}", "{{$randomFirstName}}", "{{$randomEmail}}"]
