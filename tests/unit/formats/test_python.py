"""A plan as a Python script with httpx: expressions, values, and what is lost."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.formats.python import dump
from runner.formats.python.literals import Code, composed, literal, text

Script = Callable[..., str]


@pytest.fixture
def script(plan: Callable[..., Any]) -> Script:
    """`script(text)`: the script of a file, which Python can read."""

    def of(source: str, **options: Any) -> str:
        made = dump(plan(source, any_environment=True, **options)).text
        ast.parse(made)
        return made

    return of


@pytest.fixture
def line(plan: Callable[..., Any]) -> Callable[[str], str]:
    """`line(assertion)`: the line that an assertion becomes."""

    def of(assertion: str) -> str:
        source = f"requests:\n  - name: A\n    url: https://x.test\n    variables: {{v: word}}\n    assert:\n      - {assertion}\n"
        made = dump(plan(source)).text
        ast.parse(made)
        return next(one.strip() for one in made.splitlines() if one.strip().lstrip("# ").startswith("assert "))

    return of


@pytest.mark.parametrize(
    ("assertion", "expected"),
    [
        ("status: 200", "assert response.status_code == 200"),
        ("status: [200, 201]", "assert response.status_code in [200, 201]"),
        ("body.a[0].b: x", 'assert body["a"][0]["b"] == "x"'),
        ("body.a: true", 'assert body["a"] is True'),
        ("body.a.b: null", 'assert at(body, "a", "b") is None'),
        ("'body.a != `null`'", 'assert at(body, "a") is not None'),
        ("body.a == `true`", 'assert body["a"] is True'),
        ("body.ok", 'assert body["ok"] is True'),
        ("length(body) > `0`", "assert len(body) > 0"),
        ("length(body) > `0` && status < `300`", "assert len(body) > 0 and response.status_code < 300"),
        ("contains(body.m, vars.v)", 'assert "word" in body["m"]'),
        ("contains(body.m, 'x') == `false`", 'assert ("x" in body["m"]) is False'),
        ("'!(contains(body.m, ''x''))'", 'assert not ("x" in body["m"])'),
        ("starts_with(headers.etag, 'W/')", 'assert response.headers["etag"].startswith("W/")'),
        ("'headers.etag != `null`'", 'assert response.headers.get("etag") is not None'),
        ("'all(body.a, &id != `null`)'", 'assert all(at(element, "id") is not None for element in body["a"])'),
        ("matches(text, '^a+$')", 'assert re.search("^a+$", response.text) is not None'),
        ("lower(body.a) == lower(vars.v)", 'assert body["a"].lower() == "word".lower()'),
        ("body.a || body.b", 'assert first_of(at(body, "a"), body["b"]) is True'),
        ("body.a[*].b: [1]", 'assert of_each(body["a"], lambda element: at(element, "b")) == [1]'),
        ("body.a[].b: [1]", 'assert of_each(merged(body["a"]), lambda element: at(element, "b")) == [1]'),
        ("body.a[*]: [1]", 'assert body["a"] == [1]'),
        ("body.a[?n > `1`] | [0]: 2", 'assert at([element for element in body["a"] if at(element, "n") > 1], 0) == 2'),
        ("{that: status, equals: 200, message: it must}", 'assert response.status_code == 200, "it must"'),
    ],
)
def test_assertions(line: Callable[[str], str], assertion: str, expected: str) -> None:
    """A simple assertion is one of Python's that holds of the same responses."""
    assert line(assertion) == expected


@pytest.mark.parametrize(
    "assertion", ["body.*.b: [1]", "length(body.a[?b])", "body: null", "'!(body.a)'", "'(body.a || body.b) && body.c'"]
)
def test_what_python_would_see_differently(line: Callable[[str], str], assertion: str) -> None:
    """What means something else in Python, or nothing, is a comment."""
    assert line(assertion).startswith("# assert ")


def test_losses(plan: Callable[..., Any]) -> None:
    """What is a comment is a loss, too."""
    source = "requests: [{name: A, url: 'https://x.test', assert: ['body.*.b': [1]], poll: {until: '!(body.x)'}}]"
    made = dump(plan(source))
    assert [(loss.path, loss.what) for loss in made.losses] == [("A", "'poll'"), ("A", "an assertion")]


