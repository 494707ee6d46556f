"""Values of an export that come from earlier responses, or stand in several calls."""

from __future__ import annotations

import json
from typing import Any

import pytest

from runner.formats.draft import Choices, Foreign
from runner.formats.har import load
from runner.formats.har.correlation import is_telling

TOKEN = "a1b2c3d4e5f60718293a"


def entry(url: str, answer: Any = None, headers: dict[str, str] | None = None, kind: str = "xhr") -> Any:
    """A call of an export."""
    given = [{"name": name, "value": value} for name, value in (headers or {}).items()]
    content = {"mimeType": "application/json", "text": json.dumps(answer)}
    request = {"method": "GET", "url": url, "headers": given, "cookies": [], "queryString": []}
    return {"_resourceType": kind, "request": request, "response": {"status": 200, "headers": [], "content": content}}


def imported(*entries: Any) -> Any:
    """The collection of an export."""
    return load(Foreign("x", json.dumps({"log": {"entries": entries}})), Choices()).collection


@pytest.mark.parametrize(
    ("value", "telling"),
    [
        (TOKEN, True),
        ("0b7e6f2a-11d4-4c3e", True),
        ("short1", False),
        ("only-letters-here", False),
        ("1234567890123", False),
    ],
)
def test_telling(value: str, telling: bool) -> None:
    """Long values with letters and digits are given by somebody, others may be written by chance."""
    assert is_telling(value) is telling


def test_captured() -> None:
    """A token that a response gave is captured there, and not put away."""
    made = imported(entry("http://h/login", {"token": TOKEN}), entry("http://h/me", {}, {"X-Token": TOKEN}))
    first, second = made["requests"]
    assert (first["capture"], second["headers"]) == ({"token": "body.token"}, {"X-Token": "{{token}}"})
    assert "secrets" not in made


def test_put_away() -> None:
    """A token that no response gave is a secret from the environment."""
    made = imported(entry("http://h/me", {}, {"Authorization": f"Bearer {TOKEN}"}))
    assert TOKEN not in str(made)
    assert list(made["secrets"].values()) == ["{{env.TOKEN}}"]


def test_repeated() -> None:
    """An id that stands in several calls is a variable."""
    made = imported(entry(f"http://h/users/{TOKEN}"), entry(f"http://h/users/{TOKEN}/posts"))
    assert list(made["variables"].values()) == [TOKEN]
    assert TOKEN not in str(made["requests"])


def test_noise() -> None:
    """Static files and a browser's own headers are left out, and counted."""
    made = imported(
        entry("http://h/x", {}, {"User-Agent": "M", "Sec-Fetch-Mode": "cors"}), entry("http://h/a.png", kind="image")
    )
    assert [item["name"] for item in made["requests"]] == ["GET /x"]
    assert "headers" not in made["requests"][0]
    assert any("static files (1)" in getattr(key, "text", "") for key in made)
