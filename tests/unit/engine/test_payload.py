"""Bodies as they go out: pieces and their sizes, multipart as browsers write it, what expressions see."""

from __future__ import annotations

import email
from collections.abc import Iterator
from email.message import Message

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.engine import payload
from runner.engine.exchange import Request, request_view
from runner.engine.payload import BodyFile, BodyPart, Multipart
from runner.redaction import Redactor


def file(content: bytes, name: str = "data/a.bin") -> BodyFile:
    """A file that is read in pieces of three bytes."""

    def read() -> Iterator[bytes]:
        return (content[start : start + 3] for start in range(0, len(content), 3))

    return BodyFile(name, len(content), read)


def sent(body: payload.Body) -> bytes:
    return b"".join(payload.chunks(body))


def test_a_multipart_body_byte_by_byte() -> None:
    """RFC 7578: a head for each part, CRLF everywhere, and a closing boundary."""
    parts = (
        BodyPart("title", "Größe".encode()),
        BodyPart("meta", b"{}", content_type="application/json"),
        BodyPart("scan", file(b"\x00\r\n\xff1"), "a.bin", "image/png"),
    )
    assert (
        sent(Multipart("XX", parts))
        == (
            "--XX\r\n"
            'Content-Disposition: form-data; name="title"\r\n\r\nGröße\r\n'
            "--XX\r\n"
            'Content-Disposition: form-data; name="meta"\r\nContent-Type: application/json\r\n\r\n{}\r\n'
            "--XX\r\n"
            'Content-Disposition: form-data; name="scan"; filename="a.bin"\r\nContent-Type: image/png\r\n\r\n'
        ).encode()
        + b"\x00\r\n\xff1\r\n--XX--\r\n"
    )


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ('a"b', 'name="a%22b"'),
        ("a\nb", 'name="a%0D%0Ab"'),
        ("a\r\nb", 'name="a%0D%0Ab"'),
        ("a\rb", 'name="a%0D%0Ab"'),
        ("a%22\\b", 'name="a%22\\b"'),
        ("ä日", 'name="ä日"'),
    ],
)
def test_names_are_written_as_browsers_do(name: str, written: str) -> None:
    """Quotes and line breaks are percent-encoded, breaks as CRLF; everything else is UTF-8 as it is."""
    head = sent(Multipart("X", (BodyPart(name, b""),))).decode()
    assert f"; {written}\r\n" in head


@pytest.mark.parametrize(
    ("filename", "written"), [('a"b.txt', "a%22b.txt"), ("a\nb.txt", "a%0Ab.txt"), ("grüße.txt", "grüße.txt")]
)
def test_filenames_keep_their_kind_of_line_break(filename: str, written: str) -> None:
    """A filename's line breaks are encoded as they are, not made CRLF."""
    head = sent(Multipart("X", (BodyPart("f", b"", filename),))).decode()
    assert f'; filename="{written}"\r\n' in head


names = st.text(st.characters(exclude_characters='"\r\n%\\\0', exclude_categories=("Cs", "Cc", "Zl", "Zp")), min_size=1)


@given(st.lists(st.tuples(names, st.binary(), st.booleans()), max_size=5))
def test_what_is_sent_is_as_long_as_it_says(parts: list[tuple[str, bytes, bool]]) -> None:
    """The size is that of the bytes, whatever is in memory and whatever in files, also the second time."""
    made = tuple(BodyPart(name, file(content) if in_file else content) for name, content, in_file in parts)
    body = Multipart("boundary-of-the-test", made)
    assert len(sent(body)) == payload.size(body)
    assert sent(body) == sent(body)


@given(st.lists(st.tuples(st.text("abcäß日", min_size=1), st.text("xyz\t ü-")), min_size=1, max_size=4))
def test_another_parser_reads_the_parts(pairs: list[tuple[str, str]]) -> None:
    """Python's own parser of MIME finds the parts that were written."""
    body = Multipart("boundary-of-the-test", tuple(BodyPart("n", text.encode()) for _, text in pairs))
    head = b"Content-Type: multipart/form-data; boundary=boundary-of-the-test\r\n\r\n"
    read: Message = email.message_from_bytes(head + sent(body))
    assert [part.get_payload(decode=True).decode() for part in read.get_payload()] == [text for _, text in pairs]  # type: ignore[union-attr]


def test_a_body_without_parts() -> None:
    """Nothing but the closing boundary, as browsers write it."""
    assert sent(Multipart("X", ())) == b"--X--\r\n"


def test_bytes_and_files_go_as_they_are() -> None:
    """A body of bytes is one piece; a file comes as it is read."""
    assert list(payload.chunks(b"abc")) == [b"abc"]
    assert list(payload.chunks(file(b"abcdef"))) == [b"abc", b"def"]
    assert (payload.size(b"abc"), payload.size(file(b"abcdef"))) == (3, 6)


def test_only_bytes_are_in_memory() -> None:
    """What is read while it is sent is nothing to look into."""
    assert payload.in_memory(b"a=1") == b"a=1"
    assert [payload.in_memory(body) for body in (None, file(b"x"), Multipart("X", ()))] == [b""] * 3


def test_the_request_document_knows_files_by_name_and_size() -> None:
    """`request.body` is never the content of a file: a file is its name and size, a multipart body its parts."""
    parts = (
        BodyPart("title", "Größe".encode()),
        BodyPart("scan", file(b"123"), "scan.png", "image/png"),
        BodyPart("meta", b"{}", "", "application/json"),
    )
    view = request_view(Request("POST", "http://h", body=Multipart("X", parts)))
    assert view["body"] == [
        {"name": "title", "value": "Größe"},
        {"name": "scan", "filename": "scan.png", "content_type": "image/png", "file": "data/a.bin", "size": 3},
        {"name": "meta", "content_type": "application/json", "value": "{}"},
    ]
    assert request_view(Request("PUT", "http://h", body=file(b"1234")))["body"] == {"file": "data/a.bin", "size": 4}


def test_secrets_in_parts_are_masked() -> None:
    """What is shown of a multipart body has passed the Redactor: names, values, files' names, types."""
    secret = 'pass"word'
    part = BodyPart(secret, f"x{secret}x".encode(), f"{secret}.txt", f"text/{secret}")
    request = Request("POST", "http://h", body=Multipart("X", (part, BodyPart("f", file(b"", f"{secret}/f.bin")))))
    shown = Redactor([secret]).apply(request)
    assert secret not in repr(request_view(shown))
    assert b"word" not in sent(shown.body)  # type: ignore[arg-type]
