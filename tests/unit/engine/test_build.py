"""From a declared request to the one that goes out: URL, query, headers, cookies, body, settings."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.engine import build
from runner.engine.build import Flags, form_encode, join_url
from runner.engine.exchange import Request

Built = Callable[..., Request]
FaultOf = Callable[..., Any]
Run = Callable[..., Any]
BASE = "base_url: http://h/v1.0"


def quoted(text: str) -> str:
    return json.dumps(text)


@pytest.mark.parametrize(
    ("base", "url", "whole"),
    [
        ("http://h/v1.0", "/users", "http://h/v1.0/users"),
        ("http://h/v1.0/", "/users", "http://h/v1.0/users"),
        ("http://h/v1.0", "users", "http://h/v1.0/users"),
        ("http://h/v1.0", "", "http://h/v1.0"),
        ("http://h/v1.0/", "", "http://h/v1.0/"),
        ("http://h/v1.0", "?x=1", "http://h/v1.0?x=1"),
        ("http://h", "/", "http://h/"),
        ("http://h/v1.0", "https://other/x", "https://other/x"),
        ("http://h/v1.0", "HTTPS://other/x", "HTTPS://other/x"),
        ("http://[::1]:80/v1", "/x", "http://[::1]:80/v1/x"),
        ("http://h/v1.0", "/a b\u00e9\u0001", "http://h/v1.0/a%20b%C3%A9%01"),
        ("http://h/v1.0", "/a%20b/c+d,e;f=g@h:i!$&'()*", "http://h/v1.0/a%20b/c+d,e;f=g@h:i!$&'()*"),
        ("http://bücher.de", "/x", "http://bücher.de/x"),
    ],
)
def test_a_relative_url_is_appended_to_base_url(base: str, url: str, whole: str, built: Built) -> None:
    """One slash between; '' and ?x=1 as they are; an absolute URL stands alone; spaces and controls are encoded."""
    assert built(f"url: {quoted(url)}", f"base_url: {quoted(base)}").url == whole


@pytest.mark.parametrize(
    ("outer", "inner", "whole"),
    [
        ("http://h/v1", "/users", "http://h/v1/users/x"),
        ("http://h/v1", "users/", "http://h/v1/users/x"),
        ("http://h/v1", "http://o/v2", "http://o/v2/x"),
        ("http://h/v1", "", "http://h/v1/x"),
        ("http://h/v1", "{{part}}", "http://h/v1/me/x"),
    ],
)
def test_a_groups_base_url_is_appended_to_the_outer_one(outer: str, inner: str, whole: str, run: Run) -> None:
    """A group's relative base_url goes on from the outer one, an absolute one replaces it."""
    text = f"""
    base_url: {outer}
    variables: {{part: me}}
    requests:
      - name: G
        base_url: "{inner}"
        requests: [{{name: R, url: /x}}]
    """
    assert run(text).urls == [whole]


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("/x", "'/x' has no host"),
        ("{{u}}", "'ftp://h' is not a URL of http or https"),
        ("http://{{bad}}/x", "is not a URL: Invalid IPv6 URL"),
    ],
)
def test_a_url_without_a_host_cannot_be_built(url: str, message: str, fault_of: FaultOf) -> None:
    """A request whose URL leads nowhere errors, with the place of its `url`, and is not sent."""
    fault = fault_of(f"url: {quoted(url)}", "variables: {u: 'ftp://h', bad: '[x'}")
    assert message in fault.message
    assert fault.kind == "build"
    assert fault.span.line > 1


@pytest.mark.parametrize(
    ("url", "query", "whole"),
    [
        ("/x", "{$top: 5, $select: 'id,mail'}", "/x?$top=5&$select=id,mail"),
        ("/x", "{a: ':/@;'}", "/x?a=:/@;"),
        ("/x", "{a: 'b c&d=e+f#g?h%'}", "/x?a=b%20c%26d%3De%2Bf%23g%3Fh%25"),
        ("/x", "{a: [1, b, null]}", "/x?a=1&a=b"),
        ("/x", "{a: [], b: null, c: ''}", "/x?c="),
        ("/x", "{a: true, b: 1.10}", "/x?a=true&b=1.10"),
        ("/x?y=a%20b,{}", "{z: 1}", "/x?y=a%20b,%7B%7D&z=1"),
        ("/x?y=1&", "{z: 1}", "/x?y=1&z=1"),
        ("/x?", "{z: 1}", "/x?z=1"),
        ("/x?y=1#part", "{z: 1}", "/x?y=1&z=1"),
        ("/x#part?no", "{z: 1}", "/x?z=1"),
        ("/x?y=1", "{y: 2}", "/x?y=1&y=2"),
        ("/x", "{é: ü}", "/x?%C3%A9=%C3%BC"),
        ("/x", "{'{{key}}': '{{list}}', n: '{{nothing}}'}", "/x?k=1&k=2"),
    ],
)
def test_query_is_added_after_what_the_url_has(url: str, query: str, whole: str, built: Built) -> None:
    """`$ , : / @ ;` stay readable, lists repeat, null is left out, what the URL has goes as it is written."""
    variables = "variables: {key: k, list: [1, 2], nothing: null}"
    assert built(f"url: {quoted(url)}\nquery: {query}", f"base_url: http://h\n{variables}").url == "http://h" + whole


