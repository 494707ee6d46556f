"""Request bodies: which type is sent, and what it becomes."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from xml.etree import ElementTree

import pytest

One = Callable[..., Any]
Shown = Callable[[Any], Any]

PET = {
    "type": "object",
    "required": ["name"],
    "properties": {
        "name": {"type": "string"},
        "age": {"type": "integer"},
        "photo": {"type": "string", "format": "binary"},
    },
}
PLAIN = {key: value for key, value in PET["properties"].items() if key != "photo"}  # type: ignore[attr-defined]


def body(content: dict[str, Any], **more: Any) -> str:
    return json.dumps({"requestBody": {"required": True, "content": content, **more}})


def keys(found: Any) -> dict[str, Any]:
    """The draft without name, method, url and assertions."""
    return {key: value for key, value in found.draft.items() if key not in ("name", "method", "url", "assert")}


@pytest.mark.parametrize(
    ("media", "expected"),
    [
        ({"application/json": {"example": {"a": 1}}}, {"json": {"a": 1}}),
        ({"application/json; charset=utf-8": {"example": [1]}}, {"json": [1]}),
        ({"application/json": {"examples": {"x": {"value": {"a": "{{b}}"}}}}}, {"json": {"a": "\\{{b}}"}}),
        ({"application/json": {"example": '{"a": 1}'}}, {"json": {"a": 1}}),
        ({"application/json": {"example": "text"}}, {"json": "text"}),
        ({"application/json": {"schema": {"type": "object"}}}, {"json": {}}),
        ({"application/vnd.api+json": {"example": {"a": 1}}}, {"headers": {"Content-Type": "application/vnd.api+json"}, "json": {"a": 1}}),
        ({"*/*": {"schema": {"type": "object", "example": {"a": 1}}}}, {"json": {"a": 1}}),
        ({"*/*": {"schema": {"type": "string", "format": "binary"}}}, {"file": "files/sample.txt"}),
        ({"text/plain": {"example": "hi"}}, {"text": "hi"}),
        ({"text/csv": {"example": "a,b"}}, {"headers": {"Content-Type": "text/csv"}, "text": "a,b"}),
        ({"application/octet-stream": {}}, {"headers": {"Content-Type": "application/octet-stream"}, "file": "files/sample.txt"}),
        ({"image/png": {"schema": {"type": "string", "format": "binary"}}}, {"headers": {"Content-Type": "image/png"}, "file": "files/sample.txt"}),
        ({"image/*": {}}, {"file": "files/sample.txt"}),
        ({"application/cbor": {"schema": {"type": "object", "example": {"a": 1}}}}, {"headers": {"Content-Type": "application/cbor"}, "text": '{"a":1}'}),
        ({"application/x-ndjson": {"example": [{"a": 1}, 2]}}, {"headers": {"Content-Type": "application/x-ndjson"}, "text": '{"a":1}\n2\n'}),
        ({"application/yaml": {"example": {"a": 1}}}, {"headers": {"Content-Type": "application/yaml"}, "text": '{"a":1}'}),
        ({"application/xml": {"example": "<a/>"}}, {"headers": {"Content-Type": "application/xml"}, "text": "<a/>"}),
        ({"application/x-www-form-urlencoded": {"example": {"a": [1, 2], "b": "c"}}}, {"form": {"a": [1, 2], "b": "c"}}),
        ({"application/x-www-form-urlencoded": {"example": "a=1&a=2&b=%26"}}, {"form": {"a": ["1", "2"], "b": "&"}}),
    ],
)  # fmt: skip
def test_types(one: One, media: dict[str, Any], expected: dict[str, Any]) -> None:
    """Each media type becomes the key that sends it, with a header where its type has to be said."""
    assert keys(one(body(media), method="post")) == expected


@pytest.mark.parametrize("media", ["application/cbor", "text/csv"])
def test_structures_of_other_types(one: One, media: str) -> None:
    """A structure of a type that is not JSON's is written as JSON, which is told."""
    found = one(body({media: {"schema": {"type": "object"}, "example": {"a": 1}}}), method="post")
    assert found["text"] == '{"a":1}'
    assert found.lost == [f"the body as {media}: it is written as JSON"]


def test_bytes_of_3_1(one: One) -> None:
    """A part is a file by 3.1's `contentMediaType`, and by `contentEncoding: binary`, which many write."""
    told = ({"contentMediaType": "image/png"}, {"contentEncoding": "binary"}, {"contentEncoding": "base64"})
    properties = {f"p{place}": {"type": "string", **words} for place, words in enumerate(told)}
    schema = {"type": "object", "properties": properties}
    found = one(body({"multipart/form-data": {"schema": schema}}), method="post", version="3.1.0")
    assert found["multipart"] == {
        "p0": {"file": "files/sample.txt", "content_type": "image/png"},
        "p1": {"file": "files/sample.txt"},
        "p2": "p2",
    }


