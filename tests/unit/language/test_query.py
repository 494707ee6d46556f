"""Expressions: what is found when a file is read, what they give, and how a failure is explained."""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Iterator, Mapping
from typing import Any

import jmespath
import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.engine.exchange import RESPONSE_KEYS, Exchange, Request, Response
from runner.errors import EvaluationError
from runner.language import query
from runner.language.query import Finding, Miss, QueryFault
from runner.language.values import equal


class Lazy(Mapping[str, Any]):
    """A document that is no dict and computes its values, as variables are."""

    def __init__(self, values: dict[str, Any]) -> None:
        self.values_ = values
        self.read: list[str] = []

    def __getitem__(self, key: str) -> Any:
        if key == "vars":
            return self
        self.read.append(key)
        value = self.values_[key]
        if isinstance(value, Exception):
            raise value
        return value

    def __iter__(self) -> Iterator[str]:
        return iter(self.values_)

    def __len__(self) -> int:
        return len(self.values_)


VARIABLES = {
    "user_id": 1,
    "user": {"name": "ada", "none": None, "tags": ["a", "b"]},
    "nothing": None,
    "env": Lazy({"HOME": "/home/ada"}),
}
BODY = '{"id": 1, "value": [{"id": 1.10, "tags": ["x"]}, {"id": 2}], "n": null, "t": true}'


def variables() -> Lazy:
    return Lazy(dict(VARIABLES))


def response(body: str = BODY) -> Mapping[str, Any]:
    answer = Response(200, headers=(("Content-Type", "application/json"),), content=body.encode())
    return Exchange(Request("GET", "http://localhost/"), answer).view(variables())


def fault(text: str) -> QueryFault:
    with pytest.raises(QueryFault) as caught:
        query.compile(text)
    return caught.value


def compiled_or_fault(text: str) -> query.Query | QueryFault:
    try:
        return query.compile(text)
    except QueryFault as found:
        return found


def evaluated(compiled: query.Query, document: Any) -> Any:
    """The value with `strict`, or the error."""
    try:
        return compiled.evaluate(document, strict=True)
    except EvaluationError as error:
        return error


def evaluate(text: str, document: Any = None) -> Any:
    return query.compile(text).evaluate(response() if document is None else document)


def strictly(text: str) -> Any:
    return query.compile(text).evaluate(variables(), strict=True)


# --- what is found when a file is read