@given(st.lists(st.tuples(st.text(min_size=1), st.text()), max_size=4))
def test_a_query_reads_back_as_it_was_given(pairs: list[tuple[str, str]]) -> None:
    """Whatever names and values hold, the server reads the same pairs, in order."""
    url = join_url("http://h/x?first=1", pairs)
    assert url.isascii()
    assert parse_qsl(urlsplit(url).query, keep_blank_values=True) == [("first", "1"), *pairs]


@given(st.lists(st.tuples(st.text(min_size=1), st.text()), max_size=4))
def test_a_form_reads_back_as_it_was_given(pairs: list[tuple[str, str]]) -> None:
    """A form body decodes to the same pairs, in order."""
    assert parse_qsl(form_encode(pairs).decode("ascii"), keep_blank_values=True) == pairs


def test_headers_merge_without_regard_to_case(built: Built) -> None:
    """The nearest header of a name wins whatever its case, null removes, lists repeat."""
    request = built(
        "url: /x\nheaders: {ACCEPT: text/plain, X-Gone: null, X-List: [a, null, b], X-N: 5}",
        BASE + "\ndefaults: {headers: {Accept: application/json, x-gone: here, X-Kept: 'yes'}}",
    )
    assert request.headers == (
        ("ACCEPT", "text/plain"),
        ("X-Kept", "yes"),
        ("X-List", "a"),
        ("X-List", "b"),
        ("X-N", "5"),
    )


def test_query_merges_by_name_and_null_removes(built: Built) -> None:
    """An inherited query entry is replaced or removed by one of the same name, which is case-sensitive."""
    request = built("url: /x\nquery: {a: 2, b: null, A: 3}", BASE + "\ndefaults: {query: {a: 1, b: 1, c: 1}}")
    assert request.url == "http://h/v1.0/x?a=2&c=1&A=3"


def test_settings_are_inherited_through_groups_and_the_nearest_wins(run: Run) -> None:
    """Collection, group and request are merged in this order."""
    text = """
    base_url: http://h
    defaults: {timeout: 1s, max_body: 5B, follow_redirects: false, verify: false, headers: {A: c, B: c}}
    requests:
      - name: G
        defaults: {timeout: 2s, follow_redirects: 3, headers: {B: g, C: g}}
        requests:
          - {name: R, url: /, timeout: 3s, headers: {C: r}}
          - {name: S, url: /}
      - {name: T, url: /}
    """
    found = [(r.timeout, r.max_body, r.max_redirects, r.connection.verify, dict(r.headers)) for r in run(text).sent]
    assert found == [
        (3.0, 5, 3, False, {"A": "c", "B": "g", "C": "r"}),
        (2.0, 5, 3, False, {"A": "c", "B": "g", "C": "g"}),
        (1.0, 5, 0, False, {"A": "c", "B": "c"}),
    ]


def test_what_holds_when_nothing_is_said(built: Built) -> None:
    """30 s, 10 redirects, 10 MB, verified TLS, GET, no header, no body."""
    assert built("url: http://h") == Request("GET", "http://h", (), None, 30.0, 10, 10_000_000)


def test_flags_win_over_the_file(built: Built) -> None:
    """What the command line says about every request goes before what the file says."""
    request = built(
        "url: http://h\ntimeout: 1s\nverify: true", flags=Flags(timeout=9.0, verify=False, proxy="http://p")
    )
    assert (request.timeout, request.connection.verify, request.connection.proxy) == (9.0, False, "http://p")


@pytest.mark.parametrize(
    ("written", "proxy"),
    [
        ("http://127.0.0.1:3128", "http://127.0.0.1:3128"),
        ("socks5h://user:{{pw}}@h", "socks5h://user:s3cret-w@rd@h"),
        ("false", ""),
        ("''", ""),
        ("unix:/run/docker.sock", "unix:/run/docker.sock"),
        ("unix:../the.sock", "unix:requests/../the.sock"),
        ("'{{none}}'", ""),
        ("'unix:{{name}}'", "unix:requests/a.sock"),
    ],
)
def test_a_proxy(written: str, proxy: str, built: Built) -> None:
    """A proxy's URL stands as it is written, none is false; the path of a socket is relative to the request file."""
    request = built(f"url: http://h\nproxy: {written}", "variables: {pw: s3cret-w@rd, none: false, name: a.sock}")
    assert request.connection.proxy == proxy


