"""What curl itself sends for a command, and what the runner sends for the same command imported."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, unquote_plus

import pytest

import runner
from runner.formats.curl import load
from runner.formats.draft import Choices, Foreign, texts

pytestmark = pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")

#: Commands as they stand in a script; $U is the recorder's URL, $H its host.
COMMANDS = [
    "curl $U",
    "curl $U/a/./b/../c?x=1",
    "curl --path-as-is $U/a/../c",
    'curl "${U}?key=one"',
    'curl "$U/x?a=1&b=%20c%2F&b=&d=e+f#frag"',
    'curl "$U/x?a=1&"',
    "curl -X DELETE $U/x",
    "curl -XpUrGe $U/x",
    "curl -I $U/x",
    "curl -I -X GET $U/x",
    "curl -G -d limit=100 -d 'q=a,b' $U/x?first=1",
    "curl -G --data-urlencode 'q=a b&c=ü/€' --data-urlencode '=x y' --data-urlencode 'plain text' $U/x",
    "curl --url-query 'a=b c' --url-query '+raw=%41' $U/x?first",
    "curl -d a=b $U/x",
    "curl -d a=b -d 'c=d e' --data-raw @f --data-urlencode 'g=h&i' $U/x",
    "curl -d 'a=1&b=2&a=3' $U/x",
    "curl -d 'item[]=1' -d 'item[]=2' $U/x",
    "curl -d '{\"a\": [1, 2.50, true, null]}' $U/x",
    'curl -H \'Content-Type: application/json\' -d \'{"a": [1, 2.50, true, null], "ü": "\\u00fc"}\' $U/x',
    "curl -H 'content-type: application/json; charset=utf-8' -d '{\"a\": 1}' $U/x",
    "curl --json '{\"a\":' --json ' \"b\"}' $U/x",
    "curl --json @body.json $U/x",
    "curl -H 'Content-Type: application/json' -d '{broken' $U/x",
    "curl -H 'Content-Type: application/json' -d @body.json $U/x",
    "curl -H 'Content-Type: application/json' --data-binary @body.json -X PUT $U/x",
    "curl --data-binary @lines.txt $U/x",
    "curl -H 'Content-Type: text/xml' --data-binary '<a>\n  <b/>\n</a>\n' $U/x",
    "curl -d '' $U/x",
    "curl -X POST $U/x",
    "curl -X GET -d a=b $U/x",
    'curl -H \'Content-Type: application/json\' -d \'{"query": "query Q { a }", "variables": {"x": 1}}\' $U/graphql',
    "curl -F a=1 -F 'b= two ;type=text/plain' -F 'c=\"quo\\\"ted; x\"' $U/x",
    "curl -F 'f=@image.png' -F 'g=@lines.txt;type=text/csv;filename=\"other name.csv\"' -F 'h=<lines.txt' $U/x",
    "curl --form-string 'a=@no;type=x' -F 'j={\"a\":1};type=application/json' $U/x",
    "curl -H 'Content-Type: multipart/form-data' -F a=1 $U/x",
    "curl -u user:pass $U/x",
    "curl -u 'us er\"é:pass' $U/x",
    "curl --oauth2-bearer x.y.z $U/x",
    "curl -u user:pass -H 'Authorization: Bearer x.y.z' $U/x",
    "curl -H 'Authorization: Basic dXNlcjpwYXNz' $U/x",
    "curl -H 'Authorization: Token abc' $U/x",
    "curl http://us%40er:pass@$H/x",
    "curl -b 'a=b; c=d e' $U/x",
    "curl -b 'a=b; c' $U/x",
    "curl -H 'Cookie: a=b; c=' $U/x",
    "curl -A agent -e https://from.test $U/x",
    "curl -H 'X-Empty;' -H 'X-Some:   spaced ' -H 'x-two: 1' -H 'x-two: 2' -H 'nothing' $U/x",
    "curl -H 'Accept: application/json' -H 'Expect:' $U/x",
    "curl -H @headers.txt $U/x",
    "curl --compressed -H 'Accept-Encoding: br' $U/x",
    "curl -r 0-99 $U/x",
    "curl -r 600 $U/x",
    "curl -K options.conf $U/x",
    "curl -T lines.txt $U/up/",
    "curl -T lines.txt $U/up/other.txt",
    "curl -sSLkvi --max-time 5 --connect-timeout 2.5 --retry 0 $U/x",
    "curl --request PATCH --header 'x-a: b' --data 'a=b' --url $U/x",
    "curl -so /dev/null -XPUT -da=b $U/x",
    "curl -g $U/[1-2]",
    "curl $U/[01-03]",
    "curl $U/{one,two}/[a-b]",
    "curl $U/a $U/b -d x=y",
    "curl -d x=y $U/a --next -H 'x-n: 1' $U/b",
    "echo 'from echo' | curl -d @- $U/x",
    "printf '%s' '{\"a\": 1}' | curl --json @- $U/x",
    "cat body.json | curl -H 'Content-Type: application/json' -d @- $U/x",
    "curl --data-binary @- $U/x < lines.txt",
    'curl --data-binary @- $U/x <<< "here $NAME"',
    "curl -H 'Content-Type: text/plain' --data-binary @- $U/x <<'EOF'\nline $NAME\n  \"two\"\nEOF",
    'curl -d @- $U/x <<EOF\n{"n": "$NAME"}\nEOF',
    'curl -H "X-Name: $NAME" -H \'X-Raw: $NAME\' -H "X-Default: ${MISSING:-else}" $U/$NAME',
    "curl -d $'a\\tb\\u00e9\\'\\x41' $U/x",
    'curl -d "\\$NAME \\"q\\" \\n \\\\" $U/x',
    'V=va/lue; curl $U/x/$V -d "v=$V"',
    'V=\'two words\'; curl --json "{\\"v\\": \\"$V\\", \\"n\\": $N}" $U/x',
]

FILES = {
    "body.json": '{\n  "a": "b"\n}\n',
    "lines.txt": "one\r\ntwo\n",
    "image.png": "not really",
    "headers.txt": "X-From-File: yes\nX-Second: two\n",
    "options.conf": '# options\nrequest = "PATCH"\nheader = "X-Conf: \\"yes\\""\n-d a=b\n',
}
#: What the script's shell and the runner find in the environment; credentials are all alike, so that they agree.
ENVIRONMENT = {"NAME": "na-me", "N": "7", "LC_ALL": "C.UTF-8"}
SECRETS = {"PASSWORD": "pass", "TOKEN": "x.y.z", "AUTHORIZATION": "abc", "COOKIE": "a=b; c"}
#: Tools name themselves, and say how they would like to be answered and how a body is framed.
OF_THE_TOOL = frozenset({"user-agent", "accept-encoding", "connection", "content-length", "expect"})


class Recorded(NamedTuple):
    """One request as it came."""

    method: str
    target: str
    headers: tuple[tuple[str, str], ...]
    body: bytes


class Recorder:
    """A server that keeps every request and answers each with an empty object."""

    def __init__(self) -> None:
        recorder = self
        self.requests: list[Recorded] = []

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle_one_request(self) -> None:
                self.raw_requestline = self.rfile.readline(65537)
                if not self.raw_requestline or not self.parse_request():
                    self.close_connection = True
                    return
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                recorder.requests.append(Recorded(self.command, self.path, tuple(self.headers.items()), body))
                self.send_response(200)
                self.send_header("Content-Length", "2")
                self.end_headers()
                self.wfile.write(b"" if self.command == "HEAD" else b"{}")

            def log_message(self, *_: object) -> None:
                """Nothing: the test says what went wrong."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.host = f"127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def taken(self) -> list[Recorded]:
        """The requests since the last call."""
        found, self.requests = self.requests, []
        return found


