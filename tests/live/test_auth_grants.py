"""The grants that speak for a person, against oidc-provider, and the person before the screen."""

from __future__ import annotations

import json
import urllib.parse
import urllib.request
from typing import Any

import pytest

PASSWORD = "lovelace & sons + 1815"


def of(server: Any, path: str) -> list[dict[str, Any]]:
    """What arrived at `path`, in order."""
    return [entry for entry in server.get("/seen") if entry["path"].startswith(path)]


def grants(server: Any) -> list[str]:
    """The grants of the token requests that succeeded, in order."""
    return [entry["form"]["grant_type"] for entry in of(server, "/token") if entry["status"] == 200]


# ---------------------------------------------------------------- password

BY_PASSWORD = """\
base_url: "{{base}}/api"
secrets: {password: "{{env.PASSWORD}}"}
auth:
  {type: oauth2, grant: password, issuer: "{{base}}", client_id: native, username: ada, password: "{{password}}",
   scope: [api.read, offline_access]}
requests:
  - {name: One, url: /one, assert: [body.sub: ada, body.scope: api.read]}
  - {name: Two, url: /two, delay: "{{wait}}", assert: [body.sub: ada]}
"""


def test_a_password_is_sent_once(live: Any, oidc: Any) -> None:
    """The password goes in the form; what renews the token is the refresh token that came with it."""
    said = live.text(BY_PASSWORD, "--verbose", base=oidc.url, wait="2500ms", env={"PASSWORD": PASSWORD})
    assert grants(oidc) == ["password", "refresh_token"]
    assert PASSWORD not in said
    assert urllib.parse.quote_plus(PASSWORD) not in said


def test_a_wrong_password(live: Any, oidc: Any) -> None:
    """The server's words are shown, and the password is not."""
    said = live.text(BY_PASSWORD, base=oidc.url, wait="0s", env={"PASSWORD": "lovelace & sons + 1816"}, expect=5)
    assert "invalid_grant: grant request is invalid" in said
    assert "1816" not in said
    assert of(oidc, "/api/") == []


# ---------------------------------------------------------------- refresh_token


@pytest.fixture
def refresh_token(oidc: Any) -> str:
    """A refresh token that nobody has used."""
    form = {"grant_type": "password", "client_id": "native", "username": "ada", "password": PASSWORD}
    data = urllib.parse.urlencode(form | {"scope": "api.read offline_access"}).encode()
    with urllib.request.urlopen(f"{oidc.url}/token", data, timeout=10) as answer:
        token = str(json.load(answer)["refresh_token"])
    oidc.get("/seen", method="DELETE")
    return token


REFRESHED = """\
base_url: "{{base}}/api"
auth:
  {type: oauth2, grant: refresh_token, token_url: "{{base}}/token", client_id: native, refresh_token: "{{env.REFRESH}}",
   cache: "{{cache}}"}
defaults: {delay: 0, assert: [body.sub: ada]}
requests:
  - {name: One, url: /1, delay: "{{first}}"}
  - {name: Two, url: /2, delay: 1500ms}
  - {name: Three, url: /3, delay: 1500ms}
  - {name: Four, url: /4, delay: 1500ms}
""".replace("delay: 0, ", "")


def test_rotated_refresh_tokens_replace_each_other(live: Any, oidc: Any, refresh_token: str) -> None:
    """A run longer than its tokens' life uses each refresh token once, each time the newest one."""
    said = live.text(REFRESHED, "--verbose", base=oidc.url, cache="memory", first="0s", env={"REFRESH": refresh_token})
    used = [entry["form"]["refresh_token"] for entry in of(oidc, "/token")]
    assert [entry["status"] for entry in of(oidc, "/token")] == [200] * len(used)
    assert used[0] == refresh_token
    assert len(set(used)) == len(used) >= 2
    assert not [token for token in used if token in said]


def test_a_refresh_token_used_twice(live: Any, oidc: Any, refresh_token: str) -> None:
    """A second run with a token that was rotated away ends with the server's words; nothing else is sent."""
    words = {"base": oidc.url, "cache": "memory", "first": "0s", "env": {"REFRESH": refresh_token}}
    text = REFRESHED.replace("1500ms", "0s")
    live.text(text, **words)
    calls = len(of(oidc, "/api/"))
    said = live.text(text, expect=5, **words)
    assert "invalid_grant: grant request is invalid" in said
    assert refresh_token not in said
    assert len(of(oidc, "/api/")) == calls


def test_a_rotated_refresh_token_outlives_its_run_on_disk(live: Any, oidc: Any, refresh_token: str) -> None:
    """With `cache: disk` the next run goes on with the newest refresh token, not with the one in the file."""
    words = {"base": oidc.url, "cache": "disk", "env": {"REFRESH": refresh_token}}
    live.text(REFRESHED.replace("1500ms", "0s"), first="0s", **words)
    live.text(REFRESHED.replace("1500ms", "0s"), first="2500ms", **words)
    used = [entry["form"]["refresh_token"] for entry in of(oidc, "/token")]
    assert [entry["status"] for entry in of(oidc, "/token")] == [200, 200]
    assert len(set(used)) == 2


# ---------------------------------------------------------------- authorization_code

IN_BROWSER = """\
base_url: "{{base}}/api"
auth:
  type: oauth2
  grant: authorization_code
  issuer: "{{base}}"
  client_id: native
  scope: openid offline_access api.read
  cache: "{{cache}}"
requests:
  - {name: One, url: /one, assert: [body.sub: ada, body.scope: api.read]}
  - {name: Two, url: /two, delay: "{{wait}}", assert: [body.sub: ada]}
"""


