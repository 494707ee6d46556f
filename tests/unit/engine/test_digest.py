"""Digest: the hash over a challenge, which challenge is taken, what is remembered, and what goes into the header."""

from __future__ import annotations

import hashlib
import itertools
import re
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.diagnostics import Source, Span
from runner.engine.auth import digest
from runner.engine.auth.base import Fields, Scheme
from runner.engine.exchange import Connection, Exchange, Redirect, Request, Response
from runner.engine.scope import EnvironmentVariables, Scope, Shared
from runner.errors import AuthError, ResolveError
from runner.language.model import AuthField, AuthSpec
from runner.redaction import Redactor
from runner.runtime.transport import wire

PLACE = Span(Source("test.yaml", ""), 0, 0)
URL = "http://h.test/dir/index.html"
has_sha512_256 = pytest.mark.skipif("SHA-512-256" not in digest.ALGORITHMS, reason="this OpenSSL has no SHA-512/256")


def shared() -> Shared:
    return Shared(EnvironmentVariables({}, {}), set(), Redactor())


def scheme(username: Any = "ada", password: Any = "secret-1", among: Shared | None = None) -> Scheme:
    """The scheme of a block; `among` is what the run of its collection shares."""
    fields = {"username": AuthField(username, PLACE), "password": AuthField(password, PLACE)}
    spec = AuthSpec("digest", fields, PLACE)
    return digest.prepare(Fields(spec, Scope((), among or shared()), Connection(), 30.0))


def refusal(request: Request, *challenges: str, url: str = "", redirects: tuple[Redirect, ...] = ()) -> Exchange:
    """An exchange that ended with a 401 and these WWW-Authenticate headers."""
    headers = tuple(("WWW-Authenticate", challenge) for challenge in challenges)
    return Exchange(request, Response(401, headers=headers, url=url or request.url, redirects=redirects))


def answered(auth: Scheme, request: Request, *challenges: str, **options: Any) -> Request | None:
    assert auth.answer is not None
    return auth.answer(request, refusal(request, *challenges, **options))


def header(request: Request | None) -> str:
    """The credentials that a request carries."""
    assert request is not None
    value = request.header("authorization")
    assert value is not None
    assert value.startswith("Digest ")
    return value


def parameters(request: Request | None) -> dict[str, str]:
    (found,) = digest._challenges((("Authorization", header(request)),), "authorization")
    return found


