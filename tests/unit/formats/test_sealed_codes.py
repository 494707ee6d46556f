"""Codes of a few digits, and ids of sessions, in imported files."""

from __future__ import annotations

import json

from runner.formats import curl, postman
from runner.formats.draft import Choices, Foreign

BODY = '{"pin": "1234", "otp": 567890, "map_pin": "red", "max_tokens": 100}'


def test_with_curl() -> None:
    """They do not stand in the collection; a number stays one."""
    script = f"""curl -H 'X-Session-Id: abc-1' -H 'Content-Type: application/json' -d '{BODY}' 'https://x.test/?passcode=4711'
curl -d pin=2222 https://x.test/
"""
    made = curl.load(Foreign("x", script), Choices()).collection
    first, second = made["requests"]
    assert first["json"] == {"pin": "{{pin}}", "otp": "{{to_number(otp)}}", "map_pin": "red", "max_tokens": 100}
    assert (first["headers"], first["query"]) == ({"X-Session-Id": "{{x_session_id}}"}, {"passcode": "{{passcode}}"})
    assert second["form"] == {"pin": "{{pin_2}}"}
    assert sorted(made["secrets"]) == ["otp", "passcode", "pin", "pin_2", "x_session_id"]


def test_with_postman() -> None:
    """They do not stand in the collection; a number stays one."""
    body = {"mode": "raw", "raw": BODY, "options": {"raw": {"language": "json"}}}
    request = {
        "method": "POST",
        "url": "https://x.test/",
        "header": [{"key": "X-Session-Id", "value": "abc-1"}],
        "body": body,
    }
    text = json.dumps({"info": {"name": "x"}, "item": [{"name": "a", "request": request}]})
    made = postman.load(Foreign("x", text), Choices()).collection
    assert made["requests"][0]["json"] == {
        "pin": "{{pin}}", "otp": "{{to_number(otp)}}", "map_pin": "red", "max_tokens": 100,
    }  # fmt: skip
    assert made["requests"][0]["headers"] == {"X-Session-Id": "{{x_session_id}}"}
