"""schema/collection.json in an editor: yaml-language-server completes keys, explains them and marks faults."""

from __future__ import annotations

import itertools
import json
import subprocess
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.live.conftest import installed, missing, program

ROOT = Path(__file__).parent.parent.parent
MODELINE = "# yaml-language-server: $schema=../schema/collection.json\n"
EXAMPLES = [*(ROOT / "examples").glob("*.yaml"), *(ROOT / "requests").rglob("*.yaml")]
#: Where the cursor is in a text.
CURSOR = "¦"
#: How long the language server may take for all of this file, in seconds.
ALL_WITHIN = 240.0


class LanguageServer:
    """Speaks the Language Server Protocol 3.17 over standard input and output, as an editor does."""

    def __init__(self, command: list[str]) -> None:
        pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
        self._process = subprocess.Popen(command, **pipes)
        self._limit = threading.Timer(ALL_WITHIN, self._process.kill)
        self._limit.start()
        self._numbers = itertools.count(1)
        self._marked: dict[str, list[dict[str, Any]]] = {}
        can = {"workspace": {"configuration": True}, "textDocument": {"hover": {"contentFormat": ["markdown"]}}}
        self.ask("initialize", {"processId": None, "rootUri": ROOT.as_uri(), "capabilities": can})
        self._tell("initialized", {})

    def close(self) -> None:
        self._limit.cancel()
        self._process.kill()
        self._process.communicate()

    def ask(self, method: str, params: Mapping[str, Any]) -> Any:
        """The result of a request."""
        number = next(self._numbers)
        self._send({"id": number, "method": method, "params": params})
        while True:
            message = self._read()
            if message.get("id") == number and "method" not in message:
                assert "error" not in message, message
                return message["result"]

    def _tell(self, method: str, params: Mapping[str, Any]) -> None:
        self._send({"method": method, "params": params})

    def _send(self, message: Mapping[str, Any]) -> None:
        assert self._process.stdin is not None
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        self._process.stdin.write(b"Content-Length: %d\r\n\r\n%b" % (len(body), body))
        self._process.stdin.flush()

    def _read(self) -> dict[str, Any]:
        """The next message; what the server asks for is answered on the way."""
        assert self._process.stdout is not None
        length = 0
        while line := self._process.stdout.readline().strip():
            name, _, value = line.partition(b":")
            length = int(value) if name.lower() == b"content-length" else length
        assert length, "the language server has ended"
        message = dict(json.loads(self._process.stdout.read(length)))
        if message.get("method") == "textDocument/publishDiagnostics":
            self._marked[message["params"]["uri"]] = message["params"]["diagnostics"]
        elif "method" in message and "id" in message:
            self._send({"id": message["id"], "result": _settings(message)})
        return message

    # --- what an editor does ---

    def open(self, text: str) -> str:
        """Opens a text as a new file in examples/; gives its URI once the server has judged it."""
        uri = (ROOT / f"examples/opened-{next(self._numbers)}.yaml").as_uri()
        document = {"uri": uri, "languageId": "yaml", "version": 1, "text": MODELINE + text}
        self._tell("textDocument/didOpen", {"textDocument": document})
        while uri not in self._marked:
            self._read()
        return uri

    def at_cursor(self, method: str, text: str) -> Any:
        before, _, after = text.partition(CURSOR)
        lines = (MODELINE + before).split("\n")
        position = {"line": len(lines) - 1, "character": len(lines[-1])}
        return self.ask(method, {"textDocument": {"uri": self.open(before + after)}, "position": position})

    def completions(self, text: str) -> dict[str, str]:
        """What is offered at the cursor → what is told about it."""
        items = self.at_cursor("textDocument/completion", text)["items"]
        return {item["label"]: str(item.get("documentation", "")) for item in items}

    def hover(self, text: str) -> str:
        """What is told about the word at the cursor."""
        return str(self.at_cursor("textDocument/hover", text)["contents"]["value"])

    def marks(self, text: str) -> list[tuple[int, str]]:
        """Line (from 1, as a person counts) and words of each fault."""
        found = self._marked[self.open(text)]
        return sorted((mark["range"]["start"]["line"], mark["message"]) for mark in found)


def _settings(message: Mapping[str, Any]) -> Any:
    """The editor's settings: everything on, and no schema from the network."""
    if message["method"] != "workspace/configuration":
        return None
    yaml = {"validate": True, "hover": True, "completion": True, "schemaStore": {"enable": False}}
    return [yaml if item.get("section") == "yaml" else {} for item in message["params"]["items"]]


@pytest.fixture(scope="module")
def editor() -> Iterator[LanguageServer]:
    """An editor with yaml-language-server."""
    script = installed() / "editor/node_modules/yaml-language-server/bin/yaml-language-server"
    if not script.is_file():
        missing("yaml-language-server")
    server = LanguageServer([program("node"), str(script), "--stdio"])
    yield server
    server.close()


FIRST = (ROOT / "examples/01-first-request.yaml").read_text("utf-8")


