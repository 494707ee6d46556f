"""Bodies that are sent and saved, for people: what is binary, sizes, parts, files."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from runner.diagnostics import Source, Span
from runner.engine.exchange import Exchange, Request, Response, Saved
from runner.engine.payload import BodyFile, BodyPart, Multipart
from runner.engine.results import Fault
from runner.reporters.bodies import body_lines, part_words
from runner.reporters.words import exchange_lines, fault_lines, request_lines, size_words

PNG = bytes.fromhex("89504e470d0a1a0a") + bytes(range(128, 256)) * 9


def nothing() -> Iterator[bytes]:
    return iter([])


@pytest.mark.parametrize(
    ("content", "content_type", "shown"),
    [
        (PNG, "image/png", ["(1,160 bytes of image/png)"]),
        (PNG, None, ["(1,160 bytes of unknown type)"]),
        (PNG, "application/octet-stream", ["(1,160 bytes of application/octet-stream)"]),
        (b"%PDF-1.4\n" + bytes(range(1, 32)) * 9, "application/pdf", ["(288 bytes of application/pdf)"]),
        (b"a\0b", "text/plain", ["(3 bytes of text/plain)"]),
        (b"", "image/png", []),
        (b"<svg/>", "image/svg+xml", ["<svg/>"]),
        ("Größe".encode("latin-1"), "text/plain", ["Gr\ufffd\ufffde"]),
        ("Größe".encode("latin-1"), "application/x-odd", ["(5 bytes of application/x-odd)"]),
        ("Größe".encode("latin-1"), "text/plain; charset=latin-1", ["Größe"]),
        ("Größe".encode("utf-16"), "text/plain; charset=utf-16", ["Größe"]),
        ("日本".encode(), "", ["日本"]),
        (b"\x1b[31mred\x1b[0m", "text/plain", ["\\x1b[31mred\\x1b[0m"]),
        (b'{"a":1}', "application/octet-stream", ["{", '  "a": 1', "}"]),
        (b'{"a":1.10,"a":1e400}', None, ["{", '  "a": 1.10,', '  "a": 1e400', "}"]),
        (b'[ ] ', None, ["[]"]),
        (b'[{ },\n"a[\\"{\\u00e9",null]', None, ["[", "  {},", '  "a[\\"{é",', "  null", "]"]),
        (b"true", None, ["true"]),
    ],
)  # fmt: skip
def test_what_can_be_read_is_shown(content: bytes, content_type: str | None, shown: list[str]) -> None:
    """Text as it is, in its charset; anything else by its size and type."""
    assert body_lines(content, content_type) == shown


def test_a_text_with_a_few_odd_bytes_is_text() -> None:
    """One wrong byte in a page is no reason to hide the page."""
    assert body_lines(b"a long line of good text \xff", None) == ["a long line of good text \ufffd"]


def test_a_request_with_parts() -> None:
    """As it is sent, control characters escaped, a file by its name and size."""
    parts = (
        BodyPart("a", b"x\x1b[2J\r\ny"),
        BodyPart("f", BodyFile("in\x07.bin", 1234, nothing), "f.bin", "image/png"),
    )
    lines = request_lines(Request("POST", "http://h/x", body=Multipart("B", parts)))
    assert lines == [
        "> POST http://h/x",
        ">",
        "> --B",
        '> Content-Disposition: form-data; name="a"',
        "> ",
        "> x\\x1b[2J",
        "> y",
        "> --B",
        '> Content-Disposition: form-data; name="f"; filename="f.bin"',
        "> Content-Type: image/png",
        "> ",
        "> (in\\x07.bin, 1,234 bytes)",
        "> --B--",
    ]


def test_a_request_with_a_file() -> None:
    """The file's name and size stand for it."""
    lines = request_lines(Request("PUT", "http://h/x", body=BodyFile("a.bin", 5, nothing)))
    assert lines == ["> PUT http://h/x", ">", "> (a.bin, 5 bytes)"]
    assert request_lines(Request("GET", "http://h/x")) == ["> GET http://h/x"]


@pytest.mark.parametrize(
    ("part", "shown"),
    [
        (BodyPart("a", "Größe".encode()), "a = Größe"),
        (BodyPart("a\n", b"x\ny", "", "text/x"), "a\\n = x\\ny as text/x"),
        (BodyPart("f", BodyFile("d/x.csv", 1000, nothing), "y.csv", "text/csv"), "f = (d/x.csv, 1,000 bytes) as y.csv, text/csv"),
        (BodyPart("f", BodyFile("x\x1b", 1, nothing)), "f = (x\\x1b, 1 bytes)"),
    ],
)  # fmt: skip
def test_a_part_in_one_line(part: BodyPart, shown: str) -> None:
    """For `plan`: its name, what it holds, as what it is sent."""
    assert part_words(part) == shown


def test_a_saved_body() -> None:
    """Where it went, and how much it was."""
    response = Response(200, "OK", (("Content-Type", "image/png"),), saved=Saved("out\x07/x.png", 12_345))
    lines = exchange_lines(Exchange(Request("GET", "http://h/x"), response))
    assert lines[-2:] == ["<", "< (12,345 bytes saved to out\\x07/x.png)"]


@pytest.mark.parametrize("kind", ["file", "too-large", "build"])
def test_a_fault_of_a_key_shows_its_line(kind: str) -> None:
    """Where one key is to blame its line is shown, with what to do."""
    span = Span(Source("a.yaml", "save_to: x.bin"), 9, 14)
    lines = fault_lines(Fault(kind, "cannot write", hint="free some space", span=span))
    assert lines == ["cannot write", "a.yaml:1:10", "   1 | save_to: x.bin", "     |          ^^^^^ free some space"]


@pytest.mark.parametrize(
    ("size", "shown"),
    [(0, "0 bytes"), (999, "999 bytes"), (1000, "1.0 kB"), (12_345_678, "12.3 MB"), (4_000_000_000, "4.0 GB")],
)
def test_sizes(size: int, shown: str) -> None:
    """Decimal units, as `max_body` takes them."""
    assert size_words(size) == shown
