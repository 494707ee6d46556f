"""AWS Signature Version 4: published vectors, the headers that are added, and which of them are signed.

Requests, date and signatures of `VECTORS` are those of AWS's "Signature Version 4 Test Suite", and those of `OBJECTS`
of the S3 API Reference, "Authenticating Requests: Using the Authorization Header (AWS Signature Version 4)", examples.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any, NamedTuple
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.diagnostics import Source, Span
from runner.engine.auth import aws_sigv4
from runner.engine.auth.base import Fields, Scheme
from runner.engine.exchange import Connection, Headers, Request
from runner.engine.scope import EnvironmentVariables, Scope, Shared
from runner.errors import ResolveError
from runner.language.model import AuthField, AuthSpec
from runner.redaction import Redactor
from runner.runtime.transport import wire

PLACE = Span(Source("test.yaml", ""), 0, 0)
EMPTY = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


def shared() -> Shared:
    return Shared(EnvironmentVariables({}, {}), set(), Redactor())


def scheme(among: Shared | None = None, **fields: str) -> Scheme:
    """The scheme of a block, with the keys of the test suite where nothing else is said."""
    given_fields = {
        "access_key": "AKIDEXAMPLE",
        "secret_key": "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
        "region": "us-east-1",
        "service": "service",
        **fields,
    }
    spec = AuthSpec("aws_sigv4", {name: AuthField(value, PLACE) for name, value in given_fields.items()}, PLACE)
    return aws_sigv4.prepare(Fields(spec, Scope((), among or shared()), Connection(), 30.0))


def sign(method: str, url: str, headers: Headers = (), body: bytes | None = None, **fields: str) -> Request:
    return scheme(**fields).apply(Request(method, url, headers=headers, body=body), None)


def signature(request: Request) -> str:
    return (request.header("authorization") or "").partition("Signature=")[2]


def signed(request: Request) -> list[str]:
    found = re.search("SignedHeaders=([^,]*)", request.header("authorization") or "")
    assert found is not None
    return found[1].split(";")


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is the moment of the test suite."""
    monkeypatch.setattr(aws_sigv4, "_now", lambda: datetime(2015, 8, 30, 12, 36, tzinfo=UTC))


# --- published vectors ---------------------------------------------------------------------------------------------


class Vector(NamedTuple):
    name: str
    signature: str
    target: str = "/"
    headers: Headers = ()
    method: str = "GET"
    body: bytes | None = None
    token: str = ""


UNRESERVED = "-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
STS_TOKEN = (
    "AQoDYXdzEPT//////////wEXAMPLEtc764bNrC9SAPBSM22wDOk4x4HIZ8j4FZTwdQWLWsKWHGBuFqwAeMicRXmxfpSPfIeoIYRqTflfKD8YUuwth"
    "Ax7mSEI/qkPpKPi/kMcGdQrmGdeehM4IC1NtBmUpp2wUE8phUZampKsburEDy0KPkyQDYwT7WZ0wq5VSXDvp75YU9HFvlRd8Tx6q6fE8YQcHNVXA"
    "kiY9q6d+xo0rKwT38xVqr7ZD0u0iPPkUL64lIZbqBAz+scqKmlzm8FDrypNC9Yjc8fPOLn9FX9KSYvKTr4rvx3iSIlTJabIQwj2ICCR/oLxBA=="
)
FORM = "application/x-www-form-urlencoded"
VANILLA = "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"
POST_VANILLA = "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"

