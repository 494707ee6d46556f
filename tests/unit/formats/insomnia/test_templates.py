"""Insomnia's templates → expressions."""

from __future__ import annotations

import pytest

from runner.formats.draft import usable_name
from runner.formats.insomnia import templates
from runner.formats.jsonpath import UntranslatableError

VARIABLES = {
    "_.user.name": "user.name",
    "user": "user",
    "_['a-b']": "a_b",
    "_.a[0].b": "a[0].b",
    "x | upper": "upper(x)",
    "x | default('n')": "x || 'n'",
    "'literal'": "'literal'",
    "5": "`5`",
}
TAGS = {
    "uuid 'v4'": "uuid()",
    "now 'iso-8601', ''": "now()",
    "now 'unix'": "timestamp()",
    "timestamp 'millis'": "multiply(timestamp(), `1000`)",
    "base64 'encode', 'normal', _.x": "base64(x)",
    "base64 'decode', 'normal', 'QQ=='": "base64_decode('QQ==')",
    "hash 'sha256', 'hex', _.x": "sha256(x)",
    "jsonpath x, '$.a'": "parse_json(x).a",
    "faker 'guid'": "uuid()",
}
REFERENCES = {
    "response 'body', 'req_1', '$.a.b'": "body.a.b",
    "response 'body', 'req_1', 'b64::JC5h::46b', 'never', 60": "body.a",
    "response 'header', 'req_1', 'X-A'": 'headers."x-a"',
    "response 'raw', 'req_1', ''": "text",
    "response 'url', 'req_1', ''": "url",
}
UNTRANSLATABLE = (
    "prompt 'a'", "now 'custom', 'YYYY'", "hash 'sha1', 'hex', 'x'", "response 'body', 'req_1', '/a/b'",
    "response 'body', '', '$.a'", "response 'body', _.x, '$.a'", "jsonpath x", "faker 'randomFirstName'",
)  # fmt: skip


@pytest.mark.parametrize("inner", VARIABLES)
def test_variables(inner: str) -> None:
    """Names, paths, filters and literals are expressions."""
    assert templates.variable(inner, usable_name) == VARIABLES[inner]


@pytest.mark.parametrize("inner", ["a + b", "x | reverse", "x if y"])
def test_other_variables(inner: str) -> None:
    """What is more than that is said."""
    with pytest.raises(UntranslatableError, match=r"\w"):
        templates.variable(inner, usable_name)


@pytest.mark.parametrize("inner", TAGS)
def test_tags(inner: str) -> None:
    """Tags that make something up are functions."""
    assert templates.tag(inner, usable_name).expression == TAGS[inner]


@pytest.mark.parametrize("inner", REFERENCES)
def test_references(inner: str) -> None:
    """A tag that asks for a response names the request, and what is taken of its response."""
    reference = templates.tag(inner, usable_name).reference
    assert reference is not None
    assert (reference.request, reference.expression) == ("req_1", REFERENCES[inner])


@pytest.mark.parametrize("inner", UNTRANSLATABLE)
def test_other_tags(inner: str) -> None:
    """Tags without a counterpart are said."""
    with pytest.raises(UntranslatableError, match=r"\w"):
        templates.tag(inner, usable_name)
