"""Groups, what is shared, several files, and which operations are chosen."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from runner.formats.draft import ForeignFault

DOCUMENT = """
    openapi: 3.0.0
    info: {title: 'The  API', version: '1', description: ' What it does. '}
    tags: [{name: b, description: All of b}, {name: a}]
    paths:
      /a: {get: {operationId: listA, tags: [a], summary: Same}, post: {operationId: makeA, tags: [a, x], summary: Same}}
      /b/{id}: {get: {operationId: getB, tags: [b], deprecated: true}}
      /c: {get: {}}
      /d: {get: {tags: ['../../d']}}
    webhooks: {new: {post: {}}}
"""


def test_groups(imported: Callable[..., Any]) -> None:
    """A group for each tag, in the order in which tags are described; of two of one name one has its id."""
    made = imported(DOCUMENT)
    items = made.collection["requests"]
    assert made.collection["name"] == "The API"
    assert made.collection["description"] == "What it does."
    assert [item["name"] for item in items] == ["b", "a", "GET /c", "../../d"]
    assert items[0]["description"] == "All of b"
    assert [request["name"] for request in items[1]["requests"]] == ["Same", "makeA"]
    assert items[1]["requests"][1]["tags"] == ["x"]
    assert items[0]["requests"][0]["tags"] == ["deprecated"]
    assert [loss.what for loss in made.losses] == ["path parameter 'id'", "webhook 'new'"]


def test_names(imported: Callable[..., Any]) -> None:
    """A request has the first name that is free: summary, id, method and path; numbers only where all are taken."""
    made = imported("""
        openapi: 3.0.0
        paths:
          /a: {get: {summary: List, operationId: x/list}, put: {summary: List, operationId: x/list}, post: {summary: List}}
          /b: {get: {operationId: x/list}, put: {summary: "one\\ntwo"}, x-a: {get: {}}}
          /c: {$ref: '#/paths/~1b'}
          /d: {get: {tags: [t], summary: List}}
    """)
    requests = made.collection["requests"]
    assert [request["name"] for request in requests[:-1]] == [
        "List", "x/list", "POST /a", "GET /b", "PUT /b", "GET /c", "PUT /c",
    ]  # fmt: skip
    assert [request["name"] for request in requests[-1]["requests"]] == ["List"]


def test_many_without_tags(imported: Callable[..., Any]) -> None:
    """Many operations that have no tags are grouped by what their paths are about."""
    paths = "".join(f"  /v1/{kind}/{{id}}/x{n}: {{get: {{}}}}\n" for kind in ("users", "orders") for n in range(20))
    made = imported(f"openapi: 3.0.0\npaths:\n  /v1: {{get: {{}}}}\n  /v1/{{id}}/pets: {{get: {{}}}}\n{paths}")
    items = made.collection["requests"]
    assert [(item["name"], len(item.get("requests", []))) for item in items] == [
        ("GET /v1", 0), ("pets", 1), ("users", 20), ("orders", 20),
    ]  # fmt: skip
    assert items[2]["tags"] == ["users"]
    tagged = imported(f"openapi: 3.0.0\npaths:\n  /v1: {{get: {{tags: [t]}}}}\n{paths}")
    assert [item["name"] for item in tagged.collection["requests"]][:2] == ["t", "GET /v1/users/{id}/x0"]


def test_split(imported: Callable[..., Any]) -> None:
    """A file for each tag, whose name stays in the folder, and what they share in a base that all extend."""
    made = imported(DOCUMENT, split=True)
    assert made.collection["name"] == "b"
    assert list(made.collections) == ["a.yaml", "d.yaml", "the-api.yaml", "_base.yaml"]
    every = [made.collection, *made.collections.values()]
    assert [each.get("extends") for each in every] == ["_base.yaml"] * 4 + [None]
    assert "requests" not in made.collections["_base.yaml"]
    assert made.collections["_base.yaml"]["base_url"] == "{{base_url}}"


@pytest.mark.parametrize(
    ("patterns", "urls"),
    [
        (("list*",), ["/a"]),
        (("/a",), ["/a", "/a"]),
        (("POST /a", "getB"), ["/b/{{b_id}}", "/a"]),
        (("*",), ["/b/{{b_id}}", "/a", "/a", "/c", "/d"]),
    ],
)
def test_operations(imported: Callable[..., Any], patterns: tuple[str, ...], urls: list[str]) -> None:
    """Operations are chosen by globs of their ids, their paths, or their methods with their paths."""
    made = imported(DOCUMENT, operations=patterns)
    items = made.collection["requests"]
    requests = [request for item in items for request in item.get("requests", [item])]
    assert [request["url"] for request in requests] == urls
    assert "webhook 'new'" not in [loss.what for loss in made.losses]


def test_no_such_operation(imported: Callable[..., Any]) -> None:
    """A pattern that no operation has is refused, with the nearest name."""
    with pytest.raises(ForeignFault, match="no operation matches 'listB'") as caught:
        imported(DOCUMENT, operations=("list*", "listB"))
    assert caught.value.hint == "did you mean 'listA'?"


def test_requests_of_others(one: Callable[..., Any]) -> None:
    """Callbacks and links are told: they are no requests of this collection."""
    found = one("""
        callbacks: {sold: {'{$request.body#/url}': {post: {}}}}
        responses: {'200': {links: {next: {operationId: more}}}}
    """)
    assert found.lost == [
        "callback 'sold': a callback is a request that the API sends",
        "link 'next': a link says which request could follow, not that it does",
    ]
