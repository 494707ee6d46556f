"""Files for their owner alone: read only if nobody else may have written or read them, replaced whole, locked.

This file knows nothing of what stands in them.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from filelock import BaseFileLock

#: Who we are, where a file has an owner and a mode; None on Windows, where the profile's access list guards it.
_USER: Callable[[], int] | None = getattr(os, "geteuid", None)

# A link is not followed, a pipe does not make us wait for its writer, Windows does not translate line ends.
_ALWAYS = getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
_TO_READ = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | _ALWAYS
_TO_WRITE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | _ALWAYS


class NotTrusted(Exception):
    """A file that is not to be used; its text is why. `mend` is what to do beside removing it, or empty."""

    def __init__(self, reason: str, mend: str = "") -> None:
        super().__init__(reason)
        self.mend = mend


def contents(path: Path, most: int) -> bytes:
    """The bytes of a file, at most `most`.

    Raises:
        NotTrusted: somebody else has to do with it, or it is too long.
        OSError: it cannot be read.
    """
    descriptor = os.open(path, _TO_READ)
    try:
        _trust(os.fstat(descriptor), most)
        with open(descriptor, "rb", closefd=False) as file:
            return file.read(most)
    finally:
        os.close(descriptor)


def _trust(status: os.stat_result, most: int) -> None:
    """Whoever else may write the file chooses what we use, whoever may read it has it. Asked of the open file."""
    if not stat.S_ISREG(status.st_mode):
        raise NotTrusted("it is not a regular file")
    if not _is_mine(status):
        raise NotTrusted("it belongs to another user")
    if _open_to_others(status):
        mode = stat.S_IMODE(status.st_mode)
        raise NotTrusted(f"others may use it (mode {mode:04o})", "take it from them (chmod 600)")
    if status.st_size > most:
        raise NotTrusted("it is too long")


def make_folder(folder: Path) -> None:
    """Makes a folder for us alone, or closes one that is ours and open to others.

    Raises:
        OSError: that is not possible.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    status = folder.stat()
    if _open_to_others(status) and _is_mine(status):
        folder.chmod(0o700)


def replace(path: Path, content: bytes) -> None:
    """All of it or nothing, also for a process that dies midway, and never readable by others.

    Raises:
        OSError: it could not be written; what was there is still there.
    """
    temporary = path.with_name(f"{path.stem}.{os.urandom(8).hex()}.tmp")
    try:
        descriptor = os.open(temporary, _TO_WRITE, 0o600)
        try:
            if _open_to_others(os.fstat(descriptor)):
                raise OSError(errno.EPERM, "the file system does not keep a file from others")
            while content:
                content = content[os.write(descriptor, content) :]
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        os.replace(temporary, path)
    finally:
        with suppress(OSError):  # after the replacement it is gone
            temporary.unlink()


def removed(path: Path) -> bool:
    """Whether a file was there and is gone now."""
    with suppress(OSError):
        path.unlink()
        return True
    return False


def lock(path: Path, timeout: float = -1) -> BaseFileLock:
    """A lock that ends with its block, or with the process. A negative `timeout` waits for ever; it is in seconds."""
    from filelock import FileLock

    # Not the soft lock, which outlives a process that dies.
    return FileLock(path, timeout=timeout, mode=0o600, fallback_to_soft=False)


def _open_to_others(status: os.stat_result) -> bool:
    return _USER is not None and bool(status.st_mode & 0o077)


def _is_mine(status: os.stat_result) -> bool:
    return _USER is None or status.st_uid == _USER()
