"""Content codings undone (RFC 9110 § 8.4.1): gzip by zlib, all others by httpx, from small pieces."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence

import httpx

#: Bytes that one piece of a coded body may grow to: a layer of deflate makes at most a thousand of one.
_GROWN_PIECE = 1 << 22

#: For zlib: with gzip's header and trailer, and the largest window.
_GZIP = zlib.MAX_WBITS | 16
#: The first byte of a member.
_MAGIC = b"\x1f"


def undone(pieces: Iterator[bytes], names: Sequence[str]) -> Iterator[bytes]:
    """The body without the codings `names`, in the order in which they were applied. No piece grows large at once.

    Raises (while it is read):
        httpx.DecodingError: the body is not coded so.
    """
    most = max(1, _GROWN_PIECE >> 10 * len(names))
    pieces = (piece[start : start + most] for piece in pieces for start in range(0, len(piece), most))
    for name in reversed(names):
        pieces = _gunzipped(pieces) if name == "gzip" else _by_httpx(pieces, name)
    return pieces


def _by_httpx(pieces: Iterator[bytes], name: str) -> Iterator[bytes]:
    return httpx.Response(200, headers={"content-encoding": name}, content=pieces).iter_bytes()


def _gunzipped(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """All members of a gzip file, one behind the other (RFC 1952 § 2.2), where httpx would stop after the first.

    What follows a member and is none, such as padding, is passed over, as gzip does.
    """
    member, first = None, True
    for piece in pieces:
        rest = piece
        while rest:
            if member is None:
                if not first and not rest.startswith(_MAGIC):
                    return
                member, first = zlib.decompressobj(_GZIP), False
            yield _inflated(member, rest)
            rest = member.unused_data
            member = None if member.eof else member
    if member is not None:
        raise httpx.DecodingError("it ends too early")


def _inflated(member: zlib._Decompress, data: bytes) -> bytes:
    try:
        return member.decompress(data)
    except zlib.error as error:
        raise httpx.DecodingError(str(error)) from error
