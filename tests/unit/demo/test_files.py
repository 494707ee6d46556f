"""The demo's routes for files: parts of forms, bodies of files, downloads."""

from __future__ import annotations

import hashlib
import json
import urllib.request
from collections.abc import Iterator
from typing import Any
from urllib.error import HTTPError

import pytest

from runner.demo import DemoServer


@pytest.fixture(scope="module")
def server() -> Iterator[DemoServer]:
    with DemoServer() as running:
        yield running


def ask(url: str, method: str = "GET", body: bytes | None = None, content_type: str = "") -> tuple[int, bytes]:
    headers = {"Content-Type": content_type} if content_type else {}
    request = urllib.request.Request(url, body, headers, method=method)
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, answer.read()
    except HTTPError as refused:
        with refused:
            return refused.code, refused.read()


def upload(server: DemoServer, body: bytes, content_type: str) -> tuple[int, Any]:
    status, answer = ask(f"{server.url}/upload", "POST", body, content_type)
    return status, json.loads(answer)


BODY = (
    b"--B\r\nContent-Disposition: form-data; name=\"title\"\r\n\r\nGr\xc3\xb6\xc3\x9fe\r\n"
    b"--B\r\nContent-Disposition: form-data; name=\"a%22b\"; filename=\"x%22.bin\"\r\nContent-Type: image/png\r\n\r\n"
    b"\x00\r\n--no\r\n--B--\r\n"
)  # fmt: skip


@pytest.mark.parametrize("header", ["multipart/form-data; boundary=B", 'multipart/form-data; x=y; boundary="B"'])
def test_the_parts_of_a_form(server: DemoServer, header: str) -> None:
    """A field by its text, a file by what it is; names decoded."""
    status, told = upload(server, BODY, header)
    content = b"\x00\r\n--no"
    assert status == 200
    assert told["parts"] == [
        {"name": "title", "type": None, "value": "Größe"},
        {
            "name": 'a"b',
            "type": "image/png",
            "filename": 'x".bin',
            "size": 7,
            "sha256": hashlib.sha256(content).hexdigest(),
        },
    ]


@pytest.mark.parametrize(
    ("content_type", "status"),
    [("application/json", 415), ("multipart/form-data", 400), ("multipart/form-data; boundary=", 400)],
)
def test_what_is_no_form(server: DemoServer, content_type: str, status: int) -> None:
    """Another type, or no boundary."""
    found, told = upload(server, BODY, content_type)
    assert (found, "error" in told) == (status, True)


def test_a_form_without_parts(server: DemoServer) -> None:
    """Nothing but the closing boundary."""
    assert upload(server, b"--B--\r\n", "multipart/form-data; boundary=B") == (200, {"parts": []})


def test_a_file(server: DemoServer) -> None:
    """A body by its size, type and digest."""
    status, answer = ask(f"{server.url}/files/a%20b.txt", "PUT", b"abc", "text/plain")
    assert (status, json.loads(answer)) == (
        200,
        {"name": "a b.txt", "type": "text/plain", "size": 3, "sha256": hashlib.sha256(b"abc").hexdigest()},
    )


@pytest.mark.parametrize("size", [0, 1, 256, 1000])
def test_a_download(server: DemoServer, size: int) -> None:
    """As many bytes as asked for."""
    status, answer = ask(f"{server.url}/download/{size}")
    assert (status, len(answer)) == (200, size)


@pytest.mark.parametrize("size", ["100000001", "99999999999", "x", "-1"])
def test_a_download_that_is_too_large(server: DemoServer, size: str) -> None:
    """There is a limit, and only numbers are sizes."""
    assert ask(f"{server.url}/download/{size}")[0] == 400
