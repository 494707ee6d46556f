"""Parameters: where they go, how their values travel, and what their variables are called."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from runner.formats.openapi.variables import parameter_name, singular, snake

One = Callable[..., Any]
Shown = Callable[[Any], Any]

LIST = {"schema": {"type": "array", "items": {"type": "string"}}, "example": ["a", "b"]}
OBJECT = {"schema": {"type": "object"}, "example": {"x": 1, "y": [2, 3]}}


def operation(**parameter: Any) -> str:
    return json.dumps({"parameters": [{"name": "p", "required": True, **parameter}]})


@pytest.mark.parametrize(
    ("parameter", "query"),
    [
        ({"example": "a&b"}, {"p": "a&b"}),
        ({"example": 5}, {"p": 5}),
        ({"example": True}, {"p": True}),
        ({"example": "{{x}}"}, {"p": "\\{{x}}"}),
        ({"examples": {"one": {"value": 1}, "two": {"value": 2}}}, {"p": 1}),
        ({"examples": {"one": {"$ref": "#/x-one"}}}, {"p": "p"}),
        ({"schema": {"type": "integer"}, "example": "7"}, {"p": 7}),
        (LIST, {"p": ["a", "b"]}),
        ({**LIST, "explode": False}, {"p": "a,b"}),
        ({**LIST, "style": "spaceDelimited", "explode": False}, {"p": "a b"}),
        ({**LIST, "style": "pipeDelimited", "explode": False}, {"p": "a|b"}),
        ({**LIST, "style": "pipeDelimited", "explode": True}, {"p": ["a", "b"]}),
        ({**LIST, "style": "spaceDelimited"}, {"p": "a b"}),
        (OBJECT, {"x": 1, "y": [2, 3]}),
        ({**OBJECT, "explode": False}, {"p": "x,1,y,[2,3]"}),
        ({**OBJECT, "style": "deepObject"}, {"p[x]": 1, "p[y][]": [2, 3]}),
        ({"style": "deepObject", "example": {"a": {"b": [{"c": 1}]}}}, {"p[a][b][0][c]": 1}),
        ({"content": {"application/json": {"example": {"a": [1]}}}}, {"p": '{"a":[1]}'}),
        ({"content": {"application/x-www-form-urlencoded": {"example": {"a": "x y", "b": [1]}}}}, {"p": "a=x+y&b=%5B1%5D"}),
        ({"schema": {"enum": ["", None, "a"]}}, {"p": "a"}),
        ({"schema": {"enum": [""]}}, {"p": ""}),
        ({"schema": {"type": "array", "items": {"type": "object"}}, "example": [{"a": 1}]}, {"p": ['{"a":1}']}),
    ],
)  # fmt: skip
def test_query(one: One, parameter: dict[str, Any], query: dict[str, Any]) -> None:
    """A query parameter becomes the entries that its style asks for."""
    assert one(operation(**{"in": "query"}, **parameter))["query"] == query


@pytest.mark.parametrize(
    ("parameter", "url", "variables"),
    [
        ({"example": "a"}, "/x/{{p}}", {"p": "a"}),
        ({"example": 7}, "/x/{{p}}", {"p": 7}),
        ({"example": "a/b?"}, "/x/{{url_encode(p)}}", {"p": "a/b?"}),
        ({"example": "{{x}}"}, "/x/{{p}}", {"p": "\\{{x}}"}),
        (LIST, "/x/{{p}}", {"p": "a,b"}),
        ({**LIST, "style": "label"}, "/x/.{{p}}", {"p": "a,b"}),
        ({**LIST, "style": "label", "explode": True}, "/x/.{{p}}", {"p": "a.b"}),
        ({**LIST, "style": "matrix"}, "/x/;p={{p}}", {"p": "a,b"}),
        ({**LIST, "style": "matrix", "explode": True}, "/x/;{{p}}", {"p": "p=a;p=b"}),
        ({**OBJECT, "style": "matrix", "explode": True}, "/x/;{{p}}", {"p": "x=1;y=[2,3]"}),
        ({**OBJECT, "explode": True}, "/x/{{p}}", {"p": "x=1,y=[2,3]"}),
        ({"example": 7, "style": "matrix"}, "/x/;p={{p}}", {"p": 7}),
    ],
)  # fmt: skip
def test_path(one: One, parameter: dict[str, Any], url: str, variables: dict[str, Any]) -> None:
    """A path parameter becomes a variable, with what its style puts in front."""
    found = one(operation(**{"in": "path"}, **parameter), path="/x/{p}")
    assert found["url"] == url
    assert found.collection["variables"] == {"base_url": "https://api.test/v1", **variables}


@pytest.mark.parametrize(
    ("place", "key", "parameter", "value"),
    [
        ("header", "headers", LIST, "a,b"),
        ("header", "headers", {**OBJECT, "explode": True}, "x=1,y=[2,3]"),
        ("header", "headers", {"example": "two\nlines"}, "two lines"),
        ("header", "headers", {"example": True}, "true"),
        ("cookie", "cookies", {"example": "a"}, "a"),
        ("cookie", "cookies", LIST, "a,b"),
        ("cookie", "cookies", {**LIST, "style": "cookie"}, ["a", "b"]),
    ],
)
def test_headers_and_cookies(one: One, place: str, key: str, parameter: dict[str, Any], value: Any) -> None:
    """Headers and cookies are one text each."""
    assert one(operation(**{"in": place}, **parameter))[key] == {"p": value}


COLOURS = ["blue", "black", "brown"]
RGB = {"R": 100, "G": 200, "B": 150}


@pytest.mark.parametrize(
    ("place", "style", "explode", "value", "sent"),
    [
        ("path", "matrix", False, "blue", ";color=blue"),
        ("path", "matrix", False, COLOURS, ";color=blue,black,brown"),
        ("path", "matrix", False, RGB, ";color=R,100,G,200,B,150"),
        ("path", "matrix", True, COLOURS, ";color=blue;color=black;color=brown"),
        ("path", "matrix", True, RGB, ";R=100;G=200;B=150"),
        ("path", "label", False, "blue", ".blue"),
        ("path", "label", False, COLOURS, ".blue,black,brown"),
        ("path", "label", False, RGB, ".R,100,G,200,B,150"),
        ("path", "label", True, COLOURS, ".blue.black.brown"),
        ("path", "label", True, RGB, ".R=100.G=200.B=150"),
        ("path", "simple", False, COLOURS, "blue,black,brown"),
        ("path", "simple", False, RGB, "R,100,G,200,B,150"),
        ("path", "simple", True, COLOURS, "blue,black,brown"),
        ("path", "simple", True, RGB, "R=100,G=200,B=150"),
        ("query", "form", False, "", "color="),
        ("query", "form", False, "blue", "color=blue"),
        ("query", "form", False, COLOURS, "color=blue,black,brown"),
        ("query", "form", False, RGB, "color=R,100,G,200,B,150"),
        ("query", "form", True, COLOURS, "color=blue&color=black&color=brown"),
        ("query", "form", True, RGB, "R=100&G=200&B=150"),
        ("query", "spaceDelimited", False, COLOURS, "color=blue%20black%20brown"),
        ("query", "spaceDelimited", False, RGB, "color=R%20100%20G%20200%20B%20150"),
        ("query", "pipeDelimited", False, COLOURS, "color=blue%7Cblack%7Cbrown"),
        ("query", "pipeDelimited", False, RGB, "color=R%7C100%7CG%7C200%7CB%7C150"),
        ("query", "deepObject", True, RGB, "color%5BR%5D=100&color%5BG%5D=200&color%5BB%5D=150"),
        ("header", "simple", False, COLOURS, "blue,black,brown"),
        ("header", "simple", False, RGB, "R,100,G,200,B,150"),
        ("header", "simple", True, RGB, "R=100,G=200,B=150"),
        ("cookie", "form", False, "blue", "color=blue"),
        ("cookie", "form", False, COLOURS, "color=blue,black,brown"),
        ("cookie", "form", False, RGB, "color=R,100,G,200,B,150"),
        ("cookie", "cookie", True, COLOURS, "color=blue; color=black; color=brown"),
        ("cookie", "cookie", True, RGB, "R=100; G=200; B=150"),
    ],
)  # fmt: skip
def test_style_examples(
    one: One, run: Callable[..., Any], place: str, style: str, explode: bool, value: Any, sent: str
) -> None:
    """What is sent is what the standard's table of styles says (3.1.1 § Style Examples, for cookies also 3.2)."""
    parameter = {"in": place, "name": "color", "required": True, "style": style, "explode": explode, "example": value}
    found = one(json.dumps({"parameters": [parameter]}), path="/x/{color}" if place == "path" else "/x")
    (request,) = run(found.text).sent
    path, _, query = request.url.removeprefix("https://api.test/v1/x").partition("?")
    headers = {name.lower(): text for name, text in request.headers}
    got = {"path": path[1:], "query": query, "header": headers.get("color"), "cookie": headers.get("cookie")}
    assert got[place] == sent


