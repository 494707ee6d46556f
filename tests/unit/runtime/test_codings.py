"""Content codings: what is undone, what is refused, and that no piece grows large."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable, Iterable, Iterator
from importlib.util import find_spec

import brotli
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from runner.errors import TransportError
from runner.runtime.transport import codings
from runner.runtime.transport.codings import accepted, decoded


def bare_deflate(data: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(data) + packer.flush()


def zstd(data: bytes) -> bytes:
    return zstandard.ZstdCompressor().compress(data)


#: Its name in HTTP, and a function that does it.
PACKERS: dict[str, tuple[str, Callable[[bytes], bytes]]] = {
    "gzip": ("gzip", gzip.compress),
    "zlib": ("deflate", zlib.compress),
    "bare deflate": ("deflate", bare_deflate),
    "br": ("br", brotli.compress),
    "zstd": ("zstd", zstd),
}
each_coding = pytest.mark.parametrize(("name", "pack"), PACKERS.values(), ids=list(PACKERS))


def cut(data: bytes, size: int) -> Iterator[bytes]:
    return (data[start : start + size] for start in range(0, len(data), size))


def undone(pieces: Iterable[bytes], *names: str) -> bytes:
    return b"".join(decoded(iter(pieces), names))


def fault(pieces: Iterable[bytes], *names: str) -> TransportError:
    with pytest.raises(TransportError) as caught:
        undone(pieces, *names)
    assert caught.value.kind == "encoding"
    return caught.value


@each_coding
@pytest.mark.parametrize("size", [1, 2, 7, 100_000])
def test_each_coding_is_undone(name: str, pack: Callable[[bytes], bytes], size: int) -> None:
    """Whatever pieces the network makes of it."""
    data = bytes(range(256)) * 300 + b"end"
    assert undone(cut(pack(data), size), name) == data


@each_coding
@given(st.binary(max_size=2_000), st.integers(1, 50))
def test_any_body_comes_back(name: str, pack: Callable[[bytes], bytes], data: bytes, size: int) -> None:
    """Whatever bytes, in whatever pieces."""
    assert undone(cut(pack(data), size), name) == data


@each_coding
def test_several_codings(name: str, pack: Callable[[bytes], bytes]) -> None:
    """The one that was applied last is undone first (RFC 9110 § 8.4)."""
    data = b"twice" * 1000
    assert undone([pack(gzip.compress(data))], "gzip", name) == data
    assert undone([gzip.compress(pack(data))], name, "gzip") == data


def test_no_coding() -> None:
    """Without names the pieces are the body."""
    assert list(decoded(iter([b"a", b"b"]), ())) == [b"a", b"b"]


@pytest.mark.parametrize("name", ["gzip", "deflate", "br", "zstd"])
def test_an_empty_body(name: str) -> None:
    """A server may name a coding and send nothing."""
    assert undone([], name) == undone([b""], name) == b""


@each_coding
def test_a_body_that_ends_too_early(name: str, pack: Callable[[bytes], bytes]) -> None:
    """Half a coded body is a fault, also where the message itself was whole."""
    packed = pack(bytes(range(256)) * 50)
    assert fault([packed[: len(packed) // 2]], name).message == f"the body is not valid {name}: it ends too early"


@pytest.mark.parametrize("name", ["gzip", "deflate", "br", "zstd"])
def test_bytes_that_are_no_coded_body(name: str) -> None:
    """What does not begin as it should is told with the name of the coding."""
    assert fault([b"\xffthis is plain text" * 10], name).message.startswith(f"the body is not valid {name}: ")


@each_coding
def test_a_damaged_body(name: str, pack: Callable[[bytes], bytes]) -> None:
    """Damage is a fault or other bytes where the coding has no checksum, and never an exception of a library."""
    packed = bytearray(pack(bytes(range(256)) * 50))
    packed[len(packed) // 2] ^= 0xFF
    try:
        undone([bytes(packed)], name)
    except TransportError as error:
        assert error.kind == "encoding"


def test_members_of_gzip() -> None:
    """RFC 1952 § 2.2: a body may be several members, wherever the network cuts; padding after them is passed over."""
    data = gzip.compress(b"one") + gzip.compress(b"two")
    for size in (1, 5, len(data)):
        assert undone(cut(data, size), "gzip") == b"onetwo"
    assert undone([data + bytes(20), bytes(5)], "gzip") == b"onetwo"


def test_frames_of_zstd() -> None:
    """RFC 8878 § 3.1: a body may be several frames."""
    assert undone(cut(zstd(b"one") + zstd(b"two"), 3), "zstd") == b"onetwo"


BOMB = bytes(30_000_000)


@each_coding
def test_no_piece_grows_large(name: str, pack: Callable[[bytes], bytes]) -> None:
    """A bomb comes in pieces that memory does not notice: who counts them can stop in time."""
    sizes = [len(piece) for piece in decoded(iter([pack(BOMB)]), [name])]
    assert sum(sizes) == len(BOMB)
    assert max(sizes) < 10_000_000


def test_no_piece_of_a_double_bomb_grows_large() -> None:
    """Each layer is bounded by itself."""
    pieces = decoded(iter([gzip.compress(brotli.compress(BOMB))]), ["br", "gzip"])
    assert max(map(len, pieces)) < 1_000_000


def test_a_zstd_window_beyond_the_limit() -> None:
    """RFC 9659: a frame that wants more than 8 MB of memory is refused."""
    parameters = zstandard.ZstdCompressionParameters.from_level(1, window_log=25)
    packed = zstandard.ZstdCompressor(compression_params=parameters).compressobj()
    data = packed.compress(bytes(range(256)) * 200_000) + packed.flush()
    assert fault([data], "zstd").message.startswith("the body is not valid zstd: ")


def test_what_is_accepted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Accept-Encoding names what can be undone here, and nothing that is not installed."""
    assert accepted() == "gzip, deflate, br, zstd"
    monkeypatch.setattr(codings, "find_spec", lambda name: None if name in ("brotli", "zstandard") else find_spec(name))
    assert accepted() == "gzip, deflate"


@pytest.mark.parametrize("name", ["compress", "sdch", "aes128gcm"])
def test_an_unknown_coding(name: str) -> None:
    """A coding that nobody asked for is a fault that says what to ask for."""
    error = fault([b"x"], name)
    assert error.message == f"the content coding '{name}' of the body is not supported"
    assert "Accept-Encoding: gzip" in error.hint


def test_a_coding_whose_package_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that answers with Brotli unasked: the fault names the package."""
    monkeypatch.setattr(codings, "find_spec", lambda name: None)
    error = fault([b"x"], "br")
    assert error.message == "the content coding 'br' needs the package brotli"
    assert "request-runner[compression]" in error.hint