def cnonce_is(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(digest, "_fresh", lambda: value)


def expected(told: Mapping[str, str], user: str, password: str, method: str = "GET", body: bytes = b"") -> str:
    """The response that a server computes for the credentials it got, step by step by RFC 7616 § 3.4."""
    algorithm = told.get("algorithm", "MD5").upper()
    name = {"MD5": "md5", "SHA-256": "sha256", "SHA-512": "sha512", "SHA-512-256": "sha512_256"}[
        algorithm.removesuffix("-SESS")
    ]

    def h(text: str) -> str:
        return hashlib.new(name, text.encode()).hexdigest()

    a1 = f"{user}:{told['realm']}:{password}"
    if algorithm.endswith("-SESS"):
        a1 = f"{h(a1)}:{told['nonce']}:{told['cnonce']}"
    a2 = f"{method}:{told['uri']}"
    if told.get("qop") == "auth-int":
        a2 += ":" + hashlib.new(name, body).hexdigest()
    middle = f"{told['nc']}:{told['cnonce']}:{told['qop']}:" if "qop" in told else ""
    return h(f"{h(a1)}:{told['nonce']}:{middle}{h(a2)}")


# --- examples of the RFCs ------------------------------------------------------------------------------------------

RFC_7616 = (
    'Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm={}, '
    'nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"'
)


@pytest.mark.parametrize(
    ("algorithm", "response"),
    [
        ("MD5", "8ca523f5e9506fed4657c9700eebdbec"),
        ("SHA-256", "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"),
    ],
)
def test_the_first_example_of_rfc_7616(algorithm: str, response: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """RFC 7616 § 3.9.1, with both of its algorithms."""
    cnonce_is("f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ", monkeypatch)
    request = Request("GET", "http://www.example.org/dir/index.html")
    sent = answered(scheme("Mufasa", "Circle of Life"), request, RFC_7616.format(algorithm))
    assert parameters(sent) == {
        "username": "Mufasa",
        "realm": "http-auth@example.org",
        "uri": "/dir/index.html",
        "algorithm": algorithm,
        "nonce": "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v",
        "nc": "00000001",
        "cnonce": "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ",
        "qop": "auth",
        "response": response,
        "opaque": "FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS",
    }


@has_sha512_256
def test_the_second_example_of_rfc_7616(monkeypatch: pytest.MonkeyPatch) -> None:
    """RFC 7616 § 3.9.2: SHA-512-256, a hashed user name, UTF-8; with the values of erratum 4897.

    (The RFC's own ones come from SHA-512 cut short, which is not SHA-512/256.)
    """
    cnonce_is("NTg6RKcb9boFIAS3KrFK9BGeh+iDa/sm6jUMp2wds69v", monkeypatch)
    challenge = (
        'Digest realm="api@example.org", qop="auth", algorithm=SHA-512-256, '
        'nonce="5TsQWLVdgBdmrQ0XsxbDODV+57QdFR34I9HAbC/RVvkK", opaque="HRPCssKJSGjCrkzDg8OhwpzCiGPChXYjwrI2QmXDnsOS", '
        "charset=UTF-8, userhash=true"
    )
    request = Request("GET", "http://api.example.org/doe.json")
    told = parameters(answered(scheme("J\u00e4s\u00f8n Doe", "Secret, or not?"), request, challenge))
    assert told["username"] == "793263caabb707a56211940d90411ea4a575adeccb7e360aeb624ed06ece9b0b"
    assert told["response"] == "3798d4131c277846293534c3edc11bd8a5e4cdcbff78b05db9d95eeb1cec68a5"
    assert told["userhash"] == "true"


RFC_2617 = (
    'Digest realm="testrealm@host.com", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093", '
    'opaque="5ccc069c403ebaf9f0171e9517f40e41"'
)


def test_the_example_of_rfc_2617(monkeypatch: pytest.MonkeyPatch) -> None:
    """RFC 2617 § 3.5: no algorithm is named, so it is MD5, and none is named in the answer."""
    cnonce_is("0a4f113b", monkeypatch)
    sent = answered(scheme("Mufasa", "Circle Of Life"), Request("GET", URL), f'{RFC_2617}, qop="auth,auth-int"')
    assert parameters(sent)["response"] == "6629fae49393a05397450978507c4ef1"
    assert "algorithm" not in parameters(sent)


def test_the_example_of_rfc_2069() -> None:
    """RFC 2069 § 2.4 with erratum 749: without qop there is neither count nor cnonce."""
    told = parameters(answered(scheme("Mufasa", "CircleOfLife"), Request("GET", URL), RFC_2617))
    assert told["response"] == "1949323746fe6a43ef61f9606e7febea"
    assert {"qop", "nc", "cnonce"}.isdisjoint(told)


# --- the hash ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("session", ["", "-sess"])
@pytest.mark.parametrize("algorithm", list(digest.ALGORITHMS))
@pytest.mark.parametrize("qop", ["", ", qop=auth", ', qop="auth-int"'])
def test_every_algorithm_and_qop(algorithm: str, session: str, qop: str) -> None:
    """Each pair gives what a server computes from the same parameters, also for a request that is sent ahead."""
    auth = scheme()
    challenge = f'Digest realm="r", nonce="n", algorithm={algorithm}{session}{qop}'
    request = Request("POST", "http://h.test/x?a=1", body=b'{"a": 1}')
    first = answered(auth, request, challenge)
    for sent in (first, auth.apply(request, None), auth.apply(request, None)):
        told = parameters(sent)
        assert told["response"] == expected(told, "ada", "secret-1", "POST", b'{"a": 1}')
        assert (told["algorithm"], told["uri"]) == (algorithm + session, "/x?a=1")


def test_auth_int_covers_the_body() -> None:
    """With `auth-int` another body gives another response; no body counts as an empty one."""
    challenge = 'Digest realm="r", nonce="n", qop="auth-int"'
    for body in (b"one", b"two", None):
        told = parameters(answered(scheme(), Request("POST", URL, body=body), challenge))
        assert told["response"] == expected(told, "ada", "secret-1", "POST", body or b"")


def test_auth_is_taken_where_both_are_offered() -> None:
    """`auth` works with every server that offers it; what nobody knows is passed over."""
    sent = answered(scheme(), Request("GET", URL), 'Digest realm="r", nonce="n", qop="token,auth-int , AUTH"')
    assert parameters(sent)["qop"] == "auth"


def test_the_cnonce_is_new_each_time_but_for_a_session() -> None:
    """Each request has a cnonce of its own; those of a `-sess` algorithm share the first, which is in their key."""
    for suffix, count in (("", 3), ("-sess", 1)):
        auth, request = scheme(), Request("GET", URL)
        first = answered(auth, request, f'Digest realm="r", nonce="n", qop="auth", algorithm=MD5{suffix}')
        sent = [first, auth.apply(request, None), auth.apply(request, None)]
        assert len({parameters(one)["cnonce"] for one in sent}) == count


@pytest.mark.parametrize(
    ("url", "uri"),
    [
        ("http://h.test", "/"),
        ("http://h.test?a=1", "/?a=1"),
        ("http://u:p@h.test:81/a%20b/c;d?x=%2F&y=/#top", "/a%20b/c;d?x=%2F&y=/"),
        ("http://h.test/ä/€", "/%C3%A4/%E2%82%AC"),
        ("http://h.test//x/../y", "//x/../y"),
        ('http://h.test/"q"', '/"q"'),
    ],
)
def test_the_uri_is_the_request_target(url: str, uri: str) -> None:
    """RFC 7616 § 3.4: `uri` is what stands in the request line, path and query, without fragment."""
    sent = answered(scheme(), Request("GET", url), 'Digest realm="r", nonce="n", qop=auth')
    assert parameters(sent)["uri"] == uri


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=30))
def test_the_uri_is_what_the_transport_sends(text: str) -> None:
    """Whatever the path holds, the target that is hashed is the target that is sent."""
    url = f"http://h.test/{text}"
    assert digest.target(url) == wire.locate(url)[1]