def test_secrets_come_from_the_environment(script: Script) -> None:
    """No secret's value stands in the script."""
    made = script(
        """
        secrets: {token: hush-hush}
        requests: [{name: A, url: "https://x.test", auth: {type: bearer, token: "{{token}}"}, headers: {X: "a{{token}}b"}}]
        """
    )
    assert "hush" not in made
    assert 'TOKEN = os.environ["TOKEN"]  # a secret\n' in made
    assert '"Authorization": f"Bearer {TOKEN}"' in made
    assert '"X": f"a{TOKEN}b"' in made


def test_the_token_step_is_written_out(script: Script) -> None:
    """The client_credentials grant is a POST, once for all requests that share it."""
    made = script(
        """
        auth: {type: oauth2, token_url: "https://x.test/token", client_id: me, client_secret: "{{env.S}}", scope: [a, b]}
        requests: [{name: A, url: "https://x.test/a"}, {name: B, url: "https://x.test/b"}]
        """
    )
    assert made.count('access_token = response.json()["access_token"]') == 1
    assert made.count('f"Bearer {access_token}"') == 2
    assert '"scope": "a b"' in made


def test_rows_and_conditions(script: Script) -> None:
    """`for_each` is a loop whose captures are lists, `when` an if."""
    made = script(
        """
        requests:
          - {name: A, url: "https://x.test/{{item}}", for_each: [a, b], capture: {id: body.id}}
          - {name: B, url: "https://x.test/{{item}}", for_each: id, when: "index != `0`"}
        """
    )
    assert 'for item in ["a", "b"]:' in made
    assert "        id_rows.append(id)\n    id = id_rows\n" in made
    assert "for index, item in enumerate(id):\n        if index != 0:\n            response = client.get(" in made


def test_what_is_worked_out_once(script: Script) -> None:
    """An id that is a variable is the same in all requests; one that is written in a request is new each time."""
    made = script(
        """
        variables: {id: "{{uuid()}}"}
        requests:
          - {name: A, url: "https://x.test/{{id}}", headers: {X: "{{uuid()}}"}}
          - {name: B, url: "https://x.test/{{id}}"}
        """
    )
    assert "id = str(uuid.uuid4())\n" in made
    assert made.count("{id}") == 2
    assert made.count("uuid.uuid4()") == 2


def test_bodies(script: Script) -> None:
    """Each body key has its argument."""
    made = script(
        r"""
        requests:
          - {name: A, url: "https://x.test", json: {a: [1, true, null], b: "{{env.B}}"}}
          - {name: B, url: "https://x.test", form: {a: [1, 2]}}
          - {name: C, url: "https://x.test", text: "one\ntwo"}
          - {name: D, url: "https://x.test", file: a.bin}
          - {name: E, url: "https://x.test", multipart: {a: "1", f: {file: b.txt, content_type: text/x}}}
          - {name: F, url: "https://x.test", json: null, method: GET}
        """
    )
    assert 'json={"a": [1, True, None], "b": B}' in made
    assert 'data={"a": ["1", "2"]}' in made
    assert 'content="one\\ntwo"' in made
    assert 'content=Path("a.bin").read_bytes()' in made
    assert '("f", (Path("b.txt").name, Path("b.txt").read_bytes(), "text/x"))' in made
    assert 'client.request(\n        "GET",' in made or 'client.request("GET"' in made
    assert 'content="null"' in made


def test_names_of_python(script: Script) -> None:
    """A variable that is called as a word of Python, or as one of the script, has another name."""
    made = script(
        "requests:\n"
        "  - {name: A, url: 'https://x.test', capture: {class: body.class, client: body.id}}\n"
        "  - {name: B, url: 'https://x.test/{{class}}/{{client}}'}\n"
    )
    assert 'class_ = body["class"]' in made
    assert 'f"https://x.test/{class_}/{client_}"' in made


def test_names_are_no_code(script: Script) -> None:
    """Names stand in comments and in the docstring, and end neither."""
    made = script('{name: "x\\"\\"\\"\\nimport os\\\\", requests: [{name: "a\\nb", url: "https://x.test"}]}')
    assert "\nimport os" not in made


