"""Every name of a draft gets a source, and every literal credential goes out of it."""

from __future__ import annotations

from typing import Any

from runner.formats.draft import Data, Imported, Names
from runner.formats.finishing import finish


def finished(request: Data, **shared: Any) -> tuple[Data, list[str]]:
    """A collection as it is written, and what was lost."""
    imported = Imported({})
    collection = {"name": "x", "requests": [{"name": "a", "url": "http://h", **request}], **shared}
    return finish(imported, collection, Names()), [loss.what for loss in imported.losses]


def test_names_from_outside() -> None:
    """A name that nothing defines comes from the environment; one that says so is a secret."""
    made, lost = finished({"url": "http://h/{{who}}", "headers": {"X": "{{api_key}}"}})
    assert (made["variables"], made["secrets"]) == ({"who": "{{env.WHO}}"}, {"api_key": "{{env.API_KEY}}"})
    assert lost == []


def test_captured_before() -> None:
    """A name that an earlier request captures has its source; one that is captured later has none yet."""
    first, second = (
        {"name": "a", "url": "http://h", "capture": {"id": "body.id"}},
        {"name": "b", "url": "http://h/{{id}}"},
    )
    in_order = finish(Imported({}), {"name": "x", "requests": [first, second]}, Names())
    assert "variables" not in in_order
    turned = finish(Imported({}), {"name": "x", "requests": [second, first]}, Names())
    assert turned["variables"] == {"id": "{{env.ID}}"}


def test_names_of_shared_settings() -> None:
    """Names in what is shared are defined, also where no request takes it."""
    made, _ = finished({"auth": "none"}, auth={"type": "bearer", "token": "{{token}}"})
    assert made["secrets"] == {"token": "{{env.TOKEN}}"}


def test_circles() -> None:
    """A variable that needs itself comes from the environment, and is told."""
    made, lost = finished({"url": "http://h/{{x}}"}, variables={"x": "{{y}}", "y": "{{x}}"})
    assert lost == ["the value of 'x'"]
    assert made["variables"]["x"] == "{{env.X}}"


def test_credentials() -> None:
    """Passwords, tokens and keys are secrets, one for each value, wherever they stand; a variable stays that variable."""
    request = {
        "headers": {"Authorization": "Bearer t0ken-of-the-day", "X-Key": "{{key}}"},
        "json": {"password": "s3cret-Pass", "note": "plain"},
        "query": {"access_token": "t0ken-of-the-day"},
    }
    made, _ = finished(request, variables={"key": "1"})
    assert "t0ken-of-the-day" not in str(made)
    assert "s3cret-Pass" not in str(made)
    assert made["requests"][0]["json"] == {"password": "{{password}}", "note": "plain"}
    assert made["requests"][0]["headers"]["X-Key"] == "{{key}}"
    assert len(made["secrets"]) == 2
