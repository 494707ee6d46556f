"""A plan as the skeleton of an OpenAPI document."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import yaml

from runner.formats.openapi_export import dump

Document = Callable[..., dict[str, Any]]


@pytest.fixture
def document(plan: Callable[..., Any]) -> Document:
    """`document(text)`: the document of a file, which is valid by OpenAPI's own schema where a validator is there."""

    def of(text: str, **options: Any) -> dict[str, Any]:
        made: dict[str, Any] = yaml.safe_load(dump(plan(text, any_environment=True, **options)).text)
        validator = pytest.importorskip("openapi_spec_validator")
        validator.validate(made)
        return made

    return of


def test_paths(document: Document) -> None:
    """A placeholder in a URL is a path parameter; requests of one path and method are one operation."""
    made = document(
        """
        base_url: https://x.test/v1
        variables: {nobody: 0}
        requests:
          - {name: One, url: "/users/{{id}}", variables: {id: 7}, query: {$top: 5}, assert: [status: 200]}
          - {name: None, url: "/users/{{nobody}}", query: {$skip: 1}, assert: [status: 404]}
          - {name: Make, url: /users, json: {name: Ada, age: 36}, assert: [status: [200, 201]]}
        """
    )
    assert made["servers"] == [{"url": "https://x.test/v1"}]
    assert list(made["paths"]) == ["/users/{id}", "/users"]
    get = made["paths"]["/users/{id}"]["get"]
    assert get["operationId"] == "one"
    assert get["parameters"][0] == {
        "name": "id", "in": "path", "required": True, "schema": {"type": "integer"}, "example": 7,
    }  # fmt: skip
    assert [one["name"] for one in get["parameters"]] == ["id", "$top", "$skip"]
    assert get["responses"] == {"200": {"description": "OK"}, "404": {"description": "Not Found"}}
    body = made["paths"]["/users"]["post"]["requestBody"]["content"]["application/json"]
    assert body["example"] == {"name": "Ada", "age": 36}
    assert body["schema"]["properties"] == {"name": {"type": "string"}, "age": {"type": "integer"}}
    assert list(made["paths"]["/users"]["post"]["responses"]) == ["200", "201"]


def test_headers_in_any_case(document: Document) -> None:
    """A header of several requests of one operation is one parameter, however it is written."""
    made = document(
        """
        requests:
          - {name: A, url: "https://x.test/a", headers: {X-Client: a}}
          - {name: B, url: "https://x.test/a", headers: {x-client: b}}
        """
    )
    assert [one["name"] for one in made["paths"]["/a"]["get"]["parameters"]] == ["X-Client"]


def test_values_that_are_paths(document: Document) -> None:
    """A value with slashes in it cannot be a parameter: it stands in the path."""
    made = document(
        """
        base_url: https://x.test
        variables: {area: /echo/all, id: 5}
        requests: [{name: A, url: "{{area}}/{{id}}"}]
        """
    )
    assert list(made["paths"]) == ["/echo/all/{id}"]


def test_servers(document: Document) -> None:
    """Each environment's base URL is a server; what only a run knows is a variable of it; others stand at their path."""
    made = document(
        """
        base_url: "{{host}}/v1"
        environments: {test: {host: "https://test.test"}, live: {host: "https://{{env.REGION}}.test"}}
        requests:
          - {name: A, url: /a}
          - {name: B, url: "https://other.test/b?x=1"}
        """,
        environment="test",
    )
    assert made["servers"][0] == {"url": "https://test.test/v1", "description": "test"}
    assert made["servers"][1]["url"] == "https://{REGION}.test/v1"
    assert list(made["servers"][1]["variables"]) == ["REGION"]
    assert made["paths"]["/b"]["servers"] == [{"url": "https://other.test"}]
    assert made["paths"]["/b"]["get"]["parameters"][0]["name"] == "x"


