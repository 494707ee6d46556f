"""Insomnia's requests → ours: what is sent is what Insomnia sends."""

from __future__ import annotations

import json
from typing import Any

import pytest

from runner.formats.draft import Choices, Foreign
from runner.formats.insomnia import load


def requested(**request: Any) -> Any:
    entry = {"_id": "req_1", "_type": "request", "name": "x", **request}
    return load(Foreign("x", json.dumps({"resources": [entry]})), Choices()).collection["requests"][0]


@pytest.mark.parametrize(
    ("url", "sent"),
    [
        ("http://h/a+b?x=1+2", ("http://h/a+b", {"x": "1+2"})),
        ("http://h/a+b", ("http://h/a+b", None)),
        ("http://h/?x={{ _.a }}+1", ("http://h/?x={{a}}%2B1", None)),
        ("http://h/{{ _.a | default('?+') }}/+", ("http://h/{{a || '?+'}}/+", None)),
    ],
)
def test_a_plus_in_a_query(url: str, sent: tuple[str, Any]) -> None:
    """A plus in the query of a URL is sent as a plus, and in the path it stays as it is."""
    made = requested(url=url)
    assert (made["url"], made.get("query")) == sent


def test_a_url_as_it_stands() -> None:
    """Where a request is not to encode its URL, a plus is sent as it stands."""
    assert requested(url="http://h/a?x=1+2", settingEncodeUrl=False)["url"] == "http://h/a?x=1+2"


def test_json_of_a_value() -> None:
    """What a template writes as JSON into a body is the value itself, whatever its type."""
    text = '{"a": {{ _.text | dump }}, "b": {{ _.list | dump() }}, "c": {{ _.other | string }}}'
    made = requested(url="http://h/", body={"mimeType": "application/json", "text": text})
    assert made["json"] == {"a": "{{text}}", "b": "{{list}}", "c": "{{parse_json(to_string(other))}}"}
