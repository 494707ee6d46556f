"""Content codings undone piece by piece, so that no piece grows large, whatever its sender made of it.

httpx decodes a whole piece at once, and a kilobyte of Brotli may stand for gigabytes. Here every decoder is bounded,
and a coded body that ends too early is a fault. This file must not know responses, sockets or files; it is the only
door of brotli and zstandard, which are extras.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from importlib.util import find_spec
from typing import Any, NamedTuple

from runner.errors import TransportError

Pieces = Iterator[bytes]

#: Bytes that a decoder gives at once.
_PIECE = 65_536
_GZIP = zlib.MAX_WBITS | 16
#: zstandard bounds only what it is given: four bytes of it may stand for a block of 128 kB (RFC 8878 § 3.1.1.2).
_ZSTD_TAKES = 256
#: In bytes: nobody has to expect a larger window (RFC 9659 § 3).
_ZSTD_WINDOW = 8 << 20


class _Broken(Exception):
    """A coded body is not valid."""


def _check_end(complete: bool) -> None:
    if not complete:
        raise _Broken("it ends too early")


def _inflated(inflater: Any, piece: bytes) -> Pieces:
    """What zlib makes of a piece."""
    while True:
        grown = inflater.decompress(piece, _PIECE)
        if grown:
            yield grown
        piece = inflater.unconsumed_tail
        if inflater.eof or (not piece and len(grown) < _PIECE):
            return


def gzip(pieces: Pieces) -> Pieces:
    """RFC 1952: one member or several; padding after a member is passed over."""
    inflater = None
    for piece in pieces:
        while piece:
            if inflater is None or (inflater.eof and piece.startswith(b"\x1f")):
                inflater = zlib.decompressobj(_GZIP)
            elif inflater.eof:
                break
            yield from _inflated(inflater, piece)
            piece = inflater.unused_data if inflater.eof else b""
    _check_end(inflater is None or inflater.eof)


def deflate(pieces: Pieces) -> Pieces:
    """The zlib format (RFC 1950), or bare deflate (RFC 1951), which some servers take for it (RFC 9110 § 8.4.1.2)."""
    inflater, head = None, b""
    for piece in pieces:
        if inflater is None:
            head += piece
            if len(head) < 2:
                continue
            piece = head
            inflater = zlib.decompressobj(zlib.MAX_WBITS if _is_zlib(head) else -zlib.MAX_WBITS)
        if not inflater.eof:
            yield from _inflated(inflater, piece)
    _check_end(inflater.eof if inflater else not head)


def _is_zlib(head: bytes) -> bool:
    """RFC 1950 § 2.2: the method is 8, and the first two bytes are a multiple of 31."""
    return head[0] & 15 == 8 and (head[0] << 8 | head[1]) % 31 == 0


def brotli(pieces: Pieces) -> Pieces:
    """RFC 7932."""
    import brotli

    decoder, begun = brotli.Decompressor(), False
    try:
        for piece in pieces:
            while not decoder.is_finished():
                begun = begun or bool(piece)
                grown = decoder.process(piece, output_buffer_limit=_PIECE)
                piece = b""
                if grown:
                    yield grown
                elif decoder.can_accept_more_data():
                    break
    except brotli.error as error:
        raise _Broken(str(error)) from error
    _check_end(decoder.is_finished() or not begun)


def zstd(pieces: Pieces) -> Pieces:
    """RFC 8878: one frame or several."""
    import zstandard

    decoder = None
    try:
        for piece in pieces:
            waiting = [piece[start : start + _ZSTD_TAKES] for start in range(0, len(piece), _ZSTD_TAKES)]
            for taken in waiting:
                while taken:
                    if decoder is None or decoder.eof:
                        decoder = zstandard.ZstdDecompressor(max_window_size=_ZSTD_WINDOW).decompressobj()
                    grown = decoder.decompress(taken)
                    if grown:
                        yield grown
                    taken = decoder.unused_data if decoder.eof else b""
    except zstandard.ZstdError as error:
        raise _Broken(str(error)) from error
    _check_end(decoder is None or decoder.eof)


class Coding(NamedTuple):
    """How a content coding is undone, and the package that it needs."""

    undo: Callable[[Pieces], Pieces]
    package: str = "zlib"


#: Content codings by their names in HTTP (RFC 9110 § 8.4.1).
CODINGS: Mapping[str, Coding] = {
    "gzip": Coding(gzip),
    "deflate": Coding(deflate),
    "br": Coding(brotli, "brotli"),
    "zstd": Coding(zstd, "zstandard"),
}


def accepted() -> str:
    """The value of Accept-Encoding: the codings that can be undone with what is installed."""
    return ", ".join(name for name, coding in CODINGS.items() if find_spec(coding.package))


def decoded(pieces: Pieces, names: Sequence[str]) -> Pieces:
    """A body without its codings; `names` are those in Content-Encoding, the one applied first before the others.

    Raises:
        TransportError: a coding is unknown or its package is missing, at once; the body is not valid, on the way.
    """
    for name in reversed(names):
        _check(name)
        pieces = _told(name, pieces)
    return pieces


def _check(name: str) -> None:
    coding = CODINGS.get(name)
    if coding is None:
        hint = "ask for another one: a header `Accept-Encoding: gzip`"
        raise TransportError("encoding", f"the content coding '{name}' of the body is not supported", hint)
    if find_spec(coding.package) is None:
        hint = "pip install 'request-runner[compression]', or ask for another one: a header `Accept-Encoding: gzip`"
        raise TransportError("encoding", f"the content coding '{name}' needs the package {coding.package}", hint)


def _told(name: str, pieces: Pieces) -> Pieces:
    try:
        yield from CODINGS[name].undo(pieces)
    except (_Broken, zlib.error) as error:
        raise TransportError("encoding", f"the body is not valid {name}: {error}") from error
