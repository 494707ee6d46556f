"""The Graph-like API: lists, single objects, changes, and the refusals a client has to cope with."""

from __future__ import annotations

from urllib.parse import quote, urlencode

import pytest

from runner.demo import DemoServer
from runner.demo.credentials import READER_CLIENT_ID, READER_CLIENT_SECRET
from runner.demo.people import USER_DEFAULTS

NEW_USER = {
    "accountEnabled": True,
    "displayName": "Nia Storm",
    "mailNickname": "nia",
    "userPrincipalName": "nia@contoso.onmicrosoft.com",
    "passwordProfile": {"password": "never-shown-again"},
}


@pytest.fixture
def get(client):
    """GETs a path under /v1.0 with a good token; `options` become the query."""
    token = client.token()

    def ask(path, **options):
        query = "?" + urlencode({f"${name}": value for name, value in options.items()}) if options else ""
        return client.ask("GET", f"/v1.0{path}{query}", token=token)

    return ask


@pytest.fixture
def send(client):
    """Sends a body with a good token."""
    token = client.token()
    return lambda method, path, body=None: client.ask(method, f"/v1.0{path}", token=token, body=body)


def names(answer):
    return [record["displayName"] for record in answer.body["value"]]


def test_list_has_graphs_shape(get, server):
    """A list has its context, the twelve users by display name, and Graph's default properties."""
    answer = get("/users")
    assert answer.status == 200
    assert answer.headers["Content-Type"].startswith("application/json;odata.metadata=minimal")
    assert answer.body["@odata.context"] == f"{server.url}/v1.0/$metadata#users"
    assert len(answer.body["value"]) == 12
    assert names(answer) == sorted(names(answer))
    assert set(answer.body["value"][0]) == set(USER_DEFAULTS)


def test_ids_are_the_same_at_every_start(get, connect):
    """Two servers know the same people by the same ids."""
    with DemoServer() as other:
        client = connect(other)
        again = client.ask("GET", "/v1.0/users", token=client.token())
        assert again.body["value"] == get("/users").body["value"]


def test_select(get, server):
    """`$select` decides which properties come, also those that do not come unasked."""
    answer = get("/users", select="id,department", top=1)
    assert answer.body["@odata.context"] == f"{server.url}/v1.0/$metadata#users(id,department)"
    assert list(answer.body["value"][0]) == ["id", "department"]


def test_pages_are_complete_and_disjoint(get, client):
    """Following `@odata.nextLink` to its end gives every user once, with the other options kept."""
    token = client.token()
    answer = get("/users", top=5, select="displayName")
    found = names(answer)
    pages = 1
    while "@odata.nextLink" in answer.body:
        link = answer.body["@odata.nextLink"]
        assert link.startswith(client.server.url)
        answer = client.ask("GET", link.removeprefix(client.server.url), token=token)
        assert list(answer.body["value"][0]) == ["displayName"]
        found += names(answer)
        pages += 1
    assert pages == 3
    assert found == names(get("/users"))


def test_next_link_keeps_the_hosts_name_that_was_used(client):
    """A client that came by `localhost` is not sent to another origin."""
    answer = client.ask("GET", "/v1.0/users?$top=1", token=client.token(), headers={"Host": "localhost:1234"})
    assert answer.body["@odata.nextLink"].startswith("http://localhost:1234/v1.0/users?$top=1&$skiptoken=")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("startswith(displayName,'A')", ["Ada Byrne", "Alma Okafor"]),
        ("startswith(displayName, 'ad')", ["Ada Byrne"]),
        ("mail eq 'ada@contoso.com'", ["Ada Byrne"]),
        ("mail eq 'ADA@contoso.com'", ["Ada Byrne"]),
        ("mail eq 'maeve.o''riordan@contoso.com'", ["Maeve O'Riordan"]),
        ("mail eq null", ["Sync Service"]),
        ("accountEnabled eq false", ["Sync Service"]),
        ("department eq 'Engineering' and startswith(displayName,'B')", ["Bruno Castell"]),
        ("mail eq 'nobody@contoso.com'", []),
    ],
)
def test_filter(get, text, expected):
    """`$filter` takes startswith, eq and `and`; texts compare without case, and a doubled quote is one."""
    assert names(get("/users", filter=text)) == expected


def test_orderby(get):
    """`$orderby` sorts by a property, descending when asked."""
    found = names(get("/users", orderby="displayName desc"))
    assert found == sorted(found, reverse=True)


