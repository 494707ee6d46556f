"""What an imported file sends, beside what its own tool sends: both ask a server that writes down what it gets.

The tools are taken from PATH (Hurl, Bruno's `bru`, httpYac); where one is missing its test is skipped. An export of a
browser says itself what was sent. The files are
those beside the checkout, with every URL turned to the server. Credentials stay in them, so that both sides have them.
`pytest tests/live/test_import_agreement.py -rP` prints the shares and each difference.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import threading
from collections.abc import Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, unquote_plus

import pytest

import runner
from runner.cli import importing
from runner.errors import RunnerError
from runner.formats import finishing
from runner.formats.draft import Choices, ForeignFault, Imported, texts
from runner.formats.opening import load

#: Tools name themselves and say how they would like to be answered; lengths are those of what is compared anyway.
OF_THE_TOOL = frozenset(
    {"user-agent", "accept", "accept-encoding", "connection", "host", "content-length", "request-start-time",
     "upgrade", "http2-settings", "x-amz-date", "x-case"}
)  # fmt: skip
#: What the runner says of a body of which a file does not say it.
BY_DEFAULT = ("text/plain", "application/octet-stream")
ANSWER = json.dumps({"access_token": "token-1", "user": {"id": 7}}).encode()
HEADERS = (("Content-Type", "application/json"), ("X-Session", "s-1"))
COOKIE = ("Set-Cookie", "SID=abc; Path=/; HttpOnly")
GOLDEN = Path(__file__).parent.parent / "golden" / "import"
WITHIN = 10.0
_URL = re.compile(rb'https?://[\w.-]+(?::\d+)?(?=[/?\s"#]|$)', re.MULTILINE)
_GIVEN = re.compile(r"\{\{env\.(\w+)\}\}")

#: Hurl's files that differ, and why.
FROM_HURL = {
    "assert_variable": "Hurl ends a file at a fault of its own, here every request is sent",
    "runner_errors": "Hurl ends an entry at a fault of its own before it is sent",
    "secret_errors": "Hurl ends a file at a fault of its own, here every request is sent",
    "options_template": "the values of its variables have types that Hurl refuses",
    "header_option": "a whole header in a variable: a loss",
    "delay": "Hurl counts tries, `poll` counts time",
    "retry_until_200": "Hurl counts tries, `poll` counts time",
    "fileroot": "a file that is not there, which is a loss",
    "headers": "a header that is not ASCII: UTF-8 by Hurl, Latin-1 here",
    "max_redirect_infinite_option": "a variable with the number -1, for which there is no number here",
    "netrc_option": "a file of netrc: a loss",
    "request_content_length": "a Content-Length that is not the body's is refused here",
}
#: What cannot be had here: other protocols, certificates, and files that only time a server.
LEFT_OUT = ("tests_error_parser", "tests_ssl", "bench.hurl", "parallel_")

#: Bruno's that differ, by a part of their path.
FROM_BRUNO = {
    "OAuth1": "OAuth 1.0: a loss",
    "EdgeGrid": "Akamai's EdgeGrid: a loss",
    "echo binary": "a file that is not there, which is a loss",
    "file-binary/": "a file that is not there, which is a loss",
    "multipart-mixed-form-data-file": "a file that is not there, which is a loss",
    "Bearer Auth undefined": "a header of its own beside an inherited auth: Bruno writes the auth over it",
    "dynamic-query-key": "Bruno sends the placeholder in the name of an API key as it stands",
    "variable-datatypes/multipart": "an object as a part has a Content-Type here",
    "objects-arrays interpolation": "what a script sets is missing: nothing is sent here",
    "runtime vars": "what a script sets is missing: nothing is sent here",
    "typed vars": "what a script sets is missing: nothing is sent here",
}


class Seen(NamedTuple):
    """A request as it is compared."""

    method: str
    target: str
    headers: tuple[tuple[str, str], ...]
    body: Any


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def __getattr__(self, name: str) -> Any:
        if name.startswith("do_"):
            return self._answer
        raise AttributeError(name)

    def _answer(self) -> None:
        body = self._chunked() if "chunked" in self.headers.get("Transfer-Encoding", "") else self._sized()
        headers = [(name.lower(), value) for name, value in self.headers.items()]
        self.server.seen.append((self.command, self.path, headers, body))  # type: ignore[attr-defined]
        answer, cookies = self.server.answer  # type: ignore[attr-defined]
        self.send_response(200)
        for name, value in (*HEADERS, *cookies, ("Content-Length", str(len(answer)))):
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(answer)

    def _sized(self) -> bytes:
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))

    def _chunked(self) -> bytes:
        pieces = []
        while size := int(self.rfile.readline().split(b";")[0], 16):
            pieces.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(pieces)

    def log_message(self, *words: Any) -> None:
        """Says nothing."""

    def handle(self) -> None:
        try:
            super().handle()
        except OSError:
            self.close_connection = True  # who asked is gone


class Recorder:
    """A server that writes down what it gets."""

    def __init__(self) -> None:
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
        self._server.daemon_threads = True
        self._server.seen = []  # type: ignore[attr-defined]
        self.answers(ANSWER)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()

    def answers(self, body: bytes, *headers: tuple[str, str]) -> None:
        """Says what is answered from now on."""
        self._server.answer = (body, headers)  # type: ignore[attr-defined]

    def take(self) -> list[Any]:
        """What came since the last time."""
        seen = self._server.seen  # type: ignore[attr-defined]
        self._server.seen = []  # type: ignore[attr-defined]
        return list(seen)

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def turned(self, content: bytes) -> bytes:
        """A file whose URLs are this server's."""
        return _URL.sub(self.url.encode(), content)