# --- challenges ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "headers",
    [
        ('Digest realm="r", nonce="md5", qop="auth", Digest realm="r", nonce="sha", qop="auth", algorithm=SHA-256',),
        ('Digest realm="r", nonce="sha", algorithm=SHA-256', 'Digest realm="r", nonce="md5", algorithm=MD5'),
        ('Digest realm="r", nonce="md5", algorithm=MD5', 'Digest realm="r", nonce="sha", algorithm=SHA-256-sess'),
        ('Basic realm="x, Digest nonce=no", Digest realm="r", nonce=sha, algorithm="sha-256"',),
        ('Negotiate abc==, NTLM, digest realm="r" , nonce = "sha",algorithm=SHA-256, Bearer scope="a b"',),
        ('Basic realm="a \\" Digest"', 'DIGEST realm="r",nonce="sha",algorithm=SHA-256'),
        ('Digest realm="r", nonce="new", algorithm=SHA-3', 'Digest nonce="sha", realm="r", algorithm=SHA-256'),
        ('Digest realm="r", nonce="q", algorithm=SHA-512, qop="future", Digest realm="r", nonce="sha", algorithm=MD5',),
        (', ,Digest  realm="r" ,, nonce="sha",',),
    ],
)
def test_the_strongest_challenge_is_taken(headers: tuple[str, ...]) -> None:
    """Of several challenges, in one header or more and beside other schemes, the strongest that we know is answered."""
    told = parameters(answered(scheme(), Request("GET", URL), *headers))
    assert (told["realm"], told["nonce"]) == ("r", "sha")


def test_the_server_decides_between_equals() -> None:
    """Of challenges with the same algorithm the first one is answered."""
    sent = answered(scheme(), Request("GET", URL), 'Digest realm="1", nonce="a", Digest realm="2", nonce="b"')
    assert parameters(sent)["nonce"] == "a"


@pytest.mark.parametrize("headers", [(), ('Basic realm="r"',), ("Negotiate",), ('Basic realm="Digest nonce=1"',)])
def test_without_a_digest_challenge_the_401_stands(headers: tuple[str, ...]) -> None:
    """What asks for something else is not answered."""
    assert answered(scheme(), Request("GET", URL), *headers) is None