@pytest.mark.parametrize(
    ("auth", "name", "expected"),
    [
        ("{type: bearer, token: '{{env.T}}'}", "bearer", {"type": "http", "scheme": "bearer"}),
        ("{type: basic, username: a, password: '{{env.P}}'}", "basic", {"type": "http", "scheme": "basic"}),
        (
            "{type: api_key, name: key, value: '{{env.K}}', in: query}",
            "api_key",
            {"type": "apiKey", "name": "key", "in": "query"},
        ),
        (
            "{type: oauth2, issuer: 'https://i.test', client_id: a, client_secret: '{{env.S}}'}",
            "openid",
            {"type": "openIdConnect", "openIdConnectUrl": "https://i.test/.well-known/openid-configuration"},
        ),
        (
            "{type: oauth2, token_url: 'https://i.test/{{env.T}}', client_id: a, client_secret: '{{env.S}}', scope: a b}",
            "oauth2",
            {
                "type": "oauth2",
                "flows": {"clientCredentials": {"tokenUrl": "https://i.test/{T}", "scopes": {"a": "", "b": ""}}},
            },
        ),
    ],
)
def test_security(document: Document, auth: str, name: str, expected: dict[str, Any]) -> None:
    """What authenticates is a security scheme, without any credential."""
    made = document(f"requests: [{{name: A, url: 'https://x.test/', auth: {auth}}}]")
    assert made["components"]["securitySchemes"] == {name: expected}
    assert list(made["paths"]["/"]["get"]["security"][0]) == [name]
    assert "parameters" not in made["paths"]["/"]["get"]


def test_secrets_are_no_examples(document: Document) -> None:
    """What is secret, or known in a run only, has no example."""
    made = document(
        """
        secrets: {pin: hush-hush}
        requests: [{name: A, url: "https://x.test/", headers: {X-Pin: "{{pin}}"}, json: {pin: "{{pin}}", a: "{{env.A}}"}}]
        """
    )
    assert "hush" not in str(made)
    operation = made["paths"]["/"]["post"]
    assert operation["parameters"] == [{"name": "X-Pin", "in": "header", "schema": {"type": "string"}}]
    assert "example" not in operation["requestBody"]["content"]["application/json"]


def test_bodies(document: Document) -> None:
    """Each body has its media type."""
    made = document(
        """
        base_url: https://x.test
        secrets: {pin: hush-hush}
        requests:
          - {name: A, url: /a, form: {a: [x, y], b: z}}
          - {name: B, url: /b, multipart: {a: x, s: "{{pin}}", l: [1, 2], t: {value: {x: 1}, content_type: a/b}, f: {file: a.csv}}}
          - {name: C, url: /c, file: a.csv}
          - {name: D, url: /d, text: hello, headers: {Content-Type: text/x-hello}}
          - {name: E, url: /e, graphql: {query: "{ a }", operation: q}}
        """
    )
    contents = {path: it["post"]["requestBody"]["content"] for path, it in made["paths"].items()}
    assert contents["/a"]["application/x-www-form-urlencoded"]["example"] == {"a": ["x", "y"], "b": "z"}
    parts = contents["/b"]["multipart/form-data"]
    assert parts["schema"]["properties"]["f"]["contentMediaType"] == "text/csv"
    assert parts["schema"]["properties"]["l"]["type"] == "array"
    assert parts["example"] == {"a": "x", "l": [1, 2], "t": {"x": 1}}
    assert parts["encoding"] == {"t": {"contentType": "a/b"}}
    assert list(contents["/c"]) == ["text/csv"]
    assert contents["/d"] == {"text/x-hello": {"schema": {"type": "string"}, "example": "hello"}}
    assert contents["/e"]["application/json"]["example"] == {"query": "{ a }", "operationName": "q"}


def test_texts_are_texts_to_every_reader(document: Document) -> None:
    """What older YAML takes for something else stays a text."""
    made = document(
        "requests: [{name: A, url: 'https://x.test', query: {a: 'no', b: '012', c: '2024-01-01', d: '1_0'}}]"
    )
    examples = [one["example"] for one in made["paths"]["/"]["get"]["parameters"]]
    assert examples == ["no", "012", "2024-01-01", "1_0"]


def test_losses(plan: Callable[..., Any]) -> None:
    """What a document has no place for is told by its request."""
    made = dump(
        plan(
            """
            requests:
              - {name: A, url: "https://x.test", method: PURGE}
              - {name: B, url: "https://x.test", capture: {id: body.id}, assert: [status: 200, body.a: 1]}
            """
        )
    )
    assert [(loss.path, loss.what) for loss in made.losses] == [
        ("A", "the method 'PURGE'"),
        ("B", "an assertion"),
        ("B", "'capture'"),
    ]