def test_the_type_of_a_body_that_is_a_comment(one: One) -> None:
    """The type of a body that is not sent is a comment among the headers."""
    parameters = [{"name": "X", "in": "header", "required": True, "example": "x"}]
    media = {"application/octet-stream": {}}
    found = one(
        body(media, required=False).replace("{", f'{{"parameters": {json.dumps(parameters)}, ', 1), method="delete"
    )
    assert (
        "    headers:\n      X: x\n      # Content-Type: application/octet-stream\n    # file: files/sample.txt\n"
        in found.text
    )


def test_json_of_a_schema(one: One) -> None:
    """A JSON body is made of its schema: what is required is active, the rest are comments."""
    found = one(body({"application/json": {"schema": {**PET, "properties": PLAIN}}}), method="post")
    assert "    json:\n      name: name\n      # age: 1\n" in found.text


def test_a_body_of_comments_alone(one: One) -> None:
    """Where nothing of a JSON body is required but inner objects could be sent, it is an empty object, not null."""
    inner = {"type": "object", "properties": {"x": {"type": "integer"}}}
    schema = {"type": "object", "properties": {"a": inner, "b": inner}}
    found = one(body({"application/json": {"schema": schema}}), method="post")
    assert found["json"] == {}
    assert "    # json:\n    #   a: {x: 1}\n    #   b: {x: 1}\n    json: {}\n" in found.text


@pytest.mark.parametrize(
    ("types", "taken"),
    [
        (["application/xml", "application/json"], "application/json"),
        (["multipart/form-data", "application/x-www-form-urlencoded"], "application/x-www-form-urlencoded"),
        (["text/plain", "text/xml"], "text/xml"),
        (["application/pdf", "text/plain"], "text/plain"),
        (["application/json", "application/vnd.x+json"], "application/json"),
    ],
)
def test_one_of_several(one: One, types: list[str], taken: str) -> None:
    """Of several types the one that is best to write is taken; each of the others is told."""
    schema = {"type": "object", "properties": {"a": {"type": "string"}}}
    media = {name: {"schema": {"type": "string"} if name == "text/plain" else schema} for name in types}
    found = one(body(media), method="post")
    others = [name for name in types if name != taken]
    assert found.lost == [f"the body as {name}: a request has one body: {taken} is taken" for name in others]


@pytest.mark.parametrize(("method", "is_comment"), [("get", True), ("delete", True), ("post", False), ("patch", False)])
def test_bodies_that_are_not_required(one: One, method: str, is_comment: bool) -> None:
    """A body that is not required is sent, but by methods that seldom have one."""
    found = one(body({"application/json": {"example": {"a": 1}}}, required=False), method=method)
    assert ("json" not in found) is is_comment
    assert ("    # json: {a: 1}\n" in found.text) is is_comment


def test_a_body_with_get(one: One) -> None:
    """A body that is required goes with GET, which has to be written then."""
    found = one(body({"application/json": {"example": {"a": 1}}}))
    assert (found["method"], found["json"]) == ("GET", {"a": 1})


# --- forms ---------------------------------------------------------------------------------------------------------


def test_form_of_a_schema(one: One, shown: Shown) -> None:
    """A form has its schema's properties, styled as its encoding says; an object without a style is JSON."""
    schema = {
        "type": "object",
        "required": ["a", "b", "c", "d"],
        "properties": {
            "a": {"type": "string"},
            "b": {"type": "array", "items": {"type": "integer"}},
            "c": {"type": "object", "example": {"x": 1}},
            "d": {"type": "object", "example": {"x": 1}},
            "e": {"type": "array", "items": {"type": "integer"}, "example": [1, 2]},
            "f": {"type": "integer", "readOnly": True},
        },
    }
    encoding = {"d": {"style": "deepObject"}, "e": {"style": "form", "explode": False}}
    found = one(body({"application/x-www-form-urlencoded": {"schema": schema, "encoding": encoding}}), method="post")
    assert shown(found["form"]) == {"a": "a", "b": [1], "c": '{"x":1}', "d[x]": 1, "# e": "1,2"}


def test_form_by_example(one: One, shown: Shown) -> None:
    """An example says which fields are sent, and may have more of them than the schema."""
    schema = {"type": "object", "properties": {"a": {"type": "string"}, "b": {"type": "string"}}}
    found = one(
        body({"application/x-www-form-urlencoded": {"schema": schema, "example": {"b": "x", "z": 1}}}), method="post"
    )
    assert shown(found["form"]) == {"# a": "a", "b": "x", "z": 1}


