"""Files that are sent and files that are saved: on a disk of the test's own."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from runner.diagnostics import Source, Span
from runner.engine.exchange import SaveTo
from runner.engine.payload import BodyFile
from runner.errors import TransportError
from runner.runtime import body_files
from runner.runtime.workspace import Workspace

SPAN = Span(Source("a.yaml", "file: x.bin"), 6, 11)


@pytest.fixture
def place(tmp_path: Path) -> Workspace:
    """A project in the test's folder."""
    return Workspace(tmp_path)


@pytest.fixture
def upload(place: Workspace) -> Callable[[str], BodyFile]:
    """`upload("x.bin")`: as `a.yaml` in the root names it."""
    return lambda path: place.upload(str(place.root / "a.yaml"), path, SPAN)


@pytest.fixture
def download(place: Workspace) -> Callable[[str], SaveTo]:
    """`download("x.bin")`: as `a.yaml` in the root names it."""
    return lambda path: place.download(str(place.root / "a.yaml"), path, SPAN)


Upload = Callable[[str], BodyFile]
Download = Callable[[str], SaveTo]


def everything(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


# --- files that are sent -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [0, 1, body_files._CHUNK, body_files._CHUNK + 1, body_files._CHUNK * 2])
def test_a_file_is_read_whole_in_pieces(tmp_path: Path, upload: Upload, size: int) -> None:
    """Each time from its beginning, and never more at once than a piece."""
    content = os.urandom(size)
    (tmp_path / "x.bin").write_bytes(content)
    file = upload("x.bin")
    assert (file.name, file.size) == ("x.bin", size)
    for _ in range(2):
        pieces = list(file.read())
        assert b"".join(pieces) == content
        assert all(0 < len(piece) <= body_files._CHUNK for piece in pieces)


@pytest.mark.parametrize(
    "change", [lambda old: old + b"!", lambda old: old[:-1], lambda old: b""], ids=["more", "less", "none"]
)
@pytest.mark.parametrize("size", [3, body_files._CHUNK + 3])
def test_a_file_that_changed_before_it_is_sent(
    tmp_path: Path, upload: Upload, change: Callable[[bytes], bytes], size: int
) -> None:
    """The size that was announced is kept: nothing of another one is sent."""
    path = tmp_path / "x.bin"
    path.write_bytes(bytes(size))
    file = upload("x.bin")
    path.write_bytes(change(bytes(size)))
    with pytest.raises(TransportError) as caught:
        list(file.read())
    assert caught.value.message == (
        f"'x.bin' changed while it was sent: it had {size:,} bytes, now it has {path.stat().st_size:,}"
    )
    assert (caught.value.kind, caught.value.span) == ("file", SPAN)


def test_an_empty_file_that_grows(tmp_path: Path, upload: Upload) -> None:
    """Also nothing at all was announced."""
    (tmp_path / "x.bin").touch()
    file = upload("x.bin")
    (tmp_path / "x.bin").write_bytes(b"x")
    with pytest.raises(TransportError, match="changed while it was sent"):
        list(file.read())


@pytest.mark.parametrize("change", [b"!", b""], ids=["more", "less"])
def test_a_file_that_changes_while_it_is_sent(tmp_path: Path, upload: Upload, change: bytes) -> None:
    """The last piece is held back, so that the server never gets a whole body that is none."""
    path = tmp_path / "x.bin"
    content = bytes(body_files._CHUNK * 2)
    path.write_bytes(content)
    pieces = upload("x.bin").read()
    next(pieces)
    path.write_bytes(content + change if change else content[:-1])
    with pytest.raises(TransportError, match="changed while it was sent"):
        next(pieces)


def test_a_file_that_is_gone(tmp_path: Path, upload: Upload) -> None:
    """What the system says is told, with the name that the request file has for it."""
    (tmp_path / "x.bin").write_bytes(b"x")
    file = upload("x.bin")
    (tmp_path / "x.bin").unlink()
    with pytest.raises(TransportError) as caught:
        list(file.read())
    assert caught.value.message == "cannot read 'x.bin': no such file or directory"


def test_a_reader_that_stops_leaves_no_file_open(tmp_path: Path, upload: Upload) -> None:
    """A server that refuses a body early: what was opened is closed (a warning would fail this test)."""
    (tmp_path / "x.bin").write_bytes(bytes(body_files._CHUNK * 2))
    pieces = upload("x.bin").read()
    next(pieces)
    pieces.close()  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("none.bin", "no such file: 'none.bin'"),
        ("sub", "'sub' is a folder, not a file"),
        ("../x.bin", "'../x.bin' lies outside the project root"),
        ("/etc/hostname", "'/etc/hostname' lies outside the project root"),
        ("out", "'out' lies outside the project root"),
        ("away/hostname", "'away/hostname' lies outside the project root"),
        ("ring", "(?:cannot use|no such file:) 'ring'"),  # from Python 3.13 on it leads nowhere
        ("a" * 300, "cannot use 'aaa"),
        ("pipe", "no such file: 'pipe'"),
    ],
)
def test_paths_that_no_body_can_have(tmp_path: Path, upload: Upload, path: str, message: str) -> None:
    """Missing, a folder, outside the root (links are followed), a ring of links, no plain file."""
    (tmp_path / "sub").mkdir()
    (tmp_path / "out").symlink_to("/etc/hostname")
    (tmp_path / "away").symlink_to("/etc")
    (tmp_path / "ring").symlink_to("ring")
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(ValueError, match="^" + message):
        upload(path)


def test_a_link_within_the_root(tmp_path: Path, upload: Upload) -> None:
    """A link that stays in the project is as good as the file."""
    (tmp_path / "x.bin").write_bytes(b"abc")
    (tmp_path / "link").symlink_to("x.bin")
    assert b"".join(upload("link").read()) == b"abc"