@pytest.mark.parametrize(
    ("place", "collection", "sent"),
    [
        ("query", "csv", "a,b"), ("query", "ssv", "a b"), ("query", "tsv", "a\tb"), ("query", "pipes", "a|b"),
        ("query", "multi", ["a", "b"]), ("query", None, "a,b"), ("header", "csv", "a,b"), ("header", "pipes", "a|b"),
        ("header", "ssv", "a b"), ("formData", "multi", ["a", "b"]), ("formData", "pipes", "a|b"), ("formData", None, "a,b"),
    ],
)  # fmt: skip
def test_collection_formats(one: One, place: str, collection: str | None, sent: Any) -> None:
    """2.0's `collectionFormat` says what stands between items, wherever they go."""
    parameter = {"name": "p", "in": place, "required": True, "type": "array", "items": {"type": "string"}}
    parameter |= {"x-example": ["a", "b"], **({"collectionFormat": collection} if collection else {})}
    found = one(json.dumps({"parameters": [parameter]}), method="post", version="2.0")
    assert found[{"query": "query", "header": "headers", "formData": "form"}[place]] == {"p": sent}


def test_required_and_optional(one: One, shown: Shown) -> None:
    """What is required is active, what is optional stands beside it as a comment, or is one comment as a whole."""
    found = one("""
    parameters:
      - {name: a, in: query, example: 1}
      - {name: b, in: query, required: true, example: 2}
      - {name: c, in: header, example: 3}
      - {name: d, in: cookie, example: 4}
    """)
    assert shown(found["query"]) == {"# a": 1, "b": 2}
    assert '# headers: {c: "3"}\n    # cookies: {d: 4}\n' in found.text
    assert list(shown(found.draft)) == ["name", "url", "query", "# headers", "# cookies", "assert"]