def test_a_proxy_of_a_variable_that_is_none(fault_of: FaultOf) -> None:
    """What a template gives is held to the same rule, and its password is not shown."""
    fault = fault_of("url: http://h\nproxy: '{{p}}'", "variables: {p: 'ftp://me:pass-word@h'}")
    assert fault.message.startswith("'proxy' wants a URL such as")


def test_the_password_of_a_proxy_is_secret(run: Run) -> None:
    """The password is masked as it is written, as it is meant, and in the header that it travels in."""
    ran = run("requests: [{name: A, url: http://h, proxy: 'http://me:p%40ss-word@h'}]")
    for form in ("p%40ss-word", "p@ss-word", "bWU6cEBzcy13b3Jk"):
        assert "***" in ran.redactor.text(f"x {form} x"), form
    flagged = run("requests: [{name: A, url: http://h}]", flags=Flags(proxy="http://me:p%40ss-word@h"))
    assert flagged.redactor.text("p@ss-word") == "***"


def test_the_connection_of_a_request(run: Run) -> None:
    """http2, max_events and proxy are inherited, and the nearest wins; by default none of them is set."""
    text = """
    defaults: {http2: true, proxy: http://p}
    requests:
      - {name: A, url: http://h, max_events: 3}
      - {name: B, url: http://h, http2: "{{off}}", proxy: false}
    variables: {off: false}
    """
    found = [(r.connection.http2, r.connection.proxy, r.max_events) for r in run(text).sent]
    assert found == [(True, "http://p", 3), (False, "", None)]
    plain = run("requests: [{name: A, url: http://h}]").sent[0]
    assert (plain.connection.http2, plain.connection.proxy, plain.max_events) == (False, None, None)


def test_a_setting_may_come_from_a_variable(built: Built, fault_of: FaultOf) -> None:
    """A template's value is held to the same rule as one that is written."""
    assert built("url: http://h\ntimeout: '{{t}}'", "variables: {t: 2m}").timeout == 120.0
    fault = fault_of("url: http://h\ntimeout: '{{t}}'", "variables: {t: soon}")
    assert "'timeout' wants a duration" in fault.message


@pytest.mark.parametrize(
    ("body", "content", "content_type"),
    [
        ("json: {a: 1.5, b: [true, null, 'é']}", '{"a":1.5,"b":[true,null,"é"]}'.encode(), "application/json"),
        ("json: null", b"null", "application/json"),
        ("json:", b"null", "application/json"),
        ("json: ''", b'""', "application/json"),
        ("json: false", b"false", "application/json"),
        ("json: '{{n}}'", b"5", "application/json"),
        ("json: {n: '{{n}}', text: 'n={{n}}', null: '{{nothing}}'}", b'{"n":5,"text":"n=5","null":null}', "application/json"),
        ("json: {'{{key}}': '{{list}}'}", b'{"k":[1,2]}', "application/json"),
        ("form: {a: b c, d: [1, 2], e: null, f: ''}", b"a=b+c&d=1&d=2&f=", "application/x-www-form-urlencoded"),
        ("form: {'p@ss': 'w+rd%:/'}", b"p%40ss=w%2Brd%25%3A%2F", "application/x-www-form-urlencoded"),
        ("form: {}", b"", "application/x-www-form-urlencoded"),
        ("text: 'é {{n}}'", "é 5".encode(), "text/plain; charset=utf-8"),
        ("text: '{{list}}'", b"[1,2]", "text/plain; charset=utf-8"),
        ("text: ''", b"", "text/plain; charset=utf-8"),
    ],
)  # fmt: skip
def test_bodies_and_their_types(body: str, content: bytes, content_type: str, built: Built) -> None:
    """A body is sent with the type of its key, and with POST where no method is written."""
    request = built(f"url: http://h\n{body}", "variables: {n: 5, nothing: null, list: [1, 2], key: k}")
    assert (request.method, request.body, request.header("content-type")) == ("POST", content, content_type)


def test_exact_integers_are_sent_as_json(built: Built) -> None:
    """An integer beyond a float's reach arrives with every digit."""
    assert built("url: http://h\njson: {id: 12345678901234567890123}").body == b'{"id":12345678901234567890123}'


@pytest.mark.parametrize("header", ["Content-Type: text/csv", "content-type: text/csv"])
def test_a_written_content_type_wins(header: str, built: Built) -> None:
    """A Content-Type header of the file, in any case, stands in place of the body's own."""
    request = built(f"url: http://h\ntext: a\nheaders: {{{header}}}")
    assert [value for name, value in request.headers if name.lower() == "content-type"] == ["text/csv"]


