"""Responses → assertions, and the copy of their schemas."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from runner.diagnostics import Source, Span
from runner.engine.schemas import Schemas
from runner.language.model import Schema

JSON = "content: {application/json: {schema: "


def _schemas(found: Any) -> Any:
    """The copy of the schemas."""
    return json.loads(found.imported.files["api.schemas.json"])


class Copies:
    """The copy as the only file that there is."""

    def __init__(self, text: str) -> None:
        self._text = text

    def locate(self, file: str, path: str) -> str:
        return path

    def read(self, path: str) -> str:
        return self._text


def _judge(found: Any, whole: Any, reference: str, body: Any) -> bool:
    """Whether a body fits what a request's `schema` says."""
    files: Any = Copies(json.dumps(whole))
    no_scope: Any = None  # nothing is looked up: there are no templates
    schema = Schema(reference, Span(Source("a.yaml", ""), 0, 0))
    return not Schemas(files).get(schema, no_scope).judge(body).violations


@pytest.mark.parametrize(
    ("responses", "expected"),
    [
        ("'200': {}", [{"status": 200}]),
        ("'200': {}, '404': {}, default: {}", [{"status": 200}]),
        ("'200': {}, '201': {}", [{"status": [200, 201]}]),
        ("2XX: {}", ["status >= `200` && status < `300`"]),
        ("'302': {}, '404': {}", [{"status": 302}]),
        ("default: {}", None),
        ("'404': {}", None),
        ("200: {}", [{"status": 200}]),
        ("'204': {headers: {X-Id: {required: true}, X-B: {}}}", [{"status": 204}, 'headers."x-id" != `null`']),
    ],
)
def test_status(one: Callable[..., Any], responses: str, expected: list[Any] | None) -> None:
    """The statuses of success are asserted, and the headers that are always there."""
    found = one(f"responses: {{{responses}}}")
    assert found.draft.get("assert") == expected
    assert ("follow_redirects" in found) == ("302" in responses)


def test_schema(one: Callable[..., Any]) -> None:
    """The schema of a success judges the body: a copy of it, and of all that it names, under the same pointers."""
    found = one(
        f"responses: {{'200': {{{JSON} {{type: array, items: {{$ref: '#/components/schemas/A'}}}}}}}}}}}}",
        """
        components:
          schemas:
            A: {type: object, required: [id, pw], properties: {id: {type: integer}, pw: {writeOnly: true}, b: {$ref: '#/components/schemas/B'}}}
            B: {type: string, description: what a B is}
            C: {type: integer}
        """,
    )
    assert found["schema"] == ("api.schemas.json#/paths/~1things/get/responses/200/content/application~1json/schema")
    copy = _schemas(found)
    assert copy["openapi"] == "3.0.3"
    assert copy["components"]["schemas"] == {
        "A": {
            "type": "object", "required": ["id"],
            "properties": {"id": {"type": "integer"}, "pw": {}, "b": {"$ref": "#/components/schemas/B"}},
        },
        "B": {"type": "string"},
    }  # fmt: skip


def test_named_schema(one: Callable[..., Any]) -> None:
    """A schema that is a reference is named where it stands."""
    found = one(
        f"responses: {{'200': {{{JSON} {{$ref: '#/components/schemas/A'}}}}}}}}}}",
        "components: {schemas: {A: {type: integer}}}",
    )
    assert found["schema"] == "api.schemas.json#/components/schemas/A"


def test_schema_in_another_file(imported: Callable[..., Any]) -> None:
    """A schema of another file becomes a component of the copy."""
    made = imported(
        """
        openapi: 3.1.0
        info: {title: API, version: '1'}
        paths:
          /a: {get: {responses: {'200': {content: {application/json: {schema: {$ref: 'b.yaml#/User'}}}}}}}
        """,
        files={"b.yaml": "User: {type: object, properties: {friend: {$ref: '#/User'}}}"},
    )
    assert made.collection["requests"][0]["schema"] == "api.schemas.json#/components/schemas/User"
    copy = json.loads(made.files["api.schemas.json"])
    assert copy["components"]["schemas"]["User"]["properties"] == {"friend": {"$ref": "#/components/schemas/User"}}


@pytest.mark.parametrize(
    ("schema", "kept", "lost"),
    [
        ("{type: strin}", None, "'type' of a schema: its value is not valid there"),
        ("{type: string, minLength: -1}", {"type": "string"}, "'minLength' of a schema: its value is not valid there"),
        ("{type: string, pattern: '('}", {"type": "string"}, "'pattern' of a schema: its value is not valid there"),
        ("{type: object, properties: {a: 5}}", {"type": "object", "properties": {"a": {}}}, "a schema: it is no mapping"),
    ],
)  # fmt: skip
def test_schemas_that_are_not_valid(
    one: Callable[..., Any], schema: str, kept: dict[str, Any] | None, lost: str
) -> None:
    """What is not valid in a schema is left out of the copy, and told."""
    found = one(
        f"responses: {{'200': {{{JSON} {{$ref: '#/components/schemas/A'}}}}}}}}}}",
        f"components: {{schemas: {{A: {schema}}}}}",
    )
    assert lost in found.lost
    if kept is not None:
        assert _schemas(found)["components"]["schemas"]["A"] == kept