def test_count_needs_the_consistency_header(get, client):
    """`$count` is ignored without `ConsistencyLevel: eventual`; with it, it counts all pages."""
    assert "@odata.count" not in get("/users", count="true", top=2).body
    headers = {"ConsistencyLevel": "eventual"}
    answer = client.ask("GET", "/v1.0/users?$count=true&$top=2", token=client.token(), headers=headers)
    assert answer.body["@odata.count"] == 12


@pytest.mark.parametrize(
    ("options", "code", "words"),
    [
        ({"frobnicate": "1"}, "Request_BadRequest", "Unrecognized query argument specified: '$frobnicate'."),
        ({"select": "id,shoeSize"}, "BadRequest", "'shoeSize' on type 'microsoft.graph.user'"),
        ({"filter": "mail contains 'x'"}, "BadRequest", "Syntax error at position 0"),
        ({"filter": "mail eq 'x' or mail eq 'y'"}, "BadRequest", "Syntax error at position 12"),
        ({"filter": "mail eq 'x' and "}, "BadRequest", "Syntax error"),
        ({"filter": ""}, "BadRequest", "Syntax error"),
        ({"filter": "shoeSize eq '4'"}, "BadRequest", "'shoeSize'"),
        ({"orderby": "displayName up"}, "BadRequest", "Syntax error"),
        ({"top": "x"}, "BadRequest", "'x'"),
        ({"top": "0"}, "Request_BadRequest", "Must be between 1 and 999"),
        ({"top": "1000"}, "Request_BadRequest", "Must be between 1 and 999"),
        ({"skiptoken": "x"}, "Directory_ExpiredPageToken", "page token"),
    ],
)
def test_bad_options(get, options, code, words):
    """A query that Graph does not understand is a 400 that says what was wrong."""
    answer = get("/users", **options)
    assert answer.status == 400
    assert answer.body["error"]["code"] == code
    assert words in answer.body["error"]["message"]


def test_one_user_by_id_and_by_name(get):
    """A user is found by id and by userPrincipalName, in any case and percent-encoded."""
    by_name = get("/users/ada@contoso.onmicrosoft.com").body
    assert by_name["@odata.context"].endswith("/v1.0/$metadata#users/$entity")
    assert get("/users/" + by_name["id"].upper()).body == by_name
    assert get("/users/" + quote("ADA@contoso.onmicrosoft.com", safe="")).body == by_name


def test_unknown_user(get):
    """An unknown user is a 404 with Graph's code, the ids of the request, and the key that was asked for."""
    answer = get("/users/nobody@contoso.com")
    error = answer.body["error"]
    assert answer.status == 404
    assert error["code"] == "Request_ResourceNotFound"
    assert error["message"].startswith("Resource 'nobody@contoso.com' does not exist")
    assert error["innerError"]["request-id"] == answer.headers["request-id"]


def test_client_request_id_comes_back(client):
    """The id that a client gives its request is in the header and in the error."""
    answer = client.ask("GET", "/v1.0/users", headers={"client-request-id": "mine"})
    assert answer.headers["client-request-id"] == "mine"
    assert answer.body["error"]["innerError"]["client-request-id"] == "mine"
    assert answer.headers["request-id"] != "mine"


def test_groups_and_members(get):
    """Groups are listed, found by id, and have members."""
    group = next(g for g in get("/groups").body["value"] if g["displayName"] == "On call")
    assert get(f"/groups/{group['id']}").body["visibility"] == "Private"
    assert names(get(f"/groups/{group['id']}/members")) == ["Chidi Larsen", "Emre Solberg"]
    assert get("/groups/none/members").status == 404


def test_me_is_no_application(get):
    """An application's token stands for no user."""
    answer = get("/me")
    assert answer.status == 400
    assert answer.body["error"]["message"] == "/me request is only valid with delegated authentication flow."


def test_unknown_segment_and_method(get, send):
    """An unknown segment is a 400 as in Graph, another method a 405 that names the good ones."""
    unknown = get("/userss")
    assert (unknown.status, unknown.body["error"]["code"]) == (400, "BadRequest")
    assert "'userss'" in unknown.body["error"]["message"]
    wrong = send("PUT", "/users", {})
    assert (wrong.status, wrong.headers["Allow"]) == (405, "GET, POST")


def test_create_change_delete(send, get):
    """A new user can be read, changed and deleted, and its password is never shown."""
    created = send("POST", "/users", NEW_USER)
    assert created.status == 201
    assert created.headers["Location"].endswith(created.body["id"])
    assert b"never-shown-again" not in created.content
    path = f"/users/{created.body['id']}"
    changed = send("PATCH", path, {"jobTitle": "Pilot"})
    assert (changed.status, changed.content) == (204, b"")
    assert get(path).body["jobTitle"] == "Pilot"
    assert send("DELETE", path).status == 204
    assert get(path).status == 404


