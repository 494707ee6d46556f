"""From declared bodies to what goes out: multipart, files and GraphQL, and where a response is saved."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable
from typing import Any

import pytest

from runner.engine import payload
from runner.engine.exchange import Request
from runner.engine.media_types import UNKNOWN, media_type
from runner.engine.payload import BodyFile, Multipart
from runner.errors import TransportError

Built = Callable[..., Request]
FaultOf = Callable[..., Any]
Faults = Callable[..., Any]
Run = Callable[..., Any]
One = Callable[..., str]
Make = Callable[..., Any]
Answer = Callable[..., Any]

VARIABLES = """
variables:
  name: Ada
  list: [1, two, null]
  obj: {a: 1}
  nothing: null
  path: a.txt
  type: x/y
  half: '"\\ud800"'
"""


def parts_of(request: Request) -> list[tuple[str, bytes | str, str, str]]:
    """Name, content (a file's name in place of its bytes), filename and type of each part."""
    assert isinstance(request.body, Multipart)
    return [
        (p.name, p.content.name if isinstance(p.content, BodyFile) else p.content, p.filename, p.content_type)
        for p in request.body.parts
    ]


# --- multipart -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("declared", "parts"),
    [
        ("{a: text}", [("a", b"text", "", "")]),
        ("{a: 1.10, b: true, c: 'Hi {{name}}'}", [("a", b"1.10", "", ""), ("b", b"true", "", ""), ("c", b"Hi Ada", "", "")]),
        ("{a: null, b: '{{nothing}}', c: {value: null}}", []),
        ("{a: ''}", [("a", b"", "", "")]),
        ("{a: [x, y]}", [("a", b"x", "", ""), ("a", b"y", "", "")]),
        ("{a: '{{list}}'}", [("a", b"1", "", ""), ("a", b"two", "", "")]),
        ("{a: {value: '{{list}}'}}", [("a", b'[1,"two",null]', "", "application/json")]),
        ("{a: '{{obj}}'}", [("a", b'{"a":1}', "", "application/json")]),
        ("{a: {value: {b: '{{name}}'}}}", [("a", b'{"b":"Ada"}', "", "application/json")]),
        ("{a: {value: x, content_type: text/html; charset=utf-8}}", [("a", b"x", "", "text/html; charset=utf-8")]),
        ("{a: {value: x, filename: '{{name}}.txt'}}", [("a", b"x", "Ada.txt", "")]),
        ("{a: {file: dir/a.txt}}", [("a", "dir/a.txt", "a.txt", "text/plain")]),
        ("{a: {file: '{{path}}', filename: b.PNG}}", [("a", "a.txt", "b.PNG", "image/png")]),
        ("{a: {file: a.txt, content_type: '{{type}}'}}", [("a", "a.txt", "a.txt", "x/y")]),
        ("{a: [{file: a.txt}, x, {value: y}]}", [("a", "a.txt", "a.txt", "text/plain"), ("a", b"x", "", ""), ("a", b"y", "", "")]),
        ("{'{{name}} \"1\"': x}", [('Ada "1"', b"x", "", "")]),
    ],
)  # fmt: skip
def test_the_parts_of_a_form(declared: str, parts: list[Any], built: Built, disk: Make) -> None:
    """Text, structures as JSON, files with a guessed type; lists repeat a part, null leaves it out."""
    files = disk({"a.txt": "A", "dir/a.txt": "DA"})
    request = built(f"url: http://h\nmultipart: {declared}", VARIABLES, disk=files)
    assert parts_of(request) == parts
    assert request.method == "POST"


def test_the_boundary_is_in_the_header_and_new_each_time(built: Built) -> None:
    """A boundary cannot be known before, so that no content can be made to hold it."""
    first, second = (built("url: http://h\nmultipart: {a: b}") for _ in range(2))
    assert isinstance(first.body, Multipart)
    assert isinstance(second.body, Multipart)
    assert first.header("content-type") == f"multipart/form-data; boundary={first.body.boundary}"
    assert first.body.boundary != second.body.boundary
    assert re.fullmatch(r"----request-runner-[0-9a-f]{32}", first.body.boundary)


@pytest.mark.parametrize(
    ("header", "boundary"),
    [
        ("multipart/form-data; boundary=abc", "abc"),
        ('multipart/form-data; boundary="a b:c"', "a b:c"),
        ('multipart/form-data; BOUNDARY="a\\bc"; x=1', "abc"),
        ("multipart/mixed; charset=utf-8; boundary = abc", "abc"),
    ],
)
def test_a_boundary_of_ones_own(header: str, boundary: str, built: Built) -> None:
    """A Content-Type header with a boundary goes as it is written, and its boundary stands between the parts."""
    request = built(f"url: http://h\nheaders: {{content-type: {json.dumps(header)}}}\nmultipart: {{a: b}}")
    assert isinstance(request.body, Multipart)
    assert (request.header("content-type"), request.body.boundary) == (header, boundary)
    assert sum(name.lower() == "content-type" for name, _ in request.headers) == 1