FAULTS = [
    # text, what is marked, a part of the message, a part of the hint
    ("", "", "is empty", ""),
    ("  ", "  ", "is empty", ""),
    ("a = b", "=", "'=' compares nothing", "write =="),
    ("a === 'b'", "===", "unexpected '==='", "write =="),
    ("a =", "=", "'=' compares nothing", "write =="),
    ("status == 200", "200", "a bare number", "write `200` in backticks"),
    ("7 == status", "7", "a bare number", "write `7` in backticks"),
    ("x > -1.5e3", "-1.5e3", "a bare number", "write `-1.5e3`"),
    ("add(a, 1)", "1", "a bare number", "`1`"),
    ("[1, 2]", "[1, 2]", "an array of numbers", "write `[1, 2]`"),
    ("a and b", "and", "'and' is no operator", "write &&"),
    ("a or b", "or", "'or' is no operator", "write ||"),
    ("not a", "not ", "'not' is no operator", "write !"),
    ("a & b", "&", "'&' is no operator", "write &&"),
    ("a <> b", "<>", "'<>' is no operator", "write !="),
    ("a in b", "in", "'in' is no operator", "contains(list, value)"),
    ("tags contains 'x'", "contains", "'contains' stands where an operator must", "contains(subject, search)"),
    ("a + b", "+", "'+' is no operator", "add(a, b)"),
    ("a - b", "-", "'-' is no operator", "subtract(a, b)"),
    ("a * `2`", "*", "'*' is no operator", "multiply(a, b)"),
    ("a / b", "/", "'/' is no operator", "divide(a, b)"),
    ("a ? b : c", "?", "'?' is no operator", "&&"),
    ("a ?? b", "??", "'??' is no operator", "write ||"),
    ("a?.b", "?.", "'?.' is no operator", "write ."),
    ("@odata.nextLink", "@odata.nextLink", "the name @odata.nextLink needs quotes", 'body."@odata.nextLink"'),
    ("a =~ 'x'", "=~", "'=~' is no operator", "matches"),
    ("$.body.id", "$.", "without '$'", "body.id"),
    ("body['id']", "['id']", "not written in brackets", "write .id"),
    ('body["an id"]', '["an id"]', "not written in brackets", 'write ."an id"'),
    ("body.0", "0", "written in brackets", "[0]"),
    ("headers.content-type", "content-type", "needs quotes", 'write "content-type"'),
    ("body.@odata.nextLink", "@odata.nextLink", "needs quotes", 'write "@odata.nextLink"'),
    ("größe", "größe", "needs quotes", 'write "größe"'),
    ("a == “x”", "“", "typographic quote", "'"),
    ("a == 'it's'", "'", "never closed", "\\'"),
    ("length(a", "(", "'(' is never closed", "')'"),
    ("a)", ")", "')' closes nothing", ""),
    ("(a]", "]", "']' stands where ')' must", ""),
    ("a ==", "==", "ends too early", "something must follow '=='"),
    ("a.b.", ".", "ends too early", "something must follow '.'"),
    ("a b", "b", "unexpected 'b'", ""),
    ('"length"(a)', '"length"', "no quotes", "length(…)"),
    ("lenght(a)", "lenght", "unknown function 'lenght()'", "did you mean 'length'?"),
    ("xyzzy(a)", "xyzzy", "unknown function", "contains"),
    ("contains(a)", "contains(a)", "contains() takes 2 arguments, here is 1", "contains(subject, search)"),
    ("now(a, b)", "now(a, b)", "now() takes no arguments, here are 2", "now()"),
    ("timestamp(a, b)", "timestamp(a, b)", "takes 0 or 1 argument, here are 2", ""),
    ("merge()", "merge()", "takes at least 1 argument, here are 0", ""),
    ("sort_by(a, b)", "b", "wants an expression as its 2nd argument", "write &b"),
    ("length(&a)", "&a", "takes no expression as its 1st argument", "write a"),
    ("&a", "&a", "no function takes it here", ""),
    ("matches(a, '(')", "'('", "no regular expression", ""),
    ("body[?id == vars.user_id]", "vars.user_id", "sees only the element", "write root().vars.user_id"),
    ("body[*].{a: vars.b}", "vars.b", "sees only the element", "write root().vars.b"),
    ("body[*].owner.{a: vars.b}", "vars.b", "sees only the element", "write root().vars.b"),
    ("body[*].contains(tags, vars.b)", "vars.b", "sees only the element", "root().vars.b"),
    ("sort_by(body, &vars.x)", "vars.x", "sees only the element", "root().vars.x"),
    ("!a.b.c == `1`", "!a.b.c", "reads '!a.b.c'", "write !(a.b.c)"),
    ("a && !b.c", "!b.c", "reads '!b.c'", "write !(b.c)"),
    ("a[::0]", "[::0]", "steps of 0", ""),
    ("a == `foo`", "`foo`", "must be JSON", "write 'foo' for text"),
    ("a == `True`", "`True`", "must be JSON", "write `true`"),
    ("a == `NaN`", "`NaN`", "must be JSON", ""),
    ("a == `[1,`", "`[1,`", "must be JSON", "quotes and commas"),
    ("body.id == '{{ user_id }}'", "'{{ user_id }}'", "cannot hold {{ }}", "write vars.user_id"),
    ("a == {{vars.x}}", "{{vars.x}}", "cannot hold {{ }}", "write vars.x"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "marked", "message", "hint"), FAULTS)
def test_faults_of_the_text(text: str, marked: str, message: str, hint: str) -> None:
    """What is wrong whatever the document is found at load, with its place and what to write instead."""
    found = fault(text)
    assert message in found.message
    assert hint in found.hint
    assert text[found.start : found.end] == marked


def test_legal_forms_are_not_refused() -> None:
    """What looks like a mistake and is none compiles."""
    for text in (
        "timestamp()", "timestamp(a)", "!(a.b)", "!a[0]", "(!a)", "!a == b", "root().vars.x",
        "body[?id == root().vars.x]", "body[*].vars.x", "body[?@.vars.x]", "body.vars", "a == '{{'",
        "`{\"a\": {\"b\": {}}}`", "{a: {b: c}}", "contains(a, '=')", "'and'", "a.and.or.not", "body | [0]",
    ):  # fmt: skip
        query.compile(text)


