"""AWS Signature Version 4 against AWS's whole test suite, and against the signatures that botocore makes.

Both come with `make servers`: botocore itself, and its source package, which holds the suite.
"""

from __future__ import annotations

import json
import random
import re
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from runner.diagnostics import Source, Span
from runner.engine.auth import aws_sigv4
from runner.engine.auth.base import Fields
from runner.engine.exchange import Connection, Request
from runner.engine.scope import EnvironmentVariables, Scope, Shared
from runner.language.model import AuthField, AuthSpec
from runner.redaction import Redactor
from tests.live.conftest import installed, missing

SUITE = "botocore/tests/unit/auth/aws4_testsuite"
#: How many vectors the suite of AWS has, as it comes with botocore 1.44.
VECTORS = 34
REQUESTS = 60
KEYS = {"access_key": "AKIDEXAMPLE", "secret_key": "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"}
MOMENT = datetime(2015, 8, 30, 12, 36, tzinfo=UTC)
PLACE = Span(Source("test.yaml", ""), 0, 0)


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is the moment of the suite."""
    monkeypatch.setattr(aws_sigv4, "_now", lambda: MOMENT)


def sign(request: Request, service: str, region: str, token: str) -> Request:
    fields = {**KEYS, "session_token": token, "region": region, "service": service}
    spec = AuthSpec("aws_sigv4", {name: AuthField(value, PLACE) for name, value in fields.items()}, PLACE)
    scope = Scope((), Shared(EnvironmentVariables({}, {}), set(), Redactor()))
    return aws_sigv4.prepare(Fields(spec, scope, Connection(), 30.0)).apply(request, None)


# --- the suite -----------------------------------------------------------------------------------------------------


def parsed(text: str) -> Request:
    """A raw request of the suite.

    None has to be left out. Three of them hold what this program encodes, or refuses, before it signs: a raw space
    (get-space), raw UTF-8 (get-utf8, get-vanilla-utf8-query) and a folded header (get-header-value-multiline, RFC 9112
    § 5.2). They are signed as they stand: what is canonical for them is defined all the same.
    """
    head, _, body = text.partition("\n\n")
    line, *rest = re.sub(r"\n(?=[ \t])", "\x00", head).split("\n")
    method, _, target = line.removesuffix(" HTTP/1.1").partition(" ")
    headers = [field.partition(":")[::2] for field in rest if field]
    url = "https://" + dict(headers)["Host"] + target
    unfolded = tuple((name, value.replace("\x00", "\n")) for name, value in headers if name != "X-Amz-Security-Token")
    return Request(method, url, headers=unfolded, body=body.encode() or None)


def vectors() -> Iterator[Path]:
    folder = installed() / SUITE
    if not folder.is_dir():
        missing("the source of botocore")
    yield from sorted(folder.rglob("*.req"))


def test_the_whole_suite_of_aws() -> None:
    """Every vector of the suite has the Authorization header that AWS published."""
    found = list(vectors())
    assert len(found) == VECTORS
    wrong = {}
    for vector in found:
        wanted = vector.with_suffix(".authz").read_text("utf-8").strip()
        canonical = vector.with_suffix(".creq").read_text("utf-8")
        token = re.search("^x-amz-security-token:(.*)$", canonical, re.MULTILINE)
        signed = sign(parsed(vector.read_text("utf-8")), "service", "us-east-1", token[1] if token else "")
        if signed.header("authorization") != wanted:
            wrong[vector.stem] = (signed.header("authorization"), wanted)
    assert not wrong


# --- botocore ------------------------------------------------------------------------------------------------------

#: Signs requests from standard input with botocore; AWS's own clients of S3 sign by S3SigV4Auth.
BOTOCORE = """
import datetime, json, sys
import botocore.auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