@pytest.mark.parametrize(
    ("challenge", "asked"),
    [
        ('Digest realm="r", nonce="n", algorithm=SHA-1', "algorithm SHA-1"),
        ('Digest realm="r", nonce="n", algorithm="MD5-other"', "algorithm MD5-other"),
        ('Digest realm="r", nonce="n", qop="token"', "qop token"),
        ('Digest realm="r", nonce="n", algorithm=MD5, qop="a,b"', "algorithm MD5 and qop a,b"),
        (
            'Digest realm="r", nonce="n", algorithm=A, Digest realm="r", nonce="n", algorithm=B',
            "algorithm A or algorithm B",
        ),
        ('Digest realm="r"', "no nonce"),
    ],
)
def test_what_nobody_knows_is_an_auth_error(challenge: str, asked: str) -> None:
    """An algorithm or qop that we do not know is told in one line with URL, status, and what is supported."""
    with pytest.raises(AuthError) as caught:
        answered(scheme(), Request("PUT", URL), challenge)
    assert caught.value.message == (
        f"PUT {URL} answered 401 and asks for Digest with {asked}; supported are the algorithms "
        f"{', '.join(digest.ALGORITHMS)} (each also with -sess) and qop auth or auth-int"
    )


@given(st.text(max_size=200), st.text(st.sampled_from('Digest rnoce="\\, =alghitm-5MDqpu'), max_size=200))
def test_any_header_at_all_is_read(text: str, near: str) -> None:
    """Whatever a server says gives an answer, none, or an AuthError."""
    for challenge in (text, near, f"Digest {near}", f'Digest nonce="n", {near}'):
        with suppress(AuthError):
            answered(scheme(), Request("GET", URL), challenge)


# --- quoting -------------------------------------------------------------------------------------------------------

TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=20)


@given(TEXT, TEXT, TEXT, TEXT)
def test_no_text_breaks_the_header(username: str, password: str, realm: str, nonce: str) -> None:
    """Quotes, commas and backslashes of any value arrive at the server as they are, and are hashed as they are."""
    quoted = [text.replace("\\", r"\\").replace('"', r"\"") for text in (realm, nonce)]
    challenge = 'Digest realm="{}", nonce="{}", qop="auth"'.format(*quoted)
    sent = answered(scheme(username, password), Request("GET", URL), challenge)
    octets = header(sent).encode("latin-1")  # as the transport writes them
    (told,) = digest._challenges((("Authorization", octets.decode("utf-8")),), "authorization")
    assert (told["username"], told["realm"], told["nonce"]) == (username, realm, nonce)
    assert told["response"] == expected(told, username, password)


def test_special_characters_of_a_user_name() -> None:
    """A quoted string escapes quote and backslash alone (RFC 9110 § 5.6.4)."""
    sent = answered(scheme('a"b\\c, d=e:f'), Request("GET", URL), 'Digest realm="r\\"", nonce="n"')
    assert r'username="a\"b\\c, d=e:f", realm="r\"",' in header(sent)


def test_a_name_beyond_ascii_is_sent_as_an_extended_value() -> None:
    """RFC 7616 § 3.4: to a server that announces UTF-8 the name goes as `username*`, in Normalization Form C (§ 4)."""
    auth = scheme("Ja\u0308s\u00f8n Doe", "pa\u0308ss")
    sent = answered(auth, Request("GET", URL), 'Digest realm="r", nonce="n", qop="auth", charset="utf-8"')
    assert "username*=UTF-8''J%C3%A4s%C3%B8n%20Doe, " in header(sent)
    assert "username=" not in header(sent)
    told = parameters(sent)
    assert told["response"] == expected(told, "J\u00e4s\u00f8n Doe", "p\u00e4ss")


def test_a_name_beyond_ascii_for_a_server_without_charset() -> None:
    """A server of RFC 2617 knows no `username*`: it gets the octets of UTF-8, as they were hashed."""
    told = parameters(answered(scheme("J\u00e4s\u00f8n"), Request("GET", URL), 'Digest realm="r", nonce="n"'))
    assert told["username"].encode("latin-1") == "J\u00e4s\u00f8n".encode()
    assert told["response"] == expected(told, "J\u00e4s\u00f8n", "secret-1")


def test_a_control_character_never_stands_in_the_header() -> None:
    """A line break in a user name is encoded."""
    sent = answered(scheme("a\r\nX-Evil: 1"), Request("GET", URL), 'Digest realm="r", nonce="n"')
    assert "username*=UTF-8''a%0D%0AX-Evil%3A%201" in header(sent)


def test_a_user_name_is_hashed_on_request() -> None:
    """RFC 7616 § 3.4.4: with `userhash=true` the name does not travel; the response is made of the name itself."""
    sent = answered(scheme("ada"), Request("GET", URL), 'Digest realm="r", nonce="n", qop="auth", userhash=TRUE')
    told = parameters(sent)
    assert told["username"] == hashlib.md5(b"ada:r").hexdigest()
    assert "userhash=true" in header(sent)
    assert told["response"] == expected(told, "ada", "secret-1")


