"""Where a report goes: into a file, whole or not at all, or to standard output. Opened before anything is sent.

    Whole       a file that takes its place when it is complete
    Copied      what cannot be replaced (standard output, a pipe, a device): kept aside, then written in one go
    Direct      written as it comes

This file knows no format.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Protocol, TextIO

from runner.errors import UsageError

#: A report this large is kept aside on disk.
_IN_MEMORY = 1_000_000
_STANDARD_OUTPUT = ("", "-", "/dev/stdout")
#: What lies here is open already, whatever it is: to put another file in its place would not reach its reader.
_OPEN_ALREADY = ("/dev/", "/proc/")


class Output(Protocol):
    """A stream, and what becomes of what was written to it."""

    @property
    def stream(self) -> TextIO: ...

    def commit(self) -> None:
        """The report is complete. Raises OSError where it cannot be written."""

    def discard(self) -> None:
        """The report never was."""


class Whole:
    """A file that takes its place when it is complete; until then whatever was there stays."""

    def __init__(self, path: Path) -> None:
        self._path = Path(os.path.realpath(path))  # a link stays a link
        self._part = self._path.with_name(f".runner-{os.urandom(6).hex()}.part")
        self.stream = _open(os.open(self._part, os.O_CREAT | os.O_WRONLY | os.O_EXCL, 0o666))
        if self._path.exists():
            shutil.copymode(self._path, self._part)

    def commit(self) -> None:
        try:
            self.stream.close()
            os.replace(self._part, self._path)
        except OSError:
            self.discard()
            raise

    def discard(self) -> None:
        _close(self.stream)
        self._part.unlink(missing_ok=True)


class Copied:
    """What is written goes to `target` in one go, when it is complete."""

    def __init__(self, target: Callable[[], TextIO]) -> None:
        from tempfile import SpooledTemporaryFile

        self._target = target
        # Closed by commit or discard.
        self.stream: TextIO = SpooledTemporaryFile(  # type: ignore[assignment]  # noqa: SIM115
            _IN_MEMORY, "w+", encoding="utf-8", errors="backslashreplace", newline="\n"
        )

    def commit(self) -> None:
        self.stream.seek(0)
        with self.stream as written:
            target = self._target()
            try:
                shutil.copyfileobj(written, target)
            finally:
                target.close()

    def discard(self) -> None:
        _close(self.stream)


class Direct:
    """What is written is there at once."""

    def __init__(self, stream: TextIO) -> None:
        self.stream = stream

    def commit(self) -> None:
        self.stream.close()

    def discard(self) -> None:
        _close(self.stream)


def is_standard_output(path: str) -> bool:
    """Whether a report without a path, or with this one, goes to standard output."""
    return path in _STANDARD_OUTPUT


def identity(path: str) -> str:
    """Equal for paths that lead to one place."""
    return "" if is_standard_output(path) else os.path.realpath(os.path.expanduser(path))


def open_output(path: str, as_it_comes: bool) -> Output:
    """The output of a report.

    Raises:
        UsageError: the path cannot be written to.
    """
    if is_standard_output(path):
        return Direct(_standard_output()) if as_it_comes else Copied(_standard_output)
    place = Path(path).expanduser()  # a shell expands the tilde only where a word begins
    try:
        return _file(place, as_it_comes)
    except OSError as error:
        raise UsageError(f"--report: cannot write {path}: {_reason(place, error)}") from None


def _file(path: Path, as_it_comes: bool) -> Output:
    def target() -> TextIO:
        return _open(os.open(path, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o666))

    there = path.exists()
    if path.is_dir():
        raise IsADirectoryError
    if there and not os.access(path, os.W_OK):
        raise PermissionError
    if as_it_comes:
        return Direct(target())
    if there and (not path.is_file() or str(path).startswith(_OPEN_ALREADY)):
        return Copied(target)
    try:
        return Whole(path)
    except PermissionError:
        if not there:
            raise
        return Copied(target)  # the file may be written to, and its folder not


def _reason(path: Path, error: OSError) -> str:
    if isinstance(error, IsADirectoryError):
        return "it is a folder"
    folder = path.parent
    if isinstance(error, (FileNotFoundError, NotADirectoryError)) and not folder.is_dir():
        return f"there is no folder {folder}: make it first"
    return error.strerror or "no permission"


def _open(descriptor: int) -> TextIO:
    return open(descriptor, "w", encoding="utf-8", errors="backslashreplace", newline="\n")


def _standard_output() -> TextIO:
    """Standard output in UTF-8, whatever the terminal's charset: programs read reports."""
    sys.stdout.flush()
    return open(sys.stdout.fileno(), "w", encoding="utf-8", errors="backslashreplace", newline="\n", closefd=False)


def _close(stream: TextIO) -> None:
    """Closes a stream of which nothing is wanted any more."""
    try:
        stream.close()
    except OSError:
        return