def test_parameters_of_the_path(one: One) -> None:
    """Parameters of a path item hold for its operations, which may have their own of the same name and place."""
    root = """
    paths:
      /things:
        parameters:
          - {name: a, in: query, required: true, example: 1}
          - {name: b, in: query, required: true, example: 2}
        get: {parameters: [{name: b, in: query, required: true, example: 3}, {name: a, in: header, required: true, example: 4}]}
    """
    found = one("{}", root)
    assert found["query"] == {"a": 1, "b": 3}
    assert found["headers"] == {"a": "4"}


@pytest.mark.parametrize("name", ["Content-Type", "Content-Length", "Host", "content-type"])
def test_headers_that_others_write(one: One, name: str) -> None:
    """Headers that come with the body, or from whoever sends, are not written."""
    assert "headers" not in one(json.dumps({"parameters": [{"name": name, "in": "header", "required": True}]}))


def test_the_header_accept(one: One) -> None:
    """`Accept` is the JSON of the success; a parameter of that name says better."""
    responses = "responses: {'200': {content: {text/html: {}, application/json: {}}}}"
    assert one(responses).collection["defaults"] == {"headers": {"Accept": "application/json"}}
    found = one(f"{{parameters: [{{name: accept, in: header, example: application/vnd.x+json}}], {responses}}}")
    assert found.collection["defaults"] == {"headers": {"Accept": "application/vnd.x+json"}}