_TEXT = st.text(st.characters(exclude_categories=("Cs",)))
_SCALAR = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | _TEXT


@given(st.recursive(_SCALAR, lambda inner: st.lists(inner) | st.dictionaries(_TEXT, inner)))
def test_literals_read_back(value: Any) -> None:
    """A literal is the value."""
    assert ast.literal_eval(literal(value)) == value


@given(st.lists(_TEXT | st.sampled_from([Code("a"), Code('b["x"]')])))
def test_composed_texts(parts: list[str]) -> None:
    """Texts and expressions one after the other are one text."""
    values = {"a": "A{}", "b": {"x": "'B\""}}
    expected = "".join(str(eval(part, {}, dict(values))) if isinstance(part, Code) else part for part in parts)
    assert eval(composed(parts), {}, dict(values)) == expected


def test_text_is_visible() -> None:
    """What cannot be seen is escaped."""
    assert text("a\u202e\x00b\U000e0001") == '"a\\u202e\\u0000b\\U000e0001"'


# --- sent more than once -------------------------------------------------------------------------------------------


def test_poll(script: Script) -> None:
    """A request is sent until what is waited for is so; what the answer may not have yet is no KeyError."""
    made = script("requests: [{name: A, url: 'https://x.test', poll: {until: body.state == 'done', interval: 2s}}]")
    assert "def send():\n        return client.get(" in made
    assert 'lambda response: at(response.json(), "state") == "done"' in made
    assert "interval=2" in made
    assert "timeout=60" in made


def test_poll_until_every_assertion_holds(script: Script) -> None:
    """Without `until` the assertions are what is waited for, and the status that is expected without one."""
    made = script("requests: [{name: A, url: 'https://x.test', poll: {}, assert: [{body.a: 1}, {body.b: true}]}]")
    first, second = 'at(response.json(), "a") == 1', 'at(response.json(), "b") is True'
    assert f"lambda response: response.status_code < 400 and {first} and {second}" in made


@pytest.mark.parametrize(
    ("retry", "expected"),
    [
        ("{attempts: 4}", "send_again(send, attempts=4, delay=1, backoff=2, statuses=[429, 502, 503, 504])"),
        ("{statuses: 500, delay: 20ms}", "send_again(send, attempts=3, delay=0.02, backoff=2, statuses=[500])"),
        ("{attempts: 1}", "response = client.get("),
        ("{methods: [POST]}", "response = client.get("),
    ],
)
def test_retry(script: Script, retry: str, expected: str) -> None:
    """A request is sent again where the file says so, by its method and the statuses that may pass."""
    assert expected in script(f"requests: [{{name: A, url: 'https://x.test', retry: {retry}}}]")


def test_the_rows_of_a_group(plan: Callable[..., Any]) -> None:
    """The requests of a group go through its rows together; what a row captures is seen in the row."""
    made = dump(
        plan(
            """
            requests:
              - name: G
                for_each: [a, b]
                requests:
                  - {name: A, url: "https://x.test/{{item}}", capture: {id: body.id}}
                  - {name: B, url: "https://x.test/{{id}}"}
              - {name: C, url: "https://x.test/", json: {ids: "{{id}}"}}
            """
        )
    )
    assert made.losses == []
    assert made.text.count("for item in") == 1
    assert (
        made.text.index("id_rows.append(id)")
        < made.text.index('f"https://x.test/{id}"')
        < made.text.index("id = id_rows")
    )


def test_a_list_in_a_query(script: Script) -> None:
    """What is captured as a list is an entry of the query for each element."""
    made = script(
        """
        requests:
          - {name: A, url: "https://x.test", capture: {ids: "body[*].id"}}
          - {name: B, url: "https://x.test", query: {id: "{{ids}}"}}
        """
    )
    assert '"&".join(f"id={quote(str(one))}" for one in ids)' in made


def test_a_function_does_not_take_the_name_of_a_variable(script: Script) -> None:
    """A capture that is called as a function of the script is has another name in it."""
    made = script("requests: [{name: A, url: 'https://x.test', capture: {whole: body.id, first: body.a}}]")
    assert "whole_ = body" in made
    assert "first = body" in made