@pytest.fixture(scope="module")
def recorder() -> Iterator[Recorder]:
    running = Recorder()
    yield running
    running.server.shutdown()
    running.server.server_close()


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A folder with the files that the commands name."""
    for name, text in FILES.items():
        (tmp_path / name).write_bytes(text.encode())
    return tmp_path


def by_curl(text: str, recorder: Recorder, place: Path) -> list[Recorded]:
    """What curl sends when bash runs a script."""
    own = {"PATH": "/usr/local/bin:/usr/bin:/bin", "U": f"http://{recorder.host}", "H": recorder.host}
    subprocess.run(
        ["bash", "-c", text], cwd=place, env={**ENVIRONMENT, **own}, capture_output=True, timeout=30, check=False
    )
    return recorder.taken()


def by_runner(text: str, recorder: Recorder, place: Path) -> list[Recorded]:
    """What the runner sends for the same script, imported."""
    script = re.sub(r"\$(?:U|\{U\})", f"http://{recorder.host}", text).replace("$H", recorder.host)
    content = lambda path: (place / path).read_bytes()  # noqa: E731
    foreign = Foreign("x", script, (), lambda path: content(path).decode(), content)
    for path, made in texts(load(foreign, Choices()), "imported.yaml").items():
        (place / path).write_bytes(made if isinstance(made, bytes) else made.encode())
    runner.run("imported.yaml")
    return recorder.taken()


def meaning(request: Recorded, script: str) -> Any:
    """A request without what is the tool's own; bodies and encoded texts by what they mean."""
    headers: dict[str, list[str]] = {}
    for name, value in request.headers:
        if name.lower() not in OF_THE_TOOL or (f"{name}:" in script and name != "Expect"):
            headers.setdefault(name.lower(), []).append(value.strip())
    kind = headers.get("content-type", [""])[0]
    if "-T " in script:  # curl sends none; the runner has it from the name of the file
        headers.pop("content-type", None)
    boundary = re.search(r"boundary=(\S+)", kind)
    body: Any = request.body
    if boundary:
        headers["content-type"] = [kind.replace(boundary[1], "B")]
        body = request.body.replace(boundary[1].encode(), b"B")
    elif "json" in kind and b"broken" not in body:
        body = json.loads(body or b"null")
    elif kind == "application/x-www-form-urlencoded" and b"=" in body:
        body = parse_qsl(body.decode(), keep_blank_values=True)
    return request.method, unquote_plus(request.target), headers, body


@pytest.mark.parametrize("script", COMMANDS)
def test_the_same_request(script: str, recorder: Recorder, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An imported command sends the method, the URL, the headers and the body that curl sends."""
    monkeypatch.chdir(place)
    for name, value in {**ENVIRONMENT, **SECRETS}.items():
        monkeypatch.setenv(name, value)
    sent = [meaning(request, script) for request in by_curl(script, recorder, place)]
    assert sent, "curl sent nothing"
    assert [meaning(request, script) for request in by_runner(script, recorder, place)] == sent