# A raw space, raw UTF-8 and a folded header stand in some of them. Nothing of that leaves this program as it is, but
# what is canonical for it is known.
VECTORS = [
    Vector("get-vanilla", VANILLA),
    Vector(
        "get-vanilla-query-order-key-case",
        "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500",
        "/?Param2=value2&Param1=value1",
    ),
    Vector(
        "get-vanilla-query-order-key",
        "eedbc4e291e521cf13422ffca22be7d2eb8146eecf653089df300a15b2382bd1",
        "/?Param1=value2&Param1=Value1",
    ),
    Vector(
        "get-vanilla-query-order-value",
        "5772eed61e12b33fae39ee5e7012498b51d56abc0abb7c60486157bd471c4694",
        "/?Param1=value2&Param1=value1",
    ),
    Vector(
        "get-vanilla-query-order-encoded",
        "371d3713e185cc334048618a97f809c9ffe339c62934c032af5a0e595648fcac",
        "/?Param-3=Value3&Param=Value2&%E1%88%B4=Value1",
    ),
    Vector(
        "get-vanilla-query-unreserved",
        "9c3e54bfcdf0b19771a7f523ee5669cdf59bc7cc0884027167c21bb143a40197",
        f"/?{UNRESERVED}={UNRESERVED}",
    ),
    Vector(
        "get-vanilla-utf8-query",
        "2cdec8eed098649ff3a119c94853b13c643bcf08f8b0a1d91e12c9027818dd04",
        "/?\u1234=bar",
    ),
    Vector("get-utf8", "8318018e0b0f223aa2bbf98705b62bb787dc9c0e678f255a891fd03141be5d85", "/\u1234"),
    Vector("get-unreserved", "07ef7494c76fa4850883e2b006601f940f8a34d404d0cfa977f52a65bbf5f24f", f"/{UNRESERVED}"),
    Vector(
        "get-vanilla-with-session-token",
        "07ec1639c89043aa0e3e2de82b96708f198cceab042d4a97044c66dd9f74e7f8",
        token="6e86291e8372ff2a2260956d9b8aae1d763fbf315fa00fa31553b73ebf194267",
    ),
    Vector("get-relative", VANILLA, "/example/.."),
    Vector("get-relative-relative", VANILLA, "/example1/example2/../.."),
    Vector("get-slash", VANILLA, "//"),
    Vector("get-slash-dot-slash", VANILLA, "/./"),
    Vector(
        "get-slash-pointless-dot",
        "ef75d96142cf21edca26f06005da7988e4f8dc83a165a80865db7089db637ec5",
        "/./example",
    ),
    Vector("get-slashes", "9a624bd73a37c9a373b5312afbebe7a714a789de108f0bdfe846570885f57e84", "//example//"),
    Vector("get-space", "652487583200325589f1fba4c7e578f72c47cb61beeca81406b39ddec1366741", "/example space/"),
    Vector(
        "get-special-character",
        "a853c9b21b528b19643d00910d35b83a10c366a10833ceefb45edd6c80e40f27",
        "/example/$delete",
    ),
    Vector(
        "get-header-key-duplicate",
        "c9d5ea9f3f72853aea855b47ea873832890dbdd183b4468f858259531a5138ea",
        headers=(("My-Header1", "value2"), ("My-Header1", "value2"), ("My-Header1", "value1")),
    ),
    Vector(
        "get-header-value-order",
        "08c7e5a9acfcfeb3ab6b2185e75ce8b1deb5e634ec47601a50643f830c755c01",
        headers=tuple(("My-Header1", f"value{n}") for n in (4, 1, 3, 2)),
    ),
    Vector(
        "get-header-value-trim",
        "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736",
        headers=(("My-Header1", " value1"), ("My-Header2", ' "a   b   c"')),
    ),
    Vector(
        "get-header-value-multiline",
        "cfd34249e4b1c8d6b91ef74165d41a32e5fab3306300901bb65a51a73575eefd",
        headers=(("My-Header1", "value1\n  value2\n     value3"),),
    ),
    Vector("post-vanilla", POST_VANILLA, method="POST"),
    Vector(
        "post-vanilla-query",
        "28038455d6de14eafc1f9222cf5aa6f1a96197d7deb8263271d420d138af7f11",
        "/?Param1=value1",
        method="POST",
    ),
    Vector("post-header-key-case", POST_VANILLA, headers=(("HOST", "example.amazonaws.com"),), method="POST"),
    Vector(
        "post-header-key-sort",
        "c5410059b04c1ee005303aed430f6e6645f61f4dc9e1461ec8f8916fdf18852c",
        headers=(("My-Header1", "value1"),),
        method="POST",
    ),
    Vector(
        "post-header-value-case",
        "cdbc9802e29d2942e5e10b5bccfdd67c5f22c7c4e8ae67b53629efa58b974b7d",
        headers=(("My-Header1", "VALUE1"),),
        method="POST",
    ),
    Vector(
        "post-sts-header-before",
        "85d96828115b5dc0cfc3bd16ad9e210dd772bbebba041836c64533a82be05ead",
        method="POST",
        token=STS_TOKEN,
    ),
    # "After" means that the token is added when all is signed: we never do that, so its signature has none.
    Vector("post-sts-header-after", POST_VANILLA, method="POST"),
    Vector(
        "post-x-www-form-urlencoded",
        "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a",
        headers=(("Content-Type", FORM),),
        method="POST",
        body=b"Param1=value1",
    ),
    Vector(
        "post-x-www-form-urlencoded-parameters",
        "1a72ec8f64bd914b0e42e42607c7fbce7fb2c7465f63e3092b3b0d39fa77a6fe",
        headers=(("Content-Type", f"{FORM}; charset=utf8"),),
        method="POST",
        body=b"Param1=value1",
    ),
]


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector.name)
def test_the_published_vectors(vector: Vector) -> None:
    """The signature, and all that comes before it in the header, is that of AWS's test suite."""
    url = f"https://example.amazonaws.com{vector.target}"
    request = sign(vector.method, url, vector.headers, vector.body, session_token=vector.token)
    authorization = request.header("authorization") or ""
    scope = "AKIDEXAMPLE/20150830/us-east-1/service/aws4_request"
    assert authorization.startswith(f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=")
    assert signature(request) == vector.signature


OBJECTS = [
    Vector(
        "GET object",
        "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41",
        "/test.txt",
        (("Range", "bytes=0-9"),),
    ),
    Vector(
        "PUT object",
        "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd",
        "/test$file.text",
        (("Date", "Fri, 24 May 2013 00:00:00 GMT"), ("x-amz-storage-class", "REDUCED_REDUNDANCY")),
        "PUT",
        b"Welcome to Amazon S3.",
    ),
    Vector(
        "GET bucket lifecycle",
        "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543",
        "/?lifecycle",
    ),
    Vector(
        "GET bucket (list objects)",
        "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7",
        "/?max-keys=2&prefix=J",
    ),
]


@pytest.mark.parametrize("vector", OBJECTS, ids=lambda vector: vector.name)
def test_the_published_examples_of_s3(vector: Vector, monkeypatch: pytest.MonkeyPatch) -> None:
    """S3 signs the name of an object encoded once, and the body's hash in a header."""
    monkeypatch.setattr(aws_sigv4, "_now", lambda: datetime(2013, 5, 24, tzinfo=UTC))
    url = f"https://examplebucket.s3.amazonaws.com{vector.target}"
    keys = {"access_key": "AKIAIOSFODNN7EXAMPLE", "secret_key": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"}
    request = sign(vector.method, url, vector.headers, vector.body, service="s3", **keys)
    assert signature(request) == vector.signature


# --- what is added -------------------------------------------------------------------------------------------------


def test_the_headers_that_are_added() -> None:
    """Host, date and Authorization are added; nothing else is without token and beyond S3."""
    request = sign("GET", "https://h.test/x", (("Accept", "a"),))
    assert [name for name, _ in request.headers] == ["Accept", "Host", "X-Amz-Date", "Authorization"]
    assert (request.header("host"), request.header("x-amz-date")) == ("h.test", "20150830T123600Z")
    assert request.url == "https://h.test/x"


@pytest.mark.parametrize("service", ["s3", "s3express", "s3-object-lambda"])
def test_services_of_objects_want_the_hash_of_the_body(service: str) -> None:
    """`X-Amz-Content-Sha256` is sent and signed; one that is written stays, as for an unsigned payload."""
    request = sign("GET", "https://h.test/x", service=service)
    assert request.header("x-amz-content-sha256") == EMPTY
    assert "x-amz-content-sha256" in signed(request)
    given_hash = (("x-amz-content-sha256", "UNSIGNED-PAYLOAD"),)
    one = sign("PUT", "https://h.test/x", given_hash, b"1", service=service)
    other = sign("PUT", "https://h.test/x", given_hash, b"2", service=service)
    assert one.header("x-amz-content-sha256") == "UNSIGNED-PAYLOAD"
    assert signature(one) == signature(other)


def test_a_session_token_is_sent_and_signed() -> None:
    """`X-Amz-Security-Token` is a credential: it stays at its origin, as Authorization does."""
    request = sign("GET", "https://h.test/x", session_token="token-1")
    assert request.header("x-amz-security-token") == "token-1"
    assert "x-amz-security-token" in signed(request)
    assert request.secret_headers == {"x-amz-security-token", "authorization"}


@pytest.mark.parametrize("service", ["service", "s3"])
def test_the_body_is_signed(service: str) -> None:
    """Another body has another signature; none at all is an empty one."""
    one, other, empty, none = (
        signature(sign("PUT", "https://h.test/x", (), body, service=service)) for body in (b"1", b"2", b"", None)
    )
    assert len({one, other, empty}) == 3
    assert empty == none


@pytest.mark.parametrize(
    ("url", "headers"),
    [
        ("https://h.test/", (("x-amz-date", " 20200102T030405Z "),)),
        ("https://h.test/?a=1&X-Amz-Date=20200102T030405Z", ()),
        ("https://h.test/?x%2Damz-date=20200102T030405Z", ()),
    ],
)
def test_a_date_that_is_given_is_used(url: str, headers: Headers) -> None:
    """A date in the header or in the query is the date of the signature, and no other is added."""
    request = sign("GET", url, headers)
    assert "/20200102/us-east-1/" in (request.header("authorization") or "")
    assert [pair for pair in request.headers if pair[0].lower() == "x-amz-date"] == list(headers)


@pytest.mark.parametrize("date", ["2020-01-02", "20200102", "20200102T030405", "today"])
def test_a_date_in_another_form_is_a_fault(date: str) -> None:
    """AWS would refuse it with less to go by."""
    with pytest.raises(ResolveError, match=f"X-Amz-Date wants a time such as 20150830T123600Z, not '{date}'"):
        sign("GET", "https://h.test/", (("X-Amz-Date", date),))


@pytest.mark.parametrize(
    "url",
    [
        "https://h.test/x",
        "https://H.Test:443/x",
        "http://h.test:80?x",
        "http://h.test:443/",
        "https://u:p@h.test:8443/",
        "http://[::1]:9000/",
        "https://[::1]/",
        "http://127.0.0.1:4566",
        "https://b\u00fccher.test/",
    ],
)
def test_the_host_is_the_one_that_the_transport_writes(url: str) -> None:
    """What is signed as Host is what is sent as Host."""
    assert sign("GET", url).header("host") == wire.locate(url)[0].name


@pytest.mark.parametrize("url", ["http://h.test:port/", "http://h.test:99999/", "http:///x", "http://..\u00fc/"])
def test_a_url_that_cannot_be_sent_is_left_to_the_transport(url: str) -> None:
    """The scheme raises nothing."""
    assert sign("GET", url).url == url


def test_a_written_host_is_signed() -> None:
    """A Host header of the request's own is kept."""
    request = sign("GET", "http://127.0.0.1:4566/", (("host", "dynamodb.us-east-1.amazonaws.com"),))
    there = sign("GET", "http://dynamodb.us-east-1.amazonaws.com/")
    assert request.header("host") == "dynamodb.us-east-1.amazonaws.com"
    assert signature(request) == signature(there)


# --- what is signed ------------------------------------------------------------------------------------------------


def test_headers_that_others_change_are_not_signed() -> None:
    """What the transport adds to, or a proxy may change, is sent and not signed; all others are signed, sorted."""
    passing = ["Accept-Encoding", "Connection", "Content-Length", "Cookie", "Expect", "Keep-Alive", "Proxy-X", "TE"]
    passing += ["Transfer-Encoding", "User-Agent", "Via", "X-Amzn-Trace-Id", "X-Forwarded-For", "Traceparent"]
    own = ["X-Amz-Target", "Content-Type", "If-Match", "X-Own", "Accept"]
    request = sign("POST", "https://h.test/", tuple((name, "v") for name in passing + own))
    assert signed(request) == sorted([*map(str.lower, own), "host", "x-amz-date"])
    assert {name for name, _ in request.headers} >= set(passing)


def test_signing_again_gives_the_same() -> None:
    """A request that is sent again has the credentials of its own time alone."""
    request = Request("GET", "https://h.test/x?a=1")
    auth = scheme(session_token="token-1")
    once = auth.apply(request, None)
    assert auth.apply(request, None) == once
    assert auth.apply(once, None) == once


@pytest.mark.parametrize(
    ("path", "canonical"),
    [
        ("/a%20b", "/a%2520b"),
        ("/a/b/", "/a/b/"),
        ("/a/./b/../c", "/a/c"),
        ("/../a", "/a"),
        ("/a/b/..", "/a"),
        ("/a:b@c+d", "/a%3Ab%40c%2Bd"),
        ("", "/"),
    ],
)
def test_the_path_of_a_service(path: str, canonical: str) -> None:
    """Dots and repeated slashes go, and what is encoded already is encoded once more."""
    assert aws_sigv4._path(path) == canonical


@pytest.mark.parametrize(
    ("path", "canonical"),
    [
        ("/a%20b", "/a%20b"),
        ("/a//b/../c/", "/a//b/../c/"),
        ("/a$b+c", "/a%24b%2Bc"),
        ("/%7Ea%2fb%FF", "/~a/b%FF"),
        ("/\u00e4", "/%C3%A4"),
    ],
)
def test_the_path_of_an_object(path: str, canonical: str) -> None:
    """The name of an object is encoded once, however the URL spells it, and not normalised."""
    assert aws_sigv4._object_path(path) == canonical


@pytest.mark.parametrize(
    ("query", "canonical"),
    [
        ("b=2&a=1", "a=1&b=2"),
        ("a", "a="),
        ("a=&&b", "a=&b="),
        ("a=x=y", "a=x%3Dy"),
        ("a=1+2%2B3%203", "a=1%202%2B3%203"),
        ("a=%7e*'()!", "a=~%2A%27%28%29%21"),
        ("a=$,:/@;", "a=%24%2C%3A%2F%40%3B"),
        ("a=%ff", "a=%FF"),
        ("aa=1&a=2&A=3&a-b=4", "A=3&a=2&a-b=4&aa=1"),
        ("a=10&a=9&a=%C3%A4&a=A", "a=%C3%A4&a=10&a=9&a=A"),
    ],
)
def test_the_query(query: str, canonical: str) -> None:
    """Entries are encoded as AWS does, then sorted by name and value; a plus is a space."""
    assert aws_sigv4._query(query) == canonical


TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)


@given(st.lists(st.tuples(TEXT, TEXT)), st.randoms())
def test_the_query_does_not_depend_on_order_or_spelling(pairs: list[tuple[str, str]], random: Any) -> None:
    """Entries in any order, and encoded more or less than AWS does, are the same canonical query."""
    first = "&".join(f"{quote(name, safe='-_.~')}={quote(value, safe='-_.~')}" for name, value in pairs)
    random.shuffle(pairs)
    other = "&".join(f"{quote(name, safe='/:@,')}={quote(value, safe='/:@,')}" for name, value in pairs)
    assert aws_sigv4._query(first) == aws_sigv4._query(other)


# --- secrets and fields --------------------------------------------------------------------------------------------


def test_what_is_secret() -> None:
    """Secret key, session token and signature are masked; the access key is a name."""
    run = shared()
    auth = scheme(run, secret_key="sentinel-1", session_token="sentinel-2")
    request = auth.apply(Request("GET", "https://h.test/"), None)
    shown = run.redactor.apply(request)
    assert shown.header("x-amz-security-token") == "***"
    assert "AKIDEXAMPLE" in (shown.header("authorization") or "")
    assert signature(shown) == "***"
    assert run.redactor.text("sentinel-1 sentinel-2") == "*** ***"


@pytest.mark.parametrize("name", ["access_key", "secret_key", "region", "service"])
def test_an_empty_field_is_a_fault(name: str) -> None:
    """Without one of them nothing can be signed."""
    with pytest.raises(ResolveError, match=f"'{name}' of auth is empty"):
        scheme(**{name: ""})


def test_the_clock_is_utc(monkeypatch: pytest.MonkeyPatch) -> None:
    """The time of a request is in UTC, wherever it is sent from."""
    monkeypatch.undo()
    assert aws_sigv4._now().tzinfo is UTC
