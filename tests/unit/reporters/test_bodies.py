"""Bodies for people: JSON in order and colour, beginnings of long ones, what is no text."""

from __future__ import annotations

import pytest

from runner.reporters.bodies import body_lines, is_binary, trimmed_lines

JSON = "application/json"


def marked(role: str, text: str) -> str:
    return f"<{role}>{text}</>"


def test_json_is_indented_and_coloured() -> None:
    """Keys, strings, numbers and literals each have a colour; what looks like a key within a string has not."""
    body = b'{"a":"x \\"y\\": 1","b":[-1.5e3,true,null]}'
    assert body_lines(body, JSON, marked) == [
        "{",
        '  <json key>"a"</>: <json string>"x \\"y\\": 1"</>,',
        '  <json key>"b"</>: [',
        "    <json number>-1.5e3</>,",
        "    <json literal>true</>,",
        "    <json literal>null</>",
        "  ]",
        "}",
    ]


def test_other_text_is_left_alone() -> None:
    """Text that is no JSON is shown as it is, control characters escaped, without colour."""
    assert body_lines(b'<p class="a">\x1b[31m1</p>\n\n', "text/html", marked) == ['<p class="a">\\x1b[31m1</p>']


@pytest.mark.parametrize(
    ("body", "kind", "binary"),
    [
        (b"\x89PNG\r\n", "image/png", True),
        (b"a\0b", "text/plain", True),
        (b"%PDF-1.4 \xe2\xe3\xcf\xd3", "application/pdf", True),
        (b"caf\xe9", "text/plain; charset=latin-1", False),
        (b"caf\xe9", "text/plain", False),
        (b"caf\xe9", None, True),
        (("a" + "é" * 3000).encode(), None, False),
        ("hi".encode("utf-16"), "text/plain; charset=utf-16", False),
        (b"{}", "application/problem+json", False),
        (b"", None, False),
    ],
)
def test_what_is_no_text(body: bytes, kind: str | None, binary: bool) -> None:
    """A body is shown by its size where its type, a NUL or bytes that are not UTF-8 say that it is no text."""
    assert is_binary(body, kind) == binary


def test_no_text_is_told_by_its_size() -> None:
    """Type and size stand for it."""
    assert body_lines(b"a\0b", "application/x-thing") == ["(3 bytes of application/x-thing)"]
    assert trimmed_lines(b"a\0b", None) == ["(3 bytes of unknown type)"]


def test_a_long_body_is_trimmed() -> None:
    """Fourteen lines are shown, and how much more there is; a line of thousands of characters is cut."""
    lines = trimmed_lines(b"[" + b",".join([b"1"] * 20) + b"]", JSON)
    assert (len(lines), lines[-1]) == (15, "… 8 more lines (41 bytes)")
    assert trimmed_lines(b'"' + b"x" * 5000 + b'"', JSON)[0].endswith("… (5,002 characters)")


def test_a_huge_body_is_not_read_to_its_end() -> None:
    """Of a body beyond a megabyte the beginning is shown as it came."""
    lines = trimmed_lines(b'{"a": [\n' + b"1,\n" * 1_000_000, JSON)
    assert lines[:2] == ['{"a": [', "1,"]
    assert lines[-1] == "… (3,000,008 bytes)"
