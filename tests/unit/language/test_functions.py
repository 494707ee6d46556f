"""The functions of the expression language: what each gives, and how each refuses."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.errors import EvaluationError
from runner.language import functions, query
from runner.language.values import equal, parse_json

SCALARS = st.none() | st.booleans() | st.integers(-3, 3) | st.floats(allow_nan=False) | st.text(max_size=5)
JSON = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)


def call(name: str, *arguments: Any) -> Any:
    """The function's value on these arguments, as an expression gives it."""
    document = {f"a{number}": argument for number, argument in enumerate(arguments)}
    return query.compile(f"{name}({', '.join(document)})").evaluate(document)


def refusal(name: str, *arguments: Any) -> str:
    """The message with which the function refuses these arguments."""
    with pytest.raises(EvaluationError) as caught:
        call(name, *arguments)
    return caught.value.message


def outcome(name: str, arguments: list[Any]) -> str | None:
    """The message of a refusal, or None."""
    try:
        call(name, *arguments)
    except EvaluationError as error:
        return error.message
    return None


VALUES = [
    ("base64", ("ada",), "YWRh"),
    ("base64", (b"\xff\x00",), "/wA="),
    ("base64", ("é",), "w6k="),
    ("base64_decode", ("YWRh",), "ada"),
    ("base64_decode", ("w6k",), "é"),
    ("base64_decode", ("Pz8_",), "???"),
    ("md5", ("",), "d41d8cd98f00b204e9800998ecf8427e"),
    ("sha256", ("abc",), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
    ("sha256", (b"abc",), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
    # RFC 4231 § 4.3
    (
        "hmac_sha256",
        ("Jefe", "what do ya want for nothing?"),
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
    ),
    ("url_encode", ("a b/c?d#é~-._+",), "a%20b%2Fc%3Fd%23%C3%A9~-._%2B"),
    ("url_decode", ("a%20b%2Fc+d",), "a b/c+d"),
    ("lower", ("ADA",), "ada"),
    ("upper", ("ada",), "ADA"),
    ("trim", (" a\n",), "a"),
    ("split", ("a,b,", ","), ["a", "b", ""]),
    ("replace", ("a.b.c", ".", "-"), "a-b-c"),
    ("matches", ("order-42", r"-\d+$"), True),
    ("matches", ("order", r"\d"), False),
    ("match", ("order-42", r"(\w+)-(\d+)(x)?"), ["order-42", "order", "42", None]),
    ("match", ("order", r"\d"), None),
    ("parse_json", ('{"a": [1, null]}',), {"a": [1, None]}),
    ("date_add", ("2026-11-23T10:00:00Z", "1h"), "2026-11-23T11:00:00Z"),
    ("date_add", ("2026-11-23T10:00:00+02:00", "-90m"), "2026-11-23T08:30:00+02:00"),
    ("date_add", ("2026-02-27", "2d"), "2026-03-01"),
    ("date_add", ("2026-02-27", "36h"), "2026-02-28T12:00:00"),
    ("date_add", ("2026-11-23T10:00:00.0000000Z", "500ms"), "2026-11-23T10:00:00.5000000Z"),
    ("date_add", ("2026-11-23 10:00:00", 1.5), "2026-11-23 10:00:01.5"),
    ("date_format", ("2026-11-23T10:00:00Z", "%d.%m.%Y %H:%M"), "23.11.2026 10:00"),
    ("timestamp", ("1970-01-02T00:00:00Z",), 86400),
    ("timestamp", ("1970-01-01T00:00:00.5Z",), 0.5),
    ("timestamp", ("1970-01-01",), 0),
    ("unique", ([1, True, 1.0, "1", [1], [True], [1.0], {"a": 0}, {"a": False}, {"a": 0.0}],),
     [1, True, "1", [1], [True], {"a": 0}, {"a": False}]),
    ("has", ({"a": None}, "a"), True),
    ("has", ({"a": None}, "b"), False),
    ("range", (3,), [0, 1, 2]),
    ("range", (0,), []),
    ("add", (2**70, 1), 2**70 + 1),
    ("subtract", (1, 2), -1),
    ("multiply", (3, 1.5), 4.5),
    ("divide", (6, 3), 2),
    ("divide", (10**40, 10**20), 10**20),
    ("divide", (1, 4), 0.25),
    ("modulo", (7, 3), 1),
    ("contains", ([1, "a"], 1.0), True),
    ("contains", ([1, [1]], True), False),
    ("contains", ([[True]], [1]), False),
    ("contains", ("héllo", "él"), True),
    ("length", (b"\x00\x01",), 2),
    ("length", ("é",), 1),
    ("type", (b"",), "bytes"),
    ("to_number", ("1e3",), 1000.0),
    ("to_number", ("12345678901234567890",), 12345678901234567890),
    ("to_string", (None,), "null"),
    ("to_string", ({"a": "é"},), '{"a":"é"}'),
    ("sum", ([],), 0),
    ("avg", ([],), None),
    ("max", (["a", "b"],), "b"),
    ("not_null", (None, 0), 0),
    ("reverse", ("abc",), "cba"),
    ("merge", ({"a": 1}, {"a": 2, "b": 3}), {"a": 2, "b": 3}),
]  # fmt: skip


@pytest.mark.parametrize(("name", "arguments", "expected"), VALUES)
def test_values(name: str, arguments: tuple[Any, ...], expected: Any) -> None:
    """Each function gives the documented value."""
    found = call(name, *arguments)
    assert equal(found, expected), found
    assert type(found) is type(expected) or isinstance(found, float)


REFUSALS = [
    ("length", (None,), "length() wants a string, array or object, its 1st argument is null"),
    ("lower", (5,), "lower() wants a string, its 1st argument is 5 (number)"),
    ("sum", ([1, "a"],), "sum() wants an array of numbers, its 1st argument holds 'a' (string) at [1]"),
    ("sum", ([True],), "sum() wants an array of numbers, its 1st argument holds true (boolean) at [0]"),
    ("max", (["a", 1],), "holds 1 (number) at [1]"),
    ("contains", ("abc", 1), "contains() wants a string to look for in a string, its 2nd argument is 1 (number)"),
    ("split", ("a", ""), "split() wants a separator that is not empty, its 2nd argument is '' (string)"),
    ("divide", (1, 0), "divide() cannot divide by zero"),
    ("modulo", (1, 0.0), "modulo() cannot divide by zero"),
    ("add", (1e308, 1e308), "add() meets a number that is too large"),
    ("add", (10**400, 0.5), "add() meets a number that is too large"),
    ("range", (-1,), "range() wants an integer from 0 to 1000000, its 1st argument is -1 (number)"),
    ("range", (1_000_001,), "range() wants an integer from 0 to 1000000"),
    ("range", (1.5,), "range() wants an integer, its 1st argument is 1.5 (number)"),
    ("random_int", (2, 1), "random_int() wants its 1st argument not above its 2nd"),
    ("matches", ("a", "("), "matches() wants a regular expression, its 2nd argument is not: missing )"),
    ("parse_json", ("{",), "parse_json() wants JSON, its 1st argument is not: line 1, column 2"),
    ("base64_decode", ("*",), "base64_decode() wants base64"),
    ("base64_decode", ("/w==",), "is not UTF-8"),
    ("base64", ("\ud800",), "base64() meets text that cannot be written as UTF-8"),
    ("url_decode", ("%ff",), "url_decode() wants percent-encoded UTF-8"),
    ("to_string", (b"x",), "to_string() cannot write bytes as text"),
    ("date_add", ("2026-13-01", "1d"), "date_add() wants an ISO 8601 date, its 1st argument is '2026-13-01'"),
    ("date_add", ("tomorrow", "1d"), "date_add() wants an ISO 8601 date"),
    ("date_add", ("2026-01-01", "1w"), "date_add() wants a duration such as 500ms, 10s, 2m, 1h or 7d"),
    ("date_add", ("9999-12-31", "2d"), "date_add() leaves the years 1 to 9999"),
    ("jwt", ("abc",), "jwt() wants a JSON Web Token"),
    ("jwt", ("a.b.c.d.e",), "jwt() cannot read an encrypted token"),
    ("jwt", ("W10.e30.x",), "the header part of its 1st argument is no JSON object"),
    ("floor", (float("inf"),), "floor() meets a number that is too large"),
    ("has", (None, "a"), "has() wants an object, its 1st argument is null"),
]


@pytest.mark.parametrize(("name", "arguments", "message"), REFUSALS)
def test_refusals(name: str, arguments: tuple[Any, ...], message: str) -> None:
    """A function that cannot work names itself, the argument's place, its value and its type."""
    assert message in refusal(name, *arguments)


TEXT_FUNCTIONS = [
    ("base64", 0, 1), ("base64_decode", 0, 1), ("md5", 0, 1), ("sha256", 0, 1), ("hmac_sha256", 1, 2),
    ("url_encode", 0, 1), ("url_decode", 0, 1), ("lower", 0, 1), ("upper", 0, 1), ("trim", 0, 1), ("split", 0, 2),
    ("replace", 0, 3), ("matches", 0, 2), ("match", 0, 2), ("parse_json", 0, 1), ("jwt", 0, 1), ("date_add", 0, 2),
    ("date_format", 0, 2), ("timestamp", 0, 1), ("xml", 0, 1),
]  # fmt: skip


@pytest.mark.parametrize(("name", "subject", "count"), TEXT_FUNCTIONS)
def test_null_gives_null(name: str, subject: int, count: int) -> None:
    """Every text function gives null for a null text."""
    assert call(name, *[None if place == subject else "x" for place in range(count)]) is None


@pytest.mark.parametrize(
    "text", ["1_000", "0x1F", " 1", "01", "+1", "NaN", "Infinity", "1e400", "", "٣", True, [], None]
)
def test_to_number_reads_json_numbers_only(text: Any) -> None:
    """`to_number` gives null for all that JSON does not call a number."""
    assert call("to_number", text) is None


def test_numbers_keep_their_spelling() -> None:
    """`to_string` and `to_number` keep `1.10` as it was written."""
    assert call("to_string", parse_json("1.10")) == "1.10"
    assert str(call("to_number", "1.10")) == "1.10"


def test_jwt_gives_header_and_claims() -> None:
    """`jwt` decodes both parts without verifying the signature."""
    token = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhZGEiLCJleHAiOjF9."
    assert call("jwt", token) == {"header": {"alg": "none"}, "claims": {"sub": "ada", "exp": 1}}


def test_a_refused_token_is_not_shown() -> None:
    """`jwt` refuses without repeating the token."""
    assert "geheim" not in refusal("jwt", "geheim.geheim.geheim")


def test_generated_values_have_their_form() -> None:
    """`uuid`, `now`, `timestamp` and `random_int` give what their names say."""
    assert re.fullmatch(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", call("uuid"))
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", call("now"))
    assert isinstance(call("timestamp"), int)
    assert {call("random_int", 1, 2) for _ in range(60)} == {1, 2}


def test_all_and_any_take_an_expression() -> None:
    """`all` and `any` judge each element by JMESPath's truth; an empty list is all and not any."""
    document = {"users": [{"age": 0}, {"age": None}], "none": []}
    for text, expected in [
        ("all(users, &age)", False),
        ("any(users, &age)", True),  # 0 is true to JMESPath
        ("all(none, &age)", True),
        ("any(none, &age)", False),
    ]:
        assert query.compile(text).evaluate(document) is expected


def test_every_function_documents_itself() -> None:
    """Each row of the table has a summary and a usage line for the documentation."""
    for name, each in functions.FUNCTIONS.items():
        assert each.summary, name
        assert each.usage.startswith(f"{name}("), name


OWN = [
    "uuid",
    "now",
    "timestamp",
    "random_int",
    "base64",
    "base64_decode",
    "sha256",
    "hmac_sha256",
    "url_encode",
    "lower",
    "upper",
    "trim",
    "split",
    "replace",
    "matches",
    "match",
    "parse_json",
    "jwt",
    "date_add",
    "date_format",
    "url_decode",
    "md5",
    "all",
    "any",
    "unique",
    "has",
    "range",
    "add",
    "subtract",
    "multiply",
    "divide",
    "modulo",
    "xml",
    "root",
]
JMESPATH = [
    "abs",
    "avg",
    "ceil",
    "contains",
    "ends_with",
    "floor",
    "join",
    "keys",
    "length",
    "map",
    "max",
    "max_by",
    "merge",
    "min",
    "min_by",
    "not_null",
    "reverse",
    "sort",
    "sort_by",
    "starts_with",
    "sum",
    "to_array",
    "to_number",
    "to_string",
    "type",
    "values",
]


def test_the_table_is_complete() -> None:
    """The table holds JMESPath's own functions and ours, and no other."""
    assert sorted(functions.FUNCTIONS) == sorted(OWN + JMESPATH)


@given(st.sampled_from(sorted(functions.FUNCTIONS)), st.lists(JSON | st.binary(max_size=4), max_size=4))
def test_no_foreign_exception_leaves_a_function(name: str, arguments: list[Any]) -> None:
    """Whatever the arguments are, a function gives a value or an EvaluationError."""
    function = functions.FUNCTIONS[name]
    if not function.takes(len(arguments)) or any(p.is_expression for p in function.parameters):
        return
    if name in ("match", "matches") and any(isinstance(a, str) and "[" in a for a in arguments):
        return  # re warns of `[[`, which says nothing about us
    message = outcome(name, arguments)
    assert message is None or message.startswith(f"{name}() ")


@given(st.lists(JSON, max_size=8))
def test_unique_agrees_with_equality(elements: list[Any]) -> None:
    """`unique` keeps the first of all elements that are equal by value and type."""
    expected: list[Any] = []
    for element in elements:
        if not any(equal(element, kept) for kept in expected):
            expected.append(element)
    found = call("unique", elements)
    assert len(found) == len(expected)
    assert all(map(equal, found, expected))


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_encodings_turn_back(text: str) -> None:
    """Decoding gives back what was encoded."""
    assert call("base64_decode", call("base64", text)) == text
    assert call("url_decode", call("url_encode", text)) == text