@pytest.mark.parametrize("header", ["multipart/form-data", "Multipart/Related; type=x", "multipart/form-data;"])
def test_a_multipart_header_without_a_boundary_gets_one(header: str, built: Built) -> None:
    """People copy `Content-Type: multipart/form-data`, which alone no server could read."""
    request = built(f"url: http://h\nheaders: {{Content-Type: '{header}'}}\nmultipart: {{a: b}}")
    assert isinstance(request.body, Multipart)
    assert request.header("content-type") == f"{header.rstrip(';')}; boundary={request.body.boundary}"


@pytest.mark.parametrize(
    ("header", "message"),
    [
        ("application/json", "the header Content-Type says 'application/json', and the body is multipart"),
        ("multipart/form-data; boundary=", "'' cannot be a boundary"),
        ('multipart/form-data; boundary="a "', "'a ' cannot be a boundary"),
        (f"multipart/form-data; boundary={'a' * 71}", "cannot be a boundary: it has 1 to 70 letters"),
        ("multipart/form-data; boundary=ä", "'ä' cannot be a boundary"),
    ],
)
@pytest.mark.parametrize("templated", [False, True])
def test_a_header_that_does_not_fit(
    header: str, message: str, templated: bool, faults: Faults, fault_of: FaultOf, one: One
) -> None:
    """Another Content-Type is refused at its place: before anything is sent, unless a template gives it."""
    value, variables = ("'{{h}}'", f"variables: {{h: {json.dumps(header)}}}") if templated else (json.dumps(header), "")
    request = f"url: http://h\nheaders: {{Content-Type: {value}}}\nmultipart: {{a: b}}"
    fault = fault_of(request, variables) if templated else faults(one(request))[0]
    assert message in fault.message
    assert "Content-Type: null" in fault.hint
    assert fault.span.text == ("{{h}}" if templated else json.dumps(header)[1:-1])


def test_an_inherited_type_is_in_the_way_until_it_is_removed(faults: Faults, built: Built, one: One) -> None:
    """A default `Content-Type: application/json` does not fit; null on the request takes it away."""
    defaults = "defaults: {headers: {Content-Type: application/json}}"
    assert len(faults(one("url: http://h\nmultipart: {a: b}", defaults))) == 1
    request = built("url: http://h\nheaders: {content-type: null}\nmultipart: {a: b}", defaults)
    assert (request.header("content-type") or "").startswith("multipart/form-data; boundary=")


@pytest.mark.parametrize(
    ("declared", "message"),
    [
        ("{a: {file: '{{name}}'}}", "'file': no such file: 'Ada'"),
        ("{a: {file: '{{nothing}}'}}", "'file' is null"),
        ("{a: {value: x, content_type: '{{name}}'}}", "'content_type': 'Ada' is not a media type"),
        ("{a: {value: x, content_type: '{{crlf}}'}}", "is not a media type"),
        ("{a: {value: x, filename: '{{nothing}}'}}", "'filename' is null"),
        ('{a: "{{parse_json(half)}}"}', "'a': it holds half a character"),
    ],
)
def test_parts_that_cannot_be_made(declared: str, message: str, fault_of: FaultOf, disk: Make) -> None:
    """What a template gives is held to the same rules, at its place."""
    variables = VARIABLES + '  crlf: "a/b\\r\\nX-Evil: 1"\n'
    fault = fault_of(f"url: http://h\nmultipart: {declared}", variables, disk=disk())
    assert message in fault.message
    assert (fault.kind, fault.span is not None) == ("build", True)


# --- file ----------------------------------------------------------------------------------------------------------


def test_a_file_is_sent_as_it_is(built: Built, disk: Make) -> None:
    """Its size is known before, its type is guessed from its name, and it is not read until it is sent."""
    files = disk({"a.csv": "x,y\n"})
    request = built("url: http://h\nmethod: PUT\nfile: a.csv", disk=files)
    assert request.body == BodyFile("a.csv", 4, request.body.read)  # type: ignore[union-attr]
    assert (request.header("content-type"), files.reads) == ("text/csv", [])
    assert b"".join(payload.chunks(request.body)) == b"x,y\n"  # type: ignore[arg-type]