def test_a_schema_that_holds_itself_whole(one: Callable[..., Any]) -> None:
    """`allOf` that leads back to itself would never end: it is cut, and told; properties that do are kept."""
    found = one(
        f"responses: {{'200': {{{JSON} {{$ref: '#/components/schemas/A'}}}}}}}}}}",
        """
        components:
          schemas:
            A: {type: object, allOf: [{$ref: '#/components/schemas/B'}], properties: {a: {$ref: '#/components/schemas/A'}}}
            B: {allOf: [{$ref: '#/components/schemas/A'}]}
        """,
    )
    assert any("the schema would hold itself whole" in lost for lost in found.lost)
    assert _schemas(found)["components"]["schemas"]["A"]["properties"] == {"a": {"$ref": "#/components/schemas/A"}}


def test_schemas_that_differ(one: Callable[..., Any]) -> None:
    """Several successes with one schema have it; with several, one that is any of them, or nothing where one has none."""
    same = "{content: {application/json: {schema: {$ref: '#/components/schemas/A'}}}}"
    root = "components: {schemas: {A: {type: integer}}}"
    assert one(f"responses: {{'200': {same}, '201': {same}}}", root)["schema"].endswith("/A")
    other = f"{{{JSON} {{type: string}}}}}}}}"
    found = one(f"responses: {{'200': {same}, '201': {other}, '204': {{}}}}", root)
    assert found["schema"] == "api.schemas.json#/components/schemas/GET-things.responses"
    whole = _schemas(found)
    assert whole["components"]["schemas"]["GET-things.responses"] == {
        "anyOf": [
            {"$ref": "#/components/schemas/A"},
            {"$ref": "#/paths/~1things/get/responses/201/content/application~1json/schema"},
            {"enum": [None]},
        ]
    }
    assert found.losses == []
    for body, fits in ((1, True), ("a", True), (None, True), ([], False)):
        judged = _judge(found, whole, found["schema"], body)
        assert judged is fits, body


def test_examples_of_answers(one: Callable[..., Any]) -> None:
    """Examples of responses are nothing that is sent: nothing is told of those that cannot be read."""
    examples = "{a: {externalValue: 'https://x.test/a'}, b: {$ref: '#/nowhere'}}"
    assert one(f"responses: {{'200': {{content: {{application/json: {{examples: {examples}}}}}}}}}").losses == []


def test_what_is_only_written(one: Callable[..., Any]) -> None:
    """What is `writeOnly`, also by a schema that it is made of, is not required of an answer."""
    found = one(
        f"responses: {{'200': {{{JSON} {{$ref: '#/components/schemas/A'}}}}}}}}}}",
        """
        components:
          schemas:
            A: {required: [a, b, c], properties: {a: {allOf: [{writeOnly: true}]}, b: {$ref: '#/components/schemas/B'}, c: {}}}
            B: {writeOnly: true}
        """,
    )
    assert _schemas(found)["components"]["schemas"]["A"]["required"] == ["c"]


def test_an_answer_that_may_be_anything(one: Callable[..., Any]) -> None:
    """Where one of several successes may be anything, no schema judges, which is told of the others."""
    some, any_ = f"{{{JSON} {{type: string}}}}}}}}", "{content: {application/json: {}}}"
    found = one(f"responses: {{'200': {some}, '201': {any_}}}")
    assert "schema" not in found
    place = "#/paths/~1things/get/responses/201/content/application~1json/schema"
    assert found.lost == [f"the schema of a response: another answer, {place}, may be anything"]


@pytest.mark.parametrize("version", ["2.0", "3.0.3"])
def test_bytes_are_not_judged(one: Callable[..., Any], version: str) -> None:
    """An answer of bytes has no schema and asks for no JSON, whatever its type says or does not say."""
    schema = "{type: string, format: binary}"
    answer = f"schema: {schema}" if version == "2.0" else f"content: {{application/octet-stream: {{schema: {schema}}}}}"
    found = one(f"responses: {{'200': {{description: a file, {answer}}}}}", version=version)
    assert "schema" not in found
    assert "application/json" not in found.text


@pytest.mark.parametrize("schema", ["{}", "{description: anything}"])
def test_schemas_that_say_nothing(one: Callable[..., Any], schema: str) -> None:
    """A schema that lets everything pass is not written."""
    found = one(f"responses: {{'200': {{{JSON} {schema}}}}}}}}}")
    assert "schema" not in found
    assert found.losses == []
