"""What can be said of a token: its claims, times in words, scopes, roles and audience; never the token itself."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.redaction import Redactor
from runner.reporters.claims import parts_of, token_lines

NOW = 1_700_000_000.0
SIGNATURE = "S-signature-of-the-token"


def encoded(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value)
    return base64.urlsafe_b64encode(text.encode("utf-8", "surrogatepass")).rstrip(b"=").decode()


def jwt(claims: Any, header: Any = None) -> str:
    return f"{encoded({'alg': 'RS256', 'typ': 'JWT'} if header is None else header)}.{encoded(claims)}.{SIGNATURE}"


def said(claims: Any) -> dict[str, str]:
    """What is said of each claim, and in the summary."""
    lines = token_lines(jwt(claims), NOW)
    rows = [line.split(None, 1) for line in lines[lines.index("claims") + 1 :]]
    return {row[0]: row[1] if len(row) > 1 else "" for row in rows}


def summary(claims: Any) -> tuple[str, str, str]:
    """Audience, scopes and roles."""
    found = [line.split(None, 1)[1] for line in token_lines(jwt(claims), NOW)[-3:]]
    return found[0], found[1], found[2]


# --- the whole -----------------------------------------------------------------------------------------------------


def test_a_token_as_a_whole() -> None:
    """Header, claims and summary, in columns, with times in words."""
    header = {"alg": "RS256", "kid": "key-1"}
    claims = {
        "iss": "https://login.test/",
        "sub": "ada",
        "aud": ["api://one", "api://two"],
        "exp": NOW + 3480,
        "iat": int(NOW) - 120,
        "scope": "read write",
        "n": 5,
        "nested": {"a": [1, None, True, "ü"]},
    }
    assert token_lines(jwt(claims, header), NOW) == [
        "header",
        "  alg  RS256",
        "  kid  key-1",
        "claims",
        "  iss     https://login.test/",
        "  sub     ada",
        "  aud     api://one, api://two",
        "  exp     2023-11-14 23:11:20 UTC, expires in 58 min",
        "  iat     2023-11-14 22:11:20 UTC, issued 2 min ago",
        "  scope   read write",
        "  n       5",
        '  nested  {"a": [1, null, true, "ü"]}',
        "audience  api://one, api://two",
        "scopes    read, write",
        "roles     none",
    ]


def test_roles_of_the_styler() -> None:
    """Headings and moments pass the styler: what is wrong has another colour than what is right."""

    def styler(role: str, text: str) -> str:
        return f"<{role}>{text}</{role}>"

    lines = token_lines(jwt({"exp": NOW - 60, "nbf": NOW - 60, "iat": NOW + 60}), NOW, styler)
    moments = [line.partition("UTC, ")[2] for line in lines if "UTC, " in line]
    assert moments == [
        "<errored>expired 60 s ago</errored>",
        "<passed>valid since 60 s ago</passed>",
        "<errored>issued 60 s in the future: the clocks differ</errored>",
    ]
    assert "<name>header</name>" in lines
    assert "<name>claims</name>" in lines


# --- times ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "seconds", "words"),
    [
        ("exp", -3600, "expired 1 h 00 min ago"),
        ("exp", -1, "expired 1 s ago"),
        ("exp", 0, "expired 1 s ago"),
        ("exp", 1, "expires in 1 s"),
        ("exp", 0.4, "expires in 1 s"),
        ("exp", 90, "expires in 90 s"),
        ("exp", 3600, "expires in 1 h 00 min"),
        ("nbf", -300, "valid since 5 min ago"),
        ("nbf", 300, "not valid before 5 min from now"),
        ("iat", -300, "issued 5 min ago"),
        ("iat", 300, "issued 5 min in the future: the clocks differ"),
        ("auth_time", -7500, "signed in 2 h 05 min ago"),
        ("auth_time", 7500, "signed in 2 h 05 min in the future: the clocks differ"),
    ],
)
def test_moments(name: str, seconds: float, words: str) -> None:
    """Each claim that is a moment is told as date and time in UTC, and how far away it is."""
    text = said({name: NOW + seconds})[name]
    assert text.endswith(f" UTC, {words}")
    assert text.startswith("2023-11-1")


@pytest.mark.parametrize("name", ["exp", "nbf", "iat", "auth_time"])
@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("1700000000", "1700000000"),
        ("soon", "soon"),
        ("", ""),
        (True, "true"),
        (False, "false"),
        (None, "null"),
        ([1700000000], "[1700000000]"),
        ({"at": 1}, '{"at": 1}'),
        (10**12, "1000000000000, which is no moment"),
        (-(10**15), "-1000000000000000, which is no moment"),
        (10**400, f"{10**400}, which is no moment"),
        (1e308, "1e+308, which is no moment"),
    ],
)
def test_values_that_are_no_moment(name: str, value: Any, text: str) -> None:
    """A time claim that is text, a flag, nothing or out of the calendar is shown as it is."""
    assert said({name: value})[name].replace("1e308", "1e+308") == text


@pytest.mark.parametrize(("value", "date"), [(0, "1970-01-01 00:00:00"), (-86_400, "1969-12-31 00:00:00")])
def test_moments_long_ago(value: int, date: str) -> None:
    """Zero and what is before it are moments too."""
    assert said({"exp": value})["exp"].startswith(f"{date} UTC, expired ")


def test_other_numbers_are_no_moments() -> None:
    """A number in another claim stays a number."""
    assert said({"n": 1_700_000_000, "exp2": 1.5})["n"] == "1700000000"


# --- what it may do ------------------------------------------------------------------------------------------------

ENTRA_USER = {"aud": "00000003-0000-0000-c000-000000000000", "scp": "User.Read Mail.Send", "wids": ["admin-1"]}
ENTRA_APP = {"aud": "https://graph.microsoft.com", "roles": ["User.Read.All", "Group.Read.All"], "groups": ["g1"]}
KEYCLOAK = {
    "aud": "account",
    "scope": "openid email",
    "realm_access": {"roles": ["offline_access", "user"]},
    "resource_access": {"shop": {"roles": ["buyer"]}, "account": {"roles": ["view", "user"]}},
}
AUTH0 = {"aud": ["https://api.test", "https://x.auth0.com/userinfo"], "scope": "openid", "permissions": ["read:a", "b"]}
COGNITO = {"client_id": "c", "scope": "aws.cognito.signin.user.admin", "cognito:groups": ["admins", "eu"]}
OKTA = {"aud": "api://default", "scp": ["openid", "profile"], "groups": ["Everyone"]}


@pytest.mark.parametrize(
    ("claims", "audience", "scopes", "roles"),
    [
        (ENTRA_USER, ENTRA_USER["aud"], "User.Read, Mail.Send", "admin-1"),
        (ENTRA_APP, ENTRA_APP["aud"], "none", "User.Read.All, Group.Read.All, g1"),
        (KEYCLOAK, "account", "openid, email", "offline_access, user, buyer, view"),
        (AUTH0, "https://api.test, https://x.auth0.com/userinfo", "openid, read:a, b", "none"),
        (COGNITO, "none", "aws.cognito.signin.user.admin", "admins, eu"),
        (OKTA, "api://default", "openid, profile", "Everyone"),
        ({}, "none", "none", "none"),
        (
            {"roles": ["r", {"name": "x", "on": None}], "groups": [True, 5]},
            "none",
            "none",
            'r, {"name": "x", "on": null}, true, 5',
        ),
        ({"scope": "", "aud": "", "roles": []}, "none", "none", "none"),
        ({"scope": "a b", "scp": "b c", "scopes": ["c", "d"], "permissions": ["a"]}, "none", "a, b, c, d", "none"),
        ({"scope": 5, "scp": None, "roles": {"a": 1}, "aud": True}, "none", "none", "none"),
        ({"realm_access": "x", "resource_access": 5}, "none", "none", "none"),
        ({"realm_access": {"roles": "one two"}, "resource_access": {}}, "none", "none", "one, two"),
        ({"resource_access": {"a": 5, "b": {"roles": ["r"]}, "c": {}, "d": None}}, "none", "none", "r"),
        ({"realm_access": [], "resource_access": [{"roles": ["no"]}]}, "none", "none", "none"),
    ],
    ids=lambda value: "" if isinstance(value, str) else str(value)[:40],
)
def test_what_it_may_do(claims: dict[str, Any], audience: str, scopes: str, roles: str) -> None:
    """Audience, scopes and roles are found where each provider puts them, each named once."""
    assert summary(claims) == (audience, scopes, roles)


# --- what is no readable JWT ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "token",
    [
        "S-opaque-token",
        "demo-token~ada",
        "a.b",
        "a.b.c",
        "..",
        f"{encoded([1])}.{encoded({})}.x",
        f"{encoded({'alg': 'x'})}.{encoded([1])}.x",
        f"{encoded({'alg': 'x'})}.{encoded('not json')}.x",
        f"{encoded({'alg': 'x'})}.%%%.x",
        "a.b.c.d",
        "a.b.c.d.e.f",
        "ünïcödé.\x1b[2J.\n",
    ],
)
def test_opaque(token: str) -> None:
    """Of a token that is no JWT only its length is said."""
    assert parts_of(token) is None
    (line,) = token_lines(token, NOW)
    assert line == f"the token is opaque ({len(token)} characters, no JWT): only the API knows what it holds"


def test_masked() -> None:
    """Header, claims and summary pass the mask, value by value."""
    lines = token_lines(jwt({"sub": "pw", "aud": "pw"}, {"kid": "pw"}), NOW, mask=Redactor(["pw"]).apply)
    assert [line for line in lines if "pw" in line] == []
    assert "audience  ***" in lines


def test_encrypted() -> None:
    """A token of five parts is encrypted (RFC 7516 § 7.1), and only the API can read it."""
    token = f"{encoded({'alg': 'RSA-OAEP', 'enc': 'A256GCM'})}.S-key.S-iv.S-cipher.S-tag"
    (line,) = token_lines(token, NOW)
    assert "encrypted (JWE)" in line
    assert "S-" not in line


# --- what comes from outside ---------------------------------------------------------------------------------------


def test_control_characters() -> None:
    """Names and values that would steer a terminal are made visible, wherever in a token they stand."""
    evil = "\x1b]0;title\x07\x1b[2J\x9b31m\r\n\u202e"
    claims = {
        evil: evil,
        "list": [evil, "b"],
        "nested": {evil: [evil]},
        "aud": [evil],
        "scope": evil,
        "roles": [evil, {evil: evil}],
        "realm_access": {"roles": [evil]},
        "exp": evil,
    }
    lines = token_lines(jwt(claims, {"alg": evil, evil: 1}), NOW)
    assert [line for line in lines if not line.isprintable()] == []
    assert "\\x1b]0;title" in "\n".join(lines)


def test_the_token_is_never_shown() -> None:
    """No line has the token in it, or one of its parts."""
    token = jwt({"sub": "ada", "exp": NOW})
    for shown in (token, "S-opaque-token", "S-a.S-b.S-c.S-d.S-e"):
        text = "\n".join(token_lines(shown, NOW))
        assert [part for part in (shown, *shown.split(".")) if part in text] == []


@pytest.mark.parametrize(
    "claims",
    ['{"a": NaN}', '{"a": ' + "[" * 5000 + "]" * 5000 + "}", "[" * 100_000, '{"a": 1e400}', '{"a":1,"a":2}', ""],
)
def test_odd_json(claims: str) -> None:
    """JSON that is none, is endlessly nested or says a name twice gives lines all the same."""
    lines = token_lines(jwt(claims), NOW)
    assert lines
    assert all(line.isprintable() for line in lines)


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=10,
)
_known = st.sampled_from(
    ["exp", "nbf", "iat", "auth_time", "aud", "scope", "scp", "roles", "groups", "realm_access", "resource_access"]
)


@given(st.dictionaries(_known | st.text(), _json), st.dictionaries(st.text(), _json), st.floats(0, 1e10))
def test_any_claims(claims: dict[str, Any], header: dict[str, Any], now: float) -> None:
    """Whatever a token claims, it is told in lines that a terminal can show, and nothing is raised."""
    lines = token_lines(jwt(claims, header), now)
    assert lines[0] == "header"
    assert all(line.isprintable() or "\t" in line for line in lines)
    assert SIGNATURE not in "\n".join(lines)


@given(st.text())
def test_any_text(token: str) -> None:
    """Any text at all is a token of which something can be said."""
    lines = token_lines(token, NOW)
    assert lines
    assert all(line.isprintable() or "\t" in line for line in lines)