def test_how_parameters_are_written() -> None:
    """algorithm, qop, nc and userhash stand without quotes, all others with them (RFC 7616 § 3.4)."""
    challenge = 'Digest realm="r", nonce="n", opaque="", qop="auth", algorithm="MD5-sess", userhash="true"'
    written = dict(re.findall(r'(\S+?)=("?)', header(answered(scheme(), Request("GET", URL), challenge))))
    assert {name for name, quote in written.items() if not quote} == {"algorithm", "qop", "nc", "userhash"}
    assert set(written) > {"username", "realm", "nonce", "uri", "response", "opaque", "cnonce"}


# --- what is remembered --------------------------------------------------------------------------------------------

PLAIN = 'Digest realm="r", nonce="n1", qop="auth"'
ANEW = 'Digest realm="r", nonce="n2", qop="auth"'


def test_the_first_request_is_plain() -> None:
    """Before a challenge is known nothing is added."""
    request = Request("GET", URL)
    assert scheme().apply(request, None) is request


def test_a_known_challenge_saves_a_round_trip() -> None:
    """Later requests to the origin go out with credentials, and count the uses of the nonce, across schemes of a run."""
    run = shared()
    auth = scheme(among=run)
    sent = [answered(auth, Request("GET", URL), PLAIN)]
    sent += [scheme(among=run).apply(Request("GET", f"http://h.test/{n}"), None) for n in range(2)]
    assert [parameters(one)["nc"] for one in sent] == ["00000001", "00000002", "00000003"]
    assert [parameters(one)["uri"] for one in sent] == ["/dir/index.html", "/0", "/1"]
    assert {parameters(one)["nonce"] for one in sent} == {"n1"}


@pytest.mark.parametrize(
    ("url", "username"),
    [("https://h.test/x", "ada"), ("http://h.test:81/x", "ada"), ("http://other.test/x", "ada"), (URL, "bob")],
)
def test_a_challenge_is_for_one_origin_and_one_user(url: str, username: str) -> None:
    """Another origin or user begins anew."""
    run = shared()
    answered(scheme(among=run), Request("GET", URL), PLAIN)
    request = Request("GET", url)
    assert scheme(username, among=run).apply(request, None) is request


def test_a_stale_nonce_is_replaced() -> None:
    """With `stale=true` the new nonce is answered, although the request carried credentials."""
    auth, plain = scheme(), Request("GET", URL)
    sent = answered(auth, plain, PLAIN)
    assert sent is not None
    assert auth.answer is not None
    again = auth.answer(plain, refusal(sent, f"{ANEW}, stale=TRUE"))
    assert (parameters(again)["nonce"], parameters(again)["nc"]) == ("n2", "00000001")
    assert parameters(auth.apply(plain, None))["nonce"] == "n2"


@pytest.mark.parametrize("stale", ["", ", stale=false", ', stale="False"'])
def test_refused_credentials_are_not_sent_again(stale: str) -> None:
    """A 401 to fresh credentials stands, and nothing is sent ahead after it: each try may count against the user."""
    auth, plain = scheme(), Request("GET", URL)
    sent = answered(auth, plain, PLAIN)
    assert sent is not None
    assert auth.answer is not None
    assert auth.answer(plain, refusal(sent, ANEW + stale)) is None
    assert auth.apply(plain, None) is plain


def test_credentials_of_the_user_stand() -> None:
    """Digest credentials that we did not make are not followed by others."""
    request = Request("GET", URL, headers=(("Authorization", 'Digest username="x", nonce="y"'),))
    assert answered(scheme(), request, PLAIN) is None


def test_a_nonce_that_was_dropped_without_a_word_is_replaced_once() -> None:
    """Credentials sent ahead may meet a new nonce without `stale`: that is answered, a second refusal stands."""
    auth, plain = scheme(), Request("GET", URL)
    answered(auth, plain, PLAIN)
    assert auth.answer is not None
    ahead = auth.apply(plain, None)
    again = auth.answer(plain, refusal(ahead, ANEW))
    assert again is not None
    assert parameters(again)["nonce"] == "n2"
    assert auth.answer(plain, refusal(again, ANEW)) is None


