"""What has to be asked more than once: the routes that fail at first, jobs, and pages."""

from __future__ import annotations

import pytest


def statuses(client, path, count):
    return [client.ask("GET", path).status for _ in range(count)]


def test_flaky(client):
    """It fails twice and answers, and then begins anew; each name is counted by itself."""
    assert statuses(client, "/flaky/a", 6) == [503, 503, 200, 503, 503, 200]
    assert statuses(client, "/flaky/b", 1) == [503]
    assert client.ask("POST", "/flaky/b").body == {"error": "not now", "attempt": 2}
    assert client.ask("POST", "/flaky/b").body == {"attempt": 3}


def test_flaky_as_asked(client):
    """How often, with which status, and what Retry-After says."""
    answer = client.ask("GET", "/flaky/a?times=1&status=429&after=7")
    assert (answer.status, answer.headers["Retry-After"]) == (429, "7")
    assert client.ask("GET", "/flaky/a?times=1&status=429&after=7").status == 200
    assert client.ask("GET", "/flaky/a?times=0").status == 200


@pytest.mark.parametrize(
    "query", ["times=101", "status=200", "status=600", "status=x", "times=999999999", "after=1%0D%0AX:y"]
)
def test_flaky_within_limits(client, query):
    """What it cannot do it refuses."""
    assert client.ask("GET", f"/flaky/a?{query}").status == 400


def test_jobs(client):
    """A job is done when it is asked for the third time, and stays so; others do not matter."""
    started = client.ask("POST", "/jobs")
    other = client.ask("POST", "/jobs").headers["Location"]
    assert (started.status, started.body["state"]) == (202, "queued")
    states = [client.ask("GET", started.headers["Location"]).body for _ in range(4)]
    assert [state["state"] for state in states] == ["running", "running", "done", "done"]
    assert [state["result"] for state in states] == [None, None, 42, 42]
    assert client.ask("GET", other).body["state"] == "running"
    assert client.ask("GET", "/jobs/nobody").status == 404


@pytest.mark.parametrize(
    ("kind", "following", "items"),
    [
        ("body", lambda answer: answer.body["next"], lambda answer: answer.body["items"]),
        ("header", lambda answer: answer.headers["Next-Page"], lambda answer: answer.body["data"]),
        (
            "link",
            lambda answer: dict(
                reversed(link.split("; ")) for link in answer.headers["Link"].split(", ")
            ).get('rel="next"', "").strip("<>"),
            lambda answer: answer.body,
        ),
    ],
)  # fmt: skip
def test_pages(client, server, kind, following, items):
    """Twelve items in three pages, each of which leads to the next."""
    url = f"{server.url}/pages/{kind}"
    found, pages = [], 0
    while url:
        answer = client.ask("GET", url.removeprefix(server.url))
        found += items(answer)
        url = following(answer)
        pages += 1
    assert [item["n"] for item in found] == list(range(1, 13))
    assert pages == 3


def test_counted_pages(client):
    """A page says its number and how many there are; beyond the last one there is nothing."""
    bodies = [client.ask("GET", f"/pages/number?page={page}").body for page in (1, 2, 3)]
    assert [(body["page"], body["pages"], len(body["items"])) for body in bodies] == [(1, 3, 5), (2, 3, 5), (3, 3, 2)]
    assert [client.ask("GET", f"/pages/number?page={page}").status for page in ("0", "4", "x")] == [404, 404, 404]
