"""Texts and references: what is read, what is refused with words, what is told and read past."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from runner.formats.draft import Foreign, ForeignFault, Imported
from runner.formats.openapi.parts import Library, pointer

Imports = Callable[..., Imported]

MINIMAL = """
openapi: 3.0.3
info: {title: API, version: "1"}
paths:
  /a: {get: {responses: {}}}
"""


def names(imported: Imported) -> list[str]:
    return [item["name"] for item in imported.collection["requests"]]


def losses(imported: Imported) -> list[str]:
    return [f"{loss.path}: {loss.what}: {loss.why}" for loss in imported.losses]


@pytest.mark.parametrize(
    ("text", "message", "line", "hint"),
    [
        ("", "the file is empty", 0, ""),
        ("openapi: 3.0.0\npaths: [", "the file is neither JSON nor YAML: this is not YAML: did not find expected node content", 2, ""),
        ('{"openapi": "3.0.0",\n "paths": }}', "the file is neither JSON nor YAML: expecting value", 2, ""),
        ("hello", "this is no OpenAPI document: it is no mapping", 0, ""),
        ("[1, 2]", "this is no OpenAPI document: it is no mapping", 0, ""),
        ("a: 1", "this is no OpenAPI document: it has neither 'openapi' nor 'swagger'", 0, ""),
        ("openapi: 4.0.0", "OpenAPI 4.0.0 is not known", 0, "2.0, 3.0, 3.1 and 3.2 are"),
        ('swagger: "1.2"', "OpenAPI 1.2 is not known", 0, "2.0, 3.0, 3.1 and 3.2 are"),
        ("openapi: 3.1.0", "the document has no operations", 0, "'paths' is empty"),
        ("openapi: 3.1.0\nwebhooks: {a: {}}", "the document has no operations", 0, "webhooks are requests that the API sends"),
        ("a: &a [*a]", "the file is neither JSON nor YAML: an alias stands inside its own anchor", 1, ""),
    ],
)  # fmt: skip
def test_what_is_no_document(imported: Imports, text: str, message: str, line: int, hint: str) -> None:
    """What is no OpenAPI document is refused with what it is, its line where one can be told, and what to do."""
    with pytest.raises(ForeignFault) as caught:
        imported(text)
    assert (caught.value.message, caught.value.line) == (message, line)
    assert caught.value.hint == hint or (line and not hint)


def test_tags(imported: Imports) -> None:
    """A value with a tag that nobody knows is what it would be without, which is told; anchors are followed."""
    found = imported("""
        openapi: 3.0.3
        paths:
          /a:
            post:
              requestBody: &body
                content: {application/json: {example: {a: !custom 5, b: !t {c: x}, d: !binary "aGk="}}}
          /b: {post: {requestBody: *body}}
    """)
    for request in found.collection["requests"]:
        assert request["json"] == {"a": 5, "b": {"c": "x"}, "d": "aGk="}
    assert losses(found) == [
        f"line 7: the tag {tag} is not supported: the file is read past it" for tag in ("!custom", "!t", "!binary")
    ]


@pytest.mark.parametrize("opening", ["[", '{"a":', "- "])
def test_deep_texts(imported: Imports, opening: str) -> None:
    """A text that is nested too deep is refused, however deep."""
    with pytest.raises(ForeignFault):
        imported(opening * 100_000)
    with pytest.raises(ForeignFault, match="nested deeper"):
        imported('{"a":' * 95 + "1" + "}" * 95)


@pytest.mark.parametrize("version", ["2.0", "3.0.0", "3.0.3", "3.1.0", "3.2.0"])
def test_versions(imported: Imports, version: str) -> None:
    """All versions from 2.0 on are read, in YAML and in JSON, also where the version is a number."""
    key = "swagger" if version == "2.0" else "openapi"
    for written in (version, f'"{version}"'):
        assert names(imported(f"{key}: {written}\npaths: {{/a: {{get: {{}}}}}}")) == ["GET /a"]
    assert names(imported(f'{{"{key}": "{version}", "paths": {{"/a": {{"get": {{}}}}}}}}')) == ["GET /a"]


def test_a_second_key_is_told(imported: Imports) -> None:
    """A key that stands twice is told with its line, and the rest is read."""
    found = imported("openapi: 3.0.0\npaths:\n  /a: {get: {}}\n  /a: {post: {}}\n")
    assert names(found) == ["GET /a"]
    assert losses(found) == ["line 4: duplicate key '/a': the file is read past it"]
    found = imported('{"openapi": "3.0.0", "paths": {"/a": {"get": {}}, "/a": {"post": {}}}}')
    assert names(found) == ["POST /a"]
    assert losses(found) == [": a second key '/a' in one object: the last one counts"]


def test_yaml_scalars_stay_text(imported: Imports) -> None:
    """Dates, `no` and numbers with leading zeros are text, as in our own files."""
    operation = "{parameters: [{name: a, in: query, required: true, example: 2024-01-01}, {name: b, in: query, required: true, example: no}]}"
    found = imported(f"openapi: 3.0.0\npaths: {{/a: {{get: {operation}}}}}")
    assert found.collection["requests"][0]["query"] == {"a": "2024-01-01", "b": "no"}


def test_halves_of_characters(imported: Imports) -> None:
    """Half of a surrogate pair, which no file can hold, becomes a question mark."""
    found = imported('{"openapi": "3.0.0", "paths": {"/a": {"get": {"summary": "x\\ud800"}}}}')
    assert names(found) == ["x?"]


# --- references ----------------------------------------------------------------------------------------------------


def test_references_across_files(imported: Imports) -> None:
    """`$ref`s lead through files in other folders and back, each relative to the file that it stands in."""
    files = {
        "paths/a.yaml": "get: {operationId: getA, parameters: [{$ref: '../common/p.yaml#/limit'}]}",
        "common/p.yaml": "limit: {$ref: '#/real'}\nreal: {name: limit, in: query, required: true, schema: {$ref: s.json}}",
        "common/s.json": '{"type": "integer", "minimum": 7}',
    }
    found = imported("openapi: 3.0.0\npaths: {/a: {$ref: paths/a.yaml}}", files)
    assert found.losses == []
    assert found.collection["requests"] == [{"name": "getA", "url": "/a", "query": {"limit": 7}}]


def test_an_operation_in_a_file(imported: Imports) -> None:
    """An operation may stand in a file of its own, too."""
    found = imported("openapi: 3.0.0\npaths: {/a: {get: {$ref: a.yaml}}}", {"a.yaml": "summary: A"})
    assert names(found) == ["A"]


def test_names_in_pointers(imported: Imports) -> None:
    """`~1`, `~0`, percent signs and numbers of list items in a reference are understood (RFC 6901)."""
    document = """
    openapi: 3.0.0
    paths:
      /a: {get: {parameters: [{$ref: '#/components/parameters/x~1y~0z%20a'}, {$ref: '#/x-list/1'}]}}
    components: {parameters: {"x/y~z a": {name: p, in: query, required: true, example: 1}}}
    x-list: [0, {name: q, in: query, required: true, example: 2}]
    """
    assert imported(document).collection["requests"][0]["query"] == {"p": 1, "q": 2}


@pytest.mark.parametrize(
    ("reference", "why"),
    [
        ("#/components/parameters/Nope", "it leads nowhere: there is no 'components'"),
        ("#/paths/~1a/post", "it leads nowhere: there is no 'post'"),
        ("#anchor", "anchors are not followed"),
        ("missing.yaml#/a", "no such file: 'missing.yaml'"),
        ("broken.yaml", "broken.yaml:1: the file is neither JSON nor YAML: this is not YAML: "),
        ("https://example.com/a.yaml", "it lies elsewhere: only files beside the document are read"),
        ("/etc/passwd", "it lies elsewhere: only files beside the document are read"),
        ("#/paths/~1a/get/parameters/0", "it leads back to itself"),
    ],
)
def test_references_that_lead_nowhere(imported: Imports, reference: str, why: str) -> None:
    """A reference that leads nowhere, out to the network or back to itself is told; the request is made without it."""
    document = f"openapi: 3.0.0\npaths: {{/a: {{get: {{parameters: [{{$ref: '{reference}'}}]}}}}}}"
    found = imported(document, {"broken.yaml": "a: ["})
    assert names(found) == ["GET /a"]
    assert len(found.losses) == 1
    assert found.losses[0].path == "#/paths/~1a/get/parameters/0"
    assert found.losses[0].why.startswith(why)


def test_circles_of_references(imported: Imports) -> None:
    """A circle of several references is told once for each that is used, and ends."""
    document = "openapi: 3.0.0\npaths: {/a: {$ref: '#/paths/~1b'}, /b: {$ref: '#/paths/~1a'}, /c: {get: {}}}"
    found = imported(document)
    assert names(found) == ["GET /c"]
    assert {loss.why for loss in found.losses} == {"it leads back to itself"}


def test_nothing_but_lost_operations(imported: Imports) -> None:
    """Where no operation could be read, the fault says why the first could not."""
    with pytest.raises(ForeignFault) as caught:
        imported("openapi: 3.0.0\npaths: {/a: {$ref: a.yaml}}")
    assert caught.value.hint == "#/paths/~1a: $ref 'a.yaml': no such file: 'a.yaml'"


def test_wrong_types_are_told(imported: Imports) -> None:
    """What is not of the type that OpenAPI asks for is told, and the rest is translated."""
    found = imported("openapi: 3.0.0\npaths: {/a: {get: {parameters: {}, tags: x}, put: 7}, b: {get: {}}}")
    assert names(found) == ["GET /a"]
    assert losses(found) == [
        "#/paths/~1a/put: PUT /a: an operation is a mapping",
        "#/paths/b: the path 'b': a path begins with '/'",
        "#/paths/~1a/get/parameters: 'parameters': OpenAPI has a list here",
        "#/paths/~1a/get/tags: 'tags': OpenAPI has a list here",
    ]


def test_pointers_are_written_as_references() -> None:
    """The place of a part is written as a reference would say it."""
    assert pointer(("paths", "/a b/{id}", "get", 0, "50%~")) == "/paths/~1a%20b~1{id}/get/0/50%25~0"


def test_each_file_is_read_once() -> None:
    """However many references name a file, it is read once."""
    reads: list[str] = []

    def read(path: str) -> str:
        reads.append(path)
        return "{a: 1, b: 2}"

    documents = Library(Foreign("api", "{x: {$ref: 'b.yaml#/a'}, y: {$ref: './b.yaml#/b'}}", (), read))
    values: list[Any] = [part.value if (part := documents.root.at(key).follow()) else None for key in "xy"]
    assert (values, reads) == ([1, 2], ["b.yaml"])
