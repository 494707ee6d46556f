"""The demo's GraphQL: enough of it for examples, and answers of the right shape to everything else."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.demo.graphql import GraphQL
from runner.demo.messages import Call
from runner.demo.people import Directory

(ROUTE,) = GraphQL(Directory()).routes()


def ask(body: Any) -> tuple[int, Any]:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    reply = ROUTE.handler(Call("POST", "/graphql", "", {}, content, "http://h"))
    return reply.status, json.loads(reply.body)


def data(query: str, **more: Any) -> Any:
    status, answer = ask({"query": query, **more})
    assert (status, "errors" in answer) == (200, False), answer
    return answer["data"]


def errors(query: str, **more: Any) -> list[str]:
    status, answer = ask({"query": query, **more})
    assert status == 200
    return [error["message"] for error in answer["errors"]]


def test_queries() -> None:
    """Fields, arguments, variables, aliases, comments and commas; one operation of several by its name."""
    assert data("{ users(first: 1) { name } }") == {"users": [{"name": "Ada Byrne"}]}
    assert data("query Q($n: Int!, $m: [Int!] = 5) { users(first: $n) { name mail } }", variables={"n": 2})["users"][
        1
    ] == {
        "name": "Alma Okafor",
        "mail": data("{ users(first: 2) { mail } }")["users"][1]["mail"],
    }
    ada = data("{ users(first: 1) { id } }")["users"][0]["id"]
    assert data(f'{{ who: user(id: "{ada}") {{ name }} # a comment\n }}') == {"who": {"name": "Ada Byrne"}}
    assert data("query A { users(first: 1) { name } }, query B { users(first: 2) { name } }", operationName="B") == {
        "users": [{"name": "Ada Byrne"}, {"name": "Alma Okafor"}]
    }
    assert len(data("{ users { id } }")["users"]) > 5


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("{ nope { id } }", "Cannot query field 'nope' on type 'Query'."),
        ("{ users { nope } }", "Cannot query field 'nope' on type 'User'."),
        ("{ users }", "'User' wants its fields."),
        ('{ user(id: "x") { id } }', "there is no user 'x'"),
        ("{ users { id }", "Syntax Error"),
        ("{ users(first: ", "Syntax Error"),
        ("query (", "Syntax Error"),
        ("mutation { add }", "Syntax Error: Expected 'query', found 'mutation'."),
        ("{ users(first: nope) { id } }", "Syntax Error: Unexpected 'nope'."),
        ('{ users(first: "1") { id } }', 'Int cannot represent non-integer value: "1"'),
        ("", "Unknown operation named ''."),
    ],
)
def test_errors_come_with_status_200(query: str, message: str) -> None:
    """As most servers have it: the errors are in the answer."""
    assert errors(query)[0].startswith(message)


def test_an_error_of_one_field_leaves_the_others() -> None:
    """Data and errors side by side, with the path of the field that failed."""
    _, answer = ask({"query": '{ a: user(id: "x") { id } users(first: 1) { name } }'})
    assert answer == {
        "data": {"a": None, "users": [{"name": "Ada Byrne"}]},
        "errors": [{"message": "there is no user 'x'", "path": ["a"]}],
    }


@pytest.mark.parametrize("body", [b"no JSON", b"[]", b"{}", b'{"query": 5}', b"5"])
def test_what_is_no_graphql_request(body: bytes) -> None:
    """400, and an error of the usual shape."""
    status, answer = ask(body)
    assert (status, bool(answer["errors"])) == (400, True)


@given(st.text('{}()[]:!$"#,\\ \nabquery1', max_size=40))
def test_any_document_has_an_answer(query: str) -> None:
    """Data or errors, and never a fault of the server."""
    status, answer = ask({"query": query})
    assert status == 200
    assert set(answer) <= {"data", "errors"}