NESTED = [
    "(" * 1000 + "a" + ")" * 1000,
    "(" * 100_000,
    "!" * 5000 + "a",
    "||".join("a" * 5000),
    "a" + "[*]" * 3000,
    "[" * 101 + "a" + "]" * 101,
    "length(" * 300 + "a" + ")" * 300,
]


@pytest.mark.parametrize("text", NESTED, ids=lambda text: text[:8])
def test_too_many_levels(text: str) -> None:
    """More than 100 levels are a fault, also when Python's stack is nearly used up."""
    assert "levels" in fault(text).message

    def deeper(levels: int) -> QueryFault:
        return deeper(levels - 1) if levels else fault(text)

    assert "levels" in deeper(sys.getrecursionlimit() // 2).message


def test_a_hundred_levels_are_enough() -> None:
    """Nesting below the limit compiles and evaluates."""
    assert evaluate("!" * 98 + "a", {"a": 1}) is True
    assert evaluate("(" * 99 + "a" + ")" * 99, {"a": 1}) == 1


@given(st.text(st.sampled_from("ab.[]()*&|!='\"`{}?@:,0-1 <>vars"), max_size=20) | st.text(max_size=10))
def test_any_text_compiles_or_is_a_fault(text: str) -> None:
    """No text makes compile raise anything but QueryFault, whose place lies within the text."""
    found = compiled_or_fault(text)
    if isinstance(found, QueryFault):
        assert 0 <= found.start <= found.end <= len(text)
        assert found.message


def test_queries_are_cached_and_equal_by_text() -> None:
    """The same text gives the same query; equality and hash follow the text."""
    assert query.compile("a.b") is query.compile("a.b")
    assert query.compile("a.b") != query.compile("a. b")
    assert len({query.compile("a"), query.compile("a"), query.compile("b")}) == 2
    assert repr(query.compile("a")) == "Query('a')"


# --- names


def names(text: str) -> list[str]:
    return [f"{n.text}?" if n.optional else n.text for n in query.compile(text).names]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("body.id == vars.x", ["body", "vars"]),
        ("a || b", ["a?", "b"]),
        ("(a.x && b) || c", ["a?", "b?", "c"]),
        ("not_null(a, b)", ["a?", "b?"]),
        ("body[?id == root().status].name | x", ["body", "status"]),
        ("{a: status, b: body.x}", ["status", "body"]),
        ("[status, @.body]", ["status", "body"]),
        ("length(body)", ["body"]),
        ("body | id", ["body"]),
        ("sort_by(body, &id)", ["body"]),
        ('"body".x', ["body"]),
        ("uuid()", []),
        ("@", []),
    ],
)
def test_names_at_the_root(text: str, expected: list[str]) -> None:
    """An expression tells which keys it reads of its document, and which of them may be missing."""
    assert names(text) == expected


def test_names_have_places() -> None:
    """Each name stands where it says; variables and environment names are listed apart."""
    text = 'body."id" == vars.user_id && root().vars.env.HOME || env.X'
    compiled = query.compile(text)
    for name in (*compiled.names, *compiled.variables, *compiled.uses_env):
        assert text[name.start : name.end] == name.text
    assert [name.text for name in compiled.variables] == ["user_id", "env"]
    assert [name.text for name in compiled.uses_env] == ["HOME", "X"]


def test_is_path() -> None:
    """Fields and indexes alone are a path."""
    assert query.compile('body."a b"[0].id').is_path
    assert not any(query.compile(text).is_path for text in ("a[*]", "a | b", "length(a)", "`1`", "@", "a == b"))