@pytest.mark.parametrize(
    ("name", "place", "secret"),
    [
        ("Authorization", "header", "authorization"),
        ("X-API-Key", "header", "x_api_key"),
        ("apiKey", "query", "api_key"),
        ("access_token", "query", "access_token"),
        ("client-secret", "query", "client_secret"),
        ("Ocp-Apim-Subscription-Key", "header", "ocp_apim_subscription_key"),
        ("password", "query", "password"),
        ("session_token", "cookie", "session_token"),
    ],
)
def test_credentials_are_secrets(one: One, name: str, place: str, secret: str) -> None:
    """What is called like a credential never has its example in the file: it is a secret from the environment."""
    parameter = {"name": name, "in": place, "required": True, "schema": {"type": "string"}, "example": "s3cret"}
    found = one(json.dumps({"parameters": [parameter]}))
    key = {"header": "headers", "query": "query", "cookie": "cookies"}[place]
    assert found[key] == {name: "{{" + secret + "}}"}
    assert found.collection["secrets"] == {secret: "{{env." + secret.upper() + "}}"}
    assert "s3cret" not in found.text


@pytest.mark.parametrize("name", ["page_token", "key", "token", "keyboard", "next_page_token", "author"])
def test_what_is_no_credential(one: One, name: str) -> None:
    """Names that only look a little like it keep their examples."""
    parameter = {"name": name, "in": "query", "required": True, "schema": {"type": "string"}, "example": "plain"}
    assert one(json.dumps({"parameters": [parameter]}))["query"] == {name: "plain"}


def test_a_token_in_a_path(one: One) -> None:
    """A credential in a path is a secret, too."""
    found = one("parameters: [{name: access_token, in: path, example: abc}]", path="/x/{access_token}")
    assert found["url"] == "/x/{{access_token}}"
    assert found.collection["secrets"] == {"access_token": "{{env.ACCESS_TOKEN}}"}


@pytest.mark.parametrize(
    ("operation", "path", "lost"),
    [
        ("{}", "/x/{id}", ["path parameter 'id': the document does not declare it"]),
        ("parameters: [{name: p, in: path}]", "/x", ["path parameter 'p': the path /x has no place for it"]),
        ("parameters: [{name: p, in: body}]", "/x", ["parameter 'p': 'body' is no place of a parameter"]),
        ("parameters: [{name: a b, in: header}]", "/x", ["header 'a b': that is no name of a header"]),
        ("parameters: [{name: p}]", "/x", ["a parameter: it has no 'name' or no 'in'"]),
        ("parameters: [{name: p, in: querystring}]", "/x", ["parameter 'p': a whole query string as one value (OpenAPI 3.2)"]),
        ("parameters: [{name: p, in: query, examples: {e: {externalValue: 'https://x'}}}]", "/x", ["the example 'e': it lies in a file of its own, and nothing is fetched"]),
        ("parameters: [{name: p, in: query, required: true, schema: {type: integer, example: x}}]", "/x", ["an example: it is string, and its schema says integer"]),
        ("parameters: [{name: p, in: query, allowReserved: true, example: a=b}]", "/x", ["'allowReserved' of 'p': queries are sent with ? # [ ] ! ' ( ) * + & = encoded"]),
        ("parameters: [{name: p, in: query, allowReserved: true, example: 'a/b:c@d'}]", "/x", []),
        ("parameters: [{name: p, in: query, required: true, schema: {type: object}}]", "/x", ["parameter 'p': its schema names no value"]),
        ("parameters: [{name: p, in: query, explode: false, example: ['a,b', c]}]", "/x", ["the items of 'p': an item has the character in it that stands between the items"]),
        ("parameters: [{name: p, in: query, example: ['a,b', c]}, {name: q, in: query, explode: false, style: pipeDelimited, example: ['a,b']}]", "/x", []),
        ("parameters: [{name: p, in: query, content: {application/xml: {example: {a: 1}}}}]", "/x", ["'p' as application/xml: it is written as JSON"]),
        ("parameters: [{name: p, in: query, schema: {pattern: '^(?=x)y$'}}]", "/x", ["the pattern ^(?=x)y$: no text that fits it was found"]),
    ],
)  # fmt: skip
def test_losses(one: One, operation: str, path: str, lost: list[str]) -> None:
    """What has no translation is told, each thing once."""
    assert one(operation, path=path).lost == lost