def test_a_file_that_may_not_be_read(tmp_path: Path, upload: Upload, monkeypatch: pytest.MonkeyPatch) -> None:
    """Permissions are looked at before anything is sent."""
    (tmp_path / "x.bin").touch()
    monkeypatch.setattr(os, "access", lambda path, mode: mode != os.R_OK)
    with pytest.raises(ValueError, match=r"cannot read .x\.bin.: permission denied"):
        upload("x.bin")


# --- files that are saved ------------------------------------------------------------------------------------------


def test_a_body_takes_its_place_when_it_is_whole(tmp_path: Path, download: Download) -> None:
    """The old file stays until the last byte of the new one has come; folders are made."""
    path = tmp_path / "sub/deep/x.bin"
    path.parent.mkdir(parents=True)
    path.write_bytes(b"old")
    seen = []

    def pieces() -> Iterator[bytes]:
        yield b"new "
        seen.append((path.read_bytes(), len(everything(tmp_path))))
        yield b"content"

    assert download("sub/deep/x.bin").write(pieces(), None) == 11
    assert (seen, path.read_bytes(), everything(tmp_path)) == ([(b"old", 2)], b"new content", ["sub/deep/x.bin"])
    assert download("more/and/more/y").write(iter([]), 0) == 0
    assert (tmp_path / "more/and/more/y").read_bytes() == b""


@pytest.mark.parametrize("error", [TransportError("protocol", "broken"), KeyboardInterrupt(), MemoryError()], ids=repr)
def test_a_body_that_does_not_come_whole(tmp_path: Path, download: Download, error: BaseException) -> None:
    """Whatever breaks it off: the old file is as it was, and nothing half is left."""
    (tmp_path / "x.bin").write_bytes(b"old")

    def pieces() -> Iterator[bytes]:
        yield b"half"
        raise error

    with pytest.raises(type(error)):
        download("x.bin").write(pieces(), None)
    assert (everything(tmp_path), (tmp_path / "x.bin").read_bytes()) == (["x.bin"], b"old")


def test_a_full_disk(tmp_path: Path, download: Download, monkeypatch: pytest.MonkeyPatch) -> None:
    """The system's reason is told at the place of save_to, and nothing half is left."""
    real = open

    class Full:
        def __init__(self, path: str, mode: str) -> None:
            self.file = real(path, mode)

        def __enter__(self) -> Full:
            return self

        def __exit__(self, *_: object) -> None:
            self.file.close()

        def write(self, data: bytes) -> None:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(body_files, "open", Full, raising=False)
    with pytest.raises(TransportError) as caught:
        download("x.bin").write(iter([b"x"]), None)
    assert (caught.value.kind, caught.value.message) == ("file", "cannot write 'x.bin': no space left on device")
    assert (caught.value.span, everything(tmp_path)) == (SPAN, [])


def test_a_saved_file_has_the_permissions_of_any_new_file(tmp_path: Path, download: Download) -> None:
    """As the user's umask says: not those of a temporary file."""
    download("x.bin").write(iter([b"x"]), None)
    (tmp_path / "y.bin").touch()
    modes = [stat.S_IMODE((tmp_path / name).stat().st_mode) for name in ("x.bin", "y.bin")]
    assert modes[0] == modes[1]


def test_a_long_name(tmp_path: Path, download: Download) -> None:
    """A name that the system just takes is no reason to fail: its temporary one is shorter."""
    name = "x" * 250
    download(name).write(iter([b"x"]), None)
    assert everything(tmp_path) == [name]


def test_what_was_broken_off_is_removed(tmp_path: Path, place: Workspace, download: Download) -> None:
    """At the end of a run nothing half is left, even of a thread that nobody waits for."""

    def pieces() -> Iterator[bytes]:
        yield b"half"
        place.discard_downloads()
        assert everything(tmp_path) == []
        yield b"rest"

    with pytest.raises(TransportError, match=r"cannot write .x\.bin."):
        download("x.bin").write(pieces(), None)
    assert everything(tmp_path) == []


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("sub", "'sub' is a folder: name a file in it"),
        ("x.txt/y", "'x.txt/y' would lie in a file: 'x.txt' is no folder"),
        ("x.txt/y/z", "'x.txt/y/z' would lie in a file: 'x.txt' is no folder"),
        ("../y", "'../y' lies outside the project root"),
        ("away/y", "'away/y' lies outside the project root"),
        ("a.yaml", "'a.yaml' is the request file itself"),
        ("sub/../a.yaml", "'sub/../a.yaml' is the request file itself"),
        ("a" * 300, "cannot use 'aaa"),
    ],
)
def test_paths_that_no_download_can_have(tmp_path: Path, download: Download, path: str, message: str) -> None:
    """A folder, below a file, outside the root, the request file: found before anything is asked."""
    (tmp_path / "sub").mkdir()
    (tmp_path / "x.txt").touch()
    (tmp_path / "away").symlink_to("/etc")
    with pytest.raises(ValueError, match="^" + message):
        download(path)
    assert everything(tmp_path) == ["x.txt"]


@pytest.mark.parametrize("denied", ["folder", "file"])
def test_a_place_that_may_not_be_written(
    tmp_path: Path, download: Download, monkeypatch: pytest.MonkeyPatch, denied: str
) -> None:
    """Neither a folder nor a file of others is written over."""
    (tmp_path / "x.bin").touch()
    refused = tmp_path if denied == "folder" else tmp_path / "x.bin"
    monkeypatch.setattr(os, "access", lambda path, mode: Path(path) != refused)
    with pytest.raises(ValueError, match=r"cannot write .x\.bin.: permission denied"):
        download("x.bin")