NAME_FAULTS = [
    ("boddy.id", "response", "'boddy' is not a key of the response", "did you mean 'body'?"),
    ("status == true", "response", "'true' is not a key", "write `true` in backticks"),
    ('status == "ada"', "response", "'ada' is not a key", "text is written 'ada'"),
    ("user_id == status", "response", "'user_id' is not a key", "write vars.user_id"),
    ("user_ids == status", "response", "'user_ids' is not a key", "did you mean 'vars.user_id'?"),
    ("zzz || status", "response", "'zzz' is not a key", "there are: status, reason"),
    ("usr_id", "variables", "undefined variable 'usr_id' (did you mean 'user_id'?)", ""),
    ("item.id == status", "response", "'item' is not a key", "write vars.item"),
    ("env.HOME == status", "response", "'env' is not a key", "write vars.env"),
    ("index == status", "response", "'index' is not a key", "write vars.index"),
    ("not_null(user_id, null)", "variables", "undefined variable 'null'", "write `null`"),
    ('"ada" || user_id', "variables", "undefined variable 'ada'", "text is written 'ada'"),
]


@pytest.mark.parametrize(("text", "document", "message", "hint"), NAME_FAULTS)
def test_names_that_the_document_cannot_have(text: str, document: str, message: str, hint: str) -> None:
    """A first name that is no key of the document is a fault with the hint that fits."""
    known = RESPONSE_KEYS if document == "response" else ("user_id", "vars", "env")
    (found,) = query.check_names(query.compile(text), known, document=document, variables=["user_id"])
    assert message in found.message
    assert hint in found.hint
    assert text[found.start : found.end].strip('"') in message


def test_optional_variables_may_be_missing() -> None:
    """A variable left of `||` or in not_null() is no fault."""
    for text in ("usr_id || 'x'", "not_null(usr_id, user_id)"):
        assert query.check_names(query.compile(text), ["user_id"], document="variables") == []


# --- values

RESULTS = [
    ("body.id == vars.user_id", True),
    ("length(body.value) > `0`", True),
    ("body.t == `1`", False),
    ("`[1, {\"a\": true}]` == `[1.0, {\"a\": 1}]`", False),
    ("`[1]` == `[1.0]`", True),
    ("body.t != `1`", True),
    ("body.t < `2`", None),
    ("body.id < 'x'", None),
    ("'2026-01-02' > '2026-01-01'", True),
    ("body.n < `1`", None),
    ("body.value[?id == root().vars.user_id]", []),
    ("body.value[?id == `1.1`].tags[0]", ["x"]),
    ("body.value[*].id", [1.1, 2]),
    ("body.value[-1].id", 2),
    ("body.value[9]", None),
    ("body.value[::-1].id", [2, 1.1]),
    ("body.id[0]", None),
    ("body.id.x", None),
    ("boddy", None),
    ("keys(@)", list(RESPONSE_KEYS)),
    ("@.body.id", 1),
    ("root().body.id", 1),
    ("vars.env.HOME", "/home/ada"),
    ("vars | user_id", 1),
    ("sort(keys(vars))", ["env", "nothing", "user", "user_id"]),
    ("length(vars)", 4),
    ("length(bytes) == size", True),
    ("type(bytes)", "bytes"),
    ("type(@)", "object"),
    ("type(vars)", "object"),
    ("has(@, 'vars')", True),
    ("length(@.*)", len(RESPONSE_KEYS) - len(["remote_ip", "tls"])),  # a projection drops what is null
    ("to_string(body.value[0].id)", "1.10"),
    ("to_string(`1.10`)", "1.10"),
    ("merge(vars.env, `{\"a\": 1}`)", {"HOME": "/home/ada", "a": 1}),
    ("@ && status", 200),
    ("!@", False),
    ("!status", False),
    ("!`0`", False),
    ("!(body.n)", True),
    ("{a: vars.user_id, b: [status]}", {"a": 1, "b": [200]}),
    ("body.value[].tags[]", ["x"]),
    ("sum(body.value[].id)", 3.1),
    ("sort_by(body.value, &id)[0].tags", ["x"]),
    ("max_by(body.value, &id).id", 2),
    ("map(&id, body.value)", [1.1, 2]),
    ("contains(headers.\"content-type\", 'json')", True),
]  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), RESULTS)
def test_values_on_a_response(text: str, expected: Any) -> None:
    """Expressions give JMESPath's values on a lazy document, with typed and deep equality."""
    found = evaluate(text)
    assert equal(found, expected), found


def test_the_whole_document_is_a_plain_value() -> None:
    """`@` and `vars` give plain dicts; nothing lazy leaves an evaluation."""
    found = evaluate("@")
    assert type(found) is dict
    assert type(found["vars"]) is dict
    assert type(found["vars"]["env"]) is dict
    assert type(evaluate("vars")) is dict
    assert type(evaluate("{a: vars}")["a"]) is dict
    assert json.loads(query.compile("to_string(@)").evaluate(variables()))["user_id"] == 1