@pytest.fixture
def recorder(monkeypatch: pytest.MonkeyPatch) -> Iterator[Recorder]:
    """A recorder; credentials stay in what is imported."""
    monkeypatch.setattr(finishing, "seal", lambda *_: None)
    server = Recorder()
    yield server
    server.close()


def tool(name: str) -> str:
    """The path of a tool."""
    found = shutil.which(name)
    if found is None:
        pytest.skip(f"{name} is not on PATH")
    return found


# --- what is meant ---------------------------------------------------------------------------------------------------


def meaning(found: Any) -> Seen:
    """A request without what tools write in their own way."""
    method, target, headers, body = found
    kind = dict(headers).get("content-type", "")
    boundary = re.search(r'boundary="?([^";]+)', kind)
    if boundary:
        body = body.replace(boundary[1].encode(), b"B").rstrip()
        headers = [(name, value.replace(boundary[1], "B").replace('"', "")) for name, value in headers]
    kept = [
        (name, _alike(value))
        for name, value in headers
        if name not in OF_THE_TOOL and not (name == "content-type" and (not body or value.startswith(BY_DEFAULT)))
    ]
    return Seen(method, _alike(unquote_plus(target)), tuple(sorted(kept)), _body(kind, body))


def _body(kind: str, body: bytes) -> Any:
    text = body.decode("utf-8", "surrogateescape")
    if "urlencoded" in kind and body:
        return sorted((_alike(name), _alike(value)) for name, value in parse_qsl(text, keep_blank_values=True))
    text = _alike(text)
    try:
        value = json.loads(text) if text else ""
    except ValueError:
        return text
    if isinstance(value, dict) and isinstance(value.get("query"), str):  # of GraphQL: what is empty, or named anyway
        value = {name: one for name, one in value.items() if name != "operationName" and one != {}}
        value["query"] = value["query"].strip()
    return value


