"""What is no collection of a format that we read is refused with words that say what it is."""

from __future__ import annotations

import json

import pytest

from runner.formats.draft import Choices, Foreign, ForeignFault
from runner.formats.postman import load

DEEP = json.dumps({"info": {"name": "x"}, "item": []})
REFUSED = [
    ("[1]", "it is no object with a list 'item'"),
    ('{"info": {}}', "it is no object with a list 'item'"),
    ("{", "not JSON: column 2"),
    ("[" * 100_000, "nested too deep"),
    ('{"info": {"name": "x"}, "item": ' + '[{"item": ' * 60 + "[]" + "}]" * 60 + "}", "nested deeper"),
]


@pytest.mark.parametrize(("text", "words"), REFUSED)
def test_refused(text: str, words: str) -> None:
    """The words say what the file is instead."""
    with pytest.raises(ForeignFault, match=words):
        load(Foreign("x", text), Choices())


@pytest.mark.parametrize("value", [None, 5, "x", [], {}, True, [None], {"a": None}])
@pytest.mark.parametrize("key", ["name", "event", "variable", "auth", "request", "url", "header", "body", "response"])
def test_odd_values(key: str, value: object) -> None:
    """A value of the wrong type counts as one that is not there, wherever it stands."""
    request = {"method": "GET", "url": "http://x.test/", "header": [], "body": {"mode": "raw", "raw": "x"}}
    item = {"name": "a", "request": {**request, **({key: value} if key in ("url", "header", "body", "auth") else {})}}
    if key in ("name", "event", "request", "response", "variable"):
        item[key] = value
    collection = {
        "info": {"name": "x"},
        "item": [item],
        **({key: value} if key in ("auth", "variable", "event") else {}),
    }
    assert load(Foreign("x", json.dumps(collection)), Choices()).collection["name"] == "x"
