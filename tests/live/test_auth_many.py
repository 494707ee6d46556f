"""Many requests, threads and files, and few token requests."""

from __future__ import annotations

import math
import os
from typing import Any

#: Seconds of the run over many lives; RUNNER_LONG=60 makes it a minute.
LONG = int(os.environ.get("RUNNER_LONG") or 15)


def of(server: Any, path: str) -> list[dict[str, Any]]:
    """What arrived at `path`, in order."""
    return [entry for entry in server.get("/seen") if entry["path"].startswith(path)]


def write_files(live: Any, text: str, number: int) -> None:
    for index in range(number):
        (live.place / f"collection{index:02}.yaml").write_text(text, "utf-8")


def test_two_hundred_requests_take_one_token(live: Any, faulty: Any) -> None:
    """20 files of 10 requests on 16 threads all wait for the one token request, though it takes its time."""
    text = """\
auth: {type: oauth2, token_url: "{{base}}/slow-token", client_id: one, client_secret: "{{env.S}}"}
defaults: {assert: [body.authorization: Bearer a-good-token-of-the-tests]}
requests:
"""
    text += "".join(f'  - {{name: Request {number}, url: "{{{{base}}}}/api/{number}"}}\n' for number in range(10))
    write_files(live, text, 20)
    live.file(".", "-j", "16", cwd=live.place, base=faulty.url, env={"S": "a-secret-of-the-tests"})
    assert len(of(faulty, "/api/")) == 200
    assert len(of(faulty, "/slow-token")) == 1


def test_files_side_by_side_outlive_their_tokens(live: Any, oidc: Any) -> None:
    """Eight files of a request a second, with tokens of four seconds: no request fails, no token is fetched needlessly.

    A token serves for half its life at least, so the number of fetches follows from how long the run took.
    """
    text = """\
base_url: "{{base}}/api"
auth: {type: oauth2, issuer: "{{base}}", client_id: post, client_secret: s3cr3t~post, scope: api.read}
defaults: {assert: [status: 200, body.client: post]}
requests:
"""
    text += "".join(f"  - {{name: Second {number}, url: /{number}, delay: 1s}}\n" for number in range(LONG))
    write_files(live, text, 8)
    live.file(".", "-j", "8", cwd=live.place, base=oidc.url)
    calls, fetches = of(oidc, "/api/"), of(oidc, "/token")
    assert [entry["status"] for entry in calls] == [200] * 8 * LONG
    assert {entry["status"] for entry in fetches} == {200}
    lasted = calls[-1]["at"] - fetches[0]["at"]
    assert lasted / oidc.life < len(fetches) <= math.ceil(lasted / (oidc.life / 2)) + 1