_ALIKE = (
    (re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"), "UUID"),
    (re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z"), "NOW"),
    (re.compile(r"SignedHeaders.*"), "SIGNED"),  # the agent's name is among what curl signs
)
_PLACEHOLDER = re.compile(r"\{\{\s*([^}]*?)\s*\}\}")


def _alike(text: str) -> str:
    """A text without what is another one each time; names of variables in the letters that ours have."""
    for pattern, word in _ALIKE:
        text = pattern.sub(word, text)
    return _PLACEHOLDER.sub(lambda match: "{{" + re.sub(r"\W+", "", match[1]).replace("_", "").lower() + "}}", text)


# --- both sides ------------------------------------------------------------------------------------------------------


def imported_from(format_name: str, path: Path) -> Imported:
    return load(format_name, importing._foreign(format_name, str(path)), Choices())


def run_ours(imported: Imported, folder: Path, env: str = "") -> list[str]:
    """Runs what was imported; names from the environment have the value `{{name}}`, as they stand in the text."""
    for name, content in texts(imported, "ours.yaml").items():
        place = folder / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content if isinstance(content, bytes) else content.encode())
    try:
        runner.run(folder / "ours.yaml", env=env, jobs=1, timeout=WITHIN)
    except RunnerError as error:
        return [str(error)]
    return []


def given(imported: Imported) -> dict[str, str]:
    """The variables that come from the environment, with the names that they have there."""
    shared = {**imported.collection.get("variables", {}), **imported.collection.get("secrets", {})}
    found = {name: _GIVEN.fullmatch(str(value)) for name, value in shared.items() if isinstance(name, str)}
    return {name: match[1] for name, match in found.items() if match}


def report(agree: int, different: Mapping[str, Any], reasons: Mapping[str, str]) -> set[str]:
    """Prints the share and the differences; gives those without a reason."""
    print(f"{agree} of {agree + len(different)} agree")
    explained = {name: next((why for part, why in reasons.items() if part in name), "") for name in different}
    for name, (theirs, ours) in different.items():
        print(f"{name}: {explained[name]}")
        print(*(f"  theirs {one}" for one in theirs if one not in ours), sep="\n")
        print(*(f"  ours   {one}" for one in ours if one not in theirs), sep="\n")
    return {name for name, why in explained.items() if not why}


def test_hurl(recorder: Recorder, shared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Hurl and the runner send the same requests in the same order, file by file, but for explained differences."""
    hurl, corpus = tool("hurl"), shared / "corpora" / "suites" / "hurl"
    monkeypatch.chdir(tmp_path)
    agree, different = 0, {}
    for path in sorted(corpus.rglob("*.hurl")):
        if any(part in str(path) for part in LEFT_OUT):
            continue
        source = tmp_path / path.name
        source.write_bytes(recorder.turned(path.read_bytes()))
        try:
            imported = imported_from("hurl", source)
        except ForeignFault:
            continue
        words = []
        for name, outside in given(imported).items():
            monkeypatch.setenv(outside, f"v{name}")
            words += ["--variable", f"{name}=v{name}"]
        command = [hurl, "--continue-on-error", "--no-output", *words, source.name]
        subprocess.run(command, cwd=tmp_path, capture_output=True, timeout=WITHIN * 3, check=False)
        theirs = [meaning(one) for one in recorder.take()]
        said = run_ours(imported, tmp_path)
        ours = [meaning(one) for one in recorder.take()]
        agree += theirs == ours
        if theirs != ours:
            different[path.stem] = (theirs, [*ours, *said])
    assert report(agree, different, FROM_HURL) == set()
    assert agree > 150


def test_hurl_verdicts(recorder: Recorder, tmp_path: Path) -> None:
    """The verdicts in the table of the unit tests are those that Hurl gives."""
    hurl = tool("hurl")
    recorder.answers((GOLDEN / "hurl" / "verdicts.json").read_bytes(), COOKIE)
    rows = [line.split(" ", 1) for line in (GOLDEN / "hurl" / "verdicts.txt").read_text().splitlines()]
    begin = f"GET {recorder.url}/one\n[Options]\nvariable: who=me\nvariable: ada=Ada\nHTTP *\n[Asserts]\n"
    (tmp_path / "verdicts.hurl").write_text("\n".join(f"{begin}{line}\n" for _, line in rows))
    command = [hurl, "--continue-on-error", "--no-output", "--report-json", "report", "verdicts.hurl"]
    subprocess.run(command, cwd=tmp_path, capture_output=True, timeout=120, check=False)
    entries = json.loads((tmp_path / "report" / "report.json").read_text())[0]["entries"]
    verdicts = ["ok" if entry["asserts"][-1]["success"] else "no" for entry in entries]
    assert [[word, line] for word, (_, line) in zip(verdicts, rows, strict=True)] == rows


_SCRIPTS = re.compile(r"^(?:script:[\w-]+|tests) \{\n.*?^\}\n?", re.MULTILINE | re.DOTALL)


def _marked(text: str, number: int) -> str:
    """A .bru file whose request names itself in a header."""
    header = f"headers {{\n  x-case: {number}"
    marked, done = re.subn(r"^headers \{$", header, text, count=1, flags=re.MULTILINE)
    return marked if done else f"{text}\n{header}\n}}\n"


def _prepare(folder: Path, recorder: Recorder) -> dict[str, str]:
    """Takes scripts away, turns URLs, and numbers the requests; gives their paths by number."""
    names = {}
    for number, path in enumerate(sorted(folder.rglob("*.bru"))):
        text = recorder.turned(path.read_bytes()).decode().replace("\r\n", "\n")
        text = _SCRIPTS.sub("", text)
        if "environments" not in path.parts and path.name not in ("collection.bru", "folder.bru"):
            names[str(number)] = path.relative_to(folder).as_posix()
            text = _marked(text, number)
        path.write_text(text)
    return names


def _by_case(found: list[Any]) -> dict[str, list[Seen]]:
    cases: dict[str, list[Seen]] = {}
    for one in found:
        cases.setdefault(dict(one[2]).get("x-case", ""), []).append(meaning(one))
    return cases


def test_bruno(recorder: Recorder, shared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Bruno and the runner send the same for each request, scripts taken away, but for explained differences."""
    bru, corpus = tool("bru"), shared / "corpora" / "suites" / "bruno"
    monkeypatch.setenv("PROC_ENV_VAR", "woof")
    agree, different = 0, {}
    for number, mark in enumerate(sorted(corpus.rglob("bruno.json"))):
        folder = tmp_path / str(number)
        shutil.copytree(mark.parent, folder)
        names = _prepare(folder, recorder)
        environments = sorted(path.stem for path in folder.glob("environments/*.bru"))
        chosen = environments[:1]
        command = [bru, "run", "-r", "--sandbox=safe", *(word for name in chosen for word in ("--env", name))]
        subprocess.run(command, cwd=folder, capture_output=True, timeout=240, check=False)
        theirs = _by_case(recorder.take())
        imported = imported_from("bruno", folder)
        place = tmp_path / f"ours{number}"
        place.mkdir()
        monkeypatch.chdir(place)
        for name in _GIVEN.findall("".join(str(text) for text in texts(imported, "ours.yaml").values())):
            if name not in os.environ:
                monkeypatch.setenv(name, f"{{{{{name}}}}}")
        said = run_ours(imported, place, "".join(chosen))
        ours = _by_case(recorder.take())
        for case, name in names.items():
            left, right = theirs.get(case, []), ours.get(case, [])
            agree += left == right
            if left != right:
                different[name] = (left, [*right, *said])
    assert report(agree, different, FROM_BRUNO) == set()
    assert agree > 200


def test_bruno_verdicts(recorder: Recorder, tmp_path: Path) -> None:
    """The verdicts in the table of the unit tests are those that Bruno gives."""
    bru = tool("bru")
    recorder.answers((GOLDEN / "hurl" / "verdicts.json").read_bytes())
    rows = [line.split(" ", 1) for line in (GOLDEN / "bruno" / "verdicts.txt").read_text().splitlines()]
    (tmp_path / "bruno.json").write_text('{"version": "1", "name": "Verdicts", "type": "collection"}')
    for number, (_, line) in enumerate(rows, 1):
        call = f"get {{\n  url: {recorder.url}/one\n  body: none\n  auth: none\n}}\n"
        text = f"meta {{\n  name: {number:03}\n  type: http\n  seq: {number}\n}}\n\n{call}\nassert {{\n  {line}\n}}\n"
        (tmp_path / f"{number:03}.bru").write_text(text)
    command = [bru, "run", "--sandbox=safe", "--reporter-json", "report.json"]
    subprocess.run(command, cwd=tmp_path, capture_output=True, timeout=240, check=False)
    report = json.loads((tmp_path / "report.json").read_text())
    judged = [one["assertionResults"] for run in report for one in run["results"]]
    verdicts = ["ok" if all(each["status"] == "pass" for each in found) else "no" for found in judged]
    assert [[word, line] for word, (_, line) in zip(verdicts, rows, strict=True)] == rows


HTTP = """\
@base = http://api.test
@path = users

# @name login
POST {{base}}/login
Content-Type: application/json

{"user": "ada", "tries": 3}

### Who
@token = {{login.access_token}}
GET {{base}}/{{path}}
    ?fields=id,name
    &page=2
Authorization: Bearer {{token}}

### One
DELETE {{base}}/{{path}}/{{login.user.id}}

### Basic
GET {{base}}/plain
Authorization: Basic ada s3cret-Pass

### Form
POST {{base}}/form
Content-Type: application/x-www-form-urlencoded

name=Ada%20Lovelace
&tag=a
&tag=b

### Parts
POST {{base}}/parts
Content-Type: multipart/form-data; boundary=Cut

--Cut
Content-Disposition: form-data; name="note"

hello {{path}}
--Cut
Content-Disposition: form-data; name="file"; filename="note.txt"
Content-Type: text/plain

< ./note.txt
--Cut--

### File
PUT {{base}}/raw
Content-Type: text/csv

< ./note.txt

### XML
POST {{base}}/xml
Content-Type: application/xml

<a>{{path}}</a>
"""


def test_http(recorder: Recorder, shared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """httpYac and the runner send the same requests in the same order."""
    yac, corpus = tool("httpyac"), shared / "corpora" / "suites" / "slumber" / "test_data"
    monkeypatch.chdir(tmp_path)
    (tmp_path / "note.txt").write_text("a note")
    (tmp_path / "test_data").mkdir()
    (tmp_path / "test_data" / "rest_pets.json").write_text('{"pets": []}')
    (tmp_path / "own.http").write_bytes(recorder.turned(HTTP.encode()))
    for path in sorted(corpus.glob("*.http")):
        (tmp_path / path.name).write_bytes(recorder.turned(path.read_bytes()))
    agree, different = 0, {}
    for source in sorted(tmp_path.glob("*.http")):
        command = [yac, "send", source.name, "--all"]
        subprocess.run(command, cwd=tmp_path, capture_output=True, timeout=120, stdin=subprocess.DEVNULL, check=False)
        theirs = [meaning(one) for one in recorder.take()]
        said = run_ours(imported_from("http", source), tmp_path)
        ours = [meaning(one) for one in recorder.take()]
        agree += sum(left == right for left, right in zip(theirs, ours, strict=False))
        if theirs != ours:
            different[source.stem] = (theirs, [*ours, *said])
    assert report(agree, different, {}) == set()
    assert agree > 10


def _exported(entry: Any, recorder: Recorder) -> Seen:
    """What an export says of a request, without its headers."""
    request = entry["request"]
    post = request.get("postData") or {}
    target = request["url"].removeprefix(recorder.url).partition("#")[0] or "/"
    body = _body(post.get("mimeType", ""), (post.get("text") or "").encode())
    return Seen(request["method"], _alike(unquote_plus(target)), (), body)


def test_har(recorder: Recorder, shared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every request that is sent stands in the export, with its method, its URL and its body."""
    corpus = shared / "corpora" / "har"
    monkeypatch.chdir(tmp_path)
    agree, strange = 0, []
    for path in sorted(corpus.glob("*.har")):
        source = tmp_path / path.name
        source.write_bytes(recorder.turned(path.read_bytes()))
        imported = imported_from("har", source)
        for outside in _GIVEN.findall(str(imported.collection)):
            monkeypatch.setenv(outside, "value")
        run_ours(imported, tmp_path)
        entries = json.loads(source.read_text(encoding="utf-8-sig"))["log"]["entries"]
        exported = [_exported(entry, recorder) for entry in entries]
        texts_kept = [one._replace(body="") for one in exported if one.body == ""]  # parts are in no text
        for found in recorder.take():
            ours = meaning(found)._replace(headers=())
            known = ours in exported or ours._replace(body="") in texts_kept
            agree += known
            strange += [] if known else [(path.name, ours)]
    print(f"{agree} of {agree + len(strange)} agree", *strange, sep="\n")
    assert strange == []
    assert agree > 60