given = json.load(sys.stdin)
moment = datetime.datetime.fromisoformat(given["moment"])
botocore.auth.get_current_datetime = lambda *words, **more: moment
answers = []
for one in given["requests"]:
    request = AWSRequest(one["method"], one["url"], data=one["body"].encode())
    for name, value in one["headers"]:
        request.headers[name] = value
    credentials = Credentials(given["access_key"], given["secret_key"], one["token"] or None)
    signer = botocore.auth.S3SigV4Auth if one["service"] == "s3" else botocore.auth.SigV4Auth
    signer(credentials, one["service"], one["region"]).add_auth(request)
    answers.append(request.headers["Authorization"])
json.dump(answers, sys.stdout)
"""

SEGMENTS = ["a", "b c", "ä€", "x:y@z", "", ".", "..", "~-._", "$v=1", "100%", "(1)!", "a+b", "'*,;"]
VALUES = ["", "1", "b c", "ä", "=&", "/?:@", "~-._", "+", "%2F", "(*)'!", "a,b"]
HEADERS = [
    ("Accept", "application/json"),
    ("Content-Type", "application/x-amz-json-1.1"),
    ("X-Amz-Target", "Service.Do"),
    ("X-Own", "  some   spaced\tvalue "),
    ("X-Own", "again"),
    ("X-Amz-Meta-Name", "wört"),
    ("If-Match", '"etag  1"'),
    ("Range", "bytes=0-9"),
    ("User-Agent", "runner"),
    ("Expect", "100-continue"),
    ("X-Amzn-Trace-Id", "Root=1"),
    ("Traceparent", "00-1"),
    ("Connection", "close"),
]
HOSTS = ["https://service.eu-west-1.amazonaws.com", "https://H.test:443", "http://h.test:80", "http://127.0.0.1:4566"]


def made(draw: random.Random) -> dict[str, Any]:
    """A request with all that two signers may see differently.

    Its URL is encoded as AWS does: botocore takes path (of S3) and query as they stand.
    """
    service = draw.choice(["execute-api", "s3", "sts", "dynamodb"])
    path = "/" + "/".join(quote(draw.choice(SEGMENTS), safe="-_.~") for _ in range(draw.randrange(5)))
    pairs = [(draw.choice(VALUES) or "n", draw.choice(VALUES)) for _ in range(draw.randrange(5))]
    query = "&".join(f"{quote(name, safe='-_.~')}={quote(value, safe='-_.~')}" for name, value in pairs)
    return {
        "method": draw.choice(["GET", "POST", "PUT", "DELETE", "HEAD"]),
        "url": draw.choice(HOSTS) + path + (f"?{query}" if query else ""),
        "headers": draw.sample(HEADERS, draw.randrange(len(HEADERS))),
        "body": draw.choice(["", '{"a": "ä"}', "Action=GetCallerIdentity&Version=2011-06-15"]),
        "service": service,
        "region": draw.choice(["eu-west-1", "us-east-1"]),
        "token": draw.choice(["", "IQoJb3JpZ2luX2VjE//+=="]),
    }


def by_botocore(requests: list[dict[str, Any]]) -> list[str]:
    python = installed() / "python/bin/python"
    if not list((installed() / "python").glob("lib/python3*/site-packages/botocore")):
        missing("botocore")
    given = json.dumps({**KEYS, "moment": MOMENT.isoformat(), "requests": requests})
    command = [str(python), "-c", BOTOCORE]
    done = subprocess.run(command, input=given, capture_output=True, encoding="utf-8", check=True)
    return list(json.loads(done.stdout))


def test_the_same_signatures_as_botocore() -> None:
    """Requests of all kinds get the Authorization header that AWS's own client gives them."""
    draw = random.Random(20150830)
    requests = [made(draw) for _ in range(REQUESTS)]
    for one, wanted in zip(requests, by_botocore(requests), strict=True):
        headers = tuple((name, value) for name, value in one["headers"])
        request = Request(one["method"], one["url"], headers=headers, body=one["body"].encode() or None)
        signed = sign(request, one["service"], one["region"], one["token"])
        assert signed.header("authorization") == wanted, one