def test_only_what_is_named_is_read() -> None:
    """Evaluating a name reads no other key, also through `@`, `vars` and root()."""
    for text in ("user_id", "@.user_id", "vars.user_id", "root().vars.user_id", "vars | user_id", "user_id || zzz"):
        for strict in (False, True):
            document = variables()
            assert query.compile(text).evaluate(document, strict=strict) == 1
            assert set(document.read) == {"user_id"}, text


def test_errors_of_the_document_pass_through() -> None:
    """What a document says when it is read is not rewritten."""
    trouble = EvaluationError("variables form a cycle: a → b → a")
    for strict in (False, True):
        with pytest.raises(EvaluationError) as caught:
            query.compile("a || 'x'").evaluate(Lazy({"a": trouble}), strict=strict)
        assert caught.value is trouble


def test_foreign_errors_become_ours() -> None:
    """Whatever else goes wrong in a document is an EvaluationError."""
    for error in (ZeroDivisionError("x"), RecursionError(), TypeError("y")):
        with pytest.raises(EvaluationError):
            query.compile("a").evaluate(Lazy({"a": error}))


def test_a_failing_function_has_a_place() -> None:
    """The error of a function points at the argument, or at the call."""
    for text, marked in [
        ("`1` && length(body.n)", "body.n"),
        ("divide(`1`, `0`)", "`0`"),
        ("add(`1e308`, `1e308`)", "add(`1e308`, `1e308`)"),
    ]:
        with pytest.raises(EvaluationError) as caught:
            evaluate(text)
        assert text[caught.value.start : caught.value.end] == marked


def test_values_are_never_cut_in_messages() -> None:
    """A long value stands whole in a message: the redactor must recognise it."""
    secret = "s3cret" * 500
    with pytest.raises(EvaluationError) as caught:
        evaluate("sum(a)", {"a": secret})
    assert secret in caught.value.message


def test_a_deep_value_is_an_error() -> None:
    """A value nested deeper than Python's stack gives an EvaluationError."""
    deep: list[Any] = []
    for _ in range(100_000):
        deep = [deep]
    other: list[Any] = []
    for _ in range(100_000):
        other = [other]
    for text in ("a == b", "to_string(a)", "unique(a)", "sum(a)"):
        with pytest.raises(EvaluationError):
            evaluate(text, {"a": deep, "b": other})


def test_threads_share_a_query() -> None:
    """One query evaluated by many threads at once sees each thread's own document."""
    compiled = query.compile("items[?id == root().wanted].id | [0]")
    wrong: list[Any] = []

    def work(number: int) -> None:
        document = {"wanted": number, "items": [{"id": n} for n in range(50)]}
        wrong.extend(n for n in range(100) if compiled.evaluate(document, strict=True) != number)

    threads = [threading.Thread(target=work, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


# --- strict

MISSING = [
    ("usr_id", "undefined variable 'usr_id' (did you mean 'user_id'?)", "usr_id", ""),
    ("vars.usr_id", "undefined variable 'usr_id' (did you mean 'user_id'?)", "usr_id", ""),
    ("root().usr_id", "undefined variable 'usr_id' (did you mean 'user_id'?)", "usr_id", ""),
    ("user.nmae", "'user' has no key 'nmae'", "nmae", "did you mean 'name'?"),
    ("user.zzz", "'user' has no key 'zzz'", "zzz", "it has name, none, tags"),
    ("user | nmae", "'user' has no key 'nmae'", "nmae", "did you mean 'name'?"),
    ("user.none.x", "'user.none' is null", "x", ""),
    ("nothing.x", "'nothing' is null", "x", ""),
    ("user_id.x", "'user_id' is a number, x asks for an object", "x", ""),
    ("user.tags[5]", "'user.tags' has 2 elements, there is no [5]", "[5]", ""),
    ("user[0]", "'user' is an object, [0] asks for an array", "[0]", ""),
    ("user.tgas[*].x", "'user' has no key 'tgas'", "tgas", "did you mean 'tags'?"),
    ("parse_json('{}').x", "'parse_json('{}')' has no key 'x'", "x", ""),
    ("env.HOM", "environment variable 'HOM' is not set", "HOM", "did you mean 'HOME'?"),
    ("'x' == user.nmae", "'user' has no key 'nmae'", "nmae", ""),
    ("usr || usr_id", "undefined variable 'usr_id' (did you mean 'user_id'?)", "usr_id", ""),
]


@pytest.mark.parametrize(("text", "message", "marked", "hint"), MISSING)
def test_strict_refuses_what_is_missing(text: str, message: str, marked: str, hint: str) -> None:
    """In templates a missing variable, key or element is an error with its place and a hint."""
    with pytest.raises(EvaluationError) as caught:
        strictly(text)
    error = caught.value
    assert error.message == message
    assert hint in error.hint
    assert text[error.start : error.end] == marked


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("usr_id || 'x'", "x"),
        ("user.nmae.first || user.name", "ada"),
        ("not_null(usr, user.nmae, user_id)", 1),
        ("nothing", None),
        ("user.none", None),
        ("user.tags[*].x", []),
        ("user.tags[?x == `1`]", []),
        ("map(&x, user.tags)", [None, None]),
        ("[user][*].{n: nmae}", [{"n": None}]),
        ("user.tags[-1]", "b"),
    ],
)
def test_strict_lets_pass_what_may_be_missing(text: str, expected: Any) -> None:
    """Left of `||`, in not_null(), and inside projections a missing key is null; a null that is there stays."""
    assert strictly(text) == expected


