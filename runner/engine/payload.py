"""The body of a request as it goes out: bytes, a file that is read while it is sent, or parts of which some are files.

    Body = bytes | BodyFile | Multipart ──pieces──▶ bytes | BodyFile ──chunks──▶ bytes

A body can be gone through any number of times, each time from its beginning: for a redirect, a renewed token, a
signature. This file opens nothing: a BodyFile brings the function that reads it. It must not know requests.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from runner.language.values import Value


class BodyFile(NamedTuple):
    """A file that goes out as it is. `name` is for people, `size` in bytes.

    `read` gives its bytes; it raises TransportError where the file cannot be read, or is not of that size any more.
    """

    name: str
    size: int
    read: Callable[[], Iterator[bytes]]


class BodyPart(NamedTuple):
    """One part of a multipart body; without a `filename` it is a field like any other."""

    name: str
    content: bytes | BodyFile
    filename: str = ""
    content_type: str = ""


class Multipart(NamedTuple):
    """A multipart/form-data body (RFC 7578)."""

    boundary: str
    parts: tuple[BodyPart, ...]


Body = bytes | BodyFile | Multipart


def pieces(body: Body) -> Iterator[bytes | BodyFile]:
    """What a body consists of, in order: files, and all that stands between two of them."""
    if not isinstance(body, Multipart):
        yield body
        return
    between = b""
    for part in body.parts:
        between += _head(body.boundary, part)
        if isinstance(part.content, BodyFile):
            yield between
            yield part.content
            between = b"\r\n"
        else:
            between += part.content + b"\r\n"
    yield between + f"--{body.boundary}--\r\n".encode()


def chunks(body: Body) -> Iterator[bytes]:
    """The bytes of a body, as they are sent.

    Raises:
        TransportError: a file of it cannot be read, or has changed.
    """
    for piece in pieces(body):
        if isinstance(piece, bytes):
            yield piece
        else:
            yield from piece.read()


def size(body: Body) -> int:
    """How many bytes will be sent."""
    return sum(len(piece) if isinstance(piece, bytes) else piece.size for piece in pieces(body))


def files(body: Body | None) -> Iterator[BodyFile]:
    """The files within a body."""
    return (piece for piece in pieces(body or b"") if isinstance(piece, BodyFile))


def in_memory(body: Body | None) -> bytes:
    """A body that is held as bytes; nothing for one that is read while it is sent."""
    return body if isinstance(body, bytes) else b""


# --- multipart (RFC 7578 § 4.2, 5.1, as browsers write it: WHATWG HTML, "multipart form data") -----------------------

_ESCAPES = {"\r": "%0D", "\n": "%0A", '"': "%22"}


def _head(boundary: str, part: BodyPart) -> bytes:
    lines = [f"--{boundary}", f'Content-Disposition: form-data; name="{_quoted(_with_crlf(part.name))}"']
    if part.filename:
        lines[-1] += f'; filename="{_quoted(part.filename)}"'
    if part.content_type:
        lines.append(f"Content-Type: {part.content_type}")
    return "\r\n".join([*lines, "", ""]).encode()


def _quoted(text: str) -> str:
    return "".join(_ESCAPES.get(character, character) for character in text)


def _with_crlf(text: str) -> str:
    """Line breaks of a name as CRLF; those of a file's name stay what they are."""
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\n", "\r\n")


# --- for people and expressions --------------------------------------------------------------------------------------


def described(body: BodyFile | Multipart) -> Value:
    """A body that is not held in memory, as expressions see it: a file by its name and size, parts as a list."""
    if isinstance(body, BodyFile):
        return {"file": body.name, "size": body.size}
    return [_described_part(part) for part in body.parts]


def _described_part(part: BodyPart) -> dict[str, Value]:
    named = {"name": part.name, "filename": part.filename, "content_type": part.content_type}
    shown: dict[str, Value] = {key: text for key, text in named.items() if text}
    if isinstance(part.content, BodyFile):
        return shown | {"file": part.content.name, "size": part.content.size}
    return shown | {"value": part.content.decode("utf-8", "replace")}
