"""html: what the page embeds and shows without a script; nothing that was received ends its element or reaches out."""

from __future__ import annotations

import json
import re
from base64 import b64encode
from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256
from html.parser import HTMLParser
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

from runner.engine.events import TokenFinished
from runner.engine.exchange import Exchange, Peer, Redirect, Request, Saved, Timing
from runner.engine.payload import BodyFile, BodyPart, Multipart
from runner.engine.results import Fault, Outcome, TokenResult
from runner.reporters.html_report import page
from runner.reporters.html_report.anchors import Anchors
from runner.reporters.html_report.details import Room
from runner.reporters.html_report.marked import html, marked
from runner.reporters.html_report.spool import Spool

COLUMNS = (
    "outcome",
    "kind",
    "collection",
    "anchor",
    "name",
    "method",
    "path",
    "status",
    "tags",
    "why",
    "elapsed",
    "bars",
)


class Read(HTMLParser):
    """A page as a browser reads it: its elements, and the texts of those with a data type or an id."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.inside = ""
        self.text = ""
        self.scripts: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self.inside = tag
        if tag in ("script", "style"):
            self.scripts.append("")

    def handle_endtag(self, tag: str) -> None:
        self.inside = ""

    def handle_data(self, data: str) -> None:
        if self.inside in ("script", "style"):
            self.scripts[-1] += data
        else:
            self.text += data

    @property
    def run(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.scripts[1])
        return found

    @property
    def rows(self) -> list[dict[str, Any]]:
        return [dict(zip(COLUMNS, row, strict=True)) for row in json.loads(self.scripts[2])[1:]]

    @property
    def details(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.scripts[3].splitlines()[1:]]

    def articles(self) -> list[str | None]:
        return [attributes["id"] for tag, attributes in self.tags if tag == "article"]


@pytest.fixture
def read(report: Any) -> Callable[..., Read]:
    """`read(steps)`: the page of these requests, as a browser reads it."""
    return lambda *words, **more: Read(report("html", *words, **more))


def body_of(read: Any, made: Any, content: bytes, kind: str = "text/plain") -> dict[str, Any]:
    (detail,) = read([made.passed(exchange=made.exchange_of(content, kind))]).details
    found: dict[str, Any] = detail["exchanges"][0]["response"]["body"]
    return found


# --- what is embedded ----------------------------------------------------------------------------------------------


def test_rows(read: Any, made: Any) -> None:
    """A row a request: what the list shows, when it was under way in milliseconds since the run began."""
    step = made.passed("Users / One")._replace(tags=("smoke",), started=made.at)
    row, failed = read([step, made.failed("B")]).rows
    assert row == {
        "outcome": "passed",
        "kind": "request",
        "collection": 0,
        "anchor": "r-a-users-one",
        "name": "Users / One",
        "method": "GET",
        "path": "/x",
        "status": 200,
        "tags": ["smoke"],
        "why": "",
        "elapsed": 250.0,
        "bars": [0.0, 250.0],
    }
    assert failed["why"] == "body.id is number 1, expected number 7"


def test_the_run(read: Any, made: Any) -> None:
    """How the run and its collections went."""
    run = read([made.passed(), made.failed("B"), made.skipped("C")]).run
    assert (run["passed"], run["exit_code"], run["started"]) == (False, 1, "2023-11-14T22:13:20.250Z")
    (collection,) = run["collections"]
    assert (collection["name"], collection["path"], collection["elapsed_ms"]) == ("A", "requests/a.yaml", 500.0)
    assert collection["counts"] == {"passed": 1, "failed": 1, "errored": 0, "skipped": 1}


def test_details(read: Any, made: Any) -> None:
    """What is shown of an opened request: its place, verdicts with their explanation, exchanges with a curl command."""
    (detail,) = read([made.failed(exchange=made.exchange_of(b'{"id":1}', sent=b'{"a":1}'))]).details
    assert detail["place"] == "requests/a.yaml:3:12"
    ((holds, subject, text, line, lines),) = detail["verdicts"]
    assert (holds, subject, text, line) == (False, "assertion", "body.id", 0)  # the line is that of the request
    assert any("\x01hint\x02is number 1\x03" in said for said in lines)
    (exchange,) = detail["exchanges"]
    assert (exchange["method"], exchange["url"], exchange["elapsed_ms"]) == ("POST", "http://api.test/x?a=1", 250.0)
    assert exchange["body"] == {"size": 7, "text": '{"a":1}'}
    assert exchange["response"]["body"] == {"size": 8, "text": '{"id":1}'}
    assert exchange["curl"].endswith("'http://api.test/x?a=1'")
    assert "phases" not in exchange


def test_phases_peer_redirects_and_repeats(read: Any, made: Any) -> None:
    """What the time went to, who answered, which redirects were followed, and how often it was sent."""
    base = made.exchange_of()
    response = base.response._replace(
        peer=Peer("::1", "TLSv1.3", "AES"), redirects=(Redirect(302, "http://api.test/from"),)
    )
    timed = Exchange(base.request, response, 0.25, made.at, Timing(None, None, None, 0.001, 0.2, 0.049))
    step = made.passed(exchange=timed)._replace(earlier=(base,), attempts=2, notes=("waited 1 s",), captured=("id",))
    (detail,) = read([step]).details
    assert (detail["repeats"], detail["notes"], detail["captured"]) == (["2 attempts"], ["waited 1 s"], ["id"])
    first, last = detail["exchanges"]
    assert "phases" not in first
    assert last["phases"] == [None, None, None, 1.0, 200.0, 49.0]
    assert last["response"]["peer"] == "::1 · TLSv1.3 · AES"
    assert last["response"]["redirects"] == [[302, "http://api.test/from"]]


def test_a_token_is_a_row_of_its_own(read: Any, made: Any) -> None:
    """A token step stands where it happened, with its exchange; one that failed is among the failures."""
    exchange = made.exchange_of(b'{"access_token": "***"}')
    token = TokenResult(
        "password", "POST", "http://t", Outcome.PASSED, 1, status=200, lifetime=60, exchanges=(exchange,)
    )
    bad = replace(token, outcome=Outcome.ERRORED, fault=Fault("auth", "refused", ("why",)), warnings=("kept nowhere",))
    events = made.events_of([made.passed()])
    events[2:2] = [TokenFinished(token), TokenFinished(bad)]
    found = read(events=events)
    assert [(row["kind"], row["anchor"], row["why"]) for row in found.rows] == [
        ("token", "r-a-token-password", ""),
        ("token", "r-a-token-password-2", "refused"),
        ("request", "r-a-r", ""),
    ]
    first, second, _ = found.details
    assert (first["lifetime"], second["warnings"], second["fault"]["lines"]) == (
        60,
        ["kept nowhere"],
        ["refused", "why"],
    )
    assert found.articles() == ["r-a-token-password-2"]


def test_a_request_without_an_answer(read: Any, made: Any) -> None:
    """It is shown as it was sent, with its bar on the timeline and no response."""
    step = made.errored(unanswered=Request("PUT", "http://api.test/x"))._replace(elapsed=1.5, started=made.at + 1)
    found = read([step])
    assert found.rows[0]["bars"] == [1000.0, 1500.0]
    (exchange,) = found.details[0]["exchanges"]
    assert "response" not in exchange
    assert found.details[0]["fault"]["lines"][0] == "connection refused"


def test_the_bar_after_earlier_attempts(read: Any, made: Any) -> None:
    """An attempt that got no answer began at the earliest when the answer before it had come."""
    request, answered = Request("GET", "http://api.test/x"), made.exchange_of(status=503)
    step = made.errored(unanswered=request)._replace(elapsed=1.0, started=made.at, earlier=(answered,))
    assert read([step]).rows[0]["bars"] == [0.0, 250.0, 250.0, 750.0]


# --- bodies --------------------------------------------------------------------------------------------------------


def test_a_large_body_is_cut(read: Any, made: Any) -> None:
    """Of 10 MB the beginning is kept, and the size; it never ends within a character."""
    body = body_of(read, made, "ä".encode() * 5_000_000)
    assert (body["size"], body["cut"]) == (10_000_000, True)
    assert set(body["text"]) == {"ä"}
    assert 100_000 < len(body["text"]) <= 262_144


def test_many_large_bodies_are_cut_shorter(read: Any, made: Any) -> None:
    """The more is in the page, the less of each body it takes."""
    large = made.exchange_of(b"x" * 300_000, "text/plain")
    details = read([made.passed(f"R {n}", large) for n in range(60)]).details
    sizes = [len(detail["exchanges"][0]["response"]["body"]["text"]) for detail in details]
    assert sizes[0] == 262_144
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[-1] == 16_384
    assert Room(40_000_000).for_body == 2_048


def test_bytes_are_told_by_their_beginning(read: Any, made: Any) -> None:
    """What is no text is shown as hexadecimal digits of its first bytes."""
    assert body_of(read, made, bytes(range(256)) * 40, "image/png") == {
        "size": 10_240,
        "type": "image/png",
        "hex": bytes(range(128)).hex(),
    }


def test_a_saved_body(read: Any, made: Any) -> None:
    """A body that went to a file is named by it."""
    exchange = made.exchange_of()
    saved = exchange._replace(response=exchange.response._replace(content=b"", saved=Saved("a.bin", 7)))
    (detail,) = read([made.passed(exchange=saved)]).details
    assert detail["exchanges"][0]["response"]["saved"] == ["a.bin", 7]


def test_files_that_were_sent_are_not_read(read: Any, made: Any) -> None:
    """A streamed body is told by name and size, and its curl command names the file."""

    def never() -> Any:
        raise AssertionError("it is not to be read")

    file = BodyFile("big.iso", 4_000_000_000, never)
    body = Multipart("b", (BodyPart("note", b"hi"), BodyPart("file", file, "big.iso")))
    request = Request("POST", "http://api.test/x", (("Content-Type", "multipart/form-data; boundary=b"),), body)
    (detail,) = read([made.passed(exchange=made.exchange_of(request=request))]).details
    (exchange,) = detail["exchanges"]
    assert "(big.iso, 4,000,000,000 bytes)" in exchange["body"]["text"]
    assert "big.iso" in exchange["curl"]


def test_a_long_curl_command_is_left_out(read: Any, made: Any) -> None:
    """A command that would hold a large body is not offered."""
    (detail,) = read([made.passed(exchange=made.exchange_of(sent=b"x" * 50_000))]).details
    assert "curl" not in detail["exchanges"][0]


def test_secrets_are_variables_in_curl(read: Any, made: Any) -> None:
    """Where the report masks a secret the command has a variable, and sends nothing without it."""
    request = Request("GET", "http://api.test/", (("X-Api-Key", "***"),))
    (detail,) = read([made.passed(exchange=made.exchange_of(request=request))]).details
    command = detail["exchanges"][0]["curl"]
    assert command.startswith(': "${SECRET_X_API_KEY:?set it')
    assert "'X-Api-Key: '\"$SECRET_X_API_KEY\"" in command


# --- safe to open --------------------------------------------------------------------------------------------------

HOSTILE = [
    "</script><script>alert(1)</script>",
    "<!--<script>",
    "]]></style><img src=x onerror=alert(1)>",
    "\u2028\u2029\x00\x1b[2J\ud800",
    "@@rows@@ @@script@@",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_ends_its_element(read: Any, made: Any, text: str) -> None:
    """Whatever a server or a file says, the page has the same elements, and the data is what was said."""
    content = text.encode("utf-8", "surrogatepass")
    steps = [made.failed(text, made.exchange_of(content, text), message=text, actual=(text,)), made.errored(text, text)]
    plain = [made.failed("x", made.exchange_of(b"x")), made.errored("x", "x")]
    found, usual = read(steps, collection=text), read(plain)
    assert [tag for tag, _ in found.tags if tag != "span"] == [tag for tag, _ in usual.tags if tag != "span"]
    assert not [name for _, attributes in found.tags for name in attributes if name.startswith("on")]
    assert found.rows[0]["name"] == text
    assert found.run["collections"][0]["name"] == text


def test_nothing_is_fetched(report: Any, made: Any) -> None:
    """No element names another resource, and the policy forbids it too; style and script are allowed by their hashes."""
    text = report("html", [made.failed()])
    found = Read(text)
    links = [value for _, it in found.tags for name, value in it.items() if name in ("src", "href", "action", "srcset")]
    assert links == ["data:,"]
    policy = next(it["content"] for _, it in found.tags if it.get("http-equiv") == "Content-Security-Policy")
    assert policy is not None
    assert policy.startswith("default-src 'none'")
    style, *_, script = found.scripts
    for kind, code in (("style", style), ("script", script)):
        assert f"{kind}-src 'sha256-{b64encode(sha256(code.encode()).digest()).decode()}'" in policy
    assert not re.search(r"@import|url\((?!data:)|style=\"", text.replace(script, ""))


def test_all_parts_are_in_the_page() -> None:
    """Each file of the folder is a part of the page, and no other."""
    folder = Path(page.__file__).with_name("page")
    assert {path.name for path in folder.iterdir()} == {"page.html", *page.STYLES, *page.SCRIPTS}


# --- without JavaScript --------------------------------------------------------------------------------------------


def test_failures_are_written_out(read: Any, made: Any) -> None:
    """The summary and what failed, with its explanation, is text of the page, in order."""
    found = read([made.passed(), made.failed("B"), made.errored("C")])
    assert found.articles() == ["r-a-b", "r-a-c"]
    for words in ("1 failed, 1 errored", "✗ A: B", "is number 1", "expected number 7", "! A: C", "connection refused"):
        assert words in found.text


@pytest.mark.parametrize(
    ("outcomes", "words"),
    [
        ("pp", "all 2 passed"),
        ("ps", "1 passed, 1 skipped"),
        ("pf", "1 failed"),
        ("pfe", "1 failed, 1 errored"),
        ("", "nothing was run"),
    ],
)
def test_the_verdict(read: Any, made: Any, outcomes: str, words: str) -> None:
    """The head says in a few words how the run went."""
    kinds = {"p": made.passed, "f": made.failed, "e": made.errored, "s": made.skipped}
    assert f"{words}\n" in read([kinds[it](f"R {at}") for at, it in enumerate(outcomes)]).text


def test_interrupted(read: Any, made: Any) -> None:
    """After Ctrl-C it says so, beside what failed until then."""
    assert "interrupted, 1 failed" in read([made.failed()], interrupted=True).text


def test_thousands_of_failures(read: Any, made: Any) -> None:
    """Two hundred failures are written out, and the others are counted; each is in the list."""
    found = read([made.failed(f"R {n}") for n in range(1_300)])
    assert len(found.articles()) == 200
    assert "… and 1,100 more" in found.text
    assert len(found.rows) == 1_300


# --- the small parts -----------------------------------------------------------------------------------------------


def test_anchors() -> None:
    """An anchor is made of the name alone; equal ones are numbered, never into one that is taken."""
    anchors = Anchors()
    names = ["Users / Get one", "users get-one", "users get one 2", "日本", "!", "?"]
    assert [anchors.of(name) for name in names] == [
        "r-users-get-one",
        "r-users-get-one-2",
        "r-users-get-one-2-2",
        "r-日本",
        "r-",
        "r-2",
    ]


def test_marks_become_markup() -> None:
    """Roles are classes; text is escaped inside and out."""
    assert html(["a < b", f"{marked('json key', '<i>')}: {marked('caret', '')}1"]) == (
        'a &lt; b\n<span class="json-key">&lt;i&gt;</span>: 1'
    )


def test_a_spool_gives_back_what_it_took() -> None:
    """In memory, and on disk once it is much; then it is empty."""
    for size in (10, 900_000):
        spool, stream = Spool(), StringIO()
        spool.write("a" * size)
        spool.write("é\n")
        spool.pour(stream)
        spool.pour(stream)
        assert stream.getvalue() == "a" * size + "é\n"