def test_multipart(one: One, shown: Shown) -> None:
    """Parts are texts, JSON or files; binary ones are sent from a file that is written beside the collection."""
    schema = {
        "type": "object",
        "required": ["name", "photo", "meta", "scans", "thumb"],
        "properties": {
            **PET["properties"],  # type: ignore[dict-item]
            "meta": {"type": "object", "example": {"a": 1}},
            "scans": {"type": "array", "items": {"type": "string", "format": "binary"}},
            "thumb": {"type": "string", "contentMediaType": "image/png"},
        },
    }
    encoding = {
        "photo": {"contentType": "image/png, image/jpeg"},
        "name": {"contentType": "text/plain"},
        "meta": {"contentType": "application/*"},
    }
    found = one(body({"multipart/form-data": {"schema": schema, "encoding": encoding}}), method="post")
    file = "files/sample.txt"
    assert shown(found["multipart"]) == {
        "name": {"value": "name", "content_type": "text/plain"},
        "# age": 1,
        "photo": {"file": file, "content_type": "image/png"},
        "meta": {"value": {"a": 1}},
        "scans": [{"file": file}],
        "thumb": {"file": file, "content_type": "image/png"},
    }
    assert list(found.imported.files) == [file]
    assert found.lost == []


def test_multipart_losses(one: One) -> None:
    """A multipart body of which no part is known, and headers of parts, are told."""
    found = one(body({"multipart/form-data": {}}), method="post")
    assert "multipart" not in found
    assert found.lost == ["a multipart body: the document names none of its parts"]
    media = {"schema": PET, "encoding": {"name": {"headers": {"X-Part": {}}}}}
    found = one(body({"multipart/form-data": media}), method="post")
    assert found.lost == ["the header 'X-Part' of a part: parts have no headers of their own"]


def test_fields_without_a_name(one: One) -> None:
    """A field without a name cannot be sent, and is told."""
    schema = {"type": "object", "properties": {"": {"type": "string"}, "a": {"type": "string"}}}
    found = one(body({"application/x-www-form-urlencoded": {"schema": schema}}), method="post")
    assert found["form"] == {"a": "a"}
    assert found.lost == ["a field of a form: it has no name"]


def test_files_without_a_folder(imported: Callable[..., Any]) -> None:
    """What goes to standard output alone has no files beside it: a text takes their place, and it is told."""
    media = {"multipart/form-data": {"schema": PET}}
    document = {"openapi": "3.0.0", "paths": {"/a": {"post": {"requestBody": {"content": media}}}}}
    found = imported(json.dumps(document), alone=True)
    assert found.files == {}
    assert [loss.what for loss in found.losses] == ["a file that is sent"]


@pytest.mark.parametrize("key", ["password", "clientSecret", "api_key", "refresh_token"])
def test_credentials_in_bodies(one: One, key: str) -> None:
    """What is called like a credential in a body is a secret from the environment, in examples, too."""
    found = one(body({"application/json": {"example": {"user": "ada", "login": {key: "s3cret"}}}}), method="post")
    assert "s3cret" not in found.text
    (secret,) = found.collection["secrets"]
    assert found["json"] == {"user": "ada", "login": {key: "{{" + secret + "}}"}}


def test_deep_examples(one: One) -> None:
    """An example that no collection's file could hold is told."""
    deep: Any = 1
    for _ in range(70):
        deep = [deep]
    found = one(body({"application/json": {"example": deep}}), method="post")
    assert found["json"] == {}
    assert found.lost == ["the example of a body: it is nested deeper than 60 levels"]


# --- XML -----------------------------------------------------------------------------------------------------------

XML_SCHEMA = {
    "type": "object",
    "xml": {"name": "pet", "namespace": "urn:pets"},
    "required": ["id", "name", "tags", "photos", "none"],
    "properties": {
        "id": {"type": "integer", "xml": {"attribute": True}},
        "name": {"type": "string", "example": "A & B", "xml": {"prefix": "p", "namespace": "urn:p"}},
        "tags": {
            "type": "array",
            "items": {"type": "string", "xml": {"name": "tag"}},
            "example": ["x", "y"],
            "xml": {"wrapped": True},
        },
        "photos": {"type": "array", "items": {"type": "string"}, "example": ["u", "v"]},
        "none": {"type": "object"},
    },
}


def test_xml_of_a_schema(one: One) -> None:
    """XML is made of a schema: its names, attributes, prefixes, wrapped and repeated elements."""
    found = one(body({"application/xml": {"schema": XML_SCHEMA}}), method="post")
    assert found["text"].splitlines() == [
        '<?xml version="1.0" encoding="UTF-8"?>',
        '<pet xmlns="urn:pets" id="1">',
        '  <p:name xmlns:p="urn:p">A &amp; B</p:name>',
        "  <tags>",
        "    <tag>x</tag>",
        "    <tag>y</tag>",
        "  </tags>",
        "  <photos>u</photos>",
        "  <photos>v</photos>",
        "  <none/>",
        "</pet>",
    ]
    ElementTree.fromstring(found["text"])


def test_xml_takes_the_name_of_its_schema(one: One) -> None:
    """The root element has the name of the schema, where nothing else is said; an example is written likewise."""
    root = "components: {schemas: {User: {type: object, properties: {a: {type: integer}}}}}"
    media = {"text/xml": {"schema": {"$ref": "#/components/schemas/User"}, "example": {"a": 5}}}
    assert one(body(media), root, method="post")["text"].splitlines()[1:] == ["<User>", "  <a>5</a>", "</User>"]
