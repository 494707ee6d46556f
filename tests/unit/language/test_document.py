"""Decoding: what each key means, and every fault with its place and the nearest right word."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.diagnostics import Diagnostic, Source, render
from runner.engine import plan
from runner.errors import InvalidError
from runner.language import document
from runner.language.model import MISSING, Group, RequestSpec, Template

Faults = Callable[..., list[Diagnostic]]
Load = Callable[..., Any]
One = Callable[..., str]

VALID = """\
name: Everything
description: |
  Two
  lines
base_url: "{{base}}"
variables: {base: http://h/v1, n: 5, list: [1, {a: "{{n}}"}]}
secrets: {pw: "{{env.PW || 'none'}}"}
environments:
  local: {base: "http://127.0.0.1"}
auth: {type: oauth2, token_url: "http://h/t", client_id: a, client_secret: "{{pw}}", scope: [x, y], leeway: 30s, refresh_on: [401, 403]}
defaults:
  headers: {Accept: application/json, X-A: [a, b]}
  query: {$top: 5, off: null}
  timeout: 10s
  follow_redirects: 3
  verify: true
  max_body: 10MB
  assert: [status < `500`]
tags: [smoke, slow]
requests:
  - name: Users
    tags: one
    requests:
      - name: List
        url: /users
        query: {a: [1, 2], b: null}
        when: n > `1`
        capture: {id: "body[0].id", other: {from: body.x, secret: true, default: ""}}
        assert:
          - status: [200, 201]
          - body.a: {b: [1]}
            body.c: null
          - {that: body, includes: {a: 1}, message: "no {{n}}"}
  - name: Send
    method: PATCH
    url: http://h/x?y=1
    json: {"{{base}}": ["{{n}}", 1.10]}
    cookies: {a: b}
    skip: not yet
    delay: 100ms
    auth: none
"""


def load(text: str) -> Any:
    return document.load(Source("requests/x.yaml", text))


def test_every_key_fills_its_field(load: Load) -> None:
    """A whole file becomes the model that its keys say."""
    collection = load(VALID)
    group, send = collection.requests
    assert (collection.name, collection.description, collection.tags) == (
        "Everything",
        "Two\nlines\n",
        ("smoke", "slow"),
    )
    assert isinstance(group, Group)
    assert isinstance(send, RequestSpec)
    assert group.tags == ("one",)
    (listed,) = group.requests
    assert isinstance(listed, RequestSpec)
    assert [a.that.text for a in listed.asserts] == ["status", "body.a", "body.c", "body"]
    assert listed.asserts[0].one_of
    assert listed.asserts[2].equals is None
    assert listed.asserts[3].equals is MISSING
    assert [(c.name, c.source.text, c.secret) for c in listed.captures] == [
        ("id", "body[0].id", False),
        ("other", "body.x", True),
    ]
    assert (send.method, send.skip, send.auth.type, send.body.kind) == ("PATCH", "not yet", "none", "json")
    assert collection.defaults.timeout.value == 10.0
    assert collection.defaults.max_body.value == 10_000_000


def test_the_name_of_a_collection_is_that_of_its_file(load: Load) -> None:
    """Without `name` a collection is called as its file, without the ending."""
    assert load("requests: []", "requests/graph.v2.yaml").name == "graph.v2"


@pytest.mark.parametrize(
    "text", ["variables:\nsecrets:\ndefaults:\nrequests: []", "requests: []\ndefaults: {headers: }"]
)
def test_an_empty_section_is_no_fault(text: str, load: Load) -> None:
    """A section with nothing under it, as after commenting out its lines, is empty."""
    assert load(text).requests == ()


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("", "the file is empty", "requests"),
        ("- a", "a collection must be a mapping, not a list", ""),
        ("name: x", "a collection has no 'requests'", ""),
        ("nmae: x\nrequests: []", "unknown key 'nmae' in a collection", "did you mean 'name'?"),
        ("zzz: x\nrequests: []", "unknown key 'zzz' in a collection", "known keys: name"),
        ("requests: {}", "'requests' wants a list, not a mapping", "start each request with '- '"),
        ("requests: [x]", "a request must be a mapping, not text", ""),
        ("requests: [{url: /x}]", "a request has no 'name'", ""),
        ("requests: [{name: x}]", "a request has no 'url'", ""),
        ("requests: [{requests: []}]", "a group has no 'name'", ""),
        ("requests: [{name: a, url: /}, {name: a, url: /}]", "two requests are named 'a'", "line 1"),
        ("requests: [{name: 5, url: /}]", "'name' wants text, not the number 5", "write '5' with the quotes"),
        ("requests: [{name: '', url: /}]", "'name' is empty", ""),
        ("requests: [{name: 'a {{b}}', url: /}]", "'name' is plain text", ""),
        ("requests: [{name: a, requests: [], url: /}]", "unknown key 'url' in a group", ""),
        ("variables: {1a: x}\nrequests: []", "'1a' cannot name a variable", "as in 'a'"),
        ("variables: {a-b: x}\nrequests: []", "'a-b' cannot name a variable", "as in 'a_b'"),
        ("variables: {é: x}\nrequests: []", "'é' cannot name a variable", ""),
        ("variables: {a: 1}\nsecrets: {a: 2}\nrequests: []", "'a' stands in both", "keep it in 'secrets'"),
        ("environments: {x: {env: 1}}\nrequests: []", "'env' is taken", ""),
        ("variables: [a]\nrequests: []", "'variables' wants a mapping", ""),
        ("tags: {a: b}\nrequests: []", "'tags' wants a list of texts", ""),
        ("base_url: ftp://h\nrequests: []", "unknown scheme 'ftp'", ""),
        ("base_url: htp://h\nrequests: []", "did you mean 'http'?", ""),
        ("base_url: http:///x\nrequests: []", "it has no host", ""),
        ("base_url: http://h:99999\nrequests: []", "'99999' is not a port", ""),
        ("base_url: 'http://[::1'\nrequests: []", "is not an IPv6 address", ""),
        ("defaults: {assert: {status: 200}, json: 1}\nrequests: []", "unknown key 'json' in defaults", ""),
    ],
)
def test_faults_of_a_collection(text: str, message: str, hint: str, faults: Faults) -> None:
    """A wrong or missing key is told with its place and the nearest right word."""
    found = [fault for fault in faults(text) if message in fault.message]
    assert found, faults(text)
    assert hint in found[0].hint
    assert found[0].span is not None


@pytest.mark.parametrize("name", ["env", "item", "index", "vars", "data", "iteration"])
@pytest.mark.parametrize("place", ["variables: {%s: 1}\nrequests: []", "secrets: {%s: 1}\nrequests: []"])
def test_some_names_are_taken(name: str, place: str, faults: Faults, one: One) -> None:
    """`env`, `item`, `index`, `vars`, `data` and `iteration` name no variable and no capture."""
    assert f"'{name}' is taken" in faults(place % name)[0].message
    assert f"'{name}' is taken" in faults(one(f"url: http://h\ncapture: {{{name}: status}}"))[0].message
    assert f"'{name}' is taken" in faults(one(f"url: http://h\nvariables: {{{name}: 1}}"))[0].message


@pytest.mark.parametrize(
    ("request_", "message", "hint"),
    [
        ("uri: /x", "unknown key 'uri' in a request", "did you mean 'url'?"),
        ("url: 5", "'url' wants text, not the number 5", ""),
        ("url: http://h\nmethod: G ET", "'G ET' is not a method", ""),
        ("url: http://h\njson: 1\nform: {a: b}", "one body: 'json' or 'form', not both", ""),
        ("url: http://h\ntext: 5", "'text' wants text, not the number 5", "write '5' with the quotes"),
        ("url: http://h\nheaders: {A: 1, a: 2}", "duplicate header 'a'", "header names ignore case"),
        ("url: http://h\nheaders: {'A B': 1}", "'A B' is not a header name", ""),
        ("url: http://h\nheaders: [A]", "'headers' wants a mapping", ""),
        ("url: http://h\nquery: {a: {b: 1}}", "'a' in 'query' wants a single value", ""),
        ("url: http://h\nquery: {a: [[1]]}", "'a' in 'query' wants a flat list", ""),
        ("url: http://h\nquery: {'': 1}", "an empty name in 'query'", ""),
        ("url: http://h\ntimeout: 10 sec", "'timeout' wants a duration such as 500ms", ""),
        ("url: http://h\ntimeout: 0", "'timeout' wants a duration", ""),
        ("url: http://h\ndelay: -1s", "'delay' wants a duration", ""),
        ("url: http://h\nmax_body: 10XB", "'max_body' wants a size", ""),
        (
            "url: http://h\nfollow_redirects: yes",
            "'follow_redirects' wants true, false or a number, not 'yes'",
            "write true",
        ),
        ("url: http://h\nfollow_redirects: -1", "'follow_redirects' wants", ""),
        ("url: http://h\nverify: off", "'verify' wants true, false or a CA file, not 'off'", "write false"),
        ("url: http://h\nskip: yes", "'skip' wants true or a reason", "write true"),
        ("url: http://h\nskip: no", "'skip' wants true or a reason", "write false"),
        ("url: http://h\ncapture: {a: {from: body, secret: on}}", "'secret' wants true or false", "write true"),
        ("url: http://h\ncapture: {a: {secret: true}}", "capture 'a' has no 'from'", ""),
        ("url: http://h\ncapture: {a: {form: body}}", "unknown key 'form' in capture 'a'", "did you mean 'from'?"),
        ("url: http://h\ncapture: [a]", "'capture' wants a mapping", ""),
        ("url: http://h\nassert: status == `200`", "'assert' wants a list", "'- '"),
        (
            "url: http://h\nassert: [[a]]",
            "an assertion is text or a mapping, not a list",
            "put the whole expression in quotes",
        ),
        ("url: http://h\nassert: [5]", "'assert' wants an expression, not the number 5", 'write "`5`"'),
        ("url: http://h\nassert: [{status: '200'}]", "'status' wants a number such as 200", "write 200 without quotes"),
        ("url: http://h\nassert: [{status: [200, ok]}]", "'status' wants a number", ""),
        ("url: http://h\nassert: [{that: body, equals: 1, includes: 1}]", "'equals' or 'includes', not both", ""),
        (
            "url: http://h\nassert: [{that: body, equal: 1}]",
            "unknown key 'equal' in an assertion",
            "did you mean 'equals'?",
        ),
        (
            "url: http://h\nassert:\n  - contains(body, 'a: b')",
            "YAML cuts this expression at ': '",
            "put the whole expression in quotes",
        ),
        (
            "url: http://h\nassert: [contains(body, 'a')]",
            "YAML reads [ ] as a list, and cuts it at the comma",
            "put the whole expression in quotes",
        ),
        (
            "url: http://h\nassert: [body.a == 'b, c']",
            "YAML cuts this expression at the comma",
            "put the whole expression in quotes",
        ),
        (
            "url: http://h\nassert:\n  - body.a == 'b # c'\n  - status: 200",
            "YAML takes ' #' for the beginning of a comment",
            "put the whole expression in quotes",
        ),
        ("url: http://h\nassert: [that: body.a, equals: 5]", "'equals' belongs to a 'that'", "as one item"),
        ("url: http://h\noverlap: 1\nhttp2: yes", "'http2' wants true or false", "only true and false"),
        (
            "url: http://h\nassert:\n  - x == 'a: b'",
            "YAML cuts this expression at ': '",
            "put the whole expression in quotes",
        ),
        ("url: http://h\nassert: ['body.a ==']", "the expression ends too early", ""),
        ("url: http://h\nassert: ['body.a = `1`']", "'=' compares nothing", "write =="),
        ("url: http://h\nassert: ['lenght(body) == `1`']", "unknown function 'lenght()'", "length"),
        ("url: http://h\nassert: ['length(body, body) == `1`']", "length", ""),
        ("url: http://h\nassert: ['boddy.id == `1`']", "'boddy'", "did you mean 'body'?"),
        ("url: http://h\nassert: ['body.ok == true']", "'true'", "`true`"),
        ("url: http://h\nassert: ['body.n == 7']", "a bare number", "`7`"),
        ("url: http://h\nassert: ['body.n == `seven`']", "what stands in backticks must be JSON", "'seven'"),
        ("url: http://h\nassert: ['!body.ok']", "!", "!(body.ok)"),
        ("url: http://h\nassert: ['body.a == {{x}}']", "an expression cannot hold {{ }}", "write vars.x"),
        ("url: http://h\nassert: ['body[?id == vars.x]']", "vars", "root().vars.x"),
        ("url: http://h\nvariables: {x: 1}\nassert: ['body.id == x']", "'x'", "vars.x"),
        ("url: http://h\nwhen: 5", "'when' wants an expression", ""),
        ("url: http://h\nauth: nnoe", "'auth' wants 'none', or a mapping", "did you mean 'none'?"),
        ("url: http://h\nauth: {type: bearr}", "unknown auth type 'bearr'", "did you mean 'bearer'?"),
        ("url: http://h\nauth: {type: bearer}", "auth of type 'bearer' has no 'token'", ""),
        ("url: http://h\nauth: {type: basic, username: a, password: b, token: c}", "unknown key 'token' in auth", ""),
        (
            "url: http://h\nauth: {type: api_key, name: a, value: b, in: body}",
            "'in' cannot be 'body'",
            "header, query, cookie",
        ),
        ("url: http://h\nauth: {token: x}", "auth has no type, and there is none to inherit", "type"),
        ("url: http://h\nauth: {type: none, token: x}", "unknown key 'token'", ""),
    ],
)
def test_faults_of_a_request(request_: str, message: str, hint: str, faults: Faults, one: One) -> None:
    """Each wrong value is told with what was wanted and what to write."""
    found = [fault for fault in faults(one(request_)) if message in fault.message]
    assert found, faults(one(request_))
    assert any(hint in fault.hint for fault in found), found
    assert found[0].span is not None


OAUTH = "token_url: http://h/t, client_id: a, client_secret: b"


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ("token_url: http://h/t, client_id: a", "has no 'client_secret'"),
        (f"{OAUTH}, grant: implicit", "'grant' cannot be 'implicit'"),
        (f"{OAUTH}, client_auth: digest", "'client_auth' cannot be 'digest'"),
        (f"{OAUTH}, leeway: soon", "'leeway' wants a duration"),
        (f"{OAUTH}, refresh_on: [oops]", "'refresh_on' wants a list of statuses"),
        (f"{OAUTH}, refresh_on: [40]", "'refresh_on' wants a list of statuses"),
        (f"{OAUTH}, extra: [a]", "'extra' wants a mapping"),
        (f"{OAUTH}, scop: a", "unknown key 'scop'"),
        (f"{OAUTH}, scope: {{a: b}}", "'scope' wants text"),
    ],
)
def test_faults_of_oauth2(fields: str, message: str, faults: Faults, one: One) -> None:
    """The keys of `oauth2` are judged when the file is read."""
    assert any(message in fault.message for fault in faults(one(f"url: http://h\nauth: {{type: oauth2, {fields}}}")))


def test_all_faults_of_a_file_come_in_one_go_in_its_order(faults: Faults) -> None:
    """Nothing is told one by one: the faults of the whole file come sorted by place."""
    text = (
        "nmae: x\nrequests:\n  - name: a\n    urll: /x\n    timeout: soon\n    assert: ['boddy.x']\n    json: {{x}}/y\n"
    )
    assert len(faults(text)) == 1  # YAML itself ends at the unquoted braces
    found = faults(text.replace("    json: {{x}}/y\n", ""))
    assert [fault.span.line for fault in found if fault.span] == [1, 3, 4, 5, 6]


def test_a_fault_in_an_expression_is_marked_inside_it(faults: Faults, one: One) -> None:
    """The caret stands under the wrong word of an expression, not under the line."""
    (fault,) = faults(one("url: http://h\nassert:\n  - length(boddy.value) > `0`"))
    assert fault.span is not None
    assert fault.span.text == "boddy"


@pytest.mark.parametrize(
    ("value", "marked"),
    [('"/users/{{usr}}"', "usr"), ("'/a/{{ usr }}/b'", "usr"), ("/x/{{usr}}", "usr"), ('"/\\t{{usr}}"', "usr")],
)
def test_a_fault_in_a_template_is_marked_inside_it(value: str, marked: str, faults: Faults, one: One) -> None:
    """The caret stands under the name in a template, however the text is quoted."""
    (fault,) = faults(one(f"url: {value}", "base_url: http://h"))
    assert fault.message == "undefined variable 'usr'"
    assert fault.span is not None
    assert fault.span.text == marked


def test_keys_may_hold_templates_in_five_places_only(load: Load, faults: Faults, one: One) -> None:
    """Keys of `query`, `headers`, `cookies`, `form` and `json` may be templates, others may not."""
    for key in ("query", "headers", "cookies", "form", "json"):
        collection = load(one(f"url: http://h\n{key}: {{'{{{{n}}}}': 1}}", "variables: {n: a}"))
        request = collection.requests[0]
        held = request.settings.query + request.settings.headers + request.cookies
        names = [entry.name for entry in held] + list(request.body.value if key == "json" else ())
        names += [entry.name for entry in request.body.value] if key == "form" else []
        assert [type(name) for name in names] == [Template]
    assert faults(one("url: http://h\ncapture: {'{{n}}': status}", "variables: {n: a}"))
    assert faults("variables: {'{{n}}': 1}\nrequests: []")


def test_a_secret_of_the_file_is_masked_where_its_line_is_shown() -> None:
    """A literal secret does not appear in the excerpt of a fault on its line; a placeholder does."""
    text = "secrets: {pw: sentinel-1}\nrequests:\n  - {name: a, url: /, auth: {type: bearer, tokn: x, token: sentinel-2}}\n"
    with pytest.raises(InvalidError) as caught:
        load(text + "zzz: sentinel-1\n")
    shown = "\n".join(map(render, caught.value.diagnostics))
    assert "sentinel" not in shown
    with pytest.raises(InvalidError) as caught:
        load("secrets: {pw: '{{env.PW}}', a-b: 1}\nrequests: []")
    assert "{{env.PW}}" in render(caught.value.diagnostics[0])


@given(st.text(alphabet=st.characters(exclude_categories=()), max_size=80))
def test_any_text_at_all_gives_diagnostics(text: str) -> None:
    """Whatever stands in a file, the only exception is InvalidError, and its faults can be drawn."""
    _load_or_refuse(text)


@given(st.data())
def test_any_damaged_file_gives_diagnostics(data: st.DataObject) -> None:
    """A valid file with pieces cut, doubled or replaced is read or refused with drawable faults."""
    text = VALID
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(text)))
        end = data.draw(st.integers(start, min(len(text), start + 20)))
        piece = data.draw(
            st.sampled_from(
                ["", "{{", "}}", "'", '"', ":", "- ", "!", "&a ", "*a", "[", "\n", "\t", "~", "{", "`", "5", "<<: 1"]
            )
        )
        text = text[:start] + piece + text[end:]
    _load_or_refuse(text)


_keys = st.sampled_from(
    [
        "name",
        "url",
        "requests",
        "assert",
        "capture",
        "auth",
        "type",
        "json",
        "headers",
        "status",
        "timeout",
        "that",
        "from",
    ]
)
_data = st.recursive(
    st.none() | st.booleans() | st.integers() | st.sampled_from(["a", "{{x}}", "body.a", "none", "oauth2", "10s", ""]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_keys, inner, max_size=4),
    max_leaves=12,
)


@given(st.dictionaries(_keys, _data, max_size=4), _data)
def test_any_structure_gives_diagnostics(data: dict[str, Any], request: Any) -> None:
    """Known keys with values of any wrong type are refused with diagnostics, never another exception."""

    _load_or_refuse(json.dumps({**data, "requests": [request, {"name": "r", "url": "http://h", **data}]}))


def _load_or_refuse(text: str) -> None:
    try:
        plan.make(load(text))
    except InvalidError as error:
        assert error.diagnostics
        for diagnostic in error.diagnostics:
            assert render(diagnostic)