def test_a_header_says_what_a_file_is(built: Built, disk: Make) -> None:
    """A Content-Type header wins over the guess."""
    request = built("url: http://h\nheaders: {content-type: text/x}\nfile: a.csv", disk=disk({"a.csv": ""}))
    assert [value for name, value in request.headers if name.lower() == "content-type"] == ["text/x"]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("a.json", "application/json"), ("A.JPG", "image/jpeg"), ("x.tar.gz", "application/gzip"),
        ("dir.txt/README", UNKNOWN), ("a.unheard", UNKNOWN), ("a.", UNKNOWN), ("", UNKNOWN), ("x.yml", "application/yaml"),
    ],
)  # fmt: skip
def test_the_type_of_a_name(name: str, expected: str) -> None:
    """By the ending alone, in any case; the same on every machine."""
    assert media_type(name) == expected


@pytest.mark.parametrize(
    ("request_", "each_wait"),
    [
        ("file: a.txt", True),
        ("multipart: {a: {file: a.txt}}", True),
        ("multipart: {a: b}", False),
        ("save_to: x.bin", True),
        ("json: {}", False),
        ("method: GET", False),
    ],
)
def test_the_timeout_of_files_is_for_each_wait(request_: str, each_wait: bool, built: Built, disk: Make) -> None:
    """How long a file takes says nothing about the server; everything else has its time for the whole."""
    assert built(f"url: http://h\n{request_}", disk=disk({"a.txt": ""})).each_wait is each_wait


def test_a_file_that_changes_fails_its_request_at_its_line(run: Run, one: One, disk: Make) -> None:
    """What the transport met is told at the key that names the file, with exit code 4."""

    def api(request: Request) -> Any:
        files.texts["a.txt"] = "longer"
        with pytest.raises(TransportError) as caught:
            list(payload.chunks(request.body or b""))
        return caught.value

    files = disk({"a.txt": "short"})
    ran = run(one("url: http://h\nfile: a.txt"), api, disk=files)
    assert (ran["R"].outcome, ran["R"].fault.kind, int(ran["R"].exit_code)) == ("errored", "file", 4)
    assert ran["R"].fault.span.text == "a.txt"


# --- credentials over bodies that are read -------------------------------------------------------------------------


def test_a_renewed_token_sends_the_file_again(run: Run, one: One, answer: Answer, disk: Make) -> None:
    """A 401 is answered with a new token and the same body from its beginning."""
    auth = "auth: {type: oauth2, token_url: 'https://login.test/token', client_id: a, client_secret: secret}"
    bodies = []

    def api(request: Request) -> Any:
        bodies.append(b"".join(payload.chunks(request.body or b"")))
        return answer(401 if len(bodies) == 2 else 200, {})

    text = f"{auth}\nrequests:\n  - {{name: First, url: http://h}}\n  - {{name: R, url: http://h, file: a.txt}}\n"
    ran = run(
        text, api, login=[answer(200, {"access_token": f"token-{n}"}) for n in range(2)], disk=disk({"a.txt": "A"})
    )
    assert (ran["R"].outcome, bodies) == ("passed", [b"", b"A", b"A"])


def test_digest_with_auth_int_hashes_the_file(run: Run, one: One, answer: Answer, disk: Make) -> None:
    """RFC 7616 § 3.4.3: the body is part of the response, also where it is in a file."""
    challenge = {"WWW-Authenticate": 'Digest realm="r", nonce="n", qop="auth-int", algorithm=SHA-256'}
    sent: list[Request] = []

    def api(request: Request) -> Any:
        sent.append(request)
        return answer(200, {}) if request.header("authorization") else answer(401, {}, challenge)

    auth = "auth: {type: digest, username: ada, password: lovelace}"
    ran = run(one("url: http://h/x\nfile: a.txt", auth), api, disk=disk({"a.txt": "content"}))
    assert ran["R"].outcome == "passed"
    given = dict(re.findall(r'(\w+)="?([^",]+)', sent[1].header("authorization") or ""))

    def h(text: str) -> str:
        return hashlib.sha256(text.encode()).hexdigest()

    a2 = h(f"POST:/x:{h('content')}")
    assert given["response"] == h(f"{h('ada:r:lovelace')}:n:{given['nc']}:{given['cnonce']}:auth-int:{a2}")


SIGV4 = "auth: {type: aws_sigv4, access_key: AK, secret_key: secret-key, region: eu-west-1, service: s3}"


def test_aws_signs_the_hash_of_a_file(built: Built, disk: Make) -> None:
    """S3 is told the hash of what will come; it is made piece by piece."""
    request = built("url: http://h/x\nmethod: PUT\nfile: a.txt", SIGV4, disk=disk({"a.txt": "content"}))
    assert request.header("x-amz-content-sha256") == hashlib.sha256(b"content").hexdigest()


