"""`runner import openapi`, and the imported collection run against a server that judges each request by the document."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any, ClassVar
from urllib.parse import parse_qsl, urlsplit

import pytest
import yaml
from openapi_core import OpenAPI
from openapi_core.datatypes import RequestParameters
from werkzeug.datastructures import Headers, ImmutableMultiDict

DOCUMENT = Path(__file__).parent.parent / "golden" / "import" / "openapi" / "bookshop" / "input.yaml"
CREDENTIALS = {"LOGIN_CLIENT_ID": "reader", "LOGIN_CLIENT_SECRET": "s3cret-of-reader", "KEY": "k3y-of-shop"}
TOKEN = "Bearer t0ken-of-reader"
BOOK = {"id": 42, "title": "The Trial", "isbn": "978-1234567890", "year": None}
ANSWERS: Mapping[tuple[str, str], tuple[int, Any]] = {
    ("GET", "/v1/books"): (200, [BOOK]),
    ("POST", "/v1/books"): (201, BOOK),
    ("GET", "/v1/books/42"): (200, BOOK),
    ("DELETE", "/v1/books/42"): (204, None),
    ("PUT", "/v1/books/42/cover"): (202, None),
    ("POST", "/orders"): (303, None),
}


pytestmark = pytest.mark.filterwarnings("ignore:Unsupported scheme type")


class Asked:
    """A request as openapi-core wants to see one."""

    def __init__(self, handler: Shop) -> None:
        parts = urlsplit(handler.path)
        self.host_url = f"http://{handler.headers['Host']}"
        self.path = parts.path
        self.method = handler.command.lower()
        self.body = handler.rfile.read(int(handler.headers.get("Content-Length", 0))) or None
        self.content_type = handler.headers.get("Content-Type", "")
        self.parameters = RequestParameters(
            query=ImmutableMultiDict(parse_qsl(parts.query)), header=Headers(list(handler.headers.items()))
        )


class Shop(BaseHTTPRequestHandler):
    """Answers what the document allows, and 422 to everything else."""

    protocol_version = "HTTP/1.1"
    document: ClassVar[OpenAPI]
    answers: ClassVar[dict[tuple[str, str], tuple[int, Any]]]

    def do_GET(self) -> None:
        asked: Any = Asked(self)
        if asked.path == "/token":
            self._answer(200, {"access_token": "t0ken-of-reader", "expires_in": 3600})
            return
        if asked.path not in ("/v1/books/42", "/orders") and self.headers["Authorization"] != TOKEN:
            self._answer(401, {"fault": "that is not the token"})  # openapi-core does not look at OAuth
            return
        try:
            self.document.validate_request(asked)
        except Exception as error:  # whatever it is, the client shall see it
            self._answer(422, {"fault": f"{error}: {error.__cause__}"})
            return
        self._answer(*self.answers[self.command, asked.path])

    do_POST = do_PUT = do_DELETE = do_GET

    def _answer(self, status: int, body: Any) -> None:
        content = json.dumps(body).encode() if body is not None else b""
        self.send_response(status)
        headers = {"Content-Type": "application/json", "X-Total": "1", "Location": "/orders/1"}
        for name, value in {**headers, "Content-Length": str(len(content))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *words: object) -> None:
        """Says nothing: the tests look at what the client says."""


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[type[Shop]]:
    """The server, with its document in `api.yaml` of the folder."""

    class Own(Shop):
        answers: ClassVar = dict(ANSWERS)

    with ThreadingHTTPServer(("127.0.0.1", 0), Own) as server:
        here = f"http://127.0.0.1:{server.server_port}"
        text = DOCUMENT.read_text()
        for there in ("https://login.books.test", "https://shop.books.test", "http://127.0.0.1:8080"):
            text = text.replace(there, here)
        (tmp_path / "api.yaml").write_text(text)
        Own.document = OpenAPI.from_dict(yaml.safe_load(text))
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield Own
        server.shutdown()
        thread.join()


@pytest.mark.parametrize("words", [(), ("--split",)], ids=["one file", "split"])
def test_run(command: Any, shop: type[Shop], tmp_path: Path, words: tuple[str, ...]) -> None:
    """What is imported sends requests that the document allows, with its token, and its answers pass."""
    done = command("import", "openapi", "api.yaml", "-o", "requests", "--allow-loss", *words, cwd=tmp_path)
    assert done.code == 0, done.said
    done = command("run", "-e", "local", cwd=tmp_path, env=CREDENTIALS)
    assert done.code == 0, done.said
    assert "6 passed" in done.out
    assert not any(secret in done.said for secret in ("s3cret-of-reader", "k3y-of-shop", "t0ken-of-reader"))


def test_a_wrong_answer(command: Any, shop: type[Shop], tmp_path: Path) -> None:
    """A body that is not as the document says fails its request, with the place in body and schema."""
    shop.answers["GET", "/v1/books/42"] = (200, {"id": "forty-two", "title": "The Trial"})
    shop.answers["DELETE", "/v1/books/42"] = (200, None)
    command("import", "openapi", "api.yaml", "-o", "requests", cwd=tmp_path)
    done = command("run", "-e", "local", cwd=tmp_path, env=CREDENTIALS)
    assert done.code == 1
    assert "4 passed, 2 failed" in done.out, done.said
    assert "bookshop.schemas.json" in done.out
    assert "forty-two" in done.out


def test_to_standard_output(command: Any, tmp_path: Path) -> None:
    """Standard output is one file: files to send and schemas are left out, which is told."""
    done = command("import", "openapi", DOCUMENT, "--allow-loss", cwd=tmp_path)
    assert done.code == 0
    assert "schema:" not in done.out
    assert "the schemas of responses: they are a file of their own" in done.err
    assert "a file that is sent: standard output is one file" in done.err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "this is no OpenAPI document: it is empty"),
        ("{", "the file is neither JSON nor YAML"),
        ("a: [1", "the file is neither JSON nor YAML"),
        ("- a\n", "this is no OpenAPI document: it is no mapping"),
        ("info: {}\n", "it has neither 'openapi' nor 'swagger'"),
        ("asyncapi: 3.0.0\n", "it is an AsyncAPI document"),
        ("openapi: 4.0.0\n", "OpenAPI 4.0.0 is not known"),
        ("openapi: 3.1.0\npaths: {}\n", "the document has no operations"),
        ("openapi: 3.1.0\npaths: {/a: {$ref: '#/paths/~1b'}, /b: {$ref: '#/paths/~1a'}}\n", "it leads back to itself"),
        ("\x00\x01", "it is binary, and no text"),
        ("[" * 100_000, "nested"),
    ],
)  # fmt: skip
def test_faults(command: Any, tmp_path: Path, text: str, said: str) -> None:
    """What is no document is told in words, and nothing is written."""
    (tmp_path / "api.yaml").write_text(text)
    done = command("import", "openapi", "api.yaml", "-o", "out", cwd=tmp_path)
    assert done.code == 3, done.said
    assert said in done.err
    assert "Traceback" not in done.err
    assert not (tmp_path / "out").exists()


def test_no_such_operation(command: Any, tmp_path: Path) -> None:
    """A pattern that matches nothing is a fault with the nearest name."""
    done = command("import", "openapi", DOCUMENT, "--operations", "listBook", cwd=tmp_path)
    assert done.code == 3
    assert "no operation matches 'listBook'" in done.err
    assert "did you mean 'listBooks'?" in done.err


def test_files_elsewhere(command: Any, tmp_path: Path) -> None:
    """References go to files beside the document and, where the command runs above it, to those beside its folder."""
    (tmp_path / "apis").mkdir()
    (tmp_path / "common.yaml").write_text("Id: {type: integer, example: 7}\n")
    (tmp_path / "apis" / "a.yaml").write_text(
        "openapi: 3.0.0\ninfo: {title: A, version: '1'}\npaths:\n  /a:\n    get:\n"
        "      parameters: [{name: id, in: query, required: true, schema: {$ref: '../common.yaml#/Id'}}]\n"
    )
    done = command("import", "openapi", "apis/a.yaml", cwd=tmp_path)
    assert done.code == 0, done.said
    assert "query: {id: 7}" in done.out
    done = command("import", "openapi", "a.yaml", cwd=tmp_path / "apis")
    assert done.code == 1
    assert "'../common.yaml' lies outside" in done.err
