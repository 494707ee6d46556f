"""What a request file cannot hold is taken out of a draft, and told."""

from __future__ import annotations

from typing import Any

import pytest

from runner.formats.draft import Comment, Data, Imported
from runner.formats.fitting import fit


def fitted(request: Data, **shared: Any) -> tuple[Data, list[str]]:
    """A request after it was fitted, and what was lost."""
    imported = Imported({})
    collection = {"requests": [{"name": "a", "url": "http://h", **request}], **shared}
    fit(imported, collection)
    found: Data = collection["requests"][0]
    return {key: found[key] for key in request if key in found}, [loss.what for loss in imported.losses]


@pytest.mark.parametrize(
    ("request_", "left", "lost"),
    [
        ({"headers": {"a b": "1", "c": "2"}}, {"headers": {"c": "2"}}, ["the entry 'a b' of headers"]),
        ({"query": {"": "1"}}, {"query": {}}, ["an entry without a name in query"]),
        ({"headers": {"A": "1", "a": ["2", "3"]}}, {"headers": {"A": ["1", "2", "3"]}}, []),
        ({"method": "G T"}, {}, ["the method 'G T'"]),
        ({"timeout": "soon"}, {}, ["'timeout: soon'"]),
        ({"timeout": "{{t}}"}, {"timeout": "{{t}}"}, []),
        ({"json": 1, "text": "x"}, {"json": 1}, ["a further body: text"]),
        ({"save_to": "a\0b"}, {}, ["the path in 'save_to'"]),
        ({"save_to": ""}, {}, ["the path in 'save_to'"]),
        ({"file": "x" * 300}, {}, ["the path in 'file'"]),
        ({"multipart": {"p": {"file": "f", "content_type": ""}}}, {"multipart": {"p": {"file": "f"}}}, []),
        ({"text": "a\ud800b"}, {"text": "a\ufffdb"}, ["half of a character"]),
        ({"assert": [{"status": [200, 201]}]}, {"assert": [{"status": [200, 201]}]}, []),
    ],
)  # fmt: skip
def test_fitted(request_: Data, left: Data, lost: list[str]) -> None:
    """Names, methods, settings, bodies, paths, types of parts and halves of characters are made to fit."""
    assert fitted(request_) == (left, lost)


def test_status_is_a_number() -> None:
    """A status that is none is no assertion."""
    left, lost = fitted({"assert": [{"status": "ok"}]})
    assert isinstance(left["assert"][0], Comment)
    assert lost == ["the assertion 'status: ok'"]


def test_type_of_multipart() -> None:
    """A Content-Type that is not multipart is lost where the request has it, and held off where it is inherited."""
    body = {"multipart": {"a": "b"}}
    assert fitted({**body, "headers": {"Content-Type": "a/b"}}) == (
        {**body, "headers": {}},
        ["the header 'Content-Type'"],
    )
    held = fitted({**body, "headers": {}}, defaults={"headers": {"content-type": "a/b"}})
    assert held == ({**body, "headers": {"Content-Type": None}}, [])