@pytest.mark.parametrize("missing", sorted(NEW_USER))
def test_create_needs_its_properties(send, missing):
    """A user without one of the five required properties is a 400 that names it."""
    answer = send("POST", "/users", {name: value for name, value in NEW_USER.items() if name != missing})
    assert answer.status == 400
    assert f"'{missing}'" in answer.body["error"]["message"]


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({**NEW_USER, "userPrincipalName": "Ada@contoso.onmicrosoft.com"}, "already exists"),
        ({**NEW_USER, "shoeSize": 4}, "'shoeSize'"),
        ({**NEW_USER, "id": "mine"}, "'id'"),
        ({**NEW_USER, "userPrincipalName": 5}, "userPrincipalName in payload"),
        ({**NEW_USER, "displayName": None}, "displayName in payload"),
        ({**NEW_USER, "accountEnabled": "yes"}, "accountEnabled in payload"),
        ([], "Unable to read JSON"),
        (b"{", "Unable to read JSON"),
    ],
)
def test_create_refuses(send, body, words):
    """A taken name, an unknown, read-only or mistyped property, and what is no JSON object are a 400."""
    answer = send("POST", "/users", body)
    assert answer.status == 400
    assert words in answer.body["error"]["message"]


def test_a_deleted_member_leaves_its_groups(send, get):
    """Deleting a user takes it out of every group."""
    send("DELETE", "/users/chidi@contoso.onmicrosoft.com")
    group = next(g for g in get("/groups").body["value"] if g["displayName"] == "On call")
    assert names(get(f"/groups/{group['id']}/members")) == ["Emre Solberg"]


def test_the_reader_may_not_write(client):
    """An application without the role gets 403, not 401."""
    token = client.token(client_id=READER_CLIENT_ID, client_secret=READER_CLIENT_SECRET)
    assert client.ask("GET", "/v1.0/users", token=token).status == 200
    answer = client.ask("POST", "/v1.0/users", token=token, body=NEW_USER)
    assert (answer.status, answer.body["error"]["code"]) == (403, "Authorization_RequestDenied")


def refusal(answer):
    assert answer.status == 401
    assert answer.headers["WWW-Authenticate"].startswith('Bearer realm="", authorization_uri=')
    assert answer.body["error"]["code"] == "InvalidAuthenticationToken"
    return answer.body["error"]["message"]


@pytest.mark.parametrize("token", ["x", "a.b.c", "....", "e30.W10.x", "é.é.é".encode().decode("latin-1")])
def test_garbage_is_no_token(client, token):
    """What is no JWT at all is a 401."""
    assert "not well formed" in refusal(client.ask("GET", "/v1.0/users", token=token))


def test_no_token(client):
    """Without a token, or with another scheme, the token is empty."""
    assert refusal(client.ask("GET", "/v1.0/users")) == "Access token is empty."
    assert refusal(client.ask("GET", "/v1.0/users", basic="a:b")) == "Access token is empty."


def test_foreign_signature(client, connect):
    """A token of another server, with another key, is refused."""
    with DemoServer() as other:
        token = connect(other).token()
    assert "signature" in refusal(client.ask("GET", "/v1.0/users", token=token))


def test_damaged_signature(client):
    """A token whose signature was changed is refused, whatever characters are in it."""
    for end in ("x", "\xe9"):
        assert "signature" in refusal(client.ask("GET", "/v1.0/users", token=client.token() + end))


def test_change_refuses(send):
    """A change to a value that does not fit is a 400 and changes nothing."""
    path = "/users/ada@contoso.onmicrosoft.com"
    assert send("PATCH", path, {"userPrincipalName": None}).status == 400
    assert send("PATCH", path, {"mobilePhone": None}).status == 204
    assert send("GET", path).body["userPrincipalName"] == "ada@contoso.onmicrosoft.com"


def test_wrong_audience(client):
    """A token for another API is refused."""
    token = client.token(scope="api://demo/.default")
    assert "audience" in refusal(client.ask("GET", "/v1.0/users", token=token))


def test_expired(connect):
    """A token past its end is refused in Graph's words."""
    with DemoServer(token_lifetime=-1) as server:
        client = connect(server)
        answer = client.ask("GET", "/v1.0/users", token=client.token())
    assert refusal(answer) == "Lifetime validation failed, the token is expired."


def test_revoked(client, server):
    """Revoking makes the tokens so far look expired; a new one is good."""
    old = client.token()
    server.revoke_tokens()
    assert "expired" in refusal(client.ask("GET", "/v1.0/users", token=old))
    assert client.ask("GET", "/v1.0/users", token=client.token()).status == 200