# --- names of variables --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "before", "like"),
    [
        ("id", "/users/", "user_id"),
        ("id", "/v1/companies/", "company_id"),
        ("ID", "/addresses/", "address_ID"),
        ("uuid", "/users/{user_id}/posts/", "post_uuid"),
        ("key", "/status/", "status_key"),
        ("id", "/", "id"),
        ("id", "/{tenant}/", "id"),
        ("petId", "/pets/", "petId"),
        ("user-name", "/users/", "user-name"),
    ],
)
def test_names_of_path_parameters(name: str, before: str, like: str) -> None:
    """A name that says little by itself has what stands before it in front; any other is kept."""
    assert parameter_name(name, before) == like


@pytest.mark.parametrize(
    ("word", "one_of_them"),
    [("users", "user"), ("companies", "company"), ("boxes", "box"), ("classes", "class"), ("status", "status"), ("news", "new"), ("people", "people"), ("ties", "tie")],
)  # fmt: skip
def test_singular(word: str, one_of_them: str) -> None:
    """English plurals lose their ending."""
    assert singular(word) == one_of_them


@pytest.mark.parametrize(
    ("name", "small"),
    [("petstoreAuth", "petstore_auth"), ("APIKey", "api_key"), ("OAuth2", "oauth2"), ("X-Api-Key", "x_api_key"), ("2fa", "_2fa"), ("ключ", "_")],
)  # fmt: skip
def test_snake(name: str, small: str) -> None:
    """Names of secrets are in small letters with `_` between their words."""
    assert snake(name) == small


def test_one_variable_for_one_thing(imported: Callable[..., Any]) -> None:
    """The same path parameter is one variable for all operations; one of the same name and another type is another."""
    found = imported("""
    openapi: 3.0.0
    paths:
      /users/{id}: {get: {parameters: [{name: id, in: path, schema: {type: integer}, example: 7}]}}
      /users/{id}/x: {get: {parameters: [{name: id, in: path, schema: {type: integer}, example: 8}]}}
      /users/{user_id}/y: {get: {parameters: [{name: user_id, in: path, schema: {type: string}, example: ada}]}}
      /items/{item}: {get: {parameters: [{name: item, in: path, schema: {type: string}, example: a}]}}
      /x/{a-b}: {get: {parameters: [{name: a-b, in: path, example: c}]}}
    """)
    assert [item["url"] for item in found.collection["requests"]] == [
        "/users/{{user_id}}", "/users/{{user_id}}/x", "/users/{{user_id_2}}/y", "/items/{{item_2}}", "/x/{{a_b}}",
    ]  # fmt: skip
    variables = {k: v for k, v in found.collection["variables"].items() if isinstance(k, str)}
    assert variables == {
        "base_url": "{{origin}}", "origin": "{{env.API_ORIGIN}}", "user_id": 7, "user_id_2": "ada", "item_2": "a", "a_b": "c",
    }  # fmt: skip


def test_paths_as_they_are_written(one: One) -> None:
    """Literal braces are escaped, and a fragment, which tells operations apart, is not sent."""
    assert one("{}", path="/a{{b}}#x")["url"] == "/a%7B{{b}}}"
    assert one("{}", path="/a?x=1")["url"] == "/a?x=1"