# --- redirects -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "status", "url"),
    [
        ("GET", 301, "http://h.test/dir/"),
        ("HEAD", 303, "http://h.test/dir/"),
        ("PUT", 307, "http://h.test/dir/"),
        ("GET", 301, "https://h.test/dir"),
    ],
)
def test_a_challenge_behind_a_redirect_is_answered_where_it_was_given(method: str, status: int, url: str) -> None:
    """`uri` must be that of the request: one that was redirected within its origin is repeated at the new URL."""
    request = Request(method, "http://h.test/dir")
    sent = answered(scheme(), request, PLAIN, url=url, redirects=(Redirect(status, request.url),))
    assert sent is not None
    assert (sent.method, sent.url) == (method, url)
    assert parameters(sent)["uri"] == url.removeprefix("http://h.test").removeprefix("https://h.test")


def test_credentials_that_a_redirect_carried_elsewhere_were_not_refused() -> None:
    """They were made for another URI, so that the 401 of the second one is answered."""
    auth, plain = scheme(), Request("GET", "http://h.test/dir")
    sent = answered(auth, plain, PLAIN)
    assert sent is not None
    redirects = (Redirect(301, plain.url),)
    assert auth.answer is not None
    again = auth.answer(plain, refusal(sent, ANEW, url="http://h.test/dir/", redirects=redirects))
    assert parameters(again)["uri"] == "/dir/"


def test_what_was_refused_behind_a_redirect_is_forgotten() -> None:
    """The second answer to a challenge behind a redirect is about the URL that was repeated, not the first one."""
    auth, plain = scheme(), Request("GET", "http://h.test/dir")
    there = "https://h.test/dir/"
    sent = answered(auth, plain, PLAIN, url=there, redirects=(Redirect(301, plain.url),))
    assert sent is not None
    assert auth.answer is not None
    again = auth.answer(plain, refusal(sent, f"{ANEW}, stale=true"))
    assert again is not None
    assert again.url == there
    assert auth.answer(plain, refusal(again, ANEW)) is None
    assert auth.apply(Request("GET", there), None).header("authorization") is None


@pytest.mark.parametrize(
    ("method", "status", "url"),
    [
        ("GET", 302, "http://other.test/"),
        ("GET", 302, "http://h.test:81/"),
        ("GET", 302, "https://h.test:8443/"),
        ("POST", 303, "http://h.test/done"),
        ("POST", 302, "http://h.test/done"),
    ],
)
def test_a_challenge_of_another_origin_is_not_answered(method: str, status: int, url: str) -> None:
    """Credentials stay at their origin, and a method that a redirect changed is not guessed: the 401 stands."""
    request = Request(method, "http://h.test/dir")
    assert answered(scheme(), request, PLAIN, url=url, redirects=(Redirect(status, request.url),)) is None


# --- secrets and fields --------------------------------------------------------------------------------------------


def test_what_is_secret() -> None:
    """Password and response are masked; the header stays at its origin; the user name is no secret."""
    run = shared()
    sent = answered(scheme("ada-lovelace", "sentinel-1", run), Request("GET", URL), PLAIN)
    assert sent is not None
    assert sent.secret_headers == {"authorization"}
    shown = run.redactor.text(f"sentinel-1 {header(sent)}")
    assert "sentinel" not in shown
    assert 'response="***"' in shown
    assert 'username="ada-lovelace", realm="r", nonce="n1"' in shown


def test_an_empty_password_is_one() -> None:
    """Null and empty passwords are hashed as empty; a number is text."""
    for password, text in ((None, ""), ("", ""), (0, "0")):
        told = parameters(answered(scheme("ada", password), Request("GET", URL), PLAIN))
        assert told["response"] == expected(told, "ada", text)


def test_an_empty_user_name_is_a_fault() -> None:
    """Nobody cannot log in."""
    with pytest.raises(ResolveError, match="'username' of auth is empty"):
        scheme("")


@pytest.mark.parametrize("url", ["http://h.test:port/", "http://h.test:99999/", "http:///x"])
def test_a_url_that_cannot_be_sent_is_left_to_the_transport(url: str) -> None:
    """The scheme adds nothing and raises nothing."""
    assert scheme().apply(Request("GET", url), None).url == url


def test_each_cnonce_is_random() -> None:
    """No two cnonces are equal, and each has 128 bits."""
    made = [digest._fresh() for _ in range(100)]
    assert all(first != second for first, second in itertools.combinations(made, 2))
    assert {len(one) for one in made} == {32}
