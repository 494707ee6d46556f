"""Files that a command makes: all or none, and none that is there already unless that is asked for."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path, PurePosixPath

from runner.errors import UsageError

Texts = Mapping[str, "str | bytes"]


def write_all(
    written: Texts, folder: Path, *, force: bool, judge: Callable[[Path], None] = lambda made: None
) -> None:
    """Writes the files, by their paths relative to a folder: they are made beside it, judged there, and moved.

    Raises:
        UsageError: one is there already with another content, is a device or a folder, or cannot be written.
    """
    for relative in written:
        pure = PurePosixPath(relative)
        outside = pure.is_absolute() or ".." in pure.parts
        assert not outside, "formats name files within the folder"
    for relative in written:
        place = folder / relative
        if place.exists() and not place.is_file():  # a device would become a file, for everybody on this system
            raise UsageError(f"{place} is no regular file: leave -o out for standard output")
    there = [str(folder / relative) for relative, content in written.items() if _differs(folder / relative, content)]
    if there and not force:
        more = f" and {len(there) - 1} more" if len(there) > 1 else ""
        raise UsageError(f"{there[0]}{more} exists already; --force overwrites it")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".runner-", dir=folder) as made:
            put(written, Path(made))
            judge(Path(made))
            for relative in written:
                (folder / relative).parent.mkdir(parents=True, exist_ok=True)
                os.replace(Path(made, relative), (folder / relative).resolve())
    except OSError as error:
        raise UsageError(f"cannot write {error.filename2 or error.filename or folder}: {error.strerror}") from None


def _differs(place: Path, content: str | bytes) -> bool:
    """Whether something else is in a place already; a file that was taken over may lie where it was."""
    new = content.encode() if isinstance(content, str) else content
    return place.exists() and not (place.is_file() and place.read_bytes() == new)


def put(written: Texts, folder: Path) -> None:
    """Writes files into a folder that nobody else knows."""
    for relative, content in written.items():
        place = folder / relative
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content if isinstance(content, bytes) else content.encode())