@pytest.mark.parametrize(
    ("method", "sent"),
    [
        ("method: PUT", "PUT"),
        ("method: put", "PUT"),
        ("method: purge", "purge"),
        ("method: '{{m}}'", "PURGE"),
        ("method: '{{low}}'", "DELETE"),
        ("method: GET\njson: 1", "GET"),
        ("", "GET"),
    ],
)
def test_the_method_as_written(method: str, sent: str, built: Built) -> None:
    """A written method goes whatever the body, a registered one in capitals; without both it is GET."""
    assert built(f"url: http://h\n{method}", "variables: {m: PURGE, low: delete}").method == sent


def test_cookies_go_beside_the_jars_and_null_holds_one_back(built: Built) -> None:
    """`cookies` become one Cookie header; a null one keeps the jar's cookie of that name from this request."""
    request = built("url: http://h\ncookies: {a: 1, b: null, '{{n}}': 'x'}", "variables: {n: c}")
    assert request.header("cookie") == "a=1; c=x"
    assert request.held_cookies == {"b"}


def test_numbers_keep_their_spelling_in_json(built: Built) -> None:
    """A number is sent as it was written, also from a variable and where a structure is put into text."""
    variables = "variables: {price: 1.10, row: {p: 1e3}}"
    body = "json: {p: 1.10, q: '{{price}}', r: ['{{row}}', 1e3, -0, 5], t: 'x{{row}}', u: 'a\"b'}"
    sent = b'{"p":1.10,"q":1.10,"r":[{"p":1e3},1e3,-0,5],"t":"x{\\"p\\":1e3}","u":"a\\"b"}'
    assert built(f"url: http://h\n{body}", variables).body == sent


def test_keys_of_a_json_body_are_text(built: Built) -> None:
    """A number or a boolean becomes text where it names a key, as it does in a query or a form."""
    request = built("url: http://h\njson: {'{{n}}': 1, 'x{{n}}': 2, '{{t}}': 3}", "variables: {n: 1.10, t: true}")
    assert request.body == b'{"1.10":1,"x1.10":2,"true":3}'


def test_what_holds_a_secret_is_marked_to_stay_at_its_origin(built: Built) -> None:
    """Headers and query entries computed from a secret are known to the redirect loop."""
    request = built(
        "url: http://h\nheaders: {X-Key: 'k {{pw}}', X-Open: a}\nquery: {key: '{{derived}}', open: b}",
        "secrets: {pw: sentinel}\nvariables: {derived: 'd-{{pw}}'}",
    )
    assert (request.secret_headers, request.secret_query) == ({"x-key"}, {"key"})


@pytest.mark.parametrize(
    ("request_", "message"),
    [
        ("url: http://h\nheaders: {A: '{{lines}}'}", "the header 'A' holds a line break"),
        ("url: http://h/{{nothing}}", "null"),
        ("url: http://h\nheaders: {A: 'x{{nothing}}'}", "null"),
        ("url: http://h\nquery: {'{{nothing}}': 1}", "null"),
        ("url: http://h\njson: {'{{nothing}}': 1}", "a key must be text"),
        ("url: http://h\njson: {a: '{{user.nope}}'}", "has no key 'nope'"),
        ("url: http://h\ntext: '{{nothing}}'", "null"),
        ("url: http://h\nmethod: '{{nothing}}'", "null"),
        ("url: http://h\nmethod: 'G{{lines}}'", "is not a method"),
        ("url: '{{nothing}}'", "null"),
        ("url: http://h\nquery: {a: '{{to_number(user)}}', b: '{{length(n)}}'}", "length"),
    ],
)
def test_a_request_that_cannot_be_built_is_errored(request_: str, message: str, fault_of: FaultOf) -> None:
    """Computed values that do not fit, and line breaks in headers, error the request, with their place."""
    computed = "nothing: \"{{parse_json('null')}}\", user: \"{{parse_json(text)}}\", text: '{\"id\": 1}'"
    fault = fault_of(request_, f'variables: {{lines: "a\\nb", {computed}, n: 5}}')
    assert message in fault.message
    assert fault.kind == "build"
    assert fault.span is not None


def test_only_variables_that_are_used_are_evaluated(built: Built) -> None:
    """A variable that would fail does no harm where nobody asks for it."""
    assert built("url: http://h", "variables: {bad: \"{{to_number('x') || length(`1`)}}\"}").url == "http://h"


@given(st.text(min_size=1, max_size=20))
def test_values_put_into_a_url_go_as_they_are(text: str) -> None:
    """A rendered URL is ASCII without spaces, and what may stand in a URL is not touched."""
    url = build.quote(text, safe=build._URL_SAFE)
    assert url.isascii()
    assert not any(character.isspace() for character in url)
    if all(character in build._URL_SAFE or (character.isascii() and character.isalnum()) for character in text):
        assert url == text