def test_a_file_that_cannot_be_signed_fails_its_request(run: Run, disk: Make) -> None:
    """A file that changed before it could be hashed ends its request, and the run goes on."""
    files = disk({"a.txt": "content"})
    upload = files.upload

    def growing(file: str, path: str, span: Any) -> BodyFile:
        made = upload(file, path, span)
        files.texts["a.txt"] += "!"
        return made  # type: ignore[no-any-return]

    files.upload = growing
    text = f"{SIGV4}\nrequests:\n  - {{name: R, url: http://h/x, file: a.txt}}\n  - {{name: Next, url: http://h}}\n"
    ran = run(text, disk=files)
    assert ran.outcomes == {"R": "errored", "Next": "passed"}
    assert ran["R"].fault.kind == "file"


# --- graphql -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("declared", "sent"),
    [
        ("{query: '{ a }'}", {"query": "{ a }"}),
        ("{query: '{ {{name}} }'}", {"query": "{ Ada }"}),
        ("{query: q, variables: {n: '{{list}}', m: 1.10, k: null}}", {"query": "q", "variables": {"n": [1, "two", None], "m": 1.1, "k": None}}),
        ("{query: q, variables: '{{obj}}'}", {"query": "q", "variables": {"a": 1}}),
        ("{query: q, variables: {}}", {"query": "q", "variables": {}}),
        ("{query: q, variables: '{{nothing}}'}", {"query": "q"}),
        ("{query: q, variables: null}", {"query": "q"}),
        ("{query: q, operation: 'Of{{name}}'}", {"query": "q", "operationName": "OfAda"}),
        ("{query: {file: q.graphql}}", {"query": "{ {{not}} a template }"}),
        ("{query: {file: '{{name}}.graphql'}}", {"query": "ada"}),
    ],
)  # fmt: skip
def test_a_graphql_request(declared: str, sent: dict[str, Any], built: Built, disk: Make) -> None:
    """GraphQL over HTTP § 5.1: JSON by POST; what is not given is left out, a file goes as it is."""
    files = disk({"q.graphql": "{ {{not}} a template }", "Ada.graphql": "ada"})
    request = built(f"url: http://h\ngraphql: {declared}", VARIABLES, disk=files)
    assert (request.method, request.header("content-type")) == ("POST", "application/json")
    assert isinstance(request.body, bytes)
    assert json.loads(request.body) == sent


@pytest.mark.parametrize(
    ("declared", "message"),
    [
        ("{query: q, variables: '{{name}}'}", "'variables' of graphql wants a mapping, not string"),
        ("{query: '{{nothing}}'}", "'query' is null"),
        ("{query: {file: '{{name}}'}}", "'file': no such file: 'Ada'"),
    ],
)
def test_graphql_that_cannot_be_built(declared: str, message: str, fault_of: FaultOf, disk: Make) -> None:
    """What a template gives for a key has to fit it."""
    fault = fault_of(f"url: http://h\ngraphql: {declared}", VARIABLES, disk=disk())
    assert message in fault.message
    assert fault.span is not None


# --- save_to -------------------------------------------------------------------------------------------------------


def test_save_to_is_rendered(built: Built, disk: Make) -> None:
    """The path may hold templates."""
    request = built("url: http://h\nsave_to: out/{{name}}.bin", VARIABLES, disk=disk())
    assert request.save_to is not None
    assert request.save_to.name == "out/Ada.bin"


@pytest.mark.parametrize("expression", ["body.id", "text == 'a'", "length(bytes) > `1`", "status == `200` || body.x"])
def test_a_saved_body_cannot_be_judged(expression: str, faults: Faults, one: One) -> None:
    """Naming `body`, `text` or `bytes` beside save_to is an error before anything is sent, inherited or not."""
    request = "url: http://h\nsave_to: x.bin"
    own = faults(one(f"{request}\nassert: [{json.dumps(expression)}]"))
    captured = faults(one(f"{request}\ncapture: {{a: {json.dumps(expression)}}}"))
    inherited = faults(one(request, f"defaults: {{assert: [{json.dumps(expression)}]}}"))
    for found in (own, captured, inherited):
        assert [fault.message.partition(" is null")[2] for fault in found] == [": 'R' saves its body to a file"]
        assert found[0].span.text in ("body", "text", "bytes")


def test_what_is_known_of_a_saved_body(faults: Faults, one: One) -> None:
    """Status, headers, size and the request's own body can be judged."""
    checks = "assert: [status: 200, size: 3, \"headers.etag == 'x'\", \"request.body == `null`\", vars.body == 'x']"
    assert faults(one(f"url: http://h\nsave_to: x.bin\nvariables: {{body: x}}\n{checks}")) == []


def test_a_body_over_the_limit_is_told_where_the_limit_stands(run: Run, one: One) -> None:
    """The place is that of `max_body`; where nobody wrote one, that of the request."""
    too_large = TransportError("too-large", "the body is too large")
    written = run(one("url: http://h\nmax_body: 1KB"), lambda request: too_large)["R"].fault
    default = run(one("url: http://h"), lambda request: too_large)["R"].fault
    assert (written.span.text, default.span.text) == ("1KB", "R")