def test_keys_of_a_request(editor: LanguageServer) -> None:
    """In a request of an example all of its keys are offered that are not there yet, each with what it means."""
    offered = editor.completions(FIRST + f"    {CURSOR}\n")
    assert {"method", "query", "headers", "auth", "json", "capture", "timeout", "requests"} <= set(offered)
    assert {"name", "url", "assert", "environments"} & set(offered) == set()
    assert offered["method"] == "The method: GET by default, POST with a body."


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (f"requests: []\n{CURSOR}\n", {"base_url", "secrets", "environments", "defaults"}),
        (f"requests:\n  - {CURSOR}\n", {"name", "url", "requests"}),
        (f"requests:\n  - name: A\n    url: /\n    method: {CURSOR}\n", {"GET", "POST", "DELETE"}),
        (f"requests:\n  - name: A\n    url: /\n    headers:\n      {CURSOR}\n", {"Accept", "Content-Type"}),
        (f"requests:\n  - name: A\n    url: /\n    assert:\n      - {CURSOR}\n", {"status", "body", "headers", "that"}),
        (f"requests:\n  - name: A\n    url: /\n    verify: {CURSOR}\n", {"true", "false"}),
        (f"auth:\n  type: {CURSOR}\n", {"none", "bearer", "oauth2", "request", "aws_sigv4"}),
        (f"auth:\n  type: oauth2\n  {CURSOR}\n", {"token_url", "client_id", "client_secret", "grant"}),
        (f"auth:\n  type: oauth2\n  grant: {CURSOR}\n", {"client_credentials", "device_code"}),
        (f"auth:\n  {CURSOR}\n", {"type", "scope", "token"}),
        (f"auth: {CURSOR}\n", {"none", "oauth2: client credentials", "bearer"}),
    ],
    ids=lambda value: value.strip().replace("\n", "⏎") if isinstance(value, str) else "",
)
def test_completion(editor: LanguageServer, text: str, words: set[str]) -> None:
    """Keys and values are offered where they may stand."""
    assert words <= set(editor.completions(text))


def test_no_keys_of_others(editor: LanguageServer) -> None:
    """A bearer is offered its token and nothing of other auth types; a group no url."""
    assert "client_id" not in editor.completions(f"auth:\n  type: bearer\n  {CURSOR}\n")
    group = f"requests:\n  - name: G\n    requests:\n      - {{name: A, url: /}}\n    {CURSOR}\n"
    offered = editor.completions(group)
    assert "base_url" in offered
    assert "url" not in offered


def test_hover_in_an_example(editor: LanguageServer) -> None:
    """Over a key of an example stands what it means."""
    assert "one slash between" in editor.hover(FIRST.replace("url: /health", f"u{CURSOR}rl: /health", 1))
    assert "Prefix of relative URLs" in editor.hover(FIRST.replace("base_url:", f"base{CURSOR}_url:", 1))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (f"defaults: {{time{CURSOR}out: 10s}}\n", "from connect to the last byte"),
        (f"auth: {{type: oauth2, gra{CURSOR}nt: password}}\n", "`device_code`"),
        (f"requests:\n  - {{name: A, url: /, assert: [{{sta{CURSOR}tus: 200}}]}}\n", "such as 200"),
        (f"requests:\n  - {{name: G, req{CURSOR}uests: []}}\n", "the item is a group"),
    ],
    ids=lambda value: value.strip() if CURSOR in value else "",
)
def test_hover(editor: LanguageServer, text: str, words: str) -> None:
    """Over nested keys and values with choices, too."""
    assert words in editor.hover(text)


def test_an_unknown_key_in_an_example(editor: LanguageServer) -> None:
    """A misspelt key of an example is marked on its line, and nothing else is."""
    broken = FIRST.replace("base_url:", "base_ulr:", 1)
    line = broken.splitlines().index(next(line for line in broken.splitlines() if "base_ulr" in line)) + 1
    assert editor.marks(broken) == [(line, "Property base_ulr is not allowed.")]


@pytest.mark.parametrize(
    ("text", "marks"),
    [
        ("requests:\n  - {name: A, url: /, methd: GET}", [(2, "Property methd is not allowed.")]),
        ("requests:\n  - {name: A}", [(2, 'Missing property "url".')]),
        ("requests:\n  - {name: G, url: /, requests: []}", [(2, "Property url is not allowed.")]),
        ("requests: []\ndefaults: {timeout: 10 seconds}", [(2, "Wanted: a duration such as 500ms, 10s or 2m.")]),
        ("requests: []\ndefaults: {verify: no}", [(2, "Wanted: true, false or a CA file.")]),
        ("requests: []\nauth: {type: bearer, token: x, scope: y}", [(2, "Property scope is not allowed.")]),
        ("requests: []\nauth: {type: bearer}", [(2, 'Missing property "token".')]),
        ("requests: []\nauth: {scop: y}", [(2, "Property scop is not allowed.")]),
        ("requests: []\nvariables: {item: 1}", [(2, "Wanted: letters, digits and _, and no reserved name.")]),
    ],
    ids=lambda value: value.replace("\n", "⏎") if isinstance(value, str) else "",
)
def test_marks(editor: LanguageServer, text: str, marks: list[tuple[int, str]]) -> None:
    """Each fault is told once, of the form that was meant."""
    assert editor.marks(text) == marks


@pytest.mark.parametrize("path", sorted(EXAMPLES), ids=lambda path: str(path.relative_to(ROOT)))
def test_good_files(editor: LanguageServer, path: Path) -> None:
    """No example and no ready collection is marked."""
    assert editor.marks(path.read_text("utf-8")) == []