@pytest.mark.parametrize("behind", [True, False])
def test_a_browser_logs_in(live: Any, oidc: Any, person: Any, behind: bool) -> None:
    """$BROWSER is opened once, PKCE proves who asked, and a browser that blocks its caller is no trouble."""
    env = {"BROWSER": person.command(behind=behind)}
    said = live.text(IN_BROWSER, "--verbose", base=oidc.url, cache="memory", wait="0s", env=env)
    (fetch,) = of(oidc, "/token")
    form = fetch["form"]
    assert len(form["code_verifier"]) >= 43
    assert form["redirect_uri"].startswith("http://127.0.0.1:")
    assert form["redirect_uri"].endswith("/cb")
    journey = person.journey()
    asked = urllib.parse.parse_qs(urllib.parse.urlsplit(journey["urls"][0]).query)
    assert asked["code_challenge_method"] == ["S256"]
    assert asked["response_type"] == ["code"]
    assert "close" in journey["page"].lower()
    for secret in (form["code"], form["code_verifier"]):
        assert secret not in said


def test_a_person_opens_the_url_by_hand(live: Any, oidc: Any, person: Any) -> None:
    """Where no browser is there, the URL stands alone on a line of standard error, and the run waits."""
    run = live.started(IN_BROWSER, base=oidc.url, cache="memory", wait="0s")
    person.visits(run.wait_for(r"(http://\S+)"))
    run.finish()
    assert [entry["status"] for entry in of(oidc, "/api/")] == [200, 200]


def test_the_browser_is_asked_once_for_all_runs(live: Any, oidc: Any, person: Any) -> None:
    """The refresh token renews what ends, within a run and, from the disk, in the next one.

    OpenID Connect Core § 11 has `prompt=consent` asked for with offline_access; a query of one's own stays.
    """
    words = {"base": oidc.url, "cache": "disk", "wait": "2500ms"}
    text = IN_BROWSER.replace("  cache:", '  authorization_url: "{{base}}/auth?prompt=consent"\n  cache:')
    live.text(text, env={"BROWSER": person.command()}, **words)
    assert grants(oidc) == ["authorization_code", "refresh_token"]
    live.text(text, **words)
    assert set(grants(oidc)[2:]) == {"refresh_token"}
    assert {entry["status"] for entry in of(oidc, "/api/")} == {200}


def test_another_redirect_host(live: Any, oidc: Any, person: Any) -> None:
    """`redirect_host: localhost` and a port of one's own, as some servers have them registered."""
    text = IN_BROWSER.replace("  cache:", "  redirect_host: localhost\n  cache:")
    live.text(text, base=oidc.url, cache="memory", wait="0s", env={"BROWSER": person.command()})
    (fetch,) = of(oidc, "/token")
    assert fetch["form"]["redirect_uri"].startswith("http://localhost:")


def test_one_login_serves_files_side_by_side(live: Any, oidc: Any, person: Any) -> None:
    """Eight files of one identity open the browser once."""
    for number in range(8):
        (live.place / f"collection{number}.yaml").write_text(IN_BROWSER, "utf-8")
    env = {"BROWSER": person.command()}
    live.file(".", "-j", "8", cwd=live.place, env=env, base=oidc.url, cache="memory", wait="0s")
    assert grants(oidc) == ["authorization_code"]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["--state", "forged"], "state"),
        (["--issuer", "another.example"], "another issuer: 'another.example'"),
        (["--deny"], "access_denied: End-User aborted interaction"),
    ],
)
def test_a_login_that_fails(live: Any, oidc: Any, person: Any, words: list[str], expected: str) -> None:
    """A forged state, another issuer (RFC 9207) and a refusal end the login; no code is spent, nothing is sent."""
    env = {"BROWSER": person.command(*words)}
    said = live.text(IN_BROWSER, base=oidc.url, cache="memory", wait="0s", env=env, expect=5)
    assert expected in said
    assert of(oidc, "/token") == []
    assert of(oidc, "/api/") == []


# ---------------------------------------------------------------- device_code

ON_DEVICE = """\
base_url: "{{base}}/api"
auth:
  {type: oauth2, grant: device_code, device_url: "{{base}}/device/auth", token_url: "{{base}}/token", client_id: native,
   scope: openid api.read, cache: memory}
requests:
  - {name: One, url: /one, assert: [body.sub: ada]}
"""


def test_a_device_code(live: Any, oidc: Any, person: Any) -> None:
    """URL and code stand each on a line of standard error; without an interval the polls are five seconds apart."""
    run = live.started(ON_DEVICE, base=oidc.url)
    url = run.wait_for(r"(http://\S+)")
    person.visits(url, "--code", run.wait_for(r"code: (\S+)"))
    said = run.finish()
    asked, polls = of(oidc, "/device/auth"), of(oidc, "/token")
    assert len(asked) == 1
    assert polls[-1]["status"] == 200
    assert polls[-1]["at"] - asked[0]["at"] > 4.5
    assert polls[-1]["form"]["device_code"] not in said


def test_a_device_code_that_is_refused(live: Any, oidc: Any, person: Any) -> None:
    """When the person refuses, the run ends with the server's words."""
    run = live.started(ON_DEVICE, base=oidc.url)
    url = run.wait_for(r"(http://\S+)")
    person.visits(url, "--code", run.wait_for(r"code: (\S+)"), "--deny")
    assert "access_denied: End-User aborted interaction" in run.finish(expect=5)
    assert of(oidc, "/api/") == []