# --- explanations


def findings(text: str, document: Any = None) -> list[tuple[str, Any]]:
    found = query.explain(query.compile(text), response() if document is None else document)
    for each in found:
        assert text[each.start : each.end] == each.text
    return [(each.text, each.value) for each in found]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("body.id == vars.nothing", [("body.id", 1), ("vars.nothing", None)]),
        ("status == `201` && body.id", [("status", 200)]),
        ("status == `200` && body.id == `2`", [("body.id", 1)]),
        ("status == `201` || body.id == `2`", [("status", 200), ("body.id", 1)]),
        ("!(body.t)", [("body.t", True)]),
        ("!contains(url, 'x')", [("contains(url, 'x')", False)]),
        ("length(body.value) == `3`", [("length(body.value)", 2)]),
        ("contains(body.value[0].tags, 'y')", [("body.value[0].tags", ["x"])]),
        ("length(body.n) > `0`", [("body.n", None)]),
        ("to_number(body.n) == `1`", [("to_number(body.n)", None), ("body.n", None)]),
        ("(body.value[0]).id == (`1`)", [("(body.value[0]).id", 1.1)]),
        ("body.value[*].id == `[]`", [("body.value[*].id", [1.1, 2])]),
        ("body.n", [("body.n", None)]),
        ("'a' == 'b'", []),
    ],
)
def test_explain_shows_what_decided(text: str, expected: list[tuple[str, Any]]) -> None:
    """A failed assertion is explained by the parts that decided, with their whole text and their values."""
    assert findings(text) == expected


MISSES = [
    ("body.idd == `1`", ("body", "idd", "missing", ("id", "value", "n", "t"), "id", "object")),
    ("body.n.x == `1`", ("body.n", "x", "null parent", (), None, "null")),
    ("body.id.x == `1`", ("body.id", "x", "not an object", (), None, "number")),
    ("body.id[0] == `1`", ("body.id", "[0]", "not an array", (), None, "number")),
    ("body.value[5].id == `1`", ("body.value", "[5]", "index out of range", (), None, "array")),
    ("root().body.idd", ("root().body", "idd", "missing", ("id", "value", "n", "t"), "id", "object")),
    ("body.valeu[*].id", ("body", "valeu", "missing", ("id", "value", "n", "t"), "value", "object")),
    ("length(body.valeu[?id]) > `0`", ("body", "valeu", "missing", ("id", "value", "n", "t"), "value", "object")),
]


@pytest.mark.parametrize(("text", "expected"), MISSES)
def test_explain_finds_the_missing_step(text: str, expected: tuple[Any, ...]) -> None:
    """A null is followed to the first step that leads nowhere, with the nearest key there is."""
    (found,) = query.explain(query.compile(text), response())
    assert found.miss == Miss(*expected)


def test_a_null_that_is_there_is_no_miss() -> None:
    """A key whose value is null is not missing."""
    assert query.explain(query.compile("body.n == `1`"), response()) == [Finding(0, 6, "body.n", None, None)]


def test_explain_never_raises() -> None:
    """A document that fails when read leaves nothing to explain, and no exception."""
    broken = Lazy({"a": EvaluationError("no"), "b": ZeroDivisionError()})
    for text in ("a == `1`", "!b", "length(a) && b", "a.b[0] || b"):
        assert query.explain(query.compile(text), broken) == []


# --- properties

FIELDS = st.sampled_from(["a", "b", '"a b"', "c"])


def _grow(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    def two(form: str) -> st.SearchStrategy[str]:
        return st.tuples(inner, inner).map(lambda pair: form.format(*pair))

    return st.one_of(
        st.tuples(inner, FIELDS).map(lambda pair: f"({pair[0]}).{pair[1]}"),
        st.tuples(FIELDS, FIELDS, FIELDS).map(".".join),
        *(inner.map(form.format) for form in (
            "({})", "({})[0]", "({})[*]", "({})[]", "({})[::2].b", "!({})", "{{x: {}, \"y z\": a}}", "[{}, b]",
            "a.*.[{}]", "to_array({})", "map(&({}), to_array(b))", "a[*].b[?{}].c", "( a[0].b )[].{{q: {}}}",
        )),
        *(two(form) for form in (
            "({}) || {}", "{} && ({})", "({}) == ({})", "({}) != ({})", "{} | {}", "b[?{}].[{}]", "not_null({}, {})",
        )),
    )  # fmt: skip


ATOMS = FIELDS | st.sampled_from(["@", "`[2, null]`", "'x'", r"'](\''", '`"[?"`', "[0]", "*"])
EXPRESSIONS = st.recursive(ATOMS, _grow, max_leaves=5)
DOCUMENTS = st.recursive(
    st.none() | st.integers(2, 4) | st.sampled_from(["", "x"]),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["a", "b", "c", "a b"]), inner, max_size=4)
    ),
    max_leaves=12,
)
STANDING_ALONE = frozenset(
    [
        "field",
        "literal",
        "current",
        "function_expression",
        "comparator",
        "or_expression",
        "and_expression",
        "not_expression",
        "subexpression",
        "multi_select_list",
        "multi_select_dict",
        "index_expression",
        "projection",
        "value_projection",
        "filter_projection",
        "pipe",
    ]
)


def nodes(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield node
    for child in node["children"]:
        if isinstance(child, dict):
            yield from nodes(child)


@given(EXPRESSIONS)
def test_every_node_stands_where_its_text_is(text: str) -> None:
    """The text at a node's place, parsed alone, is that node."""
    compiled = compiled_or_fault(text)
    if isinstance(compiled, QueryFault):
        return
    for node in nodes(compiled.tree.root):
        if node["type"] in STANDING_ALONE and not query.tree.is_slice(node):
            source = compiled.tree.source(node)
            if node["type"] == "multi_select_list":  # `[*]` alone would be a projection
                assert jmespath.compile(f"@.{source}").parsed["children"][1] == node
            else:
                assert jmespath.compile(source).parsed == node


@given(EXPRESSIONS, DOCUMENTS)
def test_values_agree_with_jmespath(text: str, document: Any) -> None:
    """Where neither types nor spelling differ, the value is that of jmespath.py."""
    compiled = compiled_or_fault(text)
    if isinstance(compiled, QueryFault):
        return
    try:
        expected = jmespath.search(text, document)
    except (jmespath.exceptions.JMESPathError, TypeError):
        return
    assert equal(compiled.evaluate(document), expected)


@given(EXPRESSIONS, DOCUMENTS)
def test_strict_and_explain_hold_on_any_document(text: str, document: Any) -> None:
    """Strict evaluation gives the lenient value or an EvaluationError with a place; an explanation always ends."""
    compiled = compiled_or_fault(text)
    if isinstance(compiled, QueryFault):
        return
    found = evaluated(compiled, document)
    if isinstance(found, EvaluationError):
        assert found.start is not None
        assert found.end is not None
        assert 0 <= found.start < found.end <= len(text)
    else:
        assert equal(found, compiled.evaluate(document))
    query.explain(compiled, document)
